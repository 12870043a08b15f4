"""Processes are killed at any time, and each acknowledged upload still gets exactly one result."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Server, binaries
from service_processes import Served, killings, until, upload, upload_all

from grader.service.queue import LEASE_SECONDS, State

pytestmark = pytest.mark.slow
UPLOADS, KILLS = 30, 8
SLOW = b"import time\ntime.sleep(3)\n"


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """A service with two workers; the database of PostgreSQL is its own, because it is killed too."""
    server = None
    if request.param == "postgresql":
        programs = binaries()
        if programs is None:
            pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
        server = Server(programs)
    found = Served(tmp_path, server)
    found.start()
    found.wait()
    yield found
    found.close()
    if server:
        server.close()


def test_each_acknowledged_upload_has_one_result_whatever_is_killed(served: Served) -> None:
    students = served.add_students(10)
    stop = threading.Event()
    killed: list[str] = []

    def kill() -> None:
        killed.extend(killings(served, random.Random(7), stop, 2.0, KILLS))

    killer = threading.Thread(target=kill)
    killer.start()
    acknowledged, _ = upload_all(served, students, UPLOADS, 0.3)
    killer.join()
    served.wait()
    until(lambda: len(served.counted().results) >= UPLOADS, 120)

    found = served.counted()
    assert len(acknowledged) == UPLOADS and len(killed) > KILLS / 2
    assert found.submissions == acknowledged
    assert found.results == dict.fromkeys(acknowledged, 1)
    assert found.jobs[State.DONE] == UPLOADS


def test_a_worker_that_sleeps_is_replaced_and_changes_nothing_when_it_wakes_up(served: Served) -> None:
    token = served.token("ana")
    upload(served.address, token, "first")
    until(lambda: served.counted().results, 60)
    name = upload(served.address, token, "second", SLOW)
    until(served.busy_worker, 20)
    asleep = served.busy_worker()
    os.kill(asleep, signal.SIGSTOP)
    until(lambda: served.counted().results.get(name), 60)
    os.kill(asleep, signal.SIGCONT)
    until(lambda: "given to another worker" in served.log.read_text(), 60)

    assert set(served.counted().results.values()) == {1}


def test_the_work_of_a_worker_that_is_gone_is_taken_over_within_ten_seconds(served: Served) -> None:
    token = served.token("ana")
    upload(served.address, token, "first")
    until(lambda: served.counted().results, 60)
    name = upload(served.address, token, "second", SLOW)
    until(lambda: served.counted().jobs[State.RUNNING], 20)
    for worker in served.worker_processes():
        os.kill(worker, signal.SIGKILL)
    until(lambda: served.counted().deaths, LEASE_SECONDS + 4)
    until(lambda: served.counted().results.get(name), 60)

    assert served.counted().results[name] == 1


def test_a_service_that_is_asked_to_end_finishes_or_hands_back_its_jobs(served: Served) -> None:
    token = served.token("ana")
    names = {upload(served.address, token, str(number)) for number in range(4)}

    assert served.stop() == 0
    assert served.worker_processes() == []
    found = served.counted()
    assert found.jobs[State.RUNNING] == 0 and found.deaths == 0
    served.start()
    until(lambda: set(served.counted().results) == names, 60)
