"""A small spool with a task with outputs, one that fails, and a refused request."""

import json
import shutil
import signal
import subprocess
import time
import zlib

DEADLINE = 60


class RealSpool:
    def __init__(self, binary, directory):
        self.binary = binary
        self.directory = directory
        self.root = directory / "spool"
        # What went wrong beside the schemas: pairs of what and why (None for good).
        self.problems = []

    def run(self, *arguments):
        return subprocess.run(
            [self.binary, *arguments], cwd=self.directory, capture_output=True, text=True,
            timeout=DEADLINE)

    def accepts(self, request):
        """Whether `spool submit --dry-run` takes a request."""
        path = self.directory / "request.json"
        path.write_text(json.dumps(request))
        code = self.run("submit", "--dry-run", str(path)).returncode
        return {0: True, 64: False}.get(code, f"exit code {code}")

    def live(self):
        """Runs the spool, and yields name, schema and text of every file that it writes."""
        self.prepare()
        log = open(self.directory / "up.log", "w")
        process = subprocess.Popen(
            [self.binary, "up", "--cpus", "2", "--memory", "8GB", "--drain", "1s",
             "--scratch", str(self.directory)],
            cwd=self.directory, stderr=log)
        try:
            self.drop()
            self.wait("done/good.json", "failed/bad.json", "failed/grouped.json", "failed/@refused/refused.json.reason",
                      "ready-cpu/p5-*.nowhere.00000000.a1.c1.m1908.g0.w3600.tnowhere.json",
                      "running/*/p5-*.gate.00000000.*.json")
            # Its pilots have no room for any of these jobs: it starts none.
            self.run("factory", "local", "--once", "--cpus", "1", "--memory", "16MB")
            yield from self.files("while it runs: ")
            self.order()
            (self.directory / "gate").touch()
            self.wait("done/gate.json", "failed/bad.json", "failed/nowhere.json",
                      "failed/chain.json", "done/grouped.json")
            self.watch()
            yield from self.files("after orders: ")
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(DEADLINE)
            log.close()
        self.check("spool up", None if code == 0 else f"exit code {code}")
        yield from self.files("after it: ")
        yield from self.commands()
        yield from self.archive()

    def archive(self):
        """The same spool, years later: all is packed, then removed."""
        for name in ("copy", "one"):
            for path in (self.directory / "out").glob(f"*.{name}"):
                path.unlink()
        for pattern in ("*.result", "*.png", "store.*", "only.*"):
            for path in (self.directory / "out").glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for config, is_reached in (
                ({"packAfter": "1ms"}, self.is_packed),
                ({"removeAfter": "1500ms"}, self.is_removed)):
            self.configure(**config)
            log = open(self.directory / "watch.log", "a")
            process = subprocess.Popen([self.binary, "watch"], cwd=self.directory, stderr=log)
            self.until(is_reached, f"the effect of {config}")
            yield from self.files(f"{config}: ")
            if is_reached == self.is_packed:
                yield from self.packed()
            process.send_signal(signal.SIGTERM)
            code = process.wait(DEADLINE)
            log.close()
            self.check("spool watch", None if code == 0 else f"exit code {code}")
            result = self.run("check")
            self.check("spool check", None if result.returncode == 0 else result.stdout)

    def is_packed(self):
        rest = [path for place in ("done", "failed", "ledger", "logs")
                for path in (self.root / place).iterdir() if path.name not in ("@refused", "@factories", ".gitkeep")]
        names = {path.name for path in (self.root / "archive").iterdir()}
        return not rest and names == {"good", "merged", "bad", "gate", "nowhere", "chain", "grouped", "named", "store"}

    def is_removed(self):
        catalogues = {path.name for path in (self.root / "datasets").glob("*.jsonl")}
        return (not list((self.root / "archive").iterdir())
                and catalogues == {"raw.jsonl", "watched.jsonl"})

    def packed(self):
        """What verbs print of what is packed."""
        yield "spool status", "summary", self.run("status", "good", "--format", "json").stdout
        attempts = json.loads(self.run("jobs", "chain", "--format", "json").stdout)
        self.check("spool jobs", None if len(attempts) == 6 else f"{len(attempts)} lines")
        log = self.run("logs", "good").stdout
        self.check("spool logs", None if log.count("==> good.") == 5 else log)
        retry = self.run("retry", "bad")
        said = retry.returncode == 1 and "bad is packed" in retry.stderr
        self.check("spool retry", None if said else retry.stderr)

    def configure(self, **changes):
        config = json.loads((self.root / "spool.json").read_text())
        (self.root / "spool.json").write_text(json.dumps(config | changes))

    def check(self, what, problem):
        self.problems.append((what, problem))

    def prepare(self):
        code = self.run("init").returncode
        self.check("spool init", None if code == 0 else f"exit code {code}")
        for number in range(5):
            (self.directory / f"f{number}.raw").write_text(str(number))
        self.configure(**{"x-site": "test", "meta": {}})

    def put(self, name, *documents):
        text = "\n".join(json.dumps(document) for document in documents) + "\n"
        (self.root / "incoming" / name).write_text(text)

    def drop(self):
        shell = ["sh", "-c"]
        sums = [f"{zlib.adler32(str(number).encode()):08x}" for number in range(5)]
        self.put("raw.json", {
            "kind": "dataset", "name": "raw",
            "files": ["f0.raw", {"path": "f1.raw", "size": 1, "adler32": sums[1], "meta": {"a": 1}}],
        })
        self.put("raw.more.jsonl", {"kind": "dataset", "name": "raw", "closed": True, "expected": 5},
                 "f2.raw", {"path": "f3.raw", "size": 1}, {"path": "f4.raw", "adler32": sums[4]})
        work = 'echo "$SPOOL_JOB"; cat "$1" >"$2"; echo \'{{"in": 3, "out": 0.5}\' >"$3"'
        self.put("good.json", {
            "kind": "task", "name": "good", "input": "raw", "verify": "checksum",
            "command": [*shell, work, "sh", "{input}", "{output:copy}", "{report}"],
            "outputs": [
                {"path": "out/{stem}.copy", "dataset": "copies", "name": "copy"},
                {"path": "out/{stem}.none", "name": "none", "optional": True}],
            "environment": {"WHERE": "{scratch}"}, "meta": {"campaign": "test"}, "x-note": 1,
        })
        self.put("named.json", {
            "kind": "task", "name": "named", "input": {"count": 2},
            "command": [*shell, 'echo 1 >result; echo a >a.png; mkdir "$1/deep"; echo 2 >"$1/deep/f"; '
                                'ln -s deep/f "$1/link"', "sh", "{output}"],
            "outputs": [
                {"from": "result", "path": "out/{index}.result"},
                {"from": "*.png", "path": "out/{index}.{name}"},
                {"path": "out/store.{index}", "kind": "directory"}],
        })
        self.put("store.json", {
            "kind": "task", "name": "store", "input": {"count": 1}, "command": ["mkdir", "{output}/empty"],
            "outputs": [{"path": "out/only.{index}", "kind": "directory"}],
        })
        self.put("merged.json", {
            "kind": "task", "name": "merged", "input": ["copies"], "filesPerJob": 2,
            "command": [*shell, 'cat "$@"', "sh", "{inputs}"],
        })
        self.put("grouped.json", {
            "kind": "task", "name": "grouped", "input": "raw", "groupBy": "{dir}",
            "command": [*shell, "[ $# = 1 ]", "sh", "{inputs}"], "retry": {"attempts": 1},
        })
        self.put("bad.json", {
            "kind": "task", "name": "bad", "input": {"values": ["exit 3", "kill -9 $$", "true"]},
            "command": [*shell, "{value}"], "retry": {"attempts": 2, "backoff": "1ms"},
        })
        self.put("gate.json", {
            "kind": "task", "name": "gate", "input": {"count": 1},
            "command": [*shell, f"until [ -e {self.directory}/gate ]; do sleep 0.05; done"],
        })
        self.put("nowhere.json", {
            "kind": "task", "name": "nowhere", "input": {"files": ["f0.raw"]}, "command": ["true"],
            "resources": {"tags": ["nowhere"]},
        })
        self.put("chain.json", {
            "kind": "chain", "name": "chain", "input": "copies", "steps": [
                {"name": "one", "command": [*shell, 'cat "$1" >"$2"', "sh", "{input}", "{output}"],
                 "outputs": [{"path": "out/{stem}.one"}], "retention": "chain"},
                {"name": "two", "filesPerJob": "all", "input": ["one"], "command": [
                    *shell, "exit 3"], "retry": {"attempts": 1}}],
        })
        self.put("refused.json", {"kind": "task", "name": "refused", "comand": ["true"]})

    def order(self):
        """Every order once, as verbs give them."""
        for arguments in (
                ["hold", "nowhere"], ["priority", "nowhere", "1"], ["limit", "nowhere", "2"], ["release", "nowhere"],
                ["retry", "bad", "--cause", "exit", "--memory", "3GB"], ["cancel", "nowhere"],
                ["retry", "grouped", "--split"]):
            result = self.run(*arguments)
            self.check(
                f"spool {arguments[0]}", None if result.returncode == 0 else result.stderr)

    def watch(self):
        """A dataset that is filled from a directory, and one that is deleted."""
        buffer = self.directory / "buffer"
        self.put("watched.json", {
            "kind": "dataset", "name": "watched", "watch": {
                "directory": "buffer", "pattern": "*.raw", "closeOn": "end", "settle": "100ms"}})
        self.put("delete.json", {"kind": "delete", "dataset": "copies", "force": True})
        buffer.mkdir()
        for number in range(3):
            (buffer / f"{number}.raw").write_text(str(number))
        self.wait_for("datasets/watched.json", lambda page: page["files"] == 3)
        (buffer / "end").touch()
        self.wait_for("datasets/watched.json", lambda page: page["state"] == "closed")
        self.wait_for("datasets/copies.json", lambda page: page["state"] == "deleted")
        left = [path.name for path in (self.directory / "out").glob("*.copy")]
        self.check("deletion", f"{left} are left" if left else None)

    def wait_for(self, name, condition):
        end = time.monotonic() + DEADLINE
        while not (self.root / name).exists() or not condition(
                json.loads((self.root / name).read_text())):
            if time.monotonic() > end:
                raise TimeoutError(f"{name}: {(self.root / 'STATUS').read_text()}")
            time.sleep(0.02)

    def wait(self, *patterns):
        end = time.monotonic() + DEADLINE
        for pattern in patterns:
            while not any(self.root.glob(pattern)):
                if time.monotonic() > end:
                    said = (self.directory / "up.log").read_text()
                    status = (self.root / "STATUS").read_text()
                    raise TimeoutError(f"{pattern} did not come:\n{said}\n{status}")
                time.sleep(0.02)

    def until(self, is_reached, what):
        end = time.monotonic() + DEADLINE
        while not is_reached():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come:\n{(self.root / 'STATUS').read_text()}")
            time.sleep(0.02)

    def files(self, when):
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if not path.is_file() or path.suffix not in (".json", ".jsonl", ".log"):
                continue
            schema = schema_of(name)
            if schema is None:
                continue
            try:
                text = path.read_text()
            except FileNotFoundError:
                continue  # It moved on meanwhile.
            if schema == "page":
                kind = json.loads(text)["kind"]
                schema = "chain-summary" if kind == "chain-summary" else "summary"
            if schema == "journal-line":
                text = "\n".join(self.json_of(line) for line in text.splitlines())
            if schema in SEALED:
                for line in text.splitlines():
                    self.check("seal", self.broken_seal(line))
            yield when + name, schema, text

    @staticmethod
    def broken_seal(line):
        """What is wrong with the last member of a sealed line: the checksum of all before it."""
        body, _, seal = line.rstrip().rpartition(',"crc32":')
        good = f'"{zlib.crc32(body.encode()):08x}"}}'
        return None if seal == good else f"{line[:80]} ends in {seal}, not {good}"

    def json_of(self, line):
        """A journal line without its checksum, which must be right."""
        checksum, _, text = line.partition(" ")
        good = f"{zlib.crc32(text.encode()):08x}"
        self.check("journal", None if checksum == good else f"checksum {checksum}, not {good}")
        return text

    def commands(self):
        """What verbs print is a document of these, too."""
        yield "spool status", "summary", self.run("status", "good", "--format", "json").stdout
        for name in ("watched", "copies"):
            yield "spool dataset show", "dataset-summary", self.run(
                "dataset", "show", name, "--format", "json").stdout
        for line in json.loads(self.run("dataset", "files", "watched", "--format", "json").stdout):
            yield "spool dataset files", "catalogue-line", json.dumps(line)
        for attempt in json.loads(self.run("jobs", "bad", "--format", "json").stdout):
            yield "spool jobs", "ledger-line", json.dumps(attempt)
        preview = self.run("submit", "--name", "x", "--count", "1", "--dry-run", "--", "true").stdout
        yield "spool submit --dry-run", "job", preview.partition("\n\n")[2]


