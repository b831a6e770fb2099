"""The complete example on the AWS stand-in: applied by the CI/CD role, used, changed, destroyed."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
import yaml
from botocore.exceptions import ClientError

from tests.conftest import KEDRO, SMALL
from tests.paths import ROOT
from tests.terraform.calls import CALLS
from tests.terraform.permissions import (
    CHOSEN,
    Role,
    access_level,
    is_kind,
    kind_of,
    kinds,
    roles_of,
)
from tests.terraform.terraform import MODULES, Terraform, settings

pytestmark = pytest.mark.slow

REGION = "eu-central-1"
EXAMPLE = "-var-file=examples/complete/terraform.tfvars"
APPLY = ("apply", "-input=false", "-auto-approve", "-no-color", EXAMPLE)
SMALLER = "-var=warehouse_usage_limit={rpu_hours=12}"
DESTROY = ("destroy", "-input=false", "-auto-approve", "-no-color", EXAMPLE)
BOOTSTRAP = (
    *APPLY[:-1],
    "-target=aws_iam_policy.boundary",
    f"-var=region={REGION}",
    "-var=name=txn-prod",
)
ALL_BUT_CICD = [f"-target=module.{name}" for name in MODULES if name != "cicd"]

# Actions that return data: contents, not settings.
DATA = {
    *(f"athena:{call}" for call in ("GetQueryResults", "GetQueryResultsStream")),
    *(f"codecommit:{call}" for call in ("GetBlob", "GetFile", "GitPull")),
    *(f"dynamodb:{call}" for call in ("BatchGetItem", "GetItem", "GetRecords", "PartiQLSelect")),
    *(f"dynamodb:{call}" for call in ("Query", "Scan")),
    "ebs:GetSnapshotBlock",
    *(f"ec2:{call}" for call in ("GetConsoleOutput", "GetConsoleScreenshot", "GetPasswordData")),
    *(f"ecr:{call}" for call in ("BatchGetImage", "GetDownloadUrlForLayer")),
    "kinesis:GetRecords",
    "kms:Decrypt",
    "lambda:GetFunction",
    *(f"logs:{call}" for call in ("FilterLogEvents", "GetLogEvents", "GetLogRecord")),
    *(f"logs:{call}" for call in ("GetQueryResults", "StartLiveTail", "StartQuery")),
    *(f"redshift-data:{call}" for call in ("BatchExecuteStatement", "ExecuteStatement")),
    "redshift-data:GetStatementResult",
    *(f"redshift-serverless:{call}" for call in ("GetCredentials",)),
    *(f"s3:{call}" for call in ("GetObject", "GetObjectTorrent", "GetObjectVersion")),
    *(f"secretsmanager:{call}" for call in ("BatchGetSecretValue", "GetSecretValue")),
    "sqs:ReceiveMessage",
    *(f"ssm:{call}" for call in ("GetParameters", "GetParametersByPath", "GetParameterHistory")),
    "ssm:GetCommandInvocation",
}
# The administrator's password, with which it grants the loader's privileges.
NEEDED_TO_DEPLOY = {
    "kms:Decrypt",
    "redshift-data:ExecuteStatement",
    "secretsmanager:GetSecretValue",
}

# The only difference between the stand-in and AWS: it does not return the descriptions of security
# group rules, so a plan would write them again.
RULES = {"aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"}


def post(url: str, body: str = "") -> None:
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "text/plain"})  # noqa: S310
    urllib.request.urlopen(request).close()  # noqa: S310


def client(service: str, aws: dict[str, str], **credentials: str) -> Any:
    variables = {
        "s3": "AWS_ENDPOINT_URL",
        "redshift-data": "AWS_ENDPOINT_URL_REDSHIFT_DATA",
        "redshift-serverless": "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS",
    }
    keys = credentials or {
        "aws_access_key_id": aws["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": aws["AWS_SECRET_ACCESS_KEY"],
    }
    url = aws[variables.get(service, "AWS_ENDPOINT_URL")]
    return boto3.client(service, region_name=REGION, endpoint_url=url, **keys)


def real_changes(changes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the changes without the descriptions of security group rules."""

    def is_quirk(address: str, change: dict[str, Any]) -> bool:
        before, after = change["before"], change["after"]
        differing = before and after and {name for name in after if before.get(name) != after[name]}
        return address.split(".")[-2] in RULES and differing == {"description"}

    return {address: change for address, change in changes.items() if not is_quirk(address, change)}


