"""Puts questions to a module through the sandbox and believes only what arrives in order."""

import marshal
import math
import re
import signal
import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from grader.accuracy import Accuracy
from grader.authoring.task import Plot
from grader.errors import AssignmentError, MalformedMessage
from grader.results.report import Record
from grader.sandbox.contract import End, Ending, Limits, Sandbox
from grader.wire import (
    Answer,
    Failed,
    Message,
    Raised,
    Reader,
    pack,
    pack_answer,
    parse_answer,
    parse_failed,
    parse_raised,
)

Ask = tuple[tuple[str, tuple[int, ...]], ...]
"""Checks with their cases; empty for all that `checks.py` declares."""

_ENDED = "it ended the program"
_MOST_ENDED = 3
"""Statements that end the process; after so many, the import is given up."""
_RELATIVE = re.compile(rb"^[ \t]*from[ \t]*\.", re.MULTILINE)
_MOST_STOPS = 3
"""After so many comparisons that ended their process, the rest is not tried."""
CHECKS = "/assignment/checks.py"
CODE = "/assignment/checks.pyc"
"""`checks.py` compiled, without a header: it is compiled once here, not in every child."""


class CheckInfo(Record):
    """What the grading process knows of a check: all but its code."""

    name: str
    title: str
    about: str
    points: float
    after: tuple[str, ...]
    cases: int
    dtype: str
    depth: str
    digits: int | None = None
    exact: bool = False
    strict: bool = False
    """Set where a known mistake shows only in what float32 rounds away."""
    compare: bool
    plot: dict[str, Any] | None

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
    accept: tuple[str, ...] = ("solution",)
    checks: tuple[CheckInfo, ...]

    def after(self, name: str) -> set[str]:
        """Return the checks that stand on `name`, directly or not."""
        standing = {name}
        for check in self.checks:  # a check stands on earlier ones only
            if standing & set(check.after):
                standing.add(check.name)
        return standing - {name}


@dataclass(frozen=True)
class Stop:
    """Why a check got no further: a limit, a signal, an exit."""

    check: str
    """Empty while the module was being imported."""
    case: int | None
    """None for a check that was not reached."""
    reason: str


class Budget:
    """The time that the tasks of a submission may take together; threads share it.

    A run takes its part when it ends. So tasks that are graded at the same time may each take what
    was left when they began.
    """

    def __init__(self, seconds: float) -> None:
        self._whole = self._left = seconds
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        """How many seconds are left."""
        return max(0.0, self._left)

    @property
    def used_up(self) -> str:
        """Say that no time is left."""
        return f"the program used up the time for the whole submission ({self._whole:g} s for all its tasks)"

    def spend(self, seconds: float) -> None:
        """Take away what a run took."""
        with self._lock:
            self._left -= seconds


Ended = dict[tuple[bytes, int], str]
"""Statements that ended a process that imported them, and how: by contents of the file and number."""


@dataclass
class Responses:
    """All that came back from one module."""

    description: Description | None = None
    not_loaded: Raised | None = None
    answers: dict[str, dict[int, Answer]] = field(default_factory=dict)
    stops: dict[str, Stop] = field(default_factory=dict)
    output: str = ""
    failed: tuple[Failed, ...] = ()
    """What was left out when the module was imported."""
    broken: str = ""
    """Our fault, in words; empty where there is none."""
    authors: bool = False
    """Whether that is what `checks.py` itself came to."""


