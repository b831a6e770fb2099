"""What people type first into Redshift, and PostgreSQL lacks."""

from datetime import date, datetime

import pytest

from tests.redshift_sandbox.conftest import by_psycopg2


@pytest.fixture
def client(connect):
    return connect(autocommit=True)


@pytest.fixture
def numbers(client):
    """A table of three rows."""
    client.run("DROP TABLE IF EXISTS numbers")
    client.run("CREATE TABLE numbers (id INT, kind VARCHAR(5), at DATE)")
    client.run(
        "INSERT INTO numbers VALUES (1, 'odd', '2026-01-31'), (2, 'even', '2026-02-01'), "
        "(3, 'odd', '2026-02-08')"
    )
    return "numbers"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("NVL(NULL, NULL, 3)", 3),
        ("nvl2(1, 'yes', 'no')", "yes"),
        ("LEN('é')", 1),
        ("CONCAT('a', 1)", "a1"),
        ("CONCAT('a', NULL)", None),
        ("DECODE(2, 1, 'one', 2, 'two', 'more')", "two"),
        ("decode(NULL, NULL, 'none', 'some')", "none"),
        ("DATEADD(month, 1, '2026-01-31')", datetime(2026, 2, 28)),
        ("DATEADD(qtr, -1, DATE '2026-04-01')", datetime(2026, 1, 1)),
        ("DATEADD('day', 2 * 3, TIMESTAMP '2026-01-01 10:00')", datetime(2026, 1, 7, 10)),
        ("DATEDIFF(day, '2026-01-01 23:00', '2026-01-02 01:00')", 1),
        ("DATEDIFF(year, DATE '2025-12-31', '2026-01-01')", 1),
        ("DATEDIFF(week, DATE '2026-01-03', DATE '2026-01-04')", 1),
        ("DATEDIFF(hours, '2026-01-01 00:59', '2026-01-01 02:00')", 2),
        ("DATE_PART(year, DATE '2026-01-01')::int", 2026),
        ("LAST_DAY(DATE '2026-02-03')", date(2026, 2, 28)),
        ("ADD_MONTHS(DATE '2026-02-28', 1)", datetime(2026, 3, 31)),
        ("TRUNC(TIMESTAMP '2026-02-03 04:05')", date(2026, 2, 3)),
        ("CONVERT(INT, '3')", 3),
        ("CONVERT_TIMEZONE('Asia/Tokyo', '2026-01-01')", datetime(2026, 1, 1, 9)),
        ("CHARINDEX('c', 'abc')", 3),
        ("REGEXP_REPLACE('a1b2', '[0-9]')", "ab"),
        ("REGEXP_REPLACE('a1b2', '[0-9]', '-')", "a-b-"),
        ("JSON_EXTRACT_PATH_TEXT('{\"a\": {\"b\": 1}}', 'a', 'b')", "1"),
        ("IS_VALID_JSON('{') OR JSON_PARSE('[1]') IS NULL", False),
        ("SHA2('x', 256)", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"),
        ("CASE WHEN 1=1THEN 2ELSE 3END + 1.5e1", 17),
        ("SYSDATE > '2026-01-01' AND GETDATE() > '2026-01-01'", True),
        ("length(repeat('x', 70)::varchar(max))", 70),
        ("length(CAST(repeat('x', 300) AS CHARACTER VARYING(MAX)))", 300),
        ("length(cast('x' AS nvarchar(3)))", 1),
        ("CONVERT(NVARCHAR(1), 'xy') || CAST('[1]' AS SUPER) || '{}'::super", "x[1]{}"),
        ("super FROM (SELECT 1 AS super)", 1),
        ("'NVL(a, b) SYSDATE'", "NVL(a, b) SYSDATE"),
    ],
)
def test_expressions(client, expression, value):
    assert client.value(f"SELECT {expression}") == value


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT TOP 1 id FROM numbers ORDER BY id DESC", [(3,)]),
        ("SELECT DISTINCT TOP 5 kind FROM numbers ORDER BY kind", [("even",), ("odd",)]),
        ("SELECT * FROM (SELECT TOP 2 id FROM numbers ORDER BY id) ORDER BY 1", [(1,), (2,)]),
        ("SELECT id FROM numbers MINUS SELECT 2 ORDER BY id", [(1,), (3,)]),
        ("SELECT APPROXIMATE COUNT(DISTINCT kind) FROM numbers", [(2,)]),
        ("SELECT MEDIAN(id) FROM numbers", [(2.0,)]),
        ("SELECT LISTAGG(id, '+') WITHIN GROUP (ORDER BY id DESC) FROM numbers", [("3+2+1",)]),
        ("SELECT LISTAGG(DISTINCT kind) WITHIN GROUP (ORDER BY kind) FROM numbers", [("evenodd",)]),
        (
            "SELECT DISTINCT kind, LISTAGG(id, ',') WITHIN GROUP (ORDER BY id DESC) "
            "OVER (PARTITION BY kind) AS ids FROM numbers ORDER BY 1",
            [("even", "2"), ("odd", "3,1")],
        ),
        ("SELECT id FROM numbers QUALIFY row_number() OVER (ORDER BY id) = 2", [(2,)]),
        (
            "SELECT kind, max(id) AS top FROM numbers GROUP BY kind "
            "QUALIFY rank() OVER (ORDER BY max(id) DESC) = 1",
            [("odd", 3)],
        ),
        (
            "SELECT n.*, id * 2 twice FROM numbers AS n "
            "QUALIFY ROW_NUMBER() OVER (PARTITION BY kind ORDER BY at DESC) = 1 ORDER BY twice",
            [(2, "even", date(2026, 2, 1), 4), (3, "odd", date(2026, 2, 8), 6)],
        ),
        (
            "SELECT * FROM numbers QUALIFY ROW_NUMBER() OVER (ORDER BY id) = 1",
            [(1, "odd", date(2026, 1, 31))],
        ),
        (
            "SELECT id, row_number() OVER (ORDER BY id DESC) AS n FROM numbers QUALIFY n = 1",
            [(3, 1)],
        ),
        ("SELECT id + 1 AS next, next * 2 AS twice FROM numbers WHERE next > 3", [(4, 8)]),
        ("SELECT -id AS id FROM numbers WHERE id = 3", [(-3,)]),
        ("SELECT id FROM numbers WHERE 1 AND id = 3", [(3,)]),
    ],
)
def test_queries(client, numbers, query, rows):
    assert client.run(query) == rows


