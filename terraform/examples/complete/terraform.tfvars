# All options: scaling by price and performance, limits, a budget, alarms, a catalog, Airflow on a host, CI/CD.
region = "eu-central-1"
name   = "txn-prod"
tags   = { team = "data", environment = "production" }

vpc_cidr           = "10.80.0.0/18"
subnet_count       = 3
interface_services = ["secretsmanager"] # a runner of your own reads its secrets

lake_prefix          = "lake"
lake_catalog         = true
lake_transition_days = 60

warehouse_database                = "payments"
warehouse_price_performance_level = 50
warehouse_max_capacity            = 64
warehouse_usage_limit             = { rpu_hours = 16, period = "daily", action = "deactivate" }

budget_usd    = 300
budget_emails = ["data-platform@example.com"]
alarm_emails  = ["data-platform@example.com"]

# Created by bootstrap.
permissions_boundary_arn = "arn:aws:iam::123456789012:policy/txn-prod-boundary"
state_bucket             = "txn-prod-state-123456789012-eu-central-1"

github_repository = "example/txn-kedro"
github_branch     = "main"

airflow_host          = true
airflow_instance_type = "t4g.medium"
airflow_architecture  = "arm64"
airflow_image_tags    = { project = "project-1" }
