mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name        = "txn"
  region      = "eu-central-1"
  bucket_arns = ["arn:aws:s3:::txn-lake"]
}

run "there_are_three_private_subnets_in_three_zones" {
  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { "eu-central-1a" = "10.42.0.0/20", "eu-central-1b" = "10.42.16.0/20", "eu-central-1c" = "10.42.32.0/20" }
    error_message = "Expected one subnet for each of three zones."
  }
  assert {
    condition     = alltrue([for subnet in aws_subnet.private : !subnet.map_public_ip_on_launch])
    error_message = "A subnet assigns public addresses."
  }
  assert {
    condition     = output.subnet_free_addresses == 4091
    error_message = "A /20 has 4096 addresses, of which AWS reserves five."
  }
}

run "a_small_network_is_divided_into_eighths" {
  variables {
    cidr_block = "10.9.0.0/24"
  }
  assert {
    condition     = aws_subnet.private["eu-central-1c"].cidr_block == "10.9.0.64/27" && output.subnet_free_addresses == 27
    error_message = "A /24 gives each zone a /27."
  }
}

run "sql_reaches_the_warehouse_from_the_runner_only" {
  assert {
    condition = alltrue([
      aws_vpc_security_group_ingress_rule.warehouse_from_runner.from_port == 5439,
      aws_vpc_security_group_ingress_rule.warehouse_from_runner.to_port == 5439,
      aws_vpc_security_group_ingress_rule.warehouse_from_runner.cidr_ipv4 == null,
      aws_vpc_security_group_ingress_rule.warehouse_from_runner.referenced_security_group_id == aws_security_group.runner.id,
      aws_vpc_security_group_ingress_rule.endpoints_from_runner.cidr_ipv4 == null,
    ])
    error_message = "Something other than the runner may connect."
  }
  assert {
    condition     = length(aws_default_security_group.this[0].ingress) == 0 && length(aws_default_security_group.this[0].egress) == 0
    error_message = "The default security group has rules."
  }
}

run "the_s3_endpoint_allows_only_this_account_and_only_the_lake" {
  assert {
    condition = jsondecode(aws_vpc_endpoint.s3[0].policy).Statement == [{
      Sid       = "OurBuckets"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
      Resource  = ["arn:aws:s3:::txn-lake", "arn:aws:s3:::txn-lake/*"]
      Condition = { StringEquals = { "aws:PrincipalAccount" = "123456789012" } }
    }]
    error_message = aws_vpc_endpoint.s3[0].policy
  }
  assert {
    condition     = aws_vpc_endpoint.s3[0].service_name == "com.amazonaws.eu-central-1.s3" && length(aws_vpc_endpoint.interface) == 0
    error_message = "Expected only the S3 gateway endpoint."
  }
}

run "public_objects_may_be_read_through_the_s3_endpoint" {
  variables {
    public_object_arns = ["arn:aws:s3:::packages/*"]
  }
  assert {
    condition = jsondecode(aws_vpc_endpoint.s3[0].policy).Statement[1] == {
      Sid       = "PublicObjects"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["s3:GetObject"]
      Resource  = ["arn:aws:s3:::packages/*"]
    }
    error_message = aws_vpc_endpoint.s3[0].policy
  }
}

run "interface_endpoints_are_in_one_zone" {
  variables {
    interface_services = ["secretsmanager", "ssm"]
  }
  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : length(endpoint.subnet_ids) == 1 && endpoint.private_dns_enabled])
    error_message = "Expected one zone: each zone is billed by the hour."
  }
  assert {
    condition     = toset([for endpoint in aws_vpc_endpoint.interface : endpoint.service_name]) == toset(["com.amazonaws.eu-central-1.secretsmanager", "com.amazonaws.eu-central-1.ssm"])
    error_message = "Expected an endpoint for each requested service."
  }
}

run "flow_logs_go_to_one_group_and_their_role_may_write_only_there" {
  assert {
    condition     = aws_flow_log.this[0].traffic_type == "ALL" && aws_cloudwatch_log_group.flow[0].retention_in_days == 30
    error_message = "Expected logs of all traffic, kept 30 days."
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.flow_log[0].policy).Statement == [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = "arn:aws:logs:eu-central-1:123456789012:log-group:mocked:*"
    }]
    error_message = aws_iam_role_policy.flow_log[0].policy
  }
  assert {
    condition     = aws_iam_role.flow_log[0].permissions_boundary == null
    error_message = "No boundary was given."
  }
}

run "the_flow_logs_role_can_have_a_permissions_boundary" {
  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
  }
  assert {
    condition     = aws_iam_role.flow_log[0].permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"
    error_message = "The role has no boundary."
  }
}

run "a_region_with_too_few_zones_is_refused" {
  command = plan
  variables {
    subnet_count = 4
  }
  expect_failures = [aws_vpc.this]
}