@dataclass(frozen=True)
class Question:
    """A module and what it is asked."""

    checks: str
    """The source of `checks.py`."""
    module: str
    files: Mapping[str, bytes]
    seed: int
    ask: Ask = ()
    record: bool = False
    """Whether the answers hold what the cases drew."""
    base: str = ""
    """The folder that the module lies in, below that of the submission."""
    wanted: tuple[str, ...] = ()
    """A module that defines none of these was not imported, whatever else it defines."""
    ended: Ended | None = None
    """What to go past, which all tasks of a submission add to; None where each statement has to run."""

    def skipped(self) -> list[tuple[str, int]]:
        """Return the statements to go past: file and number."""
        places = [(path, data) for path, data in self.files.items() if self.ended]
        return [(path, number) for path, data in places for text, number in self.ended or () if text == data]

    def job(self, ask: Ask, going_on: bool = False) -> bytes:
        """Return the bytes of the job for the worker, which is to go past statements that fail, or not."""
        parts = {CHECKS: self.checks.encode(), CODE: _compiled(self.checks)}
        fields = {
            "module": _imported_as(self.files, self.base, self.module),
            "folders": [self.base, *_above(self.base)] if self.base else [""],
            "wanted": list(self.wanted),
            "going_on": going_on,
            "skip": self.skipped(),
            "seed": self.seed,
            "ask": [[name, list(cases)] for name, cases in ask] or None,
            "record": self.record,
            "describe": not ask,
        }
        return _with_files("ask", fields, parts)


def _with_files(kind: str, fields: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """Return a job that brings files along, as the worker takes them apart."""
    sizes = [[path, len(data)] for path, data in files.items()]
    return pack(kind, {**fields, "files": sizes}, b"".join(files.values()))


@lru_cache(maxsize=32)
def _compiled(checks: str) -> bytes:
    """Return the code of `checks.py`, empty where it has none: whoever runs it says why."""
    try:
        return marshal.dumps(compile(checks, CHECKS, "exec", dont_inherit=True, optimize=0))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return b""


def everything(description: Description) -> Ask:
    """Return all checks with all their cases."""
    return tuple((check.name, tuple(range(check.cases))) for check in description.checks)


def ask(
    sandbox: Sandbox,
    limits: Limits,
    question: Question,
    description: Description | None = None,
    budget: Budget | None = None,
) -> Responses:
    """Put `question`; a check that ends the process costs itself and what stands on it.

    A fresh process goes on with the next check, or with an import that failed, as long as there is time
    for the task, and in the `budget` for all tasks. `description` says what stands on what.
    """
    asked = Responses()
    left = question.ask
    budget = budget or Budget(math.inf)
    of_task = limits.task_seconds
    going_on = bool(question.skipped())
    while True:
        allowed = replace(limits, task_seconds=min(of_task, budget.left))
        listener = _Listener(left, limits)
        ending = sandbox.run(question.job(left, going_on), allowed, listener.hear, question.files)
        # With little time left, it may be up before the author's part of the work is done.
        late = ending.end is End.TASK and allowed.task_seconds < limits.task_seconds
        lost = listener.broken or ending.end is End.LOST or not (listener.started or late)
        if not lost:
            took = max(ending.seconds, allowed.task_seconds) if ending.end is End.TASK else ending.seconds
            of_task -= took
            budget.spend(took)
        used_up = "" if budget.left else budget.used_up
        if of_task <= 0 and not used_up:
            used_up = _task_used_up(limits)
        if _goes_on(question, going_on, listener, ending, limits) and not used_up:
            if going_on:  # what it printed until a statement ended it
                asked.output += ending.output.decode("utf-8", "replace")
            going_on = True
            continue
        asked.output += ending.output.decode("utf-8", "replace")
        asked.description = listener.description or asked.description
        for name, answers in listener.answers.items():
            asked.answers.setdefault(name, {}).update(answers)
        if lost:
            asked.broken = listener.broken or _lost(ending)
            asked.authors = bool(listener.broken)
            return asked
        if listener.failed:
            asked.failed = tuple(_with_reason(failed, question) for failed in listener.failed)
        if listener.finished or listener.not_loaded is not None:
            asked.not_loaded = listener.not_loaded
            if listener.finished and not listener.loaded and listener.not_loaded is None:
                asked.stops[""] = Stop("", 0, next((one.why for one in asked.failed if one.why), _ENDED))
            return asked
        if listener.check or not (asked.stops and used_up):  # else it was being started again
            why = used_up if ending.end is End.TASK else reason(ending, limits)
            asked.stops[listener.check] = Stop(listener.check, listener.case, why)
            if not listener.check or description is None:
                return asked
            gone = description.after(listener.check) | {listener.check}
            at = [name for name, _ in left].index(listener.check)
            left = tuple((name, cases) for name, cases in left[at:] if name not in gone)
        if used_up:
            asked.stops |= {name: Stop(name, None, f"not reached: {used_up}") for name, _ in left}
        if used_up or not left:
            return asked


@dataclass(frozen=True)
class Compared:
    """What an author's `compare=` says about an answer; `problem` is empty where nothing is wrong."""

    problem: str
    failed: bool = False
    """Whether it ended with an exception, or not at all."""
    shown: str = ""
    """The observation that it wants to be shown, empty for all of them."""


def _goes_on(
    question: Question, going_on: bool, listener: "_Listener", ending: Ending, limits: Limits
) -> bool:
    """Whether to import once more, now past what fails; a statement that ended the process is noted."""
    if question.ended is None or listener.loaded or not listener.started:
        return False
    if ending.end in (End.LOST, End.REFUSED):
        return False
    if not going_on:
        return True
    file, number = listener.at
    if listener.finished or file not in question.files:
        return False
    place = question.files[file], number
    if place not in question.ended and len(question.ended) >= _MOST_ENDED:
        return False
    question.ended.setdefault(place, reason(ending, limits))
    return True


def _with_reason(failed: Failed, question: Question) -> Failed:
    if failed.raised is not None:
        return failed
    place = question.files.get(failed.file, b""), failed.number
    return replace(failed, why=(question.ended or {}).get(place, _ENDED))


def _imported_as(files: Mapping[str, bytes], base: str, module: str) -> str:
    """Return the name to import a module in the folder `base` by: with relative imports, as in a package."""
    own = files.get(f"{base}/{module}.py", b"")
    if "." not in base and (f"{base}/__init__.py" in files or _RELATIVE.search(own)):
        return ".".join([*base.split("/"), module])
    return module


def _above(folder: str) -> list[str]:
    """Return the folders that `folder` lies in, the next one first."""
    parts = folder.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts) - 1, -1, -1)]