def test_an_alias_that_is_used_beside_its_definition_leaves_a_transaction_alone(connect, numbers):
    client = connect()
    client.run(f"DELETE FROM {numbers} WHERE id = 1")
    assert client.run(f"SELECT id AS one FROM {numbers} WHERE one = 2") == [(2,)]
    assert client.value(f"SELECT count(*) FROM {numbers}") == 2


@pytest.mark.parametrize("driver", [by_psycopg2])
def test_the_version_is_the_same_wherever_it_is_asked_for(client):
    assert client.value("SHOW server_version") == "8.0.2"
    assert client.connection.get_parameter_status("server_version") == "8.0.2"


@pytest.mark.parametrize(
    "sql",
    [
        *("SELECT 1 FROM numbers PIVOT (1)", "SELECT no_such_function(1)", "SELECT 1::hllsketch"),
        *("SELECT * FROM stl_query", "SELECT * FROM sys_query_history", "SHOW PROCEDURES FROM s"),
        *("SET no_such_setting TO 1", "SELECT DATEADD(eon, 1, SYSDATE)"),
        *("CREATE TABLE made (a VARCHAR(MANY))", "CREATE TABLE made (a HLLSKETCH)"),
        *("CREATE TABLE made (a INT(4))", "CREATE TABLE made (a VARCHAR(1, 2))", "SELECT 1 +"),
        *("SELECT * FROM a JOIN b USING (c) QUALIFY d = 1", "CREATE TABLE made (a INT) SOMEHOW"),
    ],
)
def test_what_the_stand_in_does_not_know_it_says(client, sql):
    assert "this stand-in for Redshift does not know" in client.refused(sql).message


def test_texts_may_be_as_long_as_redshift_allows(client):
    client.run("CREATE TEMP TABLE longest (a VARCHAR(MAX), b CHAR(MAX), c NVARCHAR(MAX))")
    client.run("INSERT INTO longest VALUES (repeat('x', 65535), 'y', 'z')")
    refused = client.refused("INSERT INTO longest (a) VALUES (repeat('x', 65536))")
    assert refused.message.endswith("varying(65535)")
    refused = client.refused("INSERT INTO longest (b) VALUES (repeat('x', 4097))")
    assert refused.message.endswith("character(4096)")


def test_floats_are_as_precise_as_they_are_declared(client):
    client.run("CREATE TEMP TABLE floats (a FLOAT(24), b FLOAT(25), c DOUBLE PRECISION)")
    assert client.run(
        "SELECT column_name, data_type FROM svv_columns WHERE table_name = 'floats' ORDER BY 1"
    ) == [("a", "real"), ("b", "double precision"), ("c", "double precision")]


@pytest.mark.parametrize(
    ("clauses", "rows"),
    [
        (
            "WHEN MATCHED THEN UPDATE SET kind = CASE WHEN s.id = 1 THEN 'one' END "
            "WHEN NOT MATCHED THEN INSERT (id, kind) VALUES (s.id, 'new')",
            [(1, "one"), (2, "even"), (3, "odd"), (9, "new")],
        ),
        ("WHEN MATCHED THEN DELETE", [(2, "even"), (3, "odd")]),
        (
            "WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'new', NULL)",
            [(1, "odd"), (2, "even"), (3, "odd"), (9, "new")],
        ),
    ],
)
def test_rows_are_merged(client, numbers, clauses, rows):
    source = "(SELECT 1 AS id UNION ALL SELECT 9)"
    client.run(f"MERGE INTO {numbers} USING {source} s ON numbers.id = s.id {clauses}")
    assert client.run(f"SELECT id, kind FROM {numbers} ORDER BY id") == rows


@pytest.mark.parametrize(
    "clauses",
    [
        *("REMOVE DUPLICATES", "WHEN MATCHED AND s.id = 1 THEN DELETE"),
        "WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT VALUES (1)",
        "WHEN MATCHED THEN DELETE WHEN NOT MATCHED BY SOURCE THEN DELETE",
    ],
)
def test_other_merges_are_refused(client, numbers, clauses):
    refused = client.refused(f"MERGE INTO numbers USING numbers s ON numbers.id = s.id {clauses}")
    assert refused.message == "this stand-in for Redshift does not know MERGE in this form"


def test_settings_that_change_nothing_here_are_taken(client):
    client.run("SET query_group TO 'x'")
    client.run("RESET query_group")
    client.run("SET enable_result_cache_for_session TO off")


def test_a_percentile_is_not_taken_for_a_clause(client, numbers):
    query = (
        "SELECT kind, percentile_cont(0.5) WITHIN GROUP (ORDER BY id) AS mid, kind IS DISTINCT "
        "FROM 'odd' AS differs FROM numbers GROUP BY kind QUALIFY rank() OVER (ORDER BY kind) = 1"
    )
    assert client.run(query) == [("even", 2.0, True)]
