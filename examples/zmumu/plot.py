#!/usr/bin/env python3
"""Draw the histogram of the mass from the merged ROOT file.

usage: plot.py MERGED.root OUT.png [--expected EXPECTED.json]
"""

import argparse
import json
import sys
from pathlib import Path

import uproot
from matplotlib.figure import Figure


def draw(path, counts, edges, expected):
    figure = Figure(layout="constrained")
    axes = figure.subplots()
    axes.stairs(counts, edges, fill=True, alpha=0.5, label=f"{counts.sum():,.0f} events")
    if expected:
        axes.stairs(expected["histogram"]["counts"], edges, color="black", label="expected")
    axes.set_xlabel("mass of the muon pair [GeV]")
    axes.set_ylabel(f"events in {edges[1] - edges[0]:g} GeV")
    axes.set_title("Z → μμ")
    axes.set_xlim(edges[0], edges[-1])
    axes.legend()
    figure.savefig(path, format="png", dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", metavar="MERGED.root", type=Path)
    parser.add_argument("output", metavar="OUT.png", type=Path)
    parser.add_argument("--expected", metavar="EXPECTED.json", type=Path, help="draw this, too")
    arguments = parser.parse_args()

    for path in (arguments.input, arguments.expected):
        if path and not path.exists():
            print(f"plot.py: there is no {path}", file=sys.stderr)
            return 66
    try:
        with uproot.open(arguments.input) as file:
            counts, edges = file["mass"].to_numpy()
        expected = json.loads(arguments.expected.read_text()) if arguments.expected else None
    except Exception as error:  # uproot has no common class for what a damaged file can cause
        print(
            f"plot.py: expected a ROOT file with a histogram 'mass' and the JSON of what is"
            f" expected: {type(error).__name__}: {error}",
            file=sys.stderr,
        )
        return 2
    draw(arguments.output, counts, edges, expected)
    return 0


if __name__ == "__main__":
    sys.exit(main())
