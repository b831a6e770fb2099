#!/usr/bin/env bash
# Tries the project in your AWS account: applies a stack of its own, checks it, runs one batch twice, and
# destroys the stack.
#
#     tools/smoke_aws.sh [REGION]
#
# It takes about 20 minutes and costs less than a dollar. You need terraform, git, the AWS CLI with
# administrator credentials, and `make run` done once. The output, also in smoke_aws.log, names no account,
# so you can paste it into an issue.
set -euo pipefail

region=${1:-${AWS_REGION:-$(aws configure get region || true)}}
: "${region:?pass a region, for example: tools/smoke_aws.sh eu-central-1}"
root=$(cd "${0%/*}/.." && pwd)
kedro=$root/.venv/bin/kedro
[[ -x $kedro ]] || { echo "Run make run first: there is no $kedro." >&2; exit 1; }
account=$(aws sts get-caller-identity --query Account --output text)
work=$(mktemp -d)
stack=$work/terraform
options=(-input=false -no-color -auto-approve -var "name=txn-smoke-$RANDOM" -var "region=$region")

echo "This creates billed resources in the account $account, region $region, and destroys them in the end."
if [[ ${SMOKE_YES:-} != yes ]]; then
    read -r -p "Type yes to go on: " answer
    [[ $answer == yes ]] || exit 1
fi

step() {
    printf '\n== %s\n$ %s\n' "$1" "${*:2}"
    "${@:2}"
}

terraform_in() {
    terraform -chdir="$stack" "$@"
}

# The steps are joined by && because bash ignores `set -e` in functions whose exit code is tested.

destroy() {
    # A destroy is refused until force_destroy was applied.
    step "Allow the destroy" terraform_in apply "${options[@]}" -var force_destroy=true &&
        step "Destroy" terraform_in destroy "${options[@]}" -var force_destroy=true
}

become_pipeline() {
    local keys
    keys=$(aws sts assume-role --role-session-name smoke --output text \
        --role-arn "$(terraform_in output -raw pipeline_role_arn)" \
        --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]') &&
        read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<<"$keys" &&
        export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
}

run_as_pipeline() (
    batch=(--params execution_time=2026-11-22T06:00:00Z)
    set -a
    # shellcheck source=/dev/null
    become_pipeline && . "$work/.env" && cd "$work" &&
        step "Check the environment" "$kedro" doctor &&
        step "Generate and load a batch" "$kedro" run "${batch[@]}" &&
        step "Again: nothing may be appended" "$kedro" run "${batch[@]}" &&
        step "Nothing is pending" "$kedro" plan
)

write_env() {
    terraform_in output -json | "$root/.venv/bin/python" "$work/terraform/write_env.py"
}

prepare() {
    step "Versions" terraform version &&
        git -C "$root" log -1 --format='commit %h of %cs' &&
        # A copy of its own has neither your state nor your variables.
        git -C "$root" archive HEAD | tar -x -C "$work" &&
        step "Initialise" terraform_in init -input=false -no-color
}

smoke() {
    local code=0
    prepare || return
    {
        step "Apply" terraform_in apply "${options[@]}" &&
            step "Write .env" write_env &&
            run_as_pipeline
    } || code=$?
    destroy || { echo "The stack was not destroyed. Its state is in $stack." && return 1; }
    rm -rf "$work"
    if ((code == 0)); then echo PASSED; else echo "FAILED with exit code $code"; fi
    return "$code"
}

smoke 2>&1 | sed -u "s/$account/000000000000/g" | tee smoke_aws.log
