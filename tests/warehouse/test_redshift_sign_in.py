"""Signing in by IAM, over TLS whose certificates are verified."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from redshift_sandbox.identities import PASSWORD, USER
from tests.patience import patience
from tests.tls import Authority, TLSServer
from txn_kedro.warehouse.errors import WarehouseUnavailable

CANARY = "canary-3f9a"


@pytest.fixture
def aws(monkeypatch):
    """What gives temporary credentials to who asks: requests so far, and what to answer."""
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        status = 200

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.headers["X-Amz-Target"], body))
            answer = {"dbUser": USER, "dbPassword": PASSWORD, "expiration": 4102444800}
            if Handler.status != 200:
                answer = {"__type": "AccessDeniedException", "message": "not yours"}
            content = json.dumps(answer).encode()
            self.send_response(Handler.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        server.asked, server.handler = asked, Handler
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def authority(tmp_path, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    return Authority(tmp_path)


def table(redshift, aws, port, **changes):
    sign_in = {
        "host": "localhost",
        "port": port,
        "user": None,
        "password": None,
        "workgroup": f"txn-{redshift.database}",  # the driver caches what it was given
        "region": "eu-central-1",
        "endpoint_url": f"http://127.0.0.1:{aws.server_port}",
    }
    return redshift.table(
        "transactions", credentials={**sign_in, **changes}, connect_timeout=int(patience(1))
    )


def test_a_workgroup_is_signed_in_to_with_temporary_credentials_over_tls(
    redshift, aws, authority, monkeypatch, caplog
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    redshift.generate()
    with TLSServer(redshift.port, authority.context("localhost")) as server:
        dataset = table(redshift, aws, server.port)
        dataset.save(redshift.batches().load())
        assert dataset.load().count() == 100
    operation, request = aws.asked[0]
    assert operation == "RedshiftServerless.GetCredentials"
    assert request == {
        "dbName": redshift.database,
        "workgroupName": f"txn-{redshift.database}",
    }
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    ("name", "trusted", "told"),
    [
        ("localhost", False, "certificate verify failed"),
        ("elsewhere.example.com", True, "certificate is not valid for 'localhost'"),
    ],
)
def test_a_certificate_that_is_not_trusted_or_another_hosts_is_refused(
    redshift, aws, authority, monkeypatch, name, trusted, told
):
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with (
        TLSServer(redshift.port, authority.context(name)) as server,
        pytest.raises(WarehouseUnavailable, match=told),
    ):
        table(redshift, aws, server.port).load().count()


def test_what_iam_refuses_is_told_with_a_remedy(redshift, aws):
    aws.handler.status = 400
    with pytest.raises(WarehouseUnavailable, match="sign-in by IAM failed: .*not yours") as error:
        table(redshift, aws, 1).load().count()
    assert "redshift-serverless:GetCredentials" in str(error.value)


def test_credentials_that_are_missing_are_asked_for(redshift, aws, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(WarehouseUnavailable, match="sign-in by IAM failed") as error:
        table(redshift, aws, 1).load().count()
    assert "has AWS credentials" in str(error.value)
