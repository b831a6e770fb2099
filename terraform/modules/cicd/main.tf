data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account_id     = data.aws_caller_identity.current.account_id
  partition      = data.aws_partition.current.partition
  issuer         = "token.actions.githubusercontent.com"
  provider_arn   = var.oidc_provider_arn == "" ? aws_iam_openid_connect_provider.github[0].arn : var.oidc_provider_arn
  state_arn      = "arn:${local.partition}:s3:::${var.state_bucket}"
  roles_arn      = "arn:${local.partition}:iam::${local.account_id}:role/${var.name}-*"
  branch_subject = "repo:${var.repository}:ref:refs/heads/${var.branch}"
  own_role_arns = [
    "arn:${local.partition}:iam::${local.account_id}:role/${var.name}-ci-deploy",
    "arn:${local.partition}:iam::${local.account_id}:role/${var.name}-ci-plan",
  ]
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider_arn == "" ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}
