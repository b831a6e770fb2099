"""Catalog plugin: a table of Amazon Redshift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro.io import DatasetError

from txn_kedro.datasets.warehouse_table_dataset import WarehouseTableDataset
from txn_kedro.warehouse.redshift_credentials import RedshiftCredentials
from txn_kedro.warehouse.redshift_warehouse import RedshiftWarehouse, check_copy_options

if TYPE_CHECKING:
    from collections.abc import Sequence


class RedshiftTableDataset(WarehouseTableDataset):
    """``RedshiftTableDataset`` loads committed batches from S3 into a table of Redshift by COPY,
    exactly once, and reads the table as a lazy query.

    Examples:
        Using the [YAML API](https://docs.kedro.org/en/stable/catalog-data/data_catalog_yaml_examples/):

        ```yaml
        transactions:
          type: txn_kedro.datasets.RedshiftTableDataset
          table_name: transactions
          credentials: warehouse
          copy_options: [STATUPDATE ON]
        ```

        and, in ``credentials.yml``, where the warehouse is and how to sign in; with user and
        password, or with the AWS credentials of the process if it names a workgroup:

        ```yaml
        warehouse:
          host: txn.000000000000.eu-central-1.redshift-serverless.amazonaws.com
          database: txn
          workgroup: txn
          region: eu-central-1
          iam_role: arn:aws:iam::000000000000:role/txn-copy
        ```

        Using the [Python API](https://docs.kedro.org/en/stable/catalog-data/advanced_data_catalog_usage/):

        >>> from txn_kedro.datasets import ParquetBatchDataset, RedshiftTableDataset
        >>> from txn_kedro.synthesis.examples import small_batch
        >>>
        >>> lake = {"filepath": s3_lake, "credentials": s3_credentials}
        >>> ParquetBatchDataset(**lake).save(small_batch("2026-11-22T06:00:00Z", rows=1000))
        >>> transactions = RedshiftTableDataset(
        ...     table_name="transactions", credentials=redshift_credentials
        ... )
        >>> transactions.save(ParquetBatchDataset(**lake).load())
        >>> query = transactions.load()
        >>> query.count()
        1000
        >>> query.where(query.table.c.amount < 0).count()
        0

    """

    def __init__(
        self,
        *,
        table_name: str,
        credentials: dict[str, Any],
        copy_options: Sequence[str] = (),
        connect_timeout: int = 15,
        statement_timeout: int = 900,
        load_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Creates a new ``RedshiftTableDataset``.

        Args:
            table_name: ``transactions``, ``customers``, ``cards``, ``merchants`` or
                ``load_ledger``; looked up on the user's ``search_path``.
            credentials: ``host``, ``port``, ``database`` and ``iam_role`` (with which COPY reads
                S3), and either ``user`` and ``password``, or ``workgroup`` and ``region``.
            copy_options: Further options of COPY, such as ``STATUPDATE ON``; those that COPY
                refuses for Parquet are refused here.
            connect_timeout: Seconds to wait for a connection.
            statement_timeout: Seconds that one statement may take, waiting for a lock included.
            load_args: ``as_frame`` loads all rows as a ``pandas.DataFrame`` at once; without it,
                loading gives a ``TableQuery``.
            metadata: Any arbitrary metadata. This is ignored by Kedro, but may be consumed by
                users or external plugins.

        Raises:
            DatasetError: The credentials or the options are not usable.
        """
        super().__init__(table_name=table_name, load_args=load_args, metadata=metadata)
        try:
            options = check_copy_options(copy_options)
        except ValueError as error:
            msg = f"copy_options: {error}."
            raise DatasetError(msg) from error
        _check_seconds("connect_timeout", connect_timeout)
        _check_seconds("statement_timeout", statement_timeout)
        self._warehouse = RedshiftWarehouse(
            RedshiftCredentials.of(credentials), options, connect_timeout, statement_timeout
        )

    @property
    def warehouse(self) -> RedshiftWarehouse:
        return self._warehouse


def _check_seconds(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 86_400:
        msg = f"{name}: expected a whole number of seconds from 1 to 86,400, got {value!r}."
        raise DatasetError(msg)
