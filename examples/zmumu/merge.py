#!/usr/bin/env python3
"""Make one ROOT file of many selected ones: their events in one tree, and a histogram of the mass.

usage: merge.py OUT IN... [--report FILE]
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import uproot

from select_z import BINS, HIGH, LOW, TREE, read, report


class Unusable(Exception):
    """What is wrong with an input."""


def merge(output, inputs):
    """Write the events file by file, and return the masses of all."""
    masses = []
    tree = None
    columns = {}
    for path in inputs:
        try:
            events = read(path)
            masses.append(events["M"])
        except Exception as error:  # uproot has no common class for what a damaged file can cause
            raise Unusable(
                f"cannot read {path}, expected a ROOT file with '{TREE}' and its column M:"
                f" {type(error).__name__}: {error}"
            ) from error
        found = {name: column.dtype for name, column in events.items()}
        if tree is None:
            columns = found
            tree = output.mktree(TREE, columns)
        if found != columns:
            raise Unusable(f"{path} has the columns {found}, expected {columns} as in {inputs[0]}")
        if len(events["M"]):
            tree.extend(events)
    mass = np.concatenate(masses)
    output["mass"] = np.histogram(mass, bins=BINS, range=(LOW, HIGH))
    return mass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", metavar="OUT", type=Path)
    parser.add_argument("inputs", metavar="IN", type=Path, nargs="+")
    parser.add_argument("--report", metavar="FILE", type=Path)
    arguments = parser.parse_args()

    missing = [path for path in arguments.inputs if not path.exists()]
    if missing:
        print(f"merge.py: there is no {missing[0]}", file=sys.stderr)
        return 66
    try:
        with uproot.recreate(arguments.output) as output:
            # By name: in which order the files came makes no difference to the result.
            mass = merge(output, sorted(arguments.inputs, key=lambda path: (path.name, path)))
    except Unusable as problem:
        arguments.output.unlink(missing_ok=True)
        print(f"merge.py: {problem}", file=sys.stderr)
        return 2
    if arguments.report:
        arguments.report.write_text(json.dumps(report(mass, mass)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
