mock_provider "aws" {
  source = "../tests/mocks"
}

variables {
  region = "eu-central-1"
}

run "the_states_bucket_is_private_versioned_and_encrypted" {
  assert {
    condition     = aws_s3_bucket.state.bucket == "txn-state-123456789012-eu-central-1" && !aws_s3_bucket.state.force_destroy
    error_message = aws_s3_bucket.state.bucket
  }
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled" && one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    error_message = "Expected versioning and encryption."
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.state.block_public_policy && aws_s3_bucket_public_access_block.state.restrict_public_buckets
    error_message = "Public access is not blocked."
  }
}

run "only_ssm_ecr_sign_in_and_own_statements_are_allowed_on_all_resources" {
  assert {
    condition     = [for one in jsondecode(aws_iam_policy.boundary.policy).Statement : one.Sid if one.Resource == "*"] == ["FollowOwnStatements", "HostIsReachedBySsm"]
    error_message = aws_iam_policy.boundary.policy
  }
  assert {
    condition     = !anytrue([for action in flatten([for one in jsondecode(aws_iam_policy.boundary.policy).Statement : one.Action]) : startswith(action, "iam:")])
    error_message = "A role with the boundary must not change roles."
  }
}

run "the_boundary_fits_the_limit_of_iam" {
  assert {
    condition     = length(aws_iam_policy.boundary.policy) <= 6144
    error_message = "IAM allows 6,144 characters for a policy."
  }
}

run "an_invalid_region_is_refused" {
  command = plan
  variables {
    region = "Frankfurt"
  }
  expect_failures = [var.region]
}

run "a_name_that_is_too_short_is_refused" {
  command = plan
  variables {
    name = "t"
  }
  expect_failures = [var.name]
}
