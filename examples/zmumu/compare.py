#!/usr/bin/env python3
"""Compare the summed report of a task with what is expected, bin for bin.

usage: compare.py SUMMARY.json EXPECTED.json [--plot FILE.png]

SUMMARY.json is the record of a task that is done; its "report" holds the sums over all jobs.
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


def plot(path, sums, expected):
    try:
        import matplotlib
    except ImportError:
        print("compare.py: no plot, matplotlib is not installed", file=sys.stderr)
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    bins = expected["histogram"]["bins"]
    low, high = expected["histogram"]["range"]
    edges = [low + index * (high - low) / bins for index in range(bins + 1)]
    counts = [sums.get(f"hist{index:02}", 0) for index in range(bins)]
    figure, axes = pyplot.subplots()
    axes.stairs(counts, edges, fill=True, alpha=0.5, label="selected")
    axes.stairs(expected["histogram"]["counts"], edges, color="black", label="expected")
    axes.set_xlabel("mass of the muon pair [GeV]")
    axes.set_ylabel(f"events in {edges[1] - edges[0]:g} GeV")
    axes.legend()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("summary", metavar="SUMMARY.json")
    parser.add_argument("expected", metavar="EXPECTED.json")
    parser.add_argument("--plot", metavar="FILE.png", help="draw both (needs matplotlib)")
    arguments = parser.parse_args()

    sums = load(arguments.summary).get("report")
    if not isinstance(sums, dict):
        return complain(f"{arguments.summary}: expected an object 'report' with the task's sums")
    expected = load(arguments.expected)
    try:
        compared = list(rows(sums, expected))
    except (KeyError, TypeError) as error:
        return complain(f"cannot compare with {arguments.expected}: {error!r}")
    if arguments.plot:
        plot(arguments.plot, sums, expected)

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