def check_properties(
    sandbox: Sandbox, limits: Limits, checks: str, pairs: Sequence[tuple[Answer, Answer]]
) -> list[Compared]:
    """Run the author's `compare=` on pairs (expected, actual) of answers.

    Return what it says of each pair; a pair whose comparison ends the process costs itself only.
    Raises `AssignmentError` where `checks.py` fails as a whole.
    """
    found: list[Compared] = []
    stops = 0
    left = limits.task_seconds
    while len(found) < len(pairs):
        allowed = replace(limits, task_seconds=left)
        some, ending = _compare(sandbox, allowed, checks, pairs[len(found) :])
        found += some
        left -= ending.seconds
        stopped = reason(ending, limits)
        if len(found) < len(pairs):
            found.append(Compared(stopped, True))
            stops += 1
        if stops == _MOST_STOPS or left <= 0:
            found += [Compared(stopped, True)] * (len(pairs) - len(found))
    return found


def _compare(
    sandbox: Sandbox, limits: Limits, checks: str, pairs: Sequence[tuple[Answer, Answer]]
) -> tuple[list[Compared], Ending]:
    """Compare in one process; return what was found until it ended, and how it ended."""
    answers = b"".join(pack_answer(answer) for pair in pairs for answer in pair)
    job = _with_files("compare", {}, {CHECKS: checks.encode(), CODE: _compiled(checks), "answers": answers})
    found: list[Compared] = []
    reader = Reader(limits.message)
    broken: list[str] = []

    def hear(data: bytes) -> bool:
        before = len(found)
        for message in reader.feed(data):
            if message.kind == "compared":
                fields = message.fields
                found.append(Compared(fields["problem"], fields["failed"], fields["shown"]))
            elif message.kind == "broken":
                broken.append(message.fields["text"])
        return len(found) > before

    ending = sandbox.run(job, limits, hear, {})
    if broken or ending.end is End.LOST:
        raise AssignmentError(f"compare= in checks.py could not be run: {broken or reason(ending, limits)}")
    return found, ending


