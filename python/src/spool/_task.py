"""A task or a chain, by its name."""

from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _files
from ._errors import NoWatcherWarning, TaskCancelled, TaskFailed, WaitTimeout
from ._files import Json
from ._records import JobRecord, TaskRecord

if TYPE_CHECKING:
    from ._spool import Spool

_LANE = re.compile(r"@\d\d")
_JOB_FILE = re.compile(
    r"p\d(?:-\d{13})?\.(?P<task>.+)\.(?P<index>\d{8})\.a(?P<attempt>\d+)"
    r"\.c\d+\.m\d+\.g\d+\.w\d+(?:\.t[A-Za-z0-9_+-]+)?\.json"
)
_PACKED_LOG = re.compile(rb"=== (logs/[^\n]+), (\d+) bytes\n")

#: How long a task may have neither page nor request before it counts as not there, in seconds.
ABSENCE = 10.0


class Task:
    """A task or a chain of a spool, by its name."""

    def __init__(self, spool: Spool, name: str) -> None:
        self.spool = spool
        self.name = name

    def __repr__(self) -> str:
        return f"Task({self.name!r})"

    def page(self) -> Json:
        """Returns the task's page as it was written. Raises `NotFound`."""
        page = self.spool._page(self.name)
        if page is None:
            raise self.spool.missing(self.name)
        return page

    def record(self) -> TaskRecord:
        """Returns how the task stands. Raises `NotFound`."""
        return TaskRecord.of(self.page())

    @property
    def state(self) -> str:
        """`waiting`, `active`, `held`, `done`, `failed` or `cancelled`."""
        return self.record().state

    def steps(self) -> list[TaskRecord]:
        """Returns how the steps of a chain stand; of a task, the task alone."""
        page = self.page()
        if page.get("kind") != "chain-summary":
            return [TaskRecord.of(page)]
        return [TaskRecord.of({"kind": "summary", **step}) for step in page["steps"]]

    def wait(self, timeout: Optional[float] = None, *, check: bool = True) -> TaskRecord:
        """Waits until the task has ended, and returns how it stands then.

        Raises `TaskFailed` or `TaskCancelled` if it did not end well, unless `check` is false;
        `WaitTimeout` if it has not ended within `timeout` seconds; `Refused` if its request was refused,
        and `NotFound` if there is no such task. Warns once if no watcher is alive: no task ends without.
        """
        begun = time.monotonic()
        absent_since: Optional[float] = None
        next_look, warned, pause = begun, False, 0.01
        while True:
            now = time.monotonic()
            page = self.spool._page(self.name)
            if page is not None:
                record = TaskRecord.of(page)
                if record.has_ended:
                    return self._judged(record) if check else record
                absent_since = None
            elif not self.spool._is_dropped(self.name):
                absent_since = absent_since or now
                if now - absent_since > ABSENCE:
                    raise self._absent()
            if timeout is not None and now - begun >= timeout:
                raise WaitTimeout(f"{self.name} has not ended within {timeout:g} s{self._obstacle(page)}")
            if now >= next_look:
                watcher = self.spool.watcher()
                if not watcher.alive and not warned:
                    warnings.warn(watcher.warning, NoWatcherWarning, stacklevel=2)
                warned = not watcher.alive
                next_look = now + 2.0
            time.sleep(pause if timeout is None else max(0.0, min(pause, begun + timeout - now)))
            pause = min(pause * 1.3, 0.25)

    def _judged(self, record: TaskRecord) -> TaskRecord:
        if record.state == "cancelled":
            raise TaskCancelled(record.name, record.state, record.reason)
        if record.state == "failed":
            raise TaskFailed(record.name, record.state, record.reason)
        return record

    def _obstacle(self, page: Optional[Json]) -> str:
        """Returns what holds the task up, as far as it is known, for a message."""
        warning = self.spool.watcher().warning
        if warning:
            return f"; {warning}"
        if page is None:
            return "; the watcher has not taken its request yet"
        record = TaskRecord.of(page)
        parts = [f"it is {record.state}", f"{record.done} of {record.total} jobs are done"]
        parts += [f"{record.ready} wait for a pilot"] if record.ready else []
        parts += [f"{record.running} run"] if record.running else []
        parts += [f"{record.retrying} are to be tried again"] if record.retrying else []
        parts += [record.waits] if record.waits else []
        if record.ready and not self.spool.pilots():
            parts.append("there is no pilot: start one with `spool pilot`")
        return "; " + ", ".join(parts)

    def _absent(self) -> Exception:
        """Returns the error about a task without page and request: refused, or never there."""
        found: list[tuple[float, str]] = []
        pattern = re.compile(rf"(?:\d+-)?{re.escape(self.name)}(?:\.\d{{13,}}-\d+)?\.json")
        for file in _files.names(self.spool.at("failed", "@refused")):
            if pattern.fullmatch(file):
                try:
                    found.append((os.stat(self.spool.at("failed", "@refused", f"{file}.reason")).st_mtime, file))
                except OSError:
                    continue
        refused = self.spool.refusal(max(found)[1]) if found else None
        return refused or self.spool.missing(self.name)

    # Jobs

    def jobs(self, *, failed: bool = False) -> list[JobRecord]:
        """Returns every attempt that ended, then the jobs that wait or run; with `failed`, only failures.

        Of a chain, those of all its steps.
        """
        return list(self.each_job(failed=failed))

    def each_job(self, *, failed: bool = False) -> Iterator[JobRecord]:
        """Yields the same one by one, for a task of millions of jobs."""
        page = self.page()
        tasks = [step["task"] for step in page["steps"]] if page.get("kind") == "chain-summary" else [self.name]
        for task in tasks:
            ended: dict[str, int] = {}
            for line in self._ledger(task):
                ended[line["job"]] = line["attempt"]
                if not failed or line["outcome"] != "ok":
                    yield JobRecord.of(line)
            if not failed:
                yield from (job for job in self._current(task) if job.attempt > ended.get(job.job, 0))

    def _ledger(self, task: str) -> Iterator[Json]:
        path = self.spool.at("ledger", f"{task}.jsonl")
        if not os.path.exists(path):
            unit = self.spool._archive(task)
            if unit is not None:
                path = os.path.join(unit, f"{task}.ledger.jsonl")
        return (line for line in _files.all_lines(path) if "job" in line)

    def _claims(self) -> Iterator[tuple[str, str, re.Match[str]]]:
        """Yields pilots and the names of the jobs' files in their directories."""
        for pilot in _files.names(self.spool.at("running")):
            if not pilot.endswith(".json"):
                for name in _files.names(self.spool.at("running", pilot)):
                    match = _JOB_FILE.fullmatch(name)
                    if match:
                        yield pilot, name, match

    def _ready(self) -> Iterator[str]:
        """Yields the names of files in ready, and in its lanes; some twice."""
        for queue in ("ready-cpu", "ready-gpu"):
            names = list(_files.names(self.spool.at(queue)))
            lanes = [name for name in names if _LANE.fullmatch(name)]
            yield from names
            for lane in lanes:
                yield from _files.names(self.spool.at(queue, lane))
            # The watcher moves jobs out of lanes.
            if lanes:
                yield from _files.names(self.spool.at(queue))

    def _current(self, task: str) -> list[JobRecord]:
        """Returns the jobs that are with pilots, and those in ready, in their order."""
        found: dict[str, JobRecord] = {}
        for name in self._ready():
            match = _JOB_FILE.fullmatch(name)
            if match and match["task"] == task:
                record = _waiting(match, "ready", None)
                found[record.job] = record
        # Jobs move from ready to pilots, so what moved meanwhile is seen in the second look.
        staging: dict[str, set[str]] = {}
        for pilot, _, match in self._claims():
            if match["task"] == task:
                if pilot not in staging:
                    heartbeat = _files.read_json(self.spool.at("running", pilot, "pilot.json")) or {}
                    staging[pilot] = {_job_name(entry) for entry in heartbeat.get("staging") or []}
                record = _waiting(match, "running", pilot)
                if record.job in staging[pilot]:
                    record = _waiting(match, "staging", pilot)
                found[record.job] = record
        return sorted(found.values(), key=lambda record: record.job)

    def logs(self, job: Union[int, str, None] = None, *, failed: bool = False) -> str:
        """Returns what payloads printed: of all jobs, or of one, by its number or its name.

        Of a job that still runs, what it has printed so far.
        """
        tasks = [record.name for record in self.steps()] if job is None else [self.name]
        if job is None:
            wanted = None
        else:
            wanted = f"{self.name}.{job:08d}" if isinstance(job, int) else job
            tasks = [wanted.rpartition(".")[0]]
        parts = []
        for task in tasks:
            packed = self._packed_logs(task)
            for line in self._ledger(task):
                place = line.get("log")
                is_meant = wanted is None or line["job"] == wanted
                if place and is_meant and not (failed and line["outcome"] == "ok"):
                    parts.append(self._printed(place, packed))
            for pilot, name, match in self._claims():
                current = f"{match['task']}.{match['index']}"
                if match["task"] == task and (wanted is None or current == wanted):
                    text = _files.read_bytes(self.spool.at("running", pilot, f"{name[:-5]}.log"))
                    if text:
                        head = f"==> {current} attempt {match['attempt']}: running on {pilot}\n"
                        parts.append(head + text.decode(errors="replace"))
        return "".join(parts)

    def _printed(self, place: Json, packed: Optional[dict[str, bytes]]) -> str:
        name, offset, length = str(place.get("file")), int(place["offset"]), int(place["length"])
        if packed is not None:
            return packed.get(name, b"")[offset : offset + length].decode(errors="replace")
        # The line is somebody's file: a path that leads out of logs/ is not followed.
        if not name.startswith("logs/") or ".." in name.split("/"):
            return ""
        try:
            with open(self.spool.at(name), "rb") as file:
                file.seek(offset)
                return file.read(length).decode(errors="replace")
        except OSError:
            return ""

    def _packed_logs(self, task: str) -> Optional[dict[str, bytes]]:
        """Returns the logs of a packed task by their former names; None for a task that is not packed."""
        unit = self.spool._archive(task)
        if unit is None:
            return None
        data = _files.read_bytes(os.path.join(unit, f"{task}.log")) or b""
        logs: dict[str, bytes] = {}
        position = 0
        while True:
            head = _PACKED_LOG.match(data, position)
            if head is None:
                return logs
            end = head.end() + int(head[2])
            logs[head[1].decode(errors="replace")] = data[head.end() : end]
            position = end + 1

    # Orders

    def cancel(self) -> None:
        """Ends the task. Pilots end what runs of it."""
        self.spool.cancel(self.name)

    def hold(self) -> None:
        """Takes back the jobs that wait; what runs ends by itself."""
        self.spool.hold(self.name)

    def release(self) -> None:
        """Lets a held task go on, or one that waits for a decision."""
        self.spool.release(self.name)

    def retry(self, **keywords: Any) -> None:
        """Tries again what failed or was cancelled; see `Spool.retry`."""
        self.spool.retry(self.name, **keywords)

    def forget(self) -> None:
        """Removes all records of the ended task. The files that it made stay."""
        self.spool.forget(self.name)

    def priority(self, priority: int) -> None:
        """Changes the priority, 0 to 9; 0 comes first."""
        self.spool.priority(self.name, priority)

    def limit(self, most: Optional[int]) -> None:
        """Lets no more than so many jobs run at once; None for as many as can."""
        self.spool.limit(self.name, most)


def _waiting(match: re.Match[str], outcome: str, pilot: Optional[str]) -> JobRecord:
    task, index = match["task"], int(match["index"])
    return JobRecord(f"{task}.{match['index']}", task, index, int(match["attempt"]), outcome, False, pilot)


def _job_name(entry: Any) -> str:
    return str(entry.get("job", "")) if isinstance(entry, dict) else str(entry)
