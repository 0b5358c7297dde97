"""Records of what is in a spool: plain dataclasses, so that `pandas.DataFrame(list)` takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Optional

from ._files import Json

#: The states of a task or chain from which it does not go on by itself.
ENDED = ("done", "failed", "cancelled")


def moment(milliseconds: Any) -> Optional[datetime]:
    """Returns a time of a file, with its zone; None for none."""
    if not isinstance(milliseconds, (int, float)):
        return None
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


@dataclass(frozen=True)
class TaskRecord:
    """How a task or a chain stands, by its page."""

    name: str
    #: `task` or `chain`.
    kind: str
    #: `waiting`, `active`, `held`, `done`, `failed` or `cancelled`.
    state: str
    reason: Optional[str]
    total: int
    done: int
    failed: int
    ready: int
    running: int
    retrying: int
    attempts: int
    #: Seconds of processor time of all attempts.
    cpu: float
    #: Peak bytes of one attempt; None for a chain.
    peak_memory: Optional[int]
    accepted: Optional[datetime]
    started: Optional[datetime]
    ended: Optional[datetime]
    owner: Optional[int]
    #: What holds up the jobs that wait, in words.
    waits: Optional[str]
    #: The sums of what the payloads reported.
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """True for `done`, `failed` and `cancelled`."""
        return self.state in ENDED

    @classmethod
    def of(cls, page: Json) -> TaskRecord:
        """Makes a record of a page."""
        jobs = page.get("jobs") or {}
        steps = page.get("steps") or []
        is_chain = page.get("kind") == "chain-summary"
        waits = page.get("waits") or []
        if page.get("waitsFor"):
            waits = [f"the dataset {page['waitsFor']} is not there yet"]
        elif page.get("lacks"):
            waits = [f"the dataset {page['lacks']} lacks files"]
        return cls(
            name=page["chain"] if is_chain else page["task"],
            kind="chain" if is_chain else "task",
            state=page["state"],
            reason=page.get("reason"),
            total=jobs.get("total", 0),
            done=jobs.get("done", 0),
            failed=jobs.get("failed", 0),
            ready=jobs.get("ready", 0),
            running=jobs.get("running", 0),
            retrying=jobs.get("retrying", 0),
            attempts=sum(s.get("attempts", 0) for s in steps) if is_chain else page.get("attempts", 0),
            cpu=page.get("cpu", 0.0),
            peak_memory=page.get("peakMemory"),
            accepted=moment(page.get("accepted")),
            started=moment(page.get("started")),
            ended=moment(page.get("ended")),
            owner=page.get("owner"),
            waits="; ".join(waits) if isinstance(waits, list) and waits else None,
            report=dict(page.get("report") or {}),
        )


@dataclass(frozen=True)
class JobRecord:
    """An attempt of a job: one that ended, or the one that waits or runs now."""

    job: str
    task: str
    index: int
    attempt: int
    #: `ok`, a cause of failure, or `ready`, `running` or `staging`.
    outcome: str
    #: True if the job has ended with this attempt, well or not.
    final: bool
    pilot: Optional[str] = None
    host: Optional[str] = None
    started: Optional[datetime] = None
    ended: Optional[datetime] = None
    #: Seconds from start to end.
    time: Optional[float] = None
    #: Seconds of processor time.
    cpu: Optional[float] = None
    #: Peak bytes.
    memory: Optional[int] = None
    exit: Optional[int] = None
    signal: Optional[int] = None
    reason: Optional[str] = None
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True for an attempt that was done."""
        return self.outcome == "ok"

    @classmethod
    def of(cls, line: Json) -> JobRecord:
        """Makes a record of a line of a ledger."""
        started, ended = line.get("started"), line.get("ended")
        task, _, index = str(line["job"]).rpartition(".")
        return cls(
            job=line["job"],
            task=task,
            index=int(index),
            attempt=line["attempt"],
            outcome=line["outcome"],
            final=line["outcome"] == "ok" or bool(line.get("final")),
            pilot=line.get("pilot"),
            host=line.get("host"),
            started=moment(started),
            ended=moment(ended),
            time=None if started is None or ended is None else max(0, ended - started) / 1000,
            cpu=line.get("cpu"),
            memory=line.get("memory"),
            exit=line.get("exit"),
            signal=line.get("signal"),
            reason=line.get("reason"),
            report=dict(line.get("report") or {}),
        )


@dataclass(frozen=True)
class FileRecord:
    """A file of a dataset, and where it came from."""

    path: str
    size: Optional[int] = None
    adler32: Optional[str] = None
    #: The number of files in it, if it is a directory.
    files: Optional[int] = None
    #: The job that wrote it, and which attempt; None for a file that no job made.
    job: Optional[str] = None
    attempt: Optional[int] = None
    #: The manifest that named it.
    manifest: Optional[str] = None
    #: The watched directory in which it was found.
    watch: Optional[str] = None
    parents: list[str] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, line: Json) -> FileRecord:
        """Makes a record of a line of a catalogue."""
        origin = line.get("origin") or {}
        return cls(
            path=line["path"],
            size=line.get("size"),
            adler32=line.get("adler32"),
            files=line.get("files"),
            job=origin.get("job"),
            attempt=origin.get("attempt"),
            manifest=origin.get("manifest"),
            watch=origin.get("watch"),
            parents=list(line.get("parents") or []),
            report=dict(line.get("report") or {}),
            meta=dict(line.get("meta") or {}),
        )


@dataclass(frozen=True)
class DatasetRecord:
    """How a dataset stands, by its page."""

    name: str
    #: `open`, `closed`, `incomplete`, `deleting` or `deleted`.
    state: str
    files: int
    bytes: int
    unsized: int
    expected: Optional[int]
    producers: list[str] = field(default_factory=list)
    consumers: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, page: Json) -> DatasetRecord:
        """Makes a record of a page."""
        return cls(
            name=page["dataset"],
            state=page["state"],
            files=page.get("files", 0),
            bytes=page.get("bytes", 0),
            unsized=page.get("unsized", 0),
            expected=page.get("expected"),
            producers=[entry["task"] for entry in page.get("producers") or []],
            consumers=[entry["task"] for entry in page.get("consumers") or []],
        )


@dataclass(frozen=True)
class PilotRecord:
    """A pilot, by its heartbeat."""

    name: str
    host: Optional[str]
    #: `active`, `draining` or `quarantined`; None if its heartbeat cannot be read now.
    state: Optional[str]
    reason: Optional[str]
    cpus: int
    free_cpus: int
    memory: int
    free_memory: int
    gpus: int
    free_gpus: int
    jobs: int
    #: Seconds since the last heartbeat, by this host's clock.
    age: Optional[float]
    version: Optional[str]
    started: Optional[datetime]
    #: The end of its life, where it has one.
    ends: Optional[datetime]
    tags: list[str] = field(default_factory=list)
    queues: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, record: Json, state: Optional[str], age: Optional[float]) -> PilotRecord:
        """Makes a record of a heartbeat."""
        free = record.get("free") or {}
        return cls(
            name=name,
            host=record.get("host"),
            state=state,
            reason=record.get("reason"),
            cpus=record.get("cpus", 0),
            free_cpus=free.get("cpus", 0),
            memory=record.get("memory", 0),
            free_memory=free.get("memory", 0),
            gpus=record.get("gpus", 0),
            free_gpus=free.get("gpus", 0),
            jobs=record.get("jobs", 0),
            age=age,
            version=record.get("version"),
            started=moment(record.get("started")),
            ends=moment(record.get("ends")),
            tags=list(record.get("tags") or []),
            queues=list(record.get("queues") or []),
        )
