"""The executor: calls, what they return and raise, and all that can go wrong on the way."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import calls
import pytest
from conftest import DEADLINE, Site, until

import spool
from spool import Executor, Spool


@pytest.fixture
def executor(live: Spool) -> Iterator[Executor]:
    executor = Executor(live, f"e-{uuid.uuid4().hex[:8]}")
    yield executor
    executor.shutdown(cancel_futures=True)


def test_a_map_keeps_the_order(executor: Executor) -> None:
    assert list(executor.map(calls.square, range(7), chunksize=3)) == [n * n for n in range(7)]
    assert list(executor.map(pow, [2, 3], [5, 2], timeout=DEADLINE)) == [32, 9]
    assert list(executor.map(calls.square, [])) == []
    first, second = executor.tasks()
    assert executor.spool.task(first).wait(DEADLINE).total == 3
    assert executor.spool.task(first).record().report == {"calls": 7, "exceptions": 0}
    assert executor.spool.task(second).wait(DEADLINE).total == 2


def test_calls_of_a_moment_are_one_task(executor: Executor) -> None:
    futures = [executor.submit(calls.square, n) for n in range(6)]
    futures.append(executor.submit(divmod, 7, 2))
    futures.append(executor.submit(int, "12", base=3))
    done = concurrent.futures.wait(futures, DEADLINE)
    assert not done.not_done
    assert [future.result() for future in futures] == [0, 1, 4, 9, 16, 25, (3, 1), 5]
    assert len(executor.tasks()) == 1 and executor.futures() == futures
    assert len(list(concurrent.futures.as_completed(futures))) == 8
    assert {future.job for future in futures} == {f"{executor.tasks()[0]}.{n:08d}" for n in range(8)}


def test_what_is_made_here_goes_along(executor: Executor) -> None:
    offset = 5

    class Point:
        def __init__(self, x: int) -> None:
            self.x = x

    Point.__module__ = "__main__"
    points = list(executor.map(lambda p: Point(p.x + offset), [Point(1), Point(2)], chunksize=2))
    assert [point.x for point in points] == [6, 7]


def test_an_exception_comes_back_with_its_traceback(executor: Executor) -> None:
    futures = executor.submit_many(calls.fail, [0, 1, 2], chunksize=3)
    assert futures[0].result(DEADLINE) == 0
    with pytest.raises(calls.Trouble, match="odd: 1") as caught:
        futures[1].result(DEADLINE)
    assert caught.value.number == 1
    assert isinstance(caught.value.__cause__, spool.RemoteTraceback)
    assert "calls.py" in str(caught.value.__cause__) and "in fail" in str(caught.value.__cause__)
    # The other calls of its job are not lost.
    assert futures[2].result(DEADLINE) == 2
    with pytest.raises(calls.Trouble):
        list(executor.map(calls.fail, [0, 1]))
    record = executor.spool.task(executor.tasks()[0]).wait(DEADLINE)
    assert (record.state, record.report) == ("done", {"calls": 3, "exceptions": 1})


def test_exceptions_that_do_not_travel(executor: Executor) -> None:
    exits, stubborn, picky = (executor.submit(calls.raise_of, kind) for kind in ("exit", "stubborn", "picky"))
    assert isinstance(exits.exception(DEADLINE), SystemExit)
    for future, name in ((stubborn, "Stubborn"), (picky, "Picky")):
        error = future.exception(DEADLINE)
        assert isinstance(error, spool.RemoteError) and f"calls.{name}: no way" in str(error)
        assert "raise_of" in str(error.__cause__)


def test_what_cannot_be_pickled_is_told(executor: Executor) -> None:
    with pytest.raises(pickle.PicklingError, match="arguments of a call cannot be pickled.*lock"):
        executor.submit(calls.square, threading.Lock())
    lock = threading.Lock()
    with pytest.raises(pickle.PicklingError, match="<lambda> cannot be pickled"):
        executor.map(lambda n: lock, [1])
    assert executor.tasks() == []
    error = executor.submit(calls.lock).exception(DEADLINE)
    assert error is not None and "type lock, cannot be pickled" in str(error.__cause__)
    error = executor.submit(calls.only_there).exception(DEADLINE)
    assert isinstance(error, spool.RemoteError) and "cannot be unpickled here" in str(error)


def test_an_argument_that_cannot_be_unpickled_there(executor: Executor) -> None:
    error = executor.submit(calls.square, calls.OnlyHere(os.getpid())).exception(DEADLINE)
    assert isinstance(error, ValueError) and "only in process" in str(error)


def test_a_call_that_kills_its_process(executor: Executor) -> None:
    retried = Executor(executor.spool, f"{executor.name}.once", retry={"attempts": 1})
    futures = retried.submit_many(calls.die, [0, 1, 2])
    with pytest.raises(spool.JobFailed, match=r"failed \(signal11\)") as failed:
        futures[1].result(DEADLINE)
    assert failed.value.cause == "signal11" and failed.value.job == futures[1].job and failed.value.pilot
    assert [futures[0].result(DEADLINE), futures[2].result(DEADLINE)] == [0, 2]
    assert "about to die" in futures[1].logs()


def test_a_limit_of_the_job_ends_a_call(executor: Executor) -> None:
    short = Executor(executor.spool, f"{executor.name}.short", wall="300ms", retry={"attempts": 1})
    with pytest.raises(spool.JobFailed, match=r"\(wall\)"):
        short.submit(time.sleep, 60).result(DEADLINE)


def test_a_refusal_ends_all_calls(executor: Executor) -> None:
    wrong = Executor(executor.spool, f"{executor.name}.wrong", memory="lots")
    futures = wrong.submit_many(calls.square, range(3))
    for future in futures:
        with pytest.raises(spool.Refused, match='key "resources.memory"'):
            future.result(DEADLINE)


def test_reports_of_calls_are_summed(executor: Executor) -> None:
    assert list(executor.map(calls.report_events, [1, 2, 3, 4], chunksize=2)) == [1, 2, 3, 4]
    assert executor.spool.task(executor.tasks()[0]).wait(DEADLINE).report == {
        "eventsIn": 10,
        "calls": 4,
        "exceptions": 0,
    }


def test_a_thousand_futures_have_one_thread(executor: Executor) -> None:
    before = threading.active_count()
    futures = executor.submit_many(calls.square, range(1000), chunksize=250)
    assert threading.active_count() <= before + 1
    assert sum(future.result(DEADLINE) for future in futures) == sum(n * n for n in range(1000))
    until(lambda: threading.active_count() <= before, "the end of the thread")


def test_waiting_has_an_end_and_words(executor: Executor, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    future = executor.submit(calls.wait_for, str(gate))
    executor.flush()
    with pytest.raises(
        concurrent.futures.TimeoutError, match="has not ended within 1 s; (it is active|the watcher has not)"
    ):
        future.result(1)
    with pytest.raises(spool.WaitTimeout):
        next(iter(executor.map(calls.wait_for, [str(gate)], timeout=0.2)))
    gate.touch()
    assert future.result(DEADLINE) == str(gate)


def test_cancelled_calls_are_not_made(executor: Executor, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    futures = executor.submit_many(calls.wait_for, [str(gate)] * 6, chunksize=6)
    until(lambda: executor.spool.task(executor.tasks()[0]).spool._page(executor.tasks()[0]), "the task")
    assert all(future.cancel() for future in futures[2:])
    assert futures[3].cancelled() and concurrent.futures.wait(futures[2:], 1).done == set(futures[2:])
    cancelled = Path(executor.directory) / "0000/cancelled"
    until(lambda: cancelled.exists() and len(cancelled.read_text().split()) == 4, "the list for the job")
    gate.touch()
    assert [future.result(DEADLINE) for future in futures[:2]] == [str(gate)] * 2
    assert not futures[0].cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        futures[5].result()
    record = executor.spool.task(executor.tasks()[0]).wait(DEADLINE)
    assert record.report == {"calls": 2, "exceptions": 0}


def test_a_map_that_is_left_is_cancelled_with_what_runs(site: Site, tmp_path: Path) -> None:
    # Pilots choose by chance among the first jobs: with room for all, the first call is among those that run.
    site.start("up", "--cpus", "4")
    with Executor(site.spool) as executor:
        results = executor.map(calls.wait_unless_first, range(4), [str(tmp_path / "never")] * 4)
        assert next(results) == 0
        results.close()  # type: ignore[attr-defined]
        task = executor.spool.task(executor.tasks()[0])
        with pytest.raises(spool.TaskCancelled):
            task.wait(DEADLINE)


def test_somebody_else_cancels(executor: Executor, tmp_path: Path) -> None:
    future = executor.submit(calls.wait_for, str(tmp_path / "never"))
    executor.flush()
    until(lambda: executor.spool._page(executor.tasks()[0]), "the task")
    executor.spool.cancel(executor.tasks()[0])
    with pytest.raises((spool.TaskCancelled, spool.JobFailed), match="cancelled"):
        future.result(DEADLINE)


def test_a_shutdown(live: Spool, tmp_path: Path) -> None:
    executor = Executor(live, "shut")
    future = executor.submit(calls.wait_for, str(tmp_path / "never"))
    executor.shutdown(wait=False)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(calls.square, 1)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.map(calls.square, [1])
    assert not future.done()
    executor.shutdown(cancel_futures=True)
    assert future.cancelled()
    live.task("shut.0000").wait(DEADLINE, check=False)
    executor.remove()
    assert not (tmp_path / "spool-calls/shut").exists() and live._page("shut.0000") is None


def test_asyncio_waits_for_calls(executor: Executor) -> None:
    async def run() -> list[int]:
        loop = asyncio.get_running_loop()
        return await asyncio.gather(*(loop.run_in_executor(executor, calls.square, n) for n in range(3)))

    assert asyncio.run(run()) == [0, 1, 4]


def test_mistakes_are_told_at_once(executor: Executor, tmp_path: Path) -> None:
    with pytest.raises(spool.SpoolError, match="attach"):
        Executor(executor.spool, executor.name)
    with pytest.raises(TypeError, match="command is the executor's own"):
        Executor(executor.spool, command=["true"])
    with pytest.raises(ValueError, match="chunksize"):
        Executor(executor.spool, chunksize=0)
    with pytest.raises(ValueError, match="chunksize"):
        executor.map(calls.square, [1], chunksize=-1)
    with pytest.raises(ValueError, match="lies in the spool"):
        Executor(executor.spool, directory=executor.spool.at("calls"))
    with pytest.raises(spool.SpoolError, match="there is no executor nobody"):
        Executor.attach("nobody", executor.spool)
    with pytest.raises(spool.NotASpool):
        Executor(tmp_path)


def test_a_lost_result_is_told(executor: Executor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("spool._batch.UNSEEN", 0.3)
    gate = tmp_path / "gate"
    future = executor.submit(calls.wait_for, str(gate))
    executor.flush()
    # Nobody may look until the result is gone.
    with executor._stepping:
        gate.touch()
        executor.spool.task(executor.tasks()[0]).wait(DEADLINE)
        (Path(executor.directory) / "0000/out/0").unlink()
    with pytest.raises(spool.ResultLost, match="is done, but .*out/0"):
        future.result(DEADLINE)


def test_a_task_that_is_forgotten_is_told(executor: Executor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("spool._batch.ABSENT", 0.3)
    future = executor.submit(calls.wait_for, str(tmp_path / "never"))
    executor.flush()
    name = executor.tasks()[0]
    until(lambda: executor.spool._page(name), "the task")
    with executor._stepping:
        executor.spool.cancel(name)
        executor.spool.task(name).wait(DEADLINE, check=False)
        executor.spool.forget(name)
        until(lambda: executor.spool._page(name) is None, "forgetting")
    with pytest.raises(spool.SpoolError, match="is not in the spool any more"):
        future.result(DEADLINE)


def run_script(text: str, *arguments: str, **more: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", text, *arguments], **more)


def test_work_goes_on_when_the_process_dies(live: Spool, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    script = (
        "import sys, calls, spool, time\n"
        "ex = spool.Executor(sys.argv[1], 'orphan')\n"
        "ex.submit_many(calls.wait_unless_first, range(4), [sys.argv[2]] * 4, chunksize=2)\n"
        "ex.submit(calls.square, 5); ex.flush()\n"
        "print('sent', flush=True); time.sleep(600)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    with run_script(script, live.path, str(gate), stdout=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None and process.stdout.readline() == b"sent\n"
        process.kill()
    executor = Executor.attach("orphan", live)
    futures = executor.futures()
    assert len(futures) == 5 and not futures[0].done()
    gate.touch()
    assert [future.result(DEADLINE) for future in futures] == [0, 1, 2, 3, 25]
    assert executor.submit(calls.square, 3).result(DEADLINE) == 9
    assert executor.tasks() == ["orphan.0000", "orphan.0001", "orphan.0002"]
    executor.shutdown()
    # Once more, of what has ended and is forgotten.
    for name in executor.tasks():
        live.task(name).wait(DEADLINE)
        live.forget(name)
    again = Executor.attach("orphan", live)
    assert [future.result(0) for future in again.futures()] == [0, 1, 2, 3, 25, 9]


def test_a_process_that_dies_before_it_has_asked(live: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_drop(*_: object) -> NoReturn:
        raise OSError("died here")

    executor = Executor(live, "early")
    with monkeypatch.context() as patch:
        patch.setattr(Spool, "drop", no_drop)
        with pytest.raises(OSError, match="died here"):
            executor.map(calls.square, [1, 2, 3])
    # One that died while it wrote the calls.
    Path(executor.directory, "0001").mkdir()
    attached = Executor.attach("early", live)
    assert [future.result(DEADLINE) for future in attached.futures()] == [1, 4, 9]
    assert attached.submit(calls.square, 4).result(DEADLINE) == 16
    attached.shutdown()


def test_calls_that_wait_are_sent_at_the_end_of_the_process(live: Spool) -> None:
    script = "import sys, spool; ex = spool.Executor(sys.argv[1], 'last'); ex.submit(abs, -1)"
    assert run_script(script, live.path).wait(DEADLINE) == 0
    assert [future.result(DEADLINE) for future in Executor.attach("last", live).futures()] == [1]


def test_without_cloudpickle(live: Spool) -> None:
    script = (
        "import sys; sys.modules['cloudpickle'] = None\n"
        "import calls, spool\n"
        "ex = spool.Executor(sys.argv[1], 'plain')\n"
        "print(list(ex.map(calls.square, [1, 2])))\n"
        "def mine(x): return x\n"
        "try: ex.submit(mine, 1)\n"
        "except Exception as e: print(type(e).__name__, e)\n"
        "try: ex.submit(calls.square, lambda: 1)\n"
        "except Exception as e: print(type(e).__name__, e)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    with run_script(script, live.path, stdout=subprocess.PIPE, env=env) as process:
        out = process.communicate(timeout=DEADLINE)[0].decode().splitlines()
    assert out[0] == "[1, 4]"
    assert out[1].startswith("PicklingError mine is defined in the notebook") and "cloudpickle" in out[1]
    assert out[2].startswith("PicklingError the arguments of a call cannot be pickled")


def test_a_pilot_is_killed_in_the_middle_of_a_map(site: Site) -> None:
    site.start("watch")
    victim = site.start("pilot")
    executor = Executor(site.spool, "survivor", retry={"attempts": 1})
    futures = executor.submit_many(calls.slow_square, range(30))
    until(lambda: sum(future.done() for future in futures) >= 3, "some results")
    site.stop(victim, signal.SIGKILL)
    site.start("pilot")
    assert [future.result(DEADLINE) for future in futures] == [n * n for n in range(30)]
    outcomes = [job.outcome for job in site.spool.task("survivor.0000").jobs()]
    assert outcomes.count("ok") == 30 and outcomes.count("lost") >= 1
    executor.shutdown()
    assert site.run("check").returncode == 0


def test_a_watcher_that_is_dead_is_told(site: Site) -> None:
    executor = Executor(site.spool, "lonely")
    with pytest.warns(spool.NoWatcherWarning, match="no watcher is alive.*calls of lonely wait until then"):
        future = executor.submit(calls.square, 4)
        with pytest.raises(spool.WaitTimeout, match="no watcher is alive"):
            future.result(1)
    site.start()
    assert future.result(DEADLINE) == 16
    executor.shutdown()
