data "aws_partition" "current" {}

locals {
  flow_log_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ec2:${var.region}:${data.aws_caller_identity.current.account_id}:vpc-flow-log/*" }
      }
    }]
  }

  flow_log_policy = {
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
      ]
      Resource = "${join("", aws_cloudwatch_log_group.flow[*].arn)}:*"
    }]
  }
}

# The owner of an existing VPC decides on its flow logs.
resource "aws_cloudwatch_log_group" "flow" {
  #checkov:skip=CKV_AWS_158:They contain addresses and ports, no data; CloudWatch encrypts them with its own key.
  #checkov:skip=CKV_AWS_338:The retention is a variable; a load generator does not need a year of flow logs.
  count = local.creates_vpc ? 1 : 0

  name              = "/aws/vpc/${var.name}/flow"
  retention_in_days = var.flow_log_retention_days
}

resource "aws_iam_role" "flow_log" {
  count = local.creates_vpc ? 1 : 0

  name                 = "${var.name}-flow-log"
  assume_role_policy   = jsonencode(local.flow_log_trust)
  permissions_boundary = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "flow_log" {
  count = local.creates_vpc ? 1 : 0

  name   = "write"
  role   = aws_iam_role.flow_log[0].id
  policy = jsonencode(local.flow_log_policy)
}

resource "aws_flow_log" "this" {
  count = local.creates_vpc ? 1 : 0

  vpc_id          = local.vpc_id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.flow[0].arn
  iam_role_arn    = aws_iam_role.flow_log[0].arn
  tags            = { Name = var.name }

  depends_on = [aws_iam_role_policy.flow_log]
}
