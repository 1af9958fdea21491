#!/usr/bin/env bash
# Many calls at once for longer than the gate has time for: 200 calls, Secured and in the clear, of a minute each, or as
# UM_CALLS and UM_SPEECH_SECONDS say. Every message is compared with what was said.
set -euo pipefail
cd "$(dirname "$0")/.."

ulimit -n 8192
export UM_CALLS="${UM_CALLS:-200}" UM_SPEECH_SECONDS="${UM_SPEECH_SECONDS:-60}"
cargo build --locked --release --bin um
cargo test --locked --release -p um-tests --test scenarios -- --nocapture --test-threads 1 many_calls::
