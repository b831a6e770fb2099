mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name                  = "txn"
  copy_role_arn         = "arn:aws:iam::123456789012:role/txn-copy"
  subnet_ids            = ["subnet-a", "subnet-b", "subnet-c"]
  subnet_free_addresses = 4091
  security_group_id     = "sg-1"
  force_destroy         = true
}

run "the_workgroup_is_private_and_requires_tls" {
  assert {
    condition     = !aws_redshiftserverless_workgroup.this.publicly_accessible && aws_redshiftserverless_workgroup.this.enhanced_vpc_routing
    error_message = "The warehouse must accept connections and read the lake only inside the VPC."
  }
  assert {
    condition     = one(aws_redshiftserverless_workgroup.this.config_parameter).parameter_key == "require_ssl" && one(aws_redshiftserverless_workgroup.this.config_parameter).parameter_value == "true"
    error_message = "TLS must be required."
  }
  assert {
    condition     = aws_redshiftserverless_workgroup.this.base_capacity == 8 && aws_redshiftserverless_workgroup.this.max_capacity == 32 && length(aws_redshiftserverless_workgroup.this.price_performance_target) == 0
    error_message = "Expected 8 to 32 RPUs without AI-driven scaling by default."
  }
}

run "aws_stores_the_administrators_password" {
  assert {
    condition     = aws_redshiftserverless_namespace.this.manage_admin_password && aws_redshiftserverless_namespace.this.admin_user_password == null
    error_message = "The state must not contain a password."
  }
  assert {
    condition     = aws_redshiftserverless_namespace.this.kms_key_id == aws_kms_key.warehouse.arn && aws_redshiftserverless_namespace.this.admin_password_secret_kms_key_id == aws_kms_key.warehouse.arn && aws_kms_key.warehouse.enable_key_rotation
    error_message = "Expected the warehouse's own key, with rotation."
  }
}

run "the_copy_role_is_the_default_role" {
  assert {
    condition     = aws_redshiftserverless_namespace.this.default_iam_role_arn == var.copy_role_arn && aws_redshiftserverless_namespace.this.iam_roles == toset([var.copy_role_arn])
    error_message = "The COPY role must be attached to the namespace."
  }
}

run "logs_go_to_groups_with_a_retention_limit" {
  assert {
    condition     = toset([for group in aws_cloudwatch_log_group.warehouse : group.name]) == toset(["/aws/redshift/txn/connectionlog", "/aws/redshift/txn/useractivitylog", "/aws/redshift/txn/userlog"]) && alltrue([for group in aws_cloudwatch_log_group.warehouse : group.retention_in_days == 90])
    error_message = "Expected the three groups that Redshift writes to, kept 90 days."
  }
  assert {
    condition     = aws_redshiftserverless_namespace.this.log_exports == toset(["connectionlog", "useractivitylog", "userlog"])
    error_message = "Expected all three logs."
  }
}

run "runaway_queries_are_stopped_by_a_daily_limit" {
  assert {
    condition     = aws_redshiftserverless_usage_limit.compute.amount == 6 && aws_redshiftserverless_usage_limit.compute.period == "daily" && aws_redshiftserverless_usage_limit.compute.breach_action == "deactivate" && aws_redshiftserverless_usage_limit.compute.usage_type == "serverless-compute"
    error_message = "Expected a limit of 6 RPU-hours a day by default."
  }
}

run "snapshots_are_created_every_night_and_kept_for_a_week" {
  assert {
    condition     = aws_scheduler_schedule.snapshots[0].schedule_expression == "cron(0 2 * * ? *)" && aws_scheduler_schedule.snapshots[0].target[0].arn == "arn:aws:scheduler:::aws-sdk:redshiftserverless:createSnapshot"
    error_message = "Expected a snapshot a day."
  }
  assert {
    condition     = aws_scheduler_schedule.snapshots[0].target[0].input == "{\"NamespaceName\":\"txn\",\"RetentionPeriod\":7,\"SnapshotName\":\"txn-<aws.scheduler.execution-id>\"}"
    error_message = aws_scheduler_schedule.snapshots[0].target[0].input
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.snapshots[0].policy).Statement == [{
      Effect   = "Allow"
      Action   = "redshift-serverless:CreateSnapshot"
      Resource = ["arn:aws:redshift-serverless:eu-central-1:123456789012:namespace/mocked", "arn:aws:redshift-serverless:eu-central-1:123456789012:snapshot/*"]
    }]
    error_message = "The scheduler may only create snapshots of this namespace."
  }
}

run "snapshots_can_be_restored_for_a_month_after_the_warehouse_was_destroyed" {
  assert {
    condition     = aws_kms_key.warehouse.deletion_window_in_days == 30
    error_message = "A snapshot cannot be restored without the key."
  }
}

run "zero_days_mean_no_snapshots" {
  command = plan
  variables {
    snapshot_retention_days = 0
  }
  assert {
    condition     = length(aws_scheduler_schedule.snapshots) == 0 && length(aws_iam_role.snapshots) == 0 && output.snapshot_schedule_group == ""
    error_message = "Expected no schedule and no role."
  }
}

