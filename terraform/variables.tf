variable "region" {
  description = "Region of the stack: COPY requires bucket and warehouse in the same region."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Expected a region such as eu-central-1."
  }
}

variable "name" {
  description = "Prefix of all names; two stacks in one account need different prefixes."
  type        = string
  nullable    = false
  default     = "txn"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", var.name))
    error_message = "Expected 3 to 16 lowercase letters, digits and hyphens, starting with a letter and not ending with a hyphen."
  }

  validation {
    condition     = !strcontains(var.name, "--") && !startswith(var.name, "sg-") && !startswith(var.name, "sthree-")
    error_message = "AWS refuses two hyphens in a row (in ECR) and the prefixes sg- (of security groups) and sthree- (of buckets)."
  }
}

variable "tags" {
  description = "Tags of all resources, in addition to `project` and `managed-by`."
  type        = map(string)
  nullable    = false
  default     = {}
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of every role; empty for none. `bootstrap` creates one."
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

variable "subnet_count" {
  description = "Number of private subnets, 3 to 6, each in its own zone; in a region of two zones, two of three share one."
  type        = number
  nullable    = false
  default     = 3
}

variable "excluded_zone_ids" {
  description = "Ids of zones to avoid, such as those without Redshift Serverless: `use1-az3`."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "existing_network" {
  description = "An existing VPC with an S3 gateway endpoint, and at least three of its subnets, instead of new ones; empty to create them."
  type = object({
    vpc_id     = optional(string, "")
    subnet_ids = optional(list(string), [])
  })
  nullable = false
  default  = {}
}

variable "interface_services" {
  description = "AWS services that a runner of your own in the VPC calls. Each endpoint is billed by the hour. Nothing of the stack itself needs one, except the Airflow host, which adds its own."
  type        = set(string)
  nullable    = false
  default     = []
}

# Lake

variable "lake_prefix" {
  description = "Folder of the lake in its bucket."
  type        = string
  nullable    = false
  default     = "lake"
}

variable "lake_allowed_arns" {
  description = "ARNs of other roles and users that may read and write the lake's objects (their own policies must allow it too)."
  type        = list(string)
  nullable    = false
  default     = []
}

variable "lake_from_vpc_only" {
  description = "Whether objects may be read and written only through the VPC's S3 endpoint. If true, generation must run in the VPC. COPY is exempt."
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

variable "lake_catalog" {
  description = "Whether to register the lake's transactions in the Glue catalog, for queries by Athena."
  type        = bool
  nullable    = false
  default     = false
}

variable "force_destroy" {
  description = "Whether Terraform may delete data: the warehouse, and buckets and repositories that are not empty. Apply it before you destroy."
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
  description = "Base capacity in RPUs: 4, a multiple of 8 up to 512, or a multiple of 32 up to 1024."
  type        = number
  nullable    = false
  default     = 8
}

variable "warehouse_max_capacity" {
  description = "Maximum capacity of the workgroup in RPUs."
  type        = number
  nullable    = false
  default     = 32
}

variable "warehouse_price_performance_level" {
  description = "AI-driven scaling from 1 (cheapest) to 100 (fastest), instead of the base capacity; 0 for none."
  type        = number
  nullable    = false
  default     = 0
}

variable "warehouse_usage_limit" {
  description = "Limit in RPU-hours per period (`daily`, `weekly`, `monthly`), and the action when it is reached (`log`, `emit-metric`, `deactivate`)."
  type = object({
    rpu_hours = optional(number, 6)
    period    = optional(string, "daily")
    action    = optional(string, "deactivate")
  })
  nullable = false
  default  = {}
}

variable "warehouse_snapshots" {
  description = "Time of the warehouse's snapshots (a cron or rate expression in UTC), and days to keep each; 0 days for no snapshots."
  type = object({
    schedule       = optional(string, "cron(0 2 * * ? *)")
    retention_days = optional(number, 7)
  })
  nullable = false
  default  = {}
}

# Who may run the pipelines

variable "pipeline_trusted_arns" {
  description = "ARNs of the roles and users of this account that may assume the pipeline role; empty allows all whose own policies permit it."
  type        = list(string)
  nullable    = false
  default     = []
}

# Cost

variable "budget_usd" {
  description = "Monthly budget of the account in US dollars."
  type        = number
  nullable    = false
  default     = 100
}

variable "budget_emails" {
  description = "Addresses that get a mail at 80 % and 100 % of the budget; empty for no budget."
  type        = list(string)
  nullable    = false
  default     = []
}

# Alarms, off if `alarm_emails` is empty

variable "alarm_emails" {
  description = "Addresses that get alarms of failed loads, usage limits and snapshots, and alerts of the Airflow host; empty for no alarms. Each must confirm a mail of AWS first."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "alarm_hours_without_load" {
  description = "Hours without a successful COPY after which an alarm is raised; 0 for no such alarm."
  type        = number
  nullable    = false
  default     = 26
}

# CI/CD, off if `github_repository` is empty

variable "github_repository" {
  description = "GitHub repository that plans and applies this stack: `owner/name`, or `owner@id/name@id` if GitHub's tokens use that form; empty for none."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.github_repository == "" || (var.state_bucket != "" && var.permissions_boundary_arn != "")
    error_message = "github_repository needs state_bucket and permissions_boundary_arn: bootstrap creates both."
  }
}

variable "github_branch" {
  description = "Branch that is deployed."
  type        = string
  nullable    = false
  default     = "main"
}

variable "github_oidc_provider_arn" {
  description = "ARN of GitHub's OIDC provider if the account already has one; empty to create it."
  type        = string
  nullable    = false
  default     = ""
}

variable "state_bucket" {
  description = "Name of the state's bucket, for the CI/CD roles."
  type        = string
  nullable    = false
  default     = ""
}

# Airflow on its own host, off by default

variable "airflow_host" {
  description = "Whether to create an EC2 host that runs the Compose stack."
  type        = bool
  nullable    = false
  default     = false
}

variable "airflow_instance_type" {
  description = "Instance type of the host."
  type        = string
  nullable    = false
  default     = "t3.medium"
}

variable "airflow_architecture" {
  description = "Architecture of the host and the images: `x86_64` or `arm64`."
  type        = string
  nullable    = false
  default     = "x86_64"
}

variable "airflow_image_tags" {
  description = "Tags of the three images in the stack's repository. A new tag replaces the host."
  type = object({
    project  = optional(string, "project-1")
    postgres = optional(string, "postgres-17")
    docker   = optional(string, "docker-28")
  })
  nullable = false
  default  = {}
}
