variable "name" {
  description = "Prefix of every name."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region of everything."
  type        = string
  nullable    = false
}

variable "subnet_id" {
  description = "Id of the private subnet in which the host and the interface endpoints are."
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
  description = "Tags in the repository of the images of the project, of PostgreSQL and of Docker's command line (which brings Compose)."
  type = object({
    project  = optional(string, "project-1")
    postgres = optional(string, "postgres-17")
    docker   = optional(string, "docker-28")
  })
  nullable = false
  default  = {}

  validation {
    condition     = alltrue([for tag in values(var.image_tags) : can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", tag))])
    error_message = "Expected tags of images: letters, digits, points, hyphens and underscores."
  }
}

variable "environment" {
  description = "What the tasks are told of lake and warehouse, as in `.env`; nothing secret."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.environment : can(regex("^[A-Z][A-Z0-9_]*$", name)) && can(regex("^[A-Za-z0-9:/._@+=-]*$", value))])
    error_message = "Expected variables in capitals, and values with no space, quote or dollar sign."
  }
}

variable "instance_type" {
  description = "Type of the host: 2 vCPUs and 4 GiB do."
  type        = string
  nullable    = false
  default     = "t3.medium"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", var.instance_type))
    error_message = "Expected a type such as t3.medium."
  }
}

variable "architecture" {
  description = "Architecture of host and images: `x86_64` or `arm64` (with a type such as t4g.medium)."
  type        = string
  nullable    = false
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "Expected x86_64 or arm64."
  }
}

variable "volume_gib" {
  description = "Size of the host's volume: images, metadata and logs."
  type        = number
  nullable    = false
  default     = 30

  validation {
    condition     = var.volume_gib >= 20 && floor(var.volume_gib) == var.volume_gib
    error_message = "Expected a whole number of GiB, 20 or more."
  }
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete a repository that holds images."
  type        = bool
  nullable    = false
  default     = false
}

variable "permissions_boundary_arn" {
  description = "ARN of a policy that bounds the role of the host; empty for none."
  type        = string
  nullable    = false
  default     = ""
}
