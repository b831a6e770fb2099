output "copy_role_arn" {
  description = "ARN of the role with which Redshift reads the lake."
  value       = aws_iam_role.copy.arn

  # Whoever is told of the role may use it.
  depends_on = [aws_iam_role_policy.copy]
}

output "pipeline_role_arn" {
  description = "ARN of the role that writes the lake and signs in to the warehouse."
  value       = aws_iam_role.pipeline.arn

  depends_on = [aws_iam_role_policy.pipeline]
}
