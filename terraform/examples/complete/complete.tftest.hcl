# terraform test -test-directory=examples/complete -var-file=examples/complete/terraform.tfvars

mock_provider "aws" {
  source = "./tests/mocks"
}

# Terraform deletes the resources of this test at its end.
variables {
  force_destroy = true
}

run "every_optional_part_is_created" {
  assert {
    condition     = output.airflow != null && output.alarm_topic_arn != null && output.catalog_table == "txn_prod.transactions" && output.ci_role_arns != null && module.cost[0].budget_name == "txn-prod-monthly"
    error_message = "An optional part is missing."
  }
  assert {
    condition     = output.warehouse_database == "payments" && output.warehouse_workgroup == "txn-prod"
    error_message = "The outputs are not those of the example."
  }
}
