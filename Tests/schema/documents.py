"""Documents that the schemas must accept, and broken ones that they must reject."""

import copy

RESULT = {
    "pilot": "node07-3fa91c22", "host": "node07", "started": 1796000000123,
    "ended": 1796000004456, "exit": 0, "class": "ok", "cpu": 3.9, "memory": 812000000,
    "outputs": [{
        "number": 0, "path": "/d/reco/f17.root", "part": ".spool.a1@node07-3fa91c22.f17.root",
        "size": 77, "adler32": "03da0195"}, {
        "number": 1, "path": "/d/p/x.png", "part": ".spool.a1@node07-3fa91c22.{name}/x.png",
        "size": 7, "adler32": "03da0195"}, {
        "number": 2, "path": "/d/s", "part": ".spool.a1@node07-3fa91c22.s",
        "size": 7, "adler32": "03da0195", "files": 2}],
    "report": {"eventsIn": 1000, "eventsOut": 41.5},
    "log": {"file": "logs/run42.reco/node07-3fa91c22.log", "offset": 0, "length": 512},
}
FAILED_RESULT = {
    "pilot": "node07-3fa91c22", "host": "node07", "started": 1, "ended": 2, "signal": 9,
    "class": "payload", "cause": "signal9", "cpu": 0.0, "memory": 0, "reason": "why",
}
JOB = {
    "format": 1, "job": "run42.reco.00000017", "incarnation": "9c1f", "attempt": 1, "owner": 1001,
    "inputs": [{"path": "/d/f17.raw", "size": 9}],
    "command": ["python3", "reco.py", "/d/f17.raw", "{output}"], "directory": "/d/reco",
    "outputs": [
        {"path": "/d/reco/f17.root"}, {"path": "/d/p/{name}", "from": "plots/*.png", "min": 1, "max": 9},
        {"path": "/d/s", "kind": "directory"}], "environment": {}, "setup": "/s/setup.sh",
    "limits": {"wall": 600, "memory": 2000000000},
    "stop": {"signal": "USR1", "before": 300, "grace": 30},
    "checkpoint": {"file": "state.bin", "exit": 85, "maxSize": 1000000000, "resumed": 2, "kept": {
        "file": "00000017.a1@node07-3fa91c22", "size": 9, "adler32": "03da0195"}},
    "result": RESULT,
}
TASK = {
    "kind": "task", "name": "run42.reco", "input": "run42.raw",
    "command": ["python3", "reco.py", "{input}", "{output}"], "directory": "reco/",
    "outputs": [
        {"path": "data/reco/{stem}.root", "dataset": "run42.reco"},
        {"path": "data/{stem}/{name}", "from": "plots/*.png", "min": 0, "max": 9, "optional": True},
        {"path": "data/{stem}.store", "kind": "directory", "from": "store"}],
    "queue": "cpu",
    "resources": {
        "cpus": 1, "gpus": 0, "memory": "2GB", "wall": "10m", "tags": ["avx2"],
        "tokens": {"root-licence": 1}, "x-why": "fast"},
    "filesPerJob": 1, "priority": 5,
    "retry": {"attempts": 3, "backoff": "5s", "never": [2], "growMemory": 1.5, "growWall": 2},
    "maxFailedJobs": 0, "stopAfter": 10, "maxRunning": 3, "stuckAfter": "20m", "environment": {"OMP_NUM_THREADS": "1"}, "setup": "s/setup.sh",
    "stop": {"signal": "SIGUSR1", "before": "5m", "grace": "30s", "x-why": 1},
    "checkpoint": {"file": "state.bin", "exit": 85, "resumes": 100, "maxSize": "1GB"},
    "notify": "mail:ada@example.org",
    "verify": "checksum", "meta": {"campaign": "2027a"}, "x-note": [1], "format": 1,
}
DATASET = {
    "kind": "dataset", "name": "run42.raw", "closed": False, "expected": 2, "meta": {},
    "files": ["a.raw", {"path": "b.raw", "size": 9, "adler32": "03DA0195", "meta": {}, "x-a": 1}],
}
WATCHED = {
    "kind": "dataset", "name": "run42.raw", "expected": 4, "watch": {
        "directory": "data/buffer/", "pattern": "*.ra?", "closeOn": ".run42.end", "settle": "1.5s",
        "x-why": 1, "meta": {}}}
