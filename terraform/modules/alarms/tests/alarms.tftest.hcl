mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name                    = "txn"
  region                  = "eu-central-1"
  emails                  = ["data@example.com", "oncall@example.com"]
  workgroup_name          = "txn"
  usage_limit_id          = "limit-1"
  usage_limit_rpu_hours   = 10
  snapshot_schedule_group = "txn-snapshots"
}

run "every_address_gets_all_alarms_and_their_end" {
  assert {
    condition     = toset([for one in aws_sns_topic_subscription.mail : one.endpoint]) == toset(["data@example.com", "oncall@example.com"])
    error_message = "A subscriber is missing."
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([aws_sns_topic.alarms.arn]) && alarm.ok_actions == toset([aws_sns_topic.alarms.arn])])
    error_message = "An alarm does not reach the topic."
  }
  assert {
    condition     = toset([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name]) == toset(["txn-failed-load", "txn-failed-snapshot", "txn-no-load", "txn-usage-limit-reached", "txn-usage-near-limit"])
    error_message = "The alarms differ."
  }
}

run "cloudwatch_may_publish_to_the_encrypted_topic" {
  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == aws_kms_key.alarms.arn && aws_kms_key.alarms.enable_key_rotation
    error_message = "Expected the topic's own key, with rotation."
  }
  assert {
    condition = [for one in jsondecode(aws_kms_key.alarms.policy).Statement : one if one.Sid == "Alarms"] == [{
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
      Resource  = "*"
    }]
    error_message = "CloudWatch cannot use the key."
  }
  assert {
    condition     = [for one in jsondecode(aws_sns_topic_policy.alarms.policy).Statement : one.Condition if one.Sid == "Alarms"] == [{ StringEquals = { "aws:SourceAccount" = "123456789012" } }]
    error_message = "Only alarms of this account may publish."
  }
}

run "the_alarms_before_and_at_the_limit" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["usage-near-limit"].threshold == 8 && aws_cloudwatch_metric_alarm.this["usage-limit-reached"].threshold == 10
    error_message = "Expected 80 % and 100 % of 10 RPU-hours."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["usage-limit-reached"].dimensions == tomap({ UsageLimitId = "limit-1", UsageType = "SERVERLESS_COMPUTE", Workgroup = "txn" })
    error_message = "Redshift publishes the metric with these dimensions only."
  }
}

run "a_warehouse_that_loads_nothing_is_reported_although_it_publishes_no_metric" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["no-load"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.this["no-load"].evaluation_periods == 26 && aws_cloudwatch_metric_alarm.this["no-load"].period == 3600
    error_message = "Expected 26 hours."
  }
}

run "alarms_can_be_left_out" {
  command = plan
  variables {
    hours_without_load      = 0
    snapshot_schedule_group = ""
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["failed-load", "usage-limit-reached", "usage-near-limit"])
    error_message = "The alarms differ."
  }
}

run "the_dashboard_shows_the_limit" {
  assert {
    condition     = one([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.annotations.horizontal[0].value if widget.properties.title == "RPU-hours of this period"]) == 10
    error_message = aws_cloudwatch_dashboard.this.dashboard_body
  }
  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : alltrue([for metric in widget.properties.metrics : length(metric) % 2 == 0 && length(metric) >= 4]) if widget.type == "metric"])
    error_message = aws_cloudwatch_dashboard.this.dashboard_body
  }
}

run "no_addresses_are_refused" {
  command = plan
  variables {
    emails = []
  }
  expect_failures = [var.emails]
}

run "more_than_a_week_without_a_load_is_refused" {
  command = plan
  variables {
    hours_without_load  = 200
    usage_alarm_percent = 100
  }
  expect_failures = [var.hours_without_load, var.usage_alarm_percent]
}
