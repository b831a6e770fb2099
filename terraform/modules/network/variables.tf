variable "name" {
  description = "Prefix of all names."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region, which is part of the endpoint names."
  type        = string
  nullable    = false
}

variable "cidr_block" {
  description = "IPv4 range of the VPC, /16 to /24. Each zone gets a sixteenth of a range from /16 to /20, and an eighth of a smaller one."
  type        = string
  nullable    = false
  default     = "10.42.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr_block)) && try(tonumber(split("/", var.cidr_block)[1]), 0) >= 16 && try(tonumber(split("/", var.cidr_block)[1]), 0) <= 24
    error_message = "Expected an IPv4 range of /16 to /24, such as 10.42.0.0/16."
  }
}

variable "availability_zone_count" {
  description = "Number of zones, each with one private subnet. Redshift Serverless needs at least three."
  type        = number
  nullable    = false
  default     = 3

  validation {
    condition     = contains([3, 4, 5, 6], var.availability_zone_count)
    error_message = "Redshift Serverless needs subnets in at least 3 zones: expected 3 to 6."
  }
}

variable "bucket_arns" {
  description = "ARNs of the buckets that principals of this account may use through the S3 endpoint."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.bucket_arns) > 0
    error_message = "Expected at least one bucket: an endpoint without any allows nothing."
  }
}

variable "public_object_arns" {
  description = "ARNs of objects outside the account that anyone in the VPC may read through the S3 endpoint: package repositories, image layers."
  type        = list(string)
  nullable    = false
  default     = []
}

variable "interface_services" {
  description = "AWS services to reach without internet access, by the last part of their endpoint's name (`secretsmanager`, `ssm`). Each is billed by the hour."
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for service in var.interface_services : can(regex("^[a-z0-9.-]+$", service))])
    error_message = "Expected service names such as secretsmanager or ecr.api."
  }
}

variable "flow_log_retention_days" {
  description = "Days to keep flow logs, one of CloudWatch's retention periods."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.flow_log_retention_days)
    error_message = "Expected one of CloudWatch's periods: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of the flow logs' role; empty for none."
  type        = string
  nullable    = false
  default     = ""
}
