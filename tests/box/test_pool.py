"""Jobs are given to workers as these become free, and none is lost with a worker."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course.pool import AT_ONCE, PoolWorker, WorkerPool
from grader.course.worker import Grade, Job, JobResult, PoolSettings, Prepare
from grader.errors import SandboxError
from grader.sandbox.contract import Level

PROGRAM = """
import json, os, sys, threading, time
sys.stdin.readline()  # the setting
lock = threading.Lock()

def work(job):
    folder, name = job.get("out"), job.get("name", "dies")
    if name == "dies":
        os._exit(1)
    if name == "dies once" and not os.path.exists(folder + "/died"):
        open(folder + "/died", "w").close()
        os._exit(1)
    while name == "waits" and not os.path.exists(folder + "/go"):
        time.sleep(0.01)
    if name == "lets go":
        open(folder + "/go", "w").close()
    said = json.dumps({"number": job["number"], "fault": f"{name} by {os.getpid()}"})
    with lock:
        for half in (said[:9], said[9:] + chr(10)):
            os.write(1, half.encode())

for line in sys.stdin:
    threading.Thread(target=work, args=(json.loads(line),), daemon=True).start()
"""
"""A worker that grades nothing: what it does is the name in the job."""

MANY = 100
SETTING = PoolSettings(
    assignment=Path(), tasks=(), seed=1, level=Level.NONE, cache=Path(), signing_key="", at_once=AT_ONCE
)


SLOW = 0.05


def small(count: int, most: int = MANY) -> WorkerPool:
    """Return workers that run the program of this file, and have less patience."""
    return WorkerPool(SETTING, count, most, program=PROGRAM, slow_seconds=SLOW)


def jobs(folder: Path, *names: str) -> list[Job]:
    return [Grade(number=number, name=name, files={}, out=folder) for number, name in enumerate(names)]


def done(count: int, given: list[Job]) -> list[JobResult]:
    with small(count) as opened:
        return list(opened.work(given))


def words(answers: list[JobResult]) -> dict[int, str]:
    """Return what was said to each job, without who said it."""
    return {answer.number: answer.fault.partition(" by ")[0] for answer in answers}


@pytest.mark.parametrize("count", [1, 3])
def test_every_job_is_answered_once(tmp_path: Path, count: int) -> None:
    answers = done(count, jobs(tmp_path, *"abcdefgh"))

    assert (len(answers), words(answers)) == (8, dict(enumerate("abcdefgh")))


def test_without_jobs_there_is_nothing_to_do() -> None:
    assert done(2, []) == []


def test_workers_can_be_given_work_again(tmp_path: Path) -> None:
    with small(1) as opened:
        rounds = [words(list(opened.work(jobs(tmp_path, "a", "b")))) for _ in range(2)]

    assert rounds == [{0: "a", 1: "b"}] * 2


def test_jobs_are_taken_as_there_is_room_for_them(tmp_path: Path) -> None:
    taken = []

    def endless() -> Iterator[Job]:
        for job in jobs(tmp_path, *"abcdefghijkl"):
            taken.append(job.number)
            yield job

    with small(1) as opened:
        next(iter(opened.work(endless())))

    assert len(taken) <= AT_ONCE


def test_a_slow_one_holds_up_nobody(tmp_path: Path) -> None:
    answers = done(1, jobs(tmp_path, "waits", "a", "lets go"))

    assert ([answer.number for answer in answers][-1], len(answers)) == (0, 3)


def test_no_more_jobs_are_running_than_memory_is_there_for(tmp_path: Path) -> None:
    taken = []

    def coming() -> Iterator[Job]:
        for job in jobs(tmp_path, "waits", "waits", "a", "b"):
            taken.append(job.number)
            yield job

    with small(2, 2) as opened:
        threading.Timer(20 * SLOW, (tmp_path / "go").touch).start()
        first = next(opened_work := opened.work(coming()))
        at_first = [*taken]
        rest = [*opened_work]

    assert (at_first, len([first, *rest])) == ([0, 1], 4)


def test_with_memory_for_one_child_only_all_jobs_are_done_all_the_same(tmp_path: Path) -> None:
    with small(2, 1) as opened:
        answers = list(opened.work(jobs(tmp_path, "a", "dies once", "dies", "b")))

    assert words(answers)[3] == "b" and len(answers) == 4


def test_a_job_whose_worker_ended_is_given_to_another(tmp_path: Path) -> None:
    answers = done(1, jobs(tmp_path, "a", "dies once", "b"))

    assert words(answers) == {0: "a", 1: "dies once", 2: "b"}


def test_a_job_that_ends_two_workers_is_given_up(tmp_path: Path) -> None:
    answers = done(2, jobs(tmp_path, "a", "dies", "b"))

    assert words(answers) == {0: "a", 1: "the process that graded it ended twice", 2: "b"}


def test_a_task_that_ends_its_worker_ends_everything() -> None:
    job = Prepare(number=0, task="lstm_cell")

    with pytest.raises(SandboxError, match="ended before it began"):
        done(1, [job])


def test_workers_end_with_the_work() -> None:
    with small(2) as opened:
        processes = [worker.process for worker in opened._workers]

    assert [process.poll() for process in processes] == [0, 0]


def test_workers_end_where_the_work_is_broken_off() -> None:
    opened = small(1)
    with pytest.raises(KeyboardInterrupt), opened:
        raise KeyboardInterrupt

    assert [worker.process.poll() for worker in opened._workers] == [0]


def test_a_worker_that_was_killed_is_replaced(tmp_path: Path) -> None:
    with small(1) as opened:
        (worker,) = opened._workers
        os.kill(worker.process.pid, signal.SIGKILL)
        answers = list(opened.work(jobs(tmp_path, "a")))

    assert words(answers) == {0: "a"}


# One worker


@pytest.fixture
def worker() -> Iterator[PoolWorker]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin
    process.stdin.write(b"the setting\n")
    opened = PoolWorker(process, slow_seconds=SLOW)
    yield opened
    opened.close()


def test_a_worker_without_a_job_is_free(worker: PoolWorker) -> None:
    assert worker.free_at() == 0


def test_a_worker_with_a_job_is_free_when_that_turns_out_slow(worker: PoolWorker, tmp_path: Path) -> None:
    (job,) = jobs(tmp_path, "waits")
    worker.give(job)

    assert worker.free_at() == worker.running[0] + SLOW


def test_a_worker_with_all_it_can_hold_is_not_free(worker: PoolWorker, tmp_path: Path) -> None:
    for job in jobs(tmp_path, *["waits"] * AT_ONCE):
        worker.give(job)

    assert worker.free_at() == float("inf")


def test_an_answer_in_two_pieces_is_one(worker: PoolWorker, tmp_path: Path) -> None:
    (job,) = jobs(tmp_path, "a")
    worker.give(job)
    answers: list[JobResult] = []
    while not answers:
        answers = worker.read() or []

    assert (words(answers), worker.running) == ({0: "a"}, {})


def test_a_worker_that_has_ended_says_so_and_can_be_given_jobs_all_the_same(
    worker: PoolWorker, tmp_path: Path
) -> None:
    worker.process.kill()
    worker.process.wait()
    (job,) = jobs(tmp_path, "a")
    worker.give(job)

    assert (worker.read(), list(worker.running)) == (None, [0])
