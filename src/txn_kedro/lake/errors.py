"""The lake's errors. Each has attributes with the facts, and a message with the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.io import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence


class ManifestError(DatasetError):
    """A manifest cannot be understood.

    Attributes:
        path: Where the manifest is.
        problem: What is wrong with it.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"The manifest {self.path} is broken: {self.problem}. Delete it and make the batch "
            "again: the same settings give the same bytes."
        )


class FilesRefused(DatasetError):
    """Committed files are not what their manifest says, or not what the warehouse takes.

    Attributes:
        label: Which batch of which table.
        problem: What was found and what was expected.
        remedy: What to do.
    """

    def __init__(self, label: str, problem: str, remedy: str) -> None:
        super().__init__(label, problem, remedy)
        self.label = label
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.label}: {self.problem}. {self.remedy}".rstrip()


class BatchConflict(DatasetError):
    """A committed batch is asked for again, but with other settings.

    Attributes:
        label: Which batch of which table.
        differences: One sentence for each setting that differs.
        revision: The first revision that is free.
    """

    def __init__(self, label: str, differences: Sequence[str], revision: int) -> None:
        super().__init__(label, differences, revision)
        self.label = label
        self.differences = list(differences)
        self.revision = revision

    def __str__(self) -> str:
        return (
            f"{self.label} is committed already, with other settings: "
            f"{'; '.join(self.differences)}. A committed batch is never overwritten. Ask for "
            "another batch, or for the settings that it was made with. To correct the batch, ask "
            f"for revision {self.revision} of it."
        )


class LakeUnavailable(DatasetError):
    """The lake could not be reached.

    Attributes:
        where: The lake.
        problem: What was tried, and how it failed.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(where, problem)
        self.where = where
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"The lake {self.where} could not be reached: {self.problem.rstrip('.')}. Check its "
            "URL and your credentials for it, then run again."
        )


class LakeWriteFailed(LakeUnavailable):
    """A file could not be written to the lake."""

    def __str__(self) -> str:
        return (
            f"{self.where} could not be written: {self.problem.rstrip('.')}. Make sure that you "
            "may write there and that there is space, then run again. What is committed stays; "
            "what this run did not finish is not committed, and is written again."
        )
