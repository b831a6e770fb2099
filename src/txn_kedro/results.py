"""What a save came to, as types, and how whoever runs a pipeline hears of it.

Kedro's hooks are told what was given to a dataset, not what became of it. So whoever saves tells
the result here, and a hook, a task of Airflow or a test listens.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Volume:
    """How much a batch is, or several.

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
    """A batch of a table was written to the lake, in so many seconds."""

    table: str
    batch_id: str
    revision: int
    volume: Volume
    seconds: float


@dataclass(frozen=True)
class AlreadyCommitted:
    """A batch of a table was in the lake before; at most, damaged parts were written again."""

    table: str
    batch_id: str
    revision: int
    volume: Volume


@dataclass(frozen=True)
class Loaded:
    """A batch was put into its table of the warehouse, in so many seconds."""

    table: str
    batch_id: str
    volume: Volume
    seconds: float


@dataclass(frozen=True)
class AlreadyLoaded:
    """A batch was in its table of the warehouse before; nothing was written."""

    table: str
    batch_id: str


@dataclass(frozen=True)
class Withdrawn:
    """A batch was taken out of its table of the warehouse."""

    table: str
    batch_id: str


@dataclass(frozen=True)
class AlreadyWithdrawn:
    """A batch was withdrawn from its table before; nothing was written."""

    table: str
    batch_id: str


@dataclass
class LoadReport:
    """What a load of one table came to.

    Attributes:
        table: Its name.
        loaded: The batches that were appended.
        already: The batches that were found to be there.
        failures: What the error of each refused batch says.
    """

    table: str
    loaded: list[Loaded] = field(default_factory=list)
    already: list[AlreadyLoaded] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, result: Loaded | AlreadyLoaded) -> None:
        """Note what became of a batch."""
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
    """Tell everybody who listens what a save came to. Threads may tell at the same time."""
    for heard in _listeners:
        heard.append(result)


@contextmanager
def listening() -> Iterator[list[Result]]:
    """Collect what is told while the block lasts, in the order in which it is told."""
    heard: list[Result] = []
    _listeners.append(heard)
    try:
        yield heard
    finally:
        # By identity: two lists of equal results are not the same listener.
        _listeners[:] = [each for each in _listeners if each is not heard]
