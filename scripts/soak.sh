#!/usr/bin/env bash
# Many Secured calls at once for longer than the gate has time for: 200, or as many as UM_CALLS says.
set -euo pipefail
cd "$(dirname "$0")/.."

ulimit -n 8192
cargo build --locked --release --bin um
UM_CALLS="${UM_CALLS:-200}" cargo test --locked --release -p um-tests --test scenarios -- --nocapture many_calls::
