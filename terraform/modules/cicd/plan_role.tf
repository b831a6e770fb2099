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
          "${local.issuer}:sub" = ["repo:${var.repository}:pull_request", "repo:${var.repository}:ref:${local.branch}"]
        }
      }
    }]
  }

  # Code of pull requests runs with this role. The denials also hold if somebody attaches ReadOnlyAccess to it.
  no_data_statements = [
    {
      Sid         = "NoObjectsButTheState"
      Effect      = "Deny"
      Action      = "s3:GetObject*"
      NotResource = "${local.state_arn}/${var.state_key}"
    },
    {
      Sid         = "NoParametersButTheMachineImage"
      Effect      = "Deny"
      Action      = "ssm:GetParameter*"
      NotResource = local.machine_image_arn
    },
    {
      Sid    = "NoData"
      Effect = "Deny"
      Action = [
        "athena:GetQueryResults*",
        "athena:StartQueryExecution",
        "cloudtrail:GetQueryResults",
        "cloudtrail:LookupEvents",
        "codecommit:GetBlob",
        "codecommit:GetFile",
        "codecommit:GitPull",
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:GetRecords",
        "dynamodb:PartiQLSelect",
        "dynamodb:Query",
        "dynamodb:Scan",
        "ebs:GetSnapshotBlock",
        "ec2:GetConsole*",
        "ec2:GetPasswordData",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "es:ESHttp*",
        "kinesis:GetRecords",
        "kinesis:SubscribeToShard",
        "lambda:GetFunction",
        "lambda:InvokeFunction*",
        "logs:FilterLogEvents",
        "logs:Get*",
        "logs:StartLiveTail",
        "logs:StartQuery",
        "logs:Unmask",
        "rds-data:*",
        "rds:Download*",
        "redshift-data:*ExecuteStatement",
        "redshift-data:GetStatementResult*",
        "redshift-serverless:GetCredentials",
        "redshift:GetClusterCredentials*",
        "s3-object-lambda:GetObject*",
        "s3express:CreateSession",
        "secretsmanager:BatchGetSecretValue",
        "secretsmanager:GetSecretValue",
        "sqs:ReceiveMessage",
        "ssm:GetCommandInvocation",
        "ssm:ListCommand*",
        "ssm:StartSession",
      ]
      Resource = "*"
    },
  ]
}

resource "aws_iam_role" "plan" {
  name                 = "${var.name}-ci-plan"
  description          = "Plans pull requests and ${var.branch} of ${var.repository}"
  assume_role_policy   = jsonencode(local.plan_trust)
  max_session_duration = 3600
}

resource "aws_iam_policy" "no_data" {
  name        = "${var.name}-ci-no-data"
  description = "Read no data"
  policy      = jsonencode({ Version = "2012-10-17", Statement = local.no_data_statements })
}

resource "aws_iam_role_policy_attachment" "plan" {
  for_each = { read = aws_iam_policy.read.arn, no-data = aws_iam_policy.no_data.arn }

  role       = aws_iam_role.plan.name
  policy_arn = each.value
}
