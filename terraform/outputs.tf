# `make aws-env` writes the first seven to .env.

output "lake_url" {
  description = "S3 URL of the lake's root."
  value       = module.lake.lake_url
}

output "warehouse_host" {
  description = "Endpoint of the workgroup."
  value       = module.warehouse.warehouse_host
}

output "warehouse_database" {
  description = "Database to load into."
  value       = module.warehouse.warehouse_database
}

output "warehouse_copy_role_arn" {
  description = "ARN of the role that Redshift uses to read the lake."
  value       = module.iam.copy_role_arn
}

output "warehouse_workgroup" {
  description = "Workgroup that issues temporary credentials."
  value       = module.warehouse.warehouse_workgroup
}

output "region" {
  description = "Region of the stack."
  value       = var.region
}

output "pipeline_role_arn" {
  description = "ARN of the role that runs the pipelines."
  value       = module.iam.pipeline_role_arn
}

output "analyst_role" {
  description = "Database role that may read: the tag `RedshiftDbRoles` of an IAM role names it."
  value       = module.warehouse.analyst_role
}

output "runner" {
  description = "Security group and subnets for a runner of your own."
  value = {
    security_group_id = module.network.runner_security_group_id
    subnet_ids        = module.network.subnet_ids
  }
}

output "admin_secret_arn" {
  description = "ARN of the secret with the warehouse administrator's password."
  value       = module.warehouse.admin_secret_arn
}

output "catalog_table" {
  description = "Database and table of the lake in the Glue catalog; null without a catalog."
  value       = one([for catalog in module.catalog : "${catalog.database}.${catalog.table}"])
}

output "alarm_topic_arn" {
  description = "ARN of the topic of the alarms, for `TXN_ALERT_URL`; null without alarms."
  value       = one([for alarms in module.alarms : alarms.topic_arn])
}

output "airflow" {
  description = "Id of the Airflow host and the repository of its images; null without a host."
  value       = one([for host in module.airflow_ec2 : { instance_id = host.instance_id, image_repository = host.image_repository }])
}

output "ci_role_arns" {
  description = "ARNs of the CI/CD roles; null without CI/CD."
  value       = one([for ci in module.cicd : { plan = ci.plan_role_arn, deploy = ci.deploy_role_arn, pipeline = ci.pipeline_role_arn }])
}
