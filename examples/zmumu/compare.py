#!/usr/bin/env python3
"""Compare the summed report of a task or chain with what is expected, bin for bin.

usage: compare.py SUMMARY.json EXPECTED.json

SUMMARY.json is the record of a task that is done; its "report" holds the sums over all jobs. Of a
chain it is what the first step read and what the last one that counted events kept.
Exit status: 0 they agree, 1 they do not, 2 a file cannot be used.
"""

import argparse
import json
import math
import sys


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError) as error:
        sys.exit(complain(f"cannot read {path}: {error}"))
    if not isinstance(value, dict):
        sys.exit(complain(f"{path}: expected a JSON object"))
    return value


def complain(message):
    print(f"compare.py: {message}", file=sys.stderr)
    return 2


def rows(sums, expected):
    """What is compared: name, what was found, what was expected, whether they agree."""
    histogram = expected["histogram"]
    low, high = histogram["range"]
    width = (high - low) / histogram["bins"]
    pairs = [
        ("events read", "eventsIn", expected["events"]),
        ("events selected", "eventsOut", expected["selected"]),
    ]
    for index, count in enumerate(histogram["counts"]):
        start = low + index * width
        pairs.append((f"{start:g} to {start + width:g} GeV", f"hist{index:02}", count))
    for name, key, count in pairs:
        yield name, sums.get(key), count, sums.get(key) == count

    # The order of a sum changes its last digits, so the mean alone is not compared to the bit.
    mean = None
    if sums.get("eventsOut") and "massSum" in sums:
        mean = sums["massSum"] / sums["eventsOut"]
    wanted = expected["mass_mean"]
    yield "mean mass", mean, wanted, mean is not None and math.isclose(mean, wanted, rel_tol=1e-9)


def sums_of(summary):
    """The sums to compare, or None where there are none."""
    if not isinstance(summary.get("steps"), list):
        return summary.get("report")
    reports = [step.get("report", {}) for step in summary["steps"]]
    reports = [report for report in reports if "eventsOut" in report]
    if not reports:
        return None
    return {**reports[-1], "eventsIn": reports[0].get("eventsIn")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("summary", metavar="SUMMARY.json")
    parser.add_argument("expected", metavar="EXPECTED.json")
    arguments = parser.parse_args()

    sums = sums_of(load(arguments.summary))
    if not isinstance(sums, dict):
        return complain(f"{arguments.summary}: expected a 'report' with sums, or 'steps' with such")
    expected = load(arguments.expected)
    try:
        compared = list(rows(sums, expected))
    except (KeyError, TypeError) as error:
        return complain(f"cannot compare with {arguments.expected}: {error!r}")

    wrong = [row for row in compared if not row[3]]
    if not wrong:
        print(
            f"all as expected: {sums['eventsOut']} of {sums['eventsIn']} events selected,"
            f" {expected['histogram']['bins']} bins equal, mean mass {compared[-1][1]:.3f} GeV"
        )
        return 0
    print(f"{len(wrong)} of {len(compared)} numbers differ:")
    print(f"  {'':18} {'found':>16} {'expected':>16}")
    for name, found, wanted, _ in wrong:
        print(f"  {name:18} {'missing' if found is None else found:>16} {wanted:>16}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
