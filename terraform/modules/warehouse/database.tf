# The administrator grants privileges through the Data API, which needs no route into the VPC. There are
# several steps, because Redshift refuses concurrent changes to the privileges of one object.
#
# AWS deletes a statement after a day, and the provider then cannot read its result. So a statement runs
# again only if something that it depends on changes.

resource "terraform_data" "loader" {
  input = [aws_redshiftserverless_namespace.this.namespace_id, var.database, var.loader_role]
}

resource "terraform_data" "analyst" {
  input = [aws_redshiftserverless_namespace.this.namespace_id, var.database, var.analyst_role]
}

resource "terraform_data" "copy_role" {
  input = var.copy_role_arn
}

resource "aws_redshiftdata_statement" "prepare" {
  for_each = {
    loader      = "CREATE ROLE ${var.loader_role}"
    no_creation = "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    no_copy     = "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL"
  }

  workgroup_name = aws_redshiftserverless_workgroup.this.workgroup_name
  database       = var.database
  secret_arn     = aws_redshiftserverless_namespace.this.admin_password_secret_arn
  sql            = each.value

  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.loader]
  }
}

resource "aws_redshiftdata_statement" "grant" {
  for_each = {
    creation = "GRANT USAGE, CREATE ON SCHEMA public TO ROLE ${var.loader_role}"
    copy     = "GRANT ASSUMEROLE ON '${var.copy_role_arn}' TO ROLE ${var.loader_role} FOR COPY"
  }

  workgroup_name = aws_redshiftserverless_workgroup.this.workgroup_name
  database       = var.database
  secret_arn     = aws_redshiftserverless_namespace.this.admin_password_secret_arn
  sql            = each.value

  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.loader, terraform_data.copy_role]
  }

  depends_on = [aws_redshiftdata_statement.prepare]
}

resource "aws_redshiftdata_statement" "analyst" {
  workgroup_name = aws_redshiftserverless_workgroup.this.workgroup_name
  database       = var.database
  secret_arn     = aws_redshiftserverless_namespace.this.admin_password_secret_arn
  sql            = "CREATE ROLE ${var.analyst_role}"

  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.analyst]
  }

  depends_on = [aws_redshiftdata_statement.grant]
}

resource "aws_redshiftdata_statement" "analyst_usage" {
  workgroup_name = aws_redshiftserverless_workgroup.this.workgroup_name
  database       = var.database
  secret_arn     = aws_redshiftserverless_namespace.this.admin_password_secret_arn
  sql            = "GRANT USAGE ON SCHEMA public TO ROLE ${var.analyst_role}"

  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.analyst]
  }

  depends_on = [aws_redshiftdata_statement.analyst]
}

# Of all tables and views, also of those that the loader or another user creates later. Default privileges
# would need the name of that user, and Redshift creates the loader's user only at its first sign-in.
resource "aws_redshiftdata_statement" "analyst_select" {
  workgroup_name = aws_redshiftserverless_workgroup.this.workgroup_name
  database       = var.database
  secret_arn     = aws_redshiftserverless_namespace.this.admin_password_secret_arn
  sql            = "GRANT SELECT FOR TABLES IN SCHEMA public TO ROLE ${var.analyst_role}"

  lifecycle {
    ignore_changes       = all
    replace_triggered_by = [terraform_data.analyst]
  }

  depends_on = [aws_redshiftdata_statement.analyst_usage]
}
