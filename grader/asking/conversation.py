"""Asks a module in the sandbox and accepts only messages that arrive in order."""

import bisect
import math
import signal
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from grader.asking.questions import (
    Ask,
    Budget,
    Description,
    LeftOut,
    Question,
    Responses,
    Stop,
    authors_files,
    everything,
    with_files,
)
from grader.errors import AssignmentError, MalformedMessage, SandboxError
from grader.report.messages import text
from grader.results.message import Message
from grader.sandbox.contract import End, Ending, Limits, Sandbox
from grader.wire import (
    Answer,
    Failed,
    Raised,
    Reader,
    WireMessage,
    pack_answer,
    parse_answer,
    parse_failed,
    parse_raised,
)

_ENDED = Message.of("ended_program")
_MOST_ENDED = 3
"""Statements that end the process; after so many, the import is given up."""
_MOST_STOPS = 3
"""Comparisons that end their process; after so many, the rest is not tried."""


def ask(
    sandbox: Sandbox,
    limits: Limits,
    question: Question,
    description: Description | None = None,
    budget: Budget | None = None,
) -> Responses:
    """Return the responses to `question`; a check that ends the process costs itself and what depends on it.

    A fresh process continues with the next check, or with an import that failed, while there is time
    left for the task and in the `budget` for all tasks. `description` says which check depends on which,
    and how long each may take. Without it, the process is believed about the time of its checks: only trusted
    modules are asked so.
    """
    asked = Responses()
    left = question.ask
    budget = budget or Budget(math.inf)
    of_task = limits.task_seconds
    going_on = bool(question.skipped())
    while True:
        allowed = replace(limits, task_seconds=min(of_task, budget.left))
        listener = _Listener(left, limits, description)
        ending = sandbox.run(question.job(left, going_on), allowed, listener.hear, question.files)
        # With little time left, it may run out before the worker has loaded `checks.py`.
        late = ending.end is End.TASK and allowed.task_seconds < limits.task_seconds
        lost = listener.broken or ending.end is End.LOST or not (listener.started or late)
        if not lost:
            took = max(ending.seconds, allowed.task_seconds) if ending.end is End.TASK else ending.seconds
            of_task -= took
            budget.spend(took)
        used_up = None if budget.left else budget.used_up
        if of_task <= 0 and used_up is None:
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
            asked.authors = listener.broken is not None
            return asked
        if listener.failed:
            asked.left_out = tuple(_left_out(failed, question) for failed in listener.failed)
        if listener.finished or listener.not_loaded is not None:
            asked.not_loaded = listener.not_loaded
            if listener.finished and not listener.loaded and listener.not_loaded is None:
                reasons = (one.reason for one in asked.left_out if one.statement.raised is None)
                asked.stops[""] = Stop("", 0, next(reasons, _ENDED))
            return asked
        if listener.check or not (asked.stops and used_up):  # otherwise it was being restarted
            why = used_up if used_up and ending.end is End.TASK else reason(ending, listener.limits)
            asked.stops[listener.check] = Stop(listener.check, listener.case, why)
            if not listener.check or description is None:
                return asked
            gone = description.after(listener.check) | {listener.check}
            at = [name for name, _ in left].index(listener.check)
            left = tuple((name, cases) for name, cases in left[at:] if name not in gone)
        if used_up:
            asked.stops |= {
                name: Stop(name, None, Message.of("not_reached", reason=used_up)) for name, _ in left
            }
        if used_up or not left:
            return asked


def processor_seconds(
    sandbox: Sandbox, limits: Limits, question: Question, description: Description, going_on: bool
) -> float | None:
    """Return the processor time of the answers to `question`, counted outside; None if some are missing.

    The import is not counted: a second process, which answers no case, tells how long that takes. Raises
    `SandboxError` if the sandbox is lost.
    """
    took = []
    for ask in (question.ask, tuple((name, ()) for name, _ in question.ask)):
        listener = _Listener(ask, limits, description)
        ending = sandbox.run(question.job(ask, going_on), limits, listener.hear, question.files)
        if ending.end is End.LOST:
            raise SandboxError("the sandbox was lost while processor time was measured")
        if not (listener.loaded and listener.finished):
            return None
        took.append(ending.processor_seconds)
    return max(0.0, took[0] - took[1])


