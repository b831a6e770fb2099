locals {
  plan_trust = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PullRequestsAndOneBranch"
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = ["repo:${var.repository}:pull_request", local.branch_subject]
        }
      }
    }]
  }

  # Code of pull requests runs with this role, so it may read settings but no data.
  plan_policy = {
    Version = "2012-10-17"
    Statement = [
      # ReadOnlyAccess lacks this: a plan reads which statements were run, not their results.
      {
        Sid      = "ReadStatements"
        Effect   = "Allow"
        Action   = "redshift-data:DescribeStatement"
        Resource = "*"
      },
      # ReadOnlyAccess lacks this too: the provider reads the indexes of a table's partitions.
      {
        Sid      = "ReadPartitionIndexes"
        Effect   = "Allow"
        Action   = "glue:GetPartitionIndexes"
        Resource = "arn:${local.partition}:glue:${var.region}:${local.account_id}:*"
      },
      {
        Sid         = "NoObjectsButTheState"
        Effect      = "Deny"
        Action      = ["s3:GetObject*"]
        NotResource = "${local.state_arn}/${var.state_key}"
      },
      {
        Sid    = "NoData"
        Effect = "Deny"
        Action = [
          "logs:FilterLogEvents",
          "logs:GetLogEvents",
          "logs:GetLogRecord",
          "logs:GetQueryResults",
          "logs:StartQuery",
          "redshift-data:*ExecuteStatement",
          "redshift-data:GetStatementResult*",
          "redshift-serverless:GetCredentials",
          "secretsmanager:GetSecretValue",
        ]
        Resource = "*"
      },
    ]
  }
}

resource "aws_iam_role" "plan" {
  name                 = "${var.name}-ci-plan"
  description          = "Plans pull requests and ${var.branch} of ${var.repository}"
  assume_role_policy   = jsonencode(local.plan_trust)
  max_session_duration = 3600
}

resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.plan.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role_policy" "plan" {
  name   = "no-data"
  role   = aws_iam_role.plan.id
  policy = jsonencode(local.plan_policy)
}
