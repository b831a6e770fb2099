locals {
  # The warehouse, the lake, its catalog, the images and the state.
  data_statements = [
    {
      Sid       = "CreateWarehouse"
      Effect    = "Allow"
      Action    = ["redshift-serverless:CreateNamespace", "redshift-serverless:CreateWorkgroup"]
      Resource  = "*"
      Condition = { StringEquals = local.new }
    },
    # As with keys, AWS cannot tell this from tagging an existing warehouse that has no such tag.
    {
      Sid      = "TagNewWarehouse"
      Effect   = "Allow"
      Action   = "redshift-serverless:TagResource"
      Resource = [for kind in ["namespace", "workgroup"] : "${local.in_service.redshift-serverless}:${kind}/*"]
      Condition = {
        StringEquals = local.new
        Null         = { "aws:ResourceTag/project" = "true" }
      }
    },
    {
      Sid    = "ChangeWarehouse"
      Effect = "Allow"
      Action = [
        "redshift-data:ExecuteStatement",
        "redshift-serverless:DeleteNamespace",
        "redshift-serverless:DeleteWorkgroup",
        "redshift-serverless:TagResource",
        "redshift-serverless:UntagResource",
        "redshift-serverless:UpdateNamespace",
        "redshift-serverless:UpdateWorkgroup",
      ]
      Resource  = [for kind in ["namespace", "workgroup"] : "${local.in_service.redshift-serverless}:${kind}/*"]
      Condition = { StringEquals = local.ours }
    },
    # AWS knows no resources for these.
    {
      Sid    = "LimitsAndPasswords"
      Effect = "Allow"
      Action = [
        "redshift-serverless:CreateUsageLimit",
        "redshift-serverless:DeleteUsageLimit",
        "redshift-serverless:UpdateUsageLimit",
        "secretsmanager:GetRandomPassword",
      ]
      Resource  = "*"
      Condition = { StringEquals = local.in_region }
    },
    {
      Sid    = "AdministratorsPassword"
      Effect = "Allow"
      Action = [
        "secretsmanager:CreateSecret",
        "secretsmanager:DeleteSecret",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:RotateSecret",
        "secretsmanager:TagResource",
        "secretsmanager:UntagResource",
        "secretsmanager:UpdateSecret",
      ]
      Resource = local.secret_arns
    },
    {
      Sid    = "Lake"
      Effect = "Allow"
      Action = [
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketLogging",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketTagging",
        "s3:PutBucketVersioning",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
        "s3:TagResource",
        "s3:UntagResource",
      ]
      Resource = local.bucket_arns
    },
    {
      Sid    = "Catalog"
      Effect = "Allow"
      Action = [
        "glue:CreateDatabase",
        "glue:CreateTable",
        "glue:DeleteDatabase",
        "glue:DeleteTable",
        "glue:TagResource",
        "glue:UntagResource",
        "glue:UpdateDatabase",
        "glue:UpdateTable",
      ]
      Resource = concat(local.catalog_arns, ["${local.in_service.glue}:userDefinedFunction/${replace(var.name, "-", "_")}/*"])
    },
    {
      Sid    = "Images"
      Effect = "Allow"
      Action = [
        "ecr:CreateRepository",
        "ecr:DeleteRepository",
        "ecr:PutImageScanningConfiguration",
        "ecr:PutImageTagMutability",
        "ecr:TagResource",
        "ecr:UntagResource",
      ]
      Resource = local.repository_arn
    },
    {
      Sid      = "WriteState"
      Effect   = "Allow"
      Action   = "s3:PutObject"
      Resource = "${local.state_arn}/${var.state_key}"
    },
    {
      Sid      = "LockState"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      Resource = "${local.state_arn}/${var.state_key}.tflock"
    },
  ]
}
