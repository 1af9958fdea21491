#!/usr/bin/env bash
# Prints docs/cli.md, docs/events.md and docs/metrics.md from the tables in the code. That they are up to date is a test of
# the cli crate.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --quiet --bin um
um="${CARGO_TARGET_DIR:-target}/debug/um"
for page in cli events metrics; do
    "$um" docs "$page" >"docs/$page.md"
done
