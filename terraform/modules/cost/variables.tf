variable "name" {
  description = "Prefix of all names."
  type        = string
  nullable    = false
}

variable "monthly_usd" {
  description = "Monthly budget of the account in US dollars."
  type        = number
  nullable    = false

  validation {
    condition     = var.monthly_usd > 0
    error_message = "Expected an amount greater than 0 US dollars."
  }
}

variable "emails" {
  description = "Addresses that get the mails, 1 to 10."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.emails) > 0 && length(var.emails) <= 10 && alltrue([for email in var.emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", email))])
    error_message = "Expected 1 to 10 email addresses."
  }
}
