"""How to sign in to Redshift: what the catalog's credentials say, checked, and never shown."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, Literal

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

    The Data API needs ``workgroup`` and ``region``, and signs with the AWS credentials of the
    process (its role, its profile). The driver needs ``host``. With ``user`` and ``password`` it
    uses these; with ``workgroup`` alone, the AWS credentials are exchanged for temporary ones.

    Attributes:
        transport: ``data_api``, which works from anywhere, or ``driver`` (the default), where there
            is a route.
        host: Endpoint of the workgroup, for the driver.
        port: Its port.
        database: The database.
        iam_role: ARN of the role with which Redshift reads the lake, or ``default``.
        user: Database user, for the driver.
        password: Its password.
        workgroup: Serverless workgroup, for sign-in by IAM and for the Data API.
        region: Region of the workgroup; without it, that of the AWS configuration.
        endpoint_url: Endpoint of the Data API, or of the API that gives the driver temporary
            credentials, if it is not AWS.
        key: Access key that the Data API is signed with, instead of those of the process.
        secret: Its secret.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    transport: Literal["data_api", "driver"] = "driver"
    host: str | None = Field(None, min_length=1)
    port: int = Field(5439, ge=1, le=65535)
    database: str = Field(min_length=1)
    iam_role: str
    user: str | None = None
    password: SecretStr | None = None
    workgroup: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    key: str | None = None
    secret: SecretStr | None = None

    @field_validator("transport", mode="before")
    @classmethod
    def _default(cls, value: object) -> object:
        return "driver" if value is None else value

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
        if (self.key is None) != (self.secret is None):
            msg = "key and secret go together"
            raise ValueError(msg)
        return self._complete_for_data_api() if self.is_data_api else self._complete_for_driver()

    @property
    def is_data_api(self) -> bool:
        """Whether the Data API is the transport."""
        return self.transport == "data_api"

    def _complete_for_data_api(self) -> Self:
        if self.workgroup is None:
            msg = "the Data API needs a workgroup (without one, set transport: driver)"
            raise ValueError(msg)
        return self

    def _complete_for_driver(self) -> Self:
        if self.host is None:
            msg = "the driver needs a host (without a route to it, set transport: data_api)"
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
        if self.is_data_api:
            return f"{self.workgroup}/{self.database} (Data API)"
        return f"{self.host}:{self.port}/{self.database}"

    @property
    def connect_arguments(self) -> dict[str, Any]:
        """Arguments of ``redshift_connector.connect``. TLS is off on loopback only."""
        where: dict[str, Any] = {"host": self.host, "port": self.port, "database": self.database}
        if self.user is None or self.password is None:
            return where | self._tls | self._by_iam
        who = {"user": self.user, "password": self.password.get_secret_value()}
        return where | who | ({"ssl": False} if _is_loopback(str(self.host)) else self._tls)

    @property
    def client_arguments(self) -> dict[str, Any]:
        """Arguments of ``boto3``'s client of the Data API."""
        where = {"region_name": self.region, "endpoint_url": self.endpoint_url}
        if self.key is None or self.secret is None:
            return where
        secret = self.secret.get_secret_value()
        return {**where, "aws_access_key_id": self.key, "aws_secret_access_key": secret}

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
