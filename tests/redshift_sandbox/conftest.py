"""One sandbox for all tests, and the two drivers that talk to it."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from itertools import count

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redshift_connector
from pyarrow.fs import S3FileSystem

from redshift_sandbox.identities import (
    ACCESS_KEY,
    BUCKET,
    COPY_ROLE,
    DATABASE,
    PASSWORD,
    SECRET_KEY,
    USER,
)

_names = count()


def by_psycopg2(port, *, database=DATABASE, user=USER, password=PASSWORD, **more):
    return psycopg2.connect(
        host="127.0.0.1", port=port, dbname=database, user=user, password=password, **more
    )


def by_redshift_connector(port, *, database=DATABASE, user=USER, password=PASSWORD, **more):
    return redshift_connector.connect(
        host="127.0.0.1",
        port=port,
        database=database,
        user=user,
        password=password,
        ssl=False,
        **more,
    )


@dataclass(frozen=True)
class Refusal:
    """What a driver's exception tells of an error."""

    sqlstate: str
    message: str
    detail: str


def refusal_of(error):
    """The same of both drivers."""
    if isinstance(error, psycopg2.Error):
        diagnosis = error.diag
        return Refusal(
            error.pgcode, diagnosis.message_primary or "", diagnosis.message_detail or ""
        )
    (fields,) = error.args
    return Refusal(fields["C"], fields["M"], fields.get("D", ""))


class Client:
    """A connection that says what it gets in the same way for each driver."""

    def __init__(self, connection):
        self.connection = connection

    def run(self, sql, *parameters):
        """Rows as tuples, or None if there are none to fetch."""
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(sql, *parameters)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else None

    def value(self, sql):
        ((value,),) = self.run(sql)
        return value

    def refused(self, sql):
        """Run what must fail; afterwards the transaction is rolled back."""
        with pytest.raises((psycopg2.Error, redshift_connector.Error)) as caught:
            self.run(sql)
        if not self.connection.autocommit:
            self.connection.rollback()
        return refusal_of(caught.value)

    def commit(self):
        self.connection.commit()

    def rollback(self):
        self.connection.rollback()

    def copy(self, table, source, more="MANIFEST", role=COPY_ROLE):
        self.run(copy_sql(table, source, more, role))


def copy_sql(table, source, more="MANIFEST", role=COPY_ROLE):
    return f"COPY {table} FROM '{source}' IAM_ROLE '{role}' FORMAT AS PARQUET {more}"


@pytest.fixture(params=[by_psycopg2, by_redshift_connector])
def driver(request):
    return request.param


@pytest.fixture
def connect(sandbox, driver):
    """Opens clients; all are closed in the end."""
    with ExitStack() as stack:

        def connect(*, autocommit=False, **parameters):
            connection = driver(sandbox.redshift_port, **parameters)
            stack.callback(_close, connection)
            connection.autocommit = autocommit
            return Client(connection)

        yield connect


def _close(connection):
    # redshift_connector cannot leave a connection that the test has cut.
    with suppress(OSError, redshift_connector.Error):
        connection.close()


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture
def table(connect):
    """Name of a new table of two columns."""
    name = f"t{next(_names)}"
    owner = connect()
    owner.run(f"CREATE TABLE {name} (id BIGINT, note VARCHAR(5))")
    owner.commit()
    return name


class Lake:
    """Writes files and manifests to the bucket."""

    def __init__(self, endpoint):
        self.s3 = S3FileSystem(
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            endpoint_override=endpoint,
            region="us-east-1",
        )
        self.folder = f"{BUCKET}/{next(_names)}"

    def url(self, name):
        return f"s3://{self.folder}/{name}"

    def write(self, name, content):
        with self.s3.open_output_stream(f"{self.folder}/{name}") as file:
            file.write(content)
        return self.url(name)

    def parquet(self, name, table, **options):
        table = table if isinstance(table, pa.Table) else pa.table(table)
        pq.write_table(table, f"{self.folder}/{name}", filesystem=self.s3, **options)
        return self.url(name)

    def entry(self, url, **more):
        size = self.s3.get_file_info(url.removeprefix("s3://")).size
        return {"url": url, "mandatory": True, "meta": {"content_length": size}} | more

    def manifest(self, *entries, name="manifest.json"):
        return self.write(name, json.dumps({"entries": entries}).encode())

    def batch(self, table, **options):
        """The manifest of one file."""
        return self.manifest(self.entry(self.parquet("part.parquet", table, **options)))


@pytest.fixture
def lake(sandbox):
    return Lake(sandbox.s3_endpoint)


@pytest.fixture
def two_rows(lake):
    """The manifest of two rows for the table."""
    return lake.batch({"id": [1, 2], "note": ["one", "two"]})
