"""What each role may do to resources of the stack and of others: tests of an applied stack.

`test_apply.py` applies the stack and runs them. The fixtures are in `conftest.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from tests.terraform.calls import CALLS
from tests.terraform.clients import REGION, client
from tests.terraform.permissions import (
    CHOSEN,
    Role,
    access_level,
    is_kind,
    kind_of,
    kinds,
)

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
    *(f"ssm:{call}" for call in ("GetCommandInvocation", "GetParameter")),
}
# The administrator's password, with which it grants the loader's privileges.
NEEDED_TO_DEPLOY = {
    "kms:Decrypt",
    "redshift-data:ExecuteStatement",
    "secretsmanager:GetSecretValue",
}


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
        # Of the objects and parameters, only the state and Amazon's images.
        bound = {"s3:GetObject", "ssm:GetParameter"}
        assert deploy.allowed_actions().isdisjoint(DATA - bound - NEEDED_TO_DEPLOY)
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
        assert trusted("ci-pipeline", f"ref:{main}", main)
        assert not trusted("ci-pipeline", "pull_request", "refs/pull/1/merge")

    @pytest.mark.parametrize("role", ["copy", "flow-log", "pipeline"])
    def test_the_roles_of_the_stack_reach_nothing_of_others(self, resources, roles, role):
        assert self.reach_of_others(roles[f"txn-prod-{role}"], resources) == {}

    def test_the_boundary_reaches_nothing_else_of_others(self, resources, roles):
        boundary = Role(roles["txn-prod-pipeline"].boundary)
        reach = self.reach_of_others(boundary, resources)
        actions = {one for found in reach.values() for one in found}
        for_the_host = {"ec2messages", "ecr", "ssm", "ssmmessages"}
        assert {one for one in actions if one.split(":")[0] not in for_the_host} == {
            "redshift-serverless:CreateSnapshot"  # the new one, of our namespace only
        }
        assert "redshift-serverless:CreateSnapshot" not in reach.get("namespace", set())

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
            ("pipeline", "redshift-serverless:GetCredentials", "workgroup", "workgroup"),
            ("copy", "s3:GetObject", "object", "lake"),
            ("snapshots", "redshift-serverless:CreateSnapshot", "namespace", "namespace"),
            ("airflow-host", "sts:AssumeRole", "role", "pipeline"),
            ("airflow-host", "ecr:BatchGetImage", "repository", "repository"),
        ],
    )
    def test_the_roles_of_the_stack_do_their_work(
        self, resources, roles, role, action, kind, of_stack
    ):
        [workgroup] = resources["aws_redshiftserverless_workgroup"]
        [namespace] = resources["aws_redshiftserverless_namespace"]
        arn = {
            "lake": f"arn:aws:s3:::txn-prod-lake-123456789012-{REGION}/lake/part-0000.parquet",
            "pipeline": f"{self.iam}:role/txn-prod-pipeline",
            "repository": f"arn:aws:ecr:{self.account}:repository/txn-prod-airflow",
            "namespace": namespace["arn"],
            "workgroup": workgroup["arn"],
        }[of_stack]
        self.assert_may(roles[f"txn-prod-{role}"], action, arn, context=self.tagged)
