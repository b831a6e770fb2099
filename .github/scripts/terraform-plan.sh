#!/usr/bin/env bash
# Plans the stack of terraform/ with its remote state. The arguments are passed to `terraform plan`.
# Writes terraform/plan, and terraform/plan.txt for people. Sets the step outputs `changes` (true or
# false) and `digest`, which identifies the plan.
set -euo pipefail
: "${TERRAFORM_STATE_BUCKET:?set the repository variable}" "${AWS_REGION:?set the repository variable}"

cp terraform/examples/remote-state/backend.tf terraform/
printf '%s\n' "${TERRAFORM_VARIABLES:-}" >terraform/ci.auto.tfvars
terraform -chdir=terraform init -input=false -no-color \
    -backend-config="bucket=$TERRAFORM_STATE_BUCKET" -backend-config="region=$AWS_REGION"

status=0
terraform -chdir=terraform plan -input=false -no-color -detailed-exitcode -out=plan "$@" || status=$?
case $status in
    0) changes=false ;;
    2) changes=true ;;
    *) exit "$status" ;;
esac

terraform -chdir=terraform show -no-color plan >terraform/plan.txt
digest=$(sha256sum <terraform/plan.txt)
printf '%s\n' "changes=$changes" "digest=${digest%% *}" >>"$GITHUB_OUTPUT"
