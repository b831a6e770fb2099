"""Redshift's DDL, as tables then behave."""

from decimal import Decimal

import pytest


def made(client, columns, more=""):
    client.run(f"CREATE TABLE made ({columns}) {more}")


@pytest.mark.parametrize(
    "columns",
    [
        "a INT PRIMARY KEY",
        "a INT UNIQUE",
        "a INT NOT NULL, PRIMARY KEY (a)",
        "a INT, CONSTRAINT k UNIQUE (a)",
        "a INT, b INT, CONSTRAINT f FOREIGN KEY (a) REFERENCES other (b)",
        "a INT REFERENCES other (b)",
    ],
)
def test_keys_are_not_enforced(client, columns):
    made(client, columns)
    client.run("INSERT INTO made (a) VALUES (1), (1)")
    assert client.value("SELECT count(*) FROM made") == 2


def test_primary_keys_are_not_null(client):
    made(client, "a INT, PRIMARY KEY (a)")
    assert client.refused("INSERT INTO made VALUES (NULL)").sqlstate == "23502"


def test_physical_design_is_read_and_dropped(client):
    made(
        client,
        "a BIGINT ENCODE az64 NOT NULL DISTKEY, b VARCHAR(20) DEFAULT 'x, (y' ENCODE ZSTD, "
        "c TIMESTAMP WITHOUT TIME ZONE SORTKEY",
        "BACKUP NO DISTSTYLE KEY",
    )
    client.run("INSERT INTO made (a) VALUES (1)")
    assert client.run("SELECT a, b FROM made") == [(1, "x, (y")]


@pytest.mark.parametrize(
    "more",
    [
        "DISTSTYLE AUTO SORTKEY AUTO ENCODE AUTO",
        "DISTKEY (a) COMPOUND SORTKEY (a, b)",
        "DISTSTYLE KEY DISTKEY (A) INTERLEAVED SORTKEY (b)",
        'DISTSTYLE ALL SORTKEY ("a")',
    ],
)
def test_attributes_of_tables_are_dropped(client, more):
    made(client, "a INT, b INT", more)
    assert client.run("SELECT * FROM made") == []


def test_tables_come_from_queries(client):
    client.run("CREATE TABLE made DISTKEY (a) SORTKEY (a) AS SELECT 1 AS a")
    assert client.value("SELECT a FROM made") == 1


def test_tables_are_like_others(client):
    client.run("CREATE TABLE base (a VARCHAR(2) NOT NULL DEFAULT 'x')")
    client.run("CREATE TABLE IF NOT EXISTS made (LIKE base INCLUDING DEFAULTS) SORTKEY (a)")
    client.run("INSERT INTO made DEFAULT VALUES")
    assert client.refused("INSERT INTO made VALUES ('éé')").sqlstate == "22001"


def test_identity_counts(client):
    made(client, "k BIGINT IDENTITY(10, 5), a INT")
    client.run("INSERT INTO made (a) VALUES (1), (2)")
    assert client.run("SELECT k FROM made ORDER BY a") == [(10,), (15,)]


def test_identity_is_generated_always(client):
    made(client, "k BIGINT IDENTITY(1, 1), a INT")
    assert client.refused("INSERT INTO made VALUES (1, 1)").sqlstate == "428C9"


def test_super_holds_json(client):
    made(client, "a SUPER")
    client.run("INSERT INTO made VALUES ('{\"x\": 1}')")
    assert "x" in str(client.value("SELECT a FROM made"))


def test_varchar_counts_bytes(client):
    made(client, "a VARCHAR(3)")
    client.run("INSERT INTO made VALUES ('éx')")
    refusal = client.refused("INSERT INTO made VALUES ('éé')")
    assert refusal.sqlstate == "22001"
    assert refusal.message == "value too long for type character varying(3)"


def test_updates_count_bytes_too(client):
    made(client, "a VARCHAR(3)")
    client.run("INSERT INTO made VALUES ('x')")
    assert client.refused("UPDATE made SET a = 'éé'").sqlstate == "22001"


def test_char_takes_no_long_letters(client):
    made(client, "a CHAR(3)")
    assert "character(3)" in client.refused("INSERT INTO made VALUES ('é')").message


@pytest.mark.parametrize(("declared", "size"), [("VARCHAR", 256), ("TEXT", 256), ("CHAR", 1)])
def test_texts_have_a_length_unless_told(client, declared, size):
    made(client, f"a {declared}")
    client.run(f"INSERT INTO made VALUES (repeat('x', {size}))")
    assert client.refused(f"INSERT INTO made VALUES (repeat('x', {size + 1}))").sqlstate == "22001"


