resource "aws_security_group" "runner" {
  #checkov:skip=CKV2_AWS_5:Attached to the Airflow host, or to a runner of your own in this VPC.
  name        = "${var.name}-runner"
  description = "Whatever runs the pipelines"
  vpc_id      = local.vpc_id
  tags        = { Name = "${var.name}-runner" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "warehouse" {
  #checkov:skip=CKV2_AWS_5:Attached to the workgroup, which the warehouse module creates.
  name        = "${var.name}-warehouse"
  description = "The Redshift Serverless workgroup"
  vpc_id      = local.vpc_id
  tags        = { Name = "${var.name}-warehouse" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Interface endpoints of AWS services"
  vpc_id      = local.vpc_id
  tags        = { Name = "${var.name}-endpoints" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "warehouse_from_runner" {
  security_group_id            = aws_security_group.warehouse.id
  description                  = "SQL from the runner"
  referenced_security_group_id = aws_security_group.runner.id
  ip_protocol                  = "tcp"
  from_port                    = 5439
  to_port                      = 5439
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_runner" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "AWS services for the runner"
  referenced_security_group_id = aws_security_group.runner.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

# COPY reads the lake from inside the VPC.
resource "aws_vpc_security_group_egress_rule" "warehouse_to_s3" {
  security_group_id = aws_security_group.warehouse.id
  description       = "S3 through its endpoint"
  prefix_list_id    = local.s3_endpoint.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "runner_to_s3" {
  security_group_id = aws_security_group.runner.id
  description       = "S3 through its endpoint"
  prefix_list_id    = local.s3_endpoint.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "runner_to_warehouse" {
  security_group_id            = aws_security_group.runner.id
  description                  = "SQL to the warehouse"
  referenced_security_group_id = aws_security_group.warehouse.id
  ip_protocol                  = "tcp"
  from_port                    = 5439
  to_port                      = 5439
}

resource "aws_vpc_security_group_egress_rule" "runner_to_endpoints" {
  security_group_id            = aws_security_group.runner.id
  description                  = "AWS services"
  referenced_security_group_id = aws_security_group.endpoints.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}
