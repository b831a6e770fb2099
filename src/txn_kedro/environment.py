"""What the ``aws`` environment must be told, by variables of the process's environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Variable:
    """A variable of the environment.

    Attributes:
        name: Its name.
        purpose: What it is for.
        output: The output of Terraform that prints its value, or None if Terraform has none.
    """

    name: str
    purpose: str
    output: str | None = None

    def __str__(self) -> str:
        value = f"terraform output {self.output}" if self.output else "yours to keep"
        return f"{self.name}: {self.purpose} ({value})"


ALWAYS = (
    Variable("TXN_LAKE_URL", "S3 URL of the lake's root", "lake_url"),
    Variable(
        "TXN_WAREHOUSE_HOST", "endpoint of the Redshift Serverless workgroup", "warehouse_host"
    ),
    Variable("TXN_WAREHOUSE_DATABASE", "database to load into", "warehouse_database"),
    Variable(
        "TXN_WAREHOUSE_COPY_ROLE",
        "ARN of the role with which Redshift reads the lake",
        "warehouse_copy_role_arn",
    ),
)
BY_IAM = (
    Variable(
        "TXN_WAREHOUSE_WORKGROUP",
        "workgroup that gives temporary credentials",
        "warehouse_workgroup",
    ),
    Variable("AWS_REGION", "region of the workgroup", "region"),
)
BY_PASSWORD = (
    Variable("TXN_WAREHOUSE_USER", "database user, in place of sign-in by IAM"),
    Variable("TXN_WAREHOUSE_PASSWORD", "password of that user"),
)
VARIABLES = (*ALWAYS, *BY_IAM, *BY_PASSWORD)


class MissingVariables(ValueError):
    """Variables that the ``aws`` environment needs are not set."""

    def __init__(self, missing: Sequence[Variable]) -> None:
        super().__init__(missing)
        self.missing = list(missing)

    def __str__(self) -> str:
        lines = "".join(f"\n  {variable}" for variable in self.missing)
        return (
            f"The environment aws lacks {len(self.missing)} variable(s):{lines}\n"
            ".env.example shows each. To try all of this without an AWS account: make sandbox-demo."
        )


def check_variables(environ: Mapping[str, str]) -> None:
    """Make sure that all variables of the ``aws`` environment are set.

    Raises:
        MissingVariables: Some are not; names every one of them.
    """
    by_password = any(environ.get(variable.name) for variable in BY_PASSWORD)
    needed = ALWAYS + (BY_PASSWORD if by_password else BY_IAM)
    missing = [variable for variable in needed if not environ.get(variable.name)]
    if missing:
        raise MissingVariables(missing)
