#!/usr/bin/env python3
"""Keep the Z candidates of one file of dimuon events: 60 < M < 120 GeV, opposite charges.

usage: select_z.py IN OUT [--report FILE]
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import uproot

TREE = "events"
LOW, HIGH, BINS = 60.0, 120.0, 30


def read(path):
    """All columns of the tree, as a dictionary of numpy arrays."""
    with uproot.open(path) as file:
        return file[TREE].arrays(library="np")


def select(events):
    """One boolean for each event: whether it is kept."""
    mass = events["M"]
    return (mass > LOW) & (mass < HIGH) & (events["Q1"] * events["Q2"] < 0)


def write(path, events):
    """Write a tree with the same columns, also where no event is left."""
    with uproot.recreate(path) as file:
        tree = file.mktree(TREE, {name: column.dtype for name, column in events.items()})
        if len(events["M"]):
            tree.extend(events)


def report(mass_in, mass_out):
    """Flat numbers, because Spool adds them up over the jobs: so each bin is one of them."""
    counts, _ = np.histogram(mass_out, bins=BINS, range=(LOW, HIGH))
    numbers = {
        "eventsIn": len(mass_in),
        "eventsOut": len(mass_out),
        "massSum": float(mass_out.sum()),
    }
    numbers.update({f"hist{index:02}": int(count) for index, count in enumerate(counts)})
    return numbers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", metavar="IN", type=Path)
    parser.add_argument("output", metavar="OUT", type=Path)
    parser.add_argument("--report", metavar="FILE", type=Path)
    arguments = parser.parse_args()

    if not arguments.input.exists():
        print(f"select_z.py: there is no {arguments.input}", file=sys.stderr)
        return 66
    try:
        events = read(arguments.input)
        kept = select(events)
    except Exception as error:  # uproot has no common class for what a damaged file can cause
        print(
            f"select_z.py: cannot read {arguments.input}, expected a ROOT file with '{TREE}' and"
            f" its columns M, Q1, Q2: {type(error).__name__}: {error}",
            file=sys.stderr,
        )
        return 2
    selected = {name: column[kept] for name, column in events.items()}
    write(arguments.output, selected)
    if arguments.report:
        numbers = report(events["M"], selected["M"])
        arguments.report.write_text(json.dumps(numbers) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
