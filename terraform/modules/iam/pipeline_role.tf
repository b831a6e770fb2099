locals {
  pipeline_trust = {
    Version = "2012-10-17"
    Statement = [merge(
      {
        Sid       = "OurAccount"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
        Action    = "sts:AssumeRole"
      },
      length(var.trusted_principal_arns) == 0 ? {} : {
        Condition = { ArnLike = { "aws:PrincipalArn" = var.trusted_principal_arns } }
      },
    )]
  }

  alert_statements = [for topic in(var.alarm_topic.arn == "" ? [] : [var.alarm_topic]) : [
    {
      Sid      = "SendAlerts"
      Effect   = "Allow"
      Action   = "sns:Publish"
      Resource = topic.arn
    },
    {
      Sid       = "EncryptAlerts"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = topic.kms_key_arn
      Condition = { StringEquals = { "kms:ViaService" = "sns.${var.region}.amazonaws.com" } }
    },
  ]]

  pipeline_policy = {
    Version = "2012-10-17"
    Statement = concat([
      # No condition on the prefix: with one, S3 would answer 403 instead of 404 for a file that does not
      # exist yet.
      {
        Sid      = "ListTheBucket"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = var.lake_bucket_arn
      },
      {
        Sid    = "WriteTheLake"
        Effect = "Allow"
        Action = [
          "s3:AbortMultipartUpload",
          "s3:DeleteObject",
          "s3:GetObject",
          "s3:PutObject",
        ]
        Resource = local.objects
      },
      {
        Sid       = "EncryptThroughS3"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = var.lake_kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
      },
      {
        Sid      = "SignIn"
        Effect   = "Allow"
        Action   = "redshift-serverless:GetCredentials"
        Resource = var.workgroup_arn
      },
      {
        Sid      = "RunStatements"
        Effect   = "Allow"
        Action   = ["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"]
        Resource = var.workgroup_arn
      },
      {
        Sid       = "FollowOwnStatements"
        Effect    = "Allow"
        Action    = ["redshift-data:CancelStatement", "redshift-data:DescribeStatement", "redshift-data:GetStatementResult"]
        Resource  = "*"
        Condition = { StringEquals = { "redshift-data:statement-owner-iam-userid" = "$${aws:userid}" } }
      },
    ], flatten(local.alert_statements))
  }
}

resource "aws_iam_role" "pipeline" {
  name                 = var.pipeline_role_name
  description          = "Generates into the lake and loads into the warehouse"
  assume_role_policy   = jsonencode(local.pipeline_trust)
  permissions_boundary = local.boundary

  # Redshift Serverless grants this database role to users who sign in with the IAM role.
  tags = { RedshiftDbRoles = var.database_role }
}

resource "aws_iam_role_policy" "pipeline" {
  name   = "write-lake-sign-in"
  role   = aws_iam_role.pipeline.id
  policy = jsonencode(local.pipeline_policy)
}
