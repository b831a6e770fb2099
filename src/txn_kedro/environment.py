"""What the environments require: ``aws`` needs variables, ``sandbox`` a running sandbox."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Variable:
    """An environment variable.

    Attributes:
        name: Name of the variable.
        purpose: What its value means.
        output: The Terraform output that holds its value, or None.
    """

    name: str
    purpose: str
    output: str | None = None

    def __str__(self) -> str:
        value = f"terraform output {self.output}" if self.output else "you choose it"
        return f"{self.name}: {self.purpose} ({value})"


ALWAYS = (
    Variable("TXN_LAKE_URL", "S3 URL of the lake's root", "lake_url"),
    Variable("TXN_WAREHOUSE_DATABASE", "database to load into", "warehouse_database"),
    Variable(
        "TXN_WAREHOUSE_COPY_ROLE",
        "ARN of the role that Redshift uses to read the lake",
        "warehouse_copy_role_arn",
    ),
)
TRANSPORT = Variable(
    "TXN_WAREHOUSE_TRANSPORT", "how Redshift is reached, data_api (the default) or driver"
)
BY_DRIVER = (
    Variable(
        "TXN_WAREHOUSE_HOST", "endpoint of the Redshift Serverless workgroup", "warehouse_host"
    ),
)
PORT = Variable("TXN_WAREHOUSE_PORT", "port of the host, 5439 by default, for a tunnel")
BY_IAM = (
    Variable(
        "TXN_WAREHOUSE_WORKGROUP",
        "workgroup that runs the Data API's statements and issues temporary credentials",
        "warehouse_workgroup",
    ),
    Variable("AWS_REGION", "region of the workgroup", "region"),
)
BY_PASSWORD = (
    Variable("TXN_WAREHOUSE_USER", "database user, instead of sign-in with IAM"),
    Variable("TXN_WAREHOUSE_PASSWORD", "password of that user"),
)
VARIABLES = (*ALWAYS, TRANSPORT, *BY_DRIVER, PORT, *BY_IAM, *BY_PASSWORD)


class MissingVariables(ValueError):
    """Variables that the ``aws`` environment needs are not set."""

    def __init__(self, missing: Sequence[Variable]) -> None:
        super().__init__(missing)
        self.missing = list(missing)

    def __str__(self) -> str:
        lines = "".join(f"\n  {variable}" for variable in self.missing)
        return (
            f"The environment aws lacks {len(self.missing)} variable(s):{lines}\n"
            ".env.example describes them. To try the project without an AWS account: "
            "make sandbox-demo."
        )


def check_variables(environ: Mapping[str, str]) -> None:
    """Check that all variables of the ``aws`` environment are set.

    Raises:
        MissingVariables: Some are not set. The message lists all of them.
        ValueError: A value cannot be used. The message never shows a secret.
    """
    by_password = any(environ.get(variable.name) for variable in BY_PASSWORD)
    if environ.get(TRANSPORT.name) == "driver":
        needed = [*ALWAYS, *BY_DRIVER, *(BY_PASSWORD if by_password else BY_IAM)]
    elif by_password:
        msg = (
            "TXN_WAREHOUSE_USER and TXN_WAREHOUSE_PASSWORD are for the driver, but the Data API, "
            "which signs in by IAM, is the transport. Unset them, or set "
            "TXN_WAREHOUSE_TRANSPORT=driver."
        )
        raise ValueError(msg)
    else:
        needed = [*ALWAYS, *BY_IAM]
    missing = [variable for variable in needed if not environ.get(variable.name)]
    if missing:
        raise MissingVariables(missing)
    for variable in VARIABLES:
        if "${" in environ.get(variable.name, ""):
            msg = (
                f"{variable.name} has ${{ in it, which the configuration would read as a "
                "reference. Choose a value without it."
            )
            raise ValueError(msg)
    if not re.match(r"s3://[^/]", environ["TXN_LAKE_URL"]):
        msg = (
            f"TXN_LAKE_URL is {environ['TXN_LAKE_URL']!r}: expected an S3 URL such as "
            "s3://my-bucket/lake."
        )
        raise ValueError(msg)


class SandboxNotRunning(ConnectionRefusedError):
    """Nothing listens on the S3 port of the ``sandbox`` environment."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    def __str__(self) -> str:
        return (
            f"The sandbox is not running: its S3 server is not at 127.0.0.1:{self.port}.\n"
            "Start it in another terminal with make sandbox, outside the project with\n"
            "redshift-sandbox. If it prints export lines, run them here first.\n"
            "To start it, run the project against it and stop it: make sandbox-demo."
        )


def check_sandbox(credentials: Mapping[str, Any]) -> None:
    """Check that the sandbox's S3 server listens.

    The Redshift stand-in is not checked, because generation needs no warehouse.

    Args:
        credentials: The credentials of the ``sandbox`` environment.

    Raises:
        SandboxNotRunning: The S3 server does not listen.
        ValueError: The credentials have no S3 endpoint with a port.
    """
    try:
        port = urlsplit(credentials["lake"]["endpoint_url"]).port or 0
    except (KeyError, TypeError, ValueError):
        msg = (
            "The credentials `lake` of the environment sandbox have no endpoint_url with a port: "
            "expected http://127.0.0.1:18333 or another port from 1 to 65535. Correct "
            "conf/sandbox/credentials.yml, or REDSHIFT_SANDBOX_S3_PORT if it is set."
        )
        raise ValueError(msg) from None
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)):
            raise SandboxNotRunning(port)
