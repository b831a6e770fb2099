"""Redshift's system catalog, and views that are bound late."""

import pytest

from redshift_sandbox.identities import DATABASE


@pytest.fixture
def client(connect):
    return connect(autocommit=True)


@pytest.fixture
def schema(client):
    """A new schema, on the search path."""
    client.run("DROP SCHEMA IF EXISTS shop CASCADE")
    client.run("CREATE SCHEMA shop")
    client.run("SET search_path TO shop, public")
    yield "shop"
    client.run("DROP SCHEMA IF EXISTS shop CASCADE")


@pytest.fixture
def sales(client, schema):
    client.run("CREATE TABLE shop.sales (id BIGINT IDENTITY(1, 1), name VARCHAR(9) NOT NULL)")
    client.run("COMMENT ON COLUMN shop.sales.name IS 'who'")
    return "shop.sales"


def test_the_columns_of_a_table_are_listed_as_redshift_does(client, sales):
    assert client.run(
        "SELECT * FROM pg_table_def WHERE schemaname = 'shop' AND tablename = 'sales'"
    ) == [
        ("shop", "sales", "id", "bigint", "none", False, 0, True),
        ("shop", "sales", "name", "character varying(9)", "none", False, 0, True),
    ]
    assert client.run(
        "SELECT column_name, data_type, character_maximum_length, remarks FROM svv_columns "
        "WHERE table_schema = 'shop' AND table_name = 'sales' ORDER BY ordinal_position"
    ) == [("id", "bigint", None, None), ("name", "character varying", 9, "who")]


@pytest.mark.parametrize(
    ("definition", "style", "short"),
    [
        ("(a INT DISTKEY ENCODE az64, b INT SORTKEY)", 1, "KEY(a)"),
        ("(a INT ENCODE az64, b INT) DISTKEY (a) SORTKEY (b)", 1, "KEY(a)"),
        ("(a INT ENCODE az64, b INT) DISTSTYLE EVEN SORTKEY (b)", 0, "EVEN"),
        ("(a INT ENCODE az64, b INT) DISTSTYLE ALL SORTKEY (b)", 8, "ALL"),
        ("(a INT ENCODE az64, b INT) SORTKEY (b)", 9, "AUTO(EVEN)"),
    ],
)
def test_how_a_table_is_stored_is_listed_as_declared(client, schema, definition, style, short):
    client.run(f"CREATE TABLE shop.stored {definition}")
    client.run("INSERT INTO shop.stored VALUES (1, 2)")
    is_key = short == "KEY(a)"
    for listing in (
        "pg_table_def WHERE schemaname = 'shop'",
        "svv_redshift_columns WHERE schema_name = 'shop' ORDER BY ordinal_position",
    ):
        assert client.run(f"SELECT encoding, distkey, sortkey FROM {listing}") == [
            ("az64", is_key, 0),
            ("none", False, 1),
        ]
    assert client.run("SELECT reldiststyle FROM pg_class WHERE relname = 'stored'") == [(style,)]
    assert client.run(
        "SELECT diststyle, sortkey1, sortkey_num, encoded FROM svv_table_info "
        "WHERE \"table\" = 'stored'"
    ) == [(short, "b", 1, "Y")]


def test_a_table_from_a_query_is_stored_as_declared_too(client, schema):
    client.run("CREATE TABLE shop.stored DISTKEY (a) SORTKEY (b, a) AS SELECT 1 AS a, 2 AS b")
    assert client.run(
        "SELECT \"column\", distkey, sortkey FROM pg_table_def WHERE tablename = 'stored'"
    ) == [("a", True, 2), ("b", False, 1)]


@pytest.mark.parametrize(
    "columns",
    [
        "c.reldiststyle FROM pg_class c",
        "c.reldiststyle FROM pg_catalog.pg_class c",
        'c.reldiststyle FROM "pg_catalog"."pg_class" c',
        "pg_class.reldiststyle FROM pg_namespace, pg_class",
        "attsortkeyord FROM pg_attribute",
        "adsrc FROM pg_catalog.pg_attrdef",
        "format_encoding(attencodingtype::int) FROM pg_attribute",
    ],
)
def test_the_catalog_has_what_only_redshifts_has(client, columns):
    client.run(f"SELECT {columns} LIMIT 1")


def test_what_the_stand_in_adds_to_a_table_is_hidden(client, sales):
    assert client.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'txn_sandbox%'") == 0
    assert client.value("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'txn_sandbox%'") == 0
    assert (
        client.value("SELECT count(*) FROM pg_constraint WHERE conrelid = 'sales'::regclass") == 0
    )
    for listing in ("tables", "views", "columns"):
        assert (
            client.value(
                f"SELECT count(*) FROM information_schema.{listing} WHERE table_schema ~ 'sandbox'"
            )
            == 0
        )


