resource "aws_redshiftserverless_namespace" "this" {
  namespace_name                   = var.name
  db_name                          = var.database
  admin_username                   = var.admin_username
  manage_admin_password            = true
  admin_password_secret_kms_key_id = aws_kms_key.warehouse.arn
  kms_key_id                       = aws_kms_key.warehouse.arn
  iam_roles                        = [var.copy_role_arn]
  default_iam_role_arn             = var.copy_role_arn
  log_exports                      = keys(aws_cloudwatch_log_group.warehouse)

  lifecycle {
    precondition {
      condition     = var.force_destroy || terraform_data.identity.output == "${var.name}/${var.database}"
      error_message = "The warehouse ${terraform_data.identity.output} (name/database) would be replaced by ${var.name}/${var.database}, and all its data deleted. Restore the old value. To delete the data, apply force_destroy=true first."
    }
  }
}

resource "aws_redshiftserverless_workgroup" "this" {
  workgroup_name       = var.name
  namespace_name       = aws_redshiftserverless_namespace.this.namespace_name
  base_capacity        = var.price_performance_level == 0 ? var.base_capacity : null
  max_capacity         = var.max_capacity
  enhanced_vpc_routing = true
  publicly_accessible  = false
  port                 = 5439
  subnet_ids           = var.subnet_ids
  security_group_ids   = [var.security_group_id]

  config_parameter {
    parameter_key   = "require_ssl"
    parameter_value = "true"
  }

  dynamic "price_performance_target" {
    for_each = var.price_performance_level == 0 ? [] : [var.price_performance_level]

    content {
      enabled = true
      level   = price_performance_target.value
    }
  }

  lifecycle {
    # AWS returns all parameters, so each plan would show a change. They are set at creation only.
    ignore_changes = [config_parameter]

    precondition {
      condition     = var.subnet_free_addresses >= var.max_capacity / 4 + 5
      error_message = "Each subnet has ${var.subnet_free_addresses} free addresses, but ${var.max_capacity} RPUs need ${var.max_capacity / 4 + 5}: choose a larger vpc_cidr or a lower max_capacity."
    }
  }
}

resource "aws_redshiftserverless_usage_limit" "compute" {
  resource_arn  = aws_redshiftserverless_workgroup.this.arn
  usage_type    = "serverless-compute"
  amount        = var.usage_limit_rpu_hours
  period        = var.usage_limit_period
  breach_action = var.usage_limit_action
}

# Otherwise Redshift creates these groups itself, keeps their events forever and does not delete them.
resource "aws_cloudwatch_log_group" "warehouse" {
  #checkov:skip=CKV_AWS_158:They contain statements and sign-ins; CloudWatch encrypts them with its own key.
  #checkov:skip=CKV_AWS_338:The retention is a variable.
  for_each = toset(["connectionlog", "useractivitylog", "userlog"])

  name              = "/aws/redshift/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
}
