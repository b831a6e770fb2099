data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  boundary   = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
  objects    = "${var.lake_bucket_arn}/${var.lake_prefix}/*"
}
