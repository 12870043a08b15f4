"""`grade serve`: the web application, workers beside it, and what keeps both in order."""

import contextlib
import logging
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import uvicorn
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from grader import programs
from grader.errors import UsageError
from grader.service import actions, courses, logs, making, marks, notices, tokens
from grader.service.database import Database
from grader.service.deliveries import Send, Sender
from grader.service.files import Files
from grader.service.lti import scores
from grader.service.making import Data
from grader.service.options import Options
from grader.service.queue import Queue
from grader.service.schema import Person
from grader.service.web.app import make
from grader.service.web.asking import Service
from grader.service.working import GRACE_SECONDS, Settings

_LOG = logging.getLogger("grader.service")
_PROGRAM = "from grader.service.working import main; main()"
_RECONCILE_SECONDS = 1.0
_SWEEP_EVERY = 30
"""Reconciliations between two sweeps."""
_RESTART_SECONDS = 1.0
_SCORES_SECONDS = 20.0
"""Between two looks for marks that platforms do not have, or that are not kept yet."""
_SENDING_ENDS_SECONDS = 5.0
"""What is being sent then is sent again later."""
ADMIN = "admin"
"""The login of the person that the first start makes."""


@dataclass(frozen=True)
class Address:
    """Where the service listens, and what people write to reach it."""

    host: str
    port: int
    public: str = ""
    """As https://grader.example.org, if a proxy stands before it."""

    @property
    def shown(self) -> str:
        """What to open in a browser."""
        return self.public or f"http://{self.host}:{self.port}"


def first_token(database: Database) -> str | None:
    """Return a token that signs in who administers the service, if there are no people yet."""
    with database.write() as session:
        if session.scalar(select(Person.id).limit(1)) is not None:
            return None
        who = courses.person(session, ADMIN, "Administrator", admin=True)
        return tokens.make(session, tokens.Kind.SIGN_IN, who.id, "the first one")


def serve(data: Data, database: Database, url: str, address: Address, workers: int, options: Options) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises `UsageError` if the address is taken."""
    files = Files(data.files)
    files.clear()
    service = making.service(database, files, address.shown, options, data.cache / "answers")
    listening = _listening(address)
    config = uvicorn.Config(
        make(service),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(address.public),
        timeout_graceful_shutdown=5,
        limit_concurrency=1000,
    )
    settings = Settings(database=url, cache=data.cache, files=data.files)
    logs.begin()
    stop = threading.Event()
    with _workers(settings, workers, stop), _order(service.queue, stop), _sending(service, stop):
        uvicorn.Server(config).run(sockets=[listening])
        stop.set()


def _listening(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((address.host, address.port))
    except OSError as error:
        raise UsageError(
            f"{address.host}, port {address.port}: {error.strerror}; choose another --port."
        ) from None
    return found


@contextlib.contextmanager
def _order(queue: Queue, stop: threading.Event) -> Iterator[None]:
    """Take jobs from workers that are gone, and find submissions without a job."""

    def keep() -> None:
        count = 0
        while not stop.wait(_RECONCILE_SECONDS):
            with contextlib.suppress(SQLAlchemyError):  # the database is away; it is tried again
                if taken := queue.reconcile():
                    _LOG.warning("jobs were taken from silent workers", extra={"count": taken})
                if count % _SWEEP_EVERY == 0 and (found := queue.sweep()):
                    _LOG.error("submissions without a job were found", extra={"count": found})
            count += 1

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def sender(service: Service) -> Sender:
    """Return what sends marks to platforms, and mails and calls of a web hook if they are set up."""
    database, options = service.database, service.options
    ways: dict[str, Send] = {scores.KIND: partial(scores.send, database, service.platform_services)}
    if options.mail:
        ways[notices.MAIL] = partial(notices.send_mail, database, options.mail, service.public)
    if options.hook:
        ways[notices.HOOK] = partial(notices.call_hook, database, options.hook, service.public)
    return Sender(database, ways)


@contextlib.contextmanager
def _sending(service: Service, stop: threading.Event) -> Iterator[None]:
    """Send what is to be sent to others, and find out what that is, beside all else."""
    looked, finder = -_SCORES_SECONDS, scores.Finder(service.database)

    def find() -> None:
        nonlocal looked
        actions.tell_of_releases(service.database, service.options.notices)
        if time.monotonic() - looked >= _SCORES_SECONDS:
            looked = time.monotonic()
            finder.look()
            marks.keep_new(service.database)

    thread = threading.Thread(target=sender(service).run, args=(stop, find), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_SENDING_ENDS_SECONDS)


@contextlib.contextmanager
def _workers(settings: Settings, count: int, stop: threading.Event) -> Iterator[None]:
    """Keep `count` workers running, and end them afterwards: each finishes its job, or hands it back."""
    running: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        while True:
            for place, worker in enumerate(running):
                if worker.poll() is not None and not stop.is_set():
                    _LOG.error("a worker ended", extra={"status": worker.returncode})
                    running[place] = _start(settings)
            if stop.wait(_RESTART_SECONDS):
                return

    running += [_start(settings) for _ in range(count)]
    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for worker in running:
            worker.send_signal(signal.SIGTERM)
        for worker in running:
            try:
                worker.wait(GRACE_SECONDS + 5)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            if worker.stdin:
                worker.stdin.close()


def _start(settings: Settings) -> "subprocess.Popen[bytes]":
    # Not as an argument, which others on the machine can read: the address may hold a password.
    worker = subprocess.Popen(programs.python(_PROGRAM), stdin=subprocess.PIPE, process_group=0)
    assert worker.stdin
    with contextlib.suppress(BrokenPipeError):
        worker.stdin.write(settings.model_dump_json().encode() + b"\n")
        worker.stdin.flush()
    return worker
