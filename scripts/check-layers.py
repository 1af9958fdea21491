#!/usr/bin/env python3
"""The layer rule: a crate depends on lower layers only, never sideways, and the lower layers stay free of I/O crates.

Reads `cargo metadata` (normal dependencies, transitively). Exit 1 names each edge that breaks the rule.
Media in clear text has one caller as well: whatever else names `MediaSpec::clear` outside of tests is a fault.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

LAYERS = {
    "telephony": 0,
    "sip-signaling": 1,
    "sdp": 1,
    "srtp-media": 1,
    "dial-plan": 1,
    "cert-manager": 1,
    "mailbox": 1,
    "ivr": 2,
    "storage": 2,
    "admin-api": 2,
    "call-control": 3,
    "batch-udp": 4,
    "caller": 4,
    "media-server": 5,
    "cli": 6,
    "fuzz-targets": 7,
    "um-tests": 7,
}
# Not below layer 4, not even through another package.
EDGE_ONLY = {"tokio", "dashmap", "socket2", "io-uring", "tracing", "axum"}
# `caller` is a foreign implementation: it must not share our SIP, SDP or media code.
FOREIGN = {"caller": {"sip-signaling", "sdp", "srtp-media", "dial-plan", "cert-manager", "call-control"}}
# The only crate that may name the TLS and X.509 crates directly, besides the foreign caller and the edge's tokio-rustls.
CERTIFICATES_ONLY = {"rustls", "rcgen", "x509-parser"}
MAY_NAME_CERTIFICATES = {"cert-manager", "caller", "um-tests"}
# The only place where a call gets media without keys: behind the answer that the plan's mode has admitted.
CLEAR_MEDIA = "crates/call-control/src/negotiation.rs"
# By its name; the type may not be given another one.
NAMES_CLEAR_MEDIA = re.compile(r"\bMediaSpec\s*>?\s*::\s*clear\b|\bMediaSpec\s+as\s+\w|=\s*(\w+::)*MediaSpec\s*;")
TEST_MODULE = re.compile(r"^#\[cfg\(test\)\]\n(?:#\[.*\]\n)*mod \w+ \{\n.*?^\}$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)

metadata = json.loads(
    subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1"], check=True, capture_output=True, text=True
    ).stdout
)
names = {package["id"]: package["name"] for package in metadata["packages"]}
members = set(metadata["workspace_members"])
normal = {
    node["id"]: {
        dependency["pkg"]
        for dependency in node["deps"]
        if any(kind["kind"] is None for kind in dependency["dep_kinds"])
    }
    for node in metadata["resolve"]["nodes"]
}


def reachable(start):
    seen, stack = set(), [start]
    while stack:
        for dependency in normal.get(stack.pop(), ()):
            if dependency not in seen:
                seen.add(dependency)
                stack.append(dependency)
    return seen


faults = []
for member in sorted(members, key=names.get):
    crate = names[member]
    if crate not in LAYERS:
        faults.append(f"{crate}: no layer is written down for it in scripts/check-layers.py")
        continue
    for dependency in normal[member]:
        other = names[dependency]
        if other in LAYERS and LAYERS[other] >= LAYERS[crate]:
            faults.append(f"{crate} (layer {LAYERS[crate]}) depends on {other} (layer {LAYERS[other]})")
        if other in CERTIFICATES_ONLY and crate not in MAY_NAME_CERTIFICATES:
            faults.append(f"{crate} names {other}; only cert-manager may")
    reached = {names[dependency] for dependency in reachable(member)}
    if LAYERS[crate] <= 3:
        faults += [f"{crate} (layer {LAYERS[crate]}) reaches {other}" for other in sorted(reached & EDGE_ONLY)]
    faults += [f"{crate} is foreign but reaches {other}" for other in sorted(reached & FOREIGN.get(crate, set()))]


def clear_media_calls(root):
    """Where code that is no test names `MediaSpec::clear`: one path for each time."""
    for path in sorted((root / "crates").glob("*/**/*.rs")):
        place = path.relative_to(root)
        if "tests" in place.parts or path.stem == "tests" or "target" in place.parts:
            continue
        code = COMMENT.sub("", TEST_MODULE.sub("", path.read_text(encoding="utf-8")))
        yield from (place.as_posix() for _ in NAMES_CLEAR_MEDIA.finditer(code))


clear_media = list(clear_media_calls(Path(__file__).resolve().parent.parent))
if clear_media.count(CLEAR_MEDIA) != 1:
    faults.append(f"{CLEAR_MEDIA} names MediaSpec::clear {clear_media.count(CLEAR_MEDIA)} times; it is its one caller")
faults += [
    f"{place} names MediaSpec::clear; only {CLEAR_MEDIA} may" for place in clear_media if place != CLEAR_MEDIA
]

for fault in faults:
    print(f"layer rule: {fault}", file=sys.stderr)
print(f"{len(members)} crates checked against the layer rule, {len(faults)} faults")
sys.exit(1 if faults else 0)
