variable "name" {
  description = "Name of the namespace and the workgroup."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9-]{3,64}$", var.name))
    error_message = "Expected 3 to 64 lowercase letters, digits and hyphens."
  }
}

variable "database" {
  description = "Database to load into."
  type        = string
  nullable    = false
  default     = "txn"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,63}$", var.database))
    error_message = "Expected a name of 1 to 64 lowercase letters, digits and underscores that starts with a letter."
  }
}

variable "admin_username" {
  description = "Name of the administrator. AWS creates the password, stores it in Secrets Manager and rotates it."
  type        = string
  nullable    = false
  default     = "txn_admin"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,126}$", var.admin_username)) && !contains(["admin", "public", "rdsdb"], var.admin_username)
    error_message = "Expected a name of lowercase letters, digits and underscores that starts with a letter and is not reserved by Redshift."
  }
}

variable "loader_role" {
  description = "Database role that may create and load tables."
  type        = string
  nullable    = false
  default     = "txn_loader"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.loader_role))
    error_message = "Expected a name of lowercase letters, digits and underscores that starts with a letter."
  }
}

variable "analyst_role" {
  description = "Database role that may read all tables and views in `public`."
  type        = string
  nullable    = false
  default     = "txn_analyst"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.analyst_role)) && var.analyst_role != var.loader_role
    error_message = "Expected a name of lowercase letters, digits and underscores that starts with a letter, other than loader_role."
  }
}

variable "copy_role_arn" {
  description = "ARN of the role that COPY uses to read the lake, the namespace's default role."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "Ids of the private subnets: three or more, each in a different zone."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 3
    error_message = "Redshift Serverless needs at least three subnets in three zones."
  }
}

variable "subnet_free_addresses" {
  description = "Free addresses in the smallest subnet. Redshift needs one per 4 RPUs, plus 5."
  type        = number
  nullable    = false
}

variable "security_group_id" {
  description = "Id of the workgroup's security group."
  type        = string
  nullable    = false
}

variable "base_capacity" {
  description = "Base capacity in RPUs; not used with a price-performance target."
  type        = number
  nullable    = false
  default     = 8

  validation {
    condition     = var.base_capacity == 4 || (var.base_capacity >= 8 && var.base_capacity <= 512 && var.base_capacity % 8 == 0) || (var.base_capacity > 512 && var.base_capacity <= 1024 && var.base_capacity % 32 == 0)
    error_message = "Expected 4, a multiple of 8 up to 512, or a multiple of 32 up to 1024 RPUs."
  }
}

variable "max_capacity" {
  description = "Maximum capacity of the workgroup in RPUs."
  type        = number
  nullable    = false
  default     = 32

  validation {
    condition     = var.max_capacity % 8 == 0 && var.max_capacity <= 5632
    error_message = "Expected a multiple of 8, up to 5632 RPUs."
  }

  validation {
    condition     = var.max_capacity >= var.base_capacity
    error_message = "max_capacity must not be less than base_capacity."
  }
}

variable "price_performance_level" {
  description = "AI-driven scaling from 1 (cheapest) to 100 (fastest), instead of the base capacity; 0 for none."
  type        = number
  nullable    = false
  default     = 0

  validation {
    condition     = contains([0, 1, 25, 50, 75, 100], var.price_performance_level)
    error_message = "Expected 0 (none), 1, 25, 50, 75 or 100."
  }
}

variable "usage_limit_rpu_hours" {
  description = "RPU-hours per period at which the action is taken."
  type        = number
  nullable    = false
  default     = 6

  validation {
    condition     = var.usage_limit_rpu_hours >= 1 && floor(var.usage_limit_rpu_hours) == var.usage_limit_rpu_hours
    error_message = "Expected a whole number of RPU-hours, 1 or more."
  }
}

variable "usage_limit_period" {
  description = "Period of the usage limit."
  type        = string
  nullable    = false
  default     = "daily"

  validation {
    condition     = contains(["daily", "weekly", "monthly"], var.usage_limit_period)
    error_message = "Expected daily, weekly or monthly."
  }
}

variable "usage_limit_action" {
  description = "Action at the usage limit: `log`, `emit-metric`, or `deactivate` (no more queries in that period)."
  type        = string
  nullable    = false
  default     = "deactivate"

  validation {
    condition     = contains(["log", "emit-metric", "deactivate"], var.usage_limit_action)
    error_message = "Expected log, emit-metric or deactivate."
  }
}

variable "log_retention_days" {
  description = "Days to keep the warehouse's logs, one of CloudWatch's retention periods."
  type        = number
  nullable    = false
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "Expected one of CloudWatch's periods: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

variable "snapshot_schedule" {
  description = "Time of the snapshots in UTC, as a cron or rate expression of EventBridge Scheduler."
  type        = string
  nullable    = false
  default     = "cron(0 2 * * ? *)"

  validation {
    condition     = can(regex("^(cron\\([^ )]+( [^ )]+){5}\\)|rate\\([1-9][0-9]* (minute|hour|day)s?\\))$", var.snapshot_schedule))
    error_message = "Expected an expression such as cron(0 2 * * ? *) or rate(12 hours)."
  }
}

variable "snapshot_retention_days" {
  description = "Days to keep each snapshot; 0 for no snapshots."
  type        = number
  nullable    = false
  default     = 7

  validation {
    condition     = var.snapshot_retention_days >= 0 && var.snapshot_retention_days <= 3653 && floor(var.snapshot_retention_days) == var.snapshot_retention_days
    error_message = "Expected a whole number of days, 0 to 3653."
  }
}

variable "force_destroy" {
  description = "Whether the warehouse may be deleted or replaced, and its data with it."
  type        = bool
  nullable    = false
  default     = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of the role that creates snapshots; empty for none."
  type        = string
  nullable    = false
  default     = ""
}
