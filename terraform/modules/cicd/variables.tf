variable "name" {
  description = "Prefix of every name; what the deploy role may change is told by it."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region outside which the deploy role may do nothing."
  type        = string
  nullable    = false
}

variable "repository" {
  description = "Repository on GitHub, as `owner/name`; as `owner@id/name@id` where GitHub's tokens name it so."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$", var.repository))
    error_message = "Expected owner/name, with no pattern in it."
  }
}

variable "branch" {
  description = "The one branch that is deployed."
  type        = string
  nullable    = false
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.branch))
    error_message = "Expected the name of one branch, with no pattern in it."
  }
}

variable "state_bucket" {
  description = "Name of the bucket that holds Terraform's state."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "Expected the name of a bucket."
  }
}

variable "state_key" {
  description = "Path of the state in its bucket."
  type        = string
  nullable    = false
  default     = "txn-kedro/terraform.tfstate"
}

variable "permissions_boundary_arn" {
  description = "ARN of the policy that every role made by the deploy role must be bounded by: without one, who may push to the branch could make an administrator."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/", var.permissions_boundary_arn))
    error_message = "Expected the ARN of a policy, such as the one that bootstrap makes."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of GitHub's OIDC provider, where the account has it already (there can be one only); empty to make it."
  type        = string
  nullable    = false
  default     = ""
}
