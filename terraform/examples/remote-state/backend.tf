# Copy beside main.tf, then:
#   terraform init -backend-config="bucket=$(terraform -chdir=bootstrap output -raw state_bucket)" \
#     -backend-config="region=$(terraform -chdir=bootstrap output -raw region)"
terraform {
  backend "s3" {
    key          = "txn-kedro/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}
