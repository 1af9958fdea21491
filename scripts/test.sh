#!/usr/bin/env bash
# Every test: cargo nextest on a release build (live media is far too slow in a debug build), then the doc tests.
# Installs what it needs: the foreign SIP clients from Debian, cargo-nextest from the crate registry.
set -euo pipefail
cd "$(dirname "$0")/.."

needed=()
for pair in sipp:sip-tester baresip:baresip-core openssl:openssl; do
    command -v "${pair%%:*}" >/dev/null || needed+=("${pair##*:}")
done
if [ "${#needed[@]}" -gt 0 ]; then
    echo "installing ${needed[*]}"
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${needed[@]}" >/dev/null
fi
if ! cargo nextest --version >/dev/null 2>&1; then
    echo "cargo-nextest is not installed; installing it"
    cargo install --locked --quiet cargo-nextest --version 0.9.143
fi

# Beside the tests, not alone: alone it would have other features, and every crate above tokio would be built twice.
# scripts/check-features.py tells what differs from the `um` that is shipped.
cargo build --locked --release --workspace --bin um --tests
cargo nextest run --locked --release --workspace --no-fail-fast "$@"
cargo test --locked --release --workspace --doc --quiet
