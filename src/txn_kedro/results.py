"""The results of saves, and how they reach hooks, Airflow tasks and tests.

Kedro passes to its hooks the data that was saved, but not the result. So the datasets report their
results here, and others listen.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Volume:
    """The size of one or more batches.

    Attributes:
        rows: Number of rows.
        bytes: Size of the Parquet parts.
        parts: Number of the parts.
    """

    rows: int = 0
    bytes: int = 0
    parts: int = 0

    def __add__(self, other: Volume) -> Volume:
        """Both together."""
        return Volume(self.rows + other.rows, self.bytes + other.bytes, self.parts + other.parts)


@dataclass(frozen=True)
class Committed:
    """A batch was written to the lake; ``seconds`` is how long it took."""

    table: str
    batch_id: str
    revision: int
    volume: Volume
    seconds: float


@dataclass(frozen=True)
class AlreadyCommitted:
    """A batch was already in the lake; at most, damaged parts were repaired."""

    table: str
    batch_id: str
    revision: int
    volume: Volume


@dataclass(frozen=True)
class Loaded:
    """A batch was loaded into its table; ``seconds`` is how long it took."""

    table: str
    batch_id: str
    volume: Volume
    seconds: float


@dataclass(frozen=True)
class AlreadyLoaded:
    """A batch was already in its table; nothing was written."""

    table: str
    batch_id: str


@dataclass(frozen=True)
class Withdrawn:
    """A batch was removed from its table."""

    table: str
    batch_id: str


@dataclass(frozen=True)
class AlreadyWithdrawn:
    """A batch was already withdrawn; nothing was written."""

    table: str
    batch_id: str


@dataclass
class LoadReport:
    """The result of loading one table.

    Attributes:
        table: Its name.
        loaded: The batches that were appended.
        already: The batches that were already loaded.
        failures: The error message of each batch that failed.
    """

    table: str
    loaded: list[Loaded] = field(default_factory=list)
    already: list[AlreadyLoaded] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, result: Loaded | AlreadyLoaded) -> None:
        """Add the result of a batch."""
        if isinstance(result, Loaded):
            self.loaded.append(result)
        else:
            self.already.append(result)

    @property
    def volume(self) -> Volume:
        """How much was appended."""
        return sum((batch.volume for batch in self.loaded), Volume())

    @property
    def seconds(self) -> float:
        """Time that the appending took."""
        return sum(batch.seconds for batch in self.loaded)


Result: TypeAlias = Committed | AlreadyCommitted | LoadReport

_listeners: list[list[Result]] = []


def tell(result: Result) -> None:
    """Report the result of a save to all listeners. Safe to call from several threads."""
    for heard in _listeners:
        heard.append(result)


@contextmanager
def listening() -> Iterator[list[Result]]:
    """Collect the results that are reported inside the block, in order."""
    heard: list[Result] = []
    _listeners.append(heard)
    try:
        yield heard
    finally:
        # By identity, because two listeners may hold equal results.
        _listeners[:] = [each for each in _listeners if each is not heard]
