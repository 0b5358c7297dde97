"""Spools, tasks, datasets: what is asked of them, and what they say."""

from __future__ import annotations

import json
import os
import signal
import uuid
from pathlib import Path
from typing import Any

import pandas
import pytest
from conftest import Site, until

import spool
from spool import Spool, _files


def new_name() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def test_path_without_a_spool(tmp_path: Path) -> None:
    with pytest.raises(spool.NotASpool, match="no spool at .*spool init"):
        Spool(tmp_path)


def test_the_path_is_that_of_the_environment(live: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOOL_DIR", live.path)
    assert Spool().path == live.path


def test_a_task_from_drop_to_records(live: Spool, tmp_path: Path) -> None:
    name = new_name()
    task = live.submit(
        name=name,
        count=3,
        command=[
            "sh",
            "-c",
            'echo job {index}; echo {index} >"$1"; echo \'{{"n":2}\' >"$2"',
            "sh",
            "{output}",
            "{report}",
        ],
        outputs=["out/{index}.txt"],
        memory="100MB",
    )
    record = task.wait(60)
    assert (record.state, record.total, record.done, record.failed) == ("done", 3, 3, 0)
    assert record.report == {"n": 6} and record.kind == "task" and record.has_ended
    assert record.accepted is not None and record.ended is not None and record.accepted < record.ended
    assert [(tmp_path / f"out/{n}.txt").read_text() for n in range(3)] == ["0\n", "1\n", "2\n"]

    frame = pandas.DataFrame(task.jobs())
    assert sorted(frame["index"]) == [0, 1, 2] and list(frame.outcome) == ["ok"] * 3
    assert (frame.time >= 0).all() and frame.memory.sum() > 0 and str(frame.started.dtype).startswith("datetime64")
    files = pandas.DataFrame(live.dataset(name).files())
    assert sorted(files.path) == [str(tmp_path / f"out/{n}.txt") for n in range(3)]
    assert files["size"].sum() == 6 and set(files.job) == {f"{name}.{n:08d}" for n in range(3)}
    assert task.logs(1).endswith("job 1\n") and "job 2" not in task.logs(1)
    assert all(f"job {n}\n" in task.logs() for n in range(3))
    assert name in set(pandas.DataFrame(live.tasks()).name)
    assert live.dataset(name).record().producers == [name]
    assert name in [entry.name for entry in live.datasets()]


def test_the_same_request_again_is_the_same_task(live: Spool) -> None:
    request = {"kind": "task", "name": new_name(), "input": {"count": 1}, "command": ["true"]}
    assert live.submit(request).wait(60).state == live.submit(request).wait(60).state == "done"
    with pytest.raises(spool.Refused, match="already"):
        live.submit({**request, "command": ["false"]})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inputs": 3}, 'unknown key; did you mean "input"'),
        ({"memory": "lots"}, 'key "resources.memory": expected a size'),
        ({"name": "a/b"}, 'key "name"'),
        ({"outputs": ["../x"]}, '".." in'),
        ({"outputs": ["root:x"]}, '"root:" is reserved'),
        ({"directory": ""}, "directory"),
    ],
)
def test_a_refusal_has_the_words_of_the_watcher(live: Spool, change: dict[str, Any], words: str) -> None:
    request: dict[str, Any] = {"name": new_name(), "count": 1, "command": ["true"], **change}
    with pytest.raises(spool.Refused) as refused:
        live.submit(request)
    assert words in refused.value.reason
    assert Path(refused.value.request + ".reason").read_text().strip() == str(refused.value)
    assert Path(refused.value.request).exists()


@pytest.mark.parametrize("request_", [{}, {"name": "x", "kind": "dataset"}, {"kind": "cancel", "task": "x"}])
def test_what_is_no_task_is_told_at_once(live: Spool, request_: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"needs a name|takes a task or a chain"):
        live.submit(request_)


@pytest.mark.parametrize("value", [float("nan"), object(), b"bytes"])
def test_what_json_does_not_know_is_told_at_once(live: Spool, value: object) -> None:
    before = sorted(os.listdir(live.at("incoming")))
    with pytest.raises(ValueError, match="cannot be written as JSON"):
        live.submit(name=new_name(), count=1, command=["true"], meta={"x": value})
    assert sorted(os.listdir(live.at("incoming"))) == before


