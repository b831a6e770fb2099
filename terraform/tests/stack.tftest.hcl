mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  region        = "eu-central-1"
  budget_emails = ["data@example.com"]
  force_destroy = true
}

run "the_outputs_contain_what_the_pipelines_need" {
  assert {
    condition     = toset([for value in [output.lake_url, output.warehouse_host, output.warehouse_database, output.warehouse_copy_role_arn, output.warehouse_workgroup, output.region] : value != ""]) == toset([true])
    error_message = "An output is empty."
  }
}

run "bucket_names_contain_account_and_region_so_that_they_are_unique" {
  assert {
    condition     = local.bucket_name == "txn-lake-123456789012-eu-central-1"
    error_message = local.bucket_name
  }
}

run "the_airflow_host_is_added_to_the_list_of_who_may_run_the_pipelines" {
  variables {
    airflow_host          = true
    pipeline_trusted_arns = ["arn:aws:iam::123456789012:role/engineer"]
  }
  assert {
    condition     = join(" ", local.trusted_principal_arns) == "arn:aws:iam::123456789012:role/engineer arn:aws:iam::123456789012:role/txn-airflow-host"
    error_message = "A principal is missing."
  }
}

run "by_default_nothing_is_billed_by_the_hour" {
  command = plan
  assert {
    condition     = length(module.network.interface_services) == 0 && length(module.airflow_ec2) == 0
    error_message = "An endpoint or a host was created."
  }
}

run "with_alarms_the_airflow_host_can_reach_sns" {
  command = plan
  variables {
    airflow_host = true
    alarm_emails = ["data@example.com"]
  }
  assert {
    condition     = contains(module.network.interface_services, "sns") && length(module.alarms) == 1
    error_message = "The host's alerts cannot leave the VPC."
  }
}

run "a_missing_budget_alert_is_reported" {
  command = plan
  variables {
    budget_emails = []
  }
  expect_failures = [check.budget]
}

run "a_catalog_that_athena_cannot_read_is_reported" {
  command = plan
  variables {
    lake_catalog       = true
    lake_from_vpc_only = true
  }
  expect_failures = [check.catalog]
}

run "a_state_in_the_lakes_bucket_is_reported" {
  command = plan
  variables {
    state_bucket = "txn-lake-123456789012-eu-central-1"
  }
  expect_failures = [check.state]
}

run "an_invalid_region_is_refused" {
  command = plan
  variables {
    region = "Frankfurt"
  }
  expect_failures = [var.region]
}

run "a_name_that_is_too_long_for_buckets_is_refused" {
  command = plan
  variables {
    name = "transactions-of-the-whole-group"
  }
  expect_failures = [var.name]
}

run "a_name_that_security_groups_refuse_is_refused" {
  command = plan
  variables {
    name = "sg-txn"
  }
  expect_failures = [var.name]
}

run "two_hyphens_in_a_row_are_refused" {
  command = plan
  variables {
    name = "txn--prod"
  }
  expect_failures = [var.name]
}

run "an_invalid_boundary_is_refused" {
  command = plan
  variables {
    permissions_boundary_arn = "boundary"
  }
  expect_failures = [var.permissions_boundary_arn]
}

run "ci_without_a_state_bucket_and_a_boundary_is_refused" {
  command = plan
  variables {
    github_repository = "example/txn-kedro"
  }
  expect_failures = [var.github_repository]
}
