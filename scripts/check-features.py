#!/usr/bin/env python3
"""The `um` under test is built together with the tests, so that no crate is built twice; what that adds to it is named here.

Compares the features of every package that the product is made of, alone and beside the tests. Exit 1 names each feature
that only the tests switch on and that is not listed with the reason why it changes nothing, and each entry that is stale.
"""

import re
import subprocess
import sys

# Package: (features, why the server does the same with them).
HARMLESS = {
    # The clock asks one atomic whether it was ever paused; pausing panics in a runtime of several threads, as ours is.
    "tokio": ({"test-util"}, "a clock that tests may stop; check.sh checks `um` without it, so that um cannot"),
    "rustix": ({"time"}, "more system calls to choose from; check.sh checks `um` without them"),
    "regex-syntax": (
        {
            "default",
            "unicode",
            "unicode-age",
            "unicode-bool",
            "unicode-case",
            "unicode-gencat",
            "unicode-perl",
            "unicode-script",
            "unicode-segment",
        },
        "tables for classes of characters, in filters of the log alone",
    ),
}
LINE = re.compile(r"^(\S+) v(\S+) .*?\[(.*)\]$")


def features(*selection):
    """Features of each package that `cargo tree` lists, by name and version."""
    listed = subprocess.run(
        ["cargo", "tree", "--locked", "--prefix", "none", "--no-dedupe", "--format", "{p} [{f}]", *selection],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = {}
    for line in listed.splitlines():
        if parts := LINE.match(line):
            name, version, words = parts.groups()
            found.setdefault((name, version), set()).update(filter(None, words.split(",")))
    return found


alone = features("--package", "cli", "--edges", "normal,build")
beside = features("--workspace", "--edges", "normal,build,dev")
if not alone:
    sys.exit("check-features: `cargo tree` lists nothing that can be read: mend LINE in scripts/check-features.py")
added = {}
for package, words in alone.items():
    if more := beside.get(package, set()) - words:
        added.setdefault(package[0], set()).update(more)

faults = []
for name in sorted(added.keys() | HARMLESS.keys()):
    listed = HARMLESS.get(name, (set(), ""))[0]
    for feature in sorted(added.get(name, set()) - listed):
        faults.append(
            f"the tests switch on `{feature}` of {name} in the `um` under test: "
            "leave it away, or list it in scripts/check-features.py with the reason why it is harmless"
        )
    for feature in sorted(listed - added.get(name, set())):
        faults.append(f"no test switches on `{feature}` of {name} any more: take it out of scripts/check-features.py")
print("\n".join(faults) or f"features: {len(alone)} packages, {sum(map(len, added.values()))} features more under test")
sys.exit(bool(faults))
