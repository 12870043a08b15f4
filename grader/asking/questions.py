"""The questions that a module is asked, and what came back: plain records."""

import marshal
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from grader.accuracy import Accuracy
from grader.assignment.loader import TaskSource
from grader.authoring.task import Plot
from grader.results.message import Message, Record
from grader.results.report import Told
from grader.submission.layout import folder_of, stem_of
from grader.wire import Answer, Failed, Raised, pack

Ask = tuple[tuple[str, tuple[int, ...]], ...]
"""Checks with their cases; empty for all that `checks.py` declares."""

ASSIGNMENT = "/assignment/"
"""Begins the names of an author's sources in a job; see `grader.guest.declared`."""
CHECKS = f"{ASSIGNMENT}checks.py"
EDITED = "/edited/"
"""Begins the name of a source that is imported instead of the file; see `grader.guest.worker`."""
CHANGES = "/changes.json"
_RELATIVE = re.compile(rb"^[ \t]*from[ \t]*\.", re.MULTILINE)


class CheckInfo(Record):
    """What the grading process knows about a check: everything except its code."""

    name: str
    title: str
    about: str
    points: float
    after: tuple[str, ...]
    cases: int
    dtype: str
    depth: str
    axes: dict[str, tuple[str, ...]] = {}
    """By observation: what its axes are called if the sizes of a case do not say it."""
    digits: int | None = None
    exact: bool = False
    strict: bool = False
    """Set if a known mistake shows only in what float32 rounds away."""
    compare: bool
    bonus: bool = False
    partial: bool = False
    counts_with: tuple[str, ...] = ()
    plot: dict[str, Any] | None
    hidden: Told | Literal["", "default"] = ""
    """What students are told if it fails; empty if it is not hidden."""
    wall_seconds: float | None = None
    """How long it may take; None for the limit of the task."""
    budget: float | None = None
    """How many times the solution's processor time it may take."""

    @property
    def accuracy(self) -> Accuracy:
        """How near an answer has to come to the solution's."""
        return Accuracy(self.depth, self.digits, self.exact, self.strict)

    def picture(self) -> Plot | None:
        """Return the picture that its author asked for."""
        return None if self.plot is None else Plot(**self.plot)


class Description(Record):
    """What `checks.py` declares."""

    forbid: tuple[str, ...]
    relatives: dict[str, tuple[str, ...]] = {}
    """By forbidden name: what is refused with it."""
    accept: tuple[str, ...] = ("solution",)
    checks: tuple[CheckInfo, ...]

    def only(self, hidden: bool) -> "Description":
        """Return the hidden checks, or the public ones."""
        checks = tuple(check for check in self.checks if bool(check.hidden) is hidden)
        return self.model_copy(update={"checks": checks})

    def after(self, name: str) -> set[str]:
        """Return the checks that depend on `name`, directly or not."""
        depending = {name}
        for check in self.checks:  # a check depends on earlier ones only
            if depending & set(check.after):
                depending.add(check.name)
        return depending - {name}


@dataclass(frozen=True)
class Stop:
    """Why a check got no further: a limit, a signal, an exit."""

    check: str
    """Empty while the module was being imported."""
    case: int | None
    """None for a check that was not reached."""
    reason: Message


class Budget:
    """The time that the tasks of a submission may take together; threads share it.

    The time of a run is subtracted when it ends. So tasks that are graded at the same time may each
    use what was left when they began.
    """

    def __init__(self, seconds: float) -> None:
        self._whole = self._left = seconds
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        """How many seconds are left."""
        return max(0.0, self._left)

    @property
    def used_up(self) -> Message:
        """Say that no time is left."""
        return Message.of("submission_time_used_up", seconds=self._whole)

    def spend(self, seconds: float) -> None:
        """Subtract the time of a run."""
        with self._lock:
            self._left -= seconds


Ended = dict[tuple[bytes, int], Message]
"""Statements that ended the process that imported them, and how: by contents of the file and number."""


@dataclass(frozen=True)
class LeftOut:
    """A top-level statement that was left out of an import."""

    statement: Failed
    reason: Message
    """How it ended the process, if it did not raise."""


@dataclass
class Responses:
    """All that came back from one module."""

    description: Description | None = None
    not_loaded: Raised | None = None
    answers: dict[str, dict[int, Answer]] = field(default_factory=dict)
    stops: dict[str, Stop] = field(default_factory=dict)
    output: str = ""
    left_out: tuple[LeftOut, ...] = ()
    """What was left out when the module was imported."""
    broken: Message | None = None
    """Why there are no answers, if that is not the module's fault."""
    authors: bool = False
    """Whether `checks.py` itself is at fault for that."""


