"""An executor: a `concurrent.futures.Executor` whose calls are jobs of a spool."""

from __future__ import annotations

import atexit
import concurrent.futures
import getpass
import logging
import os
import pkgutil
import secrets
import shutil
import sys
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Optional, Union

from . import _files
from ._batch import Batch, SpoolFuture
from ._calls import Packed, pickle_arguments, pickle_function, write_calls
from ._errors import NoWatcherWarning, SpoolError
from ._files import Json
from ._requests import build
from ._spool import Spool

_log = logging.getLogger("spool")

#: The keys of a task that are the executor's own.
_OWN = ("kind", "name", "input", "count", "values", "files", "command", "outputs", "filesPerJob", "groupBy")
#: How long a call waits for others that go with it into one task, in seconds.
GATHER = 0.05
#: The most calls that wait so.
MOST_GATHERED = 20_000

_living: weakref.WeakSet[Executor] = weakref.WeakSet()


class Executor(concurrent.futures.Executor):
    """Runs calls as jobs of a spool.

    Calls, and what they returned, lie in `directory/name`, which all pilots must see. So the work goes on
    if this process dies, and `Executor.attach(name)` finds its results.

    - `spool`: a `Spool`, or its path.
    - `name`: begins the names of tasks; by default one that nobody has.
    - `directory`: where the executor's own directory is made.
    - `python`: the interpreter of the jobs, by default this one.
    - `chunksize`: how many calls of a `map` make one job, where the `map` does not say.
    - all other keywords are keys of the task, as `cpus=4`, `memory="8GB"`, `wall="2h"`,
      `environment={…}`, `retry={…}`, `maxRunning=100`.

    Shutting it down, as the end of `with` does, waits for all calls.
    """

    def __init__(
        self,
        spool: Union[Spool, str, os.PathLike[str], None] = None,
        name: Optional[str] = None,
        *,
        directory: Union[str, os.PathLike[str]] = "spool-calls",
        python: Optional[str] = None,
        chunksize: int = 1,
        **task: Any,
    ) -> None:
        own = [key for key in task if key in _OWN]
        if own:
            raise TypeError(f"{own[0]} is the executor's own: give keys as cpus, memory, wall or environment")
        if chunksize < 1:
            raise ValueError("chunksize must be at least 1")
        self.spool = spool if isinstance(spool, Spool) else Spool(spool)
        self.name = name or f"{_user()}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        self.directory = os.path.join(os.path.abspath(directory), self.name)
        if self.spool.at("") in os.path.join(self.directory, ""):
            raise ValueError(f"{self.directory} lies in the spool, where jobs may write nothing: choose another")
        self.chunksize = chunksize
        settings = {
            "spool": self.spool.path,
            "python": os.path.abspath(python) if python and os.sep in python else python or sys.executable,
            "chunksize": chunksize,
            "task": build({"kind": "task"}, task),
        }
        try:
            os.makedirs(self.directory)
        except FileExistsError:
            raise SpoolError(
                f"an executor named {self.name} has its calls in {self.directory} already: "
                f"Executor.attach({self.name!r}) goes on with it, or choose another name"
            ) from None
        worker = pkgutil.get_data(__package__, "_worker.py")
        assert worker is not None
        _files.write_whole(os.path.join(self.directory, "worker.py"), worker)
        _files.write_whole(os.path.join(self.directory, "executor.json"), _dumped(settings))
        self._begin(settings)

    def _begin(self, settings: Json) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        #: Held while calls that waited are sent, and while results are looked for.
        self._sending = threading.Lock()
        self._stepping = threading.Lock()
        self._wake = threading.Event()
        self._batches: list[Batch] = []
        self._waiting: list[tuple[SpoolFuture, Packed]] = []
        self._waiting_since = 0.0
        self._thread: Optional[threading.Thread] = None
        self._has_cancels = False
        self._is_shut = False
        _living.add(self)

    @classmethod
    def attach(
        cls,
        name: str,
        spool: Union[Spool, str, os.PathLike[str], None] = None,
        *,
        directory: Union[str, os.PathLike[str]] = "spool-calls",
    ) -> Executor:
        """Returns an executor that goes on with the calls of an earlier one, whose process may be dead.

        `futures()` are the calls, in the order in which they were made. A request that the earlier
        process did not come to drop is dropped now. Raises `SpoolError` if there is none of that name.
        """
        place = os.path.join(os.path.abspath(directory), name)
        settings = _files.read_json(os.path.join(place, "executor.json"))
        if settings is None:
            raise SpoolError(f"there is no executor {name} in {os.path.abspath(directory)}: it has no executor.json")
        self = cls.__new__(cls)
        self.spool = spool if isinstance(spool, Spool) else Spool(spool or settings["spool"])
        self.name, self.directory, self.chunksize = name, place, settings["chunksize"]
        self._begin(settings)
        for number in sorted(entry for entry in _files.names(place) if entry.isdigit()):
            room = os.path.join(place, number)
            if not os.path.exists(os.path.join(room, "calls")):
                continue  # The process died before it had made these calls.
            batch = Batch.of(self.spool, f"{name}.{number}", room)
            for job in batch.jobs:
                for future in job:
                    self._add(future)
            batch.collect()
            if batch.open and self.spool._page(batch.name) is None and not self.spool._is_dropped(batch.name):
                batch.file = self.spool.drop(batch.request(), batch.name)
            self._batches.append(batch)
        self._look()
        return self

    def __repr__(self) -> str:
        return f"Executor({self.name!r}, {self.directory!r})"

    # Calls

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> SpoolFuture:
        """Makes a call, as one job. Calls that are made together go into the spool as one task.

        Raises `pickle.PicklingError` at once if the function or an argument cannot be pickled.
        """
        packed = (pickle_function(fn), pickle_arguments([(args, kwargs)]), 1)
        future = SpoolFuture()
        with self._lock:
            self._check()
            self._add(future)
            if not self._waiting:
                self._waiting_since = time.monotonic()
            self._waiting.append((future, packed))
        self._look()
        return future

    def submit_many(
        self, fn: Callable[..., Any], *iterables: Iterable[Any], chunksize: Optional[int] = None
    ) -> list[SpoolFuture]:
        """Makes a call for each item, as `map`, and returns their futures, in the order of the items."""
        size = self.chunksize if chunksize is None else chunksize
        if size < 1:
            raise ValueError("chunksize must be at least 1")
        items = list(zip(*iterables))
        if not items:
            return []
        function = pickle_function(fn)
        jobs, futures = [], []
        for first in range(0, len(items), size):
            chunk = items[first : first + size]
            arguments = pickle_arguments([(item, {}) for item in chunk])
            members = [SpoolFuture() for _ in chunk]
            for future in members:
                self._add(future)
            futures += members
            jobs.append((members, (function, arguments, len(chunk))))
        with self._lock:
            self._check()
        self._send(jobs)
        self._look()
        return futures

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: Optional[float] = None,
        chunksize: Optional[int] = None,
        **others: Any,
    ) -> Iterator[Any]:
        """Makes a call for each item, and returns what they return, in the order of the items.

        All calls go into the spool at once, as one task with a job for each `chunksize` items. A call that
        raised raises when its turn comes; the other calls of its job are not lost, see `submit_many`.
        """
        others.pop("buffersize", None)
        if others:
            raise TypeError(f"map has no argument {next(iter(others))}")
        end = None if timeout is None else time.monotonic() + timeout
        futures = self.submit_many(fn, *iterables, chunksize=chunksize)

        def results() -> Iterator[Any]:
            try:
                futures.reverse()
                while futures:
                    future = futures.pop()
                    yield future.result(None if end is None else max(0.0, end - time.monotonic()))
            finally:
                for future in futures:
                    future.cancel()

        return results()

    def futures(self) -> list[SpoolFuture]:
        """Returns the futures of all calls that went into the spool, in their order."""
        self.flush()
        with self._lock:
            return [future for batch in self._batches for job in batch.jobs for future in job]

    def tasks(self) -> list[str]:
        """Returns the names of the executor's tasks."""
        with self._lock:
            return [batch.name for batch in self._batches]

    def flush(self) -> None:
        """Drops the calls that wait for others to go with them."""
        with self._sending:
            with self._lock:
                waiting, self._waiting = self._waiting, []
            if waiting:
                self._send([([future], packed) for future, packed in waiting if not future.cancelled()])
        if waiting:
            # The poller may have found nothing to wait for meanwhile.
            self._look()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more calls. With `wait` waits for all of them, after it has cancelled those that have
        not ended, with `cancel_futures`. Without, they go on, and `attach` finds their results."""
        with self._lock:
            self._is_shut = True
        self.flush()
        if cancel_futures:
            for future in self.futures():
                future.cancel()
            self._step()
        if wait:
            concurrent.futures.wait(self.futures())

    def cancel(self) -> None:
        """Cancels all calls that have not ended, also those that run."""
        for future in self.futures():
            future.cancel()

    def remove(self) -> None:
        """Forgets the tasks, and removes the directory with the calls and results. All must have ended."""
        self.flush()
        for name in self.tasks():
            if self.spool._page(name) is not None:
                self.spool.task(name).wait(30, check=False)
                self.spool.forget(name)
        shutil.rmtree(self.directory)

    # Inside

    def _check(self) -> None:
        if self._is_shut:
            raise RuntimeError("cannot schedule new futures after shutdown")

    def _add(self, future: SpoolFuture) -> None:
        future._dropped = self._note_cancel

    def _note_cancel(self) -> None:
        self._has_cancels = True
        self._wake.set()

    def _send(self, jobs: list[tuple[list[SpoolFuture], Packed]]) -> None:
        """Writes the calls of jobs, and asks for a task that makes them."""
        if not jobs:
            return
        try:
            batch = self._made(jobs)
            for members, _ in jobs:
                for future in members:
                    self._add(future)
            with self._lock:
                self._batches.append(batch)
            batch.file = self.spool.drop(batch.request(), batch.name)
        except BaseException as error:
            # Those who wait already must hear of it.
            for members, _ in jobs:
                for future in members:
                    if not future.done():
                        future.set_exception(error)
            raise

    def _made(self, jobs: list[tuple[list[SpoolFuture], Packed]]) -> Batch:
        directory = self._new_directory()
        number = os.path.basename(directory)
        name = f"{self.name}.{number}"
        calls = os.path.join(directory, "calls")
        request: Json = {
            **self._settings["task"],
            "name": name,
            "input": {"count": len(jobs)},
            "command": [
                _escaped(self._settings["python"]),
                _escaped(os.path.join(self.directory, "worker.py")),
                _escaped(calls),
                "{index}",
                "{output}",
            ],
            "outputs": [{"path": _escaped(os.path.join(directory, "out")) + "/{index}"}],
        }
        _files.write_whole(os.path.join(directory, "request.json"), _dumped(request))
        # From now on the calls are made: who attaches later drops the request if this process does not.
        write_calls(calls, [packed for _, packed in jobs])
        return Batch(self.spool, name, directory, [members for members, _ in jobs])

    def _new_directory(self) -> str:
        known = [int(entry) for entry in _files.names(self.directory) if entry.isdigit()]
        number = max(known, default=-1) + 1
        while True:
            path = os.path.join(self.directory, f"{number:04d}")
            try:
                os.mkdir(path)
                return path
            except FileExistsError:
                number += 1

    def _look(self) -> None:
        """Sees to it that somebody looks for results while any are awaited."""
        with self._lock:
            if self._thread is None and (self._waiting or any(batch.open for batch in self._batches)):
                self._thread = threading.Thread(target=self._poll, name=f"spool {self.name}", daemon=True)
                self._thread.start()
        self._wake.set()

    def _poll(self) -> None:
        next_watcher, warned, trouble = 0.0, False, ""
        while True:
            now = time.monotonic()
            try:
                pause = self._step()
                if now >= next_watcher:
                    watcher = self.spool.watcher()
                    if not watcher.alive and not warned:
                        words = f"{watcher.warning}; the calls of {self.name} wait until then"
                        warnings.warn(words, NoWatcherWarning, stacklevel=1)
                    warned, next_watcher = not watcher.alive, now + 2.0
                trouble = ""
            except Exception as error:
                # A mount that is away comes back; who waits sees the words in the log.
                if str(error) != trouble:
                    _log.warning("%s: cannot look for results, and tries again: %s", self.name, error)
                trouble, pause = str(error), 1.0
            with self._lock:
                if not self._waiting and not any(batch.open for batch in self._batches):
                    self._thread = None
                    return
            self._wake.wait(pause)
            self._wake.clear()

    def _step(self) -> float:
        """Looks for results once, and returns the time until the next look."""
        with self._stepping:
            return self._stepped(time.monotonic())

    def _stepped(self, now: float) -> float:
        due = self._waiting and (
            now - self._waiting_since >= GATHER or len(self._waiting) >= MOST_GATHERED or self._is_shut
        )
        if due:
            self.flush()
        with self._lock:
            batches = [batch for batch in self._batches if batch.open]
            has_cancels, self._has_cancels = self._has_cancels, False
        for batch in batches:
            if has_cancels:
                batch.tell_cancelled()
            if batch.open and now >= batch.next_step:
                batch.step(now)
        pauses = [batch.next_step - now for batch in batches if batch.open]
        if self._waiting:
            pauses.append(max(0.0, GATHER - (now - self._waiting_since)))
        return max(0.002, min(pauses, default=0.5))


def _user() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name).strip("-")[:20] or "calls"


def _escaped(path: str) -> str:
    return path.replace("{", "{{")


def _dumped(value: Any) -> bytes:
    import json

    return json.dumps(value, indent=2, allow_nan=False).encode()


def _flush_all() -> None:
    """At the end of the process drops what waits for others, and tells the spool what was cancelled."""
    for executor in list(_living):
        try:
            executor.flush()
            if executor._has_cancels:
                executor._step()
        except Exception as error:
            _log.warning("%s: calls were not dropped: %s", executor.name, error)


atexit.register(_flush_all)