run "two_subnets_are_refused" {
  command = plan
  variables {
    subnet_count = 2
  }
  expect_failures = [var.subnet_count]
}

run "an_invalid_range_is_refused" {
  command = plan
  variables {
    cidr_block = "10.42.0.0"
  }
  expect_failures = [var.cidr_block]
}

run "a_range_that_is_too_small_is_refused" {
  command = plan
  variables {
    cidr_block = "10.42.0.0/25"
  }
  expect_failures = [var.cidr_block]
}

run "a_missing_bucket_is_refused" {
  command = plan
  variables {
    bucket_arns = []
  }
  expect_failures = [var.bucket_arns]
}

run "the_full_name_of_a_service_is_refused" {
  command = plan
  variables {
    interface_services = ["com/amazonaws"]
  }
  expect_failures = [var.interface_services]
}

run "a_retention_that_cloudwatch_does_not_support_is_refused" {
  command = plan
  variables {
    flow_log_retention_days = 31
  }
  expect_failures = [var.flow_log_retention_days]
}

run "in_a_region_of_two_zones_two_subnets_share_one" {
  command = plan
  override_data {
    target = data.aws_availability_zones.available
    values = { names = ["us-west-1a", "us-west-1c"] }
  }
  assert {
    condition = { for key, subnet in aws_subnet.private : key => "${subnet.availability_zone} ${subnet.cidr_block}" } == {
      us-west-1a   = "us-west-1a 10.42.0.0/20"
      us-west-1a-2 = "us-west-1a 10.42.32.0/20"
      us-west-1c   = "us-west-1c 10.42.16.0/20"
    }
    error_message = jsonencode({ for key, subnet in aws_subnet.private : key => subnet.availability_zone })
  }
}

run "one_zone_is_refused" {
  command = plan
  override_data {
    target = data.aws_availability_zones.available
    values = { names = ["us-west-1a"] }
  }
  expect_failures = [aws_vpc.this]
}

run "zones_without_redshift_serverless_are_not_used" {
  command = plan
  variables {
    excluded_zone_ids = ["use1-az3"]
  }
  assert {
    condition     = data.aws_availability_zones.available.exclude_zone_ids == toset(["use1-az3"])
    error_message = "The zone is used."
  }
}

run "zone_names_are_refused_because_they_differ_between_accounts" {
  command = plan
  variables {
    excluded_zone_ids = ["us-east-1a"]
  }
  expect_failures = [var.excluded_zone_ids]
}

run "an_existing_network_gets_only_security_groups_and_endpoints" {
  variables {
    existing           = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2", "subnet-3"] }
    interface_services = ["ssm"]
  }
  override_data {
    target = data.aws_subnet.existing
    values = { vpc_id = "vpc-1", available_ip_address_count = 100 }
  }
  override_data {
    target = data.aws_subnet.existing["subnet-2"]
    values = { vpc_id = "vpc-1", available_ip_address_count = 40 }
  }
  override_data {
    target = data.aws_vpc_endpoint.s3
    values = { id = "vpce-1", prefix_list_id = "pl-1" }
  }
  assert {
    condition     = length(aws_vpc.this) + length(aws_subnet.private) + length(aws_route_table.private) + length(aws_vpc_endpoint.s3) + length(aws_flow_log.this) + length(aws_default_security_group.this) == 0
    error_message = "Something was created in a network of somebody else."
  }
  assert {
    condition     = output.vpc_id == "vpc-1" && join(" ", output.subnet_ids) == "subnet-1 subnet-2 subnet-3" && output.s3_endpoint_id == "vpce-1"
    error_message = "Expected the existing network."
  }
  assert {
    condition     = output.subnet_free_addresses == 40
    error_message = "Expected the free addresses of the smallest subnet."
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.warehouse_to_s3.prefix_list_id == "pl-1" && aws_security_group.warehouse.vpc_id == "vpc-1"
    error_message = "COPY reads through the existing endpoint."
  }
  assert {
    condition     = aws_vpc_endpoint.interface["ssm"].subnet_ids == toset(["subnet-1"]) && aws_vpc_endpoint.interface["ssm"].vpc_id == "vpc-1"
    error_message = "Expected the endpoint in the first subnet."
  }
}

run "a_subnet_of_another_vpc_is_refused" {
  command = plan
  variables {
    existing = { vpc_id = "vpc-1", subnet_ids = ["subnet-1", "subnet-2", "subnet-3"] }
  }
  override_data {
    target = data.aws_subnet.existing
    values = { vpc_id = "vpc-2", available_ip_address_count = 100 }
  }
  expect_failures = [data.aws_subnet.existing]
}

run "an_existing_vpc_without_subnets_is_refused" {
  command = plan
  variables {
    existing = { vpc_id = "vpc-1" }
  }
  expect_failures = [var.existing]
}
