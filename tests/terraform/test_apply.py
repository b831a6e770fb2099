"""The complete example on the AWS stand-in: applied by the CI/CD role, used, changed, destroyed."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from botocore.exceptions import ClientError

from tests.conftest import KEDRO, SMALL
from tests.paths import ROOT
from tests.terraform.clients import REGION, client

# The stack is applied here, so pytest collects these tests here, by the import.
from tests.terraform.role_questions import TestWhatEachRoleMayDo  # noqa: F401  pytest uses it
from tests.terraform.terraform import MODULES, Terraform, settings

pytestmark = pytest.mark.slow

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

# The only difference between the stand-in and AWS: it does not return the descriptions of security
# group rules, so a plan would write them again.
RULES = {"aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"}


def post(url: str, body: str = "") -> None:
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "text/plain"})  # noqa: S310
    urllib.request.urlopen(request).close()  # noqa: S310


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
