# The provider has no resource for scheduled actions of Redshift Serverless, so EventBridge Scheduler calls
# its API. Snapshots are kept when the namespace is deleted.

locals {
  snapshots = var.snapshot_retention_days > 0 ? 1 : 0

  scheduler_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  }

  scheduler_policy = {
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = "redshift-serverless:CreateSnapshot"
      Resource = [
        aws_redshiftserverless_namespace.this.arn,
        replace(aws_redshiftserverless_namespace.this.arn, "/:namespace/.*/", ":snapshot/*"),
      ]
    }]
  }

  snapshot = {
    NamespaceName   = aws_redshiftserverless_namespace.this.namespace_name
    SnapshotName    = "${var.name}-<aws.scheduler.execution-id>"
    RetentionPeriod = var.snapshot_retention_days
  }
}

resource "aws_iam_role" "snapshots" {
  count = local.snapshots

  name                 = "${var.name}-snapshots"
  description          = "EventBridge Scheduler creates snapshots of the warehouse with it"
  assume_role_policy   = jsonencode(local.scheduler_trust)
  permissions_boundary = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "snapshots" {
  count = local.snapshots

  name   = "create-snapshots"
  role   = aws_iam_role.snapshots[0].id
  policy = jsonencode(local.scheduler_policy)
}

# CloudWatch counts failed calls by group.
resource "aws_scheduler_schedule_group" "snapshots" {
  count = local.snapshots

  name = "${var.name}-snapshots"
}

resource "aws_scheduler_schedule" "snapshots" {
  #checkov:skip=CKV_AWS_297:The schedule contains only the namespace's name; EventBridge encrypts it with its own key.
  count = local.snapshots

  name                = "${var.name}-snapshots"
  group_name          = aws_scheduler_schedule_group.snapshots[0].name
  description         = "Snapshots of the warehouse"
  schedule_expression = var.snapshot_schedule

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${data.aws_partition.current.partition}:scheduler:::aws-sdk:redshiftserverless:createSnapshot"
    role_arn = aws_iam_role.snapshots[0].arn
    # jsonencode escapes angle brackets, but Scheduler looks for them.
    input = replace(replace(jsonencode(local.snapshot), "\\u003c", "<"), "\\u003e", ">")

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 5
    }
  }

  depends_on = [aws_iam_role_policy.snapshots]
}
