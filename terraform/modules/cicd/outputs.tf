output "plan_role_arn" {
  description = "ARN of the role that plans pull requests and the branch, for TERRAFORM_PLAN_ROLE_ARN."
  value       = aws_iam_role.plan.arn
}

output "deploy_role_arn" {
  description = "ARN of the role that applies the branch, for TERRAFORM_DEPLOY_ROLE_ARN."
  value       = aws_iam_role.deploy.arn
}

output "pipeline_role_arn" {
  description = "ARN of the role that runs batches from the branch, for PIPELINE_CI_ROLE_ARN."
  value       = aws_iam_role.pipeline.arn
}
