"""Going on later: for payloads of tasks with a `checkpoint`.

    state = checkpoint.load(default={"next": 0, "sum": 0})
    while state["next"] < 1000:
        state["sum"] += work(state["next"])
        state["next"] += 1
        if checkpoint.due():
            checkpoint.save(state)
            checkpoint.leave()

See docs/FORMAT.md, "Going on later".
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from types import FrameType
from typing import Any, NoReturn, Optional

#: The exit code that says that the job goes on later, unless the task has another.
EXIT = 85

_told = False


def path() -> Optional[str]:
    """Returns the path of the checkpoint's file; None outside of a job with a checkpoint."""
    return os.environ.get("SPOOL_CHECKPOINT") or None


def resumed() -> int:
    """Returns how often the job has gone on: 0 where it begins."""
    return int(os.environ.get("SPOOL_RESUMED") or 0)


def load(default: Any = None) -> Any:
    """Returns what was saved, or the default where the job begins. From now on signals are noted."""
    watch()
    file = path()
    if file is None or not os.path.exists(file):
        return default
    with open(file, "rb") as stream:
        return pickle.load(stream)


def save(state: Any) -> None:
    """Saves a state, so that the file always holds a whole one. Outside of a job nothing happens."""
    file = path()
    if file is None:
        return
    part = f"{file}.part"
    with open(part, "wb") as stream:
        pickle.dump(state, stream)
    os.replace(part, file)


def watch(*signals: int) -> None:
    """Notes these signals for `due`: without any, TERM and USR1. A program's own handlers stay."""
    for number in signals or (signal.SIGTERM, signal.SIGUSR1):
        if path() is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _note)


def due(margin: float = 30.0) -> bool:
    """Tells whether it is time to save and leave: a signal came, or the end is near, in seconds.

    Outside of a job with a checkpoint it never is.
    """
    if path() is None:
        return False
    ends = os.environ.get("SPOOL_ENDS")
    return _told or (bool(ends) and time.time() > float(ends or 0) - margin)


def leave(code: int = EXIT) -> NoReturn:
    """Ends the program so that the job goes on later from what was saved."""
    sys.exit(code)


def _note(number: int, frame: Optional[FrameType]) -> None:
    global _told
    _told = True
