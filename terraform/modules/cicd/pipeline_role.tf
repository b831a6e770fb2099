locals {
  # A scheduled or manual run has the subject of its branch.
  pipeline_trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OneBranch"
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = "repo:${var.repository}:ref:${local.branch}"
        }
      }
    }]
  }

  pipeline_policy = {
    Version = "2012-10-17"
    Statement = [{
      Sid      = "BecomePipeline"
      Effect   = "Allow"
      Action   = "sts:AssumeRole"
      Resource = local.role_arns["pipeline"]
    }]
  }
}

resource "aws_iam_role" "pipeline" {
  name                 = "${var.name}-ci-pipeline"
  description          = "Runs batches from ${var.branch} of ${var.repository}"
  assume_role_policy   = jsonencode(local.pipeline_trust)
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "pipeline" {
  name   = "become-pipeline"
  role   = aws_iam_role.pipeline.id
  policy = jsonencode(local.pipeline_policy)
}
