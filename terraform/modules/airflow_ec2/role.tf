data "aws_partition" "current" {}

locals {
  host_trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  }

  # The host's role has no access to the lake and the warehouse. Its tasks assume the pipeline role.
  host_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "BecomeThePipeline"
        Effect   = "Allow"
        Action   = "sts:AssumeRole"
        Resource = var.pipeline_role_arn
      },
      {
        Sid      = "SignInToTheRegistry"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid    = "PullImages"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:GetDownloadUrlForLayer",
        ]
        Resource = aws_ecr_repository.images.arn
      },
    ]
  }
}

resource "aws_iam_role" "host" {
  name                 = "${var.name}-airflow-host"
  description          = "The Airflow host: reached by SSM, becomes the pipeline"
  assume_role_policy   = jsonencode(local.host_trust)
  permissions_boundary = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "host" {
  name   = "pull-images-become-pipeline"
  role   = aws_iam_role.host.id
  policy = jsonencode(local.host_policy)
}

resource "aws_iam_role_policy_attachment" "host" {
  role       = aws_iam_role.host.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "host" {
  name = "${var.name}-airflow-host"
  role = aws_iam_role.host.name
}
