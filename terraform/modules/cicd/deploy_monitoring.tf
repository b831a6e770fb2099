locals {
  monitoring_statements = [
    {
      Sid    = "Logs"
      Effect = "Allow"
      Action = [
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:DeleteRetentionPolicy",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
      ]
      Resource = local.log_group_arns
    },
    {
      Sid    = "Alarms"
      Effect = "Allow"
      Action = [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DeleteDashboards",
        "cloudwatch:PutDashboard",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
      ]
      Resource = concat(local.alarm_arns, [local.dashboard_arn])
    },
    {
      Sid    = "Topic"
      Effect = "Allow"
      Action = [
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:ListSubscriptionsByTopic",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:TagResource",
        "sns:UntagResource",
      ]
      Resource = local.topic_arn
    },
    # AWS knows no resource for it.
    {
      Sid       = "Unsubscribe"
      Effect    = "Allow"
      Action    = "sns:Unsubscribe"
      Resource  = "*"
      Condition = { StringEquals = local.in_region }
    },
    {
      Sid    = "Schedule"
      Effect = "Allow"
      Action = [
        "scheduler:CreateSchedule",
        "scheduler:CreateScheduleGroup",
        "scheduler:DeleteSchedule",
        "scheduler:DeleteScheduleGroup",
        "scheduler:TagResource",
        "scheduler:UntagResource",
        "scheduler:UpdateSchedule",
      ]
      Resource = local.schedule_arns
    },
    {
      Sid      = "Budget"
      Effect   = "Allow"
      Action   = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"]
      Resource = local.budget_arn
    },
  ]
}
