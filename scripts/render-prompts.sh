#!/usr/bin/env bash
# Renders the spoken prompts from their texts: prompts/LANGUAGE/*.toml -> prompts/LANGUAGE/KEY.wav (8 kHz, one channel,
# G.711 mu-law), with espeak-ng as the voice and sox to cut, filter and level. Where a text has another writing for
# the voice (table `[spoken]`), that is what is rendered. The words of the demo's caller are rendered with them, in
# another voice.
#
#   scripts/render-prompts.sh [LANGUAGE [KEY ..]]   render all, a language, or these prompts of it
#   scripts/render-prompts.sh --missing             render what has no audio file, remove what has no text
#   scripts/render-prompts.sh --check               only check that texts and audio files belong together
set -euo pipefail
cd "$(dirname "$0")/.."

voice_of() {
    case $1 in
    en-US) echo en-us ;;
    fr-FR) echo fr-fr ;;
    es-ES) echo es ;;
    zh-CN) echo cmn-latn-pinyin ;;
    *) echo "error: $1 has no voice here: name one in voice_of" >&2 && return 1 ;;
    esac
}

languages() { find prompts -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort; }

# Words a minute; a syllable of pinyin counts as a word.
speed_of() {
    case $1 in
    zh-CN) echo 195 ;;
    *) echo 165 ;;
    esac
}

# `key<TAB>what the voice reads<TAB>file` of a language.
catalogue() {
    awk '
        /^\[/ { table = $0 }
        match($0, /^[a-z0-9-]+ *= *"/) {
            key = $0; sub(/ *=.*/, "", key)
            text = substr($0, RLENGTH + 1); sub(/"[^"]*$/, "", text)
            if (table == "[spoken]") { spoken[key] = text } else { written[key] = text; file[key] = FILENAME }
        }
        END { for (key in written) print key "\t" (key in spoken ? spoken[key] : written[key]) "\t" file[key] }
    ' "prompts/$1"/*.toml | sort
}

keys_with_audio() { find "prompts/$1" -name '*.wav' -printf '%f\n' | sed 's/\.wav$//' | sort; }

check() {
    local broken=0 language file
    for language in $(languages); do
        if ! diff <(catalogue "$language" | cut -f1 | sort) <(keys_with_audio "$language"); then
            echo "error: texts (<) and audio files (>) of $language differ: run scripts/render-prompts.sh --missing" >&2
            broken=1
        fi
        for file in "prompts/$language"/*.wav; do
            # RIFF at 0, mu-law (7) and one channel at 20, 8000 Hz at 24, 8 bits at 34.
            if [ "$(od -An -v -tx1 -j20 -N8 "$file" | tr -d ' \n')" != 07000100401f0000 ] ||
                [ "$(od -An -v -tx1 -j34 -N2 "$file" | tr -d ' \n')" != 0800 ]; then
                echo "error: $file is not 8 kHz, one channel, mu-law" >&2
                broken=1
            fi
        done
    done
    return "$broken"
}

# Silence at both ends is cut; the telephone band is kept; the peak stands at -6 dB.
render() {
    local file=$1 voice=$2 speed=$3 text=$4 after=$5
    shift 5
    espeak-ng -v "$voice" -s "$speed" -w "$scratch/spoken.wav" -- "$text"
    sox -D "$scratch/spoken.wav" -r 8000 -c 1 "$@" "$file" \
        gain -6 silence 1 0.01 0.15% reverse silence 1 0.01 0.15% reverse \
        highpass 200 rate -h 8000 gain -n -6 pad 0.02 "$after"
    echo "$file"
}

# The pieces of numbers and dates follow each other closely.
render_key() {
    local language=$1 key=$2 text=$3 file=$4 after=0.08
    case $file in */speech.toml) after=0.02 ;; esac
    render "prompts/$language/$key.wav" "$(voice_of "$language")" "$(speed_of "$language")" "$text" "$after" \
        -b 8 -e mu-law
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

if [ "${1:-}" = --missing ]; then
    for language in $(languages); do
        comm -13 <(catalogue "$language" | cut -f1 | sort) <(keys_with_audio "$language") |
            while read -r key; do rm -v -- "prompts/$language/$key.wav"; done
        catalogue "$language" | while IFS=$'\t' read -r key text file; do
            [ -e "prompts/$language/$key.wav" ] || render_key "$language" "$key" "$text" "$file"
        done
    done
    check
    exit
fi
for language in ${1:-$(languages)}; do
    catalogue "$language" | while IFS=$'\t' read -r key text file; do
        if [ $# -lt 2 ] || printf '%s\n' "${@:2}" | grep -qxF -- "$key"; then
            render_key "$language" "$key" "$text" "$file"
        fi
    done
done
if [ $# -eq 0 ]; then
    render crates/caller/speech/hello.wav en-us+f3 150 \
        "Hello, this is a call of the demonstration. Please call me back when you have heard it." \
        0.08 -b 16 -e signed-integer
fi
check
