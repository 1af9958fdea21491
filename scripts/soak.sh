#!/usr/bin/env bash
# Many calls at once for longer than the gate has time for: 200 calls, Secured and in the clear, of a minute each, or as
# UM_CALLS and UM_SPEECH_SECONDS say, and 1,000 kills, or five times UM_KILLS. Every message is compared with what was said.
# usage: scripts/soak.sh [calls | kills]     both without a word
set -euo pipefail
cd "$(dirname "$0")/.."

what="${1:-calls kills}"
ulimit -n 8192
cargo build --locked --release --bin um
scenarios() {
    cargo test --locked --release --workspace --test scenarios -- --nocapture --test-threads "$1" "$2"
}
for part in $what; do
    case "$part" in
        calls)
            UM_CALLS="${UM_CALLS:-200}" UM_SPEECH_SECONDS="${UM_SPEECH_SECONDS:-60}" scenarios 1 many_calls::
            ;;
        kills) UM_KILLS="${UM_KILLS:-200}" scenarios 2 kills:: ;;
        *)
            echo "usage: scripts/soak.sh [calls | kills]" >&2
            exit 2
            ;;
    esac
done
