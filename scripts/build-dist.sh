#!/usr/bin/env bash
# Builds the `um` that is shipped into the folder given; the image and CI use this one script. The image takes profile
# dist; UM_PROFILE=release takes what the tests have built already, so that CI tries the script without a second build.
set -euo pipefail
cd "$(dirname "$0")/.."
out="${1:?usage: scripts/build-dist.sh FOLDER}"
profile="${UM_PROFILE:-dist}"
case "$profile" in
    dist) what=(--bin um) ;;
    # The same words as in scripts/test.sh: nothing is left to build.
    *) what=(--workspace --bin um --tests) ;;
esac
cargo build --locked --profile "$profile" "${what[@]}"
mkdir -p "$out"
install -m 0755 "${CARGO_TARGET_DIR:-target}/$profile/um" "$out/um"
"$out/um" --version
