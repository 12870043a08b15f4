"""The process of a worker: with settings from its first line of input, until its input ends or SIGTERM."""

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy.exc import OperationalError

from grader.errors import UsageError
from grader.sandbox.probe import open_sandbox
from grader.sandbox.restarting import RestartingSandbox
from grader.service import logs
from grader.service.database import Database
from grader.service.fetching import HttpFiles
from grader.service.files import Files, FileSource
from grader.service.queue import Queue
from grader.service.worker import Place, Worker

GRACE_SECONDS = 20.0
"""What a job may still take after the worker is told to stop; then it is handed back."""
_PATIENCE_SECONDS = 60.0


class Settings(BaseModel):
    """What a worker needs to know."""

    database: str
    cache: Path
    files: Path | None = None
    """The folder of files; None if they are fetched from `server`."""
    server: str = ""
    token: str = ""

    def source(self) -> FileSource:
        """Return where files come from."""
        return Files(self.files) if self.files is not None else HttpFiles(self.server, self.token)


def main() -> None:
    """Work for the process at the other end of the standard input."""
    settings = Settings.model_validate_json(sys.stdin.buffer.readline())
    stop = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.buffer.read()
        stop.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    logs.begin()
    work(settings, stop)


def work(settings: Settings, stop: threading.Event) -> None:
    """Work until `stop` is set or SIGTERM comes, and end this process. Raises `UsageError` before that."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(settings.database)
    _wait_for(database)
    files = settings.source()
    settings.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.closing(RestartingSandbox(open_sandbox)) as sandbox:
        place = Place(settings.cache / "assignments", settings.cache / "answers")
        worker = Worker(Queue(database), files, sandbox, place)
        thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
        thread.start()
        while thread.is_alive() and not stop.wait(0.5):
            pass
        thread.join(GRACE_SECONDS)
        if thread.is_alive():
            worker.hand_back()
    os._exit(0)  # a thread may still grade, but its job was handed back


def _wait_for(database: Database) -> None:
    """Return once the tables are those of this version. Raises `UsageError` if that does not come about."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            database.check()
            return
        except (UsageError, OperationalError):
            if time.monotonic() > end:
                raise
        time.sleep(0.5)
