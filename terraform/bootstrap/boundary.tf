locals {
  # Resources whose names AWS chooses are recognised by this tag, which Terraform gives to all of the stack.
  ours        = { "aws:ResourceTag/project" = var.name }
  bucket_name = "${var.name}-lake-${local.account_id}-${var.region}"

  # The maximum permissions of any role of the stack. Roles created by CI/CD must have this boundary.
  boundary = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Lake"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
        Resource = ["arn:${local.partition}:s3:::${local.bucket_name}", "arn:${local.partition}:s3:::${local.bucket_name}/*"]
      },
      {
        Sid       = "KeysThroughServices"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "arn:${local.partition}:kms:${var.region}:${local.account_id}:key/*"
        Condition = { StringEquals = merge(local.ours, { "kms:ViaService" = ["s3.${var.region}.amazonaws.com", "sns.${var.region}.amazonaws.com"] }) }
      },
      {
        Sid       = "SignIn"
        Effect    = "Allow"
        Action    = "redshift-serverless:GetCredentials"
        Resource  = "arn:${local.partition}:redshift-serverless:${var.region}:${local.account_id}:workgroup/*"
        Condition = { StringEquals = local.ours }
      },
      {
        Sid       = "RunStatements"
        Effect    = "Allow"
        Action    = ["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"]
        Resource  = "arn:${local.partition}:redshift-serverless:${var.region}:${local.account_id}:workgroup/*"
        Condition = { StringEquals = local.ours }
      },
      {
        Sid       = "FollowOwnStatements"
        Effect    = "Allow"
        Action    = ["redshift-data:CancelStatement", "redshift-data:DescribeStatement", "redshift-data:GetStatementResult"]
        Resource  = "*"
        Condition = { StringEquals = { "redshift-data:statement-owner-iam-userid" = "$${aws:userid}" } }
      },
      {
        Sid      = "Alerts"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = "arn:${local.partition}:sns:${var.region}:${local.account_id}:${var.name}-alarms"
      },
      {
        Sid       = "SnapshotWarehouse"
        Effect    = "Allow"
        Action    = "redshift-serverless:CreateSnapshot"
        Resource  = "arn:${local.partition}:redshift-serverless:${var.region}:${local.account_id}:namespace/*"
        Condition = { StringEquals = local.ours }
      },
      {
        Sid      = "NewSnapshots"
        Effect   = "Allow"
        Action   = "redshift-serverless:CreateSnapshot"
        Resource = "arn:${local.partition}:redshift-serverless:${var.region}:${local.account_id}:snapshot/*"
      },
      {
        Sid      = "FlowLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${var.region}:${local.account_id}:log-group:/aws/vpc/${var.name}/*"
      },
      {
        Sid      = "HostBecomesPipeline"
        Effect   = "Allow"
        Action   = "sts:AssumeRole"
        Resource = "arn:${local.partition}:iam::${local.account_id}:role/${var.name}-pipeline"
      },
      {
        Sid      = "HostPullsImages"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:${local.partition}:ecr:${var.region}:${local.account_id}:repository/${var.name}-airflow"
      },
      {
        Sid    = "HostIsReachedBySsm"
        Effect = "Allow"
        Action = [
          "ec2messages:*",
          "ecr:GetAuthorizationToken",
          "ssm:DescribeAssociation",
          "ssm:DescribeDocument",
          "ssm:GetDeployablePatchSnapshotForInstance",
          "ssm:GetDocument",
          "ssm:GetManifest",
          "ssm:ListAssociations",
          "ssm:ListInstanceAssociations",
          "ssm:PutComplianceItems",
          "ssm:PutInventory",
          "ssm:UpdateAssociationStatus",
          "ssm:UpdateInstanceAssociationStatus",
          "ssm:UpdateInstanceInformation",
          "ssmmessages:*",
        ]
        Resource = "*"
      },
    ]
  }
}

resource "aws_iam_policy" "boundary" {
  #checkov:skip=CKV_AWS_290:The SSM agent and ECR sign-in support no resource; the roles' own policies allow less.
  #checkov:skip=CKV_AWS_355:For the same reason.
  name        = "${var.name}-boundary"
  description = "The most that any role of the stack may do"
  policy      = jsonencode(local.boundary)
}
