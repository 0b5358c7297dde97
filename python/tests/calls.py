"""What the executor's tests call."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any, NoReturn

import spool


class Trouble(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"odd: {self.number}"


class Stubborn(Exception):
    def __reduce__(self) -> NoReturn:
        raise TypeError("not me")


class Picky(Exception):
    """One that is pickled, and cannot be made again."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


class OnlyHere:
    """What can be unpickled in one process alone."""

    def __init__(self, pid: int) -> None:
        if os.getpid() != pid:
            raise ValueError(f"only in process {pid}")
        self.pid = pid

    def __reduce__(self) -> tuple[Any, ...]:
        return OnlyHere, (self.pid,)


def square(x: int) -> int:
    return x * x


def slow_square(x: int) -> int:
    time.sleep(0.1)
    return x * x


def fail(x: int) -> int:
    if x % 2:
        raise Trouble(x)
    return x


def raise_of(kind: str) -> NoReturn:
    if kind == "exit":
        sys.exit(3)
    raise Stubborn("no way") if kind == "stubborn" else Picky("no way", "")


def lock() -> Any:
    return threading.Lock()


def only_there() -> OnlyHere:
    return OnlyHere(os.getpid())


def die(x: int) -> int:
    if x == 1:
        print("about to die", flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    return x


def report_events(x: int) -> int:
    spool.report(eventsIn=x)
    return x


def wait_for(path: str) -> str:
    while not os.path.exists(path):
        time.sleep(0.02)
    return path


def wait_unless_first(number: int, path: str) -> int:
    if number:
        wait_for(path)
    return number
