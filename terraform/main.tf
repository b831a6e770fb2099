data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account_id  = data.aws_caller_identity.current.account_id
  roles_arn   = "arn:${data.aws_partition.current.partition}:iam::${local.account_id}:role"
  bucket_name = "${var.name}-lake-${local.account_id}-${var.region}"
  bucket_arn  = "arn:${data.aws_partition.current.partition}:s3:::${local.bucket_name}"

  # The bucket policy names the roles and the role policies name the bucket. Fixed names avoid a cycle.
  copy_role_name     = "${var.name}-copy"
  pipeline_role_name = "${var.name}-pipeline"
  copy_role_arn      = "${local.roles_arn}/${local.copy_role_name}"
  pipeline_role_arn  = "${local.roles_arn}/${local.pipeline_role_name}"

  workgroup_name = var.name

  alarms = length(var.alarm_emails) > 0

  ec2_arn = "arn:${data.aws_partition.current.partition}:ec2:${var.region}:${local.account_id}"
  existing_network_arns = var.existing_network.vpc_id == "" ? [] : concat(
    ["${local.ec2_arn}:vpc/${var.existing_network.vpc_id}"],
    [for id in var.existing_network.subnet_ids : "${local.ec2_arn}:subnet/${id}"],
  )

  # If a list restricts who may assume the pipeline role, it must include the stack's own roles.
  own_principal_arns = concat(
    var.airflow_host ? ["${local.roles_arn}/${var.name}-airflow-host"] : [],
    var.github_repository == "" ? [] : ["${local.roles_arn}/${var.name}-ci-pipeline"],
  )
  trusted_principal_arns = length(var.pipeline_trusted_arns) == 0 ? [] : concat(var.pipeline_trusted_arns, local.own_principal_arns)

  # The services that the Airflow host calls, and the S3 objects of its packages and images.
  host_services = concat(
    ["ec2messages", "ecr.api", "ecr.dkr", "redshift-serverless", "ssm", "ssmmessages", "sts"],
    local.alarms ? ["sns"] : [],
  )
  host_object_arns = [
    "arn:${data.aws_partition.current.partition}:s3:::al2023-repos-${var.region}-de612dc2/*",
    "arn:${data.aws_partition.current.partition}:s3:::prod-${var.region}-starport-layer-bucket/*",
  ]
}

module "network" {
  source = "./modules/network"

  name                     = var.name
  region                   = var.region
  cidr_block               = var.vpc_cidr
  subnet_count             = var.subnet_count
  excluded_zone_ids        = var.excluded_zone_ids
  existing                 = var.existing_network
  bucket_arns              = [local.bucket_arn]
  public_object_arns       = var.airflow_host ? local.host_object_arns : []
  interface_services       = setunion(var.interface_services, var.airflow_host ? local.host_services : [])
  permissions_boundary_arn = var.permissions_boundary_arn
}

module "lake" {
  source = "./modules/lake"

  name              = var.name
  bucket_name       = local.bucket_name
  prefix            = var.lake_prefix
  allowed_role_arns = concat([local.copy_role_arn, local.pipeline_role_arn], var.lake_allowed_arns)
  copy_role_arn     = local.copy_role_arn
  s3_endpoint_id    = var.lake_from_vpc_only ? module.network.s3_endpoint_id : ""
  transition_days   = var.lake_transition_days
  force_destroy     = var.force_destroy
}

module "catalog" {
  source = "./modules/catalog"
  count  = var.lake_catalog ? 1 : 0

  name     = var.name
  lake_url = module.lake.lake_url
}

module "iam" {
  source = "./modules/iam"

