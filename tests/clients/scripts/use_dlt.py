"""dlt: appends and merges, directly and through files in S3."""

from pathlib import Path

import dlt
from dlt.destinations import filesystem, redshift
from reporting import (
    COPY_ROLE,
    DATABASE,
    HOST,
    PASSWORD,
    PORT,
    S3,
    S3_KEYS,
    USER,
    attempt,
    report,
)

rows = [
    {"id": 1, "name": "é", "at": "2026-01-01T00:00:00Z", "price": 1.5, "tags": ["a", "b"]},
    {"id": 2, "name": None, "price": 2.5},
]


def run(name: str, *, file_format: str | None = None, role: str | None = None) -> None:
    """Append twice, then merge twice."""
    staging = filesystem(
        bucket_url="s3://txn-sandbox/staging",
        credentials={
            "aws_access_key_id": S3_KEYS[0],
            "aws_secret_access_key": S3_KEYS[1],
            "endpoint_url": S3,
            "region_name": "us-east-1",
        },
    )
    pipeline = dlt.pipeline(
        name,
        destination=redshift(
            credentials=f"postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{DATABASE}",
            staging_iam_role=role,
        ),
        staging=staging if file_format else None,
        dataset_name=name,
        pipelines_dir=str(Path.cwd()),
    )
    how = {"loader_file_format": file_format} if file_format else {}
    for _ in range(2):
        pipeline.run(rows, table_name="items", **how).raise_on_failed_jobs()
    for value in ("x", "y"):
        merged = [{"id": 1, "value": value}]
        pipeline.run(
            merged, table_name="merged", write_disposition="merge", primary_key="id", **how
        ).raise_on_failed_jobs()
    with pipeline.sql_client() as client:
        assert client.execute_sql(f"SELECT count(*) FROM {name}.items") == [(4,)]
        assert client.execute_sql(f"SELECT count(*) FROM {name}.items__tags") == [(4,)]
        assert client.execute_sql(f"SELECT id, value FROM {name}.merged") == [(1, "y")]


attempt("dlt", "append, merge by INSERT", lambda: run("direct"))
attempt("dlt", "staging in S3 as Parquet", lambda: run("by_parquet", file_format="parquet"))
attempt(
    "dlt", "staging in S3 as JSONL", lambda: run("by_json", file_format="jsonl", role=COPY_ROLE)
)
report()