DELETE = {"kind": "delete", "dataset": "a", "inputs": True, "force": False, "format": 1, "x-a": 1,
          "meta": {}}
DATASET_PAGE = {
    "format": 1, "kind": "dataset-summary", "dataset": "run42.raw", "state": "open", "files": 3,
    "bytes": 9, "unsized": 1, "expected": 4, "closing": 5, "watches": [{
        "directory": "/d/buffer", "pattern": "*", "closeOn": "end", "files": 3, "marked": 5,
        "pending": 1, "trouble": "is not there yet"}],
    "producers": [{"task": "t", "state": "active"}], "consumers": [], "retention": "7d",
    "removed": {"files": 1, "bytes": 3}}
CONFIG = {
    "format": 1, "heartbeat": "5s", "deadAfter": "1m", "packAfter": "7d", "removeAfter": "never",
    "highWater": 90, "lowWater": 80, "verdictWait": "7d", "x-site": "here", "dataRoots": ["/d", "e"],
    "shares": {"alice": 2, "1001": 0.5, "*": 1}, "tokens": {"root-licence": 5, "none": 0},
    "onEnd": {"command": ["notify"], "timeout": "5s", "atLeastOnce": True}, "environment": {"A": "{job}"}, "setup": "/s/setup.sh"}
PROCESS = {"pid": 7, "start": "123", "boot": "b", "namespace": "4026531836"}
PILOT = {
    "format": 1, "pilot": "node07-3fa91c22", "host": "node07", "version": "0.1.0", "counter": 3,
    "started": 1, "state": "quarantined", "reason": "why", "ends": 7, "lanes": True, "queues": ["gpu", "cpu"], "tags": ["avx2"], "cpus": 2, "memory": 1000000,
    "gpus": 0, "free": {"cpus": 1, "memory": 5, "gpus": 0}, "jobs": 1, "process": PROCESS,
}
WATCHER = {
    "format": 1, "epoch": 1, "id": "5be0a1f3", "host": "n", "version": "0.1.0", "counter": 0, "at": 1,
    "clean": False, "process": PROCESS,
}
ACCEPTED = {
    "incarnation": "9c1f", "owner": 1001, "at": 1, "digest": "03da0195", "request": TASK}
SUMMARY = {
    "format": 1, "kind": "summary", "task": "run42.reco", "state": "failed", "reason": "why",
    "jobs": {"total": 3, "done": 2, "failed": 1}, "attempts": 5, "failedAttempts": {"exit3": 3},
    "failures": {"exit3": 1}, "failedJobs": ["run42.reco.00000001"], "report": {"a": 1.5},
    "cpu": 0.5, "runTime": 1, "peakMemory": 5, "outputs": {"files": 2, "bytes": 3},
    "accepted": 1, "started": 2, "ended": 3, "owner": 0, "incarnation": "0", "request": TASK,
    "priority": 5, "queue": "cpu",
    "resources": {"cpus": 1, "gpus": 0, "memory": 5, "wall": 0.5, "tags": ["avx2"]},
}
CHAIN = {
    "kind": "chain", "name": "run42", "input": ["run42.raw"], "priority": 5, "retention": "step",
    "steps": [
        {"name": "decode", "command": ["d", "{input}", "{output}"],
         "outputs": [{"path": "data/{stem}.dec"}], "retention": "7d"},
        {"name": "merge", "input": ["decode", "run42.raw"], "filesPerJob": "all",
         "command": ["m", "{inputs}", "{output}"], "outputs": [{"path": "data/{task}.root"}],
         "allowIncomplete": True, "x-a": 1, "meta": {}}], "x-b": 1, "meta": {}, "format": 1}
ORDER = {"kind": "retry", "task": "a", "failedOnly": True, "cause": "exit", "memory": "8GB",
         "wall": "2h", "jobs": "3-7,00000019", "command": ["w", "{input}"], "format": 1, "x-why": "more", "meta": {}}
