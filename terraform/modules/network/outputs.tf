output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "Ids of the private subnets, by zone."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
}

output "subnet_free_addresses" {
  description = "Free addresses in one new subnet. AWS reserves five."
  value       = pow(2, 32 - local.prefix_length - local.subnet_bits) - 5
}

output "runner_security_group_id" {
  description = "Id of the security group for the runner of the pipelines."
  value       = aws_security_group.runner.id

  # A host installs its packages only once, at its first start, so every route must exist before.
  depends_on = [
    aws_route_table_association.private,
    aws_vpc_endpoint.interface,
    aws_vpc_endpoint.s3,
    aws_vpc_security_group_egress_rule.runner_to_endpoints,
    aws_vpc_security_group_egress_rule.runner_to_s3,
    aws_vpc_security_group_egress_rule.runner_to_warehouse,
    aws_vpc_security_group_ingress_rule.endpoints_from_runner,
  ]
}

output "warehouse_security_group_id" {
  description = "Id of the workgroup's security group."
  value       = aws_security_group.warehouse.id
}

output "s3_endpoint_id" {
  description = "Id of the S3 gateway endpoint."
  value       = aws_vpc_endpoint.s3.id
}
