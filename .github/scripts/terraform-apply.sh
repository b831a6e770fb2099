#!/usr/bin/env bash
# Plans again, and applies that plan if it reads as the approved one does: $APPROVED is its digest.
set -euo pipefail
: "${APPROVED:?the digest of the approved plan}"

"${0%/*}/terraform-plan.sh" -lock-timeout=5m
digest=$(sha256sum <terraform/plan.txt)
if [[ ${digest%% *} != "$APPROVED" ]]; then
    echo "::error::The plan is not the approved one: something has changed since. Run the workflow again."
    exit 1
fi
terraform -chdir=terraform apply -input=false -no-color -lock-timeout=5m plan