CHECKPOINT = {
    "format": 1, "segment": 2, "sequence": 9, "state": {
        "accepted": 1,
        "chains": [{"number": 1, "accepted": {
            "type": "chain", "incarnation": "9c1f", "owner": 1, "at": 1, "digest": "03da0195",
            "request": CHAIN}}], "litter": {"/d/.spool.a1@n-1.x": 5}, "answered": ["a 03da0195 a.json"],
        "partial": {}, "datasets": [{
            "name": "a", "state": "open", "files": 1, "length": 80,
            "producers": ["t"], "active": [], "failed": ["t"], "expected": 3, "sized": 1, "bytes": 3,
            "owners": [0], "watches": [{"watch": WATCHED["watch"], "files": 1, "marked": 5}],
            "removal": {"left": [[0, 80]], "done": [], "inputs": True, "files": 0, "bytes": 0},
            "retention": "step", "consumed": {"t": [[0, 80]]}}],
        "packed": [
            {"name": "b", "state": "done", "ended": 5, "done": 3, "failed": 0},
            {"name": "c", "tasks": ["c.d"], "state": "failed", "ended": 5, "done": 3, "failed": 1,
             "phase": "clearing"}],
        "leaving": ["e"],
        "tasks": [{
            "accepted": {"type": "task", **ACCEPTED}, "number": 1, "state": "active", "next": [1],
            "formed": 1, "done": 0, "failed": 0, "attempts": 0, "causes": {}, "finalCauses": {},
            "failedJobs": [[3, 5]], "priority": 5, "maxRunning": "none", "limits": {"memory": 1, "wall": 1},
            "chain": "run42", "allowIncomplete": True, "failedFiles": {"3": "/d/a"},
            "cancelledBy": 0, "repair": True, "waitsSince": 5,
            "leftover": [{
                "index": 7, "source": 0, "offset": 1, "files": 1, "end": 9, "attempt": 1, "payload": 0,
                "infrastructure": 0, "returns": 0}],
            "revival": {"from": 0, "until": 9, "request": ORDER}, "sums": {}, "cpu": 0.0, "memory": 0, "wall": 0, "outputs": 0,
            "outputBytes": 0, "ledger": 0, "jobs": [{
                "index": 0, "source": 0, "offset": 54, "files": 1, "end": 80, "attempt": 2, "payload": 1,
                "infrastructure": 0, "returns": 0, "waiting": 7}]}]}}
LEDGER = {"job": "a.00000001", "attempt": 1, "outcome": "ok", **RESULT}
LEDGER_FAILED = {
    "job": "a.00000001", "attempt": 1, "outcome": "lost", "final": False, "pilot": "n-1",
    "registered": 5, "retryAt": 5, "reason": "its pilot died"}
LEDGER_FINAL = {
    "job": "a.00000001", "attempt": 3, "outcome": "cancelled", "final": True, "registered": 5,
    "position": {"source": 0, "offset": 7, "files": 1, "end": 9, "memory": 5}, "reason": "why"}
CATALOGUE = {
    "path": "/d/a", "size": 9, "adler32": "03da0195", "parents": ["/d/b"], "report": {"a": 1},
    "origin": {"job": "a.00000001", "attempt": 1}}

NOTICE = {
    "format": 1, "kind": "notice", "event": "task-ended", "at": 5, "spool": "/d/spool",
    "task": "run42.reco", "owner": 1001, "notify": "mail:ada@example.org", "summary": SUMMARY}
LOST = {
    "format": 1, "kind": "notice", "event": "pilot-lost", "at": 5, "spool": "/d/spool",
    "pilot": "node07-3fa91c22", "host": "node07", "reason": "its process is gone", "jobs": 2}
