"""A dataset: a named list of files."""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Union

from . import _files
from ._errors import NotFound
from ._files import Json
from ._records import DatasetRecord, FileRecord
from ._requests import plain, rooted

if TYPE_CHECKING:
    from ._spool import Spool


#: The longest wait for the page of a dataset that has a catalogue, in seconds.
PAGE = 3.0


class Dataset:
    """A dataset of a spool, by its name."""

    def __init__(self, spool: Spool, name: str) -> None:
        self.spool = spool
        self.name = name

    def __repr__(self) -> str:
        return f"Dataset({self.name!r})"

    def page(self) -> Json:
        """Returns the dataset's page as it was written. Raises `NotFound`."""
        path = self.spool.at("datasets", self.name)
        page = _files.read_json(f"{path}.json")
        end = time.monotonic() + PAGE
        # Pages come up to a second after the catalogue.
        while page is None and os.path.exists(f"{path}.jsonl") and time.monotonic() < end:
            time.sleep(0.02)
            page = _files.read_json(f"{path}.json")
        if page is None:
            known = [record.name for record in self.spool.datasets()]
            near = difflib.get_close_matches(self.name, known, 1)
            advice = f"did you mean {near[0]}?" if near else "Spool.datasets() lists them"
            raise NotFound(f"there is no dataset {self.name}; {advice}")
        return page

    def record(self) -> DatasetRecord:
        """Returns how the dataset stands. Raises `NotFound`."""
        return DatasetRecord.of(self.page())

    def files(self) -> list[FileRecord]:
        """Returns the files of the dataset as they are now. Raises `NotFound`."""
        return list(self.each_file())

    def each_file(self) -> Iterator[FileRecord]:
        """Yields the files one by one, for a dataset of millions. Raises `NotFound`."""
        self.page()
        replaced: dict[tuple[Any, Any], Json] = {}
        for line in _files.all_lines(self.spool.at("datasets", "@replaced", f"{self.name}.jsonl")):
            if "path" in line:
                replaced[line["path"], line["origin"].get("job")] = line
        for line in _files.all_lines(self.spool.at("datasets", f"{self.name}.jsonl")):
            if "path" not in line:
                continue
            origin = line.get("origin") or {}
            newer = replaced.get((line["path"], origin.get("job")))
            if newer is not None and newer["origin"]["attempt"] > origin.get("attempt", 0):
                line = newer
            if not line.get("gone"):
                yield FileRecord.of(line)

    def add(
        self, files: Iterable[Union[str, os.PathLike[str], Json]] = (), *, closed: bool = False, **keywords: Any
    ) -> Dataset:
        """Adds files, paths or objects, and closes the dataset if no file follows. Raises `Refused`.

        Keywords are the keys of a manifest, as `expected`, `retention` or `watch`.
        """
        request: Json = {"kind": "dataset", "name": self.name, **plain(keywords)}
        entries = plain(list(files))
        if entries:
            request["files"] = entries
        if closed:
            request["closed"] = True
        self.spool.request(
            rooted(request, os.getcwd()),
            self.name,
            effect=lambda: os.path.exists(self.spool.at("datasets", f"{self.name}.json")),
        )
        return self

    def close(self) -> None:
        """Says that no file follows. Raises `Refused`."""
        self.add(closed=True)

    def delete(self, *, inputs: bool = False, force: bool = False) -> None:
        """Deletes the files that jobs made; with `inputs` all. Raises `Refused`."""
        request: Json = {"kind": "delete", "dataset": self.name, "inputs": inputs, "force": force}
        self.spool.request(request, f"delete.{self.name}", must_be_answered=True)
