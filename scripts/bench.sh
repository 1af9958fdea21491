#!/usr/bin/env bash
# What one more call costs the server: CPU per call-second and memory per call while UM_CALLS calls (200) speak for
# UM_SPEECH_SECONDS (30), in the clear over UDP and Secured (mutual TLS, SRTP), UM_BENCH_REPEATS times each (3) in the
# order A B B A A B. The calls are those of tests/scenarios/many_calls.rs, and each message is compared with what was
# said: a run that lost sound is no measurement. The server is the `um` that is shipped (scripts/build-dist.sh), or the
# one that UM_UNDER_TEST names.
# usage: scripts/bench.sh [--json]
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
    "" | --json) ;;
    *) echo "usage: scripts/bench.sh [--json]" >&2; exit 2 ;;
esac

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
ulimit -n 8192
if [ -z "${UM_UNDER_TEST:-}" ]; then
    scripts/build-dist.sh "$folder/um" >&2
    UM_UNDER_TEST="$folder/um/um"
fi
export UM_UNDER_TEST UM_BENCH_REPORT="$folder/runs"
export UM_CALLS="${UM_CALLS:-200}" UM_SPEECH_SECONDS="${UM_SPEECH_SECONDS:-30}"
cargo test --locked --release --workspace --test scenarios --no-run >&2

run() {
    echo "run $n: $1" >&2
    cargo test --locked --release --quiet --workspace --test scenarios -- \
        --exact "many_calls::many_$1_calls_at_once_leave_every_message_whole" >"$folder/log" 2>&1 ||
        { cat "$folder/log" >&2; exit 1; }
}
n=0
for repeat in $(seq "${UM_BENCH_REPEATS:-3}"); do
    order="unsecured secured"
    [ $((repeat % 2)) = 1 ] || order="secured unsecured"
    for mode in $order; do
        n=$((n + 1))
        run "$mode"
    done
done

python3 - "$UM_BENCH_REPORT" "${1:-table}" <<'PYTHON'
import json
import statistics
import sys

runs = [json.loads(line) for line in open(sys.argv[1])]
figures = {
    "server_us_per_call_second": "server CPU, us per call-second",
    "server_us_per_call_second_with_setup": "the same with set-up and storing",
    "server_kib_per_call": "server memory, KiB per call",
    "caller_us_per_call_second": "caller CPU, us per call-second",
    "least_correlation": "least correlation of a message",
}
table = {"calls": runs[0]["calls"], "speech_seconds": runs[0]["speech_seconds"], "modes": {}, "runs": runs}
for mode in ("unsecured", "secured"):
    of_mode = [run for run in runs if run["mode"] == mode]
    table["modes"][mode] = {
        figure: {
            "median": statistics.median(run[figure] for run in of_mode),
            "least": min(run[figure] for run in of_mode),
            "most": max(run[figure] for run in of_mode),
        }
        for figure in figures
    }
if sys.argv[2] == "--json":
    print(json.dumps(table, indent=2))
else:
    print(f"{table['calls']} calls at once, {table['speech_seconds']} s of speech each: median (least to most)")
    print(f"{'':34}{'plain RTP, UDP':>26}{'SRTP, mutual TLS':>26}")
    for figure, name in figures.items():
        row = f"{name:34}"
        for mode in table["modes"].values():
            f = mode[figure]
            digits = 4 if figure == "least_correlation" else 1
            cell = f"{f['median']:.{digits}f} ({f['least']:.{digits}f} to {f['most']:.{digits}f})"
            row += f"{cell:>26}"
        print(row)
PYTHON
