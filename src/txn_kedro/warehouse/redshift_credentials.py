"""How to sign in to Redshift: what the catalog's credentials say, checked, and never shown."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from kedro.io import DatasetError
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

_ROLE = r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+"
_ROLES = re.compile(f"default|{_ROLE}(,{_ROLE})*")


class RedshiftCredentials(BaseModel):
    """Where the warehouse is and how to sign in to it.

    With ``user`` and ``password`` these are used. With ``workgroup`` alone, the AWS credentials
    of the process (its role, its profile) are exchanged for temporary ones by IAM.

    Attributes:
        host: Endpoint of the workgroup.
        port: Its port.
        database: The database.
        iam_role: ARN of the role with which Redshift reads the lake, or ``default``.
        user: Database user.
        password: Its password.
        workgroup: Serverless workgroup, for sign-in by IAM.
        region: Region of the workgroup, for sign-in by IAM.
        endpoint_url: Where to ask for temporary credentials, if not at AWS.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = Field(min_length=1)
    port: int = Field(5439, ge=1, le=65535)
    database: str = Field(min_length=1)
    iam_role: str
    user: str | None = None
    password: SecretStr | None = None
    workgroup: str | None = None
    region: str | None = None
    endpoint_url: str | None = None

    @field_validator("iam_role")
    @classmethod
    def _is_role(cls, value: str) -> str:
        if not _ROLES.fullmatch(value):
            msg = "expected the ARN of a role, arn:aws:iam::123456789012:role/name, or default"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.user is None) != (self.password is None):
            msg = "user and password go together"
            raise ValueError(msg)
        if self.user is None and self.workgroup is None:
            msg = "give user and password, or a workgroup to sign in to by IAM"
            raise ValueError(msg)
        return self

    @classmethod
    def of(cls, credentials: Mapping[str, Any]) -> RedshiftCredentials:
        """Check what the catalog was given.

        Raises:
            DatasetError: Something is missing, unknown or makes no sense. Holds no value.
        """
        try:
            return cls.model_validate(dict(credentials))
        except ValidationError as error:
            faults = [
                ": ".join(
                    filter(None, [str(e["loc"][0]) if e["loc"] else "", _plain(str(e["msg"]))])
                )
                for e in error.errors()
            ]
        # Raised out of the handler: the error that it handles knows the values.
        msg = (
            f"The credentials of the warehouse are not usable: {'; '.join(faults)}. "
            f"Known keys: {', '.join(cls.model_fields)}."
        )
        raise DatasetError(msg)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.database}"

    @property
    def connect_arguments(self) -> dict[str, Any]:
        """Arguments of ``redshift_connector.connect``. TLS is off on loopback only."""
        where = {"host": self.host, "port": self.port, "database": self.database}
        if self.user is None or self.password is None:
            return where | self._tls | self._by_iam
        who = {"user": self.user, "password": self.password.get_secret_value()}
        return where | who | ({"ssl": False} if _is_loopback(self.host) else self._tls)

    @property
    def _tls(self) -> dict[str, Any]:
        return {"ssl": True, "sslmode": "verify-full"}

    @property
    def _by_iam(self) -> dict[str, Any]:
        return {
            "iam": True,
            "is_serverless": True,
            "serverless_work_group": self.workgroup,
            "region": self.region,
            "endpoint_url": self.endpoint_url,
        }


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input ")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
