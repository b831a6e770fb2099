"""An AWS stand-in on loopback for `terraform apply`: moto, plus Redshift Serverless.

`python -m tests.terraform.aws` prints the variables that direct clients to it, and runs until its
standard input is closed.
"""

import json
import os
import re
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from botocore.awsrequest import AWSRequest
from moto import settings
from moto.budgets import urls as budgets_urls
from moto.budgets.responses import BudgetsResponse
from moto.core.exceptions import ServiceException
from moto.iam import access_control
from moto.iam.access_control import IAMPolicyStatement, IAMRequest, PermissionResult
from moto.s3.models import FakeBucket
from moto.s3.responses import ACTION_MAP
from moto.server import ThreadedMotoServer
from werkzeug.exceptions import HTTPException

ACCOUNT = "123456789012"
Json = dict[str, Any]


class Refused(Exception):
    """An error response of AWS.

    Attributes:
        name: AWS's name of the error.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class RedshiftServerless:
    """Namespaces, workgroups, usage limits and statements, kept in memory.

    It imitates the cases in which AWS does not return what was sent: a workgroup is returned with
    all parameters, roles as `IamRole(…)`, and statements are deleted after `expire` is called.
    """

    def __init__(self) -> None:
        self.namespaces: dict[str, Json] = {}
        self.workgroups: dict[str, Json] = {}
        self.usage_limits: dict[str, Json] = {}
        self.statements: dict[str, Json] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.expired: set[str] = set()

    # Namespaces

    def create_namespace(self, asked: Json, region: str) -> Json:
        name = asked["namespaceName"]
        if name in self.namespaces:
            raise Refused("ConflictException", f"Namespace {name} already exists.")
        identity = str(uuid.uuid4())
        arn = f"arn:aws:redshift-serverless:{region}:{ACCOUNT}:namespace/{identity}"
        secret = f"redshift!{name}-{asked['adminUsername']}-AbCdEf"
        self.namespaces[name] = {
            "namespaceArn": arn,
            "namespaceId": identity,
            "status": "AVAILABLE",
            "adminPasswordSecretArn": f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{secret}",
        }
        self._tag(arn, asked)
        return self.update_namespace(asked, region)

    def get_namespace(self, asked: Json, region: str) -> Json:
        return {"namespace": self._found(self.namespaces, asked["namespaceName"], "Namespace")}

    def update_namespace(self, asked: Json, region: str) -> Json:
        namespace = self._found(self.namespaces, asked["namespaceName"], "Namespace")
        namespace.update({name: value for name, value in asked.items() if name != "tags"})
        if "iamRoles" in asked:
            namespace["iamRoles"] = [
                f"IamRole(applyStatus=in-sync, iamRoleArn={arn})" for arn in asked["iamRoles"]
            ]
        return {"namespace": namespace}

    def delete_namespace(self, asked: Json, region: str) -> Json:
        for workgroup in self.workgroups.values():
            if workgroup["namespaceName"] == asked["namespaceName"]:
                raise Refused("ConflictException", "The namespace has a workgroup.")
        self._found(self.namespaces, asked["namespaceName"], "Namespace")
        return {"namespace": self.namespaces.pop(asked["namespaceName"]) | {"status": "DELETING"}}

    # Workgroups

    def create_workgroup(self, asked: Json, region: str) -> Json:
        name = asked["workgroupName"]
        self._found(self.namespaces, asked["namespaceName"], "Namespace")
        identity = str(uuid.uuid4())
        arn = f"arn:aws:redshift-serverless:{region}:{ACCOUNT}:workgroup/{identity}"
        address = f"{name}.{ACCOUNT}.{region}.redshift-serverless.amazonaws.com"
        self.workgroups[name] = {
            "workgroupArn": arn,
            "workgroupId": identity,
            "status": "AVAILABLE",
            "endpoint": {"address": address, "port": asked.get("port", 5439), "vpcEndpoints": []},
            "trackName": "current",
        }
        self._tag(arn, asked)
        return self.update_workgroup(asked, region)

    def get_workgroup(self, asked: Json, region: str) -> Json:
        return {"workgroup": self._found(self.workgroups, asked["workgroupName"], "Workgroup")}

    def update_workgroup(self, asked: Json, region: str) -> Json:
        workgroup = self._found(self.workgroups, asked["workgroupName"], "Workgroup")
        workgroup.update({name: value for name, value in asked.items() if name != "tags"})
        parameters = {
            one["parameterKey"]: one["parameterValue"] for one in workgroup["configParameters"]
        }
        every = {
            "auto_mv": "true",
            "datestyle": "ISO, MDY",
            "search_path": "$user, public",
        } | parameters
        workgroup["configParameters"] = [
            {"parameterKey": key, "parameterValue": value} for key, value in every.items()
        ]
        return {"workgroup": workgroup}

    def delete_workgroup(self, asked: Json, region: str) -> Json:
        self._found(self.workgroups, asked["workgroupName"], "Workgroup")
        return {"workgroup": self.workgroups.pop(asked["workgroupName"]) | {"status": "DELETING"}}

    def list_namespaces(self, asked: Json, region: str) -> Json:
        return {"namespaces": list(self.namespaces.values())}

    def list_workgroups(self, asked: Json, region: str) -> Json:
        return {"workgroups": list(self.workgroups.values())}

    def get_credentials(self, asked: Json, region: str) -> Json:
        self._found(self.workgroups, asked["workgroupName"], "Workgroup")
        return {"dbUser": f"IAMR:{asked['caller']}", "dbPassword": "temporary", "expiration": 0}

    def create_snapshot(self, asked: Json, region: str) -> Json:
        namespace = self._found(self.namespaces, asked["namespaceName"], "Namespace")
        return {"snapshot": asked | {"namespaceArn": namespace["namespaceArn"]}}

    # Usage limits

    def create_usage_limit(self, asked: Json, region: str) -> Json:
        identity = str(uuid.uuid4())
        arn = f"arn:aws:redshift-serverless:{region}:{ACCOUNT}:usagelimit/{identity}"
        self.usage_limits[identity] = asked | {"usageLimitId": identity, "usageLimitArn": arn}
        return {"usageLimit": self.usage_limits[identity]}

    def get_usage_limit(self, asked: Json, region: str) -> Json:
        return {"usageLimit": self._found(self.usage_limits, asked["usageLimitId"], "Usage limit")}

    def update_usage_limit(self, asked: Json, region: str) -> Json:
        limit = self._found(self.usage_limits, asked["usageLimitId"], "Usage limit")
        limit.update(asked)
        return {"usageLimit": limit}

    def delete_usage_limit(self, asked: Json, region: str) -> Json:
        self._found(self.usage_limits, asked["usageLimitId"], "Usage limit")
        return {"usageLimit": self.usage_limits.pop(asked["usageLimitId"])}

    # Tags

    def tag_resource(self, asked: Json, region: str) -> Json:
        self._tag(asked["resourceArn"], asked)
        return {}

    def untag_resource(self, asked: Json, region: str) -> Json:
        for key in asked["tagKeys"]:
            self.tags[asked["resourceArn"]].pop(key, None)
        return {}

    def list_tags_for_resource(self, asked: Json, region: str) -> Json:
        tags = self.tags.get(asked["resourceArn"], {})
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    # The Data API

    def execute_statement(self, asked: Json, region: str) -> Json:
        self._found(self.workgroups, asked["workgroupName"], "Workgroup")
        identity = str(uuid.uuid4())
        self.statements[identity] = {
            "Id": identity,
            "Status": "FINISHED",
            "QueryString": asked["Sql"],
            "SecretArn": asked.get("SecretArn"),
            "WorkgroupName": asked["WorkgroupName"],
            "Database": asked["Database"],
        }
        return {"Id": identity}

    def describe_statement(self, asked: Json, region: str) -> Json:
        if asked["Id"] in self.expired:
            raise Refused(
                "ValidationException",
                "Could not retrieve the query result as it has expired after 1763942400.",
            )
        return self._found(self.statements, asked["Id"], "Statement")

    @staticmethod
    def _found(things: dict[str, Json], name: str, kind: str) -> Json:
        if name not in things:
            raise Refused("ResourceNotFoundException", f"{kind} {name} not found.")
        return things[name]

    def _tag(self, arn: str, asked: Json) -> None:
        new = {tag["key"]: tag["value"] for tag in asked.get("tags", [])}
        self.tags.setdefault(arn, {}).update(new)


class Handler(BaseHTTPRequestHandler):
    """AWS's JSON protocol: `X-Amz-Target` names the call, the body contains its arguments."""

    redshift = RedshiftServerless()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/expire":
            self.redshift.expired = set(self.redshift.statements)
            self._answer(200, {})
            return
        service, call = self.headers["X-Amz-Target"].split(".")
        asked = json.loads(body)
        region = self.headers["Authorization"].split("/")[2]
        try:
            if settings.INITIAL_NO_AUTH_ACTION_COUNT == 0:
                self._authorize(call, asked, body)
            if service == "RedshiftData":
                asked = {name[0].lower() + name[1:]: value for name, value in asked.items()} | asked
            method = re.sub(r"(?<!^)(?=[A-Z])", "_", call).lower()
            self._answer(200, getattr(self.redshift, method)(asked, region))
        except Refused as error:
            self._answer(400, {"__type": error.name, "message": str(error)})
        except (HTTPException, ServiceException) as error:
            self._answer(403, {"__type": "AccessDeniedException", "message": str(error)})

    def _authorize(self, call: str, asked: Json, body: bytes) -> None:
        request = IAMRequest(
            account_id=ACCOUNT,
            method=self.command,
            path=self.path,
            data={},
            body=body,
            headers=dict(self.headers),
            action=call,
        )
        request.check_signature()
        asked["caller"] = request._access_key.arn.split("/")[1]
        if "workgroupName" in asked:
            found = self.redshift.workgroups.get(asked["workgroupName"], {})
        else:
            found = self.redshift.namespaces.get(asked.get("namespaceName", ""), {})
        request.check_action_permitted(found.get("workgroupArn") or found.get("namespaceArn", "*"))

    def _answer(self, status: int, answer: Json) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class Budgets(BudgetsResponse):
    """The tags and subscribers of budgets, which moto lacks."""

    tags: ClassVar[list[Json]] = []

    def create_budget(self) -> str:
        Budgets.tags = self._get_param("ResourceTags", [])
        return BudgetsResponse.create_budget(self)

    def list_tags_for_resource(self) -> str:
        return json.dumps({"ResourceTags": self.tags})

    def describe_subscribers_for_notification(self) -> str:
        budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
        wanted = self._get_param("Notification").items()
        subscribers = next(
            one.subscribers for one in budget.notifications if wanted <= one.details.items()
        )
        return json.dumps({"Subscribers": subscribers})


