#!/usr/bin/env bash
# Plans again, and applies the new plan if its digest is that of the approved plan, $APPROVED.
set -euo pipefail
: "${APPROVED:?the digest of the approved plan}"

"${0%/*}/terraform-plan.sh" -lock-timeout=5m
digest=$(sha256sum <terraform/plan.txt)
if [[ ${digest%% *} != "$APPROVED" ]]; then
    echo "::error::The plan differs from the approved one: something has changed since the approval. Run the workflow again."
    exit 1
fi
terraform -chdir=terraform apply -input=false -no-color -lock-timeout=5m plan
