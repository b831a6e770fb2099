variable "region" {
  description = "Region of everything: COPY takes bucket and warehouse in one region only."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Expected a region such as eu-central-1."
  }
}

variable "name" {
  description = "Prefix of every name: two stacks of one account need two."
  type        = string
  nullable    = false
  default     = "txn"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", var.name))
    error_message = "Expected 3 to 16 small letters, digits and hyphens, with a letter first and no hyphen last."
  }
}

variable "tags" {
  description = "Tags of everything, besides `project` and `managed-by`."
  type        = map(string)
  nullable    = false
  default     = {}
}

variable "permissions_boundary_arn" {
  description = "ARN of a policy that bounds every role; empty for none. `bootstrap` makes one."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.permissions_boundary_arn == "" || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/", var.permissions_boundary_arn))
    error_message = "Expected the ARN of a policy, such as arn:aws:iam::123456789012:policy/boundary."
  }
}

# Network

variable "vpc_cidr" {
  description = "IPv4 range of the VPC, /16 to /24."
  type        = string
  nullable    = false
  default     = "10.42.0.0/16"
}

variable "availability_zone_count" {
  description = "Number of zones, each with one private subnet: 3 to 6."
  type        = number
  nullable    = false
  default     = 3
}

variable "interface_services" {
  description = "AWS services that a runner of yours in the VPC needs to reach; each endpoint costs by the hour. The default is for one that reads the administrator's password."
  type        = set(string)
  nullable    = false
  default     = ["secretsmanager"]
}

# Lake

variable "lake_prefix" {
  description = "Folder of the lake in its bucket."
  type        = string
  nullable    = false
  default     = "lake"
}

variable "lake_allowed_arns" {
  description = "ARNs of further roles and users that may read and write the lake's objects (their own policies must allow it too)."
  type        = list(string)
  nullable    = false
  default     = []
}

variable "lake_from_vpc_only" {
  description = "Whether objects may be read and written through the VPC's S3 endpoint only; then nothing generates from outside. COPY is never bound so."
  type        = bool
  nullable    = false
  default     = false
}

variable "lake_transition_days" {
  description = "Days after which parts move to S3 Standard-IA."
  type        = number
  nullable    = false
  default     = 90
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete buckets and repositories that are not empty. Apply it before you destroy."
  type        = bool
  nullable    = false
  default     = false
}

# Warehouse

variable "warehouse_database" {
  description = "Database to load into."
  type        = string
  nullable    = false
  default     = "txn"
}

variable "warehouse_base_capacity" {
  description = "RPUs that a query starts with: 4, 8 to 512 by 8, or to 1024 by 32."
  type        = number
  nullable    = false
  default     = 8
}

variable "warehouse_max_capacity" {
  description = "RPUs that the workgroup never exceeds."
  type        = number
  nullable    = false
  default     = 32
}

variable "warehouse_price_performance_level" {
  description = "AI-driven scaling from 1 (cheapest) to 100 (fastest), in place of the base capacity; 0 for none."
  type        = number
  nullable    = false
  default     = 0
}

variable "warehouse_usage_limit" {
  description = "RPU-hours in a period (`daily`, `weekly`, `monthly`), and what happens then (`log`, `emit-metric`, `deactivate`)."
  type = object({
    rpu_hours = optional(number, 24)
    period    = optional(string, "daily")
    action    = optional(string, "deactivate")
  })
  nullable = false
  default  = {}
}

# Who may run the pipelines

variable "pipeline_trusted_arns" {
  description = "ARNs of the roles and users of this account that may assume the pipeline role; empty for all whose own policies allow it."
  type        = list(string)
  nullable    = false
  default     = []
}

# Cost

variable "budget_usd" {
  description = "What the account may cost a month, in US dollars."
  type        = number
  nullable    = false
  default     = 100
}

variable "budget_emails" {
  description = "Addresses that are told at 80 % and 100 % of the budget; empty for no budget."
  type        = list(string)
  nullable    = false
  default     = []
}

# CI/CD, off while `github_repository` is empty

variable "github_repository" {
  description = "Repository on GitHub that plans and applies this stack, as `owner/name`, or as `owner@id/name@id` where GitHub's tokens name it so; empty for none."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.github_repository == "" || (var.state_bucket != "" && var.permissions_boundary_arn != "")
    error_message = "github_repository needs state_bucket and permissions_boundary_arn: bootstrap makes both."
  }
}

variable "github_branch" {
  description = "The one branch that is deployed."
  type        = string
  nullable    = false
  default     = "main"
}

variable "github_oidc_provider_arn" {
  description = "ARN of GitHub's OIDC provider, where the account has it already; empty to make it."
  type        = string
  nullable    = false
  default     = ""
}

variable "state_bucket" {
  description = "Name of the bucket that holds the state, for the roles of CI/CD."
  type        = string
  nullable    = false
  default     = ""
}

# Airflow on a host of its own, off by default

variable "airflow_host" {
  description = "Whether one EC2 host runs the Compose stack."
  type        = bool
  nullable    = false
  default     = false
}

variable "airflow_instance_type" {
  description = "Type of the host."
  type        = string
  nullable    = false
  default     = "t3.medium"
}

variable "airflow_architecture" {
  description = "Architecture of host and images: `x86_64` or `arm64`."
  type        = string
  nullable    = false
  default     = "x86_64"
}

variable "airflow_image_tags" {
  description = "Tags of the three images in the stack's repository. Another tag makes another host."
  type = object({
    project  = optional(string, "project-1")
    postgres = optional(string, "postgres-17")
    docker   = optional(string, "docker-28")
  })
  nullable = false
  default  = {}
}
