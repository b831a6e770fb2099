#!/usr/bin/env bash
# Keeps one open issue labelled "drift" while there is drift ($CHANGES is true), and none when not.
set -euo pipefail
issues=repos/$GITHUB_REPOSITORY/issues

mine='select(.user.login == "github-actions[bot]" and (has("pull_request") | not))'
found=$(gh api --paginate --method GET "$issues" --field state=open --field labels=drift \
    --jq ".[] | $mine | .number")
read -r number <<<"$found"

if [[ $CHANGES == true ]]; then
    body=$(mktemp)
    # An issue may have 65,536 characters.
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
    gh api --silent --method POST "$issues/$number/comments" --field "body=There is no drift any more."
    gh api --silent --method PATCH "$issues/$number" --field state=closed
fi
