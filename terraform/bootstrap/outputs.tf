output "state_bucket" {
  description = "Name of the state's bucket: `state_bucket` of the stack, and `bucket` of its backend."
  value       = aws_s3_bucket.state.id
}

output "region" {
  description = "Region of the state's bucket."
  value       = var.region
}

output "permissions_boundary_arn" {
  description = "ARN of the boundary: `permissions_boundary_arn` of the stack."
  value       = aws_iam_policy.boundary.arn
}
