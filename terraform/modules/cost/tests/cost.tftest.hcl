mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name        = "txn"
  monthly_usd = 120
  emails      = ["data@example.com"]
}

run "it_notifies_about_actual_and_forecast_costs" {
  assert {
    condition     = aws_budgets_budget.monthly.limit_amount == "120" && aws_budgets_budget.monthly.limit_unit == "USD" && aws_budgets_budget.monthly.time_unit == "MONTHLY"
    error_message = "Expected 120 US dollars a month."
  }
  assert {
    condition     = toset([for notification in aws_budgets_budget.monthly.notification : "${notification.notification_type} ${notification.threshold}"]) == toset(["ACTUAL 80", "ACTUAL 100", "FORECASTED 100"])
    error_message = "Expected three notifications."
  }
  assert {
    condition     = alltrue([for notification in aws_budgets_budget.monthly.notification : notification.subscriber_email_addresses == toset(["data@example.com"])])
    error_message = "An address is missing from a notification."
  }
}

run "a_budget_of_zero_is_refused" {
  command = plan
  variables {
    monthly_usd = 0
  }
  expect_failures = [var.monthly_usd]
}

run "an_invalid_address_is_refused" {
  command = plan
  variables {
    emails = ["data"]
  }
  expect_failures = [var.emails]
}

run "a_budget_without_addresses_is_refused" {
  command = plan
  variables {
    emails = []
  }
  expect_failures = [var.emails]
}
