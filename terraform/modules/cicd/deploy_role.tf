locals {
  # A job of another branch gets no token with this environment if the environment allows only this branch.
  # AWS checks both, so that it does not depend on a setting of GitHub alone.
  deploy_trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ApprovedJobsOfOneBranch"
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:ref" = local.branch
          "${local.issuer}:sub" = "repo:${var.repository}:environment:production"
        }
      }
    }]
  }

  # AWS limits the length of a policy, so there is one for each topic.
  deploy_policies = {
    data       = local.data_statements
    identities = local.identity_statements
    keys       = local.key_statements
    monitoring = local.monitoring_statements
    network    = local.network_statements
  }
}

resource "aws_iam_role" "deploy" {
  name                 = "${var.name}-ci-deploy"
  description          = "Applies ${var.branch} of ${var.repository} after approval"
  assume_role_policy   = jsonencode(local.deploy_trust)
  max_session_duration = 7200
}

resource "aws_iam_policy" "deploy" {
  for_each = local.deploy_policies

  name        = "${var.name}-ci-deploy-${each.key}"
  description = "Change the stack: ${each.key}"
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = merge({ read = aws_iam_policy.read.arn }, { for topic, policy in aws_iam_policy.deploy : topic => policy.arn })

  role       = aws_iam_role.deploy.name
  policy_arn = each.value
}
