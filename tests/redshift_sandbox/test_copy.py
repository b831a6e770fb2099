"""COPY of Parquet and JSON: what it loads, what it refuses, and what it leaves in the history."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg2
import pyarrow as pa
import pytest
import redshift_connector
from pyarrow.fs import S3FileSystem

from redshift_sandbox.copy_command import CopyCommand
from redshift_sandbox.errors import LoadError
from redshift_sandbox.files import Files
from redshift_sandbox.identities import (
    ACCESS_KEY,
    COPY_ROLE,
    NO_ACCESS_ROLE,
    ROLE_KEYS,
    SECRET_KEY,
)
from tests.redshift_sandbox.conftest import BUCKET, copy_sql, refusal_of

MICROSECONDS = pa.timestamp("us")


def column(kind, *values):
    return pa.table({"c": pa.array(values, kind)})


@pytest.fixture
def copy_into(connect, lake):
    """Copies a table of Arrow into a new one of the warehouse, in one transaction."""

    def copy_into(columns, content, *, more="MANIFEST", **options):
        client = connect()
        client.run(f"CREATE TEMP TABLE target ({columns})")
        client.copy("target", lake.batch(content, **options), more)
        return client.run("SELECT * FROM target")

    return copy_into


@pytest.fixture
def copy_refused(connect, lake):
    """Copies what must be refused, and says how it was."""

    def copy_refused(columns, content, *, more="MANIFEST", **options):
        client = connect()
        client.run(f"CREATE TEMP TABLE target ({columns})")
        return client.refused(copy_sql("target", lake.batch(content, **options), more))

    return copy_refused


def test_every_kind_of_value_arrives(copy_into):
    columns = (
        "a SMALLINT, b INTEGER, c BIGINT, d DECIMAL(9,2), e DECIMAL(38,4), f REAL, "
        "g DOUBLE PRECISION, h BOOLEAN, i DATE, j TIMESTAMP, k VARCHAR(20), l CHAR(3)"
    )
    when = datetime(2026, 11, 22, 6, 0, 0, 123456)
    row = (-1, 2**31 - 1, -(2**63), Decimal("-1234567.89"), Decimal("1.0001"), 0.5)
    row += (1e300, True, date(1970, 1, 1), when, 'Zoë "x", 雪\n\\', "abc")
    kinds = (pa.int16(), pa.int32(), pa.int64(), pa.decimal128(9, 2), pa.decimal128(38, 4))
    kinds += (pa.float32(), pa.float64(), pa.bool_(), pa.date32(), MICROSECONDS)
    kinds += (pa.string(), pa.string())
    content = pa.table({str(n): pa.array([row[n], None], kind) for n, kind in enumerate(kinds)})
    assert copy_into(columns, content) == [row, (None,) * 12]


def test_an_empty_text_is_not_null(copy_into):
    assert copy_into("c VARCHAR", column(pa.string(), "", None)) == [("",), (None,)]


def test_columns_may_be_listed(connect, lake, table):
    client = connect()
    manifest = lake.batch({"x": ["one"], "y": [1]})
    client.copy(f"{table} (note, id)", manifest)
    assert client.run(f"SELECT * FROM {table}") == [(1, "one")]


def test_credentials_may_name_the_role(client, table, two_rows):
    client.run(
        f"COPY {table} FROM '{two_rows}' CREDENTIALS 'aws_iam_role={COPY_ROLE}' "
        "PARQUET MANIFEST STATUPDATE OFF"
    )
    assert client.value(f"SELECT count(*) FROM {table}") == 2


def test_several_files_are_loaded(client, lake, table):
    files = [lake.parquet(f"{n}.parquet", {"id": [n], "note": ["x"]}) for n in range(3)]
    client.copy(table, lake.manifest(*map(lake.entry, files)))
    assert client.run(f"SELECT id FROM {table} ORDER BY id") == [(0,), (1,), (2,)]
    assert client.value("SELECT pg_last_copy_count()") == 3


def test_a_prefix_matches_more_than_one_may_think(client, lake, table):
    for name in ("part-1", "part-10"):
        lake.parquet(name, {"id": [1], "note": ["x"]})
    client.copy(table, lake.url("part-1"), "")
    assert client.value(f"SELECT count(*) FROM {table}") == 2


def test_a_prefix_without_files_is_refused(client, lake, table):
    assert "does not exist" in client.refused(copy_sql(table, lake.url("none"), "")).message


def test_the_client_is_told_how_many_rows(client, table, two_rows):
    client.copy(table, two_rows)
    notices = str(client.connection.notices)
    assert f"Load into table '{table}' completed, 2 record(s) loaded successfully." in notices


def test_fillrecord_fills_missing_columns_with_null(copy_into, copy_refused):
    columns, content = "c BIGINT, d BIGINT", column(pa.int64(), 1)
    assert copy_into(columns, content, more="MANIFEST FILLRECORD") == [(1, None)]
    assert "Unmatched number of columns" in copy_refused(columns, content).detail


class TestTransactions:
    def test_a_rollback_takes_the_rows_back(self, client, table, two_rows):
        client.copy(table, two_rows)
        client.rollback()
        assert client.value(f"SELECT count(*) FROM {table}") == 0

    def test_without_one_the_rows_stay(self, connect, table, two_rows):
        connect(autocommit=True).copy(table, two_rows)
        assert connect().value(f"SELECT count(*) FROM {table}") == 2

    def test_a_failed_load_fails_the_transaction(self, client, lake, table):
        client.run(f"INSERT INTO {table} VALUES (1, 'x')")
        with pytest.raises((psycopg2.Error, redshift_connector.Error)):
            client.copy(table, lake.url("missing"))
        with pytest.raises((psycopg2.Error, redshift_connector.Error)) as caught:
            client.run("SELECT 1")
        assert refusal_of(caught.value).sqlstate == "25P02"
        client.rollback()
        assert client.value(f"SELECT count(*) FROM {table}") == 0

    def test_a_failed_load_leaves_no_rows(self, connect, lake, table):
        client = connect(autocommit=True)
        good = lake.parquet("good.parquet", {"id": [1], "note": ["x"]})
        bad = lake.parquet("bad.parquet", {"id": [1], "note": ["too long"]})
        client.refused(copy_sql(table, lake.manifest(lake.entry(good), lake.entry(bad))))
        assert client.value(f"SELECT count(*) FROM {table}") == 0

    def test_a_failed_transaction_loads_nothing(self, client, table, two_rows):
        with pytest.raises((psycopg2.Error, redshift_connector.Error)):
            client.run("SELECT 1/0")
        assert client.refused(copy_sql(table, two_rows)).sqlstate == "25P02"

    def test_a_table_of_the_same_transaction_is_loaded(self, client, two_rows):
        client.run("CREATE TABLE fresh (id BIGINT, note VARCHAR(5))")
        client.copy("fresh", two_rows)
        assert client.value("SELECT count(*) FROM fresh") == 2


class TestLastCopyCount:
    COUNT = "SELECT pg_last_copy_count()"

    def test_is_zero_before_any_load(self, client):
        assert client.value(self.COUNT) == 0

    def test_survives_a_rollback(self, client, table, two_rows):
        client.copy(table, two_rows)
        client.rollback()
        assert client.value(self.COUNT) == 2

    def test_is_zero_after_a_failed_load(self, client, table, two_rows):
        client.copy(table, two_rows)
        client.refused(copy_sql(table, two_rows + "x"))
        assert client.value(self.COUNT) == 0

    def test_is_fresh_each_time(self, client, lake, table):
        for rows in (1, 2):
            name = f"{rows}.parquet"
            file = lake.parquet(name, {"id": [1] * rows, "note": ["x"] * rows})
            client.copy(table, lake.manifest(lake.entry(file)))
            assert client.value(self.COUNT) == rows

    def test_is_the_sessions_own(self, connect, table, two_rows):
        connect(autocommit=True).copy(table, two_rows)
        assert connect().value(self.COUNT) == 0


class TestHistory:
    def test_tells_of_a_load_that_was_rolled_back(self, client, table, two_rows):
        client.copy(table, two_rows)
        client.rollback()
        assert client.run(
            "SELECT status, loaded_rows, source_file_count, data_source, file_format, error_count "
            f"FROM sys_load_history WHERE table_name = '{table}'"
        ) == [("completed", 2, 1, two_rows, "parquet", 0)]

    def test_tells_of_a_load_that_failed(self, client, lake, table):
        client.refused(copy_sql(table, lake.batch({"id": [1], "note": ["too long"]})))
        (row,) = client.run(
            "SELECT status, loaded_rows, error_count, file_name, column_name, error_code, "
            "error_message FROM sys_load_history JOIN sys_load_error_detail USING (query_id) "
            f"WHERE table_name = '{table}'"
        )
        assert row[:-1] == ("failed", 0, 1, lake.url("part.parquet"), "note", 15001)
        assert "Table: 5, Data: 8" in row[-1]

    def test_is_read_only(self, client):
        assert client.refused("DELETE FROM sys_load_history").sqlstate == "42501"


class TestManifests:
    def test_must_be_there(self, client, lake, table):
        refusal = client.refused(copy_sql(table, lake.url("none.json")))
        assert refusal.sqlstate == "XX000"
        assert refusal.message == (
            "Problem reading manifest file - S3ServiceException:The specified key does not exist.,"
            "Status 404,Error NoSuchKey"
        )
        assert "code:      8001" in refusal.detail

    @pytest.mark.parametrize("content", [b"{", b"[]", b'{"entries": [{}]}'])
    def test_must_be_json_of_the_right_form(self, client, lake, table, content):
        refusal = client.refused(copy_sql(table, lake.write("m.json", content)))
        assert "not in correct json format" in refusal.message

    def test_must_tell_the_length(self, client, lake, table):
        manifest = lake.manifest({"url": lake.url("x"), "mandatory": True})
        refusal = client.refused(copy_sql(table, manifest))
        assert refusal.message == "File entry does not have 'meta' key"
        assert "code:      15003" in refusal.detail

    def test_must_stay_within_s3(self, client, lake, table):
        entry = {"url": "file:///etc/passwd", "meta": {"content_length": 1}}
        assert "not in S3" in client.refused(copy_sql(table, lake.manifest(entry))).message

    def test_a_mandatory_file_must_be_there(self, client, lake, table):
        entry = {"url": lake.url("x"), "mandatory": True, "meta": {"content_length": 1}}
        refusal = client.refused(copy_sql(table, lake.manifest(entry)))
        assert "Status 404,Error NoSuchKey" in refusal.message

    def test_other_files_may_be_missing(self, client, lake, table):
        entry = {"url": lake.url("x"), "meta": {"content_length": 1}}
        client.copy(table, lake.manifest(entry))
        assert client.value("SELECT pg_last_copy_count()") == 0

    @pytest.mark.parametrize(("more", "said"), [(1, "416"), (-1, "no footer")])
    def test_must_tell_the_right_length(self, client, lake, table, more, said):
        file = lake.parquet("x.parquet", {"id": [1], "note": ["x"]})
        entry = lake.entry(file)
        entry["meta"]["content_length"] += more
        assert said in client.refused(copy_sql(table, lake.manifest(entry))).detail

    def test_files_must_be_parquet(self, client, lake, table):
        entry = lake.entry(lake.write("x.parquet", b"a,b\n" * 10))
        assert "Parquet" in client.refused(copy_sql(table, lake.manifest(entry))).detail


class TestRoles:
    def test_others_cannot_be_assumed(self, client, table, two_rows):
        role = "arn:aws:iam::000000000000:role/other"
        refusal = client.refused(copy_sql(table, two_rows, role=role))
        assert refusal.sqlstate == "XX000"
        assert refusal.message == f"Not authorized to get credentials of role {role}"

    def test_may_lack_rights(self, client, table, two_rows):
        refusal = client.refused(copy_sql(table, two_rows, role=NO_ACCESS_ROLE))
        assert "S3ServiceException:Access Denied,Status 403,Error AccessDenied" in refusal.message

    def test_read_the_one_bucket_only(self, client, table):
        refusal = client.refused(copy_sql(table, "s3://other-bucket/m.json"))
        assert "Status 403" in refusal.message

    def test_of_copy_cannot_write(self, sandbox):
        s3 = s3_of(sandbox, ROLE_KEYS[COPY_ROLE])
        with (
            pytest.raises(OSError, match="ACCESS_DENIED"),
            s3.open_output_stream(f"{BUCKET}/x") as file,
        ):
            file.write(b"x")


def s3_of(sandbox, keys, **options):
    access_key, secret_key = keys
    return S3FileSystem(
        access_key=access_key,
        secret_key=secret_key,
        endpoint_override=sandbox.s3_endpoint,
        region="us-east-1",
        **options,
    )


@pytest.mark.parametrize(
    ("declared", "kind", "value"),
    [
        ("BIGINT", pa.int32(), 1),
        ("BIGINT", pa.float64(), 1.0),
        ("BIGINT", pa.uint64(), 1),
        ("INTEGER", pa.int64(), 1),
        ("INTEGER", pa.int16(), 1),
        ("SMALLINT", pa.int32(), 1),
        ("DECIMAL(18,2)", pa.decimal128(18, 3), Decimal("1.000")),
        ("DECIMAL(18,2)", pa.decimal128(17, 2), Decimal("1.00")),
        ("DECIMAL(18,2)", pa.float64(), 1.0),
        ("DOUBLE PRECISION", pa.float32(), 1.0),
        ("REAL", pa.float64(), 1.0),
        ("BOOLEAN", pa.int64(), 1),
        ("DATE", MICROSECONDS, datetime(2026, 1, 1)),
        ("TIMESTAMP", pa.timestamp("ns"), datetime(2026, 1, 1)),
        ("TIMESTAMP", pa.timestamp("us", tz="UTC"), datetime(2026, 1, 1)),
        ("TIMESTAMP", pa.date32(), date(2026, 1, 1)),
        ("TIMESTAMPTZ", MICROSECONDS, datetime(2026, 1, 1)),
        ("VARCHAR(40)", pa.binary(), b"x"),
        ("VARCHAR(40)", pa.binary(16), b"0123456789abcdef"),
        ("VARCHAR(40)", pa.int64(), 1),
        ("VARCHAR(40)", pa.list_(pa.string()), ["x"]),
        ("SUPER", pa.string(), "{}"),
    ],
)
def test_other_types_are_refused(copy_refused, declared, kind, value):
    refusal = copy_refused(f"c {declared}", column(kind, value))
    assert refusal.message == "Spectrum Scan Error"
    assert "has an incompatible Parquet schema for column" in refusal.detail
    assert f"Column type: {declared}" in refusal.detail
    assert "code:      15007" in refusal.detail


@pytest.mark.parametrize(("digits", "width"), [(9, 4), (18, 8), (38, 16), (10, 5)])
def test_decimals_may_have_the_width_of_their_digits(copy_into, digits, width):
    content = column(pa.decimal128(digits, 2), Decimal("1.50"))
    assert copy_into(f"c DECIMAL({digits},2)", content) == [(Decimal("1.50"),)]


def test_decimals_may_be_stored_as_integers(copy_into):
    content = column(pa.decimal128(18, 2), Decimal("1.50"))
    assert copy_into("c DECIMAL(18,2)", content, store_decimal_as_integer=True)


def test_timestamps_may_be_int96(copy_into):
    when = datetime(2026, 11, 22, 6)
    content = column(pa.timestamp("ns"), when)
    options = {"use_deprecated_int96_timestamps": True}
    assert copy_into("c TIMESTAMP", content, **options) == [(when,)]


def test_texts_are_measured_in_bytes(copy_into, copy_refused):
    assert copy_into("c VARCHAR(4)", column(pa.string(), "éé")) == [("éé",)]
    refusal = copy_refused("c VARCHAR(4)", column(pa.string(), "ééé"))
    assert (
        "The length of the data column c is longer than the length defined in the table. "
        "Table: 4, Data: 6, File name: https://s3."
    ) in refusal.detail


def test_null_is_refused_where_a_column_has_none(copy_refused):
    assert "NOT NULL" in copy_refused("c BIGINT NOT NULL", column(pa.int64(), None)).detail


def test_bytes_that_are_no_text_are_refused_or_replaced(copy_into, copy_refused):
    content = pa.table({"c": pa.array([b"a\xff", None]).cast(pa.string(), safe=False)})
    bad = pa.table({"c": pa.StringArray.from_buffers(2, *content["c"].chunk(0).buffers()[1:])})
    assert "invalid UTF-8" in copy_refused("c VARCHAR", bad).detail
    assert copy_into("c VARCHAR", bad, more="MANIFEST ACCEPTINVCHARS '^'")[0] == ("a^",)


def test_counts_of_columns_must_match(copy_refused):
    refusal = copy_refused("c BIGINT, d BIGINT", column(pa.int64(), 1))
    assert "Table columns: 2, Data columns: 1, File name: https://s3." in refusal.detail


def test_identity_columns_are_filled_unless_told(client, lake):
    client.run("CREATE TEMP TABLE target (k BIGINT IDENTITY(1,1), c BIGINT)")
    manifest = lake.batch(column(pa.int64(), 7))
    client.copy("target (c)", manifest)
    assert client.run("SELECT * FROM target") == [(1, 7)]
    two = lake.manifest(lake.entry(lake.parquet("two", {"k": [9], "c": [8]})), name="two.json")
    client.copy("target", two, "MANIFEST EXPLICIT_IDS")
    assert client.refused(copy_sql("target", two)).sqlstate == "0A000"


@pytest.mark.parametrize(
    "option",
    [
        *("MAXERROR 1", "ACCEPTANYDATE", "REGION 'us-east-1'", "DELIMITER ','", "GZIP"),
        *("COMPUPDATE OFF", "TRUNCATECOLUMNS", "DATEFORMAT 'auto'", "SSH", "NOLOAD"),
    ],
)
def test_other_options_are_refused(client, table, two_rows, option):
    refusal = client.refused(copy_sql(table, two_rows, f"MANIFEST {option}"))
    name = option.split()[0]
    assert refusal.sqlstate == "0A000"
    assert refusal.message == f"{name} argument is not supported for PARQUET based COPY"


@pytest.mark.parametrize(
    ("sql", "sqlstate"),
    [
        ("COPY t FROM 's3://b/k' IAM_ROLE 'r' FORMAT CSV", "0A000"),
        ("COPY t FROM 's3://b/k' IAM_ROLE 'r'", "0A000"),
        ("COPY t FROM 's3://b/k' FORMAT PARQUET", "42601"),
        ("COPY t FROM 's3://b/k' IAM_ROLE 'r' IAM_ROLE 'r' PARQUET", "42601"),
        ("COPY t FROM 's3://b/k' CREDENTIALS 'aws_access_key_id=x' PARQUET", "0A000"),
        ("COPY t FROM 's3://b/k' IAM_ROLE 'r' JSON 's3://b/paths.json'", "0A000"),
        ("COPY t FROM 's3://b/k' IAM_ROLE 'r' JSON 'auto' FILLRECORD", "0A000"),
        ("COPY t FROM 's3://b/k' IAM_ROLE 'r' JSON 'auto' MAXERROR 1", "0A000"),
        ("COPY t FROM 's3://b/k' IAM_ROLE 'r' JSON 'auto' DATEFORMAT 'YYYY'", "0A000"),
        (
            "COPY t FROM 's3://b/k' IAM_ROLE 'r' ACCESS_KEY_ID 'a' SECRET_ACCESS_KEY 'b' ORC",
            "0A000",
        ),
        ("COPY t FROM 's3://b/k' IAM_ROLE 'r' PARQUET ACCEPTINVCHARS 'ab'", "42601"),
        ("COPY t FROM 's3://b/k' IAM_ROLE 'r' PARQUET 'x'", "42601"),
        ("COPY t FROM 'dynamodb://t' IAM_ROLE 'r' PARQUET", "0A000"),
        ("COPY t FROM STDIN", "42601"),
        ("COPY t TO STDOUT", "42601"),
        ("COPY t", "42601"),
        ("COPY (SELECT 1) TO 's3://b/k'", "42601"),
        ("COPY t FROM $1 IAM_ROLE 'r' PARQUET", "42601"),
    ],
)
def test_other_forms_are_refused(client, sql, sqlstate):
    assert client.refused(sql).sqlstate == sqlstate


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("s3://b/a//b", "s3://b/a//b: this stand-in for Redshift reads no key with an empty part"),
        ("s3://b//lake", "s3://b//lake: this stand-in for Redshift reads no key with an empty"),
        ("s3:///lake", "s3:///lake: this stand-in for Redshift reads no key with an empty part"),
        ("s3://b", "Not a regular file: 'b'"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused_and_the_session_lives_on(
    connect, table, lake, source, told
):
    client = connect(autocommit=True)
    entry = {"url": source, "mandatory": True, "meta": {"content_length": 1}}
    refusals = [
        client.refused(copy_sql(table, source)),
        client.refused(copy_sql(table, lake.manifest(entry))),
    ]
    assert {refusal.sqlstate for refusal in refusals} == {"XX000"}
    assert told in refusals[0].message
    assert client.value("SELECT 1") == 1


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"entries": [{"url": 5, "meta": {"content_length": 1}}]}',
        b'{"entries": [{"url": "s3://b/x", "meta": {"content_length": 1e400}}]}',
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused_and_the_session_lives_on(
    connect, table, lake, content
):
    client = connect(autocommit=True)
    refusal = client.refused(copy_sql(table, lake.write("manifest.json", content)))
    assert refusal.sqlstate == "XX000"
    assert client.value("SELECT 1") == 1


def test_a_moment_with_a_time_zone_is_one(copy_into):
    when = datetime(2026, 1, 1, tzinfo=UTC)
    content = column(pa.timestamp("us", tz="UTC"), when)
    assert copy_into("c TIMESTAMPTZ", content) == [(when,)]


def test_keys_of_s3_may_stand_for_a_role(client, table, two_rows):
    copy = f"COPY {table} FROM '{two_rows}'"
    client.run(
        f"{copy} ACCESS_KEY_ID '{ACCESS_KEY}' SECRET_ACCESS_KEY '{SECRET_KEY}' "
        "FORMAT AS PARQUET MANIFEST"
    )
    keys = f"aws_access_key_id={ACCESS_KEY};aws_secret_access_key="
    client.run(f"{copy} CREDENTIALS '{keys}{SECRET_KEY}' PARQUET MANIFEST MAXERROR 0")
    assert client.value(f"SELECT count(*) FROM {table}") == 4
    assert client.refused(f"{copy} CREDENTIALS '{keys}wrong' PARQUET MANIFEST").sqlstate == "XX000"


class TestJson:
    @pytest.fixture
    def target(self, client):
        client.run(
            "CREATE TEMP TABLE target (id BIGINT, note VARCHAR(9), price DECIMAL(9,2), "
            "at TIMESTAMPTZ, good BOOLEAN, more SUPER)"
        )
        return "target"

    def json(self, source, more=""):
        return f"COPY target FROM '{source}' IAM_ROLE '{COPY_ROLE}' FORMAT AS JSON 'auto' {more}"

    def test_each_line_is_a_row(self, client, lake, target):
        rows = (
            '{"id": 1, "note": "é \\"x\\"\\n", "price": 0.10, "good": true, "more": {"a": [1.5]}}\n'
            '\n{"note": "", "at": "2026-01-01T00:00:00Z", "unknown": 1}\n'
        )
        source = lake.write("rows.jsonl", rows.encode())
        client.run(self.json(source, "DATEFORMAT 'auto' TIMEFORMAT 'auto' MAXERROR 0"))
        assert client.run("SELECT id, note, price, at, good FROM target ORDER BY id") == [
            (1, 'é "x"\n', Decimal("0.10"), None, True),
            (None, "", None, datetime(2026, 1, 1, tzinfo=UTC), None),
        ]
        assert client.value("SELECT more->'a'->>0 FROM target WHERE id = 1") == "1.5"
        assert client.value("SELECT pg_last_copy_count()") == 2

    def test_files_may_be_compressed_and_listed_without_their_length(self, client, lake, target):
        source = lake.write("rows", gzip.compress(b'{"id": 7}'))
        manifest = lake.manifest({"url": source, "mandatory": True})
        client.run(self.json(manifest, "GZIP MANIFEST REGION 'us-east-1'"))
        assert client.run("SELECT id FROM target") == [(7,)]

    @pytest.mark.parametrize("content", [b"[1]", b'{"id": 1', b"nonsense"])
    def test_lines_that_are_no_object_are_refused(self, client, lake, target, content):
        refusal = client.refused(self.json(lake.write("rows.json", content)))
        assert refusal.sqlstate == "XX000"
        assert refusal.message.startswith("Invalid JSON format")

    def test_values_of_another_type_are_refused(self, client, lake, target):
        source = lake.write("rows.json", b'{"id": "one"}')
        assert client.refused(self.json(source)).sqlstate == "22P02"


def test_an_s3_that_cannot_be_reached_is_told():
    command = CopyCommand("t", None, "s3://b/manifest", "parquet", COPY_ROLE, manifest=True)
    with pytest.raises(LoadError, match="S3ServiceException:S3 is not reachable: "):
        list(Files(command, [], "http://127.0.0.1:1").as_csv())


def test_a_quote_in_a_name_is_read_rightly(client, lake, table):
    file = lake.parquet("it's.parquet", {"id": [1], "note": ["x"]})
    manifest = lake.manifest(lake.entry(file), name="it's.json")
    client.copy(table, manifest.replace("'", "''"))
    assert client.value(f"SELECT count(*) FROM {table}") == 1


def test_the_table_must_exist(client, two_rows):
    refusal = client.refused(copy_sql("nowhere", two_rows))
    assert refusal.sqlstate == "42P01"
    assert refusal.message == "Cannot COPY into nonexistent table nowhere"


def test_listed_columns_must_exist(client, table, two_rows):
    assert client.refused(copy_sql(f"{table} (id, other)", two_rows)).sqlstate == "42703"