  copy_role_name           = local.copy_role_name
  pipeline_role_name       = local.pipeline_role_name
  lake_bucket_arn          = module.lake.bucket_arn
  lake_prefix              = module.lake.prefix
  lake_kms_key_arn         = module.lake.kms_key_arn
  region                   = var.region
  workgroup_name           = local.workgroup_name
  workgroup_arn            = module.warehouse.workgroup_arn
  database_role            = module.warehouse.loader_role
  trusted_principal_arns   = local.trusted_principal_arns
  alarm_topic              = one([for alarms in module.alarms : { arn = alarms.topic_arn, kms_key_arn = alarms.kms_key_arn }])
  permissions_boundary_arn = var.permissions_boundary_arn
}

module "warehouse" {
  source = "./modules/warehouse"

  name                     = local.workgroup_name
  database                 = var.warehouse_database
  copy_role_arn            = module.iam.copy_role_arn
  subnet_ids               = module.network.subnet_ids
  subnet_free_addresses    = module.network.subnet_free_addresses
  security_group_id        = module.network.warehouse_security_group_id
  base_capacity            = var.warehouse_base_capacity
  max_capacity             = var.warehouse_max_capacity
  price_performance_level  = var.warehouse_price_performance_level
  usage_limit_rpu_hours    = var.warehouse_usage_limit.rpu_hours
  usage_limit_period       = var.warehouse_usage_limit.period
  usage_limit_action       = var.warehouse_usage_limit.action
  snapshot_schedule        = var.warehouse_snapshots.schedule
  snapshot_retention_days  = var.warehouse_snapshots.retention_days
  force_destroy            = var.force_destroy
  permissions_boundary_arn = var.permissions_boundary_arn
}

module "alarms" {
  source = "./modules/alarms"
  count  = local.alarms ? 1 : 0

  name                    = var.name
  region                  = var.region
  emails                  = var.alarm_emails
  workgroup_name          = local.workgroup_name
  usage_limit_id          = module.warehouse.usage_limit_id
  usage_limit_rpu_hours   = var.warehouse_usage_limit.rpu_hours
  hours_without_load      = var.alarm_hours_without_load
  snapshot_schedule_group = module.warehouse.snapshot_schedule_group
}

module "cost" {
  source = "./modules/cost"
  count  = length(var.budget_emails) > 0 ? 1 : 0

  name        = var.name
  monthly_usd = var.budget_usd
  emails      = var.budget_emails
}

module "cicd" {
  source = "./modules/cicd"
  count  = var.github_repository == "" ? 0 : 1

  name                     = var.name
  region                   = var.region
  repository               = var.github_repository
  branch                   = var.github_branch
  state_bucket             = var.state_bucket
  permissions_boundary_arn = var.permissions_boundary_arn
  oidc_provider_arn        = var.github_oidc_provider_arn
  existing_network_arns    = local.existing_network_arns
}

module "airflow_ec2" {
  source = "./modules/airflow_ec2"
  count  = var.airflow_host ? 1 : 0

  name                     = var.name
  region                   = var.region
  subnet_id                = module.network.subnet_ids[0]
  security_group_id        = module.network.runner_security_group_id
  pipeline_role_arn        = module.iam.pipeline_role_arn
  image_tags               = var.airflow_image_tags
  instance_type            = var.airflow_instance_type
  architecture             = var.airflow_architecture
  force_destroy            = var.force_destroy
  permissions_boundary_arn = var.permissions_boundary_arn

  # The host is in the VPC, so the driver needs no further interface endpoint.
  environment = merge(
    {
      TXN_LAKE_URL            = module.lake.lake_url
      TXN_WAREHOUSE_TRANSPORT = "driver"
      TXN_WAREHOUSE_COPY_ROLE = module.iam.copy_role_arn
      TXN_WAREHOUSE_DATABASE  = module.warehouse.warehouse_database
      TXN_WAREHOUSE_HOST      = module.warehouse.warehouse_host
      TXN_WAREHOUSE_WORKGROUP = module.warehouse.warehouse_workgroup
    },
    { for alarms in module.alarms : "TXN_ALERT_URL" => alarms.topic_arn },
  )
}