def test_relative_paths_are_those_of_the_directory(
    live: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "a{b} c"
    here.mkdir()
    monkeypatch.chdir(here)
    (here / "in.txt").write_text("hello")
    task = live.submit(
        name=new_name(),
        files=[Path("in.txt")],
        command=["sh", "-c", 'pwd; cp "$0" "$1"; cp "$0" "$2"', "{input}", "{output:a}", "{output:b}"],
        directory=".",
        outputs=[{"path": "./{stem}.out", "name": "a"}, {"path": "{dir}/{stem}.beside", "name": "b"}],
    )
    task.wait(60)
    assert (here / "in.out").read_text() == (here / "in.beside").read_text() == "hello"
    assert f"{here}\n" in task.logs(0)


def test_a_chain_has_steps_and_the_jobs_of_all(live: Spool, tmp_path: Path) -> None:
    name = new_name()
    for number in range(2):
        (tmp_path / f"{number}.raw").write_text(str(number))
    live.dataset(f"{name}.raw").add(["0.raw", {"path": "1.raw", "size": 1, "meta": {"run": 7}}], closed=True)
    chain = live.submit(
        name=name,
        input=f"{name}.raw",
        steps=[
            {"name": "copy", "command": ["cp", "{input}", "{output}"], "outputs": ["{stem}.copy"]},
            {"name": "merge", "filesPerJob": "all", "command": ["sh", "-c", 'cat "$@" >"$0"', "{output}", "{inputs}"],
             "outputs": ["merged"]},
        ],
    )  # fmt: skip
    record = chain.wait(60)
    assert (record.kind, record.done, record.attempts) == ("chain", 3, 3)
    assert [(step.name, step.done) for step in chain.steps()] == [(f"{name}.copy", 2), (f"{name}.merge", 1)]
    assert sorted(job.task for job in chain.jobs()) == [f"{name}.copy"] * 2 + [f"{name}.merge"]
    assert sorted((tmp_path / "merged").read_text()) == ["0", "1"]
    raw = live.dataset(f"{name}.raw").files()
    assert [file.meta for file in raw] == [{}, {"run": 7}] and all(file.manifest for file in raw)
    (merged,) = live.dataset(f"{name}.merge").files()
    assert merged.job == f"{name}.merge.00000000" and len(merged.parents) == 2
    live.dataset(f"{name}.copy").delete()
    until(lambda: live.dataset(f"{name}.copy").record().state == "deleted", "deletion")
    assert not (tmp_path / "0.copy").exists() and (tmp_path / "0.raw").exists()


def test_a_dataset_closes_and_refuses(live: Spool, tmp_path: Path) -> None:
    data = live.dataset(new_name()).add(["a", tmp_path / "b"])
    assert data.record().state == "open"
    with pytest.raises(spool.Refused, match="a"):
        data.add(["a"])
    data.close()
    until(lambda: data.record().state == "closed", "the close")
    assert [file.path for file in data.files()] == [str(tmp_path / "a"), str(tmp_path / "b")]
    with pytest.raises(spool.NotFound, match=f"did you mean {data.name}"):
        live.dataset(data.name + "x").files()


def test_a_failure_is_told_and_tried_again(live: Spool, tmp_path: Path) -> None:
    task = live.submit(
        name=new_name(),
        count=2,
        command=["sh", "-c", "test {index} = 0 || test -e good || {{ echo no good >&2; exit 3; }"],
        directory=tmp_path,
        retry={"attempts": 1},
    )
    with pytest.raises(spool.TaskFailed, match="1 failed jobs") as failed:
        task.wait(60)
    assert failed.value.state == "failed" and str(failed.value.reason) in str(failed.value)
    assert task.wait(check=False).failed == 1
    (job,) = task.jobs(failed=True)
    assert (job.index, job.outcome, job.exit, job.final, job.ok) == (1, "exit3", 3, True, False)
    assert job.reason is not None and "no good" in job.reason
    assert "no good" in task.logs(failed=True)
    (tmp_path / "good").touch()
    task.retry(failed_only=True)
    assert task.wait(60).done == 2
    assert [job.attempt for job in task.jobs() if job.index == 1] == [1, 2]


def test_orders_and_what_they_do(live: Spool, tmp_path: Path) -> None:
    task = live.submit(
        name=new_name(), count=6, command=["sh", "-c", "echo begun; while ! test -e go; do sleep 0.05; done"],
        directory=tmp_path,
    )  # fmt: skip
    try:
        give_orders(task)
    finally:
        (tmp_path / "go").touch()
    task.forget()
    with pytest.raises(spool.NotFound, match="no task"):
        task.record()


def give_orders(task: spool.Task) -> None:
    until(lambda: task.record().running == 2, "two jobs at work")
    outcomes = [job.outcome for job in task.jobs()]
    assert sorted(outcomes) == ["ready"] * 4 + ["running"] * 2
    assert all(job.pilot for job in task.jobs() if job.outcome == "running")
    until(lambda: "begun" in task.logs(), "what a running job prints")
    task.limit(1)
    assert task.page()["maxRunning"] == 1
    task.limit(None)
    assert "maxRunning" not in task.page()
    task.priority(2)
    assert task.page()["priority"] == 2
    task.hold()
    assert task.state == "held"
    task.release()
    assert task.state == "active"
    with pytest.raises(spool.Refused, match="is in work .active.: cancel it first"):
        task.forget()
    with pytest.raises(spool.Refused, match="priority"):
        task.priority(12)
    task.cancel()
    with pytest.raises(spool.TaskCancelled):
        task.wait(60)


def test_an_order_about_nothing(live: Spool) -> None:
    name = live.submit(name=new_name(), count=1, command=["true"]).name
    with pytest.raises(spool.NotFound, match=f"did you mean {name}"):
        live.cancel(name + "x")
    with pytest.raises(spool.NotFound):
        live.task("nobody").jobs()


def test_done_again_replaces_files(live: Spool, tmp_path: Path) -> None:
    name = new_name()
    (tmp_path / "a").write_text("1")
    task = live.submit(name=name, count=2, command=["sh", "-c", 'cat a >"$1"', "sh", "{output}"], directory=".",
                       outputs=["{index}.out"])  # fmt: skip
    task.wait(60)
    (tmp_path / "a").write_text("22")
    task.retry(even_done=True, jobs="1")
    task.wait(60)
    assert [(file.attempt, file.size) for file in sorted(live.dataset(name).files(), key=lambda f: f.path)] == [
        (1, 1),
        (2, 2),
    ]


def test_a_pilot_is_told(live: Spool) -> None:
    (pilot,) = live.pilots()
    assert (pilot.state, pilot.cpus, pilot.memory, pilot.queues) == ("active", 2, 8_000_000_000, ["cpu"])
    assert pilot.age is not None and pilot.age < 60 and pilot.started is not None
    assert len(pandas.DataFrame([pilot])) == 1
    watcher = live.watcher()
    assert watcher.alive and not watcher.warning and watcher.host
    assert "watcher" in live.status().lower()


def test_nothing_goes_on_without_a_watcher(site: Site) -> None:
    never = site.spool.watcher()
    assert (never.alive, never.age) == (False, None) and "spool up" in never.warning
    with pytest.warns(spool.NoWatcherWarning, match="lies in incoming/ until a watcher comes"):
        task = site.spool.submit(name="early", count=1, command=["true"])
    with pytest.warns(spool.NoWatcherWarning, match="no watcher"), pytest.raises(spool.WaitTimeout, match="no watcher"):
        task.wait(0.1)
    with pytest.raises(spool.NoAnswer, match="not done yet"):
        task.cancel()
    watcher = site.start("watch")
    # The order to cancel was there, too, so how it ends is not for this test to say.
    assert task.wait(60, check=False).has_ended
    site.stop(watcher, signal.SIGKILL)
    assert "it died on" in site.spool.watcher().warning
    site.stop(site.start("watch"))
    assert "it was stopped" in site.spool.watcher().warning


def test_a_watcher_that_hangs_gives_no_answer(site: Site) -> None:
    watcher = site.start("watch")
    watcher.send_signal(signal.SIGSTOP)
    with pytest.raises(spool.NoAnswer, match="has not answered within 0.2 s"):
        site.spool.submit(name="late", count=1, command=["true"], timeout=0.2)
    until(lambda: "is stopped or hangs" in site.spool.watcher().warning, "silence")
    watcher.send_signal(signal.SIGCONT)
    with pytest.raises(spool.WaitTimeout, match="there is no pilot"):
        until(lambda: site.spool.watcher().alive and site.spool._page("late"), "the page")
        site.spool.task("late").wait(1)


def test_jobs_in_lanes_of_ready_are_found(site: Site) -> None:
    watcher = site.start("watch")
    task = site.spool.submit(name="laned", count=3, command=["true"])
    ready = site.path / "ready-cpu"
    until(lambda: len(list(ready.glob("p*"))) == 3, "three jobs in ready")
    site.stop(watcher)
    (ready / "@07").mkdir()
    for file in list(ready.glob("p*"))[:2]:
        file.rename(ready / "@07" / file.name)
    assert [job.outcome for job in task.jobs()] == ["ready"] * 3
    # The next watcher finds them, too, and a pilot does.
    site.start()
    assert task.wait(60).done == 3
    assert all(job.attempt == 1 for job in task.jobs())


def test_a_packed_task_is_read_from_the_archive(site: Site) -> None:
    site.configure(packAfter="1ms")
    site.start()
    task = site.spool.submit(name="old", count=2, command=["echo", "number {index}"])
    chain = site.spool.submit(
        name="chain", input={"count": 1}, steps=[{"name": "one.two", "command": ["echo", "step"]}]
    )
    until(lambda: (site.path / "archive/old").exists() and not (site.path / "done/old.json").exists(), "the archive")
    until(lambda: (site.path / "archive/chain").exists(), "the archive of the chain")
    assert task.page()["packed"] and task.wait(1).done == 2
    assert [job.outcome for job in task.jobs()] == ["ok", "ok"]
    assert task.logs(1).endswith("number 1\n") and "number 0" in task.logs()
    assert chain.logs().endswith("step\n") and len(site.spool.task("chain.one.two").jobs()) == 1
    assert not [entry for entry in site.spool.tasks() if entry.name == "old"]
    assert [entry.name for entry in site.spool.tasks(packed=True) if entry.name == "old"] == ["old"]


def test_wait_tells_a_refusal_and_an_absence(live: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spool._task.ABSENCE", 0.2)
    name = new_name()
    Path(live.at("incoming", f"{name}.json")).write_text('{"kind": "task"}')
    until(lambda: Path(live.at("failed/@refused", f"{name}.json")).exists(), "the refusal")
    with pytest.raises(spool.Refused, match="name"):
        live.task(name).wait(10)
    with pytest.raises(spool.NotFound):
        live.task(new_name()).wait(10)


def test_a_request_is_whole_and_readable(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        file = _files.drop(str(tmp_path), "x", {"kind": "task"})
    finally:
        os.umask(before)
    assert os.listdir(tmp_path) == [file] and (tmp_path / file).stat().st_mode & 0o444 == 0o444
    assert json.loads((tmp_path / file).read_text()) == {"kind": "task"}
    assert len({_files.drop(str(tmp_path), "x", {}) for _ in range(50)}) == 50


def test_what_is_damaged_is_not_believed(live: Spool, tmp_path: Path) -> None:
    task = live.submit(name=new_name(), count=1, command=["true"])
    task.wait(60)
    page = Path(live.at("done", f"{task.name}.json")).read_bytes()
    assert _files.is_intact(page) and not _files.is_intact(page.replace(b'"done":1', b'"done":2'))
    assert _files.parse(page[:-3]) is None and _files.parse(b"[1]") is None and _files.parse(b'{"a":1}') == {"a": 1}
    ledger = Path(live.at("ledger", f"{task.name}.jsonl")).read_bytes()
    copy = tmp_path / "ledger"
    lines = _files.Lines(str(copy))
    assert list(lines.new()) == []
    copy.write_bytes(ledger[:-10])
    assert len(list(lines.new())) == 1
    copy.write_bytes(ledger.replace(b'"outcome":"ok"', b'"outcome":"no"'))
    assert list(lines.new()) == [] and len(list(_files.all_lines(str(copy)))) == 1
    copy.write_bytes(ledger)
    assert [line["outcome"] for line in lines.new()] == ["ok"] and list(lines.new()) == []
