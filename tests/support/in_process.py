"""A sandbox back end without a process: the worker itself, run right here on our own small programs.

It keeps nothing away, and sets the state of this process back afterwards. What a real back end sees from
outside is written in a program as a comment: `# ends in CHECK` ends the run at that check. An answer counts
as a hundredth of a second, and as a second with `# takes long`.
"""

import builtins
import contextlib
import importlib
import io
import re
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from bare_back_end import Bare

from grader.errors import MalformedMessage
from grader.guest.worker import SPOILED, serve
from grader.sandbox.contract import End, Ending, Hear, Level, Limits
from grader.wire import WireMessage, unpack

_ENDS_IN = re.compile(rb"# ends in (\w+)")
_TAKES_LONG = b"# takes long"


class _Ended(BaseException):
    """Ends a run as a signal would."""


@dataclass
class InProcess(Bare):
    """See `grader.sandbox.contract.Sandbox`."""

    level: Level = Level.NONE
    not_isolated: tuple[str, ...] = ("everything",)
    jobs: list[WireMessage] = field(default_factory=list)
    """What it was asked to do."""
    instead: list[Ending | None] = field(default_factory=list)
    """How the next runs end without being begun; None for one that is run."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        (message,) = unpack(job)
        with self._lock:
            self.jobs.append(message)
            ending = self.instead.pop(0) if self.instead else None
            return ending or _run(message, hear, files)


def _run(job: WireMessage, hear: Hear, files: Mapping[str, bytes]) -> Ending:
    source = b"\n".join([*files.values(), job.payload])
    ends = {found.decode() for found in _ENDS_IN.findall(source)}
    answers = 0

    def send(data: bytes) -> None:
        nonlocal answers
        for message in unpack(data):
            answers += message.kind == "answer"
            if message.kind == "begin" and message.fields["check"] in ends:
                hear(data)
                raise _Ended
        hear(data)

    printed, end = io.StringIO(), End.DONE
    with TemporaryDirectory() as home, _set_back(home):
        for path, data in files.items():
            place = Path(home, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        try:
            with contextlib.redirect_stdout(printed):
                serve(job, send, home)
        except _Ended:
            end = End.SIGNAL
        except MalformedMessage:
            end = End.REFUSED
    seconds = answers * (1.0 if _TAKES_LONG in source else 0.01)
    return Ending(end, 9 * (end is End.SIGNAL), printed.getvalue().encode(), seconds, seconds)


@contextlib.contextmanager
def _set_back(home: str) -> Iterator[None]:
    """Set back what the worker changes in its process, and forget the modules below `home`."""
    opens = builtins.open, io.open, sys.breakpointhook
    imports = builtins.__import__, importlib.import_module
    threads = torch.set_num_threads, torch.set_num_interop_threads, torch.get_num_threads()
    finders, path, modules, writes = sys.meta_path[:], sys.path[:], set(sys.modules), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # an edited source would be taken for the file that it stands for
    try:
        with warnings.catch_warnings():
            yield
    finally:
        builtins.open, io.open, sys.breakpointhook = opens
        builtins.__import__, importlib.import_module = imports
        torch.set_num_threads, torch.set_num_interop_threads, number = threads
        torch.set_num_threads(number)
        sys.meta_path[:], sys.path[:], sys.dont_write_bytecode = finders, path, writes
        builtins.__dict__.pop(SPOILED, None)
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(home):
                del sys.modules[name]
