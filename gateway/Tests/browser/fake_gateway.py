"""A gateway without a spool: the contract of the page, served from data that it makes itself.

Run `python fake_gateway.py --port 8123 --tasks 10000 --pilots 1000` and open http://127.0.0.1:8123/.
The tests use `FakeGateway` and its switches: `cut()`, `down()`, `refuse`, `token`.
"""

import argparse
import itertools
import json
import mimetypes
import random
import re
import threading
import time
import urllib.parse
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "Sources" / "SpoolGateway" / "Page"
SCHEMAS = HERE.parents[2] / "docs" / "schema"
CSP = "default-src 'self'"
HOSTILE = "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>"
ENDED = ("done", "failed", "cancelled")
REASONS = {
    "exit3": ["Traceback (most recent call last):\n  File \"reco.py\", line 88, in <module>\n    hits = decode(frame)\nValueError: bad magic 0x5f3c", "no beam"],
    "memory": ["over 2.0 GB: the payload had 2.31 GB when it was ended"],
    "wall": ["over 10 m"],
    "exit1": [HOSTILE + " cannot open calibration"],
    "signal11": ["select: segmentation fault\n  in fit_track at track.c:214"],
    "output": ["the output /d/out/f7.root was not there"],
}


def now():
    return int(time.time() * 1000)


def job_name(task, index):
    return f"{task}.{index:08d}"


