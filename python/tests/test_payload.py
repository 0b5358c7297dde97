"""What a payload uses, in real jobs and outside of any."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path

import pytest
from conftest import DEADLINE

import spool
from spool import Spool, checkpoint


def test_reports_inputs_and_the_job(live: Spool, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number} x.raw").write_text("")
    script = (
        "import spool, sys\n"
        "job, files = spool.job(), spool.inputs()\n"
        "spool.report(files=len(files)); spool.report(one=True, files=len(spool.inputs(sys.argv[1])))\n"
        "print(job.name, job.cpus, job.ends > 1e9, files)\n"
    )
    task = live.submit(
        name=f"p-{uuid.uuid4().hex[:8]}",
        files=[f"{number} x.raw" for number in range(3)],
        filesPerJob=2,
        command=[sys.executable, "-c", script, "{inputList}"],
        environment={"INPUT_LIST": "{inputList}"},
    )
    assert task.wait(DEADLINE).report == {"files": 3, "one": 2}
    first = [str(tmp_path / f"{number} x.raw") for number in range(2)]
    assert f"{task.name}.00000000 1 True {first}\n" in task.logs(0)


def test_a_job_goes_on_from_what_it_saved(live: Spool, tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from spool import checkpoint\n"
        "state = checkpoint.load(default=[])\n"
        "assert len(state) == checkpoint.resumed()\n"
        "state.append(os.getpid())\n"
        "if len(state) < 3:\n"
        "    assert not checkpoint.due()\n"
        "    os.kill(os.getpid(), signal.SIGUSR1)\n"
        "    assert checkpoint.due()\n"
        "    checkpoint.save(state); checkpoint.leave()\n"
        "open(sys.argv[1], 'w').write(str(len(set(state))))\n"
    )
    task = live.submit(
        name=f"p-{uuid.uuid4().hex[:8]}",
        count=1,
        command=[sys.executable, "-c", script, "{output}"],
        outputs=["sum"],
        checkpoint={"file": "state"},
        retry={"attempts": 1},
    )
    assert task.wait(DEADLINE).done == 1
    assert (tmp_path / "sum").read_text() == "3"
    assert [job.outcome for job in task.jobs()] == ["unfinished", "unfinished", "ok"]


def test_outside_of_a_job_nothing_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("SPOOL_") and name != "SPOOL_BIN"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    assert spool.job() is None
    spool.report(n=1)
    checkpoint.save({"n": 1})
    assert checkpoint.load(default=7) == 7 and not checkpoint.due(1e12) and checkpoint.resumed() == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "3", None, 1 << 63])
def test_a_report_holds_numbers(number: object) -> None:
    with pytest.raises(ValueError, match="report: n must be"):
        spool.report(n=number)


def test_inputs_of_arguments_and_of_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("INPUT_LIST", raising=False)
    (tmp_path / "a").touch()
    monkeypatch.setattr(sys, "argv", ["x", "--option", str(tmp_path / "a"), str(tmp_path / "not-there")])
    assert spool.inputs() == [str(tmp_path / "a")]
    monkeypatch.setattr(sys, "argv", ["x"])
    with pytest.raises(ValueError, match="INPUT_LIST"):
        spool.inputs()
