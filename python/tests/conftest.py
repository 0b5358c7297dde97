"""Spools with the real program: `$SPOOL_BIN`, else `spool` of the PATH, else the build of this repository."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spool import Spool

REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE = 60.0


def binary() -> str:
    """Returns the path of the program."""
    built = REPOSITORY / ".build/release/spool"
    found = os.environ.get("SPOOL_BIN") or shutil.which("spool") or str(built)
    if not os.access(found, os.X_OK):
        pytest.exit(f"there is no program at {found}: run `make build`, or set SPOOL_BIN", 2)
    return os.path.abspath(found)


def until(reached: Callable[[], Any], what: str) -> Any:
    """Waits until a condition holds, and returns what it gave."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = reached()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not reached within {DEADLINE:g} s: {what}")


class Site:
    """A directory with a spool, and the processes that serve it."""

    def __init__(self, directory: Path, **config: Any) -> None:
        self.directory = directory
        self.path = directory / "spool"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.run("init")
        self.configure(heartbeat="300ms", deadAfter="3s", **config)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [binary(), *arguments], cwd=self.directory, capture_output=True, text=True, timeout=DEADLINE
        )

    def configure(self, **changes: Any) -> None:
        file = self.path / "spool.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    def start(self, verb: str = "up", *arguments: str) -> subprocess.Popen[bytes]:
        """Starts `spool up`, `watch` or `pilot`, and waits until it is there."""
        pilots = [] if verb == "watch" else ["--cpus", "2", "--memory", "8GB", "--drain", "1s"]
        pilots += [] if verb == "watch" else ["--scratch", str(self.directory)]
        log = open(self.directory / f"{verb}.log", "ab")
        process = subprocess.Popen([binary(), verb, *pilots, *arguments], cwd=self.directory, stderr=log)
        log.close()
        self.processes.append(process)
        if verb != "pilot":
            until(lambda: self.spool.watcher().alive, "a watcher")
        if verb != "watch":
            until(lambda: self.pilot_of(process), "a pilot")
        return process

    def pilot_of(self, process: subprocess.Popen[bytes]) -> bool:
        files = self.path.glob("running/*/pilot.json")
        return any(f'"pid":{process.pid},' in file.read_text() for file in files)

    @property
    def spool(self) -> Spool:
        return Spool(self.path)

    def stop(self, process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
        process.send_signal(number)
        process.wait(DEADLINE)
        self.processes.remove(process)

    def close(self) -> None:
        for process in list(self.processes):
            process.send_signal(signal.SIGCONT)
            self.stop(process)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A spool that is served for all tests that leave it as it is."""
    site = Site(tmp_path_factory.mktemp("shared"))
    site.start()
    yield site
    site.close()
    checked = site.run("check")
    assert checked.returncode == 0, checked.stdout


@pytest.fixture
def live(shared: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spool:
    """The served spool, seen from an empty directory."""
    monkeypatch.chdir(tmp_path)
    return shared.spool


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A spool of the test's own, which nobody serves yet."""
    monkeypatch.chdir(tmp_path)
    site = Site(tmp_path)
    yield site
    site.close()