GOOD = {
    "task": [
        TASK,
        {"kind": "task", "name": "a", "input": ["b", "c"], "command": ["x"], "filesPerJob": "all"},
        {"kind": "task", "name": "a", "input": {"count": 0}, "command": ["{{", "}"]},
        {"kind": "task", "name": "a", "input": {"values": ["x", 1, 0.5]}, "command": ["{value}"]},
        {"kind": "task", "name": "a", "input": {"files": ["./a:b", {"path": "/c"}]},
         "command": ["x"], "outputs": [{"path": "{stem}", "name": "n", "overwrite": True}]},
        {"kind": "task", "name": "a", "input": "b", "command": ["x", "{group}", "{inputs}"],
         "groupBy": "run(*)_*.root", "outputs": [{"path": "{dir}/{name}.{base}.{group}"}]},
        {"kind": "task", "name": "a", "input": "b", "command": ["x"], "groupBy": "{dir}"},
    ],
    "delete": [DELETE, {"kind": "delete", "dataset": "a"}],
    "dataset-summary": [DATASET_PAGE],
    "dataset": [DATASET, WATCHED, {"kind": "dataset", "name": "a", "watch": {"directory": "."}}, {"kind": "dataset", "name": "a"}],
    "dataset-header": [{"kind": "dataset", "name": "a", "closed": True, "expected": 3},
                       WATCHED],
    "dataset-line": ["a.raw", {"path": "a.raw"}],
    "spool": [CONFIG],
    "job": [JOB, {**JOB, "format": 2, "crc32": "0badcafe"}, {**JOB, "format": 3, "crc32": "0badcafe", "container": {"image": "/x.sif", "mounts": ["/cvmfs"]}}, {
        **{key: JOB[key] for key in JOB if key != "inputs"},
        "inputsFrom": [{"groups": "a", "from": 0, "to": 9, "files": 1200}]}],
    "result": [RESULT, FAILED_RESULT],
    "pilot": [PILOT],
    "watcher": [WATCHER],
    "catalogue-line": [
        CATALOGUE, {"format": 1, "kind": "catalogue", "name": "a"},
        {"path": "/d/a", "meta": {}, "origin": {"manifest": "a.json", "line": 2}},
        {"path": "/d/a", "size": 3, "origin": {"watch": "/d"}}],
    "chain": [CHAIN],
    "order": [
        ORDER, {"kind": "cancel", "task": "a"}, {"kind": "hold", "task": "a"},
        {"kind": "release", "task": "a"}, {"kind": "priority", "task": "a", "priority": 0},
        {"kind": "limit", "task": "a", "maxRunning": 3}, {"kind": "limit", "task": "a", "maxRunning": "none"},
        {"kind": "retry", "task": "a", "split": True}],
    "ledger-line": [LEDGER, LEDGER_FAILED, LEDGER_FINAL, {"format": 1, "kind": "ledger", "name": "a"}],
    "summary": [
        SUMMARY, {**SUMMARY, "packed": True},
        {**SUMMARY, "maxRunning": 3, "waits": ["at most 3 of its jobs may run at once"],
         "resources": {**SUMMARY["resources"], "tokens": {"root-licence": 1}}}],
    "archive-line": [
        {"file": "done/run42.reco/p5-0001000000000.run42.reco.00000017.a1.c4.m16384.g0.w600@n-1.json", "job": JOB},
        {"file": "failed/a/p5.a.00000017.a1.c4.m16384.g0.w600@n-1.torn.json", "text": "{"}],
    "journal-line": [
        {"n": 1, "type": "discarded", "parts": ["/d/.spool.a1@n-1.x"], "at": 5},
        {"n": 1, "type": "swept", "parts": ["/d/.spool.a1@n-1.x"]},
        {"n": 9, "type": "segment", "format": 1, "epoch": 2,
         "previous": {"segment": 1, "bytes": 90}},
        {"n": 1, "type": "formed", "task": "a", "first": 0, "source": -1, "offsets": [0],
         "files": [12], "next": 9223372036854775807},
        {"n": 2, "type": "failed", "job": "a.00000001", "attempt": 1, "cause": "staging", "at": 1,
         "reason": "why", "retryAt": 5, "memory": 1048576, "result": RESULT},
        {"n": 1, "type": "quarantined", "pilot": "n-1", "reason": "why", "at": 5, "jobs": [
            {"job": "a.00000001", "payload": 2, "infrastructure": 0}]},
        {"n": 1, "type": "quarantined", "pilot": "n-1", "reason": "why", "at": 5},
        {"n": 1, "type": "ended", "task": "t", "state": "done", "at": 5, "tells": True},
        {"n": 1, "type": "told", "task": "t"},
        {"n": 1, "type": "swept", "parts": ["checkpoints/t/00000000.a1@n-1"]},
        {"n": 1, "type": "grouped", "task": "a", "lengths": [90], "length": 80, "jobs": 3},
        {"n": 1, "type": "split", "job": "a.00000001", "at": 5,
         "parts": [{"source": 0, "offset": 9, "files": 1, "end": 20}],
         "rest": {"source": 0, "offset": 20, "files": 3, "end": 60}},
        {"n": 1, "type": "packed", "task": "a", "at": 5},
        {"n": 1, "type": "expired", "task": "a", "at": 5},
        {"n": 1, "type": "cleared", "task": "a"},
        {"n": 1, "type": "forgotten", "dataset": "a"},
    ],
    "checkpoint": [CHECKPOINT],
    "notice": [NOTICE, LOST],
}


