"""What is refused of SQL, and what is not mistaken for what is refused."""

import pytest

from redshift_sandbox.errors import RedshiftError
from redshift_sandbox.statements import read


@pytest.mark.parametrize(
    "sql",
    [
        *("SAVEPOINT a", "ROLLBACK TO a", "ROLLBACK TO SAVEPOINT a", "RELEASE SAVEPOINT a"),
        *("LISTEN a", "NOTIFY a", "DO $$ BEGIN END $$", "do 'x'"),
        *("CREATE INDEX i ON t (a)", "CREATE UNIQUE INDEX i ON t (a)", "CREATE SEQUENCE s"),
        *("CREATE DOMAIN d AS int", "CREATE TYPE y AS ENUM ()", "CREATE EXTENSION e"),
        *("CREATE TRIGGER g BEFORE INSERT ON t", "CREATE RULE r AS ON INSERT TO t DO NOTHING"),
        *(
            "INSERT INTO t VALUES (1) RETURNING a",
            "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
        ),
        *("SELECT * FROM t FOR UPDATE", "select 1 /* x */ for\nshare"),
        *("SELECT count(*) FILTER (WHERE a) FROM t", "SELECT * FROM t, LATERAL (SELECT 1) u"),
        *("SELECT DISTINCT ON (a) a FROM t", "SELECT set_config('a', 'b', false)"),
        *("WITH w AS (DELETE FROM t) SELECT 1", "ALTER TABLE t APPEND FROM u"),
        *("CREATE TABLE t (a int) TABLESPACE x", "ANALYZE COMPRESSION t", "SET ROLE postgres"),
        *("SET client_encoding TO 'latin1'", "SET standard_conforming_strings TO on"),
        *("ALTER DATABASE d SET work_mem TO 1", "BEGIN; SAVEPOINT a"),
    ],
)
def test_is_not_supported(sql):
    with pytest.raises(RedshiftError) as caught:
        read(sql)
    assert caught.value.sqlstate == "0A000"


@pytest.mark.parametrize(
    "sql",
    [
        *("LOCK t IN SHARE MODE", "EXPLAIN ANALYZE SELECT 1", "EXPLAIN (ANALYZE) SELECT 1"),
        *("CREATE FUNCTION f() RETURNS int", "CALL p()", "UNLOAD ('SELECT 1')", "DISCARD ALL"),
        *("SELECT 'unended", 'SELECT "unended', "SELECT /* /* nested */ */ 1", "nonsense"),
        *("CREATE DATABASE d OWNER o", "ALTER ROLE sandbox SET x TO y", "CREATE USER u"),
        *("CREATE DATABASE d ISOLATION LEVEL READ COMMITTED", "LOCK", "ALTER TABLE t"),
        *("CREATE SCHEMA s CREATE TABLE t (a int)", "COMMIT AND CHAIN", "BEGIN ISOLATION"),
        *("CREATE TABLE t (a int", "VACUUM t SOMEHOW x 1 )"),
    ],
)
def test_is_no_sql_of_redshift(sql):
    with pytest.raises(RedshiftError) as caught:
        for statement in read(sql):
            raise AssertionError(statement)
    assert caught.value.sqlstate in {"42601", "0A000"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'a; SAVEPOINT b', \"returning\" FROM t -- ON CONFLICT\n",
        "INSERT INTO t VALUES ('it''s; \\' RETURNING')",
        "UPDATE t SET note = 'FOR SHARE' WHERE a <> $1",
        "SELECT a::int, b || c, -1.5e-3, a>=1 FROM t",
        "SELECT $$ RETURNING ; $$",
        "GRANT SELECT ON t TO PUBLIC",
        "COMMENT ON COLUMN t.a IS 'x; y'",
        "DECLARE c CURSOR FOR SELECT 1",
        "(SELECT 1) UNION (SELECT 2)",
        "SHOW timezone",
    ],
)
def test_is_passed_on_as_it_is(sql):
    (statement,) = read(sql)
    assert "".join(statement.sql.split()) in "".join(sql.split())
    assert (statement.then, statement.copy) == (None, None)


def test_statements_are_separated():
    assert [s.sql for s in read("BEGIN; SELECT ';';; COMMIT;")] == [
        "BEGIN ",
        "SELECT ';'",
        "COMMIT",
    ]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("START TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY", "BEGIN READ ONLY"),
        ("LOCK TABLE a.b, c", "LOCK TABLE a.b, c"),
        ("VACUUM DELETE ONLY t TO 75 PERCENT", "VACUUM t"),
        ("CREATE SCHEMA IF NOT EXISTS s", "CREATE SCHEMA IF NOT EXISTS s"),
        ("COMMIT WORK", "COMMIT"),
        ("VACUUM", "VACUUM "),
        ("ANALYZE t PREDICATE COLUMNS", "ANALYZE t"),
        ('SELECT "MixedCase" FROM "T"', 'SELECT "mixedcase" FROM "t"'),
        ("SET TIME ZONE DEFAULT", "SET TIME ZONE DEFAULT"),
        ("SET ROLE DEFAULT", "SET ROLE DEFAULT"),
        ("RESET ALL", "RESET ALL"),
        ("SELECT /* FOR UPDATE; */ 1 -- RETURNING", "SELECT 1"),
    ],
)
def test_is_told_in_other_words(sql, told):
    (statement,) = read(sql)
    assert statement.sql == told


def test_long_statements_are_read_in_reasonable_time():
    values = ", ".join(f"({n}, 'x', {n}.5)" for n in range(20_000))
    (statement,) = read(f"INSERT INTO t VALUES {values}")
    assert statement.sql.endswith("(19999, 'x', 19999.5)")
