locals {
  deploy_trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OneBranch"
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = local.branch_subject
        }
      }
    }]
  }

  in_region = { StringEquals = { "aws:RequestedRegion" = var.region } }

  # Only the stack's resources. If a service has no resource names to match, the region limits access.
  deploy_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Network"
        Effect = "Allow"
        Action = [
          "ec2:*FlowLogs",
          "ec2:*RouteTable*",
          "ec2:*SecurityGroup*",
          "ec2:*Subnet*",
          "ec2:*Tags",
          "ec2:*Vpc*",
          "ec2:CreateRoute",
          "ec2:DeleteRoute",
          "ec2:Describe*",
          "ec2:ModifyInstanceAttribute",
          "ec2:ModifyInstanceMetadataOptions",
          "ec2:MonitorInstances",
          "ec2:RunInstances",
          "ec2:TerminateInstances",
        ]
        Resource  = "*"
        Condition = local.in_region
      },
      {
        Sid    = "Warehouse"
        Effect = "Allow"
        Action = [
          "redshift-data:DescribeStatement",
          "redshift-data:ExecuteStatement",
          "redshift-serverless:*",
        ]
        Resource  = "*"
        Condition = local.in_region
      },
      {
        Sid      = "AdministratorsPassword"
        Effect   = "Allow"
        Action   = "secretsmanager:*"
        Resource = "arn:${local.partition}:secretsmanager:${var.region}:${local.account_id}:secret:redshift!${var.name}-*"
      },
      {
        Sid    = "Keys"
        Effect = "Allow"
        Action = [
          "kms:*Alias",
          "kms:*Key",
          "kms:*KeyRotation",
          "kms:CreateGrant",
          "kms:Describe*",
          "kms:GetKeyPolicy",
          "kms:GetKeyRotationStatus",
          "kms:List*",
          "kms:PutKeyPolicy",
          "kms:ScheduleKeyDeletion",
          "kms:TagResource",
          "kms:UntagResource",
          "kms:UpdateKeyDescription",
        ]
        Resource  = "*"
        Condition = local.in_region
      },
      # Terraform needs the administrator's password to grant the loader's privileges.
      {
        Sid       = "DecryptPassword"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = "arn:${local.partition}:kms:${var.region}:${local.account_id}:key/*"
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } }
      },
      {
        Sid    = "Lake"
        Effect = "Allow"
        Action = [
          "s3:*Bucket",
          "s3:*BucketLogging",
          "s3:*BucketOwnershipControls",
          "s3:*BucketPolicy",
          "s3:*BucketPublicAccessBlock",
          "s3:*BucketTagging",
          "s3:*BucketVersioning",
          "s3:*Configuration",
          "s3:GetBucket*",
        ]
        Resource = "arn:${local.partition}:s3:::${var.name}-lake-*"
      },
      {
        Sid      = "State"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = ["${local.state_arn}/${var.state_key}", "${local.state_arn}/${var.state_key}.tflock"]
      },
      {
        Sid      = "FindState"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = local.state_arn
      },
      {
        Sid    = "Logs"
        Effect = "Allow"
        Action = "logs:*"
        Resource = [
          "arn:${local.partition}:logs:${var.region}:${local.account_id}:log-group:/aws/vpc/${var.name}/*",
          "arn:${local.partition}:logs:${var.region}:${local.account_id}:log-group:/aws/redshift/${var.name}/*",
        ]
      },
      {
        Sid       = "FindLogsAndAlarms"
        Effect    = "Allow"
        Action    = ["cloudwatch:DescribeAlarms", "logs:DescribeLogGroups"]
        Resource  = "*"
        Condition = local.in_region
      },
      {
        Sid    = "Snapshots"
        Effect = "Allow"
        Action = "scheduler:*"
        Resource = [
          "arn:${local.partition}:scheduler:${var.region}:${local.account_id}:schedule/${var.name}-*",
          "arn:${local.partition}:scheduler:${var.region}:${local.account_id}:schedule-group/${var.name}-*",
        ]
      },
      {
        Sid    = "Catalog"
        Effect = "Allow"
        Action = "glue:*"
        Resource = [
          "arn:${local.partition}:glue:${var.region}:${local.account_id}:catalog",
          "arn:${local.partition}:glue:${var.region}:${local.account_id}:database/${replace(var.name, "-", "_")}",
          "arn:${local.partition}:glue:${var.region}:${local.account_id}:table/${replace(var.name, "-", "_")}/*",
        ]
      },
      {
        Sid    = "Alarms"
        Effect = "Allow"
        Action = ["cloudwatch:*", "sns:*"]
        Resource = [
          "arn:${local.partition}:cloudwatch:${var.region}:${local.account_id}:alarm:${var.name}-*",
          "arn:${local.partition}:cloudwatch::${local.account_id}:dashboard/${var.name}",
          "arn:${local.partition}:sns:${var.region}:${local.account_id}:${var.name}-*",
        ]
      },
      {
        Sid      = "Budget"
        Effect   = "Allow"
        Action   = "budgets:*"
        Resource = "arn:${local.partition}:budgets::${local.account_id}:budget/${var.name}-*"
      },
      {
        Sid      = "Images"
        Effect   = "Allow"
        Action   = "ecr:*"
        Resource = "arn:${local.partition}:ecr:${var.region}:${local.account_id}:repository/${var.name}-*"
      },
      {
        Sid      = "MachineImage"
        Effect   = "Allow"
        Action   = "ssm:GetParameter"
        Resource = "arn:${local.partition}:ssm:${var.region}::parameter/aws/service/ami-amazon-linux-latest/*"
      },
      {
        Sid    = "ReadIdentities"
        Effect = "Allow"
        Action = ["iam:Get*", "iam:List*"]
        Resource = [
          local.roles_arn,
          local.provider_arn,
          "arn:${local.partition}:iam::${local.account_id}:instance-profile/${var.name}-*",
        ]
      },
      {
        Sid    = "BoundedRoles"
        Effect = "Allow"
        Action = [
          "iam:AttachRolePolicy",
          "iam:CreateRole",
          "iam:DeleteRolePolicy",
          "iam:DetachRolePolicy",
          "iam:PutRolePolicy",
        ]
        Resource  = local.roles_arn
        Condition = { StringEquals = { "iam:PermissionsBoundary" = var.permissions_boundary_arn } }
      },
      {
        Sid    = "Roles"
        Effect = "Allow"
        Action = [
          "iam:AddRoleToInstanceProfile",
          "iam:CreateInstanceProfile",
          "iam:DeleteInstanceProfile",
          "iam:DeleteRole",
          "iam:RemoveRoleFromInstanceProfile",
          "iam:TagInstanceProfile",
          "iam:TagRole",
          "iam:UntagInstanceProfile",
          "iam:UntagRole",
          "iam:UpdateAssumeRolePolicy",
          "iam:UpdateRole",
        ]
        Resource = [
          local.roles_arn,
          "arn:${local.partition}:iam::${local.account_id}:instance-profile/${var.name}-*",
        ]
      },
      {
        Sid       = "GiveRolesToServices"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.roles_arn
        Condition = { StringEquals = { "iam:PassedToService" = ["ec2.amazonaws.com", "redshift.amazonaws.com", "redshift-serverless.amazonaws.com", "scheduler.amazonaws.com", "vpc-flow-logs.amazonaws.com"] } }
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
          "iam:Tag*",
          "iam:Untag*",
          "iam:Update*",
        ]
        Resource = concat(local.own_role_arns, [local.provider_arn])
      },
    ]
  }
}

resource "aws_iam_role" "deploy" {
  name                 = "${var.name}-ci-deploy"
  description          = "Applies ${var.branch} of ${var.repository}"
  assume_role_policy   = jsonencode(local.deploy_trust)
  max_session_duration = 7200
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = aws_iam_role.deploy.id
  policy = jsonencode(local.deploy_policy)
}
