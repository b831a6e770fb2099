"""The calls with which Terraform creates, changes, reads and deletes each kind of resource."""

from __future__ import annotations

from typing import NamedTuple


class Calls(NamedTuple):
    """Calls on one kind of resource, separated by spaces.

    Args:
        new: Calls that create it. On AWS, it has no tags of its own before.
        later: Calls on a resource that exists.
    """

    new: str
    later: str


RULE = Calls(
    "ec2:AuthorizeSecurityGroupIngress ec2:AuthorizeSecurityGroupEgress ec2:CreateTags",
    "ec2:ModifySecurityGroupRules ec2:CreateTags ec2:DeleteTags",
)
BUCKET = (
    "s3:DeleteBucket s3:DeleteBucketPolicy s3:GetBucketLogging s3:GetBucketPolicy"
    " s3:GetBucketTagging s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration s3:ListBucket"
    " s3:PutBucketLogging s3:PutBucketOwnershipControls s3:PutBucketPolicy"
    " s3:PutBucketPublicAccessBlock s3:PutBucketTagging s3:PutBucketVersioning"
    " s3:PutEncryptionConfiguration s3:PutLifecycleConfiguration"
)

# By the type of the resource in Terraform, for those that have an ARN.
CALLS = {
    "aws_budgets_budget": Calls(
        "budgets:ModifyBudget budgets:TagResource", "budgets:ModifyBudget budgets:ViewBudget"
    ),
    "aws_cloudwatch_dashboard": Calls(
        "cloudwatch:PutDashboard",
        "cloudwatch:DeleteDashboards cloudwatch:GetDashboard cloudwatch:PutDashboard",
    ),
    "aws_cloudwatch_log_group": Calls(
        "logs:CreateLogGroup logs:TagResource",
        "logs:DeleteLogGroup logs:ListTagsForResource logs:PutRetentionPolicy logs:UntagResource",
    ),
    "aws_cloudwatch_metric_alarm": Calls(
        "cloudwatch:PutMetricAlarm cloudwatch:TagResource",
        "cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms cloudwatch:PutMetricAlarm",
    ),
    # AWS creates it, without tags.
    "aws_default_security_group": Calls(
        "ec2:CreateTags",
        "ec2:CreateTags ec2:RevokeSecurityGroupEgress ec2:RevokeSecurityGroupIngress",
    ),
    "aws_ecr_repository": Calls(
        "ecr:CreateRepository ecr:TagResource",
        "ecr:DeleteRepository ecr:DescribeRepositories ecr:PutImageScanningConfiguration",
    ),
    "aws_flow_log": Calls("ec2:CreateFlowLogs ec2:CreateTags", "ec2:DeleteFlowLogs"),
    "aws_glue_catalog_database": Calls(
        "glue:CreateDatabase",
        "glue:CreateTable glue:DeleteDatabase glue:GetDatabase glue:UpdateDatabase",
    ),
    "aws_glue_catalog_table": Calls(
        "glue:CreateTable", "glue:DeleteTable glue:GetTable glue:UpdateTable"
    ),
    "aws_iam_instance_profile": Calls(
        "iam:CreateInstanceProfile iam:TagInstanceProfile",
        "iam:AddRoleToInstanceProfile iam:DeleteInstanceProfile iam:GetInstanceProfile"
        " iam:RemoveRoleFromInstanceProfile",
    ),
    "aws_iam_role": Calls(
        "iam:CreateRole iam:TagRole",
        "iam:AttachRolePolicy iam:DeleteRole iam:DeleteRolePolicy iam:DetachRolePolicy iam:GetRole"
        " iam:PutRolePolicy iam:UpdateAssumeRolePolicy iam:UpdateRole",
    ),
    "aws_instance": Calls(
        "ec2:CreateTags ec2:RunInstances",
        "ec2:DescribeInstanceAttribute ec2:ModifyInstanceAttribute"
        " ec2:ModifyInstanceMetadataOptions ec2:MonitorInstances"
        " ec2:ReplaceIamInstanceProfileAssociation ec2:StartInstances ec2:StopInstances"
        " ec2:TerminateInstances",
    ),
    "aws_kms_alias": Calls("kms:CreateAlias", "kms:DeleteAlias kms:UpdateAlias"),
    "aws_kms_key": Calls(
        "kms:CreateKey kms:TagResource",
        "kms:CreateAlias kms:CreateGrant kms:Decrypt kms:DescribeKey kms:EnableKeyRotation"
        " kms:GenerateDataKey kms:GetKeyPolicy kms:PutKeyPolicy kms:ScheduleKeyDeletion",
    ),
    "aws_redshiftserverless_namespace": Calls(
        "redshift-serverless:CreateNamespace redshift-serverless:TagResource",
        "redshift-serverless:DeleteNamespace redshift-serverless:GetNamespace"
        " redshift-serverless:UpdateNamespace",
    ),
    "aws_redshiftserverless_workgroup": Calls(
        "redshift-serverless:CreateWorkgroup redshift-serverless:TagResource",
        "redshift-data:ExecuteStatement redshift-serverless:DeleteWorkgroup"
        " redshift-serverless:GetWorkgroup redshift-serverless:UpdateWorkgroup",
    ),
    "aws_route_table": Calls(
        "ec2:CreateRouteTable ec2:CreateTags",
        "ec2:AssociateRouteTable ec2:CreateVpcEndpoint ec2:DeleteRouteTable"
        " ec2:DisassociateRouteTable ec2:ModifyVpcEndpoint",
    ),
    "aws_s3_bucket": Calls("s3:CreateBucket", BUCKET),
    "aws_scheduler_schedule": Calls(
        "scheduler:CreateSchedule",
        "scheduler:DeleteSchedule scheduler:GetSchedule scheduler:UpdateSchedule",
    ),
    "aws_scheduler_schedule_group": Calls(
        "scheduler:CreateScheduleGroup scheduler:TagResource",
        "scheduler:DeleteScheduleGroup scheduler:GetScheduleGroup",
    ),
    "aws_security_group": Calls(
        "ec2:CreateSecurityGroup ec2:CreateTags",
        "ec2:AuthorizeSecurityGroupEgress ec2:AuthorizeSecurityGroupIngress ec2:CreateVpcEndpoint"
        " ec2:DeleteSecurityGroup ec2:ModifySecurityGroupRules ec2:RevokeSecurityGroupEgress"
        " ec2:RunInstances",
    ),
    "aws_sns_topic": Calls(
        "sns:CreateTopic sns:TagResource",
        "sns:DeleteTopic sns:GetTopicAttributes sns:SetTopicAttributes sns:Subscribe",
    ),
    "aws_subnet": Calls(
        "ec2:CreateSubnet ec2:CreateTags",
        "ec2:AssociateRouteTable ec2:CreateVpcEndpoint ec2:DeleteSubnet ec2:ModifySubnetAttribute"
        " ec2:RunInstances",
    ),
    "aws_vpc": Calls(
        "ec2:CreateTags ec2:CreateVpc",
        "ec2:CreateFlowLogs ec2:CreateRouteTable ec2:CreateSecurityGroup ec2:CreateSubnet"
        " ec2:CreateVpcEndpoint ec2:DeleteVpc ec2:ModifyVpcAttribute",
    ),
    "aws_vpc_endpoint": Calls(
        "ec2:CreateTags ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints ec2:ModifyVpcEndpoint"
    ),
    "aws_vpc_security_group_egress_rule": RULE,
    "aws_vpc_security_group_ingress_rule": RULE,
}