class Statement(IAMPolicyStatement):
    """A policy statement. moto knows neither conditions nor, for many calls, the resource.

    Unknown conditions and resources match in an Allow and do not match in a Deny. So this checks
    which calls a role may make, and for S3 and the warehouse also on which resources.
    """

    def is_action_permitted(
        self, action: str, resource: str = "*", *trust: Any
    ) -> PermissionResult:
        allows = self._statement["Effect"] == "Allow"
        # moto takes the service's name from the signature, where CloudWatch has another one.
        action = action.replace("monitoring:", "cloudwatch:")
        if "Principal" in self._statement:
            return super().is_action_permitted(action, resource, *trust)
        if not self._check_element_matches("Action", action):
            return PermissionResult.NEUTRAL
        if resource == "*":
            meant = allows or self._statement.get("Resource") == "*"
        elif "NotResource" in self._statement:
            meant = not self._check_element_matches("NotResource", resource)
        else:
            meant = self._check_element_matches("Resource", resource)
        if not meant or ("Condition" in self._statement and not allows):
            return PermissionResult.NEUTRAL
        return PermissionResult.PERMITTED if allows else PermissionResult.DENIED


class Request(IAMRequest):
    """A request that may have no body.

    moto then takes the query for the body, and refuses the signature of REST services.
    """

    def _create_aws_request(self) -> AWSRequest:
        request = super()._create_aws_request()
        if self._method in {"DELETE", "GET"}:
            request.data = self._body
        return request


def main() -> None:
    """Serve until standard input ends."""
    access_control.IAMPolicyStatement = Statement
    access_control.IAMRequest = Request
    # moto ignores the condition of a Deny, so it would deny everybody. The modules' own tests
    # compare the bucket policies as documents.
    FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL
    # AWS has no HeadBucket permission: whoever may list a bucket may check whether it exists.
    ACTION_MAP["BUCKET"]["HEAD"]["DEFAULT"] = "ListBucket"
    budgets_urls.url_paths["{0}/$"] = Budgets.dispatch
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    redshift = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=redshift.serve_forever, daemon=True).start()
    redshift_url = f"http://127.0.0.1:{redshift.server_address[1]}"
    variables = {
        "AWS_ENDPOINT_URL": "http://{}:{}".format(*moto.get_host_and_port()),
        "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS": redshift_url,
        "AWS_ENDPOINT_URL_REDSHIFT_DATA": redshift_url,
        "AWS_ACCESS_KEY_ID": "administrator",
        "AWS_SECRET_ACCESS_KEY": "administrator",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    print(json.dumps(variables), flush=True)  # noqa: T201
    sys.stdin.read()
    redshift.shutdown()
    moto.stop()


if __name__ == "__main__":
    main()
