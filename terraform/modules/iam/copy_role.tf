locals {
  database_users = "arn:${local.partition}:redshift:${var.region}:${local.account_id}:dbuser"

  copy_trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OurServerlessUsers"
      Effect    = "Allow"
      Principal = { Service = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"] }
      Action    = "sts:AssumeRole"
      # Redshift sends the name of the database user for whom it acts. AWS documents two forms of that name.
      # The second contains an id of the workgroup, which is created after this role.
      Condition = {
        StringLike = {
          "sts:ExternalId" = [
            "${local.database_users}:${var.workgroup_name}/*",
            "${local.database_users}:serverless-${local.account_id}-*/*",
          ]
        }
      }
    }]
  }

  copy_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ListTheLake"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = var.lake_bucket_arn
        Condition = { StringLike = { "s3:prefix" = [var.lake_prefix, "${var.lake_prefix}/*"] } }
      },
      {
        Sid      = "FindTheBucket"
        Effect   = "Allow"
        Action   = "s3:GetBucketLocation"
        Resource = var.lake_bucket_arn
      },
      {
        Sid      = "ReadTheLake"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = local.objects
      },
      {
        Sid       = "DecryptThroughS3"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = var.lake_kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
      },
    ]
  }
}

resource "aws_iam_role" "copy" {
  name                 = var.copy_role_name
  description          = "Redshift reads the lake with it, for COPY"
  assume_role_policy   = jsonencode(local.copy_trust)
  permissions_boundary = local.boundary
}

resource "aws_iam_role_policy" "copy" {
  name   = "read-lake"
  role   = aws_iam_role.copy.id
  policy = jsonencode(local.copy_policy)
}
