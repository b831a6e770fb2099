mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name              = "txn"
  region            = "eu-central-1"
  subnet_id         = "subnet-a"
  security_group_id = "sg-1"
  pipeline_role_arn = "arn:aws:iam::123456789012:role/txn-pipeline"
  environment       = { TXN_LAKE_URL = "s3://txn-lake/lake" }
}

run "the_host_is_private_and_encrypted_and_has_no_key_pair" {
  assert {
    condition     = aws_instance.airflow.subnet_id == "subnet-a" && aws_instance.airflow.vpc_security_group_ids == toset(["sg-1"])
    error_message = "Expected the private subnet and the runner's security group."
  }
  assert {
    condition     = aws_instance.airflow.metadata_options[0].http_tokens == "required" && aws_instance.airflow.metadata_options[0].http_put_response_hop_limit == 2
    error_message = "Expected IMDSv2 with a hop limit that reaches the containers."
  }
  assert {
    condition     = aws_instance.airflow.root_block_device[0].encrypted && aws_instance.airflow.root_block_device[0].volume_size == 30
    error_message = "Expected an encrypted volume of 30 GiB."
  }
}

run "the_host_may_use_ssm_pull_its_images_and_assume_the_pipeline_role" {
  assert {
    condition = jsondecode(aws_iam_role_policy.host.policy).Statement == [
      {
        Sid      = "BecomeThePipeline"
        Effect   = "Allow"
        Action   = "sts:AssumeRole"
        Resource = "arn:aws:iam::123456789012:role/txn-pipeline"
      },
      {
        Sid      = "SignInToTheRegistry"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "PullImages"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:aws:ecr:eu-central-1:123456789012:repository/txn-airflow"
      },
    ]
    error_message = aws_iam_role_policy.host.policy
  }
  assert {
    condition     = aws_iam_role_policy_attachment.host.policy_arn == "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    error_message = "Expected SSM as the only access to the host."
  }
}

run "images_are_scanned_and_their_tags_are_immutable" {
  assert {
    condition     = aws_ecr_repository.images.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.images.image_scanning_configuration[0].scan_on_push && !aws_ecr_repository.images.force_delete
    error_message = "A tag must always name the same image."
  }
}

run "the_hosts_role_can_have_a_permissions_boundary" {
  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
  }
  assert {
    condition     = aws_iam_role.host.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"
    error_message = "The role has no boundary."
  }
}

run "an_unknown_architecture_is_refused" {
  command = plan
  variables {
    architecture = "amd64"
  }
  expect_failures = [var.architecture]
}

run "an_invalid_instance_type_is_refused" {
  command = plan
  variables {
    instance_type = "medium"
  }
  expect_failures = [var.instance_type]
}

run "a_volume_that_is_too_small_for_the_images_is_refused" {
  command = plan
  variables {
    volume_gib = 8
  }
  expect_failures = [var.volume_gib]
}

run "a_value_with_shell_syntax_is_refused" {
  command = plan
  variables {
    environment = { TXN_LAKE_URL = "$(rm -rf /)" }
  }
  expect_failures = [var.environment]
}

run "a_tag_with_a_space_is_refused" {
  command = plan
  variables {
    image_tags = { project = "project 1" }
  }
  expect_failures = [var.image_tags]
}
