"""What a payload uses: its report, its inputs, and what it knows of its job."""

from __future__ import annotations

import json
import math
import os
import sys
from dataclasses import dataclass
from typing import Any, Optional

_reported: dict[str, float] = {}


@dataclass(frozen=True)
class Job:
    """The job that this process runs in."""

    task: str
    name: str
    index: int
    attempt: int
    pilot: str
    cpus: int
    #: An empty directory on local disk, which the pilot empties afterwards.
    scratch: str
    #: When its wall time is over, or the life of its pilot, in seconds since 1970; None if not known.
    ends: Optional[float]


def job() -> Optional[Job]:
    """Returns the job that this process runs in; None outside of one."""
    env = os.environ
    if "SPOOL_JOB" not in env:
        return None
    return Job(
        task=env.get("SPOOL_TASK", ""),
        name=env["SPOOL_JOB"],
        index=int(env.get("SPOOL_INDEX", 0)),
        attempt=int(env.get("SPOOL_ATTEMPT", 1)),
        pilot=env.get("SPOOL_PILOT", ""),
        cpus=int(env.get("SPOOL_CPUS", 1)),
        scratch=env.get("SPOOL_SCRATCH", ""),
        ends=float(env["SPOOL_ENDS"]) if env.get("SPOOL_ENDS") else None,
    )


def report(**numbers: Any) -> None:
    """Adds numbers to the job's report, which Spool sums over the task.

    A later number of a name replaces an earlier one. Outside of a job nothing happens, so that a program
    can be tried by hand. Raises `ValueError` for what is no finite number.

    >>> report(eventsIn=1000, eventsOut=41)
    """
    for name, number in numbers.items():
        if hasattr(number, "item"):
            number = number.item()  # a number of numpy's
        if isinstance(number, bool):
            number = int(number)
        if not isinstance(number, (int, float)) or not math.isfinite(number):
            raise ValueError(f"report: {name} must be a finite number, and is {number!r}")
        if isinstance(number, int) and abs(number) >= 1 << 63:
            raise ValueError(f"report: {name} must be a number of 64 bits, and is {number}")
        _reported[name] = number
    path = os.environ.get("SPOOL_REPORT")
    if not path:
        return
    data = json.dumps(_reported)
    if len(data) > 64 << 10:
        raise ValueError("report: a report has 64 KiB at most")
    with open(path, "w") as file:
        file.write(data)


def take_reported() -> dict[str, float]:
    """Returns what was reported so far, and begins anew: for a job that makes many calls."""
    values = dict(_reported)
    _reported.clear()
    return values


def inputs(path: Optional[str] = None) -> list[str]:
    """Returns the paths of the job's input files.

    They come from the list of a task whose `environment` says `"INPUT_LIST": "{inputList}"`, or from a
    list whose path is given, as one that the command got by `{inputList}`. Without a list they are the
    arguments of this program that name files, as those of `{inputs}`: options and outputs are left out
    if they are not there yet.
    """
    path = path or os.environ.get("INPUT_LIST")
    if path:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines()
    found = [word for word in sys.argv[1:] if not word.startswith("-") and os.path.isfile(word)]
    if not found:
        raise ValueError(
            'inputs: no list of inputs: say "environment": {"INPUT_LIST": "{inputList}"} in the task, or '
            "give the path that {inputList} stands for"
        )
    return found
