output "lake_url" {
  description = "S3 URL of the lake's root."
  value       = "s3://${aws_s3_bucket.lake.bucket}/${var.prefix}"
}

output "bucket_arn" {
  description = "ARN of the lake's bucket."
  value       = aws_s3_bucket.lake.arn
}

output "prefix" {
  description = "Folder of the lake in its bucket."
  value       = var.prefix
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts the lake's objects."
  value       = aws_kms_key.lake.arn
}
