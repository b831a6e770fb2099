data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394:Only the first few zones by name are used, so an additional zone changes nothing.
  state            = "available"
  exclude_zone_ids = var.excluded_zone_ids

  # Redshift Serverless cannot run in local zones.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_subnet" "existing" {
  for_each = toset(var.existing.subnet_ids)

  id = each.key

  lifecycle {
    postcondition {
      condition     = self.vpc_id == var.existing.vpc_id
      error_message = "Subnet ${each.key} is in ${self.vpc_id}: expected a subnet of ${var.existing.vpc_id}."
    }
  }
}

locals {
  creates_vpc = var.existing.vpc_id == ""
  vpc_id      = local.creates_vpc ? aws_vpc.this[0].id : var.existing.vpc_id

  prefix_length = tonumber(split("/", var.cidr_block)[1])
  subnet_bits   = local.prefix_length <= 20 ? 4 : 3

  all_zones    = data.aws_availability_zones.available.names
  zones        = slice(local.all_zones, 0, min(var.subnet_count, length(local.all_zones)))
  enough_zones = length(local.all_zones) >= var.subnet_count || (length(local.all_zones) == 2 && var.subnet_count == 3)
  # In a region of two zones, the third subnet is in the first zone again.
  subnets = local.creates_vpc && local.enough_zones ? {
    for index in range(var.subnet_count) : (index < length(local.zones) ? local.zones[index] : "${local.zones[0]}-2") => {
      zone       = local.zones[index % length(local.zones)]
      cidr_block = cidrsubnet(var.cidr_block, local.subnet_bits, index)
    }
  } : {}

  subnet_ids = local.creates_vpc ? [for key in sort(keys(local.subnets)) : aws_subnet.private[key].id] : var.existing.subnet_ids
  # AWS reserves five addresses of a new subnet.
  free_addresses = local.creates_vpc ? pow(2, 32 - local.prefix_length - local.subnet_bits) - 5 : min([for subnet in data.aws_subnet.existing : subnet.available_ip_address_count]...)
}

resource "aws_vpc" "this" {
  count = local.creates_vpc ? 1 : 0

  cidr_block           = var.cidr_block
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.name }

  lifecycle {
    precondition {
      condition     = local.enough_zones
      error_message = "The region has only ${length(local.all_zones)} zones (without the excluded ones) for ${var.subnet_count} subnets: choose another region, or fewer subnets (at least 3)."
    }
  }
}

# AWS creates this group with rules that let its members reach each other. This resource removes them.
resource "aws_default_security_group" "this" {
  count = local.creates_vpc ? 1 : 0

  vpc_id = local.vpc_id
  tags   = { Name = "${var.name}-default-unused" }
}

resource "aws_subnet" "private" {
  for_each = local.subnets

  vpc_id                  = local.vpc_id
  availability_zone       = each.value.zone
  cidr_block              = each.value.cidr_block
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-private-${each.key}" }
}

# The only route out of the VPC is that of the S3 endpoint.
resource "aws_route_table" "private" {
  count = local.creates_vpc ? 1 : 0

  vpc_id = local.vpc_id
  tags   = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private[0].id
}
