data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  # Redshift and Secrets Manager use the key on behalf of their caller, as the caller's policies allow.
  key_policy = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountDecides"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  }
}

resource "aws_kms_key" "warehouse" {
  description         = "${var.name}: the warehouse and its administrator's password"
  enable_key_rotation = true
  # Snapshots outlive the warehouse, but cannot be restored without this key.
  deletion_window_in_days = 30
  policy                  = jsonencode(local.key_policy)
}

resource "aws_kms_alias" "warehouse" {
  name          = "alias/${var.name}-warehouse"
  target_key_id = aws_kms_key.warehouse.key_id
}
