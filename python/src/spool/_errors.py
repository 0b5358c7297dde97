"""What can go wrong, in words."""

from __future__ import annotations

import sys
from typing import Optional


class SpoolError(Exception):
    """The base of all errors of this package."""


class NotASpool(SpoolError):
    """There is no spool at the path."""


class Refused(SpoolError):
    """The watcher refused a request. The text is the watcher's own.

    `request` is the refused file in `failed/@refused/`.
    """

    def __init__(self, reason: str, request: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.request = request


class NoAnswer(SpoolError):
    """No watcher has answered a request. It lies in `incoming/`, and counts when one comes."""


class NotFound(SpoolError, LookupError):
    """There is no task, chain, dataset or job of that name."""


class TaskFailed(SpoolError):
    """A task or chain has failed, and `reason` says why."""

    def __init__(self, name: str, state: str, reason: Optional[str]) -> None:
        words = "was cancelled" if state == "cancelled" else state
        super().__init__(f"{name} {words}" + (f": {reason}" if reason else ""))
        self.name = name
        self.state = state
        self.reason = reason


class TaskCancelled(TaskFailed):
    """A task or chain was cancelled."""


if sys.version_info >= (3, 11):

    class WaitTimeout(SpoolError, TimeoutError):
        """Something has not ended in time. It goes on."""

else:
    import concurrent.futures

    class WaitTimeout(SpoolError, concurrent.futures.TimeoutError, TimeoutError):
        """Something has not ended in time. It goes on."""


class JobFailed(SpoolError):
    """The job of a call ended without a result: its process died, or never ran.

    `cause` is one of the causes of failure of the spool, as `signal11`, `memory` or `wall`.
    """

    def __init__(self, job: str, cause: str, reason: Optional[str], pilot: Optional[str]) -> None:
        place = f" on {pilot}" if pilot else ""
        super().__init__(f"{job} failed ({cause}){place}" + (f": {reason}" if reason else ""))
        self.job = job
        self.cause = cause
        self.reason = reason
        self.pilot = pilot


class ResultLost(SpoolError):
    """The job of a call is done, and the file of its results cannot be read."""


class RemoteError(SpoolError):
    """An exception of a call that could not be brought back as it was: its type, text and traceback."""


class RemoteTraceback(Exception):
    """The traceback of a call, as text; the cause of the exception that the call raised."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text}"""'


class NoWatcherWarning(UserWarning):
    """No watcher is alive, so nothing goes on until one comes."""