def test_tables_can_be_sized(client, sales):
    client.run("INSERT INTO shop.sales (name) VALUES ('x')")
    client.run("ANALYZE shop.sales")
    assert client.run(
        'SELECT "schema", "table", tbl_rows, size FROM svv_table_info WHERE "schema" = \'shop\''
    ) == [("shop", "sales", 1, 1)]


def test_show_lists_databases_schemas_tables_and_columns(client, sales):
    assert DATABASE in [row[0] for row in client.run("SHOW DATABASES")]
    assert [r[:2] for r in client.run(f"SHOW SCHEMAS FROM DATABASE {DATABASE} LIKE 's%'")] == [
        (DATABASE, "shop")
    ]
    assert [row[:4] for row in client.run(f'SHOW TABLES FROM SCHEMA "{DATABASE}"."shop"')] == [
        (DATABASE, "shop", "sales", "TABLE")
    ]
    assert client.run("SHOW TABLES FROM SCHEMA shop LIKE 'x%'") == []
    for name in ("sales", "shop.sales", "dev.shop.sales"):
        shown = client.run(f"SHOW COLUMNS FROM TABLE {name}")
        assert [row[3] for row in shown] == ["id", "name"]
    assert len(client.run("SHOW COLUMNS FROM TABLE sales LIMIT 1")) == 1


class TestLateBindingViews:
    @pytest.fixture
    def names(self, client, sales):
        client.run("INSERT INTO shop.sales (name) VALUES ('x')")
        client.run("CREATE VIEW shop.names AS (SELECT name FROM shop.sales) WITH NO SCHEMA BINDING")
        return "shop.names"

    def test_they_are_views(self, client, names):
        assert client.run(f"SELECT * FROM {names}") == [("x",)]

    def test_their_columns_have_a_function_of_their_own(self, client, names):
        assert client.run(
            "SELECT * FROM pg_get_late_binding_view_cols() "
            "cols(a name, b name, c name, d varchar, e int)"
        ) == [("shop", "names", "name", "character varying(9)", 1)]
        assert (
            client.run(
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'names'"
            )
            == []
        )

    def test_they_let_go_of_their_table_and_find_the_next(self, client, names):
        client.run("DROP TABLE shop.sales")
        assert client.refused(f"SELECT * FROM {names}").sqlstate == "42P01"
        client.run("CREATE TABLE shop.sales AS SELECT 'y' AS name")
        assert client.run(f"SELECT * FROM {names}") == [("y",)]

    def test_they_follow_a_name_when_tables_are_swapped(self, client, names):
        client.run("CREATE TABLE shop.next AS SELECT 'y' AS name")
        client.run("ALTER TABLE shop.sales RENAME TO before")
        client.run("ALTER TABLE shop.next RENAME TO sales")
        client.run("DROP TABLE shop.before CASCADE")
        assert client.run(f"SELECT * FROM {names}") == [("y",)]

    def test_they_may_come_before_their_table(self, client, schema):
        client.run("CREATE VIEW shop.early AS SELECT a FROM shop.late WITH NO SCHEMA BINDING")
        client.run("CREATE VIEW shop.second AS SELECT a FROM shop.early WITH NO SCHEMA BINDING")
        client.run("CREATE TABLE shop.late AS SELECT 1 AS a")
        assert client.run("SELECT * FROM shop.second") == [(1,)]

    def test_they_can_be_replaced_and_dropped(self, client, names):
        again = "VIEW shop.names AS SELECT 1 AS one WITH NO SCHEMA BINDING"
        assert client.refused(f"CREATE {again}").sqlstate == "42P07"
        client.run(f"CREATE OR REPLACE {again}")
        assert client.run(f"SELECT * FROM {names}") == [(1,)]
        client.run(f"DROP VIEW {names}")
        assert client.refused(f"SELECT * FROM {names}").sqlstate == "42P01"
        client.run("CREATE TABLE shop.other (a INT)")
        assert client.refused(f"SELECT * FROM {names}").sqlstate == "42P01"

    def test_they_can_be_dropped_after_their_table(self, client, names):
        client.run("DROP TABLE shop.sales")
        client.run(f"DROP VIEW {names}")
        assert client.refused(f"DROP VIEW {names}").sqlstate == "42P01"

    def test_they_go_with_their_schema(self, client, names):
        client.run("DROP SCHEMA shop CASCADE")
        client.run("CREATE SCHEMA shop")
        client.run("CREATE TABLE shop.sales AS SELECT 'y' AS name")
        assert client.refused(f"SELECT * FROM {names}").sqlstate == "42P01"

    def test_a_rollback_keeps_them(self, connect, names):
        client = connect()
        client.run("DROP TABLE shop.sales")
        client.rollback()
        assert client.run(f"SELECT * FROM {names}") == [("x",)]
        client.rollback()

    def test_bound_views_keep_their_table(self, client, sales):
        client.run("CREATE VIEW shop.bound AS SELECT name FROM shop.sales")
        assert client.refused("DROP TABLE shop.sales").sqlstate == "2BP01"
