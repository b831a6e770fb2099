variable "copy_role_name" {
  description = "Name of the role that Redshift uses to read the lake."
  type        = string
  nullable    = false
}

variable "pipeline_role_name" {
  description = "Name of the role that writes to the lake and signs in to the warehouse."
  type        = string
  nullable    = false
}

variable "lake_bucket_arn" {
  description = "ARN of the lake's bucket."
  type        = string
  nullable    = false
}

variable "lake_prefix" {
  description = "Folder of the lake in its bucket."
  type        = string
  nullable    = false
}

variable "lake_kms_key_arn" {
  description = "ARN of the key that encrypts the lake's objects."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region of the bucket and the warehouse."
  type        = string
  nullable    = false
}

variable "workgroup_name" {
  description = "Name of the workgroup, which the ARNs of its database users contain."
  type        = string
  nullable    = false
}

variable "workgroup_arn" {
  description = "ARN of the workgroup that the pipeline role signs in to."
  type        = string
  nullable    = false
}

variable "database_role" {
  description = "Database role that Redshift grants to the pipeline role at sign-in."
  type        = string
  nullable    = false
}

variable "alarm_topic" {
  description = "ARNs of the topic for alerts of the pipelines, and of its key; both empty without alarms."
  type = object({
    arn         = string
    kms_key_arn = string
  })
  nullable = false
  default  = { arn = "", kms_key_arn = "" }
}

variable "trusted_principal_arns" {
  description = "ARNs of the roles and users of this account that may assume the pipeline role (`*` and `?` are wildcards); empty allows all whose own policies permit it."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for arn in var.trusted_principal_arns : can(regex("^arn:[a-z-]+:(iam|sts)::[0-9]{12}:", arn))])
    error_message = "Expected ARNs of IAM roles or users, such as arn:aws:iam::123456789012:role/engineer."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of both roles; empty for none."
  type        = string
  nullable    = false
  default     = ""
}
