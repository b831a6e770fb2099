mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name                  = "txn"
  copy_role_arn         = "arn:aws:iam::123456789012:role/txn-copy"
  subnet_ids            = ["subnet-a", "subnet-b", "subnet-c"]
  subnet_free_addresses = 4091
  security_group_id     = "sg-1"
}

run "the_first_apply_records_name_and_database" {
  assert {
    condition     = terraform_data.identity.output == "txn/txn" && !terraform_data.deletion_guard.output
    error_message = "Expected txn/txn, and no permission to delete."
  }
}

run "a_changed_database_is_refused_because_it_would_delete_the_data" {
  command = plan
  variables {
    database = "payments"
  }
  expect_failures = [aws_redshiftserverless_namespace.this]
}

run "a_changed_name_is_refused_for_the_same_reason" {
  command = plan
  variables {
    name = "other"
  }
  expect_failures = [aws_redshiftserverless_namespace.this]
}

run "with_force_destroy_the_database_can_be_changed" {
  variables {
    database      = "payments"
    force_destroy = true
  }
  assert {
    condition     = terraform_data.identity.output == "txn/payments" && terraform_data.deletion_guard.output
    error_message = "Expected the new database, and permission to delete."
  }
}

run "afterwards_the_new_database_is_protected" {
  variables {
    database = "payments"
  }
}

run "the_old_database_is_refused" {
  command         = plan
  expect_failures = [aws_redshiftserverless_namespace.this]
}

# Without it, Terraform could not delete the resources of this test.
run "the_protection_can_be_removed" {
  variables {
    database      = "payments"
    force_destroy = true
  }
}
