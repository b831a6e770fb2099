mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name     = "txn-prod"
  lake_url = "s3://txn-prod-lake/lake"
}

run "the_table_finds_the_folders_of_the_lake_by_date" {
  assert {
    condition     = aws_glue_catalog_table.transactions.storage_descriptor[0].location == "s3://txn-prod-lake/lake/transactions/"
    error_message = aws_glue_catalog_table.transactions.storage_descriptor[0].location
  }
  assert {
    condition     = aws_glue_catalog_table.transactions.parameters["storage.location.template"] == "s3://txn-prod-lake/lake/transactions/date=$${date}"
    error_message = aws_glue_catalog_table.transactions.parameters["storage.location.template"]
  }
  assert {
    condition     = aws_glue_catalog_table.transactions.parameters["projection.date.range"] == "2024-01-01,NOW" && aws_glue_catalog_table.transactions.partition_keys[0].name == "date"
    error_message = "Expected partitions by date, up to today."
  }
}

run "the_columns_are_those_of_the_file" {
  assert {
    condition     = { for column in aws_glue_catalog_table.transactions.storage_descriptor[0].columns : column.name => column.type } == { for column in jsondecode(file("transactions.json")) : column.name => column.type }
    error_message = "The columns differ."
  }
  assert {
    condition     = !contains([for column in aws_glue_catalog_table.transactions.storage_descriptor[0].columns : column.name], "date")
    error_message = "A column has the partition's name."
  }
}

run "glue_accepts_no_hyphens" {
  assert {
    condition     = output.database == "txn_prod"
    error_message = output.database
  }
}

run "a_url_with_a_slash_at_its_end_and_half_a_date_are_refused" {
  command = plan
  variables {
    lake_url   = "s3://txn-prod-lake/"
    first_date = "2024"
  }
  expect_failures = [var.lake_url, var.first_date]
}
