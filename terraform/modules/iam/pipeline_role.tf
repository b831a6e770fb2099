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

  pipeline_policy = {
    Version = "2012-10-17"
    Statement = [
      # Of the whole bucket: with a condition on the prefix, S3 would answer 403 and not 404 when it is
      # asked for a file that is not there yet.
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
    ]
  }
}

resource "aws_iam_role" "pipeline" {
  name                 = var.pipeline_role_name
  description          = "Generates into the lake and loads into the warehouse"
  assume_role_policy   = jsonencode(local.pipeline_trust)
  permissions_boundary = local.boundary

  # Redshift Serverless grants whoever signs in with this role the database role of that name.
  tags = { RedshiftDbRoles = var.database_role }
}

resource "aws_iam_role_policy" "pipeline" {
  name   = "write-lake-sign-in"
  role   = aws_iam_role.pipeline.id
  policy = jsonencode(local.pipeline_policy)
}
