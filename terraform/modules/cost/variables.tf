variable "name" {
  description = "Prefix of every name."
  type        = string
  nullable    = false
}

variable "monthly_usd" {
  description = "What the account may cost a month, in US dollars."
  type        = number
  nullable    = false

  validation {
    condition     = var.monthly_usd > 0
    error_message = "Expected more than 0 US dollars."
  }
}

variable "emails" {
  description = "Addresses that are told."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.emails) > 0 && length(var.emails) <= 10 && alltrue([for email in var.emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", email))])
    error_message = "Expected 1 to 10 e-mail addresses."
  }
}
