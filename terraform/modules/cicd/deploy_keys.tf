locals {
  key_services = [for service in ["redshift", "redshift-serverless", "secretsmanager"] : "${service}.${var.region}.amazonaws.com"]

  key_statements = [
    {
      Sid       = "CreateKeys"
      Effect    = "Allow"
      Action    = "kms:CreateKey"
      Resource  = "*"
      Condition = { StringEquals = local.new }
    },
    # AWS checks this when a key is created with tags, and cannot tell it from tagging an existing key. So it is
    # limited to keys that have neither this tag nor an alias.
    {
      Sid      = "TagNewKeys"
      Effect   = "Allow"
      Action   = "kms:TagResource"
      Resource = "${local.in_service.kms}:key/*"
      Condition = {
        StringEquals = local.new
        Null         = { "aws:ResourceTag/project" = "true", "kms:ResourceAliases" = "true" }
      }
    },
    {
      Sid    = "ChangeKeys"
      Effect = "Allow"
      Action = [
        "kms:CancelKeyDeletion",
        "kms:CreateAlias",
        "kms:DeleteAlias",
        "kms:DisableKey",
        "kms:DisableKeyRotation",
        "kms:EnableKey",
        "kms:EnableKeyRotation",
        "kms:PutKeyPolicy",
        "kms:RetireGrant",
        "kms:ScheduleKeyDeletion",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:UpdateAlias",
        "kms:UpdateKeyDescription",
      ]
      Resource  = "${local.in_service.kms}:key/*"
      Condition = { StringEquals = local.ours }
    },
    {
      Sid      = "Aliases"
      Effect   = "Allow"
      Action   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
      Resource = [for alias in ["alarms", "lake", "warehouse"] : "${local.in_service.kms}:alias/${var.name}-${alias}"]
    },
    {
      Sid      = "LetServicesUseKeys"
      Effect   = "Allow"
      Action   = "kms:CreateGrant"
      Resource = "${local.in_service.kms}:key/*"
      Condition = {
        StringEquals = local.ours
        Bool         = { "kms:GrantIsForAWSResource" = "true" }
      }
    },
    # Redshift creates the administrator's password, and Terraform reads it to grant the loader's privileges.
    {
      Sid       = "AdministratorsPassword"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "${local.in_service.kms}:key/*"
      Condition = { StringEquals = merge(local.ours, { "kms:ViaService" = local.key_services }) }
    },
  ]
}
