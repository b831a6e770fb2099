locals {
  metrics = {
    "Loads" = {
      stat = "Sum"
      metrics = [
        for name in ["QueriesSucceeded", "QueriesFailed"] :
        ["AWS/Redshift-Serverless", name, "QueryType", "LOAD", "Workgroup", var.workgroup_name]
      ]
    }
    "RPU-hours of this period" = {
      stat    = "Maximum"
      metrics = [concat(["AWS/Redshift-Serverless", "UsageLimitConsumed"], flatten([for name, value in local.usage : [name, value]]))]
      limit   = var.usage_limit_rpu_hours
    }
    "RPUs in use" = {
      stat    = "Maximum"
      metrics = [["AWS/Redshift-Serverless", "ComputeCapacity", "Workgroup", var.workgroup_name]]
    }
    "Storage in MB" = {
      stat    = "Maximum"
      metrics = [["AWS/Redshift-Serverless", "DataStorage", "Namespace", var.workgroup_name]]
    }
    "Queries that run or wait" = {
      stat = "Maximum"
      metrics = [
        for pair in setproduct(["QueriesRunning", "QueriesQueued"], ["LOAD", "SELECT"]) :
        ["AWS/Redshift-Serverless", pair[0], "QueryType", pair[1], "Workgroup", var.workgroup_name]
      ]
    }
  }

  titles = keys(local.metrics)

  widgets = concat(
    [{
      type       = "alarm"
      x          = 0
      y          = 0
      width      = 24
      height     = 2
      properties = { title = "Alarms", alarms = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn] }
    }],
    [for index, title in local.titles : {
      type   = "metric"
      x      = index % 2 * 12
      y      = 2 + floor(index / 2) * 6
      width  = 12
      height = 6
      properties = merge(
        {
          title   = title
          region  = var.region
          view    = "timeSeries"
          period  = 300
          stat    = local.metrics[title].stat
          metrics = local.metrics[title].metrics
        },
        try({ annotations = { horizontal = [{ label = "limit", value = local.metrics[title].limit }] } }, {}),
      )
    }],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = local.widgets })
}
