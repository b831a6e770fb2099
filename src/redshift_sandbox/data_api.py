"""The Redshift Data API of the sandbox: AWS's JSON protocol over HTTP, for real AWS clients.

Requests and answers are checked against botocore's model of the service.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from redshift_sandbox.data_api_statements import DataApiError, Statements
from redshift_sandbox.identities import ACCESS_KEY, SECRET_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVICE = "redshift-data"
_MAX_REQUEST = 8 << 20
_MAX_SKEW = timedelta(minutes=5)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[\w-]+)/redshift-data"
    r"/aws4_request, "
    r"SignedHeaders=(?P<headers>[\w;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)


class Faults:
    """Failures of the service that a test asks for."""

    def __init__(self) -> None:
        self._throttled: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()

    def throttle(self, operation: str, times: int) -> None:
        """Refuse the next calls of an operation, such as ExecuteStatement, as too many."""
        self._throttled[operation] += times

    def lose_answers(self, operation: str, times: int) -> None:
        """Accept the next calls of an operation, and close the connection without an answer."""
        self._lost[operation] += times

    def clear(self) -> None:
        """Let all further calls succeed."""
        self._throttled.clear()
        self._lost.clear()

    @property
    def left(self) -> int:
        """Number of failures that did not happen yet."""
        return self._throttled.total() + self._lost.total()

    def is_throttled(self, operation: str) -> bool:
        return _take(self._throttled, operation)

    def is_lost(self, operation: str) -> bool:
        return _take(self._lost, operation)


def _take(counter: Counter[str], operation: str) -> bool:
    if counter[operation] <= 0:
        return False
    counter[operation] -= 1
    return True


class DataApi:
    """The service.

    Args:
        redshift_port: Where the stand-in for Redshift listens.

    Attributes:
        faults: Failures that a test asks for.
        calls: Number of calls of each operation.
    """

    def __init__(self, redshift_port: int) -> None:
        self.statements = Statements(redshift_port)
        self.faults = Faults()
        self.calls: Counter[str] = Counter()

    async def start(self, port: int) -> tuple[web.AppRunner, int]:
        """Listen on a port of 127.0.0.1; 0 for any free one. Also returns the port."""
        app = web.Application(client_max_size=_MAX_REQUEST)
        app.router.add_post("/", self._answer)
        self._loop = asyncio.get_running_loop()
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner, runner.addresses[0][1]

    def expire_sessions(self) -> None:
        """End all sessions that clients keep."""
        self._loop.call_soon_threadsafe(self.statements.expire_sessions)

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            operation, result = await self._call(request, await request.read())
        except DataApiError as error:
            return _refusal(error)
        if self.faults.is_lost(operation) and request.transport:
            request.transport.abort()
        return _response(result)

    async def _call(self, request: web.Request, body: bytes) -> tuple[str, Mapping[str, Any]]:
        _check_signature(request, body)
        prefix, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
        if prefix != _model().metadata["targetPrefix"]:
            raise DataApiError("UnknownOperationException", f"unknown target {prefix}")
        action = self.statements.operations.get(operation)
        if action is None:
            msg = f"{operation}: this stand-in for the Data API does not know such an operation"
            raise DataApiError("UnknownOperationException", msg)
        self.calls[operation] += 1
        if self.faults.is_throttled(operation):
            raise DataApiError("ThrottlingException", "Rate exceeded")
        given = json.loads(body)
        shapes = _model().operation_model(operation)
        _check(given, shapes.input_shape, "ValidationException")
        result = await action(given)
        _check(result, shapes.output_shape, "InternalServerException")
        return operation, result


@cache
def _model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model(_SERVICE, "service-2"), _SERVICE)


def _check(values: Mapping[str, Any], shape: Any, error: str) -> None:
    report = ParamValidator().validate(values, shape)
    if report.has_errors():
        raise DataApiError(error, report.generate_report())


def _check_signature(request: web.Request, body: bytes) -> None:
    """Check a request's signature, version 4.

    Raises:
        DataApiError: It is missing or wrong, or the key is unknown.
    """
    found = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    if found is None:
        raise DataApiError("MissingAuthenticationTokenException", "Missing Authentication Token")
    if found["key"] != ACCESS_KEY:
        msg = "The security token included in the request is invalid."
        raise DataApiError("UnrecognizedClientException", msg)
    signed_at = request.headers.get("X-Amz-Date", "")
    age = datetime.now(UTC) - datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    headers = {name: request.headers[name] for name in found["headers"].split(";")}
    signed = AWSRequest("POST", str(request.url), headers=headers, data=body)
    signed.context["timestamp"] = signed_at
    auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), _SERVICE, found["region"])
    text = auth.string_to_sign(signed, auth.canonical_request(signed))
    right = hmac.compare_digest(auth.signature(text, signed), found["signature"])
    if not right or abs(age) > _MAX_SKEW:
        msg = "The request signature we calculated does not match the signature you provided."
        raise DataApiError("InvalidSignatureException", msg)


def _response(result: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(
        status=status,
        text=json.dumps(result, default=datetime.timestamp),
        content_type="application/x-amz-json-1.1",
    )


def _refusal(error: DataApiError) -> web.Response:
    status = 500 if error.kind == "InternalServerException" else 400
    content = {"__type": error.kind, "Message": str(error), "message": str(error), **error.more}
    return _response(content, status)