def changed(document, path, value=None, remove=False):
    """A copy with one place changed: `path` as "outputs.0.path"."""
    result = copy.deepcopy(document)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = result
    for part in parents:
        place = place[part]
    if remove:
        del place[last]
    else:
        place[last] = value
    return result


def broken(document, changes, missing=()):
    """Copies of a good document, each broken at one place."""
    return (
        [changed(document, path, value) for path, value in changes]
        + [changed(document, path, remove=True) for path in missing]
        + [changed(document, "unheard", 1), [], "x", None])


BROKEN = {
    "task": broken(TASK, [
        ("name", "a b"), ("name", "a.json"), ("name", "x" * 81), ("name", ".a"), ("kind", "tsak"),
        ("format", 2), ("input", "a/b"), ("input", []), ("input", ["a", "a"]), ("input", {}),
        ("input", {"count": 1, "files": []}), ("input", {"count": -1}), ("input", {"fils": []}),
        ("input", {"files": ["../a"]}), ("input", {"files": ["s3://a"]}),
        ("input", {"files": ["a/"]}), ("input", {"files": [{"size": 1}]}),
        ("input", {"files": ["a", "a"]}), ("input", {"files": [{"path": "a", "adler32": "xyz"}]}),
        ("input", {"values": [True]}), ("input", {"values": [{}]}), ("input", {"values": [{"a": [1]}]}), ("input", {"values": [{"a b": 1}]}), ("input", {"values": [{"a": 1}, 2]}), ("setup", 7), ("setup", "../s"), ("container", "x"), ("container", {}), ("container", {"image": "a", "mounts": ["/"]}), ("container", {"image": "a", "x": 1}), ("command", "reco {input}"), ("command", []),
        ("command", ["{inptu}"]), ("command", ["{"]), ("command", ["x", 1]),
        ("outputs.0.path", "{stem}/"), ("outputs.0.path", "../{stem}"), ("outputs.0.pth", "x"),
        ("outputs.1.from", "/a"), ("outputs.1.from", "a/../b"), ("outputs.1.from", "**/a"), ("outputs.1.from", ""),
        ("outputs.1.min", -1), ("outputs.1.max", 1001), ("outputs.2.kind", "dir"),
        ("outputs.0.optional", "yes"), ("outputs", {}), ("queue", "gpus"),
        ("resources.gpus", 1), ("resources.cpus", 0), ("resources.cpus", "1"),
        ("resources.memory", 2), ("resources.memory", "2gb"), ("resources.wall", "1h30m"),
        ("resources.wall", "10"), ("resources.tags", ["a b"]), ("resources.mem", "1GB"),
        ("filesPerJob", 0), ("filesPerJob", "any"), ("priority", 10), ("priority", -1),
        ("groupBy", 1), ("groupBy", "run*"), ("groupBy", "(*)_(*)"), ("groupBy", "{index}"), ("groupBy", "{dir}(*)"),
        ("priority", 1.5), ("retry.attempts", 0), ("retry.never", [0]), ("retry.never", 2),
        ("retry.growMemory", 0.5), ("retry.growWall", 11), ("retry.backoff", 5), ("maxFailedJobs", -1),
        ("stopAfter", "1"), ("maxRunning", 0), ("maxRunning", "none"), ("resources.tokens", ["a"]),
        ("resources.tokens", {"a b": 1}), ("resources.tokens", {"a": 0}), ("stuckAfter", "soon"), ("stuckAfter", 5), ("stuckAfter", "999ms"), ("stop", "USR1"), ("stop.signal", "KILL"), ("stop.before", 5), ("stop.grase", "1s"), ("checkpoint", "s"), ("checkpoint.file", "a/b"), ("checkpoint.file", ".a"), ("checkpoint.exit", 0), ("checkpoint.resumes", 0), ("checkpoint.maxSize", 5), ("notify", 7), ("notify", ""), ("environment", []), ("environment", {"A": 1}), ("directory", 7), ("directory", "../w"),
        ("environment", {"SPOOL_JOB": "1"}), ("environment", {"A=B": "1"}), ("verify", "md5"),
        ("meta", 1), ("meta", []),
    ], ["kind", "name", "input", "command", "outputs.0.path", "checkpoint.file"]),
    "dataset": broken(DATASET, [
        ("name", "a@b"), ("files", {}), ("files", [1]), ("files", ["a", "a"]), ("files", [""]),
        ("files.1.size", -1), ("files.1.sise", 1), ("files.1.adler32", ""), ("closed", "yes"),
        ("expected", -1), ("kind", "manifest"), ("format", 2),
    ], ["name", "kind", "files.1.path"])
    + broken(WATCHED, [
        ("closed", True), ("watch", "data"), ("watch.directory", "../a"), ("watch.directory", "//"),
        ("watch.directory", ""), ("watch.pattern", ""), ("watch.pattern", ".*"),
        ("watch.pattern", "a/*"), ("watch.closeOn", ".."), ("watch.closeOn", "a/b"),
        ("watch.closeOn", "a\nb"), ("watch.settle", 5), ("watch.settle", "0s"), ("watch.settle", "5"),
        ("watch.closeon", "end")], ["watch.directory"]),
    "delete": broken(DELETE, [
        ("dataset", "a b"), ("inputs", 1), ("force", "yes"), ("task", "a"), ("kind", "remove")],
        ["kind", "dataset"]),
    "dataset-summary": broken(DATASET_PAGE, [
        ("state", "gone"), ("files", -1), ("unsized", 0), ("watches", []), ("watches.0.pattern", "a/b"),
        ("producers", ["t"]), ("consumers", {}), ("removed", {})], ["dataset", "bytes", "producers"]),
    "dataset-header": broken(GOOD["dataset-header"][0], [("files", []), ("closed", 1)], ["kind"]),
    "dataset-line": ["", "a/", {}, {"path": "a", "seize": 1}, 1],
    "spool": broken(CONFIG, [
        ("format", 4), ("hartbeat", "5s"), ("heartbeat", 5), ("deadAfter", "1 minute"), ("stuckAfter", "none"),
        ("packAfter", "0d"), ("packAfter", 7), ("removeAfter", "forever"),
        ("shares", {"alice": 0}), ("shares", {"alice": "2"}), ("shares", [1]), ("tokens", {"a b": 1}),
        ("tokens", {"a": -1}), ("keepJobFiles", -1), ("checkpointEvery", 99), ("dataRoot", 1), ("setup", "s.sh"), ("environment", {"A": 1})], ["format"]),
    "job": broken(JOB, [
        ("format", 4), ("container", {}), ("container", "none"), ("crc32", "1"), ("job", "run42.reco.17"), ("attempt", 0), ("command", []), ("inputs", []),
        ("inputs.0.path", "f17.raw"), ("limits.wall", 0), ("limits.memory", 1), ("limits.stuck", 0), ("meta", {}),
        ("command", ["{x}"]), ("setup", "s.sh"), ("incarnation", "XYZ"), ("result", {})],
        ["job", "incarnation", "owner", "command", "limits", "environment", "limits.wall"]),
    "result": broken(RESULT, [
        ("pilot", "a b"), ("class", "good"), ("class", "payload"), ("cause", "exit2"), ("exit", 1),
        ("signal", 9), ("outputs.0.part", "f17.root"), ("outputs.0.part", ".spool.a1@n/x/y"),
        ("outputs.0.adler32", "03DA0195"), ("report", {"a": "x"}), ("log.length", 0)],
        ["pilot", "host", "started", "class", "cpu", "memory", "outputs.0.number"])
    + broken(FAILED_RESULT, [
        ("cause", "exit02"), ("cause", "oops"), ("class", "ok"), ("outputs", [])], ["cause"]),
    "pilot": broken(PILOT, [
        ("queues", []), ("queues", ["tape"]), ("lanes", 1), ("state", "idle"), ("ends", "2h"), ("reason", 1), ("free", {}), ("process", {}), ("cpus", 0),
        ("counter", -1)], ["pilot", "free", "process", "jobs", "state"]),
    "watcher": broken(WATCHER, [
        ("epoch", 0), ("clean", 1), ("process.pid", "7")], ["epoch", "clean", "process"]),
    "catalogue-line": broken(CATALOGUE, [
        ("path", "a"), ("adler32", "xyz"), ("origin", {}), ("parents", []),
        ("origin", {"manifest": "a.json", "job": "a.00000001", "attempt": 1}),
        ("kind", "catalogue")], ["path", "origin", "origin.attempt"]),
    "ledger-line": broken(LEDGER, [
        ("outcome", "good"), ("final", True), ("reason", "x"), ("class", "payload"),
        ("kind", "ledger")], ["job", "attempt", "outcome", "cpu"])
    + broken(LEDGER_FAILED, [("outcome", "ok"), ("final", 1)], ["final", "reason", "registered", "retryAt"])
    + broken(LEDGER_FINAL, [("final", False)], ["position", "position.offset"]),
    "chain": broken(CHAIN, [
        ("name", "a b"), ("input", "a/b"), ("steps", []), ("steps", {}), ("priority", 10),
        ("retention", "soon"), ("steps.0.name", "a b"), ("steps.0.kind", "task"),
        ("steps.0.command", []), ("steps.1.allowIncomplete", "yes"), ("steps.0.retention", 7),
        ("steps.0.retention", "chian"), ("environment", {"A": 1}), ("setup", 7), ("steps.0.setup", 7), ("steps.0.comand", 1)],
        ["name", "kind", "steps", "steps.0.name", "steps.0.command"]),
    "order": broken(ORDER, [
        ("kind", "stop"), ("task", "a b"), ("cause", "hunger"), ("memory", 5), ("wall", "2"),
        ("failedOnly", 1), ("jobs", "3-"), ("jobs", 3), ("split", 1), ("command", "w"), ("command", []), ("priority", 3), ("meta", 1), ("kind", "cancel")], ["kind", "task"])
    + [{"kind": "priority", "task": "a"}, {"kind": "priority", "task": "a", "priority": 10},
       {"kind": "limit", "task": "a"}, {"kind": "limit", "task": "a", "maxRunning": 0},
       {"kind": "limit", "task": "a", "maxRunning": "many"}, {"kind": "hold", "task": "a", "maxRunning": 3},
       {"kind": "forget", "task": "a", "jobs": "1"}, {"kind": "hold", "task": "a", "split": True}],
    "summary": broken(SUMMARY, [
        ("state", "over"), ("kind", "task"), ("jobs.ready", 1), ("failedJobs", []),
        ("failures", {"exit3": -1}), ("state", "active"), ("request.name", "a b")],
        ["task", "jobs", "ended", "request", "jobs.total"])
    + [{**changed(SUMMARY, "state", "active"), "packed": True}, {**SUMMARY, "packed": False}],
    "archive-line": [
        broken_line for good in GOOD["archive-line"]
        for broken_line in broken(good, [("file", "t/x.json")], ["file"])]
    + [changed(GOOD["archive-line"][0], "text", "x"), changed(GOOD["archive-line"][0], "job.attempt", 0)],
    "journal-line": [
        broken_record for good in GOOD["journal-line"]
        for broken_record in broken(good, [("n", 0), ("type", "unheard")], ["n", "type"])]
    + [changed(GOOD["journal-line"][3], "offsets", []),
       changed(GOOD["journal-line"][4], "cause", "oops")],
    "checkpoint": broken(CHECKPOINT, [
        ("segment", 0), ("state", {}), ("state.tasks.0.state", "over"),
        ("state.tasks.0.jobs.0.publishing", RESULT), ("state.datasets.0.state", "shut"),
        ("state.packed.0.phase", "kept"), ("state.packed.1.tasks", []),
        ("state.unheard", 1)], ["sequence", "state.tasks", "state.tasks.0.accepted"]),
    "notice": broken(NOTICE, [
        ("event", "over"), ("kind", "summary"), ("jobs", 1), ("spool", "spool")],
        ["task", "owner", "summary", "event", "spool"])
    + broken(LOST, [("jobs", -1), ("summary", SUMMARY), ("event", "task-ended")],
             ["pilot", "host", "reason", "jobs", "at"]),
}