def assume(aws: dict[str, str], role: str) -> dict[str, str]:
    """Return temporary credentials of a role, as environment variables."""
    arn = f"arn:aws:iam::123456789012:role/{role}"
    given = client("sts", aws).assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


@contextlib.contextmanager
def enforced(aws: dict[str, str]) -> Iterator[None]:
    """Enforce IAM inside the block: calls that no policy allows are denied."""
    post(f"{aws['AWS_ENDPOINT_URL']}/moto-api/reset-auth", "0")
    try:
        yield
    finally:
        post(f"{aws['AWS_ENDPOINT_URL']}/moto-api/reset-auth", "inf")


@contextlib.contextmanager
def acting(stack: Terraform, aws: dict[str, str], role: str) -> Iterator[Terraform]:
    """Return Terraform with the credentials of a role, and enforce IAM inside the block."""
    environment = {**aws, **assume(aws, role)}
    with enforced(aws):
        yield replace(stack, environment=environment)


@pytest.fixture(scope="module")
def stack(terraform: Terraform, aws: dict[str, str]) -> Terraform:
    """The complete example: an administrator creates the CI/CD roles, which create the rest."""
    terraform.environment = aws
    for folder in ("terraform", "terraform/bootstrap"):
        override = terraform.root / folder / "override.tf"
        override.write_text('provider "aws" {\n  s3_use_path_style = true\n  max_retries = 2\n}\n')
    terraform.init("bootstrap")
    terraform.run(*BOOTSTRAP, folder="bootstrap")
    terraform.init()
    terraform.run(*APPLY, "-target=module.cicd")
    with acting(terraform, aws, "txn-prod-ci-deploy") as deploying:
        deploying.run(*APPLY)
    return terraform


@pytest.fixture
def iam_enforced(stack: Terraform, aws: dict[str, str]) -> Iterator[None]:
    with enforced(aws):
        yield


