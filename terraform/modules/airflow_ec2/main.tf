# The packages of Amazon Linux 2023 come from S3, so the host needs no internet access.
data "aws_ssm_parameter" "machine_image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${var.architecture}"
}

locals {
  registry = split("/", aws_ecr_repository.images.repository_url)[0]
  images   = { for name, tag in var.image_tags : name => "${aws_ecr_repository.images.repository_url}:${tag}" }

  # The variables of .env, which Compose passes to the containers.
  environment = merge(var.environment, {
    AWS_REGION     = var.region
    KEDRO_ENV      = "aws"
    POSTGRES_IMAGE = local.images.postgres
    TXN_IMAGE      = local.images.project
  })

  files = {
    "/opt/txn-kedro/.env"                 = join("", [for name, value in local.environment : "${name}=${value}\n"])
    "/opt/txn-kedro/compose.yml"          = file("${path.module}/../../../compose.yml")
    "/opt/txn-kedro/compose.override.yml" = file("${path.module}/files/compose.override.yml")
    "/opt/txn-kedro/start.sh"             = file("${path.module}/files/start.sh")
    "/etc/systemd/system/txn-kedro.service" = templatefile("${path.module}/files/txn-kedro.service.tftpl", {
      docker_image = local.images.docker
    })
    "/opt/txn-kedro/aws/config" = templatefile("${path.module}/files/aws_config.tftpl", {
      pipeline_role_arn = var.pipeline_role_arn
      region            = var.region
    })
    "/root/.docker/config.json" = jsonencode({ credHelpers = { (local.registry) = "ecr-login" } })
  }

  user_data = join("\n", ["#cloud-config", yamlencode({
    packages = ["amazon-ecr-credential-helper", "docker"]
    write_files = [for path, text in local.files : {
      path        = path
      encoding    = "gz+b64"
      content     = base64gzip(text)
      permissions = endswith(path, ".sh") ? "0755" : "0644"
    }]
    runcmd = [["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", "docker", "txn-kedro"]]
  })])
}

resource "aws_instance" "airflow" {
  #checkov:skip=CKV_AWS_126:The free metrics, every 5 minutes, are enough for a host that runs two DAGs a day.
  ami                         = data.aws_ssm_parameter.machine_image.insecure_value
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = [var.security_group_id]
  iam_instance_profile        = aws_iam_instance_profile.host.name
  ebs_optimized               = true
  user_data_base64            = base64gzip(local.user_data)
  user_data_replace_on_change = true
  tags                        = { Name = "${var.name}-airflow" }

  metadata_options {
    http_tokens = "required"
    # Containers are one network hop farther from the metadata service than the host.
    http_put_response_hop_limit = 2
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = var.volume_gib
  }

  lifecycle {
    # A new Amazon Linux image must not replace the host.
    ignore_changes = [ami]
  }

  # The host needs its permissions at its first start.
  depends_on = [aws_iam_role_policy.host, aws_iam_role_policy_attachment.host]
}
