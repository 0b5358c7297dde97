"""The files of an executor: calls on their way to jobs, and what came of them."""

from __future__ import annotations

import os
import pickle
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any, Optional

from . import _files
from ._errors import RemoteError, RemoteTraceback
from ._worker import CANCELLED, ENTRY, HEAD, MAGIC, OUTCOME, RETURNED, dumps

#: A pickled function, the pickled arguments of a job's calls, and their number.
Packed = tuple[bytes, bytes, int]


def pickle_function(function: Callable[..., Any]) -> bytes:
    """Pickles a function. Raises `pickle.PicklingError` in words that help."""
    name = getattr(function, "__qualname__", repr(function))
    if getattr(function, "__module__", None) == "__main__" and not _has_cloudpickle():
        raise pickle.PicklingError(
            f"{name} is defined in the notebook or script that runs (__main__), where no job finds it: "
            "install cloudpickle, or move it into a module"
        )
    try:
        return dumps(function)
    except Exception as error:
        advice = "" if _has_cloudpickle() else "; cloudpickle, if it is installed, can pickle more"
        raise pickle.PicklingError(f"{name} cannot be pickled: {error}{advice}") from error


def pickle_arguments(arguments: Sequence[tuple[Sequence[Any], dict[str, Any]]]) -> bytes:
    """Pickles the arguments of calls. Raises `pickle.PicklingError`."""
    try:
        return dumps([(tuple(args), kwargs) for args, kwargs in arguments])
    except Exception as error:
        raise pickle.PicklingError(f"the arguments of a call cannot be pickled: {error}") from error


def _has_cloudpickle() -> bool:
    try:
        import cloudpickle  # noqa: F401
    except ImportError:
        return False
    return True


def write_calls(path: str, jobs: Sequence[Packed]) -> None:
    """Writes the calls of jobs into one file. Functions that are equal are written once."""
    here = os.getcwd()
    setup = pickle.dumps(
        {
            "path": [os.path.abspath(entry) for entry in sys.path if entry] + [here],
            "version": list(sys.version_info[:2]),
        }
    )
    place = HEAD.size + len(jobs) * ENTRY.size
    head = HEAD.pack(MAGIC, len(jobs), place, len(setup))
    table, frames = [head], [setup]
    place += len(setup)
    functions: dict[bytes, int] = {}
    first = 0
    for function, arguments, count in jobs:
        if function not in functions:
            functions[function] = place
            frames.append(function)
            place += len(function)
        table.append(ENTRY.pack(functions[function], len(function), place, len(arguments), first, count))
        frames.append(arguments)
        place += len(arguments)
        first += count
    _files.write_whole(path, b"".join(table + frames))


def read_counts(path: str) -> list[int]:
    """Returns how many calls each job has. Raises `ValueError` for what is no file of calls."""
    with open(path, "rb") as file:
        head = file.read(HEAD.size)
        if len(head) < HEAD.size or head[:8] != MAGIC:
            raise ValueError(f"{path} is no file of calls")
        jobs: int = HEAD.unpack(head)[1]
        table = file.read(jobs * ENTRY.size)
    return [entry[5] for entry in ENTRY.iter_unpack(table)]


class Cancelled(Exception):
    """A call that was cancelled before it began."""


def read_outcomes(path: str) -> list[tuple[Any, Optional[BaseException]]]:
    """Returns what the calls of a job returned, or raised."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:8] != MAGIC:
        raise ValueError(f"{path} holds no results")
    (count,) = struct.unpack_from("<Q", data, 8)
    place = 16 + count * OUTCOME.size
    outcomes = []
    for number in range(count):
        kind, length = OUTCOME.unpack_from(data, 16 + number * OUTCOME.size)
        outcomes.append(_outcome(kind, data[place : place + length]))
        place += length
    return outcomes


def _outcome(kind: int, data: bytes) -> tuple[Any, Optional[BaseException]]:
    if kind == CANCELLED:
        return None, Cancelled()
    try:
        if kind == RETURNED:
            return pickle.loads(data), None
        pickled, name, words, text = pickle.loads(data)
    except Exception as error:
        lost = RemoteError(f"what the call returned cannot be unpickled here: {type(error).__name__}: {error}")
        lost.__cause__ = error
        return None, lost
    try:
        raised = pickle.loads(pickled) if pickled else None
    except Exception:
        raised = None
    if not isinstance(raised, BaseException):
        raised = RemoteError(f"{name}: {words}")
    raised.__cause__ = RemoteTraceback(text)
    return None, raised
