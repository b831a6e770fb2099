locals {
  identity_statements = [
    {
      Sid    = "BoundedRoles"
      Effect = "Allow"
      Action = [
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
      ]
      Resource  = values(local.role_arns)
      Condition = { StringEquals = { "iam:PermissionsBoundary" = var.permissions_boundary_arn } }
    },
    # For tags, AWS does not offer the boundary as a condition.
    {
      Sid      = "TagRoles"
      Effect   = "Allow"
      Action   = ["iam:TagRole", "iam:UntagRole"]
      Resource = values(local.role_arns)
    },
    {
      Sid    = "InstanceProfile"
      Effect = "Allow"
      Action = [
        "iam:AddRoleToInstanceProfile",
        "iam:CreateInstanceProfile",
        "iam:DeleteInstanceProfile",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:TagInstanceProfile",
        "iam:UntagInstanceProfile",
      ]
      Resource = local.instance_profile_arn
    },
    {
      Sid       = "GiveRolesToServices"
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = [local.role_arns.airflow-host, local.role_arns.flow-log, local.role_arns.snapshots]
      Condition = { StringEquals = { "iam:PassedToService" = ["ec2.amazonaws.com", "scheduler.amazonaws.com", "vpc-flow-logs.amazonaws.com"] } }
    },
    # Redshift Serverless passes the role on without naming a service, so a condition would never match.
    {
      Sid      = "GiveCopyRoleToRedshift"
      Effect   = "Allow"
      Action   = "iam:PassRole"
      Resource = local.role_arns.copy
    },
    # AWS checks this for each namespace and workgroup, even if the role exists.
    {
      Sid       = "RoleOfRedshiftItself"
      Effect    = "Allow"
      Action    = "iam:CreateServiceLinkedRole"
      Resource  = "${local.iam_arn}:role/aws-service-role/redshift.amazonaws.com/AWSServiceRoleForRedshift"
      Condition = { StringEquals = { "iam:AWSServiceName" = "redshift.amazonaws.com" } }
    },
    {
      Sid    = "NotItself"
      Effect = "Deny"
      Action = [
        "iam:Add*",
        "iam:Attach*",
        "iam:Create*",
        "iam:Delete*",
        "iam:Detach*",
        "iam:PassRole",
        "iam:Put*",
        "iam:Remove*",
        "iam:Set*",
        "iam:Tag*",
        "iam:Untag*",
        "iam:Update*",
      ]
      Resource = [local.ci_role_arns, local.ci_policy_arns, var.permissions_boundary_arn, local.provider_arn]
    },
  ]
}
