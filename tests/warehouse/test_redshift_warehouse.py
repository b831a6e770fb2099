"""The SQL that Redshift is sent, and what its errors are taken for; no server needed."""

import struct

import pytest
import redshift_connector
import sqlalchemy as sa
from kedro.io import DatasetError

from tests.conftest import contract_of
from txn_kedro.datasets import RedshiftTableDataset
from txn_kedro.lake.errors import FilesRefused
from txn_kedro.synthesis.tables import CARDS, CUSTOMERS, MERCHANTS, TABLES, TRANSACTIONS
from txn_kedro.warehouse.errors import TransientFailure, WarehouseRefused, WarehouseUnavailable
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.redshift_warehouse import check_copy_options, quote_literal

CREDENTIALS = {
    "host": "127.0.0.1",
    "database": "dev",
    "user": "loader",
    "password": "canary-3f9a",
    "iam_role": "arn:aws:iam::000000000000:role/txn-copy",
}


def warehouse(**arguments):
    return RedshiftTableDataset(
        **contract_of("transactions"), credentials=CREDENTIALS, **arguments
    ).warehouse


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("s3://bucket/lake", "'s3://bucket/lake'"),
        ("it's", "'it''s'"),
        ("'; DROP TABLE x; --", "'''; DROP TABLE x; --'"),
        ("100% :name $1 ü 東", "'100% :name $1 ü 東'"),
    ],
)
def test_a_text_becomes_one_literal(text, literal):
    assert quote_literal(text) == literal


@pytest.mark.parametrize("text", ["back\\slash", "nul\x00", "new\nline", "\x7f"])
def test_what_could_escape_a_literal_is_refused(text):
    with pytest.raises(ValueError, match="a backslash or a control character"):
        quote_literal(text)


def test_options_of_copy_are_passed_on():
    options = ["STATUPDATE ON", "fillrecord", "ACCEPTINVCHARS AS '?'", "EXPLICIT_IDS"]
    assert check_copy_options(options) == (
        "STATUPDATE ON",
        "FILLRECORD",
        "ACCEPTINVCHARS AS '?'",
        "EXPLICIT_IDS",
    )


@pytest.mark.parametrize(
    "option",
    ["MAXERROR 10", "ACCEPTANYDATE", "REGION 'eu-central-1'", "GZIP", "", "CREDENTIALS 'x'"],
)
def test_options_that_copy_refuses_for_parquet_are_refused_first(option):
    with pytest.raises(DatasetError, match="copy_options: COPY takes no .* for Parquet. It takes:"):
        warehouse(copy_options=[option])


@pytest.mark.parametrize(
    "option",
    ["STATUPDATE MAYBE", "FILLRECORD ; DROP TABLE x", "ACCEPTINVCHARS ''", "STATUPDATE ON ON"],
)
def test_options_badly_written_are_refused(option):
    with pytest.raises(DatasetError, match="is not how"):
        warehouse(copy_options=[option])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("STATUPDATE ON", "expected a list of texts"),
        ([5], "expected a list of texts"),
        (["STATUPDATE ON", "statupdate OFF"], "STATUPDATE is given twice"),
    ],
)
def test_options_that_are_no_list_or_contradict_each_other_are_refused(options, told):
    with pytest.raises(DatasetError, match=told):
        warehouse(copy_options=options)


@pytest.mark.parametrize("name", ["connect_timeout", "statement_timeout"])
@pytest.mark.parametrize("value", [0, -1, "5", None, 1e9, True, 90_000])
def test_a_timeout_is_a_whole_number_of_seconds(name, value):
    with pytest.raises(DatasetError, match=f"{name}: expected a whole number of seconds"):
        warehouse(**{name: value})


def create(table):
    statement, *comments = warehouse().create_statements(table)
    return warehouse().sql(statement), [warehouse().sql(comment) for comment in comments]