@dataclass(frozen=True)
class Compared:
    """What an author's `compare=` says about an answer; `problem` is None if nothing is wrong."""

    problem: Message | None = None
    failed: bool = False
    """Whether it raised an exception, or never ended."""
    shown: str = ""
    """The observation that it asks to show, empty for all of them."""
    readable: bool = True
    """Whether the answer could be made again; if not, `compare=` never saw it."""


def _goes_on(
    question: Question, going_on: bool, listener: "_Listener", ending: Ending, limits: Limits
) -> bool:
    """Whether to import again without what failed; a statement that ended the process is recorded."""
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


def _left_out(failed: Failed, question: Question) -> LeftOut:
    place = question.files.get(failed.file, b""), failed.number
    return LeftOut(failed, (question.ended or {}).get(place, _ENDED))


def check_properties(
    sandbox: Sandbox,
    limits: Limits,
    checks: str,
    pairs: Sequence[tuple[Answer, Answer]],
    beside: Mapping[str, str] = MappingProxyType({}),
    data: Mapping[str, bytes] = MappingProxyType({}),
) -> list[Compared]:
    """Return what the author's `compare=` says about each pair (expected, actual) of answers.

    A pair whose comparison ends the process costs only itself. After some such pairs of one module's answers
    to a check, or when their time is used up, the rest of these count as stopped too. `beside`: see
    `Question.beside`; `data`: files that they may read.

    Raises `AssignmentError` if `checks.py` fails as a whole.
    """
    files = authors_files(checks, beside)
    places = [(answer.check, answer.case) for answer, _ in pairs]
    # The cases of a check come in their order: the next module's begin anew.
    begins = [
        at
        for at, place in enumerate(places)
        if at == 0 or places[at - 1] >= place or places[at - 1][0] != place[0]
    ]
    found: list[Compared] = []
    stops, group = 0, -1
    left = limits.task_seconds
    while len(found) < len(pairs):
        allowed = replace(limits, task_seconds=left)
        some, ending = _compare(sandbox, allowed, files, data, pairs[len(found) :])
        found += some
        if len(found) == len(pairs):
            break
        at = bisect.bisect_right(begins, len(found)) - 1
        if at != group:
            stops, group, left = 0, at, limits.task_seconds
        left -= ending.seconds
        stops += 1
        end = len(found) + 1
        if stops == _MOST_STOPS or left <= 0:
            end = [*begins, len(pairs)][group + 1]
            left = limits.task_seconds
        found += [Compared(reason(ending, limits), True)] * (end - len(found))
    return found


def _compare(
    sandbox: Sandbox,
    limits: Limits,
    files: Mapping[str, bytes],
    data: Mapping[str, bytes],
    pairs: Sequence[tuple[Answer, Answer]],
) -> tuple[list[Compared], Ending]:
    """Compare in one process; return what was found until it ended, and how it ended."""
    answers = b"".join(pack_answer(answer) for pair in pairs for answer in pair)
    job = with_files("compare", {}, {**files, "answers": answers})
    found: list[Compared] = []
    reader = Reader(limits.message)
    broken: list[str] = []

    def hear(data: bytes) -> float | None:
        before = len(found)
        for message in reader.feed(data):
            if message.kind == "compared":
                fields = message.fields
                problem = Message.of("authors_words", text=fields["problem"]) if fields["problem"] else None
                found.append(Compared(problem, fields["failed"], fields["shown"], fields["readable"]))
            elif message.kind == "broken":
                broken.append(message.fields["text"])
        return limits.wall_seconds if len(found) > before else None

    ending = sandbox.run(job, limits, hear, data)
    if broken or ending.end is End.LOST:
        why = "; ".join(broken) or text(reason(ending, limits))
        raise AssignmentError(f"compare= in checks.py could not be run: {why}")
    return found, ending


