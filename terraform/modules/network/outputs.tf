output "vpc_id" {
  description = "Id of the VPC."
  value       = local.vpc_id
}

output "subnet_ids" {
  description = "Ids of the private subnets, by zone."
  value       = local.subnet_ids
}

output "subnet_free_addresses" {
  description = "Free addresses in the smallest subnet."
  value       = local.free_addresses
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
  value       = local.s3_endpoint.id
}

output "interface_services" {
  description = "AWS services with an interface endpoint."
  value       = keys(aws_vpc_endpoint.interface)
}
