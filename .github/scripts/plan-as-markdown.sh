#!/usr/bin/env bash
# Prints terraform/plan.txt as Markdown under the title $1, in at most $2 bytes.
set -euo pipefail
title=$1 limit=$2
size=$(wc -c <terraform/plan.txt)
fence='~~~~~~~~'
run=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID

printf '### %s\n\n%s\n' "$title" "$fence"
room=$((limit - ${#title} - ${#run} - 200))
if ((size <= room)); then
    cat terraform/plan.txt
    printf '%s\n\n[The run](%s)\n' "$fence" "$run"
else
    # Print complete lines only, so that no multibyte character is split.
    head -c "$room" terraform/plan.txt | sed '$d'
    printf '%s\n\n**Truncated: the plan is too long.** The full plan is in the log of [the run](%s).\n' \
        "$fence" "$run"
fi