def test_decimals_are_whole_unless_told(client):
    made(client, "a DECIMAL, b NUMERIC(5), c DECIMAL(5,2)")
    client.run("INSERT INTO made VALUES (1.4, 1.4, 1.4)")
    assert client.run("SELECT * FROM made") == [(1, 1, Decimal("1.40"))]


def test_columns_can_be_added_one_at_a_time(client):
    made(client, "a INT")
    client.run("ALTER TABLE made ADD COLUMN b VARCHAR(2) DEFAULT 'x' ENCODE lzo")
    client.run("ALTER TABLE made ADD c INT")
    assert client.run("SELECT * FROM made") == []
    client.commit()
    assert client.refused("INSERT INTO made VALUES (1, 'éé')").sqlstate == "22001"
    assert client.refused("ALTER TABLE made ADD d INT, ADD e INT").sqlstate == "42601"
    assert client.refused("ALTER TABLE made ADD d INT NOT NULL").sqlstate == "0A000"
    client.run("DROP TABLE made")
    client.commit()


def test_only_texts_can_be_widened_and_outside_a_transaction_only(connect, client, table):
    widen = f"ALTER TABLE {table} ALTER COLUMN note TYPE VARCHAR(12)"
    client.run("SELECT 1")
    assert client.refused(widen).sqlstate == "25001"
    alone = connect(autocommit=True)
    assert alone.refused(f"ALTER TABLE {table} ALTER COLUMN id TYPE INT").sqlstate == "0A000"
    alone.run(widen)
    client.run(f"INSERT INTO {table} VALUES (1, 'éééééé')")
    told = client.refused(f"INSERT INTO {table} VALUES (1, 'ééééééx')").message
    assert told.endswith("varying(12)")


def test_tables_can_be_renamed_and_commented(client):
    made(client, "a INT")
    client.run("COMMENT ON TABLE made IS 'x'")
    client.run("ALTER TABLE made RENAME TO other")
    client.run("ALTER TABLE other RENAME COLUMN a TO b")
    client.run("ALTER TABLE other DROP COLUMN b")
    client.run("DROP TABLE other")


@pytest.mark.parametrize(
    "columns",
    [
        *("a SERIAL", "a BYTEA", "a UUID", "a JSONB", "a INT[]", "a MONEY", "a INTERVAL"),
        *("a INT CHECK (a > 0)", "a INT, CHECK (a > 0)", "a INT, EXCLUDE USING gist (a WITH =)"),
        *("a VARCHAR(65536)", "a CHAR(4097)", "a DECIMAL(39)", "a VARCHAR(0)"),
        *("a INT ENCODE brotli", "a INT DISTKEY, b INT DISTKEY", "a INT SORTKEY, b INT SORTKEY"),
        *("a INT PRIMARY KEY, b INT PRIMARY KEY", "a INT, PRIMARY KEY (b)", "a INT COLLATE x"),
        *("a INT, UNIQUE (b)", "a INT GENERATED ALWAYS AS (1) STORED", "a", "", "a INT WRONG"),
    ],
)
def test_other_columns_are_refused(client, columns):
    refusal = client.refused(f"CREATE TABLE made ({columns})")
    assert refusal.sqlstate in {"0A000", "22023", "42601", "42703", "42P16"}


@pytest.mark.parametrize(
    "more",
    [
        *("DISTKEY (b)", "SORTKEY (a, b)", "DISTSTYLE KEY", "DISTSTYLE EVEN DISTKEY (a)"),
        *("DISTKEY (a) DISTKEY (a)", "SORTKEY (a) SORTKEY (a)", "DISTSTYLE SOME", "BACKUP MAYBE"),
        *("INHERITS (x)", "PARTITION BY RANGE (a)", "WITH (fillfactor = 10)", "ON COMMIT DROP"),
    ],
)
def test_other_attributes_are_refused(client, more):
    refusal = client.refused(f"CREATE TABLE made (a INT) {more}")
    assert refusal.sqlstate in {"0A000", "42601", "42703", "42P16"}


@pytest.mark.parametrize(
    "action",
    [
        *("ADD PRIMARY KEY (a)", "ADD COLUMN b INT DISTKEY", "ALTER COLUMN a SET NOT NULL"),
        *("ALTER DISTKEY a", "ALTER SORTKEY (a)", "APPEND FROM other", "ADD b SERIAL"),
        *("DISABLE TRIGGER ALL", "SET LOGGED", "ENABLE ROW LEVEL SECURITY"),
    ],
)
def test_other_changes_are_refused(client, action):
    made(client, "a INT")
    assert client.refused(f"ALTER TABLE made {action}").sqlstate in {"0A000", "42601"}
