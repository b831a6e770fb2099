locals {
  usage = {
    Workgroup    = var.workgroup_name
    UsageLimitId = var.usage_limit_id
    UsageType    = "SERVERLESS_COMPUTE"
  }
  # Redshift counts COPY as LOAD. The loader's own guards, which may fail on purpose, are not counted.
  loads = { Workgroup = var.workgroup_name, QueryType = "LOAD" }

  alarms = merge(
    {
      failed-load = {
        description = "A COPY failed. The batch stays pending, and the next load tries it again. The loader's error names the reason."
        namespace   = "AWS/Redshift-Serverless"
        metric      = "QueriesFailed"
        dimensions  = local.loads
        statistic   = "Sum"
        comparison  = "GreaterThanOrEqualToThreshold"
        threshold   = 1
        period      = 300
        periods     = 1
        missing     = "notBreaching"
      }
      usage-near-limit = {
        description = "The warehouse has used ${var.usage_alarm_percent} % of its ${var.usage_limit_rpu_hours} RPU-hours for this period."
        namespace   = "AWS/Redshift-Serverless"
        metric      = "UsageLimitConsumed"
        dimensions  = local.usage
        statistic   = "Maximum"
        comparison  = "GreaterThanOrEqualToThreshold"
        threshold   = var.usage_limit_rpu_hours * var.usage_alarm_percent / 100
        period      = 300
        periods     = 1
        missing     = "ignore"
      }
      usage-limit-reached = {
        description = "The warehouse has used all its ${var.usage_limit_rpu_hours} RPU-hours. If the limit deactivates, queries fail until the next period, or until you raise the limit."
        namespace   = "AWS/Redshift-Serverless"
        metric      = "UsageLimitConsumed"
        dimensions  = local.usage
        statistic   = "Maximum"
        comparison  = "GreaterThanOrEqualToThreshold"
        threshold   = var.usage_limit_rpu_hours
        period      = 300
        periods     = 1
        missing     = "ignore"
      }
    },
    var.hours_without_load == 0 ? {} : {
      no-load = {
        description = "No COPY has succeeded for ${var.hours_without_load} hours, so batches are pending or none are generated."
        namespace   = "AWS/Redshift-Serverless"
        metric      = "QueriesSucceeded"
        dimensions  = local.loads
        statistic   = "Sum"
        comparison  = "LessThanThreshold"
        threshold   = 1
        period      = 3600
        periods     = var.hours_without_load
        # An idle warehouse reports nothing.
        missing = "breaching"
      }
    },
    var.snapshot_schedule_group == "" ? {} : {
      failed-snapshot = {
        description = "EventBridge Scheduler could not create a snapshot of the warehouse."
        namespace   = "AWS/Scheduler"
        metric      = "TargetErrorCount"
        dimensions  = { ScheduleGroup = var.snapshot_schedule_group }
        statistic   = "Sum"
        comparison  = "GreaterThanOrEqualToThreshold"
        threshold   = 1
        period      = 300
        periods     = 1
        missing     = "notBreaching"
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  # An alarm that is raised before the topic accepts it is lost.
  depends_on = [aws_sns_topic_policy.alarms]
}
