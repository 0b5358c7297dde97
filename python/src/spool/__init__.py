"""Spool, a batch system made of directories, from Python.

`Spool` submits tasks and reads what became of them, `Executor` runs Python calls as jobs, and `report`,
`inputs`, `job` and `checkpoint` are for payloads. All of it works through files alone.
"""

from . import checkpoint
from ._batch import SpoolFuture
from ._dataset import Dataset
from ._errors import (
    JobFailed,
    NoAnswer,
    NotASpool,
    NotFound,
    NoWatcherWarning,
    Refused,
    RemoteError,
    RemoteTraceback,
    ResultLost,
    SpoolError,
    TaskCancelled,
    TaskFailed,
    WaitTimeout,
)
from ._executor import Executor
from ._payload import Job, inputs, job, report
from ._records import DatasetRecord, FileRecord, JobRecord, PilotRecord, TaskRecord
from ._spool import Spool
from ._task import Task
from ._watcher import WatcherRecord

__version__ = "0.1.0"

__all__ = [
    "Dataset",
    "DatasetRecord",
    "Executor",
    "FileRecord",
    "Job",
    "JobFailed",
    "JobRecord",
    "NoAnswer",
    "NoWatcherWarning",
    "NotASpool",
    "NotFound",
    "PilotRecord",
    "Refused",
    "RemoteError",
    "RemoteTraceback",
    "ResultLost",
    "Spool",
    "SpoolError",
    "SpoolFuture",
    "Task",
    "TaskCancelled",
    "TaskFailed",
    "TaskRecord",
    "WaitTimeout",
    "WatcherRecord",
    "checkpoint",
    "inputs",
    "job",
    "report",
]
