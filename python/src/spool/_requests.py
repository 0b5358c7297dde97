"""Requests made of keywords, with paths as they are meant where Python runs."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, Callable

from ._files import Json

_RESOURCES = ("cpus", "gpus", "memory", "wall", "tags", "tokens")
_INPUTS = ("count", "values", "files")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def plain(value: Any) -> Any:
    """Returns a value as JSON has it: paths become text, tuples and other sequences lists."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, range)):
        return [plain(entry) for entry in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        return value.item()  # a number of numpy's
    return value


def build(request: Json, keywords: Json) -> Json:
    """Makes a request of a dictionary and keywords, its relative paths taken from here."""
    whole = {**plain(request), **plain(keywords)}
    if "kind" not in whole:
        whole = {"kind": "chain" if "steps" in whole else "task", **whole}
    if whole["kind"] in ("task", "chain"):
        whole = _gathered(whole)
    if isinstance(whole.get("steps"), list):
        whole["steps"] = [_gathered(step) if isinstance(step, dict) else step for step in whole["steps"]]
    return rooted(whole, os.getcwd())


def _gathered(task: Json) -> Json:
    """Returns a task with what may stand outside `resources` and `input` in its place."""
    out: Json = {}
    for key, value in task.items():
        if key in _RESOURCES:
            out["resources"] = {**out.get("resources", {}), key: value}
        elif key in _INPUTS:
            out["input"] = {key: value}
        elif key == "resources" and isinstance(value, dict):
            out["resources"] = {**value, **out.get("resources", {})}
        else:
            out[key] = value
    return out


def rooted(request: Json, root: str) -> Json:
    """Returns a request whose relative paths are taken from a directory, as `spool submit` does it."""

    def path(text: Any) -> Any:
        # What is not understood here is left for the watcher, which says what is wrong with it.
        if not isinstance(text, str) or not text or text.startswith("/") or _SCHEME.match(text):
            return text
        if text in (".", "./"):
            return root
        return os.path.join(root, text[2:] if text.startswith("./") else text)

    def template(text: Any) -> Any:
        whole = path(text)
        return whole if whole is text else root.replace("{", "{{") + whole[len(root) :]

    kind = request.get("kind")
    out = dict(request)
    if kind == "dataset":
        if isinstance(out.get("files"), list):
            out["files"] = [_file(entry, path) for entry in out["files"]]
        if isinstance(out.get("watch"), dict) and "directory" in out["watch"]:
            out["watch"] = {**out["watch"], "directory": path(out["watch"]["directory"])}
    elif kind in ("task", "chain"):
        _task(out, path, template)
        if isinstance(out.get("steps"), list):
            out["steps"] = [dict(step) if isinstance(step, dict) else step for step in out["steps"]]
            for step in out["steps"]:
                if isinstance(step, dict):
                    _task(step, path, template)
    return out


def _file(entry: Any, path: Callable[[Any], Any]) -> Any:
    if isinstance(entry, dict) and "path" in entry:
        return {**entry, "path": path(entry["path"])}
    return path(entry)


def _container(container: Json, path: Callable[[Any], Any]) -> Json:
    """A container with absolute paths; an image that is a reference stays as it is."""
    image = str(container.get("image", ""))
    made = dict(container)
    if image.startswith(("/", "./", "../")) or image.endswith(".sif"):
        made["image"] = path(image)
    if isinstance(container.get("mounts"), list):
        made["mounts"] = [path(mount) for mount in container["mounts"]]
    return made


def _task(task: Json, path: Callable[[Any], Any], template: Callable[[Any], Any]) -> None:
    given = task.get("input")
    if isinstance(given, dict) and isinstance(given.get("files"), list):
        task["input"] = {**given, "files": [_file(entry, path) for entry in given["files"]]}
    if "directory" in task and not str(task["directory"]).startswith("{scratch}"):
        task["directory"] = template(task["directory"])
    if task.get("setup", "none") != "none":
        task["setup"] = path(task["setup"])
    container = task.get("container")
    if isinstance(container, dict):
        task["container"] = _container(container, path)
    # What begins with these is absolute, since the paths of inputs are.
    absolute = ["{dir}"]
    if str(task.get("groupBy", "")).startswith("{dir}"):
        absolute.append("{group}")
    if isinstance(task.get("outputs"), list):
        outputs = []
        for output in task["outputs"]:
            if isinstance(output, str):
                output = {"path": output}
            if isinstance(output, dict) and not str(output.get("path", "")).startswith(tuple(absolute)):
                output = {**output, "path": template(output["path"])} if "path" in output else output
            outputs.append(output)
        task["outputs"] = outputs
