"""Asks a module once for each of many changes of its source, in as few processes as possible."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.asking.questions import Ask, Question
from grader.edits.changes import Change
from grader.errors import MalformedMessage
from grader.sandbox.contract import End, Limits, Sandbox
from grader.wire import Answer, Reader, WireMessage, parse_answer

Answers = dict[str, dict[int, Answer]]
"""By check, by case."""
_CHANGE_SECONDS = 2.0
"""For one change: its import and a few small cases."""
_MOST_ENDED = 5
"""Changes that may end their process, or never end; after so many, the search is given up."""


@dataclass
class Searched:
    """What a module answers with each change, by the number of the change."""

    answers: dict[int, Answers] = field(default_factory=dict)
    """A change with which it cannot be imported, or that ended its process, has no entry."""
    given_up: bool = False
    """Whether not all changes were tried: too many ended the process, or the time was used up."""
    seconds: float = 0.0


def search(
    sandbox: Sandbox,
    limits: Limits,
    question: Question,
    ask: Ask,
    sources: Mapping[str, str],
    changes: Sequence[Change],
    going_on: bool,
) -> Searched:
    """Return what the module of `question` answers to `ask` with each of `changes` of `sources`.

    A change that ends the process, or takes too long, costs itself: a fresh process goes on with the next.
    `limits.task_seconds` holds for all processes together.
    """
    found = Searched()
    at = ended = 0
    while at < len(changes):
        left = limits.task_seconds - found.seconds
        if left <= 0 or ended > _MOST_ENDED:
            found.given_up = True
            break
        seconds = min(_CHANGE_SECONDS, limits.wall_seconds)
        listener = _Listener(ask, at, len(changes), limits.message, seconds)
        some = [
            [number, change.file, [[s.begin, s.end, s.text] for s in change.spans]]
            for number, change in enumerate(changes[at:], at)
        ]
        job = question.search_job(ask, going_on, sources, json.dumps(some).encode())
        allowed = replace(limits, task_seconds=left, wall_seconds=seconds)
        ending = sandbox.run(job, allowed, listener.hear, question.files)
        found.seconds += max(ending.seconds, 0.001)
        found.answers |= listener.answers
        if listener.finished:
            break
        found.answers.pop(listener.at, None)  # it may not have answered everything
        if ending.end is End.LOST or not listener.started:
            found.given_up = True
            break
        at = listener.at + 1
        ended += 1
    return found


class _Listener:
    """Follows the messages of a search; anything out of order is refused."""

    def __init__(self, ask: Ask, first: int, end: int, most: int, seconds: float) -> None:
        self.answers: dict[int, Answers] = {}
        self.at = first
        self.started = False
        self.finished = False
        self._order = [(name, case) for name, cases in ask for case in cases]
        self._due: list[tuple[str, int]] = []
        self._next = first
        self._end = end
        self._reader = Reader(most)
        self._seconds = seconds

    def hear(self, data: bytes) -> float | None:
        """See `grader.sandbox.contract.Hear`: a change has the limit of a check."""
        begun = False
        for message in self._reader.feed(data):
            begun |= self._take(message)
        return self._seconds if begun else None

    def _take(self, message: WireMessage) -> bool:
        if self.finished:
            raise MalformedMessage("a message after the last one")
        match message.kind:
            case "started" if not self.started:
                self.started = True
                return True
            case "change" if self.started and message.fields.get("number") == self._next < self._end:
                self.at = self._next
                self._next += 1
                self._due = list(self._order)
                return True
            case "answer" if self._due:
                answer = parse_answer(message)
                if (answer.check, answer.case) != self._due.pop(0):
                    raise MalformedMessage("an answer out of order")
                self.answers.setdefault(self.at, {}).setdefault(answer.check, {})[answer.case] = answer
            case "end" if self._next == self._end:
                self.finished = True
            case _:
                raise MalformedMessage(f"{message.kind!r} came out of turn in a search")
        return False
