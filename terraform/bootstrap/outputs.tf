output "state_bucket" {
  description = "Name of the state's bucket, for the stack's `state_bucket` and its backend's `bucket`."
  value       = aws_s3_bucket.state.id
}

output "region" {
  description = "Region of the state's bucket."
  value       = var.region
}

output "permissions_boundary_arn" {
  description = "ARN of the boundary, for the stack's `permissions_boundary_arn`."
  value       = aws_iam_policy.boundary.arn
}
