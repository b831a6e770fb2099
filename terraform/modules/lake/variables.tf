variable "name" {
  description = "Prefix of every name."
  type        = string
  nullable    = false
}

variable "bucket_name" {
  description = "Name of the lake's bucket; the bucket of its access logs gets `-logs` after it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,56}[a-z0-9]$", var.bucket_name))
    error_message = "Expected 3 to 58 small letters, digits and hyphens (63 with -logs)."
  }
}

variable "prefix" {
  description = "Folder of the lake in its bucket."
  type        = string
  nullable    = false
  default     = "lake"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._=-]*(/[A-Za-z0-9._=-]+)*$", var.prefix))
    error_message = "Expected a path without a slash at its start or end, such as lake or teams/txn."
  }
}

variable "allowed_role_arns" {
  description = "ARNs of the roles that may read and write the lake's objects. Everyone else is refused, whatever their own policies say."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.allowed_role_arns) > 0
    error_message = "Name one role at least: with none, nobody could write the lake."
  }
}

variable "copy_role_arn" {
  description = "ARN of the role with which COPY reads, one of `allowed_role_arns`. It is never bound to the VPC: COPY reads by presigned URLs."
  type        = string
  nullable    = false

  validation {
    condition     = contains(var.allowed_role_arns, var.copy_role_arn)
    error_message = "The COPY role must be one of allowed_role_arns."
  }
}

variable "s3_endpoint_id" {
  description = "Id of the S3 gateway endpoint through which alone objects may be read and written (except by COPY); empty for no such limit."
  type        = string
  nullable    = false
  default     = ""
}

variable "old_version_days" {
  description = "Days that replaced or deleted objects are kept."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.old_version_days >= 1 && floor(var.old_version_days) == var.old_version_days
    error_message = "Expected a whole number of days, 1 or more."
  }
}

variable "transition_days" {
  description = "Days after which parts move to S3 Standard-IA: cheaper to keep, dearer to read."
  type        = number
  nullable    = false
  default     = 90

  validation {
    condition     = var.transition_days >= 30 && floor(var.transition_days) == var.transition_days
    error_message = "S3 moves nothing to Standard-IA before it is 30 days old: expected a whole number of 30 or more."
  }
}

variable "log_retention_days" {
  description = "Days that the bucket's access logs are kept."
  type        = number
  nullable    = false
  default     = 90

  validation {
    condition     = var.log_retention_days >= 1 && floor(var.log_retention_days) == var.log_retention_days
    error_message = "Expected a whole number of days, 1 or more."
  }
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete buckets that hold objects."
  type        = bool
  nullable    = false
  default     = false
}