class Model:
    """What a spool would hold: pages, jobs, pilots, datasets; `turn()` lets time pass."""

    def __init__(self, tasks=0, pilots=4, seed=7):
        self.random = random.Random(seed)
        self.lock = threading.RLock()
        self.pages, self.jobs, self.datasets, self.pilots = {}, {}, {}, {}
        self.events, self.last_id = deque(maxlen=4000), 0
        self.changed = threading.Condition(self.lock)
        self.history, self.keys = [], {}
        self._history()
        self._pilots(pilots)
        if tasks:
            self._tasks(tasks)

    # Events.

    def tell(self, kind, data):
        with self.changed:
            self.last_id += 1
            self.events.append((self.last_id, kind, data))
            self.changed.notify_all()

    def touch(self, name):
        self.tell("task", self.slim(self.pages[name]))

    @staticmethod
    def slim(page):
        return {key: value for key, value in page.items() if key != "request"}

    # Made data.

    def _history(self):
        minute = int(time.time()) // 60 * 60
        level = 300.0
        for at in range(360):
            level = max(20, level + self.random.gauss(0, 18) + (8 if at % 120 < 60 else -8))
            failed = max(0, int(self.random.gauss(-4, 6))) + (40 if 210 < at < 222 else 0)
            self.history.append([minute - (359 - at) * 60, int(level), failed])

    def _pilots(self, number):
        for at in range(number):
            host = f"node{at // 4 + 1:03d}" if number > 8 else f"node0{at + 1}"
            name = f"{host}-{self.random.getrandbits(32):08x}"
            cpus = self.random.choice([8, 16, 16, 32]) if number > 8 else 4
            state = "running"
            if number > 8:
                state = "quarantine" if at % 97 == 13 else "lost" if at % 211 == 50 else "drain" if at % 61 == 7 else "running"
            pilot = {
                "format": 1, "pilot": name, "host": host, "version": "0.1.0", "counter": 3, "started": now() - 86400000,
                "state": {"quarantine": "quarantined", "drain": "draining"}.get(state, "active"), "queues": ["cpu"],
                "tags": ["avx2"] if at % 3 else ["avx2", "ssd"], "cpus": cpus, "memory": cpus * 4 * 10**9, "gpus": 0,
                "free": {"cpus": cpus, "memory": cpus * 4 * 10**9, "gpus": 0}, "jobs": 0,
                "process": {"pid": 4000 + at, "start": "500622", "boot": "e87f33d8", "namespace": "4026531836"},
            }
            if state == "quarantine":
                pilot["reason"] = "9 of the last 10 jobs failed to start " + (HOSTILE if at == 13 else "(spawn)")
            self.pilots[name] = {"pilot": pilot, "heartbeatAge": 95000 if state == "lost" else self.random.randrange(200, 5000), "state": state, "jobs": []}

    def page(self, name, total, **more):
        return {
            "format": 1, "kind": "summary", "task": name, "state": "active",
            "jobs": {"total": total, "done": 0, "failed": 0, "open": False, "ready": 0, "running": 0, "retrying": 0},
            "attempts": 0, "failedAttempts": {}, "failures": {}, "report": {}, "cpu": 0.0, "runTime": 0.0, "peakMemory": 0,
            "outputs": {"files": 0, "bytes": 0}, "accepted": now(), "priority": 5, "queue": "cpu",
            "resources": {"cpus": 1, "gpus": 0, "memory": 2 * 10**9, "wall": 600, "tags": []}, "owner": 1001, "incarnation": "9c1f",
            "request": {"kind": "task", "name": name, "input": {"count": total}, "command": ["reco", "{input}", "{output}"],
                        "outputs": [{"path": "/d/reco/{stem}.root"}]}, **more}

    def _tasks(self, number):
        r = self.random
        states = ["done"] * 70 + ["failed"] * 9 + ["cancelled"] * 3 + ["active"] * 10 + ["waiting"] * 5 + ["held"] * 3
        kinds = ["reco", "select", "sim", "calib", "skim", "hist"]
        start, made, run = now(), 0, 1000
        while made < number:
            age = int((made / number) ** 2 * 30 * 86400000) + made * 900
            if made % 40 == 3:
                made += self._chain(f"run{run}", start - age - (r.randrange(1200000, 5400000) if made < 300 else 0), "active" if made < 300 else r.choice(["done", "done", "failed"]))
                run += 1
                continue
            state = r.choice(states) if made > 60 else r.choice(["active", "active", "waiting", "held", "done", "failed"])
            name = f"{r.choice(kinds)}.{run}.{made:05d}"
            self._filled(name, state, int(10 ** r.uniform(0.5, 4.6)), start - age)
            made += 1
        self._spread()

    def _filled(self, name, state, total, accepted, chain=None, share=None, events=None):
        r = self.random
        page = self.page(name, total, owner=r.choice([1001, 1002, 1017]), priority=r.randrange(3, 8))
        page.update(state=state, accepted=accepted, started=accepted + 2000)
        if chain:
            page["chain"] = chain
        jobs = page["jobs"]
        share = share if share is not None else 1 if state in ENDED else 0 if state == "waiting" else r.uniform(0.02, 0.95)
        ended = int(total * share)
        bad = min(ended, int(ended * r.choice([0, 0, 0, 0.002, 0.02, 0.1]))) if state != "done" else 0
        if state == "failed":
            bad = max(1, bad)
        jobs.update(done=ended - bad, failed=bad)
        if state in ENDED:
            for key in ("open", "ready", "running", "retrying"):
                del jobs[key]
            page["ended"] = min(now() - 1000, accepted + int(total * 900))
            if state == "failed":
                page["reason"] = f"{bad} failed jobs; maxFailedJobs is 0"
        elif state == "active":
            left = total - ended
            jobs["running"] = min(left, r.randrange(1, 40))
            jobs["ready"] = min(left - jobs["running"], r.randrange(0, 60))
            page["started"] = now() - int(ended * 400) - 5000
        elif state == "waiting":
            page.update(waitsFor=f"{name}.raw", waitsSince=accepted, waits=[f"the dataset {name}.raw is not there yet; it is waited for until it comes, 1 h at most"])
        elif state == "held":
            page["waits"] = ["held by uid 1001: spool release lets it go on"]
        if bad:
            cause = r.choice(list(REASONS))
            page["failures"], page["failedAttempts"] = {cause: bad}, {cause: bad * 3}
            page["failedJobs"] = [job_name(name, at) for at in range(min(bad, 100))]
        page["attempts"] = ended + 2 * bad
        page["runTime"] = ended * r.uniform(1, 40)
        page["cpu"] = page["runTime"] * r.uniform(0.5, 0.98)
        page["peakMemory"] = r.randrange(10**8, 2 * 10**9)
        page["outputs"] = {"files": jobs["done"], "bytes": jobs["done"] * r.randrange(10**6, 10**9)}
        if events:
            page["report"] = {"eventsIn": int(events[0] * share), "eventsOut": int(events[1] * share)}
        self.pages[name] = page
        return page

    def _chain(self, name, accepted, state):
        total, events, steps = self.random.randrange(200, 4000), 0, []
        events = total * 1000
        for at, (step, keep) in enumerate([("decode", 1), ("reconstruct", 0.92), ("select", 0.024), ("merge", 1)]):
            share = 1 if state in ENDED else max(0, 0.82 - at * 0.2)
            number = total if step != "merge" else 1
            step_state = state if state in ENDED and at == 3 else "done" if state in ENDED else "active" if step != "merge" else "waiting"
            page = self._filled(f"{name}.{step}", step_state, number, accepted + at, name, share if step != "merge" else (1 if state in ENDED else 0), (events, events * keep))
            if at == 3 and step_state == "waiting":
                page["waits"] = [f"waits until {name}.select has ended: it merges all of its files"]
                page.pop("waitsFor", None)
            events = int(events * keep)
            steps.append(self._step(page, step))
        raw = f"{name}.raw"
        self.datasets[raw] = {"format": 1, "kind": "dataset-summary", "dataset": raw, "state": "closed" if state in ENDED else "open", "files": total, "bytes": total * 2 * 10**9, "producers": [], "consumers": [{"task": f"{name}.decode", "state": steps[0]["state"]}],
                              "watches": [{"directory": f"/d/buffer/{name}", "pattern": "*.raw", "closeOn": "run.end", "files": total, "pending": 1}]}
        request = {"kind": "chain", "name": name, "input": raw, "steps": [
            {"name": s, "command": [s, "{input}", "{output}", "--report", "{report}"], "outputs": [{"path": "/d/" + s + "/{stem}"}]} for s in ("decode", "reconstruct", "select", "merge")]}
        self._chain_page(name, state, steps, accepted, request)
        return 5

    @staticmethod
    def _step(page, name):
        keys = ("task", "state", "reason", "waitsFor", "jobs", "attempts", "failedAttempts", "report", "cpu", "runTime", "peakMemory", "outputs", "started", "ended")
        step = {"name": name, **{key: page[key] for key in keys if key in page}}
        if page.get("failedJobs"):
            step["failedJobs"] = [{"job": job, "input": f"/d/raw/{HOSTILE if at == 0 else 'f%d' % at}.raw".replace("/script", "script")} for at, job in enumerate(page["failedJobs"][:5])]
        return step

    def _chain_page(self, name, state, steps, accepted, request, **more):
        jobs = {key: sum(step["jobs"].get(key, 0) for step in steps) for key in ("total", "done", "failed", "ready", "running", "retrying")}
        jobs["open"] = state not in ENDED
        if state in ENDED:
            jobs = {key: jobs[key] for key in ("total", "done", "failed")}
        page = {"format": 1, "kind": "chain-summary", "chain": name, "state": state, "jobs": jobs, "steps": steps, "cpu": sum(step["cpu"] for step in steps),
                "accepted": accepted, "started": accepted + 1000, "owner": 1001, "incarnation": "9c1f", "request": request, **more}
        first, last = steps[0]["report"], steps[-1]["report"]
        if first.get("eventsIn"):
            page["eventsIn"] = first["eventsIn"]
            page["eventsOut"] = last.get("eventsOut", 0)
            if last.get("eventsOut"):
                page["suppression"] = first["eventsIn"] / last["eventsOut"]
        if state in ENDED:
            page["ended"] = now() - 5000 if accepted > now() - 100000 else accepted + 3600000
        self.pages[name] = page

    def _spread(self):
        """Gives the pilots jobs of the active tasks."""
        active = [page for page in self.pages.values() if page.get("task") and page["state"] == "active"]
        if not active:
            return
        weights = [1 / (at + 1) for at in range(len(active))]
        for one in self.pilots.values():
            self._fill_pilot(one, active, weights)

    def _fill_pilot(self, one, active, weights):
        pilot = one["pilot"]
        if one["state"] in ("quarantine", "lost"):
            return
        want = int(pilot["cpus"] * self.random.choice([1, 1, 1, 0.75, 0.5]))
        one["jobs"] = [job_name(task["task"], self.random.randrange(max(1, task["jobs"]["total"]))) + ".a1" for task in self.random.choices(active, weights, k=want)]
        pilot["jobs"] = len(one["jobs"])
        pilot["free"] = {"cpus": pilot["cpus"] - want, "memory": (pilot["cpus"] - want) * 4 * 10**9, "gpus": 0}

    # Time passes.

    def turn(self, changes=40):
        """One second of a busy spool: some tasks get on, some pilots change their jobs."""
        with self.lock:
            active = [page for page in self.pages.values() if page.get("task") and page["state"] == "active" and page["task"] not in self.jobs]
            for page in self.random.sample(active, min(changes, len(active))):
                jobs = page["jobs"]
                step = min(jobs["total"] - jobs["done"] - jobs["failed"], self.random.randrange(1, 12))
                jobs["done"] += step
                jobs["running"] = min(jobs["running"], jobs["total"] - jobs["done"] - jobs["failed"])
                page["outputs"]["files"] += step
                self.touch(page["task"])
                self._follow(page)
            if len(self.pilots) > 8 and active:
                weights = [1 / (at + 1) for at in range(len(active))]
                for one in self.random.sample(list(self.pilots.values()), min(changes, len(self.pilots))):
                    self._fill_pilot(one, active, weights)
                    self.tell("pilot", one)
            self.work()
            self.tell("summary", {key: value for key, value in self.summary().items()})

    def _follow(self, page):
        chain = self.pages.get(page.get("chain", ""))
        if not chain:
            return
        steps = [self._step(self.pages[step["task"]], step["name"]) for step in chain["steps"]]
        states = [step["state"] for step in steps]
        state = "failed" if all(s in ENDED for s in states) and "failed" in states else "done" if all(s in ENDED for s in states) else chain["state"] if chain["state"] == "held" else "active"
        self._chain_page(chain["chain"], state, steps, chain["accepted"], chain["request"])
        self.touch(chain["chain"])

    # Tasks of the stories: their jobs run on the pilots, one turn each.

    def work(self):
        for name, jobs in list(self.jobs.items()):
            page = self.pages.get(name)
            if not page or page["state"] != "active":
                continue
            moved = False
            for job in jobs[:]:
                if job["state"] == "running":
                    self._end(page, job)
                    moved = True
            before = self._before(page)
            free = max(0, 8 - sum(job["state"] == "running" for jobs_ in self.jobs.values() for job in jobs_))
            for at, job in enumerate(jobs):
                if free and job["state"] in ("ready", "waiting") and (before is None or before > at):
                    job.update(state="running", pilot=self.random.choice(list(self.pilots)), started=now())
                    free -= 1
                    moved = True
            if moved:
                self._count(page)

    def _before(self, page):
        """How many jobs of the step before have ended, or None without one; a merge waits for all."""
        chain = self.pages.get(page.get("chain", ""))
        if not chain:
            return None
        names = [step["task"] for step in chain["steps"]]
        at = names.index(page["task"])
        if not at:
            return None
        earlier = self.jobs[names[at - 1]]
        ended = sum(job["state"] in ("done", "failed") for job in earlier)
        if page["request"].get("filesPerJob") == "all":
            return 1 if ended == len(earlier) else 0
        return ended

    def _end(self, page, job):
        name, words = page["task"], " ".join(page["request"]["command"])
        job["attempts"] += 1
        bad = "fail" in words and job["index"] % 3 == 1 and not page.get("mended")
        final = bad and job["attempts"] >= 2
        line = {"job": job_name(name, job["index"]), "attempt": job["attempts"], "outcome": "exit3" if bad else "ok", "pilot": job["pilot"],
                "host": self.pilots[job["pilot"]]["pilot"]["host"], "started": job["started"], "ended": now(), "exit": 3 if bad else 0, "class": "payload" if bad else "ok", "cpu": 0.1, "memory": 9000000}
        if bad:
            line.update(cause="exit3", final=final, registered=now(), reason="no beam " + HOSTILE)
            line.update({"position": {"source": 0, "offset": 0, "files": 1, "end": 9}} if final else {"retryAt": now() + 1000})
            page["failedAttempts"]["exit3"] = page["failedAttempts"].get("exit3", 0) + 1
        else:
            line["report"] = {"eventsIn": 1000, "eventsOut": 100}
        job["lines"].append(line)
        job["state"] = "failed" if final else "ready" if bad else "done"
        page["attempts"] += 1
        self.tell("attempt", line)

    def _count(self, page):
        jobs, counts = self.jobs[page["task"]], page["jobs"]
        for key, state in (("done", "done"), ("failed", "failed"), ("running", "running"), ("ready", "ready")):
            counts[key] = sum(job["state"] == state for job in jobs)
        page["outputs"] = {"files": counts["done"], "bytes": counts["done"] * 4096}
        page["report"] = {"eventsIn": counts["done"] * 1000, "eventsOut": counts["done"] * 100}
        page["failures"] = {"exit3": counts["failed"]} if counts["failed"] else {}
        if counts["failed"]:
            page["failedJobs"] = [job_name(page["task"], job["index"]) for job in jobs if job["state"] == "failed"]
        page.setdefault("started", now())
        if counts["done"] + counts["failed"] == counts["total"]:
            page["state"] = "failed" if counts["failed"] else "done"
            page["ended"] = now()
            page["jobs"] = {key: counts[key] for key in ("total", "done", "failed")}
            if counts["failed"]:
                page["reason"] = f"{counts['failed']} failed jobs; maxFailedJobs is 0"
        self.touch(page["task"])
        self._follow(page)

    def accept(self, request):
        """Takes a request for a task, a chain or a dataset."""
        with self.lock:
            name = request["name"]
            if request["kind"] == "dataset":
                files = request.get("files", [])
                self.datasets[name] = {"format": 1, "kind": "dataset-summary", "dataset": name, "state": "closed" if request.get("closed") else "open", "files": len(files), "bytes": 0, "producers": [], "consumers": []}
                return self.tell("dataset", self.datasets[name])
            if request["kind"] == "task":
                self._start(name, request, self._number(request.get("input")))
                return self.touch(name)
            steps, number = [], self._number(request.get("input"))
            for step in request["steps"]:
                number = 1 if step.get("filesPerJob") == "all" else number
                page = self._start(f"{name}.{step['name']}", step, number, chain=name)
                steps.append(self._step(page, step["name"]))
            self._chain_page(name, "active", steps, now(), request)
            for step in steps:
                self.touch(step["task"])
            self.touch(name)

    @staticmethod
    def _number(given):
        if isinstance(given, dict):
            return given.get("count", len(given.get("files", given.get("values", []))))
        return 4

    def _start(self, name, request, number, **more):
        page = self.page(name, number, request=request, started=now(), **more)
        self.pages[name] = page
        self.jobs[name] = [{"index": at, "state": "ready", "attempts": 0, "lines": []} for at in range(number)]
        page["jobs"]["ready"] = number
        return page

    def order(self, name, kind, body):
        with self.lock:
            page = self.pages[name]
            for part in [self.pages[step["task"]] for step in page.get("steps", [])] or [page]:
                self._order(part, kind, body)
            if page.get("steps"):
                if kind in ("hold", "release", "cancel") and page["state"] not in ENDED:
                    page["state"] = {"hold": "held", "release": "active", "cancel": "cancelled"}[kind]
                self._follow(self.pages[page["steps"][0]["task"]])

    def _order(self, page, kind, body):
        if kind == "hold" and page["state"] in ("active", "waiting"):
            page.update(state="held", waits=["held: spool release lets it go on"])
        elif kind == "release" and page["state"] in ("held", "waiting"):
            page["state"] = "active"
            for key in ("waits", "waitsFor", "waitsSince", "lacks"):
                page.pop(key, None)
        elif kind == "cancel" and page["state"] not in ENDED:
            page.update(state="cancelled", ended=now(), reason="cancelled by uid 0")
            page["jobs"] = {key: page["jobs"][key] for key in ("total", "done", "failed")}
        elif kind == "priority":
            page["priority"] = body["priority"]
        elif kind == "limit":
            page["maxRunning"] = body["maxRunning"]
        elif kind == "retry":
            page.update(state="active", mended=True)
            page.pop("ended", None)
            page.pop("reason", None)
            page["jobs"].update(open=False, ready=0, running=0, retrying=0)
            for job in self.jobs.get(page["task"], []):
                if job["state"] == "failed":
                    job["state"] = "ready"
        self.touch(page["task"])

    # Answers.

    def summary(self):
        pages = [page for page in self.pages.values() if page.get("task")]
        tasks, jobs = {}, dict.fromkeys(("waiting", "ready", "running", "done", "failed"), 0)
        for page in pages:
            tasks[page["state"]] = tasks.get(page["state"], 0) + 1
            counts = page["jobs"]
            for key in ("ready", "running", "done", "failed"):
                jobs[key] += counts.get(key, 0)
            if page["state"] not in ENDED:
                jobs["waiting"] += counts["total"] - counts["done"] - counts["failed"] - counts["ready"] - counts["running"]
        slots = sum(one["pilot"]["cpus"] for one in self.pilots.values() if one["state"] != "lost")
        busy = sum(one["pilot"]["cpus"] - one["pilot"]["free"]["cpus"] for one in self.pilots.values())
        return {"spool": "/data/spool", "version": "0.1.0", "watcher": {"state": "alive", "heartbeatAge": 1200}, "queues": {"cpu": {"ready": jobs["ready"], "running": jobs["running"]}, "gpu": {"ready": 12, "running": 8}},
                "tasks": tasks, "jobs": jobs, "pilots": {"alive": sum(one["state"] != "lost" for one in self.pilots.values()), "slots": slots, "busy": busy}, "rate": {"perSecond": self.history[-2][1] / 60}, "history": self.history}

    def job(self, name, index):
        page = self.pages[name]
        document = {"format": 2, "job": job_name(name, index), "incarnation": "9c1f", "attempt": 1, "owner": 1001, "inputs": [{"path": f"/d/raw/f{index}.raw", "size": 2 * 10**9}], "command": ["python3", "/opt/reco/reco.py", f"/d/raw/f{index}.raw", "{output}", "--tag=it's"], "environment": {}, "limits": {"wall": 600, "memory": 2 * 10**9}}
        out = [{"path": f"/d/reco/f{index}.root", "size": 77000000}]
        if name in self.jobs:
            job = self.jobs[name][index]
            running = [{"job": job_name(name, index), "attempt": job["attempts"] + 1, "outcome": "running", "pilot": job["pilot"]}] if job["state"] == "running" else []
            return {"index": index, "state": job["state"], "attempts": job["lines"] + running, "document": document, "inputs": document["inputs"], "outputs": out if job["state"] == "done" else []}
        state = self.state(page, index)
        lines, at, tries = [], page.get("started", page["accepted"]) + index * 50, 3 if state == "failed" else 2 if index % 11 == 5 and state == "done" else 0 if state in ("ready", "waiting") else 1
        cause = next(iter(page["failures"]), "exit3")
        for attempt in range(1, tries + 1):
            bad = state == "failed" or attempt < tries
            took = 20000 + (index * 7919 + attempt * 104729) % 90000
            pilot = list(self.pilots.values())[(index + attempt) % len(self.pilots)]["pilot"]
            if state == "running" and attempt == tries:
                break
            line = {"job": job_name(name, index), "attempt": attempt, "outcome": cause if bad else "ok", "pilot": pilot["pilot"], "host": pilot["host"], "started": at, "ended": at + took, "exit": 3 if bad else 0, "class": "payload" if bad else "ok", "cpu": took / 1100, "memory": 812000000}
            if bad:
                final = state == "failed" and attempt == tries
                line.update(cause=cause, final=final, registered=at + took + 40, reason=REASONS.get(cause, ["it failed"])[0])
                line.update({"position": {"source": 0, "offset": 54, "files": 1, "end": 81}} if final else {"retryAt": at + took + 5000 * attempt * 4})
            else:
                line["report"] = {"eventsIn": 1000, "eventsOut": 41}
            lines.append(line)
            at += took + 5000 * attempt * 4
        extra = {"pilot": next(iter(self.pilots))} if state == "running" else {}
        return {"index": index, "state": state, "attempts": lines, "document": document if state != "waiting" else None, "inputs": document["inputs"], "outputs": out if state == "done" else [], **extra}

    @staticmethod
    def state(page, index):
        jobs = page["jobs"]
        for state in ("failed", "done", "running", "ready"):
            if index < jobs.get(state, 0):
                return state
            index -= jobs.get(state, 0)
        return "waiting"

    def jobs_of(self, name, state, start, limit):
        page, items, index = self.pages[name], [], start
        total = page["jobs"]["total"]
        while index < total and len(items) < limit:
            if name in self.jobs:
                job = self.jobs[name][index]
                item = {"index": index, "state": job["state"], "attempts": job["attempts"]}
                last = job["lines"][-1] if job["lines"] else None
            else:
                now_ = self.state(page, index)
                item, last = {"index": index, "state": now_, "attempts": 3 if now_ == "failed" else 0 if now_ in ("waiting", "ready") else 1}, None
                if now_ in ("done", "failed", "running"):
                    pilots = list(self.pilots)
                    last = {"pilot": pilots[index % len(pilots)], "started": 0, "ended": 20000 + index * 7919 % 90000}
                    if now_ == "failed":
                        cause = next(iter(page["failures"]), "exit3")
                        last.update(cause=cause, reason=REASONS.get(cause, ["it failed"])[index % len(REASONS.get(cause, [0]))])
            if last:
                item.update(pilot=last["pilot"], wallMs=last["ended"] - last["started"])
                if last.get("cause") and item["state"] == "failed":
                    item.update(cause=last["cause"], reason=last["reason"])
            if not state or item["state"] == state:
                items.append(item)
            index += 1
        return {"items": items, "next": str(index) if index < total else None}

    def failures(self, name):
        if name in self.jobs:
            bad = [job for job in self.jobs[name] if job["state"] == "failed"]
            return {"items": [{"cause": "exit3", "reason": bad[0]["lines"][-1]["reason"], "jobs": len(bad), "example": bad[0]["index"]}] if bad else []}
        out = []
        for cause, number in self.pages[name].get("failures", {}).items():
            reasons = REASONS.get(cause, ["it failed"])
            for at, reason in enumerate(reasons[:number]):
                out.append({"cause": cause, "reason": reason, "jobs": number // len(reasons) + (number % len(reasons) if not at else 0) or 1, "example": at})
        return {"items": out}


class Problem(Exception):
    def __init__(self, status, detail, **more):
        super().__init__(detail)
        self.body = {"type": "about:blank", "title": {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 422: "Refused"}.get(status, "Error"), "status": status, "detail": detail, **more}


def components():
    return {path.name.removesuffix(".schema.json"): json.loads(path.read_text()) for path in sorted(SCHEMAS.glob("*.schema.json"))}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fake-gateway"

    def log_message(self, *args):
        pass

    @property
    def model(self):
        return self.server.gateway.model

    def do_GET(self):
        self.handle_one("GET")

    def do_POST(self):
        self.handle_one("POST")

    def do_DELETE(self):
        self.handle_one("DELETE")

    def handle_one(self, method):
        url = urllib.parse.urlsplit(self.path)
        query = {key: value[-1] for key, value in urllib.parse.parse_qs(url.query, keep_blank_values=True).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        gateway = self.server.gateway
        try:
            if gateway.is_down():
                self.close_connection = True
                self.connection.close()
                return
            if not url.path.startswith("/api/v1"):
                return self.page(url.path)
            if gateway.token and self.headers.get("Authorization") != f"Bearer {gateway.token}":
                raise Problem(401, "a token is wanted")
            if method != "GET" and self.headers.get("X-Spool") != "1":
                raise Problem(403, "the header X-Spool is missing")
            for pattern, problem in gateway.refuse:
                if re.search(pattern, f"{method} {url.path}"):
                    raise Problem(*problem)
            parts = [urllib.parse.unquote(part) for part in url.path.removeprefix("/api/v1").strip("/").split("/")]
            self.api(method, parts, query, body)
        except Problem as problem:
            self.json(problem.body, problem.body["status"], "application/problem+json")
        except KeyError as missing:
            self.json(Problem(404, f"there is no {missing}").body, 404, "application/problem+json")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def api(self, method, parts, query, body):
        model = self.model
        with model.lock:
            answer = self.answer(method, parts, query, body)
        if callable(answer):
            answer()
        elif answer is not None:
            self.json(answer, 200)

    def answer(self, method, parts, query, body):
        model = self.model
        match (method, *parts):
            case ("GET", "summary"):
                return model.summary()
            case ("GET", "tasks"):
                return self.tasks(query)
            case ("POST", "tasks" | "datasets"):
                return self.submit(body)
            case ("GET", "tasks", name):
                return model.pages[name]
            case ("GET", "tasks", name, "explain"):
                page = model.pages[name]
                return {"lines": [f"{name} is {page['state']}.", *page.get("waits", []), f"No pilot has room for its jobs: each wants 1 core and 2 GB. {HOSTILE}"]}
            case ("GET", "tasks", name, "outputs"):
                start, total = int(query.get("cursor") or 0), model.pages[name]["outputs"]["files"]
                end = min(total, start + int(query.get("limit", 100)))
                lines = [{"path": f"/d/reco/{HOSTILE.replace('/', '_')}.root" if at == 2 else f"/d/reco/f{at}.root", "size": 77000000 + at, "adler32": "03da0195", "origin": {"job": job_name(name, at), "attempt": 1}, "parents": [f"/d/raw/f{at}.raw"], "report": {"eventsIn": 1000, "eventsOut": 41}} for at in range(start, end)]
                return {"items": lines, "next": str(end) if end < total else None}
            case ("GET", "tasks", name, "failures"):
                return model.failures(name)
            case ("GET", "tasks", name, "jobs"):
                return model.jobs_of(name, query.get("state"), int(query.get("cursor") or 0), int(query.get("limit", 100)))
            case ("GET", "tasks", name, "jobs", index):
                if int(index) >= model.pages[name]["jobs"]["total"]:
                    raise Problem(404, f"{name} has no job {index}")
                return model.job(name, int(index))
            case ("GET", "tasks", name, "jobs", index, "log"):
                return lambda: self.log_of(name, int(index), query)
            case ("DELETE", "tasks", name):
                model.order(name, "cancel", {})
                return {"request": "cancel.json"}
            case ("POST", "tasks", name, kind):
                model.pages[name]
                model.order(name, kind, json.loads(body or b"{}"))
                return {"request": f"{kind}.json"}
            case ("GET", "datasets"):
                return {"items": list(model.datasets.values()), "next": None}
            case ("GET", "datasets", name):
                return model.datasets[name]
            case ("GET", "datasets", name, "files"):
                start, total = int(query.get("cursor") or 0), model.datasets[name]["files"]
                end = min(total, start + int(query.get("limit", 100)))
                return {"items": [{"path": f"/d/raw/f{at}.raw", "size": 2 * 10**9, "origin": {"watch": "/d/buffer"}} for at in range(start, end)], "next": str(end) if end < total else None}
            case ("POST", "datasets", name, "close"):
                model.datasets[name]["state"] = "closed"
                model.tell("dataset", model.datasets[name])
                return {"request": "close.json"}
            case ("GET", "files"):
                return self.file(query.get("path", ""))
            case ("GET", "pilots"):
                return {"items": list(model.pilots.values()), "next": None}
            case ("GET", "pilots", name):
                return model.pilots[name]
            case ("POST", "pilots", name, kind):
                if query:
                    raise Problem(400, "there is no such parameter here; it takes none")
                one = model.pilots[name]
                one["state"], one["pilot"]["state"] = ("drain", "draining") if kind == "drain" else ("running", "active")
                model.tell("pilot", one)
                return {}
            case ("GET", "events"):
                return lambda: self.stream(query.get("task"))
            case ("GET", "openapi.json"):
                return {"openapi": "3.1.0", "info": {"title": "Spool", "version": "1"}, "paths": {}, "components": {"schemas": components()}}
        raise Problem(404, "there is no such address")

    def tasks(self, query):
        pages = self.model.pages
        names = sorted(pages, key=lambda name: -pages[name]["accepted"])
        if query.get("name"):
            names = [name for name in names if query["name"] in name]
        if query.get("state"):
            names = [name for name in names if pages[name]["state"] == query["state"]]
        start, limit = int(query.get("cursor") or 0), int(query.get("limit", 100))
        end = start + limit
        return {"items": [Model.slim(pages[name]) for name in names[start:end]], "next": str(end) if end < len(names) else None}

    def submit(self, body):
        text = body.decode()
        try:
            request = json.loads(text)
        except json.JSONDecodeError as error:
            raise Problem(422, f"line {error.lineno}: not JSON: {error.msg}", line=error.lineno) from None
        key = self.headers.get("Idempotency-Key")
        if key in self.model.keys:
            return {"request": self.model.keys[key]}
        for at, line in enumerate(text.splitlines(), 1):
            if '"/forbidden' in line:
                raise Problem(422, f"line {at}, key \"path\": /forbidden lies outside the data roots", line=at, key="path")
        if request["name"] in self.model.pages and self.model.pages[request["name"]]["request"] != request:
            raise Problem(409, f"line 3, key \"name\": there is a task {request['name']} with other content; choose another name, or forget it", line=3, key="name")
        self.model.accept(request)
        self.model.keys[key] = f"{request['name']}.1.json"
        return {"request": f"{request['name']}.1.json"}

    def file(self, path):
        match = re.match(r"/d/reco/f(\d+)\.root$", path)
        names = [name for name, page in self.model.pages.items() if page.get("task")]
        if match:
            index = int(match[1])
            return {"path": path, "dataset": names[0], "size": 77000000, "adler32": "03da0195", "madeBy": {"task": names[0], "index": index, "attempt": 1}, "parents": [f"/d/raw/f{index}.raw"], "children": [{"task": names[-1], "index": 0}]}
        if path.startswith("/d/raw/"):
            return {"path": path, "dataset": next(iter(self.model.datasets), None), "madeBy": None, "parents": [], "children": [{"task": names[0], "index": 3}]}
        raise Problem(404, f"no dataset holds {path}")

    # Streams.

    def chunked(self, content_type):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        data = data.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def stream(self, task):
        gateway, model = self.server.gateway, self.model
        cut, last = gateway.cuts, self.headers.get("Last-Event-ID")
        gateway.streams.append({"task": task, "last": last})
        self.chunked("text/event-stream")
        with model.lock:
            at = int(last) if last else model.last_id
            oldest = model.events[0][0] if model.events else model.last_id + 1
            if last and at < oldest - 1:
                at = model.last_id
                self.chunk(f"id: {at}\nevent: reset\ndata: {{}}\n\n")
        self.chunk(": here\n\n")
        while gateway.cuts == cut and not gateway.stopped:
            with model.changed:
                model.changed.wait_for(lambda: model.last_id > at or gateway.cuts != cut or gateway.stopped, timeout=10)
                if gateway.cuts != cut:
                    break
                fresh = list(itertools.takewhile(lambda event: event[0] > at, reversed(model.events)))[::-1]
            sent = []
            for number, kind, data in fresh:
                at = number
                name = data.get("task") or data.get("chain") or data.get("job", "").rpartition(".")[0]
                if (task and name != task) or (not task and kind == "attempt"):
                    continue
                sent.append(f"id: {number}\nevent: {kind}\ndata: {json.dumps(data)}\n\n")
            # Something is sent at each turn, so that a stream whose reader has gone ends.
            self.chunk("".join(sent) or ":\n\n")
            time.sleep(0.05)
        self.close_connection = True

    def log_of(self, name, index, query):
        model, attempt = self.model, int(query.get("attempt") or 1)
        job = model.job(name, index)
        if query.get("stream") == "err":
            words = "".join(line.get("reason", "") + "\n" for line in job["attempts"] if line["attempt"] == attempt)
        else:
            words = f"==> {job_name(name, index)} attempt {attempt}\nreco 4.2, built with {HOSTILE}\n" + "".join(f"event {at:6d}  hits {at * 37 % 900:4d}  tracks {at % 17:3d}\n" for at in range(400))
        if query.get("follow") == "true" and job["state"] == "running":
            self.chunked("text/plain; charset=utf-8")
            self.chunk(words)
            for at in range(400, 430):
                if self.server.gateway.stopped or (name in model.jobs and model.job(name, index)["state"] != "running"):
                    break
                time.sleep(0.2)
                self.chunk(f"event {at:6d}  hits {at * 37 % 900:4d}  tracks {at % 17:3d}\n")
            self.wfile.write(b"0\r\n\r\n")
            return
        data = words.encode()
        match = re.match(r"bytes=-(\d+)$", self.headers.get("Range", ""))
        if match and data:
            start = max(0, len(data) - int(match[1]))
            return self.raw(data[start:], 206, "text/plain; charset=utf-8", {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"})
        self.raw(data, 200, "text/plain; charset=utf-8")

    # Bodies.

    def json(self, body, status=200, content_type="application/json"):
        self.raw(json.dumps(body).encode(), status, content_type)

    def raw(self, data, status, content_type, headers=None):
        self.send_response(status)
        for key, value in {"Content-Type": content_type, "Content-Length": len(data), "Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", **(headers or {})}.items():
            self.send_header(key, str(value))
        self.end_headers()
        self.wfile.write(data)

    def page(self, path):
        if path == "/" or path == "/ui" or path.startswith("/ui/"):
            return self.raw((PAGE / "index.html").read_bytes(), 200, "text/html; charset=utf-8")
        name = path.removeprefix("/assets/")
        if path.startswith("/assets/") and "/" not in name and (PAGE / name).is_file():
            kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
            return self.raw((PAGE / name).read_bytes(), 200, kind)
        self.raw(b"not found", 404, "text/plain")


class FakeGateway:
    """The server with its model and the switches of the tests."""

    def __init__(self, port=0, tasks=0, pilots=4, every=1.0, changes=40):
        self.model = Model(tasks, pilots)
        self.cuts, self.stopped, self.refuse, self.token, self.streams, self.until = 0, False, [], None, [], 0
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.gateway = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.tick = threading.Event()
        threading.Thread(target=self._live, args=(every, changes), daemon=True).start()

    def _live(self, every, changes):
        while not self.tick.wait(every):
            self.model.turn(changes)

    def cut(self):
        """Ends every stream, as a restarted gateway does."""
        self.cuts += 1
        with self.model.changed:
            self.model.changed.notify_all()

    def down(self, seconds):
        """Answers nothing for a while."""
        self.until = time.monotonic() + seconds
        self.cut()

    def is_down(self):
        return time.monotonic() < self.until

    def stop(self):
        self.stopped = True
        self.tick.set()
        self.cut()
        self.server.shutdown()
        self.server.server_close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--tasks", type=int, default=10000)
    parser.add_argument("--pilots", type=int, default=1000)
    parser.add_argument("--every", type=float, default=1.0)
    options = parser.parse_args()
    gateway = FakeGateway(options.port, options.tasks, options.pilots, options.every)
    print(f"serving {gateway.url}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