# Files whose lines are sealed.
SEALED = ("catalogue-line", "ledger-line", "checkpoint", "watcher")


def schema_of(name):
    """The schema of a file of a spool; None where it is not Spool's to write, or a log."""
    parts = name.split("/")
    whole = {"spool.json": "spool", "watcher.json": "watcher", "backlog.json": "backlog"}
    if name in whole:
        return whole[name]
    match parts:
        case ["failed", "@refused", _] | ["journal", "taken", _] | ["incoming", _] | ["logs", *_]:
            return None
        case ["journal", file] if file.endswith(".log"):
            return "journal-line"
        case ["journal", file] if file.endswith(".checkpoint.json"):
            return "checkpoint"
        case ["datasets", file] if file.endswith(".json"):
            return "dataset-summary"
        case ["archive", _, file] if file.endswith(".ledger.jsonl"):
            return "ledger-line"
        case ["archive", _, file] if file.endswith(".jobs.jsonl"):
            return "archive-line"
        case ["archive", _, file]:
            return "page" if file.endswith(".json") else None
        case ["datasets", _] | ["datasets", "@groups", _] | ["journal", "catalogues", _]:
            return "catalogue-line"
        case ["ledger", _]:
            return "ledger-line"
        case ["running", "@factories", file]:
            return "factory" if file.endswith(".json") else None
        case ["running", _, "pilot.json"]:
            return "pilot"
        case ["running", _, file] if file.endswith(".log"):
            return None
        case ["running" | "done" | "failed", file] if "@" not in file:
            return "page"
        case ["ready-cpu" | "ready-gpu" | "running" | "done" | "failed", *_]:
            return "job"
    raise AssertionError(f"what is {name}?")