@dataclass(frozen=True)
class Question:
    """A module and what it is asked."""

    checks: str
    """The source of `checks.py`; `beside` holds more."""
    module: str
    files: Mapping[str, bytes]
    seed: int
    ask: Ask = ()
    record: bool = False
    """Whether the answers hold what the cases drew."""
    base: str = ""
    """The folder of the module, below that of the submission."""
    more: tuple[tuple[str, str], ...] = ()
    """Folder and name of further modules, whose names the checks see as well."""
    wanted: tuple[str, ...] = ()
    """A module that defines none of these was not imported, whatever else it defines."""
    ended: Ended | None = None
    """What to leave out, which all tasks of a submission add to; None if every statement has to run."""

    edited: Mapping[str, str] = field(default_factory=dict)
    """Sources by file that are imported instead of what the files hold."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """By name: `hidden_checks.py`, if it is asked from that, and modules that the checks import."""
    libraries: tuple[str, ...] = ()
    """What programs may import besides torch and NumPy, by the names that pip knows."""

    def skipped(self) -> list[tuple[str, int]]:
        """Return the statements to leave out: file and number."""
        places = [(path, data) for path, data in self.files.items() if self.ended]
        return [(path, number) for path, data in places for text, number in self.ended or () if text == data]

    def job(self, ask: Ask, going_on: bool = False) -> bytes:
        """Return the job for the worker; `going_on` says whether it leaves out statements that fail."""
        parts = authors_files(self.checks, self.beside)
        parts |= {EDITED + path: source.encode() for path, source in self.edited.items()}
        fields = {
            **self._fields(ask, going_on),
            "wanted": list(self.wanted),
            "record": self.record,
            "describe": not ask,
        }
        return with_files("ask", fields, parts)

    def search_job(self, ask: Ask, going_on: bool, sources: Mapping[str, str], changes: bytes) -> bytes:
        """Return the job for the worker that asks the module once for each of `changes` of `sources`."""
        parts = authors_files(self.checks, self.beside) | {CHANGES: changes}
        parts |= {EDITED + path: source.encode() for path, source in sources.items()}
        return with_files("search", self._fields(ask, going_on), parts)

    def _fields(self, ask: Ask, going_on: bool) -> dict[str, Any]:
        places = ((self.base, self.module), *self.more)
        modules = [_imported_as(self.files, base, module) for base, module in places]
        return {
            "module": modules[0],
            "more": modules[1:],
            "folders": list(dict.fromkeys(folder for base, _ in places for folder in _around(base))),
            "going_on": going_on,
            "skip": self.skipped(),
            "seed": self.seed,
            "ask": [[name, list(cases)] for name, cases in ask] or None,
        }


def with_files(kind: str, fields: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """Return a job with files in its payload, which the worker takes apart."""
    sizes = [[path, len(data)] for path, data in files.items()]
    return pack(kind, {**fields, "files": sizes}, b"".join(files.values()))


def authors_files(checks: str, beside: Mapping[str, str]) -> dict[str, bytes]:
    """Return an author's sources in a job, and their code: compiled once here, not in every child."""
    sources = {CHECKS: checks} | {f"{ASSIGNMENT}{name}": source for name, source in beside.items()}
    return {path: source.encode() for path, source in sources.items()} | {
        f"{path}c": _compiled(path, source) for path, source in sources.items()
    }


@lru_cache(maxsize=64)
def _compiled(path: str, source: str) -> bytes:
    """Return the code of a source; empty if it does not compile, which the worker then reports."""
    try:
        return marshal.dumps(compile(source, path, "exec", dont_inherit=True, optimize=0))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return b""


def of_task(task: TaskSource, source: str, seed: int, ask: Ask = (), record: bool = False) -> Question:
    """Return the question of all checks of a task, hidden ones too, to a module that is trusted."""
    places = tuple((folder_of(module).rstrip("/"), stem_of(module)) for module in task.modules)
    (base, module), *more = places
    return Question(
        task.checks,
        module,
        {**task.files_of(source), **task.data},
        seed,
        ask,
        record,
        base=base,
        more=tuple(more),
        beside=task.beside,
        libraries=task.libraries,
    )


def everything(description: Description) -> Ask:
    """Return all checks with all their cases."""
    return tuple((check.name, tuple(range(check.cases))) for check in description.checks)


def _imported_as(files: Mapping[str, bytes], base: str, module: str) -> str:
    """Return the name to import a module in the folder `base` by: with relative imports, as in a package."""
    own = files.get(f"{base}/{module}.py", b"")
    if "." not in base and (f"{base}/__init__.py" in files or _RELATIVE.search(own)):
        return ".".join([*base.split("/"), module])
    return module


def _around(folder: str) -> list[str]:
    """Return a folder and those that it lies in, the next one first."""
    parts = folder.split("/") if folder else []
    return ["/".join(parts[:length]) for length in range(len(parts), -1, -1)]
