data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394:Only the first few zones by name are used, so an additional zone changes nothing.
  state = "available"

  # Redshift Serverless cannot run in local zones.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  prefix_length = tonumber(split("/", var.cidr_block)[1])
  subnet_bits   = local.prefix_length <= 20 ? 4 : 3
  zones         = slice(data.aws_availability_zones.available.names, 0, min(var.availability_zone_count, length(data.aws_availability_zones.available.names)))
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr_block
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.name }

  lifecycle {
    precondition {
      condition     = length(data.aws_availability_zones.available.names) >= var.availability_zone_count
      error_message = "The region has only ${length(data.aws_availability_zones.available.names)} zones for ${var.availability_zone_count} subnets: choose another region, or fewer subnets (at least 3)."
    }
  }
}

# AWS creates this group with rules that let its members reach each other. This resource removes them.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-default-unused" }
}

resource "aws_subnet" "private" {
  for_each = { for index, zone in local.zones : zone => cidrsubnet(var.cidr_block, local.subnet_bits, index) }

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-private-${each.key}" }
}

# The only route out of the VPC is that of the S3 endpoint.
resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}
