"""An answer key holds answers as plain data, and a damaged one is refused with a sentence."""

import zlib
from pathlib import Path

import numpy as np
import pytest

from grader.asking.key_answers import KeyAnswers, WarmAnswers
from grader.asking.questions import Ask, Question, Responses
from grader.assignment.answer_key import AnswerKey, KeyMistake, KeyWriter, checks_digest, program_name
from grader.assignment.loader import TaskSource
from grader.errors import AssignmentError
from grader.values import Tensor
from grader.wire import Answer, Drawn

CHECK = {
    "name": "value",
    "title": "The value is right.",
    "about": "",
    "points": 1.0,
    "after": [],
    "cases": 2,
    "dtype": "float64",
    "depth": "",
    "compare": False,
    "plot": None,
}
MISTAKE = KeyMistake(
    name="twice", hint="Once is enough.", title="Taken twice", costs=0.4, costs_a_share=True, program="m"
)


SOLUTION, MISTAKEN = (program_name({"m.py": source}) for source in (b"solution", b"mistake"))


def answers(times: float, drawn: bool = False) -> dict[str, dict[int, Answer]]:
    values = [Tensor("float64", np.array([times * case])) for case in range(2)]
    inputs = [(Drawn("tensor", "x", value),) if drawn else () for value in values]
    return {
        "value": {case: Answer("value", case, {"y": values[case]}, drawn=inputs[case]) for case in range(2)}
    }


def packed(seed: int = 7) -> bytes:
    writer = KeyWriter()
    writer.add(SOLUTION, answers(1))
    writer.add(MISTAKEN, answers(2))
    writer.add_drawn(answers(1, drawn=True))
    return writer.packed(
        seed=seed,
        hidden=0,
        hidden_points=0,
        checks=checks_digest("checks", {}),
        description={"forbid": [], "checks": [CHECK]},
        solution=SOLUTION,
        others={},
        mistakes=(MISTAKE,),
    )


@pytest.fixture
def key(tmp_path: Path) -> AnswerKey:
    (tmp_path / "answers.key").write_bytes(packed())
    return AnswerKey.read(tmp_path / "answers.key")


def question(program: str, ask: Ask = ()) -> Question:
    return Question("checks", "m", {"m.py": program.encode()}, 7, ask)


def kit(key: AnswerKey) -> KeyAnswers:
    return KeyAnswers([TaskSource("m", "M", 1, Path(), "checks", "", (), key=key)])


def of_kit(program: str, seed: int = 7, ask: Ask = (), record: bool = False) -> Question:
    return Question("checks", "m", {"answers.key": program.encode()}, seed, ask, record)


def first(asked: Responses | None, case: int = 1) -> float | None:
    """Return the number in an answer."""
    if asked is None:
        return None
    observed = asked.answers["value"][case].observed
    assert observed is not None
    value = observed["y"]
    assert isinstance(value, Tensor)
    return float(value.array[0])


def test_what_was_written_is_read_again(key: AnswerKey) -> None:
    assert key.answers(MISTAKEN, "value") == answers(2)["value"]


def test_what_two_programs_answer_alike_is_kept_once() -> None:
    writer = KeyWriter()
    for name in ("one", "other"):
        writer.add(name, answers(1))

    assert len(writer._parts) == 2


def test_a_mistake_is_read_with_title_hint_and_price(key: AnswerKey) -> None:
    (one,) = key.mistakes

    assert (one.title, one.hint, one.costs.of(10) if one.costs else None, one.changes) == (
        "Taken twice",
        "Once is enough.",
        4,
        (),
    )


@pytest.mark.parametrize(
    "data",
    [
        packed()[:-10],
        packed()[:33] + b"x" + packed()[34:],
        packed()[:32] + zlib.compress(b""),
        packed()[:32] + zlib.compress(b"12345678"),
        packed()[:32] + zlib.compress(bytes(300 << 20), 1),
    ],
    ids=["cut short", "changed", "empty", "no message", "unpacks to 300 MiB"],
)
def test_a_damaged_key_is_refused_with_its_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "answers.key").write_bytes(data)

    with pytest.raises(AssignmentError, match=r"answers\.key is damaged; get the kit again"):
        AnswerKey.read(tmp_path / "answers.key")


def test_another_file_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "answers.key").write_bytes(b"\x80\x04K\x01.")

    with pytest.raises(AssignmentError, match="not an answer key that this version"):
        AnswerKey.read(tmp_path / "answers.key")


# In place of programs


def test_a_kit_answers_for_the_solution_with_what_checks_declare(key: AnswerKey) -> None:
    asked = kit(key).load(of_kit(key.header.solution))

    assert asked is not None and asked.description is not None
    assert ([check.name for check in asked.description.checks], first(asked)) == (["value"], 1)


def test_a_kit_answers_for_a_mistake_about_some_cases(key: AnswerKey) -> None:
    asked = kit(key).load(of_kit(MISTAKEN, ask=(("value", (1,)),)))

    assert asked is not None
    assert (first(asked), list(asked.answers["value"])) == (2, [1])


def test_a_kit_says_what_the_cases_drew(key: AnswerKey) -> None:
    asked = kit(key).load(of_kit(key.header.solution, ask=(("value", (1,)),), record=True))

    assert asked is not None and asked.answers["value"][1].drawn[0].name == "x"


@pytest.mark.parametrize(
    "asked",
    [
        of_kit("unknown"),
        of_kit(SOLUTION, seed=8),
        of_kit(SOLUTION, ask=(("value", (2,)),)),
        of_kit(SOLUTION, ask=(("other", (0,)),)),
        of_kit(MISTAKEN, ask=(("value", (0,)),), record=True),
    ],
    ids=["program", "seed", "case", "check", "what a mistake drew"],
)
def test_a_kit_has_no_answer_to_another_of_kit(key: AnswerKey, asked: Question) -> None:
    assert kit(key).load(asked) is None


# Beside programs


class Kept:
    """A cache in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Responses] = {}

    def holds(self, question: Question) -> bool:
        return repr(question) in self.known

    def load(self, question: Question) -> Responses | None:
        return self.known.get(repr(question))

    def store(self, question: Question, asked: Responses) -> None:
        self.known[repr(question)] = asked


OF_MISTAKE = question("mistake", ask=(("value", (0, 1)),))


def warm(tmp_path: Path, times: float) -> WarmAnswers:
    """Return a cache with a key, in which the solution answers `times` what it did before."""
    (tmp_path / "answers.key").write_bytes(packed())
    task = TaskSource("m", "M", 1, tmp_path, "checks", "solution", ())
    made = WarmAnswers(
        Kept(),
        [task],
        lambda one, other: (
            first(Responses(answers={"value": {1: one}})) == first(Responses(answers={"value": {1: other}}))
        ),
    )  # type: ignore[dict-item]
    made.store(question("solution"), Responses(answers=answers(times)))
    return made


def test_a_mistake_is_not_asked_if_the_solution_answers_as_where_the_key_was_made(tmp_path: Path) -> None:
    assert first(warm(tmp_path, times=1).load(OF_MISTAKE)) == 2


def test_a_mistake_is_asked_if_the_solution_answers_otherwise_here(tmp_path: Path) -> None:
    assert warm(tmp_path, times=1.5).load(OF_MISTAKE) is None


def test_a_mistake_is_asked_if_the_checks_are_others(tmp_path: Path) -> None:
    other = Question("other checks", "m", {"m.py": b"mistake"}, 7, (("value", (0, 1)),))

    assert warm(tmp_path, times=1).load(other) is None
