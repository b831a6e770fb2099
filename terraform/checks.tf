# Warnings: the stack works without, but hardly as you want it.

check "budget" {
  assert {
    condition     = length(var.budget_emails) > 0
    error_message = "Nobody is told what the account costs: set budget_emails."
  }
}

check "state" {
  assert {
    condition     = var.state_bucket == "" || !startswith(var.state_bucket, "${var.name}-lake-")
    error_message = "The state lies in the lake's bucket, which the pipeline role may write: give it a bucket of its own."
  }
}

check "one_region" {
  assert {
    condition     = strcontains(module.warehouse.warehouse_host, ".${var.region}.") && endswith(split("/", module.lake.lake_url)[2], "-${var.region}")
    error_message = "Bucket and warehouse must be in ${var.region}, or COPY refuses: lake ${module.lake.lake_url}, warehouse ${module.warehouse.warehouse_host}."
  }
}
