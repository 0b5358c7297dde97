"""The files of a spool: how they are read, and how a request is dropped."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import threading
import time
import zlib
from typing import Any, Iterator, Optional, Union

Json = dict[str, Any]

_SEAL = re.compile(rb',"crc32":"([0-9a-f]{8})"}[ \n]*\Z')


def is_intact(data: bytes) -> bool:
    """Tells whether an object is as it was written. One without a seal counts as intact."""
    seal = _SEAL.search(data, max(0, len(data) - 4200))
    return seal is None or zlib.crc32(data[: seal.start()]) == int(seal[1], 16)


def parse(data: bytes) -> Optional[Json]:
    """Returns a sealed object; None for what is damaged, or half-written, or no object."""
    if not is_intact(data):
        return None
    try:
        value = json.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def read_bytes(path: str) -> Optional[bytes]:
    """Returns what is in a file; None if it is not there."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
            return None
        raise


def read_json(path: str) -> Optional[Json]:
    """Returns the object in a file; None if it is not there.

    A file that is being replaced on a network mount, or rewritten in place as heartbeats are, may look
    damaged for a moment.
    """
    for attempt in range(3):
        data = read_bytes(path)
        if data is None:
            return None
        value = parse(data)
        if value is not None:
            return value
        time.sleep(0.01 * (attempt + 1))
    return None


def names(directory: str) -> list[str]:
    """Returns the names in a directory without the hidden ones; none if it is not there."""
    try:
        return sorted(name for name in os.listdir(directory) if not name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []


class Lines:
    """The lines of a view that grows, each a sealed object: every call reads what came since."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.offset = 0

    def new(self) -> Iterator[Json]:
        """Yields the lines that came since. A line that is damaged, or not whole yet, waits."""
        try:
            file = open(self.path, "rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(self.offset)
            for line in file:
                value = parse(line) if line.endswith(b"\n") else None
                if value is None:
                    return
                self.offset += len(line)
                yield value


def all_lines(path: str) -> Iterator[Json]:
    """Yields all lines of a view that are as they were written."""
    try:
        file = open(path, "rb")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            value = parse(line) if line.endswith(b"\n") else None
            if value is not None:
                yield value


_last_stamp = 0
_stamp_lock = threading.Lock()


def _stamp() -> str:
    """Returns milliseconds and the number of this process: no two requests have the same."""
    global _last_stamp
    with _stamp_lock:
        _last_stamp = max(int(time.time() * 1000), _last_stamp + 1)
        return f"{_last_stamp}-{os.getpid()}"


def drop(incoming: str, name: str, request: Union[Json, bytes], suffix: str = ".json") -> str:
    """Puts a request into `incoming/`, and returns the name of its file.

    It is written under a hidden name, synced and renamed, so that nobody sees half of it.
    """
    if isinstance(request, bytes):
        data = request
    else:
        data = json.dumps(request, indent=2, ensure_ascii=False, allow_nan=False).encode()
    file_name = f"{name}.{_stamp()}{suffix}"
    path = os.path.join(incoming, file_name)
    write_whole(path, data, os.path.join(incoming, f".{file_name}"))
    return file_name


def write_whole(path: str, data: bytes, part: Optional[str] = None) -> None:
    """Writes a file under a hidden name, syncs it and gives it its final name."""
    if part is None:
        part = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # With a umask of 077 the watcher, which may be another user, could not read it.
        mode = stat.S_IMODE(os.stat(part).st_mode)
        if mode & 0o044 != 0o044:
            os.chmod(part, mode | 0o044)
        os.rename(part, path)
    except BaseException:
        try:
            os.unlink(part)
        except OSError:
            pass
        raise
