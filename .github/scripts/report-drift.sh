#!/usr/bin/env bash
# Opens or updates the issue labelled "drift" if there is drift ($CHANGES is true), else closes it.
set -euo pipefail
issues=repos/$GITHUB_REPOSITORY/issues

mine='select(.user.login == "github-actions[bot]" and (has("pull_request") | not))'
found=$(gh api --paginate --method GET "$issues" --field state=open --field labels=drift \
    --jq ".[] | $mine | .number")
read -r number <<<"$found"

if [[ $CHANGES == true ]]; then
    body=$(mktemp)
    # GitHub allows 65,536 characters in an issue.
    "${0%/*}/plan-as-markdown.sh" "AWS and terraform/ differ" 65000 >"$body"
    if [[ $number ]]; then
        gh api --silent --method PATCH "$issues/$number" --field "body=@$body"
    else
        gh api --silent --method POST "$issues" --field "title=Terraform drift" \
            --field "labels[]=drift" --field "body=@$body"
    fi
    echo "::error::AWS and terraform/ differ: see the summary of this run"
    exit 1
elif [[ $number ]]; then
    gh api --silent --method POST "$issues/$number/comments" --field "body=The drift is gone."
    gh api --silent --method PATCH "$issues/$number" --field state=closed
fi
