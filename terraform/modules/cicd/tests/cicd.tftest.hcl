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

run "only_approved_jobs_of_one_branch_of_one_repository_may_deploy" {
  assert {
    condition = jsondecode(aws_iam_role.deploy.assume_role_policy).Statement == [{
      Sid       = "ApprovedJobsOfOneBranch"
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:ref" = "refs/heads/main"
          "token.actions.githubusercontent.com:sub" = "repo:example/txn-kedro:environment:production"
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
}

run "the_plan_role_has_what_both_roles_read_and_the_denials" {
  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.plan)) == toset(["read", "no-data"])
    error_message = "Expected these policies only."
  }
  assert {
    condition     = alltrue([for one in jsondecode(aws_iam_policy.no_data.policy).Statement : one.Effect == "Deny"])
    error_message = aws_iam_policy.no_data.policy
  }
}

run "every_policy_is_attached_to_the_deploy_role_and_fits_the_limits_of_iam" {
  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.deploy)) == toset(["read", "data", "identities", "keys", "monitoring", "network"])
    error_message = "Expected these policies only."
  }
  assert {
    condition     = length(aws_iam_role_policy_attachment.deploy) <= 10
    error_message = "IAM allows 10 managed policies for a role."
  }
  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.deploy), [aws_iam_policy.read, aws_iam_policy.no_data]) : length(policy.policy) <= 6144])
    error_message = "IAM allows 6,144 characters for a policy."
  }
}

run "an_existing_network_may_be_used" {
  variables {
    existing_network_arns = ["arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1", "arn:aws:ec2:eu-central-1:123456789012:subnet/subnet-1"]
  }
  assert {
    condition = [for one in jsondecode(aws_iam_policy.deploy["network"].policy).Statement : one if one.Sid == "UseExistingNetwork"] == [{
      Sid       = "UseExistingNetwork"
      Effect    = "Allow"
      Action    = ["ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint", "ec2:RunInstances"]
      Resource  = ["arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1", "arn:aws:ec2:eu-central-1:123456789012:subnet/subnet-1"]
      Condition = { StringEquals = { "aws:RequestedRegion" = "eu-central-1" } }
    }]
    error_message = aws_iam_policy.deploy["network"].policy
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
    condition     = strcontains(aws_iam_role.deploy.assume_role_policy, "repo:example@4567/txn-kedro@891011:environment:production")
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

run "the_branch_may_run_batches_as_the_pipeline_role_and_nothing_else" {
  assert {
    condition     = jsondecode(aws_iam_role.pipeline.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:example/txn-kedro:ref:refs/heads/main"
    error_message = aws_iam_role.pipeline.assume_role_policy
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.pipeline.policy).Statement == [{
      Sid      = "BecomePipeline"
      Effect   = "Allow"
      Action   = "sts:AssumeRole"
      Resource = "arn:aws:iam::123456789012:role/txn-pipeline"
    }]
    error_message = aws_iam_role_policy.pipeline.policy
  }
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
