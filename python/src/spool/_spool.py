"""A spool, by its directory."""

from __future__ import annotations

import difflib
import os
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Optional, Union

from . import _files, _watcher
from ._dataset import Dataset
from ._errors import NoAnswer, NotASpool, NotFound, NoWatcherWarning, Refused, SpoolError
from ._files import Json
from ._records import DatasetRecord, PilotRecord, TaskRecord
from ._requests import build
from ._task import Task
from ._watcher import WatcherRecord

#: The longest wait for a watcher's answer, in seconds.
PATIENCE = 15.0
#: The longest wait for a page that shows what was accepted: pages are written once a second.
EFFECT = 3.0


def poll(reached: Callable[[], bool], patience: float) -> bool:
    """Waits until a condition holds. Returns False if it does not hold in time."""
    end = time.monotonic() + patience
    pause = 0.005
    while not reached():
        if time.monotonic() >= end:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return True


class Spool:
    """A spool: a directory in which a watcher and pilots work.

    All that is asked of it goes through files, as with everyone else: a request is dropped into
    `incoming/`, and pages, ledgers and catalogues are read. Nothing is kept open, and nothing runs in the
    background, but for an `Executor`.

    The path is the argument, else `$SPOOL_DIR`, else `./spool`.
    """

    def __init__(self, path: Union[str, os.PathLike[str], None] = None) -> None:
        given = os.fspath(path) if path is not None else os.environ.get("SPOOL_DIR") or "spool"
        #: The absolute path of the directory.
        self.path = os.path.abspath(given)
        config = _files.read_json(os.path.join(self.path, "spool.json"))
        if config is None:
            raise NotASpool(
                f"there is no spool at {self.path} (it has no spool.json): make one with "
                f"`spool init {given}`, or give the path of one, or set SPOOL_DIR"
            )
        #: What `spool.json` says: the site's policy.
        self.config: Json = config

    def __repr__(self) -> str:
        return f"Spool({self.path!r})"

    def at(self, *parts: str) -> str:
        """Returns a path in the spool."""
        return os.path.join(self.path, *parts)

    # Requests

    def submit(
        self,
        request: Optional[Mapping[str, Any]] = None,
        *,
        timeout: float = PATIENCE,
        **keywords: Any,
    ) -> Task:
        """Asks for a task or a chain, and returns it once the watcher has accepted it.

        The request is a dictionary, keywords, or both, with the keys of docs/FORMAT.md. `cpus`, `gpus`,
        `memory`, `wall`, `tags` and `tokens` may stand outside `resources`, and `count`, `values` and
        `files` outside `input`. An output may be its path alone. Relative paths are taken from the
        current directory. The command runs in a scratch directory; `directory="."` is the current one.

        Raises `Refused` with the watcher's words if it refuses, and `NoAnswer` if it has not answered
        within `timeout` seconds. If no watcher is alive, it warns and returns: the request lies in
        `incoming/` until one comes. A task that is there already with the same content is that task.
        """
        whole = build(dict(request or {}), keywords)
        kind, name = whole["kind"], whole.get("name")
        if kind not in ("task", "chain"):
            raise ValueError(f"submit takes a task or a chain, not {kind!r}; see Spool.dataset and Spool.task")
        if not isinstance(name, str) or not name:
            raise ValueError(f'a {kind} needs a name: submit(name="run42.reco", …)')
        self.request(whole, name, timeout=timeout, effect=lambda: self._page(name) is not None)
        return Task(self, name)

    def request(
        self,
        request: Json,
        name: str,
        *,
        timeout: float = PATIENCE,
        effect: Optional[Callable[[], bool]] = None,
        must_be_answered: bool = False,
    ) -> None:
        """Drops a request of any kind, and waits for the answer and until its effect is seen.

        `name` begins the name of its file. Paths in the request are not changed.
        """
        file = self.drop(request, name)
        watcher = self.watcher()
        if not watcher.alive:
            words = f"{request.get('kind')} {name}: not done yet; it lies in incoming/ until a watcher comes"
            if must_be_answered:
                raise NoAnswer(f"{words} ({watcher.warning})")
            warnings.warn(f"{words}: {watcher.warning}", NoWatcherWarning, stacklevel=3)
            return
        if not self.wait_for_answer(file, timeout, effect):
            raise NoAnswer(
                f"{request.get('kind')} {name}: the watcher has not answered within {timeout:g} s; the "
                f"request lies in {self.at('incoming')}" + self._silence()
            )
        if effect is not None:
            poll(effect, EFFECT)

    def drop(self, request: Json, name: str) -> str:
        """Drops a request, and returns the name of its file in `incoming/` without waiting."""
        safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in name).lstrip(".")[:120]
        try:
            return _files.drop(self.at("incoming"), safe or "request", request)
        except (TypeError, ValueError) as error:
            raise ValueError(f"the request cannot be written as JSON: {error}") from error
        except PermissionError as error:
            raise SpoolError(
                f"{self.at('incoming')} may not be written to ({error.strerror}): ask the owner of the "
                "spool to let you submit (`spool init --group`)"
            ) from error

    def refusal(self, file: str) -> Optional[Refused]:
        """Returns why a dropped request was refused; None if it was not."""
        path = self.at("failed", "@refused", file)
        reason = _files.read_bytes(path + ".reason")
        return None if reason is None else Refused(reason.decode(errors="replace").strip(), path)

    def is_taken(self, file: str) -> Optional[bool]:
        """Tells whether the watcher is done with a dropped request; None where that cannot be seen."""
        if os.path.exists(self.at("incoming", file)):
            return False
        try:
            taken = os.listdir(self.at("journal", "taken"))
        except PermissionError:
            return None
        except FileNotFoundError:
            return True
        return not any(name.endswith("@" + file) for name in taken)

    def wait_for_answer(self, file: str, timeout: float, effect: Optional[Callable[[], bool]] = None) -> bool:
        """Waits until the watcher has answered a request. Raises `Refused`; returns False if it did not."""
        hidden = False

        def answered() -> bool:
            nonlocal hidden
            refused = self.refusal(file)
            if refused:
                raise refused
            taken = self.is_taken(file)
            if taken is None:
                # A member of the group does not see what is taken: the effect alone tells.
                hidden = True
                return effect is None or effect()
            return taken

        if not poll(answered, timeout):
            return False
        # The reason is written before the request leaves the place where it was taken to.
        if hidden:
            poll(lambda: self.refusal(file) is not None, 1.0)
        refused = self.refusal(file)
        if refused:
            raise refused
        return True

    def order(self, kind: str, name: str, timeout: float = PATIENCE, **keywords: Any) -> None:
        """Gives an order about a task or chain; see the methods by the orders' names."""
        page = self._page(name)
        if page is None and not self._is_dropped(name):
            raise self.missing(name)
        self.request(
            {"kind": kind, "task": name, **keywords},
            f"{kind}.{name}",
            timeout=timeout,
            effect=lambda: self._shows(kind, name, keywords),
            must_be_answered=True,
        )

    def _shows(self, kind: str, name: str, keywords: Json) -> bool:
        page = self._page(name)
        if kind == "forget":
            return page is None
        if page is None:
            return False
        ended = page.get("state") in ("done", "failed", "cancelled")
        is_task = page.get("kind") == "summary"
        if kind == "cancel":
            return ended
        if kind == "hold":
            return ended or page.get("state") == "held"
        if kind == "release":
            return page.get("state") != "held"
        if kind == "retry":
            return not ended
        if kind == "priority":
            return not is_task or page.get("priority") == keywords["priority"]
        most = keywords["maxRunning"]
        return not is_task or page.get("maxRunning") == (None if most == "none" else most)

    def cancel(self, name: str) -> None:
        """Ends a task or chain. Pilots end what runs of it."""
        self.order("cancel", name)

    def hold(self, name: str) -> None:
        """Takes back the jobs that wait; what runs ends by itself."""
        self.order("hold", name)

    def release(self, name: str) -> None:
        """Lets a held task go on, or one that waits for a decision."""
        self.order("release", name)

    def retry(
        self,
        name: str,
        *,
        failed_only: bool = False,
        cause: Optional[str] = None,
        memory: Optional[str] = None,
        wall: Optional[str] = None,
        jobs: Optional[str] = None,
        split: bool = False,
        even_done: bool = False,
        command: Optional[Iterable[str]] = None,
    ) -> None:
        """Tries again what failed or was cancelled; `jobs` as `"3-7,19"`."""
        keywords: Json = {
            "failedOnly": failed_only or None,
            "cause": cause,
            "memory": memory,
            "wall": wall,
            "jobs": jobs,
            "split": split or None,
            "evenDone": even_done or None,
            "command": None if command is None else [str(word) for word in command],
        }
        self.order("retry", name, **{key: value for key, value in keywords.items() if value is not None})

    def forget(self, name: str) -> None:
        """Removes all records of an ended task or chain. The files that it made stay."""
        self.order("forget", name)

    def priority(self, name: str, priority: int) -> None:
        """Changes the priority, 0 to 9; 0 comes first."""
        self.order("priority", name, priority=priority)

    def limit(self, name: str, most: Optional[int]) -> None:
        """Lets no more than so many jobs be in ready or run at once; None for as many as can."""
        self.order("limit", name, maxRunning="none" if most is None else most)

    # Views

    def task(self, name: str) -> Task:
        """Returns the task or chain of that name. Nothing is looked up before it is asked something."""
        return Task(self, name)

    def dataset(self, name: str) -> Dataset:
        """Returns the dataset of that name. Nothing is looked up before it is asked something."""
        return Dataset(self, name)

    def tasks(self, packed: bool = False) -> list[TaskRecord]:
        """Returns how all tasks and chains stand, those in work first; with those packed, if asked for."""
        pages: dict[str, Json] = {}
        for room in ("running", "done", "failed"):
            for name in _files.names(self.at(room)):
                if name.endswith(".json") and name[:-5] not in pages and "@" not in name:
                    page = _files.read_json(self.at(room, name))
                    if page is not None and page.get("kind") in ("summary", "chain-summary"):
                        pages[name[:-5]] = page
        if packed:
            for name in _files.names(self.at("archive")):
                page = _files.read_json(self.at("archive", name, f"{name}.json"))
                if page is not None:
                    pages.setdefault(name, page)
        return [TaskRecord.of(page) for page in pages.values()]

    def datasets(self) -> list[DatasetRecord]:
        """Returns how all datasets stand."""
        pages = (
            _files.read_json(self.at("datasets", name))
            for name in _files.names(self.at("datasets"))
            if name.endswith(".json")
        )
        return [DatasetRecord.of(page) for page in pages if page is not None]

    def pilots(self) -> list[PilotRecord]:
        """Returns all pilots, by name."""
        records = []
        for name in _files.names(self.at("running")):
            if name.endswith(".json") or not os.path.isdir(self.at("running", name)):
                continue
            path = self.at("running", name, "pilot.json")
            record = _files.read_json(path) or {}
            try:
                age: Optional[float] = max(0.0, time.time() - os.stat(path).st_mtime)
            except OSError:
                age = None
            state = record.get("state")
            # The files that tell it so count, though it may not have seen them yet.
            if os.path.exists(self.at("running", name, "drain")):
                state = "draining"
            elif state == "active" and os.path.exists(self.at("running", name, "quarantine")):
                state = "quarantined"
            records.append(PilotRecord.of(name, record, state, age))
        return records

    def watcher(self) -> WatcherRecord:
        """Returns the watcher, and whether it is alive."""
        return _watcher.look(self.path, self.config)

    def status(self) -> str:
        """Returns the page `STATUS`, for people."""
        return (_files.read_bytes(self.at("STATUS")) or b"").decode(errors="replace")

    # What tasks and datasets ask

    def _page(self, name: str) -> Optional[Json]:
        """Returns the page of a task or chain; None if there is none."""
        # The page of a task that ends is written before the other is removed; it is read after it.
        active = _files.read_json(self.at("running", f"{name}.json"))
        for room in ("done", "failed"):
            page = _files.read_json(self.at(room, f"{name}.json"))
            if page is not None:
                return page
        if active is not None:
            return active
        unit = self._archive(name)
        return None if unit is None else _files.read_json(os.path.join(unit, f"{name}.json"))

    def _archive(self, name: str) -> Optional[str]:
        """Returns the directory of a packed task, or of the chain with which it is packed."""
        parts = name.split(".")
        for count in range(len(parts), 0, -1):
            unit = self.at("archive", ".".join(parts[:count]))
            if os.path.exists(os.path.join(unit, f"{name}.json")):
                return unit
        return None

    def _is_dropped(self, name: str) -> bool:
        """Tells whether a request that names a task lies there, as far as names of files tell."""
        dropped = _files.names(self.at("incoming"))
        try:
            dropped += [file.partition("@")[2] for file in os.listdir(self.at("journal", "taken"))]
        except OSError:
            pass
        return any(file.startswith(f"{name}.") for file in dropped)

    def missing(self, name: str) -> NotFound:
        """Returns the error about a task that is not there, with the name that may have been meant."""
        known = [record.name for record in self.tasks()]
        near = difflib.get_close_matches(name, known, 1)
        advice = f"did you mean {near[0]}?" if near else "Spool.tasks() lists them"
        return NotFound(f"there is no task {name}; {advice}")

    def _silence(self) -> str:
        warning = self.watcher().warning
        return f"; {warning}" if warning else ""
