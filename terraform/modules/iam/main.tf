data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  boundary   = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
  objects    = "${var.lake_bucket_arn}/${var.lake_prefix}/*"

  list_the_lake = {
    Sid       = "ListTheLake"
    Effect    = "Allow"
    Action    = "s3:ListBucket"
    Resource  = var.lake_bucket_arn
    Condition = { StringLike = { "s3:prefix" = [var.lake_prefix, "${var.lake_prefix}/*"] } }
  }
}
