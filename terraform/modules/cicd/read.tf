# What both roles may read: the stack's settings and state, no data. A plan needs nothing else.

locals {
  read_statements = [
    # Lists of resources, and settings for which a plan must search.
    {
      Sid    = "Settings"
      Effect = "Allow"
      Action = [
        "cloudwatch:DescribeAlarms",
        "ec2:Describe*",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListAliases",
        "kms:ListResourceTags",
        "logs:DescribeLogGroups",
        # The texts of statements that Terraform ran, not their results.
        "redshift-data:DescribeStatement",
        "redshift-serverless:GetNamespace",
        "redshift-serverless:GetUsageLimit",
        "redshift-serverless:GetWorkgroup",
        "redshift-serverless:ListTagsForResource",
        "sns:GetSubscriptionAttributes",
      ]
      Resource  = "*"
      Condition = { StringEquals = local.in_region }
    },
    {
      Sid       = "NoStartScriptsOfOthers"
      Effect    = "Deny"
      Action    = "ec2:DescribeInstanceAttribute"
      Resource  = "*"
      Condition = { StringNotEquals = { "aws:ResourceTag/project" = var.name } }
    },
    {
      Sid    = "SettingsOfTheStack"
      Effect = "Allow"
      Action = [
        "budgets:ListTagsForResource",
        "budgets:ViewBudget",
        "cloudwatch:GetDashboard",
        "cloudwatch:ListTagsForResource",
        "ecr:DescribeRepositories",
        "ecr:ListTagsForResource",
        "glue:GetDatabase",
        "glue:GetPartitionIndexes",
        "glue:GetTable",
        "glue:GetTags",
        "logs:ListTagsForResource",
        "scheduler:GetSchedule",
        "scheduler:GetScheduleGroup",
        "scheduler:ListTagsForResource",
        "sns:GetTopicAttributes",
        "sns:ListTagsForResource",
      ]
      Resource = concat(local.alarm_arns, local.catalog_arns, local.log_group_arns, local.schedule_arns, [local.budget_arn, local.dashboard_arn, local.repository_arn, local.topic_arn])
    },
    {
      Sid      = "SettingsOfBuckets"
      Effect   = "Allow"
      Action   = ["s3:Get*Configuration", "s3:GetBucket*", "s3:ListBucket", "s3:ListTagsForResource"]
      Resource = local.bucket_arns
    },
    {
      Sid      = "Identities"
      Effect   = "Allow"
      Action   = ["iam:Get*", "iam:List*"]
      Resource = concat(values(local.role_arns), [local.ci_role_arns, local.ci_policy_arns, local.instance_profile_arn, local.provider_arn])
    },
    {
      Sid      = "MachineImage"
      Effect   = "Allow"
      Action   = "ssm:GetParameter"
      Resource = local.machine_image_arn
    },
    {
      Sid      = "FindState"
      Effect   = "Allow"
      Action   = "s3:ListBucket"
      Resource = local.state_arn
    },
    {
      Sid      = "State"
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "${local.state_arn}/${var.state_key}"
    },
  ]

  machine_image_arn = "arn:${local.partition}:ssm:${var.region}::parameter/aws/service/ami-amazon-linux-latest/*"
}

resource "aws_iam_policy" "read" {
  name        = "${var.name}-ci-read"
  description = "Read the settings and the state of the stack, no data"
  policy      = jsonencode({ Version = "2012-10-17", Statement = local.read_statements })
}
