"""AWS SDK for pandas: loads the project's manifest, reads its lake, writes tables of its own."""

import awswrangler as wr
import boto3
import pandas as pd
import redshift_connector
from reporting import (
    COPY_ROLE,
    DATABASE,
    HOST,
    LAKE,
    MANIFEST,
    PASSWORD,
    PORT,
    ROWS,
    S3,
    S3_KEYS,
    USER,
    attempt,
    report,
)

wr.config.s3_endpoint_url = S3
session = boto3.Session(*S3_KEYS, region_name="us-east-1")
connection = redshift_connector.connect(
    host=HOST, port=PORT, database=DATABASE, user=USER, password=PASSWORD
)
frame = pd.DataFrame(
    {"id": [1, 2], "name": ["a", "é"], "at": pd.to_datetime(["2026-01-01", "2026-01-02"])}
)
bucket = "s3://txn-sandbox"


def count(table: str) -> int:
    return int(wr.redshift.read_sql_query(f"SELECT count(*) AS n FROM {table}", connection).n[0])


def load_manifest() -> None:
    wr.redshift.copy_from_files(
        path=MANIFEST,
        con=connection,
        table="transactions",
        schema="public",
        iam_role=COPY_ROLE,
        manifest=True,
        boto3_session=session,
    )
    assert count("transactions") == ROWS


def read_lake() -> None:
    read = wr.s3.read_parquet(f"{LAKE}/transactions/", dataset=True, boto3_session=session)
    assert len(read) == ROWS


def copy(mode: str, **more: object) -> None:
    wr.redshift.copy(
        frame, f"{bucket}/copied/", connection, "copied", "public", mode=mode,
        boto3_session=session, **more,
    )  # fmt: skip


def copies() -> None:
    copy("overwrite", iam_role=COPY_ROLE)
    # Without a role, it sends its keys.
    copy("append")
    assert count("copied") == 4
    copy("upsert", primary_keys=["id"], iam_role=COPY_ROLE)
    assert count("copied") == 2


def inserts() -> None:
    for mode in ("overwrite", "append"):
        wr.redshift.to_sql(frame, connection, "inserted", "public", mode=mode)
    assert count("inserted") == 4


def reads() -> None:
    pd.testing.assert_frame_equal(
        wr.redshift.read_sql_table("copied", connection, schema="public").sort_values("id"),
        frame,
        check_dtype=False,
    )


def unload() -> None:
    wr.redshift.unload(
        "SELECT * FROM copied", f"{bucket}/out/", connection, COPY_ROLE, boto3_session=session
    )


def load_csv() -> None:
    wr.redshift.copy_from_files(
        f"{bucket}/rows.csv",
        connection,
        "from_csv",
        "public",
        COPY_ROLE,
        data_format="csv",
        redshift_column_types={"id": "BIGINT"},
        boto3_session=session,
    )


attempt("awswrangler", "`s3.read_parquet` of the lake", read_lake)
attempt("awswrangler", "`redshift.copy_from_files` of a batch's manifest", load_manifest)
attempt("awswrangler", "`redshift.copy`: overwrite, append, upsert", copies)
attempt("awswrangler", "`redshift.to_sql`: overwrite, append", inserts)
attempt("awswrangler", "`redshift.read_sql_query`, `read_sql_table`", reads)
attempt("awswrangler", "`redshift.unload`", unload)
connection.rollback()
attempt("awswrangler", "`redshift.copy_from_files` of CSV", load_csv)
report()