@pytest.fixture(scope="module")
def keys(stack: Terraform, aws: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return the client arguments with the credentials of each role."""
    return {
        name: {key.lower(): value for key, value in assume(aws, f"txn-prod-{name}").items()}
        for name in ("copy", "pipeline", "ci-plan", "ci-deploy")
    }


def refused(call: Any, **arguments: Any) -> bool:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"] in {
        "403",
        "AccessDenied",
        "AccessDeniedException",
    }


def test_one_apply_creates_what_the_pipelines_need(stack):
    outputs = stack.outputs()
    assert outputs["lake_url"] == f"s3://txn-prod-lake-123456789012-{REGION}/lake"
    assert outputs["warehouse_host"].startswith("txn-prod.123456789012.eu-central-1.")
    assert outputs["warehouse_workgroup"] == "txn-prod"
    assert outputs["warehouse_database"] == "payments"
    assert outputs["warehouse_copy_role_arn"] == "arn:aws:iam::123456789012:role/txn-prod-copy"
    assert outputs["airflow"]["instance_id"].startswith("i-")


def test_the_lake_allows_the_created_roles(stack, aws):
    outputs = stack.outputs()
    bucket = outputs["lake_url"].split("/")[2]
    policy = json.loads(client("s3", aws).get_bucket_policy(Bucket=bucket)["Policy"])
    [statement] = [one for one in policy["Statement"] if one["Sid"] == "OurRolesOnly"]
    roles = {outputs["warehouse_copy_role_arn"], outputs["pipeline_role_arn"]}
    assert set(statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]) == roles


def test_a_second_plan_by_the_read_only_role_has_no_changes(stack, aws):
    with acting(stack, aws, "txn-prod-ci-plan") as planning:
        assert real_changes(planning.changes(EXAMPLE, "-lock=false")) == {}


def test_a_changed_limit_changes_only_the_limit_and_what_shows_it(stack):
    changes = real_changes(stack.changes(EXAMPLE, SMALLER))
    assert {one: change["actions"] for one, change in changes.items()} == {
        'module.alarms[0].aws_cloudwatch_metric_alarm.this["usage-limit-reached"]': ["update"],
        'module.alarms[0].aws_cloudwatch_metric_alarm.this["usage-near-limit"]': ["update"],
        "module.alarms[0].aws_cloudwatch_dashboard.this": ["update"],
        "module.warehouse.aws_redshiftserverless_usage_limit.compute": ["update"],
    }
    stack.run("apply", "-input=false", "plan")


def test_a_plan_has_no_changes_after_the_data_api_has_deleted_its_statements(stack, aws):
    post(f"{aws['AWS_ENDPOINT_URL_REDSHIFT_DATA']}/expire")
    assert real_changes(stack.changes(EXAMPLE, SMALLER)) == {}


def test_every_resource_that_supports_tags_has_them(stack):
    tagged = [one["attributes"] for one in stack.made() if "tags_all" in one["attributes"]]
    assert len(tagged) > 20
    for one in tagged:
        assert one["tags_all"].items() >= {"project": "txn-prod", "team": "data"}.items()


def test_the_host_gets_the_compose_stack_of_this_project(stack):
    [host] = stack.made("aws_instance")
    compressed = base64.b64decode(host["attributes"]["user_data_base64"])
    assert len(compressed) < 16384  # EC2's limit
    text = gzip.decompress(compressed).decode()
    assert text.startswith("#cloud-config\n")
    written = {
        file["path"]: gzip.decompress(base64.b64decode(file["content"])).decode()
        for file in yaml.safe_load(text)["write_files"]
    }
    assert written["/opt/txn-kedro/compose.yml"] == (ROOT / "compose.yml").read_text()
    assert "TXN_WAREHOUSE_WORKGROUP=txn-prod\n" in written["/opt/txn-kedro/.env"]
    assert (
        "role_arn = arn:aws:iam::123456789012:role/txn-prod-pipeline"
        in written["/opt/txn-kedro/aws/config"]
    )
    yaml.safe_load(written["/opt/txn-kedro/compose.override.yml"])


def test_the_host_starts_after_its_network_routes_exist(stack):
    [host] = stack.made("aws_instance")
    assert set(host["dependencies"]) >= {
        "module.network.aws_route_table_association.private",
        "module.network.aws_vpc_endpoint.interface",
        "module.network.aws_vpc_endpoint.s3",
        "module.network.aws_vpc_security_group_egress_rule.runner_to_s3",
    }


def test_a_plan_that_would_replace_the_warehouse_is_refused(stack):
    done = stack.attempt("plan", "-input=false", "-no-color", EXAMPLE, "-var=warehouse_database=x")
    assert done.returncode == 1
    words = " ".join(done.stderr.replace("\u2502", "").split())
    assert "The warehouse txn-prod/payments (name/database) would be replaced by" in words
    assert "To delete the data, apply force_destroy=true first" in words


def test_the_schedule_creates_a_snapshot_that_redshift_accepts(stack, aws):
    [schedule] = stack.made("aws_scheduler_schedule")
    [target] = schedule["attributes"]["target"]
    asked = json.loads(target["input"].replace("<aws.scheduler.execution-id>", "d32c5kddcf5bb8c3"))
    credentials = {name.lower(): key for name, key in assume(aws, "txn-prod-snapshots").items()}
    with enforced(aws):
        redshift = client("redshift-serverless", aws, **credentials)
        arguments = {name[0].lower() + name[1:]: value for name, value in asked.items()}
        given = redshift.create_snapshot(**arguments)["snapshot"]
        assert refused(redshift.delete_namespace, namespaceName="txn-prod")
    assert given["snapshotName"] == "txn-prod-d32c5kddcf5bb8c3"
    assert target["arn"].endswith(":aws-sdk:redshiftserverless:createSnapshot")


@pytest.mark.usefixtures("iam_enforced")
class TestLeastPrivilege:
    """The permissions of the roles, tested with IAM enforced."""

    bucket = f"txn-prod-lake-123456789012-{REGION}"

    def test_the_pipeline_writes_a_batch_and_copy_reads_its_parts(self, stack, aws, keys, tmp_path):
        subprocess.run(
            ["make", f"BIN={Path(sys.executable).parent}", "-o", ".venv/ready", "aws-env"],
            cwd=stack.root,
            env={**settings(), **aws},
            check=True,
        )
        variables = dict(
            line.split("=", 1)
            for line in (stack.root / ".env").read_text().splitlines()
            if line and not line.startswith("#")
        )
        credentials = {name.upper(): value for name, value in keys["pipeline"].items()}
        subprocess.run(
            [KEDRO, "run", "--env", "aws", "--pipelines", "generation", "--params", SMALL],
            cwd=ROOT,
            env={**os.environ, **aws, **variables, **credentials},
            check=True,
        )
        copy = client("s3", aws, **keys["copy"])
        listed = copy.list_objects_v2(Bucket=self.bucket, Prefix="lake/")["Contents"]
        parts = [one["Key"] for one in listed if one["Key"].endswith(".parquet")]
        assert any("manifest" in one["Key"] for one in listed)
        read = tmp_path / "part.parquet"
        read.write_bytes(copy.get_object(Bucket=self.bucket, Key=parts[0])["Body"].read())
        assert pq.read_metadata(read).num_rows > 0

    def test_copy_reads_nothing_else_and_writes_nothing(self, aws, keys):
        copy = client("s3", aws, **keys["copy"])
        assert refused(copy.get_object, Bucket=self.bucket, Key="elsewhere/secret.parquet")
        assert refused(copy.list_objects_v2, Bucket=f"{self.bucket}-logs")
        assert refused(copy.put_object, Bucket=self.bucket, Key="lake/new.parquet", Body=b"")
        assert refused(copy.delete_object, Bucket=self.bucket, Key="lake/old.parquet")

    def test_the_pipeline_writes_only_the_lake(self, aws, keys):
        pipeline = client("s3", aws, **keys["pipeline"])
        pipeline.put_object(Bucket=self.bucket, Key="lake/written.txt", Body=b"")
        assert refused(pipeline.put_object, Bucket=self.bucket, Key="elsewhere/x.txt", Body=b"")
        assert refused(pipeline.delete_bucket, Bucket=self.bucket)
        assert refused(pipeline.put_bucket_policy, Bucket=self.bucket, Policy="{}")

    def test_the_pipeline_signs_in_and_cannot_delete_the_warehouse(self, aws, keys):
        pipeline = client("redshift-serverless", aws, **keys["pipeline"])
        given = pipeline.get_credentials(workgroupName="txn-prod", dbName="payments")
        assert given["dbUser"] == "IAMR:txn-prod-pipeline"
        assert refused(pipeline.delete_workgroup, workgroupName="txn-prod")
        assert refused(pipeline.delete_namespace, namespaceName="txn-prod")
        assert refused(pipeline.update_workgroup, workgroupName="txn-prod", publiclyAccessible=True)

    def test_only_the_pipeline_publishes_alerts(self, stack, aws, keys):
        topic = stack.outputs()["alarm_topic_arn"]
        alert = {"TopicArn": topic, "Subject": "A task failed", "Message": "The reason."}
        client("sns", aws, **keys["pipeline"]).publish(**alert)
        assert refused(client("sns", aws, **keys["copy"]).publish, **alert)
        assert refused(client("sns", aws, **keys["pipeline"]).delete_topic, TopicArn=topic)

    def test_copy_cannot_sign_in(self, aws, keys):
        copy = client("redshift-serverless", aws, **keys["copy"])
        assert refused(copy.get_credentials, workgroupName="txn-prod", dbName="payments")

    def test_the_plan_role_can_neither_read_data_nor_change_anything(self, aws, keys):
        planning = keys["ci-plan"]
        assert refused(client("s3", aws, **planning).get_object, Bucket=self.bucket, Key="lake/x")
        warehouse = client("redshift-serverless", aws, **planning)
        assert refused(warehouse.get_credentials, workgroupName="txn-prod", dbName="payments")
        assert refused(warehouse.delete_workgroup, workgroupName="txn-prod")
        assert refused(
            client("redshift-data", aws, **planning).execute_statement,
            WorkgroupName="txn-prod",
            Database="payments",
            Sql="SELECT 1",
        )

    @pytest.mark.parametrize("role", ["pipeline", "ci-plan"])
    def test_no_role_can_grant_itself_more_permissions(self, aws, keys, role):
        iam = client("iam", aws, **keys[role])
        policy = json.dumps({"Version": "2012-10-17", "Statement": []})
        assert refused(
            iam.put_role_policy,
            RoleName=f"txn-prod-{role}",
            PolicyName="more",
            PolicyDocument=policy,
        )


@pytest.fixture(scope="module")
def roles(stack: Terraform, aws: dict[str, str]) -> dict[str, Role]:
    """Return the account's roles with their policies."""
    return roles_of(client("iam", aws))


@pytest.fixture(scope="module")
def resources(stack: Terraform) -> dict[str, list[dict[str, Any]]]:
    """Return the attributes of all created resources, by type."""
    state = json.loads(stack.run("state", "pull"))
    found: dict[str, list[dict[str, Any]]] = {}
    for one in state["resources"]:
        if one["mode"] == "managed":
            made = [instance["attributes"] for instance in one["instances"]]
            found.setdefault(one["type"], []).extend(made)
    return found


class TestWhatEachRoleMayDo:
    """Each action of AWS on resources of the stack and of others, by the applied policies."""

    account = f"{REGION}:123456789012"
    iam = "arn:aws:iam::123456789012"
    # What the caller may choose freely.
    call = MappingProxyType(
        {
            "aws:RequestedRegion": REGION,
            "aws:RequestTag/Name": CHOSEN,
            "aws:RequestTag/project": CHOSEN,
            "aws:TagKeys": CHOSEN,
            "aws:userid": "AROA1:me",
            "iam:AWSServiceName": CHOSEN,
            "iam:PassedToService": CHOSEN,
            "kms:GrantIsForAWSResource": CHOSEN,
            "kms:ViaService": CHOSEN,
            "redshift-data:statement-owner-iam-userid": "AROA2:you",
        }
    )
    tagged = MappingProxyType({"aws:ResourceTag/project": "txn-prod"})
    bounded = MappingProxyType({"iam:PermissionsBoundary": f"{iam}:policy/txn-prod-boundary"})

    def own(self, resources: dict[str, list[dict[str, Any]]]) -> set[str]:
        return {arn for made in resources.values() for one in made if (arn := one.get("arn"))}

    def others(self, resources: dict[str, list[dict[str, Any]]]) -> Callable[[str], list[str]]:
        """Return a function that names others' resources, some of them like ours with a suffix."""
        like_ours = {
            re.sub(r"\btxn([-_])prod\b", r"txn\1prod\1b", arn)
            for arn in self.own(resources)
            if re.search(r"\btxn[-_]prod\b", arn)
        }

        def of_kind(template: str) -> list[str]:
            known = {"Partition": "aws", "Region": REGION, "Account": "123456789012"}
            other = re.sub(r"\$\{(\w+)\}", lambda found: known.get(found[1], "other"), template)
            return [other, *(arn for arn in like_ours if is_kind(arn, template))]

        return of_kind

    def reach_of_others(
        self, role: Role, resources: dict[str, list[dict[str, Any]]]
    ) -> dict[str, set[str]]:
        contexts = [{**self.call, "aws:ResourceTag/project": "other"}, self.call]
        return role.reach(self.others(resources), contexts)

    def assert_may(self, role: Role, action: str, arn: str, **context: Any) -> None:
        known = {**self.call, **context.pop("context", {})}
        assert role.may(action, arn, kind_of(action, arn), known), f"{action} on {arn}"

    @pytest.mark.parametrize("kind", CALLS)
    def test_the_deploy_role_creates_changes_and_deletes_resources_of_the_stack(
        self, resources, roles, kind
    ):
        deploy = roles["txn-prod-ci-deploy"]
        for one in resources[kind]:
            arn = one.get("dashboard_arn") or one["arn"]
            if ":role/txn-prod-ci-" in arn:
                continue
            create = CALLS[kind].new.split()
            made_by = next((one.split(":")[1] for one in create if "Tags" not in one), None)
            new = {**self.bounded, "ec2:CreateAction": made_by}
            for action in create:
                self.assert_may(deploy, action, arn, context=new)
            for action in CALLS[kind].later.split():
                self.assert_may(deploy, action, arn, context={**self.tagged, **self.bounded})

    def test_the_calls_of_all_resources_with_an_arn_are_known(self, resources):
        kinds = {kind for kind, made in resources.items() if "arn" in made[0]}
        by_administrators = {"aws_iam_openid_connect_provider", "aws_iam_policy"}
        without_permissions_of_their_own = {
            "aws_redshiftserverless_usage_limit",
            "aws_sns_topic_policy",
            "aws_sns_topic_subscription",
        }
        known = {*CALLS, *by_administrators, *without_permissions_of_their_own}
        assert kinds <= known, "add the calls of new resources to tests/terraform/calls.py"

    def test_the_deploy_role_makes_the_calls_that_aws_checks_beside_those_of_terraform(
        self, resources, roles
    ):
        deploy = roles["txn-prod-ci-deploy"]
        [namespace] = resources["aws_redshiftserverless_namespace"]
        secret = namespace["admin_password_secret_arn"]
        for call in ("CreateSecret", "DeleteSecret", "GetSecretValue", "RotateSecret"):
            self.assert_may(deploy, f"secretsmanager:{call}", secret)
        self.assert_may(deploy, "secretsmanager:GetRandomPassword", "*")
        zone = "arn:aws:route53:::hostedzone/Z1"
        self.assert_may(deploy, "route53:AssociateVPCWithHostedZone", zone)
        own_role = "role/aws-service-role/redshift.amazonaws.com/AWSServiceRoleForRedshift"
        service = {"iam:AWSServiceName": "redshift.amazonaws.com"}
        call = "iam:CreateServiceLinkedRole"
        self.assert_may(deploy, call, f"{self.iam}:{own_role}", context=service)
        unnamed = {"iam:PassedToService": None}
        self.assert_may(deploy, "iam:PassRole", f"{self.iam}:role/txn-prod-copy", context=unnamed)
        for kind in ("network-interface", "volume"):
            self.assert_may(deploy, "ec2:RunInstances", f"arn:aws:ec2:{self.account}:{kind}/new")
        image = f"arn:aws:ec2:{REGION}::image/ami-1"
        self.assert_may(deploy, "ec2:RunInstances", image, context={"ec2:Owner": "amazon"})
        prefixes = f"arn:aws:ec2:{REGION}:aws:prefix-list/pl-1"
        self.assert_may(deploy, "ec2:ModifySecurityGroupRules", prefixes)

    def test_the_deploy_role_changes_nothing_of_others(self, resources, roles):
        reach = self.reach_of_others(roles["txn-prod-ci-deploy"], resources)
        changes = {
            kind: names
            for kind, actions in reach.items()
            if (names := {one for one in actions if access_level(one) not in {"List", "Read"}})
        }
        # A new resource, which gets the stack's tag.
        creates = {
            "instance": {"ec2:RunInstances"},
            "namespace": {"redshift-serverless:CreateNamespace"},
            "network-interface": {"ec2:RunInstances"},
            "route-table": {"ec2:CreateRouteTable"},
            "security-group": {"ec2:CreateSecurityGroup"},
            "security-group-rule": {
                "ec2:AuthorizeSecurityGroupEgress",
                "ec2:AuthorizeSecurityGroupIngress",
            },
            "subnet": {"ec2:CreateSubnet"},
            "volume": {"ec2:RunInstances"},
            "vpc": {"ec2:CreateVpc"},
            "vpc-endpoint": {"ec2:CreateVpcEndpoint"},
            "vpc-flow-log": {"ec2:CreateFlowLogs"},
            "workgroup": {"redshift-serverless:CreateWorkgroup"},
        }
        # AWS offers no condition that tells ours from others. Each is documented in docs/aws.md.
        unbound = {
            "*": {
                "kms:CreateKey",
                "redshift-serverless:CreateUsageLimit",
                "redshift-serverless:DeleteUsageLimit",
                "redshift-serverless:UpdateUsageLimit",
                "sns:Unsubscribe",
            },
            "hostedzone": {"route53:AssociateVPCWithHostedZone"},
            "key": {"kms:TagResource"},
            "namespace": {"redshift-serverless:TagResource"},
            # Also checked on the database and the table.
            "rootcatalog": {
                f"glue:{call}{kind}"
                for call in ("Create", "Delete", "Update")
                for kind in ("Database", "Table")
            },
            "security-group": {"ec2:CreateTags"},
            "workgroup": {"redshift-serverless:TagResource"},
        }
        assert changes == {
            kind: creates.get(kind, set()) | unbound.get(kind, set())
            for kind in {**creates, **unbound}
        }

    def test_the_deploy_role_tags_only_resources_of_others_that_have_no_such_tag(self, roles):
        deploy = roles["txn-prod-ci-deploy"]
        other = {**self.call, "aws:ResourceTag/project": "other"}
        group = f"arn:aws:ec2:{self.account}:security-group/sg-1"
        key = f"arn:aws:kms:{self.account}:key/1"
        assert not deploy.may("ec2:CreateTags", group, "security-group", other)
        assert not deploy.may("kms:TagResource", key, "key", other)
        aliased = {**self.call, "kms:ResourceAliases": ["alias/payroll"]}
        assert not deploy.may("kms:TagResource", key, "key", aliased)

    def test_the_deploy_role_does_not_open_a_default_group_that_it_has_tagged(self, roles):
        deploy = roles["txn-prod-ci-deploy"]
        group = f"arn:aws:ec2:{self.account}:security-group/sg-1"
        mine = {**self.call, **self.tagged, "aws:ResourceTag/Name": "txn-prod-default-unused"}
        assert deploy.may("ec2:RevokeSecurityGroupIngress", group, "security-group", mine)
        for action in ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"):
            assert not deploy.may(f"ec2:{action}", group, "security-group", mine)
        renaming = {**mine, "aws:TagKeys": ["Name"]}
        assert not deploy.may("ec2:CreateTags", group, "security-group", renaming)
        untagged = {**self.call, "aws:RequestTag/Name": "anything"}
        assert not deploy.may("ec2:CreateTags", group, "security-group", untagged)

    @pytest.mark.parametrize("boundary", [None, "arn:aws:iam::aws:policy/AdministratorAccess"])
    def test_the_deploy_role_changes_no_role_without_the_boundary(self, roles, boundary):
        arn = f"{self.iam}:role/txn-prod-pipeline"
        context = {**self.call, "iam:PermissionsBoundary": boundary}
        deploy = roles["txn-prod-ci-deploy"]
        reach = deploy.reach(lambda template: [arn] * is_kind(arn, template), [context])
        changes = {one for one in reach["role"] if access_level(one) not in {"List", "Read"}}
        assert changes == {"iam:TagRole", "iam:UntagRole"}

    @pytest.mark.parametrize(
        "name",
        [
            "oidc-provider/token.actions.githubusercontent.com",
            "policy/txn-prod-boundary",
            "policy/txn-prod-ci-deploy-network",
            "role/txn-prod-ci-deploy",
            "role/txn-prod-ci-plan",
        ],
    )
    def test_the_deploy_role_changes_neither_the_roles_of_ci_nor_the_boundary(self, roles, name):
        arn = f"{self.iam}:{name}"
        contexts = [{**self.call, **self.tagged, **self.bounded}]
        reach = roles["txn-prod-ci-deploy"].reach(
            lambda template: [arn] * is_kind(arn, template), contexts
        )
        assert {access_level(one) for actions in reach.values() for one in actions} <= {
            "List",
            "Read",
        }

    def test_the_deploy_role_acts_in_one_region(self, roles):
        elsewhere = {**self.call, **self.tagged, "aws:RequestedRegion": "eu-west-1"}
        deploy = roles["txn-prod-ci-deploy"]
        for action, kind in [("ec2:CreateVpc", "vpc"), ("kms:CreateKey", "*")]:
            arn = f"arn:aws:ec2:eu-west-1:123456789012:{kind}/1" if kind != "*" else "*"
            assert not deploy.may(action, arn, kind, elsewhere)

    def test_the_deploy_role_reads_no_data_of_the_lake_and_the_images(self, roles):
        deploy = roles["txn-prod-ci-deploy"]
        assert deploy.allowed_actions().isdisjoint(DATA - {"s3:GetObject", *NEEDED_TO_DEPLOY})
        part = f"arn:aws:s3:::txn-prod-lake-123456789012-{REGION}/lake/part-0000.parquet"
        assert not deploy.may("s3:GetObject", part, "object", self.call)

    def test_the_plan_role_only_reads(self, resources, roles):
        plan = roles["txn-prod-ci-plan"]
        assert {access_level(one) for one in plan.allowed_actions()} <= {"List", "Read"}
        state = "arn:aws:s3:::txn-prod-state-123456789012-eu-central-1/txn-kedro/terraform.tfstate"
        self.assert_may(plan, "s3:GetObject", state)

    @pytest.mark.parametrize("attached", ["nothing more", "ReadOnlyAccess"])
    def test_the_plan_role_reads_no_data(self, resources, aws, roles, attached):
        plan = roles["txn-prod-ci-plan"]
        if attached == "ReadOnlyAccess":
            arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
            iam = client("iam", aws)
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
            plan = replace(plan, statements=plan.statements + document["Document"]["Statement"])
        others = self.others(resources)
        contexts = [{**self.call, **self.tagged}, self.call]
        for action in DATA:
            for kind, template in kinds(action).items():
                own = {arn for arn in self.own(resources) if is_kind(arn, template)}
                for arn in {*others(template), *own}:
                    for context in contexts:
                        assert not plan.may(action, arn, kind, context), f"{action} on {arn}"

    def test_only_approved_jobs_of_main_become_the_deploy_role(self, roles):
        def trusted(role: str, subject: str, ref: str) -> bool:
            issuer = "token.actions.githubusercontent.com"
            claims = {"aud": "sts.amazonaws.com", "sub": f"repo:example/txn-kedro:{subject}"}
            context = {f"{issuer}:{claim}": one for claim, one in {**claims, "ref": ref}.items()}
            return roles[f"txn-prod-{role}"].trusts("sts:AssumeRoleWithWebIdentity", context)

        main = "refs/heads/main"
        assert trusted("ci-deploy", "environment:production", main)
        assert not trusted("ci-deploy", "environment:production", "refs/heads/other")
        assert not trusted("ci-deploy", "environment:staging", main)
        assert not trusted("ci-deploy", f"ref:{main}", main)
        assert not trusted("ci-deploy", "pull_request", "refs/pull/1/merge")
        assert trusted("ci-plan", f"ref:{main}", main)
        assert trusted("ci-plan", "pull_request", "refs/pull/1/merge")
        assert not trusted("ci-plan", "ref:refs/heads/other", "refs/heads/other")

    @pytest.mark.parametrize("role", ["copy", "flow-log", "pipeline"])
    def test_the_roles_of_the_stack_reach_nothing_of_others(self, resources, roles, role):
        assert self.reach_of_others(roles[f"txn-prod-{role}"], resources) == {}

    def test_the_scheduler_creates_snapshots_of_our_warehouse_only(self, resources, roles):
        reach = self.reach_of_others(roles["txn-prod-snapshots"], resources)
        assert reach == {"snapshot": {"redshift-serverless:CreateSnapshot"}}  # the new one

    def test_the_host_reaches_only_ssm_and_the_registrys_sign_in(self, resources, roles):
        reach = self.reach_of_others(roles["txn-prod-airflow-host"], resources)
        actions = {one for found in reach.values() for one in found}
        assert {one.split(":")[0] for one in actions} == {
            "ec2messages",
            "ecr",
            "ssm",
            "ssmmessages",
        }
        assert {one for one in actions if one.startswith("ecr:")} == {"ecr:GetAuthorizationToken"}
        assert actions.isdisjoint(DATA)

    @pytest.mark.parametrize(
        ("role", "action", "kind", "of_stack"),
        [
            ("pipeline", "s3:PutObject", "object", "lake"),
            ("pipeline", "redshift-data:BatchExecuteStatement", "workgroup", "workgroup"),
            ("copy", "s3:GetObject", "object", "lake"),
            ("airflow-host", "sts:AssumeRole", "role", "pipeline"),
            ("airflow-host", "ecr:BatchGetImage", "repository", "repository"),
        ],
    )
    def test_the_roles_of_the_stack_do_their_work(
        self, resources, roles, role, action, kind, of_stack
    ):
        [workgroup] = resources["aws_redshiftserverless_workgroup"]
        arn = {
            "lake": f"arn:aws:s3:::txn-prod-lake-123456789012-{REGION}/lake/part-0000.parquet",
            "pipeline": f"{self.iam}:role/txn-prod-pipeline",
            "repository": f"arn:aws:ecr:{self.account}:repository/txn-prod-airflow",
            "workgroup": workgroup["arn"],
        }[of_stack]
        self.assert_may(roles[f"txn-prod-{role}"], action, arn)


class TestDestroy:
    """Destroying the stack."""

    def test_the_deploy_role_destroys_all_but_itself_and_data(self, stack, aws):
        with acting(stack, aws, "txn-prod-ci-deploy") as deploying:
            done = deploying.attempt(*DESTROY, *ALL_BUT_CICD)
        assert done.returncode != 0
        assert "BucketNotEmpty" in done.stderr
        assert "The warehouse contains data" in done.stderr
        assert "AccessDenied" not in done.stderr
        [namespace] = client("redshift-serverless", aws).list_namespaces()["namespaces"]
        assert namespace["dbName"] == "payments"

    def test_with_force_destroy_nothing_is_left(self, stack, aws):
        force = "-var=force_destroy=true"
        holders = [f"-target=module.lake.aws_s3_bucket.{name}" for name in ("lake", "logs")]
        guard = "-target=module.warehouse.terraform_data.deletion_guard"
        stack.run(*APPLY, force, *holders, guard)
        stack.run(*DESTROY, force)
        assert client("s3", aws).list_buckets()["Buckets"] == []
        assert client("iam", aws).list_roles()["Roles"] == []
        assert client("logs", aws).describe_log_groups()["logGroups"] == []
        assert client("ecr", aws).describe_repositories()["repositories"] == []
        ours = [{"Name": "tag:project", "Values": ["txn-prod"]}]
        assert client("ec2", aws).describe_vpcs(Filters=ours)["Vpcs"] == []
        warehouse = client("redshift-serverless", aws)
        assert warehouse.list_namespaces()["namespaces"] == []
        assert warehouse.list_workgroups()["workgroups"] == []
        keys = client("kms", aws)
        states = {
            keys.describe_key(KeyId=one["KeyId"])["KeyMetadata"]["KeyState"]
            for one in keys.list_keys()["Keys"]
            if keys.describe_key(KeyId=one["KeyId"])["KeyMetadata"]["Description"].startswith(
                "txn-prod"
            )
        }
        assert states == {"PendingDeletion"}
