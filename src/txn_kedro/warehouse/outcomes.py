"""What a load came to, as types."""

from __future__ import annotations

from dataclasses import dataclass, field

from txn_kedro.lake.outcomes import Volume


@dataclass(frozen=True)
class Loaded:
    """A batch or a world table was put into the warehouse, in so many seconds."""

    name: str
    volume: Volume
    seconds: float


@dataclass(frozen=True)
class AlreadyLoaded:
    """A batch or a world table was in the warehouse before; nothing was written."""

    name: str


@dataclass
class LoadReport:
    """What a load of pending batches came to."""

    loaded: list[Loaded] = field(default_factory=list)
    already: list[AlreadyLoaded] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, outcome: Loaded | AlreadyLoaded) -> None:
        """Note what became of a batch."""
        if isinstance(outcome, Loaded):
            self.loaded.append(outcome)
        else:
            self.already.append(outcome)

    @property
    def volume(self) -> Volume:
        """How much was appended."""
        volumes = [batch.volume for batch in self.loaded]
        return Volume(
            sum(volume.rows for volume in volumes),
            sum(volume.bytes for volume in volumes),
            sum(volume.parts for volume in volumes),
        )

    @property
    def seconds(self) -> float:
        """Time that the appending took."""
        return sum(batch.seconds for batch in self.loaded)
