#!/usr/bin/env bash
# Many calls at once for longer than the gate has time for: 200 calls, Secured and in the clear, of a minute each, or as
# UM_CALLS and UM_SPEECH_SECONDS say, and 1,000 kills, or five times UM_KILLS. Every message is compared with what was said.
# 10,000 reloads of the certificates, or UM_RELOADS: the memory stays flat within 5 %.
# usage: scripts/soak.sh [calls | kills | reloads]     all without a word
set -euo pipefail
cd "$(dirname "$0")/.."

what="${1:-calls kills reloads}"
ulimit -n 8192
cargo build --locked --release --workspace --bin um --test scenarios --test interop
scenarios() {
    cargo test --locked --release --workspace --test scenarios -- --nocapture --test-threads "$1" "$2"
}
for part in $what; do
    case "$part" in
        calls)
            UM_CALLS="${UM_CALLS:-200}" UM_SPEECH_SECONDS="${UM_SPEECH_SECONDS:-60}" scenarios 1 many_calls::
            ;;
        kills) UM_KILLS="${UM_KILLS:-200}" scenarios 2 kills:: ;;
        reloads)
            UM_RELOADS="${UM_RELOADS:-10000}" cargo test --locked --release --workspace --test interop -- --nocapture \
                rotation::reloads_leave_memory_flat
            ;;
        *)
            echo "usage: scripts/soak.sh [calls | kills | reloads]" >&2
            exit 2
            ;;
    esac
done
