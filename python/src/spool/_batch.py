"""A batch: calls that went to the spool as one task, and the futures that wait for them."""

from __future__ import annotations

import concurrent.futures
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from . import _files
from ._calls import Cancelled, read_counts, read_outcomes
from ._errors import JobFailed, NotFound, Refused, ResultLost, SpoolError, TaskCancelled, WaitTimeout
from ._files import Json
from ._task import Task

if TYPE_CHECKING:
    from ._spool import Spool

#: How long the file of results of a job that is done may stay unseen, in seconds: network mounts cache.
UNSEEN = 30.0
#: How long a task may have neither page nor request, in seconds.
ABSENT = 60.0


class SpoolFuture(concurrent.futures.Future[Any]):
    """A call on its way through a spool."""

    def __init__(self) -> None:
        super().__init__()
        #: The name of the job that makes the call; None until it is on its way.
        self.job: Optional[str] = None
        self._batch: Optional[Batch] = None
        self._number = 0
        self._dropped: Optional[Callable[[], None]] = None

    def cancel(self) -> bool:
        """Cancels the call, also one that runs: its result will not count. False if it has ended."""
        if not super().cancel():
            return False
        # Others that wait for this future must hear of it; twice would be once too often.
        with self._condition:
            hear = self._state == "CANCELLED"
        if hear and self.set_running_or_notify_cancel():
            raise AssertionError("a cancelled future runs")  # pragma: no cover
        if self._dropped is not None:
            self._dropped()
        return True

    def result(self, timeout: Optional[float] = None) -> Any:
        """Returns what the call returned, or raises what it raised. `WaitTimeout` says what it waits for."""
        try:
            return super().result(timeout)
        except concurrent.futures.TimeoutError:
            if self.done():
                raise
            raise WaitTimeout(self._words(timeout)) from None

    def exception(self, timeout: Optional[float] = None) -> Optional[BaseException]:
        """Returns what the call raised; None if it returned."""
        try:
            return super().exception(timeout)
        except concurrent.futures.TimeoutError:
            raise WaitTimeout(self._words(timeout)) from None

    def _words(self, timeout: Optional[float]) -> str:
        words = f"{self.job or 'the call'} has not ended within {timeout:g} s"
        if self._batch is None:
            return words + "; it is not sent yet"
        batch = self._batch
        return words + batch.task._obstacle(batch.spool._page(batch.name))

    def logs(self) -> str:
        """Returns what the call's job printed."""
        if self._batch is None or self.job is None:
            return ""
        return self._batch.task.logs(self.job)


