"""A lake on S3 and a warehouse in Redshift, both of the sandbox, used through the datasets."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redshift_connector

from redshift_sandbox import Sandbox
from redshift_sandbox.identities import (
    ACCESS_KEY,
    BUCKET,
    COPY_ROLE,
    DATABASE,
    PASSWORD,
    SECRET_KEY,
    USER,
    WORKGROUP,
)
from tests.conftest import Project, contract_of
from txn_kedro.datasets import RedshiftTableDataset

HOST = "127.0.0.1"


@dataclass(frozen=True)
class RedshiftProject(Project):
    """What a test has to itself: a prefix of the bucket and a database."""

    s3_endpoint: str
    port: int
    database: str
    prefix: str
    data_api_endpoint: str = ""

    @property
    def where(self) -> dict[str, Any]:
        return {
            "filepath": f"s3://{self.prefix}",
            "credentials": {
                "key": ACCESS_KEY,
                "secret": SECRET_KEY,
                "endpoint_url": self.s3_endpoint,
            },
        }

    @property
    def credentials(self) -> dict[str, Any]:
        return {
            "host": HOST,
            "port": self.port,
            "database": self.database,
            "user": USER,
            "password": PASSWORD,
            "iam_role": COPY_ROLE,
        }

    def table(self, name: str, **arguments: Any) -> RedshiftTableDataset:
        credentials = {**self.credentials, **arguments.pop("credentials", {})}
        given = {**contract_of(name), **arguments}
        return RedshiftTableDataset(credentials=credentials, **given)

    def connect(self) -> redshift_connector.Connection:
        return connect(self.port, self.database)

    def sql(self, statement: str) -> list[Any]:
        """Run a statement in a session of its own. Its rows, if it has any."""
        with self.connect() as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    @property
    def s3(self) -> Any:
        return self.lake.filesystem

    def part_urls(self) -> list[str]:
        return sorted(self.s3.glob(f"{self.prefix}/transactions/*/*.parquet"))


def connect(port: int, database: str) -> redshift_connector.Connection:
    return redshift_connector.connect(
        host=HOST, port=port, database=database, user=USER, password=PASSWORD, ssl=False
    )


def new_project(sandbox: Sandbox, isolation: str = "SNAPSHOT") -> RedshiftProject:
    """An empty prefix, and an empty database of that isolation level."""
    database = new_database(sandbox.redshift_port, isolation)
    prefix = f"{BUCKET}/{secrets.token_hex(4)}"
    return RedshiftProject(Path(), sandbox.s3_endpoint, sandbox.redshift_port, database, prefix)


@dataclass(frozen=True)
class DataApiProject(RedshiftProject):
    """The same, loaded through the Data API."""

    @property
    def credentials(self) -> dict[str, Any]:
        return {
            "transport": "data_api",
            "workgroup": WORKGROUP,
            "region": "us-east-1",
            "database": self.database,
            "iam_role": COPY_ROLE,
            "endpoint_url": self.data_api_endpoint,
            "key": ACCESS_KEY,
            "secret": SECRET_KEY,
        }


def over_data_api(project: RedshiftProject, sandbox: Sandbox) -> DataApiProject:
    """The same lake and database, reached through the Data API."""
    return DataApiProject(**{**vars(project), "data_api_endpoint": sandbox.data_api_endpoint})


def new_database(port: int, isolation: str) -> str:
    """Its name."""
    name = f"test_{secrets.token_hex(4)}"
    with connect(port, DATABASE) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"CREATE DATABASE {name} ISOLATION LEVEL {isolation}")
    return name
