variable "name" {
  description = "Prefix of every name."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region, as part of the names of the services' endpoints."
  type        = string
  nullable    = false
}

variable "cidr_block" {
  description = "IPv4 range of the VPC, /16 to /24. Each zone gets a sixteenth of it up to /20, else an eighth."
  type        = string
  nullable    = false
  default     = "10.42.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr_block)) && try(tonumber(split("/", var.cidr_block)[1]), 0) >= 16 && try(tonumber(split("/", var.cidr_block)[1]), 0) <= 24
    error_message = "Expected an IPv4 range of /16 to /24, such as 10.42.0.0/16."
  }
}

variable "availability_zone_count" {
  description = "Number of zones, each with one private subnet. Redshift Serverless asks for three."
  type        = number
  nullable    = false
  default     = 3

  validation {
    condition     = contains([3, 4, 5, 6], var.availability_zone_count)
    error_message = "Redshift Serverless needs subnets in 3 zones or more: expected 3 to 6."
  }
}

variable "bucket_arns" {
  description = "ARNs of the buckets that may be used through the S3 endpoint by principals of this account."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.bucket_arns) > 0
    error_message = "Name one bucket at least: an endpoint without any lets nothing through."
  }
}

variable "public_object_arns" {
  description = "ARNs of objects outside the account that anyone in the VPC may read through the S3 endpoint: package repositories, image layers."
  type        = list(string)
  nullable    = false
  default     = []
}

variable "interface_services" {
  description = "Services to reach without the internet, by the last part of their endpoint's name (`secretsmanager`, `ssm`). Each costs by the hour."
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for service in var.interface_services : can(regex("^[a-z0-9.-]+$", service))])
    error_message = "Expected names of services such as secretsmanager or ecr.api."
  }
}

variable "flow_log_retention_days" {
  description = "Days that flow logs are kept, one of those that CloudWatch knows."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.flow_log_retention_days)
    error_message = "Expected one of CloudWatch's periods: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of a policy that bounds the role of the flow logs; empty for none."
  type        = string
  nullable    = false
  default     = ""
}
