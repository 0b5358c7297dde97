"""The program of an executor's jobs: runs the calls of one job, and writes what they returned.

It stands alone, so that the pilot's Python need not have the package: an executor copies it beside the
calls. `python worker.py CALLS INDEX OUTPUT`
"""

from __future__ import annotations

import os
import struct
import sys

try:
    # Half of what a short job costs is modules; this one alone needs no others.
    from _pickle import dumps as plain_dumps
    from _pickle import loads
except ImportError:  # pragma: no cover
    from pickle import dumps as plain_dumps
    from pickle import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Outcome = tuple[int, bytes]

MAGIC = b"spoolpy1"
#: For each job: where its function is and how long, where its arguments, and the number of calls.
ENTRY = struct.Struct("<QQQQQQ")
HEAD = struct.Struct("<8sQQQ")
#: For each call of a job: kind of its outcome, and the length of that.
OUTCOME = struct.Struct("<BQ")
RETURNED, RAISED, CANCELLED = 0, 1, 2


def dumps(value: Any) -> bytes:
    """Pickles, by cloudpickle where that is needed and installed.

    What is defined in `__main__` is not found elsewhere by its name, so it must go along.
    """
    try:
        data = plain_dumps(value)
        if b"__main__" not in data:
            return data
    except Exception:
        data = b""
    try:
        import cloudpickle
    except ImportError:
        return data or plain_dumps(value)
    return bytes(cloudpickle.dumps(value))


def read_calls(path: str, index: int) -> tuple[dict[str, Any], bytes, bytes, int, int]:
    """Returns the setup, the pickled function and the pickled arguments of a job, and their number."""
    with open(path, "rb") as file:
        magic, count, place, length = HEAD.unpack(file.read(HEAD.size))
        if magic != MAGIC or index >= count:
            raise ValueError(f"{path} holds no calls of job {index}")
        file.seek(HEAD.size + index * ENTRY.size)
        fn_place, fn_length, args_place, args_length, first, calls = ENTRY.unpack(file.read(ENTRY.size))
        file.seek(place)
        setup = loads(file.read(length))
        file.seek(fn_place)
        function = file.read(fn_length)
        file.seek(args_place)
        return setup, function, file.read(args_length), first, calls


def failure(error: BaseException, note: str = "") -> Outcome:
    """Returns an exception as it goes back: itself, if it can be pickled, and its words."""
    import traceback

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    name = f"{type(error).__module__}.{type(error).__qualname__}".replace("builtins.", "")
    pickled: bytes | None
    try:
        error.__traceback__ = None
        pickled = dumps(error)
        loads(pickled)
    except Exception:
        pickled = None
    return RAISED, plain_dumps((pickled, name, str(error) + note, text + note))


def call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
    """Makes a call, and returns its outcome."""
    try:
        value = function(*args, **kwargs)
    except BaseException as error:
        return failure(error)
    try:
        return RETURNED, dumps(value)
    except Exception as error:
        kind = type(value).__qualname__
        return failure(error, f"\nwhat the call returned, of type {kind}, cannot be pickled")


def is_cancelled(path: str, number: int) -> bool:
    """Tells whether a call was cancelled since."""
    try:
        with open(path) as file:
            return str(number) in file.read().split()
    except OSError:
        return False


def add_reported(total: dict[str, Any]) -> None:
    """Adds what the last call reported, if the package was imported by it."""
    payload = sys.modules.get("spool._payload")
    for name, number in (payload.take_reported() if payload else {}).items():
        total[name] = total.get(name, 0) + number


def run(calls: str, index: int) -> tuple[list[Outcome], dict[str, Any]]:
    """Makes the calls of a job, and returns their outcomes and the report."""
    setup, pickled, packed, first, count = read_calls(calls, index)
    sys.path.extend(entry for entry in setup["path"] if entry not in sys.path)
    report: dict[str, Any] = {}
    try:
        function, arguments = loads(pickled), loads(packed)
    except BaseException as error:
        note = ""
        if setup["version"] != list(sys.version_info[:2]):
            ours, theirs = ("%d.%d" % tuple(v[:2]) for v in (sys.version_info, setup["version"]))
            note = f"\nthe call was made by Python {theirs}, and {sys.executable} is {ours}"
        outcome = failure(error, note)
        return [outcome] * count, {"calls": count, "exceptions": count}
    outcomes = []
    cancelled = os.path.join(os.path.dirname(calls), "cancelled")
    for number, (args, kwargs) in enumerate(arguments, first):
        if is_cancelled(cancelled, number):
            outcomes.append((CANCELLED, b""))
            continue
        outcomes.append(call(function, args, kwargs))
        add_reported(report)
    report["calls"] = sum(kind != CANCELLED for kind, _ in outcomes)
    report["exceptions"] = sum(kind == RAISED for kind, _ in outcomes)
    return outcomes, report


def main() -> None:
    """Runs one job."""
    calls, index, output = sys.argv[1:4]
    sys.argv = [sys.argv[0]]
    # A module of the user's must not be hidden by one that lies beside this program.
    del sys.path[0]
    outcomes, report = run(calls, int(index))
    with open(output, "wb") as file:
        file.write(MAGIC + struct.pack("<Q", len(outcomes)))
        file.write(b"".join(OUTCOME.pack(kind, len(data)) for kind, data in outcomes))
        for _, data in outcomes:
            file.write(data)
    path = os.environ.get("SPOOL_REPORT")
    if path:
        import json

        with open(path, "w") as file:
            json.dump(report, file)


if __name__ == "__main__":
    main()
