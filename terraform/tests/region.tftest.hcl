mock_provider "aws" {
  source = "./tests/mocks"

  override_resource {
    target = module.warehouse.aws_redshiftserverless_workgroup.this
    values = {
      arn      = "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/mocked"
      endpoint = [{ address = "txn.123456789012.us-east-1.redshift-serverless.amazonaws.com" }]
    }
  }
}

variables {
  region        = "eu-central-1"
  budget_emails = ["data@example.com"]
  force_destroy = true
}

run "a_warehouse_in_another_region_is_reported" {
  expect_failures = [check.one_region]
}
