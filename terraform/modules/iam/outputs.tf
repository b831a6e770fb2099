output "copy_role_arn" {
  description = "ARN of the role that Redshift uses to read the lake."
  value       = aws_iam_role.copy.arn

  # Wait for the policy, so that the role can be used as soon as its ARN is known.
  depends_on = [aws_iam_role_policy.copy]
}

output "pipeline_role_arn" {
  description = "ARN of the role that writes to the lake and signs in to the warehouse."
  value       = aws_iam_role.pipeline.arn

  depends_on = [aws_iam_role_policy.pipeline]
}
