#!/usr/bin/env python3
"""The gateway before a big spool, which this script makes: answers in time, memory bounded, lists paged.

Usage: big.py SPOOL SPOOL-GATEWAY [JOBS] [TASKS] [PILOTS]

The spool has a task of JOBS jobs that ended, some of them failed, TASKS ended tasks and PILOTS pilots.
Without a watcher nothing of it changes. Times are said, and the worst of them is held to seconds.
"""
import json
import pathlib
import re
import shutil
import signal
import sys
import time
import zlib

from lab import SPOOL, Lab

JOBS, TASKS, PILOTS = [int(word) for word in sys.argv[3:6]] + [1_000_000, 2000, 1000][len(sys.argv[3:6]):]


def seal(body):
    """A document whose last brace is missing, with its checksum: of all bytes before the key."""
    return f'{body},"crc32":"{zlib.crc32(body.encode()):08x}"}}'


def unsealed(text):
    """A document without its checksum and its last brace."""
    body, found, rest = text.rpartition(',"crc32":')
    assert found and seal(body) == text.strip(), "the seal is another: " + text
    return body


def make(lab):
    """Makes the big spool from a small one, whose files it copies under other names."""
    spool = pathlib.Path(lab.spool)
    lab.run(SPOOL, "submit", "--name", "model", "--count", "2", "--wait", "--", "true")
    lab.run(SPOOL, "submit", "--name", "faulty", "--count", "1", "--attempts", "1", "--wait", "--", "false", check=False)
    pilot = next(spool.glob("running/*/pilot.json")).parent
    heart = unsealed((pilot / "pilot.json").read_text())
    lab.up.send_signal(signal.SIGTERM)
    lab.up.wait(60)
    page = unsealed((spool / "done/model.json").read_text())
    good = (spool / "ledger/model.jsonl").read_text().splitlines()[1]
    bad = (spool / "ledger/faulty.jsonl").read_text().splitlines()[1]
    for number in range(TASKS):
        name = f"ended{number:05d}"
        (spool / f"done/{name}.json").write_text(seal(page.replace('"model"', f'"{name}"')))
    (spool / "done/million.json").write_text(seal(page.replace('"model"', '"million"').replace(
        '"total":2,"done":2', f'"total":{JOBS},"done":{JOBS}')))
    with open(spool / "ledger/million.jsonl", "w") as ledger:
        ledger.write(seal('{"format":2,"kind":"ledger","name":"million"') + "\n")
        good, bad = (unsealed(line).replace('"model.', '"million.').replace('"faulty.', '"million.') for line in (good, bad))
        for number in range(JOBS):
            line = bad if number % 100 == 7 else good
            ledger.write(seal(re.sub(r"million\.\d{8}", f"million.{number:08d}", line, count=1)) + "\n")
    for number in range(PILOTS):
        name = f"node{number:04d}-{number:08x}"
        directory = spool / "running" / name
        directory.mkdir()
        (directory / "pilot.json").write_text(seal(heart.replace(pilot.name, name)))


def main():
    lab = Lab("--rate", "100000")
    lab.gateway.terminate()
    lab.gateway.wait()
    begin = time.monotonic()
    make(lab)
    print(f"a spool with {JOBS} jobs, {TASKS} tasks, {PILOTS} pilots: made in {time.monotonic() - begin:.0f} s")
    begin = time.monotonic()
    lab.start_gateway()
    print(f"the gateway stands after {time.monotonic() - begin:.2f} s")
    worst = 0.0

    def ask(what, path):
        nonlocal worst
        begin = time.monotonic()
        answer = json.loads(lab.get("/api/v1" + path))
        taken = time.monotonic() - begin
        worst = max(worst, taken)
        print(f"{taken * 1000:8.1f} ms  {what}")
        return answer

    for again in ("", ", again"):
        ask("the summary" + again, "/summary")
        assert ask("the first page of tasks" + again, "/tasks?limit=50")["next"]
        assert ask("the first page of pilots" + again, "/pilots?limit=50")["next"]
        assert ask("the task's page" + again, "/tasks/million")["jobs"]["total"] == JOBS
        jobs = ask("the first page of its jobs" + again, "/tasks/million/jobs?limit=50")
        assert len(jobs["items"]) == 50 and jobs["next"]
        job = ask("a job in the middle" + again, f"/tasks/million/jobs/{JOBS // 2}")
        assert len(job["attempts"]) == 1 and job["state"] == "done"
        failed = ask("the first page of failed jobs" + again, "/tasks/million/jobs?state=failed&limit=50")
        assert [item["index"] for item in failed["items"][:2]] == [7, 107] and failed["next"]
        failures = ask("the failures by cause" + again, "/tasks/million/failures")
        assert sum(group["jobs"] for group in failures["items"]) == len(range(7, JOBS, 100))
    seen, cursor, begin = 0, "", time.monotonic()
    while cursor is not None:
        page = json.loads(lab.get(f"/api/v1/tasks?limit=500{cursor}"))
        seen += len(page["items"])
        cursor = f"&cursor={page['next']}" if page.get("next") else None
    assert seen >= TASKS
    print(f"all {seen} tasks in pages of 500: {time.monotonic() - begin:.2f} s")
    status = pathlib.Path(f"/proc/{lab.gateway.pid}/status").read_text()
    memory = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
    print(f"memory at most: {memory:.0f} MB")
    assert worst < 60 and memory < 500, "the gateway reads or holds too much"
    lab.gateway.terminate()
    assert lab.gateway.wait(30) == 0
    shutil.rmtree(lab.directory)


main()