@pytest.mark.parametrize("table", [*TABLES.values(), LOAD_LEDGER], ids=lambda table: table.name)
def test_every_column_is_created_with_its_exact_type_and_a_comment(table):
    ddl, comments = create(table)
    redshift = warehouse()
    for column in table.columns:
        kind = column.type.replace("DECIMAL(18,2)", "NUMERIC(18, 2)")
        kind = kind.replace("TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE")
        assert f"\t{column.name} {kind}{'' if column.nullable else ' NOT NULL'}" in ddl
        text = column.description.replace("'", "''")
        assert f"COMMENT ON COLUMN {table.name}.{column.name} IS '{text}'" in comments
    assert redshift.REPORTED_TYPES.keys() >= {c.type.partition("(")[0] for c in table.columns}


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        (TRANSACTIONS, "DISTSTYLE KEY DISTKEY (customer_id) SORTKEY (event_ts)"),
        (CUSTOMERS, "DISTSTYLE KEY DISTKEY (customer_id) SORTKEY (customer_id)"),
        (CARDS, "DISTSTYLE KEY DISTKEY (customer_id) SORTKEY (customer_id)"),
        (MERCHANTS, "DISTSTYLE ALL SORTKEY (merchant_id)"),
        (LOAD_LEDGER, "DISTSTYLE ALL SORTKEY (load_number)"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_tables_are_laid_out_for_joins_on_customer_and_scans_by_time(table, keys):
    assert create(table)[0].endswith(f") {keys}")


def test_a_lake_in_a_folder_is_refused(project):
    project.generate()
    with pytest.raises(FilesRefused, match="Redshift loads from S3 only, it is in FolderLake"):
        warehouse().copy_steps(TRANSACTIONS, project.files())


class InterfaceError(Exception):
    """As the driver's, when a connection is gone."""


def said(*arguments, kind=Exception):
    return sa.exc.DBAPIError("COPY …", {}, kind(*arguments))


def by_the_driver(error):
    """An error as it looks if the driver meets it."""
    frame = {"__name__": "redshift_connector.core", "error": error}
    try:
        exec("raise error", frame)  # noqa: S102
    except Exception as raised:
        return raised


SERIALIZATION = said({"S": "ERROR", "C": "XX000", "M": "1023", "D": "Serializable isolation"})


@pytest.mark.parametrize(
    "error",
    [
        SERIALIZATION,
        said({"C": "40P01", "M": "deadlock detected"}),
        said({"C": "57P01", "M": "terminating connection due to administrator command"}),
        said({"C": "42P07", "M": 'Relation "load_ledger" already exists'}),
        said("BrokenPipe: server socket closed", kind=InterfaceError),
        ConnectionResetError(),
        by_the_driver(struct.error("unpack_from requires a buffer of at least 5 bytes")),
        by_the_driver(KeyError(b"H")),
    ],
)
def test_a_conflict_and_a_lost_connection_are_worth_another_try(error):
    assert isinstance(warehouse().translated(error), TransientFailure)


@pytest.mark.parametrize(
    ("state", "kind", "told"),
    [
        ("28000", WarehouseUnavailable, "it refused the sign-in: so (SQLSTATE 28000). Check the"),
        ("3D000", WarehouseUnavailable, "it refused the sign-in: so (SQLSTATE 3D000). Check the"),
        ("42501", WarehouseUnavailable, "it opened no session: so (SQLSTATE 42501). Correct what"),
        ("53300", TransientFailure, "it opened no session: so (SQLSTATE 53300). Run again when"),
        ("57P03", TransientFailure, "it opened no session: so (SQLSTATE 57P03). Run again when"),
        ("08006", TransientFailure, "it opened no session: so (SQLSTATE 08006). Run again when"),
    ],
)
def test_only_a_refused_sign_in_is_told_as_one(monkeypatch, state, kind, told):
    def refuse(**_):
        raise redshift_connector.ProgrammingError({"S": "FATAL", "C": state, "M": "so"})

    monkeypatch.setattr(redshift_connector, "connect", refuse)
    with pytest.raises(WarehouseUnavailable) as error, warehouse().transaction():
        pass
    assert type(error.value) is kind
    assert told in str(error.value)


def test_a_timeout_is_explained_as_somebody_elses_lock():
    told = warehouse().translated(said({"C": "57014", "M": "Query cancelled on user's request"}))
    assert type(told) is WarehouseUnavailable
    assert "waiting for a lock included. Who holds one: SELECT * FROM svv_trans" in str(told)


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyError("x"), said("bad argument")])
def test_an_error_of_ours_is_left_as_it_is(error):
    assert warehouse().translated(error) is None


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("Not authorized to get credentials of role arn", "Attach the COPY role to the namespace"),
        ("S3ServiceException:Access Denied,Status 403", "Let the COPY role read the lake"),
        ("Spectrum Scan Error", "Look into sys_load_error_detail"),
    ],
)
def test_a_refusal_is_explained_with_a_remedy(message, remedy):
    told = warehouse().translated(said({"C": "XX000", "M": message}))
    assert isinstance(told, WarehouseRefused)
    assert told.problem.startswith(f"{message} (SQLSTATE XX000). {remedy}")


def test_of_redshifts_internals_only_the_sentences_are_told():
    block = """
  -----------------------------------------------
  error:  Spectrum Scan Error
  code:      15007
  context:   File 's3://bucket/x' has an incompatible Parquet schema for column 'amount'.
  query:     42
  location:  dory_util.cpp:1616
  -----------------------------------------------"""
    told = warehouse().translated(said({"C": "XX000", "M": "Spectrum Scan Error", "D": block}))
    assert told.problem.startswith(
        "Spectrum Scan Error. File 's3://bucket/x' has an incompatible Parquet schema for column "
        "'amount' (SQLSTATE XX000). Look into sys_load_error_detail"
    )
    assert "dory" not in told.problem


def test_the_password_is_in_no_description():
    dataset = RedshiftTableDataset(**contract_of("transactions"), credentials=CREDENTIALS)
    told = f"{dataset!r} {dataset} {dataset.load()!r} {vars(dataset.warehouse)}"
    assert "canary" not in told
    assert "127.0.0.1:5439/dev" in told
