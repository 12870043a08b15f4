"""The answer key of a task: what its solution and its known mistakes answer with one seed, as plain data.

A task that has one can be graded without its solution. The file is a line that names the format, and then,
compressed, messages of `grader.wire`: a header, and the answers, each different one once. Nothing in it is a
program, and nothing is unpickled.
"""

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from grader import untrusted_files
from grader.assignment.mistakes import Mistake, Price
from grader.errors import AssignmentError, MalformedMessage
from grader.results.message import Record
from grader.wire import Answer, WireMessage, pack, pack_answer, parse_answer, unpack

_FORMAT = b"torch-homework-grader answers 1\n"
_MOST_BYTES = 64 << 20
_MOST_UNPACKED = 256 << 20

Answers = Mapping[str, Mapping[int, Answer]]
"""By check, by case."""


class KeyMistake(Record):
    """What is published of a known mistake."""

    name: str
    hint: str
    title: str
    costs: float | None
    costs_a_share: bool
    program: str


class KeyHeader(Record):
    """What a key is about."""

    seed: int
    hidden: int
    """How many checks only the full assignment has."""
    hidden_points: float
    checks: str
    """SHA-256 of the checks that were asked."""
    description: dict[str, Any]
    """What `checks.py` declares."""
    solution: str
    """The name of a program is made from its files; see `program_name`."""
    others: dict[str, str]
    """Other programs that are right, by the name that `accept=` gives them."""
    mistakes: tuple[KeyMistake, ...]
    answers: dict[str, dict[str, tuple[int, ...]]]
    """By program, by check: the number of the answer to each case."""
    drawn: dict[str, tuple[int, ...]]
    """By check: the number of the solution's answer to each case with what the case drew."""


class AnswerKey:
    """A key that was read."""

    def __init__(self, header: KeyHeader, parts: tuple[WireMessage, ...], digest: str) -> None:
        self.header = header
        self.digest = digest
        self._parts = parts
        self._read: dict[int, Answer] = {}

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the key in a file. Raises `AssignmentError`."""
        try:
            data = untrusted_files.read(path.parent, path.name, _MOST_BYTES)
        except OSError as error:
            raise AssignmentError(f"{path} cannot be read: {error.strerror}") from None
        if not data.startswith(_FORMAT):
            raise AssignmentError(f"{path} is not an answer key that this version of the grader can read")
        try:
            header, *parts = _messages(data[len(_FORMAT) :])
            found = KeyHeader.model_validate_json(header.payload)
        except (zlib.error, MalformedMessage, ValidationError, ValueError):
            raise AssignmentError(f"{path} is damaged; get the kit again") from None
        return cls(found, tuple(parts), hashlib.sha256(data).hexdigest())

    def answers(self, program: str, check: str) -> dict[int, Answer] | None:
        """Return what a program answers to a check, None if that is not in here."""
        numbers = self.header.answers.get(program, {}).get(check)
        return None if numbers is None else self._answers(numbers)

    @cached_property
    def drawn(self) -> Answers:
        """The solution's answers with what each case drew."""
        return {check: self._answers(numbers) for check, numbers in self.header.drawn.items()}

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The known mistakes; the name of its program stands for the source of each."""
        return tuple(
            Mistake(
                one.name,
                one.hint,
                one.program,
                own_title=one.title,
                costs=None if one.costs is None else Price(one.costs, one.costs_a_share),
            )
            for one in self.header.mistakes
        )

    def _answers(self, numbers: Iterable[int]) -> dict[int, Answer]:
        found = (self._answer(number) for number in numbers)
        return {answer.case: answer for answer in found}

    def _answer(self, number: int) -> Answer:
        if number not in self._read:
            self._read[number] = parse_answer(self._parts[number])
        return self._read[number]


class KeyWriter:
    """Collects the answers of programs for a key; an answer that several programs give is kept once."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._programs: dict[str, dict[str, tuple[int, ...]]] = {}
        self._drawn: dict[str, tuple[int, ...]] = {}

    def add(self, program: str, answers: Answers) -> None:
        """Add what a program answers."""
        self._programs[program] = {check: self._kept(by_case) for check, by_case in answers.items()}

    def add_drawn(self, answers: Answers) -> None:
        """Add the solution's answers with what the cases drew."""
        self._drawn = {check: self._kept(by_case) for check, by_case in answers.items()}

    def packed(self, **fields: Any) -> bytes:
        """Return the contents of the file; `fields` are the rest of the header."""
        header = KeyHeader(answers=self._programs, drawn=self._drawn, **fields)
        messages = [pack("key", {}, header.model_dump_json().encode()), *self._parts]
        return _FORMAT + zlib.compress(b"".join(messages), 9)

    def _kept(self, by_case: Mapping[int, Answer]) -> tuple[int, ...]:
        return tuple(self._number(pack_answer(by_case[case])) for case in sorted(by_case))

    def _number(self, data: bytes) -> int:
        if data not in self._numbers:
            self._numbers[data] = len(self._parts)
            self._parts.append(data)
        return self._numbers[data]


def program_name(files: Mapping[str, bytes]) -> str:
    """Return the name of a program in a key, from which its files cannot be told."""
    return _digest(part for path, data in sorted(files.items()) for part in (path.encode(), data))[:32]


def checks_digest(checks: str, shared: Mapping[str, str]) -> str:
    """Return what a key holds of the `checks.py` that was asked, and of the modules that it imports."""
    return _digest(part.encode() for part in (checks, *(text for _, text in sorted(shared.items()))))


def _digest(parts: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "little") + part)
    return whole.hexdigest()


def _messages(data: bytes) -> list[WireMessage]:
    """Return the messages of a key. Raises `ValueError` if it is cut short, or unpacks to far too much."""
    unpacker = zlib.decompressobj()
    whole = unpacker.decompress(data, _MOST_UNPACKED)
    if not unpacker.eof:
        raise ValueError("it is cut short, or too long")
    return unpack(whole)
