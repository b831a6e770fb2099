output "warehouse_host" {
  description = "Endpoint of the workgroup."
  value       = aws_redshiftserverless_workgroup.this.endpoint[0].address
}

output "warehouse_database" {
  description = "Database to load into."
  value       = var.database
}

output "warehouse_workgroup" {
  description = "Workgroup that issues temporary credentials."
  value       = aws_redshiftserverless_workgroup.this.workgroup_name

  # Nobody should sign in before the privileges are granted.
  depends_on = [aws_redshiftdata_statement.analyst_select]
}

output "workgroup_arn" {
  description = "ARN of the workgroup."
  value       = aws_redshiftserverless_workgroup.this.arn
}

output "namespace_name" {
  description = "Name of the namespace."
  value       = aws_redshiftserverless_namespace.this.namespace_name
}

output "admin_secret_arn" {
  description = "ARN of the secret with the administrator's password."
  value       = aws_redshiftserverless_namespace.this.admin_password_secret_arn
}

output "loader_role" {
  description = "Database role that may create and load tables."
  value       = var.loader_role
}

output "analyst_role" {
  description = "Database role that may read all tables and views in `public`."
  value       = var.analyst_role
}

output "snapshot_schedule_group" {
  description = "Name of EventBridge Scheduler's group of the snapshots; empty without snapshots."
  value       = local.snapshots == 0 ? "" : aws_scheduler_schedule_group.snapshots[0].name
}

output "usage_limit_id" {
  description = "Id of the usage limit, for its metrics."
  value       = aws_redshiftserverless_usage_limit.compute.id
}
