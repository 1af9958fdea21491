#!/usr/bin/env bash
# Builds the `um` that is shipped (profile dist) into the folder given; the image and CI use this one script.
set -euo pipefail
cd "$(dirname "$0")/.."
out="${1:?usage: scripts/build-dist.sh FOLDER}"
cargo build --locked --profile dist --bin um
mkdir -p "$out"
install -m 0755 "${CARGO_TARGET_DIR:-target}/dist/um" "$out/um"
"$out/um" --version