class Batch:
    """A task of an executor. `jobs` are the futures of each job, in their order.

    Only the executor's poller calls `step`.
    """

    def __init__(self, spool: Spool, name: str, directory: str, jobs: list[list[SpoolFuture]]) -> None:
        self.spool = spool
        self.name = name
        self.directory = directory
        self.jobs = jobs
        self.task = Task(spool, name)
        self.file: Optional[str] = None
        self.open = set(range(len(jobs)))
        self.cancelled_told = 0
        self.is_cancelled = False
        self.next_step = 0.0
        self._pause = 0.02
        self._lines = _files.Lines(spool.at("ledger", f"{name}.jsonl"))
        self._unseen: dict[int, float] = {}
        self._next_page = 0.0
        self._is_known = False
        self._absent_since: Optional[float] = None
        number = 0
        for index, futures in enumerate(jobs):
            for future in futures:
                future.job, future._batch, future._number = f"{name}.{index:08d}", self, number
                number += 1

    @classmethod
    def of(cls, spool: Spool, name: str, directory: str) -> Batch:
        """Makes a batch of what an earlier process left. Raises `OSError`, `ValueError`."""
        counts = read_counts(os.path.join(directory, "calls"))
        return cls(spool, name, directory, [[SpoolFuture() for _ in range(count)] for count in counts])

    def request(self) -> Json:
        """Returns the batch's request. Raises `SpoolError`."""
        request = _files.read_json(os.path.join(self.directory, "request.json"))
        if request is None:
            raise SpoolError(f"{self.directory}/request.json cannot be read")
        return request

    def collect(self) -> None:
        """Takes the results that are there already, whatever the spool says of them."""
        for name in _files.names(os.path.join(self.directory, "out")):
            if name.isdigit() and int(name) in self.open:
                self._take(int(name), time.monotonic())

    def step(self, now: float) -> bool:
        """Looks what came. Returns True if it was anything."""
        before = len(self.open)
        page = None
        if now >= self._next_page:
            # The page is read before the ledger: what it says of an end, the ledger has.
            page = self.spool._page(self.name)
            self._next_page = now + (1.0 if self._is_known else 0.2)
            if page is None and not self._is_known:
                self._look_for_answer(now)
            self._note(page, now)
        for line in self._lines.new():
            if "job" in line:
                self._is_known = True
                self._see(line, now)
        for index in list(self._unseen):
            self._take(index, now)
        if page is not None and page.get("state") in ("done", "failed", "cancelled"):
            self._end(page, now)
        has_news = len(self.open) < before
        self._pause = 0.02 if has_news else min(self._pause * 1.3, 0.5)
        self.next_step = now + self._pause
        return has_news

    def _look_for_answer(self, now: float) -> None:
        refused = self.spool.refusal(self.file) if self.file else None
        if refused is not None:
            self.fail_all(lambda job: Refused(refused.reason, refused.request))

    def _note(self, page: Optional[Json], now: float) -> None:
        if page is not None:
            self._is_known, self._absent_since = True, None
        elif self.spool._is_dropped(self.name):
            self._absent_since = None
        else:
            self._absent_since = self._absent_since or now
            if now - self._absent_since > ABSENT:
                words = f"the task {self.name} is not in the spool any more: it was forgotten or removed"
                self.fail_all(lambda job: NotFound(words))

    def _see(self, line: Json, now: float) -> None:
        """Takes note of an attempt that ended."""
        index = int(str(line["job"]).rpartition(".")[2])
        if index not in self.open:
            return
        if line["outcome"] == "ok":
            self._unseen[index] = now + UNSEEN
        elif line.get("final"):
            error = JobFailed(line["job"], line["outcome"], line.get("reason"), line.get("pilot"))
            self._fail(index, error)

    def _take(self, index: int, now: float) -> None:
        """Hands over the results of a job that is done."""
        path = os.path.join(self.directory, "out", str(index))
        try:
            outcomes = read_outcomes(path)
            if len(outcomes) != len(self.jobs[index]):
                raise ValueError(f"{path} holds {len(outcomes)} results, not {len(self.jobs[index])}")
        except Exception as error:
            if now >= self._unseen.setdefault(index, now + UNSEEN):
                self._fail(index, ResultLost(f"{self.name}.{index:08d} is done, but {path}: {error}"))
            return
        self._unseen.pop(index, None)
        self.open.discard(index)
        for future, (value, raised) in zip(self.jobs[index], outcomes):
            settle(future, value, raised)

    def _fail(self, index: int, error: BaseException) -> None:
        self._unseen.pop(index, None)
        self.open.discard(index)
        for future in self.jobs[index]:
            settle(future, None, error)

    def fail_all(self, error: Callable[[str], BaseException]) -> None:
        """Ends all calls that have not ended."""
        for index in sorted(self.open):
            self._fail(index, error(f"{self.name}.{index:08d}"))

    def _end(self, page: Json, now: float) -> None:
        """Ends the calls of jobs of which an ended task says nothing more."""
        state, reason = str(page.get("state")), page.get("reason")
        for index in sorted(self.open - set(self._unseen)):
            path = os.path.join(self.directory, "out", str(index))
            if os.path.exists(path) or state == "done":
                self._take(index, now)
            elif state == "cancelled":
                self._fail(index, TaskCancelled(self.name, state, reason))
            else:
                self._fail(index, JobFailed(f"{self.name}.{index:08d}", "cancelled", reason, None))

    def tell_cancelled(self) -> None:
        """Tells the jobs which calls were cancelled; if all are that have not ended, ends the task."""
        if self.is_cancelled:
            return
        numbers, is_all = [], True
        for index in self.open:
            for future in self.jobs[index]:
                if future.cancelled():
                    numbers.append(future._number)
                elif not future.done():
                    is_all = False
        if not numbers or len(numbers) == self.cancelled_told:
            return
        if is_all:
            self.spool.drop({"kind": "cancel", "task": self.name}, f"cancel.{self.name}")
            self.is_cancelled = True
            self.open.clear()
        else:
            text = "\n".join(str(number) for number in numbers)
            _files.write_whole(os.path.join(self.directory, "cancelled"), text.encode())
        self.cancelled_told = len(numbers)


def settle(future: SpoolFuture, value: Any, error: Optional[BaseException]) -> None:
    """Gives a future its end, unless it was cancelled meanwhile."""
    if isinstance(error, Cancelled):
        future.cancel()
        return
    try:
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
    except concurrent.futures.InvalidStateError:
        pass