class _Listener:
    """Follows the only order in which a worker may send messages; anything else is refused."""

    def __init__(self, ask: Ask, limits: Limits, description: Description | None = None) -> None:
        self.description: Description | None = None
        self.limits = limits
        """Those of what runs now."""
        self._seconds = _seconds_of(description)
        self.not_loaded: Raised | None = None
        self.answers: dict[str, dict[int, Answer]] = {}
        self.check = ""
        self.case = 0
        self.broken: Message | None = None
        self.started = False
        self.loaded = False
        self.finished = False
        self.failed: list[Failed] = []
        self.at = "", 0
        """The statement that runs while a module is imported without what fails: file, number."""
        self._expected = self._conversation(ask)
        next(self._expected)
        self._reader = Reader(limits.message)
        self._left = limits.answers

    def hear(self, data: bytes) -> float | None:
        """See `grader.sandbox.contract.Hear`."""
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
        return self.limits.wall_seconds if begun else None

    def _conversation(self, ask: Ask) -> Generator[None, WireMessage, None]:
        message = yield
        if message.kind == "broken":
            # Sent before the student's module is touched, so these are the author's words.
            self.broken = Message.of("authors_fault", text=str(message.fields.get("text", "")))
            yield from _of_kind("end")
            yield
            return
        _expect(message, "started")
        self.started = True
        message = yield
        if not ask:
            self.description = _description(message)
            self._seconds = _seconds_of(self.description)
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
        of_all = self.limits
        for name, cases in ask:
            self.check, self.case = name, next(iter(cases), 0)
            begin = yield from _of_kind("begin")
            if begin.fields.get("check") != name:
                raise MalformedMessage("a check out of order")
            self.limits = replace(of_all, wall_seconds=self._seconds.get(name, of_all.wall_seconds))
            for case in cases:
                self.case = case
                answer = parse_answer((yield from _of_kind("answer")))
                if (answer.check, answer.case) != (name, case):
                    raise MalformedMessage("an answer out of order")
                self.answers.setdefault(name, {})[case] = answer
        self.finished = True
        yield from _of_kind("end")
        yield


def _seconds_of(description: Description | None) -> dict[str, float]:
    """Return the time that checks may take, for those that say so."""
    checks = () if description is None else description.checks
    return {check.name: check.wall_seconds for check in checks if check.wall_seconds is not None}


def _of_kind(kind: str) -> Generator[None, WireMessage, WireMessage]:
    message = yield
    _expect(message, kind)
    return message


def _expect(message: WireMessage, kind: str) -> None:
    if message.kind != kind:
        raise MalformedMessage(f"{message.kind!r} came where {kind!r} was due")


def _description(message: WireMessage) -> Description:
    _expect(message, "described")
    return Description.model_validate(dict(message.fields))


def _lost(ending: Ending) -> Message:
    said = ending.output.decode("utf-8", "replace").strip()
    return Message.of("sandbox_did_not_begin", reason=said or ending.end.value)


def reason(ending: Ending, limits: Limits) -> Message:
    """Return why a run ended before its work was done."""
    match ending.end:
        case End.WALL:
            return Message.of("no_answer", seconds=limits.wall_seconds)
        case End.TASK:
            return _task_used_up(limits)
        case End.CPU:
            return Message.of("too_much_processor_time", seconds=limits.cpu_seconds)
        case End.OUTPUT:
            return Message.of("too_much_output", most=limits.output)
        case End.MEMORY:
            return Message.of("too_much_memory", most=limits.memory)
        case End.THREADS:
            return Message.of("too_many_threads", most=limits.threads)
        case End.REFUSED:
            return Message.of("malformed_answer")
        case End.SIGNAL:
            return Message.of("crashed", signal=_signal(ending.code))
        case End.EXIT | End.DONE:
            return Message.of("exited", code=ending.code)
        case End.LOST:
            return Message.of("sandbox_lost")


def _task_used_up(limits: Limits) -> Message:
    return Message.of("task_time_used_up", seconds=limits.task_seconds)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
