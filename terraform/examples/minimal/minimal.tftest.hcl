# terraform test -test-directory=examples/minimal -var-file=examples/minimal/terraform.tfvars

mock_provider "aws" {
  source = "./tests/mocks"
}

# Terraform deletes the resources of this test at its end.
variables {
  force_destroy = true
}

run "a_region_is_enough_for_a_lake_and_a_warehouse" {
  assert {
    condition     = output.warehouse_database == "txn" && output.warehouse_workgroup == "txn" && output.region == "eu-central-1"
    error_message = "The outputs are not those of the defaults."
  }
  assert {
    condition     = output.airflow == null && output.alarm_topic_arn == null && output.ci_role_arns == null && length(module.cost) == 0
    error_message = "An optional part was created."
  }

  # The warning that no budget alert is configured.
  expect_failures = [check.budget]
}
