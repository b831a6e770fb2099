variable "name" {
  description = "Name of the database, with underscores instead of hyphens."
  type        = string
  nullable    = false
}

variable "lake_url" {
  description = "S3 URL of the lake's root."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^s3://[^/]+/.*[^/]$", var.lake_url))
    error_message = "Expected an S3 URL without a slash at its end, such as s3://bucket/lake."
  }
}

variable "first_date" {
  description = "First date that queries see. Each earlier date would cost every query without a filter one more listing."
  type        = string
  nullable    = false
  default     = "2024-01-01"

  validation {
    condition     = can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", var.first_date))
    error_message = "Expected a date such as 2024-01-01."
  }
}
