mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name        = "txn"
  monthly_usd = 120
  emails      = ["data@example.com"]
}

run "it_tells_of_what_is_spent_and_of_what_is_foreseen" {
  assert {
    condition     = aws_budgets_budget.monthly.limit_amount == "120" && aws_budgets_budget.monthly.limit_unit == "USD" && aws_budgets_budget.monthly.time_unit == "MONTHLY"
    error_message = "Expected 120 US dollars a month."
  }
  assert {
    condition     = toset([for told in aws_budgets_budget.monthly.notification : "${told.notification_type} ${told.threshold}"]) == toset(["ACTUAL 80", "ACTUAL 100", "FORECASTED 100"])
    error_message = "Expected three notifications."
  }
  assert {
    condition     = alltrue([for told in aws_budgets_budget.monthly.notification : told.subscriber_email_addresses == toset(["data@example.com"])])
    error_message = "Somebody is not told."
  }
}

run "a_budget_of_nothing_is_refused" {
  command = plan
  variables {
    monthly_usd = 0
  }
  expect_failures = [var.monthly_usd]
}

run "an_address_that_is_none_is_refused" {
  command = plan
  variables {
    emails = ["data"]
  }
  expect_failures = [var.emails]
}

run "a_budget_that_tells_nobody_is_refused" {
  command = plan
  variables {
    emails = []
  }
  expect_failures = [var.emails]
}
