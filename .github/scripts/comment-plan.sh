#!/usr/bin/env bash
# Posts the plan as a comment on the pull request $PULL_REQUEST, or updates the earlier comment.
set -euo pipefail
marker='<!-- terraform plan -->'
comments=repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments
body=$(mktemp)

# GitHub allows 65,536 characters in a comment.
{
    printf '%s\n' "$marker"
    "${0%/*}/plan-as-markdown.sh" "Terraform plan of ${COMMIT:0:7}" 65000
} >"$body"

mine="select(.user.login == \"github-actions[bot]\" and (.body | startswith(\"$marker\")))"
found=$(gh api --paginate "$comments" --jq ".[] | $mine | .id")
read -r id <<<"$found"
if [[ $id ]]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$body"
else
    gh api --silent --method POST "$comments" --field "body=@$body"
fi
