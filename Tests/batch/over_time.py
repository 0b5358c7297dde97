"""Draws how many pilots a factory has against the backlog, and tells what they cost.

Usage: over_time.py SAMPLES CORES PICTURE
Samples the spool of $SPOOL_DIR and Slurm's list twice a second until the file SAMPLES.end is there. CORES is
the number of cores of a pilot.
"""
import glob, json, os, subprocess, sys, time

STEP = 0.5


def sample(spool):
    try:
        with open(f"{spool}/backlog.json") as file:
            needs = json.load(file)["needs"]
    except FileNotFoundError:
        needs = []
    states = subprocess.run(
        ["squeue", "--me", "--noheader", "--format=%T"], capture_output=True, text=True, check=True
    ).stdout.split()
    return {
        "jobs": sum(need["waiting"] + need["running"] for need in needs),
        "pilots": len(glob.glob(f"{spool}/running/*/pilot.json")),
        "given": sum(state in ("RUNNING", "COMPLETING") for state in states),
        "queued": states.count("PENDING"),
    }


def worked(spool):
    """Seconds for which payloads ran, from the ledgers."""
    total = 0
    for path in glob.glob(f"{spool}/ledger/*.jsonl"):
        with open(path) as file:
            for line in file:
                row = json.loads(line)
                total += (row.get("ended", 0) - row.get("started", 0)) / 1000
    return total


def draw(samples, picture, words):
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    at = [row["at"] for row in samples]
    figure, above = pyplot.subplots(figsize=(8, 3.6))
    above.fill_between(at, [row["jobs"] for row in samples], step="post", color="#9ec3d6")
    above.set(xlabel="seconds", ylabel="jobs that wait or run", ylim=(0, None), xlim=(0, at[-1]))
    other = above.twinx()
    other.step(at, [row["given"] for row in samples], where="post", color="#26788e", label="batch jobs that run")
    other.step(
        at, [row["pilots"] for row in samples], where="post", color="#b26a00", linestyle="--", label="pilots at work"
    )
    other.set(ylabel="pilots", ylim=(0, 9))
    other.legend(loc="upper right", frameon=False)
    above.set_title(words, fontsize=10)
    figure.tight_layout()
    figure.savefig(picture, dpi=100)


def main():
    path, cores, picture = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    spool, begin, samples = os.environ["SPOOL_DIR"], time.monotonic(), []
    while not os.path.exists(path + ".end"):
        samples.append({"at": time.monotonic() - begin} | sample(spool))
        time.sleep(max(0, STEP - (time.monotonic() - begin) % STEP))
    given = sum(
        row["given"] * (later["at"] - row["at"]) for row, later in zip(samples, samples[1:], strict=False)
    )
    used = worked(spool)
    words = (
        f"core-seconds given {given * cores:.0f}, used {used:.0f}: {1 - used / (given * cores):.0%} not used; "
        f"at most {max(row['given'] for row in samples)} pilots"
    )
    print(words)
    draw(samples, picture, words)


if __name__ == "__main__":
    main()
