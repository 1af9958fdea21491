#!/usr/bin/env bash
# Coverage-guided fuzzing of the parsers that read a peer's bytes: each target of crates/fuzz-targets for five minutes, or
# UM_FUZZ_SECONDS, beginning with its seeds and with what earlier runs have found (fuzz/corpus). AddressSanitizer and
# overflow checks are on. It ends at the first finding and names the input, which belongs into fuzz/seeds when it is mended.
# Needs a nightly compiler (`rustup toolchain install nightly`) and a C++ compiler.
# usage: scripts/fuzz.sh [TARGET...]     all without a word
set -euo pipefail
cd "$(dirname "$0")/../crates/fuzz-targets"

export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "cargo-fuzz is not installed; installing it"
    cargo install --locked --quiet cargo-fuzz --version 0.13.2
fi
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
for target in "${targets[@]}"; do
    mkdir -p "fuzz/corpus/$target"
    echo "== $target"
    cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -max_total_time="${UM_FUZZ_SECONDS:-300}" -max_len=16384 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
done
