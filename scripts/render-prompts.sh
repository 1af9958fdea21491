#!/usr/bin/env bash
# Renders the spoken prompts from their text: prompts/LANGUAGE/catalogue.toml -> prompts/LANGUAGE/KEY.wav
# (8 kHz, one channel, 16-bit PCM), with espeak-ng as the voice and sox to cut, filter and level. The words of the
# demo's caller are rendered with them, in another voice.
#
#   scripts/render-prompts.sh [KEY ..]     render all prompts, or these
#   scripts/render-prompts.sh --check      only check that texts and audio files belong together
set -euo pipefail
cd "$(dirname "$0")/.."

language=en-US
voice=en-us
words_a_minute=150
folder=prompts/$language

# Lines `key = "text"`, as `key<TAB>text`.
catalogue() {
    sed -n 's/^\([a-z0-9-]*\) *= *"\(.*\)"$/\1\t\2/p' "$folder/catalogue.toml"
}

check() {
    local broken=0
    if ! diff <(catalogue | cut -f1 | sort) <(find "$folder" -name '*.wav' -printf '%f\n' | sed 's/\.wav$//' | sort); then
        echo "error: texts (<) and audio files (>) of $folder differ: run scripts/render-prompts.sh" >&2
        broken=1
    fi
    for file in "$folder"/*.wav; do
        # RIFF at 0, PCM (1) and one channel at 20, 8000 Hz at 24, 16 bits at 34.
        if [ "$(od -An -v -tx1 -j20 -N8 "$file" | tr -d ' \n')" != 01000100401f0000 ] ||
            [ "$(od -An -v -tx1 -j34 -N2 "$file" | tr -d ' \n')" != 1000 ]; then
            echo "error: $file is not 8 kHz, one channel, 16-bit PCM" >&2
            broken=1
        fi
    done
    return "$broken"
}

render() {
    local file=$1 voice=$2 text=$3
    espeak-ng -v "$voice" -s "$words_a_minute" -w "$scratch/spoken.wav" -- "$text"
    # Silence at both ends is cut; the telephone band is kept; the peak stands at -6 dB.
    sox -D "$scratch/spoken.wav" -r 8000 -c 1 -b 16 -e signed-integer "$file" \
        silence 1 0.01 0.3% reverse silence 1 0.01 0.3% reverse \
        highpass 200 rate -h 8000 gain -n -6 pad 0.02 0.08
    echo "$file"
}

if [ "${1:-}" = --check ]; then
    check
    exit
fi
for tool in espeak-ng sox; do
    command -v "$tool" >/dev/null || { echo "error: $tool is missing: apt-get install espeak-ng sox" >&2; exit 2; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
catalogue | while IFS=$'\t' read -r key text; do
    if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qxF -- "$key"; then
        continue
    fi
    render "$folder/$key.wav" "$voice" "$text"
done
if [ $# -eq 0 ]; then
    render crates/caller/speech/hello.wav en-us+f3 \
        "Hello, this is a call of the demonstration. Please call me back when you have heard it."
fi
check
