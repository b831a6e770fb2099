"""Warehouses that are used through a connection, in transactions."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from kedro.io import DatasetError

from txn_kedro import stopping
from txn_kedro.warehouse.base import Warehouse
from txn_kedro.warehouse.retrying import retrying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import sqlalchemy as sa

    from txn_kedro.warehouse.base import Reader
    from txn_kedro.warehouse.errors import WarehouseRefused, WarehouseUnavailable
    from txn_kedro.warehouse.steps import Step

T = TypeVar("T")


class SessionWarehouse(Warehouse):
    """A warehouse that is used through a connection: a check runs between two statements."""

    def run(self, label: str, steps: Sequence[Step]) -> object | None:
        with self.transaction() as connection:
            for step in steps:
                result = connection.execute(step.statement)
                if (outcome := step.check(result)) is not None:
                    return outcome
        return None

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction on a connection of its own: committed at the end of the block, rolled
        back if it raises.

        Raises:
            WarehouseUnavailable: It could not be used within the time allowed; if it is a
                ``TransientFailure``, the transaction may be tried again.
            WarehouseRefused: It refused a statement.
            Stopped: The run was asked to stop.
        """
        with self._translating(), self._session() as connection, self._stoppable(connection):
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction as ``transaction`` gives one, which only reads.

        Raises:
            WarehouseUnavailable: As ``transaction``.
            WarehouseRefused: As ``transaction``.
        """
        with (
            self._translating(),
            self._reading_session() as connection,
            self._stoppable(connection),
        ):
            yield connection

    def read(self, action: Callable[[Reader], T]) -> T:
        def transaction() -> T:
            with self.reading() as connection:
                return action(connection)

        return retrying(transaction)

    def _stoppable(self, connection: sa.Connection) -> AbstractContextManager[None]:
        return stopping.on_stop(self._interruption(connection))

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except DatasetError:
            stopping.check()
            raise
        except Exception as error:
            stopping.check()
            translated = self.translated(error)
            if translated is None:
                raise
            raise translated from error

    @abstractmethod
    def _session(self) -> AbstractContextManager[sa.Connection]:
        """The transaction, with errors as the driver has them."""

    def _reading_session(self) -> AbstractContextManager[sa.Connection]:
        """The transaction of ``reading``, with errors as the driver has them."""
        return self._session()

    @abstractmethod
    def _interruption(self, connection: sa.Connection) -> Callable[[], object]:
        """Return a function that cancels the running statement from another thread."""

    @abstractmethod
    def translated(self, error: Exception) -> WarehouseUnavailable | WarehouseRefused | None:
        """What an error means, if it is the warehouse's or its driver's."""
