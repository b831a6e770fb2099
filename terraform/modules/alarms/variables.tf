variable "name" {
  description = "Prefix of all names."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region of the dashboard's metrics."
  type        = string
  nullable    = false
}

variable "emails" {
  description = "Addresses that get the alarms. Each must confirm a mail of AWS first."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.emails) > 0 && alltrue([for email in var.emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", email))])
    error_message = "Expected email addresses, one or more."
  }
}

variable "workgroup_name" {
  description = "Name of the warehouse's workgroup and namespace."
  type        = string
  nullable    = false
}

variable "usage_limit_id" {
  description = "Id of the workgroup's usage limit."
  type        = string
  nullable    = false
}

variable "usage_limit_rpu_hours" {
  description = "RPU-hours per period that the usage limit allows."
  type        = number
  nullable    = false
}

variable "usage_alarm_percent" {
  description = "Percent of the usage limit at which the alarm is raised."
  type        = number
  nullable    = false
  default     = 80

  validation {
    condition     = var.usage_alarm_percent > 0 && var.usage_alarm_percent < 100
    error_message = "Expected a percentage between 0 and 100."
  }
}

variable "hours_without_load" {
  description = "Hours without a successful COPY after which the alarm is raised; 0 for no such alarm."
  type        = number
  nullable    = false
  default     = 26

  validation {
    condition     = var.hours_without_load >= 0 && var.hours_without_load <= 168 && floor(var.hours_without_load) == var.hours_without_load
    error_message = "CloudWatch looks back 7 days at most: expected a whole number of hours, 0 to 168."
  }
}

variable "snapshot_schedule_group" {
  description = "Name of EventBridge Scheduler's group of the snapshots; empty without snapshots."
  type        = string
  nullable    = false
  default     = ""
}
