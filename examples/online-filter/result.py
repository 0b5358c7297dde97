#!/usr/bin/env python3
"""Tell what a chain has done: what went in and out of each step, by how much it suppressed.

usage: result.py SUMMARY.json [--plot FILE.png]

SUMMARY.json is the record of a chain that has ended, or what `spool status CHAIN --format json`
prints. The table needs no more than Python itself, the picture needs matplotlib.
Exit status: 0 good, also where matplotlib is missing, 2 the file cannot be used.
"""

import argparse
import json
import sys

# As `frames merge` fills it: 50 bins in the window of mass that the selection takes.
LOW, HIGH = 2.0, 4.5


class Unusable(Exception):
    """What is wrong with the summary."""


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            summary = json.load(file)
    except (OSError, ValueError) as error:
        raise Unusable(f"cannot read {path}: {error}") from error
    steps = summary.get("steps") if isinstance(summary, dict) else None
    if not isinstance(steps, list) or not steps:
        raise Unusable(f"{path}: expected the summary of a chain, with its 'steps'")
    return summary


def row(step):
    """The numbers of a step; None for those that its jobs did not report."""
    report = step.get("report", {})
    return {
        "step": step["name"],
        "jobs": step["jobs"]["done"],
        "events": (report.get("eventsIn"), report.get("eventsOut")),
        "bytes": (
            report.get("bytesIn"),
            report.get("bytesOut", step.get("outputs", {}).get("bytes")),
        ),
        "cpu": step.get("cpu", 0),
        "time": step.get("runTime", 0),
    }


def total(rows):
    """The chain as one step: what went into the first, what came out of the last that counted."""
    counted = [row for row in rows if row["events"][1] is not None] or rows
    return {
        "step": "chain",
        "jobs": sum(row["jobs"] for row in rows),
        "events": (rows[0]["events"][0], counted[-1]["events"][1]),
        "bytes": (rows[0]["bytes"][0], counted[-1]["bytes"][1]),
        "cpu": sum(row["cpu"] for row in rows),
        "time": sum(row["time"] for row in rows),
    }


def factor(pair):
    before, after = pair
    return before / after if before is not None and after else None


def show(value, form="{:,}"):
    return "-" if value is None else form.format(value)


def table(rows):
    titles = ["step", "jobs", "events in", "out", "factor", "kB in", "out", "factor"]
    lines = [titles + ["cpu s", "time s"]]
    for row in rows:
        line = [row["step"], show(row["jobs"])]
        for pair, unit in ((row["events"], 1), (row["bytes"], 1000)):
            line += [show(None if n is None else round(n / unit)) for n in pair]
            line.append(show(factor(pair), "{:.1f}"))
        lines.append(line + [show(row["cpu"], "{:.1f}"), show(row["time"], "{:.1f}")])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        yield "  ".join(cells)


def masses(steps):
    """The histogram: of the last step whose report has one."""
    for step in reversed(steps):
        report = step.get("report", {})
        keys = sorted(key for key in report if key.startswith("hist") and key[4:].isdigit())
        if keys:
            return [report[key] for key in keys]
    return []


def plot(path, summary, rows):
    """Whether a picture was made."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("result.py: no picture was made, matplotlib is not installed", file=sys.stderr)
        return False
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    figure.suptitle(f"{summary.get('chain', 'chain')}: from detector data to muon pairs")
    draw_masses(left, masses(summary["steps"]))
    draw_steps(right, rows)
    figure.savefig(path, format="png", dpi=120)
    return True


def draw_masses(axes, counts):
    axes.set_xlabel("mass of the muon pair [GeV]")
    if not counts:
        axes.set_title("no histogram was reported")
        return
    width = (HIGH - LOW) / len(counts)
    edges = [LOW + index * width for index in range(len(counts) + 1)]
    axes.stairs(counts, edges, fill=True, alpha=0.6)
    axes.axvline(3.0969, color="black", linewidth=0.8, linestyle=":")
    axes.annotate("J/ψ", (3.13, max(counts) * 0.97))
    axes.set_ylabel(f"pairs in {1000 * width:.0f} MeV")
    axes.set_xlim(LOW, HIGH)
    axes.set_title(f"{sum(counts):,} pairs")


def draw_steps(axes, rows):
    """What is left after each step, as shares of what went into the first."""
    names = ["in"] + [row["step"] for row in rows]
    for key, marker in (("events", "o"), ("bytes", "s")):
        values = [rows[0][key][0]] + [row[key][1] for row in rows]
        known = [(place, value) for place, value in enumerate(values) if value]
        if not values[0] or len(known) < 2:
            continue
        shares = [100 * value / values[0] for _, value in known]
        axes.plot([place for place, _ in known], shares, marker=marker, label=key)
        axes.annotate(
            f"1 in {100 / shares[-1]:.1f}", (known[-1][0], shares[-1]), xytext=(-4, 7),
            textcoords="offset points", ha="right",
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xticks(range(len(names)), names)
    axes.set_ylabel("left of what was read out [%]")
    axes.grid(axis="y", alpha=0.3)
    axes.set_title("suppression")
    if axes.lines:
        axes.legend()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("summary", metavar="SUMMARY.json")
    parser.add_argument("--plot", metavar="FILE.png", help="draw it, too (needs matplotlib)")
    arguments = parser.parse_args()
    try:
        summary = load(arguments.summary)
        try:
            rows = [row(step) for step in summary["steps"]]
        except (KeyError, TypeError, AttributeError) as error:
            raise Unusable(
                f"{arguments.summary}: expected 'name' and 'jobs' in each step: {error!r}"
            ) from error
    except Unusable as problem:
        print(f"result.py: {problem}", file=sys.stderr)
        return 2

    whole = total(rows)
    for line in table(rows + [whole]):
        print(line)
    suppression = factor(whole["events"])
    print(f"\nsuppression {show(suppression, '{:.1f}')} in events,"
          f" {show(factor(whole['bytes']), '{:.1f}')} in bytes")
    if arguments.plot and plot(arguments.plot, summary, rows):
        print(f"picture: {arguments.plot}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
