"""Catalog plugin: a table of Amazon Redshift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from kedro.io import DatasetError

from txn_kedro.datasets.warehouse_table_dataset import WarehouseTableDataset
from txn_kedro.warehouse.redshift_credentials import RedshiftCredentials
from txn_kedro.warehouse.redshift_data_api import DataApiWarehouse
from txn_kedro.warehouse.redshift_driver import DriverWarehouse
from txn_kedro.warehouse.redshift_warehouse import check_copy_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from txn_kedro.warehouse.redshift_warehouse import RedshiftWarehouse


class RedshiftTableDataset(WarehouseTableDataset):
    """``RedshiftTableDataset`` loads committed batches from S3 into a table of Redshift by COPY,
    exactly once, and reads the table as a lazy query.

    Examples:
        Using the [YAML API](https://docs.kedro.org/en/stable/catalog-data/data_catalog_yaml_examples/):

        ```yaml
        warehouse_orders:
          type: txn_kedro.datasets.RedshiftTableDataset
          contract: my_project.tables.ORDERS
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

        >>> import pyarrow as pa
        >>> from txn_kedro.datasets import ParquetBatchDataset, RedshiftTableDataset
        >>> from txn_kedro.lake import LazyBatch
        >>>
        >>> contract = {
        ...     "batch_column": "batch_id",
        ...     "columns": [
        ...         {"name": "order_id", "type": "BIGINT"},
        ...         {"name": "batch_id", "type": "VARCHAR(16)", "repeats": True},
        ...     ],
        ... }
        >>> lake = ParquetBatchDataset(
        ...     filepath=s3_lake,
        ...     credentials=s3_credentials,
        ...     table_name="orders",
        ...     contract=contract,
        ... )
        >>> lake.save(LazyBatch("20261122", parts=[lambda: [pa.table({"order_id": [1, 2, 3]})]]))
        >>> orders = RedshiftTableDataset(
        ...     credentials=redshift_credentials, table_name="orders", contract=contract
        ... )
        >>> orders.save(lake.load())
        >>> query = orders.load()
        >>> query.count()
        3
        >>> query.where(query.table.c.order_id > 1).count()
        2

    """

    def __init__(
        self,
        *,
        contract: str | dict[str, Any],
        table_name: str | None = None,
        schema_evolution: Literal["refuse", "add"] = "refuse",
        credentials: dict[str, Any],
        copy_options: Sequence[str] = (),
        connect_timeout: int = 15,
        statement_timeout: int = 900,
        load_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Creates a new ``RedshiftTableDataset``.

        Args:
            contract: The table's contract: import path of a ``txn_kedro.tables.Table``, or of a
                module that holds the table ``table_name``; or a dictionary of ``columns`` and the
                other attributes of ``Table``.
            table_name: Name of the table, which is looked up on the user's ``search_path``; only
                needed if ``contract`` does not name one table.
            schema_evolution: What a load does if the table lacks a column of the contract that may
                be NULL: ``refuse``, and show the statement that adds it; or ``add`` the column.
            credentials: ``database`` and ``iam_role`` (with which COPY reads S3). With
                ``transport: data_api`` also ``workgroup`` and ``region``; with ``transport:
                driver``, the default, also ``host``, ``port``, and either ``user`` and
                ``password``, or ``workgroup`` and ``region``.
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
        super().__init__(
            contract=contract,
            table_name=table_name,
            schema_evolution=schema_evolution,
            load_args=load_args,
            metadata=metadata,
        )
        try:
            options = check_copy_options(copy_options)
        except ValueError as error:
            msg = f"copy_options: {error}."
            raise DatasetError(msg) from error
        _check_seconds("connect_timeout", connect_timeout)
        _check_seconds("statement_timeout", statement_timeout)
        checked = RedshiftCredentials.of(credentials)
        transport = DataApiWarehouse if checked.is_data_api else DriverWarehouse
        self._warehouse: RedshiftWarehouse = transport(
            checked, options, connect_timeout, statement_timeout
        )

    @property
    def warehouse(self) -> RedshiftWarehouse:
        return self._warehouse


def _check_seconds(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 86_400:
        msg = f"{name}: expected a whole number of seconds from 1 to 86,400, got {value!r}."
        raise DatasetError(msg)
