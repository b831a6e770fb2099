"""pandas, polars, DuckDB and redshift_connector, in one environment."""

import duckdb
import pandas as pd
import polars as pl
import redshift_connector
import s3fs
import sqlalchemy as sa
from reporting import (
    DATABASE,
    HOST,
    LAKE,
    PASSWORD,
    PORT,
    ROWS,
    S3,
    S3_KEYS,
    USER,
    attempt,
    report,
)

frame = pd.DataFrame({"id": [1, 2], "name": ["a", "é"], "price": [1.5, None]})
engines = [
    sa.create_engine(
        sa.URL.create(f"redshift+{driver}", USER, PASSWORD, HOST, PORT, DATABASE),
        connect_args=arguments,
    )
    for driver, arguments in (
        ("redshift_connector", {"sslmode": "verify-ca"}),
        ("psycopg2", {"sslmode": "require", "sslrootcert": None}),
    )
]
connection = redshift_connector.connect(
    host=HOST, port=PORT, database=DATABASE, user=USER, password=PASSWORD
)
connection.autocommit = True


def pandas_writes() -> None:
    for engine in engines:
        frame.to_sql("by_pandas", engine, if_exists="replace", index=False)
        frame.to_sql("by_pandas", engine, if_exists="append", index=False, method="multi")
        read = pd.read_sql_table("by_pandas", engine)
        pd.testing.assert_frame_equal(read, pd.concat([frame, frame], ignore_index=True))


def pandas_queries() -> None:
    for engine in engines:
        assert pd.read_sql("SELECT NVL(NULL, 2) AS two", engine).two[0] == 2


def reflects() -> None:
    for engine in engines:
        inspector = sa.inspect(engine)
        assert "by_pandas" in inspector.get_table_names()
        assert [c["name"] for c in inspector.get_columns("by_pandas")] == ["id", "name", "price"]
        table = sa.Table("by_pandas", sa.MetaData(), autoload_with=engine)
        assert isinstance(table.c.name.type, sa.String)


def polars_writes() -> None:
    for engine in engines:
        data = pl.DataFrame({"id": [1], "name": ["x"]})
        data.write_database("by_polars", engine, if_table_exists="replace")
        data.write_database("by_polars", engine, if_table_exists="append")
        assert pl.read_database("SELECT * FROM by_polars", engine).rows() == [(1, "x")] * 2


def polars_scans() -> None:
    options = {
        "aws_endpoint_url": S3,
        "aws_access_key_id": S3_KEYS[0],
        "aws_secret_access_key": S3_KEYS[1],
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
    }
    lake = pl.scan_parquet(f"{LAKE}/transactions/**/*.parquet", storage_options=options)
    assert lake.select(pl.len()).collect().item() == ROWS


def duckdb_reads() -> None:
    with duckdb.connect() as db:
        db.register_filesystem(
            s3fs.S3FileSystem(key=S3_KEYS[0], secret=S3_KEYS[1], endpoint_url=S3)
        )
        (rows,) = db.sql(f"SELECT count(*) FROM '{LAKE}/transactions/*/*.parquet'").fetchone()
    assert rows == ROWS


def connector_writes() -> None:
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE by_connector (id BIGINT, name VARCHAR(MAX))")
    cursor.write_dataframe(frame[["id", "name"]], "by_connector")
    assert len(cursor.execute("SELECT * FROM by_connector").fetch_dataframe()) == 2


def connector_lists() -> None:
    cursor = connection.cursor()
    assert ["public", DATABASE] in [list(row) for row in cursor.get_schemas()]
    tables = cursor.get_tables(schema_pattern="public", table_name_pattern="by_connector")
    assert [row[2:4] for row in tables] == [["by_connector", "TABLE"]]
    columns = cursor.get_columns(schema_pattern="public", tablename_pattern="by_connector")
    assert [row[3] for row in columns] == ["id", "name"]
    assert cursor.get_catalogs()


attempt("pandas", "`to_sql`, `read_sql_table`", pandas_writes)
attempt("pandas", "`read_sql` of a query", pandas_queries)
attempt("sqlalchemy-redshift", "reflection", reflects)
attempt("polars", "`write_database`, `read_database`", polars_writes)
attempt("polars", "`scan_parquet` of the lake", polars_scans)
attempt("duckdb", "the lake, by fsspec", duckdb_reads)
attempt("redshift-connector", "`write_dataframe`, `fetch_dataframe`", connector_writes)
attempt("redshift-connector", "`get_schemas`, `get_tables`, `get_columns`", connector_lists)
report()
