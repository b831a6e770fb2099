mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  region        = "eu-central-1"
  budget_emails = ["data@example.com"]
}

run "the_outputs_are_what_the_pipeline_needs" {
  assert {
    condition     = toset([for value in [output.lake_url, output.warehouse_host, output.warehouse_database, output.warehouse_copy_role_arn, output.warehouse_workgroup, output.region] : value != ""]) == toset([true])
    error_message = "An output is empty."
  }
}

run "names_hold_account_and_region_so_that_they_are_free" {
  assert {
    condition     = local.bucket_name == "txn-lake-123456789012-eu-central-1"
    error_message = local.bucket_name
  }
}

run "with_a_list_of_who_may_run_it_the_airflow_host_is_one_of_them" {
  variables {
    airflow_host          = true
    pipeline_trusted_arns = ["arn:aws:iam::123456789012:role/engineer"]
  }
  assert {
    condition     = join(" ", local.trusted_principal_arns) == "arn:aws:iam::123456789012:role/engineer arn:aws:iam::123456789012:role/txn-airflow-host"
    error_message = "Somebody is shut out."
  }
}

run "nobody_to_tell_of_the_cost_is_told" {
  command = plan
  variables {
    budget_emails = []
  }
  expect_failures = [check.budget]
}

run "the_state_does_not_belong_in_the_lake" {
  command = plan
  variables {
    state_bucket = "txn-lake-123456789012-eu-central-1"
  }
  expect_failures = [check.state]
}

run "a_region_that_is_none_is_refused" {
  command = plan
  variables {
    region = "Frankfurt"
  }
  expect_failures = [var.region]
}

run "a_name_too_long_for_buckets_is_refused" {
  command = plan
  variables {
    name = "transactions-of-the-whole-group"
  }
  expect_failures = [var.name]
}

run "a_boundary_that_is_none_is_refused" {
  command = plan
  variables {
    permissions_boundary_arn = "boundary"
  }
  expect_failures = [var.permissions_boundary_arn]
}

run "ci_without_state_and_boundary_is_refused" {
  command = plan
  variables {
    github_repository = "example/txn-kedro"
  }
  expect_failures = [var.github_repository]
}
