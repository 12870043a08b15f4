"""Questions in words: one TOML file each, with model answer, rubric and hints for the machine."""

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from grader.errors import AssignmentError
from grader.results.message import Record
from grader.results.rubric import Question, RubricItem
from grader.toml_files import read_toml

_NAME = re.compile(r"[\w-]+(\.[\w-]+)*")


class _QuestionFile(Record):
    title: str = Field(min_length=1)
    points: float = Field(gt=0, allow_inf_nan=False)
    statement: str = Field(min_length=1)
    model: str = Field(min_length=1)
    items: tuple[RubricItem, ...] = Field(min_length=1)


@dataclass(frozen=True)
class QuestionSource:
    """A question as its author wrote it."""

    task: str
    number: str
    """What students write above their answer, such as `1.1.2`."""
    title: str
    points: float
    statement: str
    model: str
    items: tuple[RubricItem, ...]

    @property
    def facts(self) -> str:
        """What verdicts depend on, besides points."""
        ours = [(item.name, item.hints, item.against) for item in self.items if self.automatic]
        return repr((self.number, self.title, self.statement, ours))

    @property
    def automatic(self) -> bool:
        """Whether the machine decides by itself."""
        return all(item.automatic for item in self.items)

    @property
    def record(self) -> Question:
        """The question as people who decide need it."""
        return Question(
            task=self.task,
            check=self.number,
            title=self.title,
            points=self.points,
            statement=self.statement,
            model=self.model,
            items=self.items,
        )


@dataclass(frozen=True)
class WrittenTask:
    """A task that is answered in words, with its questions in the order of their numbers."""

    name: str
    title: str
    file: str
    points: float
    questions: tuple[QuestionSource, ...]
    bonus: bool = False

    @property
    def counted(self) -> float:
        """What the task adds to the points of the assignment."""
        return 0 if self.bonus else self.points


def read_written(
    folder: Path, name: str, title: str, file: str, points: float, bonus: bool = False
) -> WrittenTask:
    """Return the task whose questions are the TOML files in `folder`.

    Raises `AssignmentError` that names the file.
    """
    paths = sorted(folder.glob("*.toml"), key=lambda path: _order(path.stem))
    if not paths:
        raise AssignmentError(f"{folder}: there is no question; write one as `1.1.toml`")
    questions = tuple(_question(path, name) for path in paths)
    whole = round(sum(question.points for question in questions), 6)
    if whole != points:
        raise AssignmentError(
            f"{folder}: the questions are worth {whole:g} points; assignment.toml says {points:g}"
        )
    return WrittenTask(name, title, file, points, questions, bonus)


def _question(path: Path, task: str) -> QuestionSource:
    if not _NAME.fullmatch(path.stem):
        raise AssignmentError(f"{path}: name the file by the number of its question, as `1.1.2.toml`")
    found = read_toml(path, _QuestionFile, AssignmentError)
    names = [item.name for item in found.items]
    for name in names:
        if names.count(name) > 1:
            raise AssignmentError(f"{path}: two items are called {name!r}")
    best = round(sum(item.points for item in found.items if item.points > 0), 6)
    if best < found.points:
        raise AssignmentError(
            f"{path}: the items give at most {best:g} points; the question is worth {found.points:g}"
        )
    return QuestionSource(
        task,
        path.stem,
        found.title,
        found.points,
        found.statement.strip(),
        found.model.strip(),
        found.items,
    )


def _order(number: str) -> tuple[tuple[int, str], ...]:
    """Sort `1.10` after `1.9`."""
    return tuple((int(part), "") if part.isdigit() else (1 << 30, part) for part in number.split("."))
