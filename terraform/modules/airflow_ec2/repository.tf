resource "aws_ecr_repository" "images" {
  #checkov:skip=CKV_AWS_136:The images contain no secrets; ECR encrypts them with its own key.
  name                 = "${var.name}-airflow"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_destroy

  image_scanning_configuration {
    scan_on_push = true
  }
}
