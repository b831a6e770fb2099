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

variable "subnet_count" {
  description = "Number of private subnets, each in its own zone; in a region of two zones, two of three share one. Redshift Serverless needs at least three."
  type        = number
  nullable    = false
  default     = 3

  validation {
    condition     = contains([3, 4, 5, 6], var.subnet_count)
    error_message = "Redshift Serverless needs at least 3 subnets: expected 3 to 6."
  }
}

variable "excluded_zone_ids" {
  description = "Ids of zones to avoid, such as those without Redshift Serverless: `use1-az3`."
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for zone in var.excluded_zone_ids : can(regex("^[a-z]+[0-9]+-az[0-9]+$", zone))])
    error_message = "Expected zone ids such as use1-az3: names such as eu-central-1a mean different zones in each account."
  }
}

variable "existing" {
  description = "An existing VPC, with an S3 gateway endpoint, and its subnets, instead of new ones; empty to create them."
  type = object({
    vpc_id     = optional(string, "")
    subnet_ids = optional(list(string), [])
  })
  nullable = false
  default  = {}

  validation {
    condition     = var.existing.vpc_id == "" ? length(var.existing.subnet_ids) == 0 : can(regex("^vpc-", var.existing.vpc_id)) && length(var.existing.subnet_ids) >= 3 && alltrue([for id in var.existing.subnet_ids : can(regex("^subnet-", id))])
    error_message = "Expected the id of a VPC (vpc-…) and the ids of at least three of its subnets (subnet-…), or neither."
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
