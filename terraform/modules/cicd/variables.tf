variable "name" {
  description = "Prefix of all names, and value of the tag `project`. The deploy role may change only resources with these names or this tag."
  type        = string
  nullable    = false
}

variable "region" {
  description = "The only region in which the deploy role may change resources."
  type        = string
  nullable    = false
}

variable "repository" {
  description = "GitHub repository: `owner/name`, or `owner@id/name@id` if GitHub's tokens use that form."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$", var.repository))
    error_message = "Expected owner/name without wildcards."
  }
}

variable "branch" {
  description = "Branch that is deployed."
  type        = string
  nullable    = false
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.branch))
    error_message = "Expected the name of one branch without wildcards."
  }
}

variable "state_bucket" {
  description = "Name of the bucket of Terraform's state."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "Expected the name of an S3 bucket."
  }
}

variable "state_key" {
  description = "Path of the state in its bucket."
  type        = string
  nullable    = false
  default     = "txn-kedro/terraform.tfstate"
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary that every role created by the deploy role must have. Without it, anyone who may push to the branch could create an administrator."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/", var.permissions_boundary_arn))
    error_message = "Expected the ARN of a policy, such as the one that bootstrap creates."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of GitHub's OIDC provider if the account already has one (only one is possible); empty to create it."
  type        = string
  nullable    = false
  default     = ""
}

variable "existing_network_arns" {
  description = "ARNs of a VPC and its subnets that are not the stack's, but that it uses."
  type        = list(string)
  nullable    = false
  default     = []
}
