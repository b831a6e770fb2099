#!/usr/bin/env bash
# Runs a test command and fails if a test was skipped: CI has everything that its tests need.
set -euo pipefail

output=$(mktemp)
"$@" | tee "$output"
if grep -q '^SKIPPED' "$output"; then
    echo "::error::Tests were skipped"
    exit 1
fi
