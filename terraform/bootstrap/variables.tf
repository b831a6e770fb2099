variable "region" {
  description = "Region of the state's bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Expected a region such as eu-central-1."
  }
}

variable "name" {
  description = "Prefix of all names, the same as the stack's."
  type        = string
  nullable    = false
  default     = "txn"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", var.name))
    error_message = "Expected 3 to 16 lowercase letters, digits and hyphens, starting with a letter and not ending with a hyphen."
  }
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete the bucket with the state in it."
  type        = bool
  nullable    = false
  default     = false
}
