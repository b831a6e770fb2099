data "aws_caller_identity" "current" {}

locals {
  s3_endpoint_policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "OurBuckets"
          Effect    = "Allow"
          Principal = "*"
          Action = [
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
          ]
          Resource  = flatten([for arn in var.bucket_arns : [arn, "${arn}/*"]])
          Condition = { StringEquals = { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } }
        },
      ],
      [
        for arns in(length(var.public_object_arns) > 0 ? [var.public_object_arns] : []) : {
          Sid       = "PublicObjects"
          Effect    = "Allow"
          Principal = "*"
          Action    = ["s3:GetObject"]
          Resource  = arns
        }
      ],
    )
  }
}

# A route table can have one S3 gateway endpoint, and an existing VPC usually has it already.
data "aws_vpc_endpoint" "s3" {
  count = local.creates_vpc ? 0 : 1

  vpc_id       = var.existing.vpc_id
  service_name = "com.amazonaws.${var.region}.s3"

  filter {
    name   = "vpc-endpoint-type"
    values = ["Gateway"]
  }
}

locals {
  s3_endpoint = one([for endpoint in concat(aws_vpc_endpoint.s3, data.aws_vpc_endpoint.s3) : { id = endpoint.id, prefix_list_id = endpoint.prefix_list_id }])
}

resource "aws_vpc_endpoint" "s3" {
  count = local.creates_vpc ? 1 : 0

  vpc_id            = local.vpc_id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private[0].id]
  policy            = jsonencode(local.s3_endpoint_policy)
  tags              = { Name = "${var.name}-s3" }
}

# In one zone only: each additional zone would cost the same again, and the whole VPC can use the one.
resource "aws_vpc_endpoint" "interface" {
  for_each = var.interface_services

  vpc_id              = local.vpc_id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  subnet_ids          = [local.subnet_ids[0]]
  tags                = { Name = "${var.name}-${each.key}" }
}
