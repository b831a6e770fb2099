terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    # The roles of CI/CD know the stack's resources by the tag `project`.
    tags = merge({ managed-by = "terraform" }, var.tags, { project = var.name })
  }
}
