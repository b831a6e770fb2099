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

run "the_copy_role_may_only_read_the_lake" {
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

run "with_alarms_the_pipeline_role_may_also_send_alerts" {
  variables {
    alarm_topic = {
      arn         = "arn:aws:sns:eu-central-1:123456789012:txn-alarms"
      kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/alarms"
    }
  }
  assert {
    condition = [for one in jsondecode(aws_iam_role_policy.pipeline.policy).Statement : one if endswith(one.Sid, "Alerts")] == [
      {
        Sid      = "SendAlerts"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = "arn:aws:sns:eu-central-1:123456789012:txn-alarms"
      },
      {
        Sid       = "EncryptAlerts"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "arn:aws:kms:eu-central-1:123456789012:key/alarms"
        Condition = { StringEquals = { "kms:ViaService" = "sns.eu-central-1.amazonaws.com" } }
      },
    ]
    error_message = aws_iam_role_policy.pipeline.policy
  }
}

run "only_redshift_may_assume_the_copy_role_for_users_of_our_serverless_warehouse" {
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

run "the_pipeline_role_may_only_write_the_lake_and_sign_in" {
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
        {
          Sid      = "RunStatements"
          Effect   = "Allow"
          Action   = ["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"]
          Resource = "arn:aws:redshift-serverless:eu-central-1:123456789012:workgroup/one"
        },
        {
          Sid       = "FollowOwnStatements"
          Effect    = "Allow"
          Action    = ["redshift-data:CancelStatement", "redshift-data:DescribeStatement", "redshift-data:GetStatementResult"]
          Resource  = "*"
          Condition = { StringEquals = { "redshift-data:statement-owner-iam-userid" = "$${aws:userid}" } }
        },
      ]
    }
    error_message = aws_iam_role_policy.pipeline.policy
  }
  assert {
    condition     = aws_iam_role.pipeline.tags["RedshiftDbRoles"] == "txn_loader"
    error_message = "Redshift grants the database role through this tag."
  }
}

run "a_variable_limits_who_may_assume_the_pipeline_role" {
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

run "by_default_the_callers_own_policies_decide_who_may_assume_it" {
  assert {
    condition     = !can(jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement[0].Condition)
    error_message = aws_iam_role.pipeline.assume_role_policy
  }
  assert {
    condition     = aws_iam_role.copy.permissions_boundary == null && aws_iam_role.pipeline.permissions_boundary == null
    error_message = "No boundary was given."
  }
}

run "both_roles_can_have_a_permissions_boundary" {
  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
  }
  assert {
    condition     = alltrue([for role in [aws_iam_role.copy, aws_iam_role.pipeline] : role.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"])
    error_message = "A role has no boundary."
  }
}

run "a_principal_that_is_not_an_arn_is_refused" {
  command = plan
  variables {
    trusted_principal_arns = ["engineer"]
  }
  expect_failures = [var.trusted_principal_arns]
}
