"""What a save to the lake came to, as types."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Volume:
    """How much a batch or a table is.

    Attributes:
        rows: Number of rows.
        bytes: Size of its Parquet parts.
        parts: Number of them.
    """

    rows: int
    bytes: int
    parts: int


@dataclass(frozen=True)
class WorldReady:
    """A world is whole in the lake, which took so many seconds to see to."""

    world: str
    seconds: float


@dataclass(frozen=True)
class Committed:
    """A batch was written to the lake, in so many seconds."""

    batch_id: str
    volume: Volume
    seconds: float


@dataclass(frozen=True)
class AlreadyCommitted:
    """A batch was in the lake before; nothing was written."""

    batch_id: str
    volume: Volume