class _Listener:
    """Follows the one order in which a worker may speak; anything else is refused."""

    def __init__(self, ask: Ask, limits: Limits) -> None:
        self.description: Description | None = None
        self.not_loaded: Raised | None = None
        self.answers: dict[str, dict[int, Answer]] = {}
        self.check = ""
        self.case = 0
        self.broken = ""
        self.started = False
        self.loaded = False
        self.finished = False
        self.failed: list[Failed] = []
        self.at = "", 0
        """The statement at work while a module is imported past what fails: file, number."""
        self._expected = self._conversation(ask)
        next(self._expected)
        self._reader = Reader(limits.message)
        self._left = limits.answers

    def hear(self, data: bytes) -> bool:
        """Take bytes; True where a new check has begun. Raises `MalformedMessage`."""
        begun = False
        self._left -= len(data)
        if self._left < 0:
            raise MalformedMessage("more answers than memory is kept for")
        for message in self._reader.feed(data):
            try:
                self._expected.send(message)
            except StopIteration:
                raise MalformedMessage("a message after the last one") from None
            begun |= message.kind in ("loaded", "begin")
        return begun

    def _conversation(self, ask: Ask) -> Generator[None, Message, None]:
        message = yield
        if message.kind == "broken":
            # Sent before the student's module is touched, so these are the author's words.
            self.broken = str(message.fields.get("text", ""))
            yield from _of_kind("end")
            yield
            return
        _expect(message, "started")
        self.started = True
        message = yield
        if not ask:
            self.description = _description(message)
            ask = everything(self.description)
            message = yield
        while message.kind == "at":
            file, number = message.fields.get("file"), message.fields.get("number")
            if not isinstance(file, str) or not isinstance(number, int):
                raise MalformedMessage("a statement without a place")
            self.at = file, number
            message = yield
        if message.kind == "not_loaded":
            raised = message.fields.get("raised")
            self.failed = parse_failed(message.fields.get("failed", []))
            self.not_loaded = parse_raised(raised) if raised is not None or not self.failed else None
            self.finished = True
            yield from _of_kind("end")
            yield
            return
        _expect(message, "loaded")
        self.loaded = True
        self.failed = parse_failed(message.fields.get("failed", []))
        for name, cases in ask:
            self.check, self.case = name, cases[0]
            begin = yield from _of_kind("begin")
            if begin.fields.get("check") != name:
                raise MalformedMessage("a check out of order")
            for case in cases:
                self.case = case
                answer = parse_answer((yield from _of_kind("answer")))
                if (answer.check, answer.case) != (name, case):
                    raise MalformedMessage("an answer out of order")
                self.answers.setdefault(name, {})[case] = answer
        self.finished = True
        yield from _of_kind("end")
        yield


def _of_kind(kind: str) -> Generator[None, Message, Message]:
    message = yield
    _expect(message, kind)
    return message


def _expect(message: Message, kind: str) -> None:
    if message.kind != kind:
        raise MalformedMessage(f"{message.kind!r} came where {kind!r} was due")


def _description(message: Message) -> Description:
    _expect(message, "described")
    return Description.model_validate(dict(message.fields))


def _lost(ending: Ending) -> str:
    said = ending.output.decode("utf-8", "replace").strip()
    return f"the sandbox ended before the work began ({said or ending.end.value})"


def reason(ending: Ending, limits: Limits) -> str:
    """Return in words why a run ended before its work was done."""
    match ending.end:
        case End.WALL:
            return f"no answer within {limits.wall_seconds:g} s"
        case End.TASK:
            return _task_used_up(limits)
        case End.CPU:
            return f"used more than {limits.cpu_seconds} s of processor time"
        case End.OUTPUT:
            return f"printed more than {size(limits.output)}"
        case End.THREADS:
            return f"started more than {limits.threads} threads"
        case End.REFUSED:
            return "sent something that is not an answer"
        case End.SIGNAL:
            return f"the interpreter crashed ({_signal(ending.code)})"
        case End.EXIT | End.DONE:
            return f"the program ended itself (exit code {ending.code})"
        case End.LOST:
            return "the sandbox was lost"


def _task_used_up(limits: Limits) -> str:
    return f"the program used up the time for one task ({limits.task_seconds:g} s for all its checks)"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def size(count: int) -> str:
    """Return a number of bytes in words: `1 GiB`, `64 KiB`."""
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count >= 1 << power:
            return f"{count / (1 << power):g} {unit}"
    return f"{count} bytes"
