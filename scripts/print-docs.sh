#!/usr/bin/env bash
# Prints docs/cli.md, docs/events.md and docs/metrics.md from the tables in the code; with --check only compares, and fails if they differ.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --quiet --bin um
um="${CARGO_TARGET_DIR:-target}/debug/um"
for page in cli events metrics; do
    printed=$("$um" docs "$page")
    if [ "${1:-}" = --check ]; then
        if [ "$printed" != "$(cat "docs/$page.md")" ]; then
            echo "docs/$page.md is not what the code says: run scripts/print-docs.sh" >&2
            exit 1
        fi
    else
        printf '%s\n' "$printed" >"docs/$page.md"
    fi
done
