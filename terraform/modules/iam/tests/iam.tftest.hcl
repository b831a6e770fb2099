mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  copy_role_name     = "txn-copy"
  pipeline_role_name = "txn-pipeline"
  lake_bucket_arn    = "arn:aws:s3:::txn-lake"
  lake_prefix        = "lake"
  lake_kms_key_arn   = "arn:aws:kms:eu-central-1:123456789012:key/lake"
  region             = "eu-central-1"
  workgroup_name     = "txn"
  workgroup_arn      = "arn:aws:redshift-serverless:eu-central-1:123456789012:workgroup/one"
  database_role      = "txn_loader"
}

run "copy_reads_the_lake_and_does_nothing_else" {
  assert {
    condition = jsondecode(aws_iam_role_policy.copy.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "ListTheLake"
          Effect    = "Allow"
          Action    = "s3:ListBucket"
          Resource  = "arn:aws:s3:::txn-lake"
          Condition = { StringLike = { "s3:prefix" = ["lake", "lake/*"] } }
        },
        {
          Sid      = "FindTheBucket"
          Effect   = "Allow"
          Action   = "s3:GetBucketLocation"
          Resource = "arn:aws:s3:::txn-lake"
        },
        {
          Sid      = "ReadTheLake"
          Effect   = "Allow"
          Action   = "s3:GetObject"
          Resource = "arn:aws:s3:::txn-lake/lake/*"
        },
        {
          Sid       = "DecryptThroughS3"
          Effect    = "Allow"
          Action    = "kms:Decrypt"
          Resource  = "arn:aws:kms:eu-central-1:123456789012:key/lake"
          Condition = { StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" } }
        },
      ]
    }
    error_message = aws_iam_role_policy.copy.policy
  }
}

run "only_redshift_for_users_of_our_serverless_warehouse_assumes_the_copy_role" {
  assert {
    condition = jsondecode(aws_iam_role.copy.assume_role_policy).Statement == [{
      Sid       = "OurServerlessUsers"
      Effect    = "Allow"
      Principal = { Service = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"] }
      Action    = "sts:AssumeRole"
      Condition = {
        StringLike = {
          "sts:ExternalId" = [
            "arn:aws:redshift:eu-central-1:123456789012:dbuser:txn/*",
            "arn:aws:redshift:eu-central-1:123456789012:dbuser:serverless-123456789012-*/*",
          ]
        }
      }
    }]
    error_message = aws_iam_role.copy.assume_role_policy
  }
}

run "the_pipeline_writes_the_lake_signs_in_and_does_nothing_else" {
  assert {
    condition = jsondecode(aws_iam_role_policy.pipeline.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "ListTheBucket"
          Effect   = "Allow"
          Action   = "s3:ListBucket"
          Resource = "arn:aws:s3:::txn-lake"
        },
        {
          Sid      = "WriteTheLake"
          Effect   = "Allow"
          Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
          Resource = "arn:aws:s3:::txn-lake/lake/*"
        },
        {
          Sid       = "EncryptThroughS3"
          Effect    = "Allow"
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = "arn:aws:kms:eu-central-1:123456789012:key/lake"
          Condition = { StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" } }
        },
        {
          Sid      = "SignIn"
          Effect   = "Allow"
          Action   = "redshift-serverless:GetCredentials"
          Resource = "arn:aws:redshift-serverless:eu-central-1:123456789012:workgroup/one"
        },
      ]
    }
    error_message = aws_iam_role_policy.pipeline.policy
  }
  assert {
    condition     = aws_iam_role.pipeline.tags["RedshiftDbRoles"] == "txn_loader"
    error_message = "The pipeline role brings its role in the database by this tag."
  }
}

run "who_of_the_account_may_become_the_pipeline_is_a_variable" {
  variables {
    trusted_principal_arns = ["arn:aws:iam::123456789012:role/engineer"]
  }
  assert {
    condition = jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement == [{
      Sid       = "OurAccount"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = "sts:AssumeRole"
      Condition = { ArnLike = { "aws:PrincipalArn" = ["arn:aws:iam::123456789012:role/engineer"] } }
    }]
    error_message = aws_iam_role.pipeline.assume_role_policy
  }
}

run "by_default_it_is_who_is_allowed_to_by_their_own_policies" {
  assert {
    condition     = !can(jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement[0].Condition)
    error_message = aws_iam_role.pipeline.assume_role_policy
  }
  assert {
    condition     = aws_iam_role.copy.permissions_boundary == null && aws_iam_role.pipeline.permissions_boundary == null
    error_message = "No boundary was given."
  }
}

run "both_roles_may_be_bounded" {
  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
  }
  assert {
    condition     = alltrue([for role in [aws_iam_role.copy, aws_iam_role.pipeline] : role.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"])
    error_message = "A role has no boundary."
  }
}

run "a_principal_that_is_no_arn_is_refused" {
  command = plan
  variables {
    trusted_principal_arns = ["engineer"]
  }
  expect_failures = [var.trusted_principal_arns]
}
