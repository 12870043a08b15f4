"""Workers on two other hosts, each in a network of its own; one of them is cut off while it grades."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from network_hosts import Host, can_make_networks, network
from postgres import Server, binaries
from service_processes import Served, until, upload
from sqlalchemy import text

from grader.service import tokens
from grader.service.database import Database
from grader.service.queue import LEASE_SECONDS
from grader.service.rights import grant_worker

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_make_networks(), reason="only root can make networks"),
    pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed (apt-get install postgresql)"),
]
SLOW = b"import time\ntime.sleep(4)\n"


@dataclass
class WorkerHost:
    """A host with a worker, which knows the database as a role that reaches the queue and results only."""

    host: Host
    process: "subprocess.Popen[bytes]"


@dataclass
class Place:
    served: Served
    workers: list[WorkerHost]

    def has_job(self) -> WorkerHost | None:
        busy = self.served.busy_worker()
        return next((one for one in self.workers if one.process.pid == busy), None)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A service without workers, and two hosts with one each."""
    programs = binaries()
    assert programs
    with contextlib.ExitStack() as ending:
        address, hosts = ending.enter_context(network(2))
        server = Server(programs, address)
        ending.callback(server.close)
        served = Served(tmp_path, server, workers=0, host=address)
        ending.callback(served.close)
        served.start()
        served.wait()
        with contextlib.closing(Database(served.url)) as database:
            with database.write() as session:
                session.execute(text("CREATE ROLE grader_worker LOGIN"))
                token = tokens.make(session, tokens.Kind.WORKER, None)
            grant_worker(database, "grader_worker")
        found = []
        for host in hosts:
            command = [sys.executable, "-m", "grader", "worker", "--server", served.address]
            log = ending.enter_context((tmp_path / f"{host.name}.log").open("wb"))
            process = subprocess.Popen(
                host.command(*command, "--cache", str(tmp_path / host.name)),
                env={**os.environ, "GRADE_DB": server.url("grader_worker"), "GRADE_TOKEN": token},
                stdout=log,
                stderr=log,
                cwd=tmp_path,
            )
            ending.callback(process.wait)
            ending.callback(process.kill)
            found.append(WorkerHost(host, process))
        yield Place(served, found)


def test_the_work_of_a_host_that_is_cut_off_is_taken_over_and_it_works_again_later(place: Place) -> None:
    served = place.served
    token = served.token("ana")
    first = upload(served.address, token, "first")
    until(lambda: served.counted().results.get(first), 90)
    name = upload(served.address, token, "second", SLOW)
    until(place.has_job, 30)
    lost = place.has_job()
    assert lost
    lost.host.cut_off()
    until(lambda: served.counted().deaths, LEASE_SECONDS + 4)
    until(lambda: served.counted().results.get(name), 90)
    lost.host.connect()
    other = next(one for one in place.workers if one is not lost)
    other.process.kill()
    last = upload(served.address, token, "third")
    until(lambda: served.counted().results.get(last), 90)

    assert set(served.counted().results.values()) == {1}


def test_the_locks_of_a_host_that_is_gone_are_given_back(place: Place) -> None:
    """The connection is silent, as that of a host without power."""
    with contextlib.closing(Database(place.served.url)) as gone, gone.engine.connect() as silent:
        silent.execute(text("SELECT * FROM people FOR UPDATE"))
        with contextlib.closing(Database(place.served.url)) as database, database.write() as session:
            changed = session.execute(text("UPDATE people SET name = 'x' WHERE login = 'ana'"))
            assert changed.rowcount == 1
        silent.invalidate()
