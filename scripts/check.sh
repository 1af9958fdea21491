#!/usr/bin/env bash
# The gate's static half: format, clippy with warnings as errors, the layer rule, docs, cargo deny. That the printed pages
# are what the code says is a test of the cli crate: here it would cost a whole build.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step "format"
cargo fmt --all --check

step "clippy, warnings as errors"
cargo clippy --locked --workspace --all-targets -- -D warnings

step "layers"
python3 scripts/check-layers.py

step "API documentation, warnings as errors"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet

# Nothing but `um` itself is left to check here: its crates stand as the step before has them.
step "um without what only the tests switch on"
cargo check --locked --workspace --bins
python3 scripts/check-features.py

step "licences, bans, sources"
if ! cargo deny --version >/dev/null 2>&1; then
    echo "cargo-deny is not installed; installing it"
    cargo install --locked --quiet cargo-deny --version 0.20.2
fi
cargo deny --locked check bans licenses sources
echo "note: advisories are not checked here, because their database is out of reach of this build"

printf '\ncheck.sh: all passed\n'
