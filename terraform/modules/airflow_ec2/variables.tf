variable "name" {
  description = "Prefix of all names."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region of the stack."
  type        = string
  nullable    = false
}

variable "subnet_id" {
  description = "Id of the private subnet of the host and the interface endpoints."
  type        = string
  nullable    = false
}

variable "security_group_id" {
  description = "Id of the runner's security group."
  type        = string
  nullable    = false
}

variable "pipeline_role_arn" {
  description = "ARN of the role that the tasks assume."
  type        = string
  nullable    = false
}

variable "image_tags" {
  description = "Tags of three images in the repository: the project, PostgreSQL, and Docker's command line (which includes Compose)."
  type = object({
    project  = optional(string, "project-1")
    postgres = optional(string, "postgres-17")
    docker   = optional(string, "docker-28")
  })
  nullable = false
  default  = {}

  validation {
    condition     = alltrue([for tag in values(var.image_tags) : can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", tag))])
    error_message = "Expected image tags of letters, digits, dots, hyphens and underscores."
  }
}

variable "environment" {
  description = "Variables for the tasks about the lake and the warehouse, as in `.env`. They must not contain secrets."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.environment : can(regex("^[A-Z][A-Z0-9_]*$", name)) && can(regex("^[A-Za-z0-9:/._@+=-]*$", value))])
    error_message = "Expected uppercase variable names, and values without spaces, quotes and dollar signs."
  }
}

variable "instance_type" {
  description = "Instance type of the host; 2 vCPUs and 4 GiB are enough."
  type        = string
  nullable    = false
  default     = "t3.medium"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", var.instance_type))
    error_message = "Expected an instance type such as t3.medium."
  }
}

variable "architecture" {
  description = "Architecture of the host and the images: `x86_64`, or `arm64` with an instance type such as t4g.medium."
  type        = string
  nullable    = false
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "Expected x86_64 or arm64."
  }
}

variable "volume_gib" {
  description = "Size in GiB of the host's volume, which stores images, metadata and logs."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.volume_gib >= 20 && floor(var.volume_gib) == var.volume_gib
    error_message = "Expected a whole number of GiB, 20 or more."
  }
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete a repository that contains images."
  type        = bool
  nullable    = false
  default     = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of the host's role; empty for none."
  type        = string
  nullable    = false
  default     = ""
}
