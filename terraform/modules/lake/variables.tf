variable "name" {
  description = "Prefix of all names."
  type        = string
  nullable    = false
}

variable "bucket_name" {
  description = "Name of the lake's bucket. The bucket of its access logs has the same name with `-logs` appended."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,56}[a-z0-9]$", var.bucket_name))
    error_message = "Expected 3 to 58 lowercase letters, digits and hyphens (63 with -logs)."
  }
}

variable "prefix" {
  description = "Folder of the lake in its bucket."
  type        = string
  nullable    = false
  default     = "lake"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._=-]*(/[A-Za-z0-9._=-]+)*$", var.prefix))
    error_message = "Expected a path without a leading or trailing slash, such as lake or teams/txn."
  }
}

variable "allowed_role_arns" {
  description = "ARNs of the roles that may read and write the lake's objects. All others are denied, even if their own policies allow it."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.allowed_role_arns) > 0
    error_message = "Expected at least one role: without any, nobody could write to the lake."
  }
}

variable "copy_role_arn" {
  description = "ARN of the role that COPY uses to read, one of `allowed_role_arns`. It is never limited to the VPC, because COPY reads through presigned URLs."
  type        = string
  nullable    = false

  validation {
    condition     = contains(var.allowed_role_arns, var.copy_role_arn)
    error_message = "The COPY role must be one of allowed_role_arns."
  }
}

variable "s3_endpoint_id" {
  description = "Id of the only S3 gateway endpoint through which objects may be read and written (except by COPY); empty for no limit."
  type        = string
  nullable    = false
  default     = ""
}

variable "old_version_days" {
  description = "Days to keep replaced or deleted objects."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.old_version_days >= 1 && floor(var.old_version_days) == var.old_version_days
    error_message = "Expected a whole number of days, 1 or more."
  }
}

variable "transition_days" {
  description = "Days after which parts move to S3 Standard-IA, which is cheaper to store and more expensive to read."
  type        = number
  nullable    = false
  default     = 90

  validation {
    condition     = var.transition_days >= 30 && floor(var.transition_days) == var.transition_days
    error_message = "S3 moves objects to Standard-IA after 30 days at the earliest: expected a whole number of days, 30 or more."
  }
}

variable "log_retention_days" {
  description = "Days to keep the bucket's access logs."
  type        = number
  nullable    = false
  default     = 90

  validation {
    condition     = var.log_retention_days >= 1 && floor(var.log_retention_days) == var.log_retention_days
    error_message = "Expected a whole number of days, 1 or more."
  }
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete buckets that contain objects."
  type        = bool
  nullable    = false
  default     = false
}
