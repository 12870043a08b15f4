"""A service of processes that can be killed at any time, and people who hand in meanwhile."""

import contextlib
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from postgres import Server
from service_samples import RIGHT, set_up
from sqlalchemy import func, select

from grader.service import courses, tokens
from grader.service.access import Role
from grader.service.database import Database
from grader.service.files import Files
from grader.service.making import Data
from grader.service.queue import Queue, State
from grader.service.schema import JobRow, ResultRow, SubmissionRow


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as free:
        free.bind((host, 0))
        return int(free.getsockname()[1])


@dataclass
class Served:
    """`grade serve` with its workers, on a folder and a database of its own."""

    folder: Path
    server: Server | None = None
    workers: int = 2
    host: str = "127.0.0.1"
    port: int = field(init=False)
    process: "subprocess.Popen[bytes] | None" = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.port = free_port(self.host)
        self.data = Data(self.folder / "data")
        self.data.make()
        self.url = self.data.url(self.server.url() if self.server else "")
        self.log = self.folder / "log"
        with contextlib.closing(Database(self.url)) as database:
            database.migrate()
            self.fill(database)

    def fill(self, database: Database) -> None:
        """Store what is there before the first start."""
        set_up(database, Files(self.data.files), self.folder / "assignment")

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Start it; it may take seconds until it answers."""
        environment = {**os.environ, **({"GRADE_DB": self.url} if self.server else {})}
        command = [sys.executable, "-m", "grader", "serve", str(self.data.folder)]
        command += ["--host", self.host, "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--workers", str(self.workers)],
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
            )

    def wait(self, seconds: float = 60) -> None:
        """Wait until it answers."""
        until(lambda: self.answers() or self.process is None, seconds)

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(urllib.request.urlopen(f"{self.address}/readyz", timeout=5).status == 200)
        return False

    def kill(self) -> None:
        """End the web process at once."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def worker_processes(self) -> list[int]:
        """Return the processes of the workers, of an earlier start as well."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                same = os.readlink(entry / "cwd") == str(self.folder.resolve())
                if same and b"grader.service.working" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        return found

    def close(self) -> None:
        """End all processes at once."""
        self.kill()
        for worker in self.worker_processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    def token(self, login: str) -> str:
        with contextlib.closing(Database(self.url)) as database, database.write() as session:
            return tokens.make(session, tokens.Kind.API, courses.person_with(session, login).id)

    def add_students(self, count: int) -> list[str]:
        """Add students; return a token of each."""
        with contextlib.closing(Database(self.url)) as database, database.write() as session:
            course = courses.course_named(session, "dl")
            made = []
            for number in range(count):
                who = courses.person(session, f"student{number:03}", f"Student {number}")
                courses.enrol(session, course, who, Role.STUDENT)
                made.append(tokens.make(session, tokens.Kind.API, who.id))
        return made

    def counted(self) -> "Counted":
        """Return what is in the database."""
        with contextlib.closing(Database(self.url)) as database, database.read() as session:
            results = dict(
                session.execute(
                    select(ResultRow.submission_id, func.count()).group_by(ResultRow.submission_id)
                ).all()
            )
            return Counted(
                frozenset(session.scalars(select(SubmissionRow.id))),
                results,
                Queue(database).counts(),
                session.scalar(select(func.sum(JobRow.deaths))) or 0,
            )

    def busy_worker(self) -> int:
        """Return the process of the worker that has a job; its name holds it."""
        with contextlib.closing(Database(self.url)) as database, database.read() as session:
            names = session.scalars(select(JobRow.worker).where(JobRow.state == State.RUNNING)).all()
        return int(names[0].split("-")[-2]) if names else 0


@dataclass(frozen=True)
class Counted:
    """What is in a database: submissions, results by submission, and jobs by state."""

    submissions: frozenset[str]
    results: dict[str, int]
    jobs: dict[State, int]
    deaths: int
    """Of workers, as the queue noticed them."""


def until(true: Callable[[], object], seconds: float) -> None:
    """Wait until something is true. Raises `TimeoutError`."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.1)


def upload(address: str, token: str, key: str, data: bytes = RIGHT, seconds: float = 10) -> str:
    """Hand in `standardize.py`; return the submission. Raises `OSError` if it was not acknowledged."""
    import json

    mark = secrets.token_hex(8)
    head = 'Content-Disposition: form-data; name="files"; filename="standardize.py"'
    body = f"--{mark}\r\n{head}\r\n\r\n".encode() + data + f"\r\n--{mark}--\r\n".encode()
    request = urllib.request.Request(
        f"{address}/api/v1/courses/dl/assignments/hw1/submissions",
        body,
        {
            "Authorization": f"Bearer {token}",
            "Content-Type": f"multipart/form-data; boundary={mark}",
            "Idempotency-Key": key,
        },
    )
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        assert answer.status == 201
        return str(json.load(answer)["id"])


def upload_all(served: Served, students: list[str], count: int, pause: float) -> tuple[set[str], int]:
    """Hand in `count` times, each until it is acknowledged; return the submissions and the failed tries."""
    acknowledged: set[str] = set()
    failed = 0
    lock = threading.Lock()
    numbers = iter(range(count))

    def work() -> None:
        nonlocal failed
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            # A job takes a while, so that kills find workers at work.
            key, data = secrets.token_hex(8), RIGHT + f"import time\ntime.sleep(0.7)  # {number}\n".encode()
            while True:
                try:
                    name = upload(served.address, students[number % len(students)], key, data)
                    break
                except OSError:
                    with lock:
                        failed += 1
                    time.sleep(0.2)
            with lock:
                acknowledged.add(name)
            time.sleep(pause)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return acknowledged, failed


def killings(
    served: Served, order: random.Random, stop: threading.Event, pause: float, most: int
) -> Iterator[str]:
    """Kill the web process, a worker or the database every `pause` seconds; yield which it was."""
    victims = ["web", "worker", "worker", *(["database"] if served.server else [])]
    for _ in range(most):
        if stop.wait(pause):
            return
        victim = order.choice(victims)
        if victim == "web":
            served.kill()
            served.start()
        elif victim == "worker":
            if not (workers := served.worker_processes()):
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(order.choice(workers), signal.SIGKILL)
        elif served.server:
            served.server.kill()
            served.server.start()
        yield victim
