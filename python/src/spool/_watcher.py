"""The question whether somebody watches a spool."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from typing import Optional

from ._files import Json, read_bytes, read_json

_ADVICE = "start one with `spool watch` or `spool up`"


@dataclass(frozen=True)
class WatcherRecord:
    """The watcher of a spool, by its heartbeat."""

    #: The host on which it runs; empty where there never was a watcher.
    host: str
    #: The seconds since its last heartbeat, by this host's clock.
    age: Optional[float]
    #: False if it is known, or most likely, that no watcher is at work.
    alive: bool
    #: Why not, in words, with what to do; empty if it is alive.
    warning: str
    version: str = ""


def seconds(text: object, default: float) -> float:
    """Returns a time of `spool.json`, as `5000ms` or `10m`, in seconds."""
    match = re.fullmatch(r"([0-9.]+)(ms|s|m|h|d)", str(text))
    if not match:
        return default
    unit = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}[match[2]]
    return float(match[1]) * unit


def look(root: str, config: Json) -> WatcherRecord:
    """Reads `watcher.json`, and judges."""
    record = read_json(os.path.join(root, "watcher.json"))
    if record is None:
        return WatcherRecord("", None, False, f"no watcher is alive: {_ADVICE}")
    host, version = str(record.get("host", "")), str(record.get("version", ""))
    age = max(0.0, time.time() - record.get("at", 0) / 1000)
    warning = _warning(record, host, age, seconds(config.get("deadAfter"), 60.0))
    return WatcherRecord(host, age, not warning, warning, version)


def _warning(record: Json, host: str, age: float, dead_after: float) -> str:
    if record.get("clean"):
        return f"no watcher is alive: it was stopped; {_ADVICE}"
    gone = _is_gone(record.get("process") or {})
    if gone:
        return f"no watcher is alive: it died on {host}; {_ADVICE}"
    if age <= dead_after:
        return ""
    if gone is None:
        return f"the watcher on {host} was last heard of {age:.0f} s ago; if it is dead, {_ADVICE}"
    return (
        f"the watcher on {host} has been silent for {age:.0f} s, though its process is alive: it is "
        "stopped or hangs; a second `spool watch` takes its place"
    )


def _is_gone(process: Json) -> Optional[bool]:
    """Tells whether a process has ended; None where that cannot be known from here."""
    boot = read_bytes("/proc/sys/kernel/random/boot_id")
    if not boot or boot.decode().strip() != process.get("boot"):
        return None
    try:
        if str(os.stat("/proc/self/ns/pid").st_ino) != process.get("namespace"):
            return None
        pid = int(process.get("pid", 0))
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    except (OSError, ValueError):
        return None
    status = read_bytes(f"/proc/{pid}/stat")
    if not status:
        return None
    fields = status.rpartition(b")")[2].split()
    return fields[0] == b"Z" or fields[19].decode() != process.get("start")
