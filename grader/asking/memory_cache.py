"""Memory cache: the answers that a class is compared with, read from their file once."""

import threading
from collections import OrderedDict

from grader.asking.answer_cache import AnswerCache
from grader.asking.questions import Ask, Question, Responses
from grader.values import size

MOST_BYTES = 192 << 20
_ANSWER_BYTES = 4 << 10
"""Bytes of an answer besides its values."""

_Asked = tuple[str, tuple[tuple[str, str], ...], str, int, Ask, bool, tuple[tuple[str, bytes], ...]]


class MemoryCache:
    """The answers of an `AnswerCache`, of at most `most_bytes`; the least recently used go first."""

    def __init__(self, cache: AnswerCache, most_bytes: int = MOST_BYTES) -> None:
        self._cache = cache
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._known: OrderedDict[_Asked, tuple[Responses, int]] = OrderedDict()
        self._bytes = 0

    def holds(self, question: Question) -> bool:
        """Whether there are answers to `question`, here or in a file."""
        return _name(question) in self._known or self._cache.holds(question)

    def load(self, question: Question) -> Responses | None:
        """Return the answers to `question`, None if there are none that can be trusted."""
        name = _name(question)
        with self._lock:
            if name in self._known:
                self._known.move_to_end(name)
                return self._known[name][0]
        found = self._cache.load(question)
        if found is not None:
            self._keep(name, found)
        return found

    def store(self, question: Question, asked: Responses) -> None:
        """Keep the answers to `question` for the next submission and for the next run."""
        self._cache.store(question, asked)
        self._keep(_name(question), asked)

    def _keep(self, name: _Asked, asked: Responses) -> None:
        weight = _weight(asked)
        with self._lock:
            self._bytes += weight - self._known.pop(name, (asked, 0))[1]
            self._known[name] = asked, weight
            while self._bytes > self._most_bytes:
                _, (_, freed) = self._known.popitem(last=False)
                self._bytes -= freed


def _name(question: Question) -> _Asked:
    files = tuple(sorted(question.files.items()))
    beside = tuple(sorted(question.beside.items()))
    return (question.checks, beside, question.module, question.seed, question.ask, question.record, files)


def _weight(asked: Responses) -> int:
    answers = [answer for by_case in asked.answers.values() for answer in by_case.values()]
    values = [value for answer in answers for value in (answer.observed or {}).values()]
    values += [drawn.value for answer in answers for drawn in answer.drawn]
    return len(answers) * _ANSWER_BYTES + sum(map(size, values))
