mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name                     = "txn"
  region                   = "eu-central-1"
  repository               = "example/txn-kedro"
  state_bucket             = "txn-state"
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
}

run "only_one_branch_of_one_repository_may_deploy" {
  assert {
    condition = jsondecode(aws_iam_role.deploy.assume_role_policy).Statement == [{
      Sid       = "OneBranch"
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = "repo:example/txn-kedro:ref:refs/heads/main"
        }
      }
    }]
    error_message = aws_iam_role.deploy.assume_role_policy
  }
}

run "only_its_pull_requests_and_that_branch_may_plan" {
  assert {
    condition     = jsondecode(aws_iam_role.plan.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:example/txn-kedro:pull_request", "repo:example/txn-kedro:ref:refs/heads/main"]
    error_message = aws_iam_role.plan.assume_role_policy
  }
  assert {
    condition     = aws_iam_role_policy_attachment.plan.policy_arn == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    error_message = "Expected the ReadOnlyAccess policy."
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.plan.policy).Statement == [
      {
        Sid      = "ReadStatements"
        Effect   = "Allow"
        Action   = "redshift-data:DescribeStatement"
        Resource = "*"
      },
      {
        Sid      = "ReadPartitionIndexes"
        Effect   = "Allow"
        Action   = "glue:GetPartitionIndexes"
        Resource = "arn:aws:glue:eu-central-1:123456789012:*"
      },
      {
        Sid         = "NoObjectsButTheState"
        Effect      = "Deny"
        Action      = ["s3:GetObject*"]
        NotResource = "arn:aws:s3:::txn-state/txn-kedro/terraform.tfstate"
      },
      {
        Sid      = "NoData"
        Effect   = "Deny"
        Action   = ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetLogRecord", "logs:GetQueryResults", "logs:StartQuery", "redshift-data:*ExecuteStatement", "redshift-data:GetStatementResult*", "redshift-serverless:GetCredentials", "secretsmanager:GetSecretValue"]
        Resource = "*"
      },
    ]
    error_message = aws_iam_role_policy.plan.policy
  }
}

run "the_deploy_role_creates_only_our_roles_with_the_boundary_and_cannot_change_itself" {
  assert {
    condition = [for one in jsondecode(aws_iam_role_policy.deploy.policy).Statement : one if one.Sid == "BoundedRoles"] == [{
      Sid       = "BoundedRoles"
      Effect    = "Allow"
      Action    = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy"]
      Resource  = "arn:aws:iam::123456789012:role/txn-*"
      Condition = { StringEquals = { "iam:PermissionsBoundary" = "arn:aws:iam::123456789012:policy/boundary" } }
    }]
    error_message = aws_iam_role_policy.deploy.policy
  }
  assert {
    condition     = one([for one in jsondecode(aws_iam_role_policy.deploy.policy).Statement : one.Resource if one.Effect == "Deny"]) == ["arn:aws:iam::123456789012:role/txn-ci-deploy", "arn:aws:iam::123456789012:role/txn-ci-plan", "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"]
    error_message = aws_iam_role_policy.deploy.policy
  }
}

run "the_deploy_role_decrypts_secrets_but_no_data" {
  assert {
    condition = [for one in jsondecode(aws_iam_role_policy.deploy.policy).Statement : one if contains(flatten([one.Action]), "kms:Decrypt")] == [{
      Sid       = "DecryptPassword"
      Effect    = "Allow"
      Action    = "kms:Decrypt"
      Resource  = "arn:aws:kms:eu-central-1:123456789012:key/*"
      Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.eu-central-1.amazonaws.com" } }
    }]
    error_message = aws_iam_role_policy.deploy.policy
  }
}

run "no_statement_allows_everything_on_all_resources_or_in_all_regions" {
  assert {
    condition     = alltrue([for one in jsondecode(aws_iam_role_policy.deploy.policy).Statement : one.Effect == "Deny" || one.Resource != "*" || try(one.Condition.StringEquals["aws:RequestedRegion"], "") == "eu-central-1"])
    error_message = "A statement on * must be limited to the region."
  }
  assert {
    condition     = alltrue([for one in jsondecode(aws_iam_role_policy.deploy.policy).Statement : !contains(flatten([one.Action]), "*")])
    error_message = "A statement allows every action."
  }
  assert {
    condition     = length(aws_iam_role_policy.deploy.policy) < 10240
    error_message = "IAM allows 10,240 characters for a role's inline policies."
  }
}

run "githubs_provider_is_created_by_default" {
  assert {
    condition     = aws_iam_openid_connect_provider.github[0].url == "https://token.actions.githubusercontent.com"
    error_message = "Expected GitHub's issuer."
  }
}

run "an_existing_provider_is_used" {
  variables {
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/there"
  }
  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && jsondecode(aws_iam_role.deploy.assume_role_policy).Statement[0].Principal.Federated == "arn:aws:iam::123456789012:oidc-provider/there"
    error_message = "Expected the given provider."
  }
}

run "a_repository_with_ids_is_accepted" {
  command = plan
  variables {
    repository        = "example@4567/txn-kedro@891011"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/there"
  }
  assert {
    condition     = strcontains(aws_iam_role.deploy.assume_role_policy, "repo:example@4567/txn-kedro@891011:ref:refs/heads/main")
    error_message = aws_iam_role.deploy.assume_role_policy
  }
}

run "a_repository_with_a_wildcard_is_refused" {
  command = plan
  variables {
    repository = "example/*"
  }
  expect_failures = [var.repository]
}

run "a_branch_with_a_wildcard_is_refused" {
  command = plan
  variables {
    branch = "release-*"
  }
  expect_failures = [var.branch]
}

run "a_missing_boundary_is_refused" {
  command = plan
  variables {
    permissions_boundary_arn = ""
  }
  expect_failures = [var.permissions_boundary_arn]
}

run "an_invalid_name_of_the_state_bucket_is_refused" {
  command = plan
  variables {
    state_bucket = "s3://state"
  }
  expect_failures = [var.state_bucket]
}
