# The loader's rights, given by the administrator through the Data API, which needs no route into the
# VPC. Rights to one thing are changed one after the other: Redshift refuses two changes at once.
#
# The API forgets a statement after a day, and the provider then sees nothing of what it did. So each
# statement is run again only when what it depends on is another.

resource "terraform_data" "loader" {
  input = [aws_redshiftserverless_namespace.this.namespace_id, var.database, var.loader_role]
}

resource "terraform_data" "copy_role" {
  input = var.copy_role_arn
}

resource "aws_redshiftdata_statement" "create_loader" {
  workgroup_name = aws_redshiftserverless_workgroup.this.workgroup_name
  database       = var.database
  secret_arn     = aws_redshiftserverless_namespace.this.admin_password_secret_arn
  sql            = "CREATE ROLE ${var.loader_role}"

  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.loader]
  }
}

resource "aws_redshiftdata_statement" "only_loader_creates" {
  workgroup_name = aws_redshiftserverless_workgroup.this.workgroup_name
  database       = var.database
  secret_arn     = aws_redshiftserverless_namespace.this.admin_password_secret_arn
  sql            = "REVOKE CREATE ON SCHEMA public FROM PUBLIC"

  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.loader]
  }
}

resource "aws_redshiftdata_statement" "loader_creates" {
  workgroup_name = aws_redshiftserverless_workgroup.this.workgroup_name
  database       = var.database
  secret_arn     = aws_redshiftserverless_namespace.this.admin_password_secret_arn
  sql            = "GRANT USAGE, CREATE ON SCHEMA public TO ROLE ${var.loader_role}"

  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.loader]
  }

  depends_on = [
    aws_redshiftdata_statement.create_loader,
    aws_redshiftdata_statement.only_loader_creates,
  ]
}

resource "aws_redshiftdata_statement" "only_loader_copies" {
  workgroup_name = aws_redshiftserverless_workgroup.this.workgroup_name
  database       = var.database
  secret_arn     = aws_redshiftserverless_namespace.this.admin_password_secret_arn
  sql            = "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL"

  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.loader]
  }
}

resource "aws_redshiftdata_statement" "loader_copies" {
  workgroup_name = aws_redshiftserverless_workgroup.this.workgroup_name
  database       = var.database
  secret_arn     = aws_redshiftserverless_namespace.this.admin_password_secret_arn
  sql            = "GRANT ASSUMEROLE ON '${var.copy_role_arn}' TO ROLE ${var.loader_role} FOR COPY"

  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.loader, terraform_data.copy_role]
  }

  depends_on = [
    aws_redshiftdata_statement.create_loader,
    aws_redshiftdata_statement.only_loader_copies,
  ]
}
