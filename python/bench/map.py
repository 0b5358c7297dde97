"""Rates of maps over many items: `spool.Executor`, `ProcessPoolExecutor` and dask, in one run.

    python bench/map.py [--items 10000] [--cpus 2] [--chunk 100]

All of them have the same number of processes on this machine, the same function, which lasts some
microseconds, and the same chunks. The spool is one of its own, in a temporary directory, with watcher and
pilot of the program in `$SPOOL_BIN`, the PATH or `.build/release`. dask takes part if it is installed. Each
round runs all in turn, so that other load on the machine counts for all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import work

import spool


def binary() -> str:
    built = Path(__file__).resolve().parents[2] / ".build/release/spool"
    return os.environ.get("SPOOL_BIN") or shutil.which("spool") or str(built)


@contextmanager
def served(directory: str, cpus: int) -> Iterator[spool.Spool]:
    """Serves a spool."""
    path = os.path.join(directory, "spool")
    subprocess.run([binary(), "init", path], check=True, stdout=subprocess.DEVNULL)
    up = [binary(), "up", "--spool", path, "--cpus", str(cpus), "--memory", "64GB", "--scratch", directory]
    process = subprocess.Popen(up, stderr=subprocess.DEVNULL)
    try:
        while not spool.Spool(path).pilots():
            time.sleep(0.05)
        yield spool.Spool(path)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def by_spool(site: spool.Spool, items: int, chunk: int) -> int:
    with spool.Executor(site, memory="100MB") as executor:
        total = sum(executor.map(work.square, range(items), chunksize=chunk))
    shutil.rmtree(executor.directory)
    return total


def by_processes(cpus: int, items: int, chunk: int) -> int:
    with ProcessPoolExecutor(cpus) as executor:
        return sum(executor.map(work.square, range(items), chunksize=chunk))


def by_dask(cpus: int, items: int, chunk: int, directory: str) -> int:
    from distributed import Client

    with Client(
        n_workers=cpus, threads_per_worker=1, dashboard_address=None, local_directory=directory, silence_logs=50
    ) as client:
        # It has a task for each item, unless the items are given in lists.
        chunks = [range(first, min(items, first + chunk)) for first in range(0, items, chunk)]
        return sum(sum(squares) for squares in client.gather(client.map(work.squares, chunks)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--chunk", type=int, default=100, help="calls in a job")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--single", type=int, default=400, help="items of the round with one call a job; 0 for none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        with served(directory, options.cpus) as site:
            ways: dict[str, Callable[[int, int], int]] = {
                "ProcessPoolExecutor": lambda items, chunk: by_processes(options.cpus, items, chunk),
                "spool.Executor": lambda items, chunk: by_spool(site, items, chunk),
            }
            try:
                import distributed  # noqa: F401

                ways["dask.distributed"] = lambda items, chunk: by_dask(options.cpus, items, chunk, directory)
            except ImportError:
                print("dask is not installed: pip install distributed")
            for items, chunk in ((options.items, options.chunk), (options.single, 1)):
                if items:
                    compare(ways, items, chunk, options.rounds)


def compare(ways: dict[str, Callable[[int, int], int]], items: int, chunk: int, rounds: int) -> None:
    """Runs all ways in turn, and prints the medians."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begun = time.monotonic()
            if way(items, chunk) != sum(n * n for n in range(items)):
                raise SystemExit(f"{name}: a wrong sum")
            times[name].append(time.monotonic() - begun)
            print(f"{name}: {times[name][-1]:.2f} s", file=sys.stderr, flush=True)
    print(f"{items} items, {chunk} a chunk, start and end of the processes included; medians of {rounds} rounds")
    for name, lasted in times.items():
        middle = statistics.median(lasted)
        print(f"  {name:20} {middle:7.2f} s  {items / middle:9.0f} items/s   {min(lasted):.2f} to {max(lasted):.2f} s")


if __name__ == "__main__":
    main()
