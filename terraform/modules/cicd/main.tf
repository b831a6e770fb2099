data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account_id   = data.aws_caller_identity.current.account_id
  partition    = data.aws_partition.current.partition
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = var.oidc_provider_arn == "" ? aws_iam_openid_connect_provider.github[0].arn : var.oidc_provider_arn
  state_arn    = "arn:${local.partition}:s3:::${var.state_bucket}"
  branch       = "refs/heads/${var.branch}"

  # "arn:aws:SERVICE:REGION:ACCOUNT", to which the name of a resource is added.
  in_service = {
    for service in ["cloudwatch", "ec2", "ecr", "glue", "kms", "logs", "redshift-serverless", "scheduler", "secretsmanager", "sns"] :
    service => "arn:${local.partition}:${service}:${var.region}:${local.account_id}"
  }
  iam_arn = "arn:${local.partition}:iam::${local.account_id}"

  # Names are complete, never prefixes: the prefix `txn-` also matches the stack `txn-prod`.
  role_arns = {
    for role in ["airflow-host", "copy", "flow-log", "pipeline", "snapshots"] :
    role => "${local.iam_arn}:role/${var.name}-${role}"
  }
  instance_profile_arn = "${local.iam_arn}:instance-profile/${var.name}-airflow-host"
  ci_role_arns         = "${local.iam_arn}:role/${var.name}-ci-*"
  ci_policy_arns       = "${local.iam_arn}:policy/${var.name}-ci-*"
  bucket_arns          = [for suffix in ["", "-logs"] : "arn:${local.partition}:s3:::${var.name}-lake-${local.account_id}-${var.region}${suffix}"]
  repository_arn       = "${local.in_service.ecr}:repository/${var.name}-airflow"
  budget_arn           = "arn:${local.partition}:budgets::${local.account_id}:budget/${var.name}-monthly"
  topic_arn            = "${local.in_service.sns}:${var.name}-alarms"
  dashboard_arn        = "arn:${local.partition}:cloudwatch::${local.account_id}:dashboard/${var.name}"
  secret_arns          = "${local.in_service.secretsmanager}:secret:redshift!${var.name}-txn_admin-*"
  alarm_arns = [
    for alarm in ["failed-load", "failed-snapshot", "no-load", "usage-limit-reached", "usage-near-limit"] :
    "${local.in_service.cloudwatch}:alarm:${var.name}-${alarm}"
  ]
  log_group_arns = flatten([
    for group in ["/aws/vpc/${var.name}/*", "/aws/redshift/${var.name}/*"] : "${local.in_service.logs}:log-group:${group}"
  ])
  schedule_arns = [
    "${local.in_service.scheduler}:schedule-group/${var.name}-snapshots",
    "${local.in_service.scheduler}:schedule/${var.name}-snapshots/${var.name}-snapshots",
  ]
  catalog_arns = [
    "${local.in_service.glue}:catalog",
    "${local.in_service.glue}:database/${replace(var.name, "-", "_")}",
    "${local.in_service.glue}:table/${replace(var.name, "-", "_")}/*",
  ]

  # Resources whose names AWS chooses are recognised by the tag `project`, which Terraform gives to all resources.
  in_region = { "aws:RequestedRegion" = var.region }
  new       = merge(local.in_region, { "aws:RequestTag/project" = var.name })
  ours      = merge(local.in_region, { "aws:ResourceTag/project" = var.name })
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider_arn == "" ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}
