output "instance_id" {
  description = "Id of the host, for `aws ssm start-session`."
  value       = aws_instance.airflow.id
}

output "image_repository" {
  description = "URL of the repository for the three images."
  value       = aws_ecr_repository.images.repository_url
}

output "host_role_arn" {
  description = "ARN of the host's role."
  value       = aws_iam_role.host.arn
}