run "a_schedule_without_an_expression_is_refused" {
  command = plan
  variables {
    snapshot_schedule       = "every night"
    snapshot_retention_days = 1.5
  }
  expect_failures = [var.snapshot_schedule, var.snapshot_retention_days]
}

run "the_loader_gets_only_the_privileges_it_needs" {
  assert {
    condition = { for name, statement in aws_redshiftdata_statement.prepare : name => statement.sql } == {
      loader      = "CREATE ROLE txn_loader"
      no_copy     = "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL"
      no_creation = "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    }
    error_message = "The statements differ."
  }
  assert {
    condition = { for name, statement in aws_redshiftdata_statement.grant : name => statement.sql } == {
      copy     = "GRANT ASSUMEROLE ON 'arn:aws:iam::123456789012:role/txn-copy' TO ROLE txn_loader FOR COPY"
      creation = "GRANT USAGE, CREATE ON SCHEMA public TO ROLE txn_loader"
    }
    error_message = "The statements differ."
  }
  assert {
    condition     = aws_redshiftdata_statement.prepare["loader"].secret_arn == aws_redshiftserverless_namespace.this.admin_password_secret_arn
    error_message = "The administrator must grant these privileges."
  }
}

run "the_analyst_may_read_tables_that_are_created_later" {
  assert {
    condition = [
      aws_redshiftdata_statement.analyst.sql,
      aws_redshiftdata_statement.analyst_usage.sql,
      aws_redshiftdata_statement.analyst_select.sql,
      ] == [
      "CREATE ROLE txn_analyst",
      "GRANT USAGE ON SCHEMA public TO ROLE txn_analyst",
      "GRANT SELECT FOR TABLES IN SCHEMA public TO ROLE txn_analyst",
    ]
    error_message = "The statements differ."
  }
}

run "the_analyst_cannot_be_the_loader" {
  command = plan
  variables {
    analyst_role = "txn_loader"
  }
  expect_failures = [var.analyst_role]
}

run "scaling_by_price_and_performance_replaces_the_base_capacity" {
  variables {
    price_performance_level = 75
  }
  assert {
    condition     = one(aws_redshiftserverless_workgroup.this.price_performance_target).enabled && one(aws_redshiftserverless_workgroup.this.price_performance_target).level == 75
    error_message = "Expected the price-performance target."
  }
}

run "subnets_that_are_too_small_for_the_capacity_are_refused" {
  command = plan
  variables {
    subnet_free_addresses = 27
    max_capacity          = 96
  }
  expect_failures = [aws_redshiftserverless_workgroup.this]
}

run "two_subnets_are_refused" {
  command = plan
  variables {
    subnet_ids = ["subnet-a", "subnet-b"]
  }
  expect_failures = [var.subnet_ids]
}

run "a_capacity_between_the_steps_is_refused" {
  command = plan
  variables {
    base_capacity = 12
  }
  expect_failures = [var.base_capacity]
}

run "the_smallest_capacity_is_accepted" {
  command = plan
  variables {
    base_capacity = 4
  }
}

run "steps_are_wider_above_512" {
  command = plan
  variables {
    base_capacity = 520
    max_capacity  = 1024
  }
  expect_failures = [var.base_capacity]
}

run "a_maximum_below_the_base_is_refused" {
  command = plan
  variables {
    base_capacity = 64
  }
  expect_failures = [var.max_capacity]
}

run "a_maximum_between_the_steps_is_refused" {
  command = plan
  variables {
    max_capacity = 33
  }
  expect_failures = [var.max_capacity]
}

run "an_unknown_price_performance_level_is_refused" {
  command = plan
  variables {
    price_performance_level = 10
  }
  expect_failures = [var.price_performance_level]
}

run "half_an_rpu_hour_is_refused" {
  command = plan
  variables {
    usage_limit_rpu_hours = 0.5
  }
  expect_failures = [var.usage_limit_rpu_hours]
}

run "an_unknown_period_is_refused" {
  command = plan
  variables {
    usage_limit_period = "hourly"
  }
  expect_failures = [var.usage_limit_period]
}

run "an_unknown_action_is_refused" {
  command = plan
  variables {
    usage_limit_action = "delete"
  }
  expect_failures = [var.usage_limit_action]
}

run "a_name_that_needs_sql_quotes_is_refused" {
  command = plan
  variables {
    database    = "My-Database"
    loader_role = "loader; DROP TABLE transactions"
  }
  expect_failures = [var.database, var.loader_role]
}

run "names_that_aws_refuses_for_their_underscore_are_refused" {
  command = plan
  variables {
    database       = "_payments"
    admin_username = "_admin"
    loader_role    = "_loader"
  }
  expect_failures = [var.database, var.admin_username, var.loader_role]
}

run "a_leading_underscore_is_refused_for_the_analyst_too" {
  command = plan
  variables {
    analyst_role = "_analyst"
  }
  expect_failures = [var.analyst_role]
}

run "a_reserved_administrator_name_is_refused" {
  command = plan
  variables {
    admin_username = "admin"
  }
  expect_failures = [var.admin_username]
}

run "a_name_with_capitals_is_refused" {
  command = plan
  variables {
    name = "Txn"
  }
  expect_failures = [var.name]
}

run "a_retention_that_cloudwatch_does_not_support_is_refused" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}
