"""Folders as `grade class` writes them, made by hand: a task of code and questions in words."""

from collections.abc import Mapping
from pathlib import Path

from samples import FAILED, PENDING, check, report, task

from grader.course.course import write_class
from grader.course.deciding import GradedClass
from grader.course.decision_file import write_questions
from grader.course.regrade import read_class
from grader.course.worker import write
from grader.report.messages import text
from grader.results.course import ClassResult, Row, TaskSum
from grader.results.message import Message
from grader.results.report import CheckResult, Report, TaskResult, WrittenAnswer
from grader.results.rubric import Hint, Question, RubricItem
from grader.signing import Signer

SIGNER = Signer(b"a key")
QUESTIONS = (
    Question(
        task="answers",
        check="1.1.2",
        title="Does the number of parameters grow?",
        points=2.5,
        statement="Do the number of parameters increase? Explain.",
        model="No, they are shared.",
        items=(
            RubricItem(
                name="stays",
                title="Says that it does not grow",
                points=1,
                hints=(Hint(all=("<no>",)), Hint(all=("constant|the same",))),
            ),
            RubricItem(
                name="shared",
                title="Says that weights are shared",
                points=1.5,
                hints=(Hint(all=("weight|matrix|cell|they", "share|reuse|same")),),
            ),
            RubricItem(name="mixes", title="Mixes up steps and layers", points=-0.5),
        ),
    ),
    Question(
        task="answers",
        check="2.1.1",
        title="Why gates?",
        points=2.5,
        statement="What was the motivation behind using gates?",
        model="They control what is kept.",
        items=(RubricItem(name="control", title="Says that they control", points=2.5),),
    ),
)


def question(number: str, said: str) -> CheckResult:
    """Return a question that waits for a person."""
    return check(
        PENDING,
        number,
        2.5,
        answer=WrittenAnswer(file="answers.md", text=said),
        message=Message.of("waits_for_a_person"),
    )


def graded_report(name: str, first: str = "No.", second: str = "To forget.", right: bool = False) -> Report:
    """Return the report on a student; a check of the cell fails unless `right`."""
    step = check(name="step", points=3) if right else check(FAILED, "step", 3, message="`h` is wrong.")
    answers: TaskResult = task(
        question("1.1.2", first),
        question("2.1.1", second),
        name="answers",
        title="Questions",
        file="answers.md",
    )
    cell = task(check(name="shape", points=1), step, name="cell")
    return report(cell, answers, submission=name, final=False)


def graded_class(
    folder: Path, reports: Mapping[str, Report], questions: tuple[Question, ...] = QUESTIONS
) -> GradedClass:
    """Write the folder of a class with these reports; return it as a person finds it."""
    rows = []
    for name, one in reports.items():
        write(one, folder / name, SIGNER)
        known = {"score": one.score, "points": one.points, "mark": one.score, "final": one.final}
        rows.append(Row(folder=name, out=name, waiting=one.waiting, **known))
    first = next(iter(reports.values()))
    result = ClassResult(
        assignment="Cells",
        assignment_digest="a",
        seed=5,
        sandbox="full",
        versions={},
        points=first.points,
        tasks=tuple(TaskSum(task=t.task, title=t.title, points=t.points, file=t.file) for t in first.tasks),
        students=tuple(rows),
        checks=(),
        mistakes=(),
        clusters=(),
    )
    write_questions(folder, questions, SIGNER)
    write_class(result, folder, SIGNER, {})
    return GradedClass(folder, read_class(folder), SIGNER)


def said(message: Message | None) -> str:
    """Return a message in words."""
    return text(message)
