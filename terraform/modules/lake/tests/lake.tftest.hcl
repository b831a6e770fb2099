mock_provider "aws" {
  source = "../../tests/mocks"
}

override_resource {
  target = aws_s3_bucket.lake
  values = {
    id  = "txn-lake"
    arn = "arn:aws:s3:::txn-lake"
  }
}

override_resource {
  target = aws_s3_bucket.logs
  values = {
    id  = "txn-lake-logs"
    arn = "arn:aws:s3:::txn-lake-logs"
  }
}

variables {
  name              = "txn"
  bucket_name       = "txn-lake"
  copy_role_arn     = "arn:aws:iam::123456789012:role/txn-copy"
  allowed_role_arns = ["arn:aws:iam::123456789012:role/txn-copy", "arn:aws:iam::123456789012:role/txn-pipeline"]
}

run "the_bucket_is_private_versioned_and_encrypted_with_a_key_of_its_own" {
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.lake.block_public_acls,
      aws_s3_bucket_public_access_block.lake.block_public_policy,
      aws_s3_bucket_public_access_block.lake.ignore_public_acls,
      aws_s3_bucket_public_access_block.lake.restrict_public_buckets,
      aws_s3_bucket_public_access_block.logs.block_public_acls,
      aws_s3_bucket_public_access_block.logs.block_public_policy,
      aws_s3_bucket_public_access_block.logs.ignore_public_acls,
      aws_s3_bucket_public_access_block.logs.restrict_public_buckets,
    ])
    error_message = "Public access is not blocked."
  }
  assert {
    condition     = aws_s3_bucket_versioning.lake.versioning_configuration[0].status == "Enabled"
    error_message = "Versioning is off."
  }
  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.lake.rule).bucket_key_enabled && one(aws_s3_bucket_server_side_encryption_configuration.lake.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == aws_kms_key.lake.arn
    error_message = "Expected the lake's key, with a bucket key."
  }
  assert {
    condition     = aws_kms_key.lake.enable_key_rotation
    error_message = "The key is not rotated."
  }
  assert {
    condition     = one(aws_s3_bucket_ownership_controls.lake.rule).object_ownership == "BucketOwnerEnforced" && aws_s3_bucket_logging.lake.target_bucket == "txn-lake-logs"
    error_message = "Expected the bucket owner to own all objects, and access logs."
  }
  assert {
    condition     = !aws_s3_bucket.lake.force_destroy && !aws_s3_bucket.logs.force_destroy
    error_message = "A destroy must not delete a bucket that is not empty."
  }
}

run "the_policy_denies_plain_http_and_all_but_our_roles" {
  assert {
    condition = jsondecode(aws_s3_bucket_policy.lake.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "TlsOnly"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws:s3:::txn-lake", "arn:aws:s3:::txn-lake/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "Tls12OrNewer"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws:s3:::txn-lake", "arn:aws:s3:::txn-lake/*"]
          Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
        },
        {
          Sid       = "OurRolesOnly"
          Effect    = "Deny"
          Principal = "*"
          Action    = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
          Resource  = "arn:aws:s3:::txn-lake/*"
          Condition = { ArnNotLike = { "aws:PrincipalArn" = ["arn:aws:iam::123456789012:role/txn-copy", "arn:aws:iam::123456789012:role/txn-pipeline"] } }
        },
      ]
    }
    error_message = aws_s3_bucket_policy.lake.policy
  }
}

run "copy_may_read_even_if_access_is_limited_to_the_vpc" {
  variables {
    s3_endpoint_id = "vpce-1"
  }
  assert {
    condition = jsondecode(aws_s3_bucket_policy.lake.policy).Statement[3] == {
      Sid       = "FromTheVpcOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
      Resource  = "arn:aws:s3:::txn-lake/*"
      Condition = {
        StringNotEquals = { "aws:SourceVpce" = "vpce-1" }
        ArnNotLike      = { "aws:PrincipalArn" = "arn:aws:iam::123456789012:role/txn-copy" }
      }
    }
    error_message = aws_s3_bucket_policy.lake.policy
  }
}

run "only_s3_may_write_access_logs" {
  assert {
    condition = jsondecode(aws_s3_bucket_policy.logs.policy).Statement[0] == {
      Sid       = "AccessLogs"
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "arn:aws:s3:::txn-lake-logs/s3/*"
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:s3:::txn-lake" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }
    }
    error_message = aws_s3_bucket_policy.logs.policy
  }
}

run "old_versions_expire_and_old_parts_move" {
  assert {
    condition     = { for rule in aws_s3_bucket_lifecycle_configuration.lake.rule : rule.id => rule.status } == { abort-multipart-uploads = "Enabled", expire-old-versions = "Enabled", transition-old-parts = "Enabled" }
    error_message = "A rule is missing."
  }
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.lake.rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 1
    error_message = "Incomplete uploads must be deleted after a day."
  }
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.lake.rule[1].noncurrent_version_expiration[0].noncurrent_days == 30
    error_message = "Expected old versions to be kept 30 days by default."
  }
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.lake.rule[2].filter[0].prefix == "lake/" && one(aws_s3_bucket_lifecycle_configuration.lake.rule[2].transition).storage_class == "STANDARD_IA" && one(aws_s3_bucket_lifecycle_configuration.lake.rule[2].transition).days == 90
    error_message = "Expected parts to move to Standard-IA after 90 days by default."
  }
}

run "the_url_contains_bucket_and_folder" {
  variables {
    prefix = "teams/txn"
  }
  assert {
    condition     = output.lake_url == "s3://txn-lake/teams/txn"
    error_message = output.lake_url
  }
}

run "a_bucket_name_with_capitals_is_refused" {
  command = plan
  variables {
    bucket_name = "Lake"
  }
  expect_failures = [var.bucket_name]
}

run "a_folder_with_a_trailing_slash_is_refused" {
  command = plan
  variables {
    prefix = "lake/"
  }
  expect_failures = [var.prefix]
}

run "a_lake_without_allowed_roles_is_refused" {
  command = plan
  variables {
    allowed_role_arns = []
  }
  expect_failures = [var.allowed_role_arns]
}

run "a_copy_role_that_is_not_allowed_is_refused" {
  command = plan
  variables {
    copy_role_arn = "arn:aws:iam::123456789012:role/another"
  }
  expect_failures = [var.copy_role_arn]
}

run "zero_days_for_old_versions_are_refused" {
  command = plan
  variables {
    old_version_days = 0
  }
  expect_failures = [var.old_version_days]
}

run "a_move_before_30_days_is_refused" {
  command = plan
  variables {
    transition_days = 29
  }
  expect_failures = [var.transition_days]
}

run "half_a_day_of_logs_is_refused" {
  command = plan
  variables {
    log_retention_days = 1.5
  }
  expect_failures = [var.log_retention_days]
}
