# Warnings: the stack can be applied, but it is probably not what you want.

check "budget" {
  assert {
    condition     = length(var.budget_emails) > 0
    error_message = "No budget alert is configured: set budget_emails."
  }
}

check "state" {
  assert {
    condition     = var.state_bucket == "" || !startswith(var.state_bucket, "${var.name}-lake-")
    error_message = "The state is in the lake's bucket, which the pipeline role may write: choose another bucket for the state."
  }
}

check "catalog" {
  assert {
    condition     = !(var.lake_catalog && var.lake_from_vpc_only)
    error_message = "Athena reads the lake from outside the VPC, so lake_from_vpc_only denies all queries of lake_catalog: set only one of them."
  }
}

check "one_region" {
  assert {
    condition     = strcontains(module.warehouse.warehouse_host, ".${var.region}.") && endswith(split("/", module.lake.lake_url)[2], "-${var.region}")
    error_message = "Bucket and warehouse must both be in ${var.region}, or COPY fails: the lake is ${module.lake.lake_url}, the warehouse ${module.warehouse.warehouse_host}."
  }
}
