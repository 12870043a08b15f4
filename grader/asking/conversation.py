"""Puts questions to a module through the sandbox and believes only what arrives in order."""

import marshal
import math
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
from grader.wire import Answer, Message, Raised, Reader, pack, pack_answer, parse_answer, parse_raised

Ask = tuple[tuple[str, tuple[int, ...]], ...]
"""Checks with their cases; empty for all that `checks.py` declares."""

_MOST_STOPS = 3
"""After so many comparisons that ended their process, the rest is not tried."""
CHECKS = "/assignment/checks.py"
CODE = "/assignment/checks.pyc"
"""`checks.py` compiled, without a header: it is compiled once here, not in every child."""
SUBMISSION = "/submission/"


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


@dataclass
class Responses:
    """All that came back from one module."""

    description: Description | None = None
    not_loaded: Raised | None = None
    answers: dict[str, dict[int, Answer]] = field(default_factory=dict)
    stops: dict[str, Stop] = field(default_factory=dict)
    output: str = ""
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

    def job(self, ask: Ask) -> bytes:
        """Return the bytes of the job for the worker."""
        parts = {CHECKS: self.checks.encode(), CODE: _compiled(self.checks)}
        parts |= {SUBMISSION + path: data for path, data in self.files.items()}
        fields = {
            "module": self.module,
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

    A fresh process goes on with the next check, as long as there is time for the task, and in the
    `budget` for all tasks. `description` says what stands on what.
    """
    asked = Responses()
    left = question.ask
    budget = budget or Budget(math.inf)
    of_task = limits.task_seconds
    while True:
        allowed = replace(limits, task_seconds=min(of_task, budget.left))
        listener = _Listener(left, limits)
        ending = sandbox.run(question.job(left), allowed, listener.hear)
        asked.output += ending.output.decode("utf-8", "replace")
        asked.description = listener.description or asked.description
        for name, answers in listener.answers.items():
            asked.answers.setdefault(name, {}).update(answers)
        # With little time left, it may be up before the author's part of the work is done.
        late = ending.end is End.TASK and allowed.task_seconds < limits.task_seconds
        if listener.broken or ending.end is End.LOST or not (listener.started or late):
            asked.broken = listener.broken or _lost(ending)
            asked.authors = bool(listener.broken)
            return asked
        took = max(ending.seconds, allowed.task_seconds) if ending.end is End.TASK else ending.seconds
        of_task -= took
        budget.spend(took)
        if listener.finished or listener.not_loaded is not None:
            asked.not_loaded = listener.not_loaded
            return asked
        used_up = "" if budget.left else budget.used_up
        if of_task <= 0 and not used_up:
            used_up = _task_used_up(limits)
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

    ending = sandbox.run(job, limits, hear)
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
        self.finished = False
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
        if message.kind == "not_loaded":
            self.not_loaded = parse_raised(message.fields.get("raised"))
            yield from _of_kind("end")
            yield
            return
        _expect(message, "loaded")
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
