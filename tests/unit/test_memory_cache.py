"""What a class is compared with is read once, and forgotten where it grows too much."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from grader.asking.answer_cache import FILE, AnswerCache
from grader.asking.memory_cache import MemoryCache
from grader.asking.questions import Question, Responses
from grader.values import Tensor
from grader.wire import Answer, Drawn


def question(number: int = 0, **fields: object) -> Question:
    known = {"checks": "c", "module": "m", "files": {"m.py": b"x"}, "seed": number}
    return Question(**(known | fields))  # type: ignore[arg-type]


def asked(entries: int = 1) -> Responses:
    value = Tensor("float64", np.zeros(entries))
    return Responses(answers={"step": {0: Answer("step", 0, {"h": value})}})


@pytest.fixture
def key(tmp_path: Path) -> MemoryCache:
    return MemoryCache(AnswerCache(tmp_path / "key"))


def lose(tmp_path: Path) -> None:
    """Take away what lies on the disk."""
    with closing(sqlite3.connect(tmp_path / "key" / FILE, isolation_level=None)) as base:
        base.execute("DELETE FROM answers")


def known(key: MemoryCache, count: int) -> list[int]:
    return [number for number in range(count) if key.load(question(number)) is not None]


def test_what_was_stored_is_there_although_its_file_is_gone(key: MemoryCache, tmp_path: Path) -> None:
    stored = asked()
    key.store(question(), stored)
    lose(tmp_path)

    assert key.load(question()) is stored


def test_what_was_read_is_not_read_again(tmp_path: Path) -> None:
    AnswerCache(tmp_path / "key").store(question(), asked())
    key = MemoryCache(AnswerCache(tmp_path / "key"))
    found = key.load(question())
    lose(tmp_path)

    assert (found is not None, key.load(question()) is found) == (True, True)


def test_what_was_stored_is_on_the_disk_for_the_next_run(key: MemoryCache, tmp_path: Path) -> None:
    key.store(question(), Responses(output=""))

    assert AnswerCache(tmp_path / "key").load(question()) == Responses()


def test_what_nobody_stored_is_not_there_until_somebody_does(key: MemoryCache) -> None:
    before = key.load(question())
    key.store(question(), Responses())

    assert (before, key.load(question())) == (None, Responses())


@pytest.mark.parametrize(
    "other",
    [
        question(1),
        question(checks="d"),
        question(module="n"),
        question(files={"m.py": b"y"}),
        question(files={"n.py": b"x"}),
        question(ask=(("step", (0,)),)),
        question(record=True),
    ],
)
def test_another_question_has_other_answers(key: MemoryCache, other: Question) -> None:
    key.store(question(), Responses())

    assert key.load(other) is None


def test_the_order_of_the_files_does_not_matter(key: MemoryCache) -> None:
    key.store(question(files={"a.py": b"", "b.py": b""}), Responses())

    assert key.load(question(files={"b.py": b"", "a.py": b""})) == Responses()


@pytest.fixture
def small(tmp_path: Path) -> MemoryCache:
    """Room for three answers of a thousand numbers."""
    return MemoryCache(AnswerCache(tmp_path / "key"), most_bytes=40_000)


def test_what_was_not_asked_for_longest_is_forgotten(small: MemoryCache, tmp_path: Path) -> None:
    for number in range(3):
        small.store(question(number), asked(1000))
    small.load(question(0))
    small.store(question(3), asked(1000))
    lose(tmp_path)

    assert known(small, 4) == [0, 2, 3]


def test_what_was_forgotten_is_read_from_its_file(small: MemoryCache) -> None:
    for number in range(9):
        small.store(question(number), asked(1000))

    assert known(small, 9) == list(range(9))


def test_storing_the_same_again_takes_no_more_room(small: MemoryCache, tmp_path: Path) -> None:
    small.store(question(0), asked(1000))
    for _ in range(9):
        small.store(question(1), asked(1000))
    lose(tmp_path)

    assert known(small, 2) == [0, 1]


def test_what_cases_drew_takes_room_as_well(small: MemoryCache, tmp_path: Path) -> None:
    drawn = (Drawn("normal", "x", Tensor("float64", np.zeros(10_000))),)
    small.store(question(0), asked())
    small.store(question(1), Responses(answers={"step": {0: Answer("step", 0, {}, drawn=drawn)}}))
    lose(tmp_path)

    assert known(small, 2) == []


def test_it_holds_what_is_here_and_what_is_in_a_file(key: MemoryCache, tmp_path: Path) -> None:
    AnswerCache(tmp_path / "key").store(question(1), asked())
    in_a_file = key.holds(question(1))
    key.store(question(0), asked())
    lose(tmp_path)

    assert (in_a_file, [key.holds(question(number)) for number in range(3)]) == (True, [True, False, False])
