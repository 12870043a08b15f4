"""Grades a whole class, and writes the files about it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader import untrusted_files
from grader.asking.answer_cache import versions
from grader.course.counterexamples import counterexamples
from grader.course.grading import ClassGrading
from grader.course.lateness import Policy, lateness
from grader.course.roster import Person, join
from grader.course.students import Student, anonymous, in_class, students
from grader.course.summary import Summary
from grader.errors import UsageError
from grader.report.csv import class_table
from grader.report.html import class_page
from grader.report.write import write_lines, write_text
from grader.results.course import Absent, ClassResult, Row, TaskSum
from grader.results.report import Lateness
from grader.signing import Signer
from grader.submission.loader import printable


@dataclass(frozen=True)
class ClassInput:
    """What was handed in, and by whom."""

    folders: tuple[Path, ...]
    left_out: tuple[str, ...] = ()
    roster: tuple[Person, ...] | None = None
    policy: Policy | None = None
    anonymous: bool = False


def read_class_folder(whole: Path, out: Path) -> ClassInput:
    """Return the folders in the folder of a class. Raises `UsageError`."""
    _keep_apart(out, [whole])
    folders, left_out = in_class(whole, out)
    return ClassInput(tuple(folders), tuple(left_out))


def grade_class(course: ClassGrading, handed: ClassInput) -> ClassResult:
    """Grade all of `handed`, and write class.html, class.json and grades.csv. Raises `UsageError`."""
    _keep_apart(course.out, handed.folders)
    _make(course.out)
    joined = join(handed.roster or (), [folder.resolve().name for folder in handed.folders])
    everybody = students(handed.folders, joined.people)
    late = _late(handed.policy, everybody)
    if handed.anonymous:
        everybody = anonymous(everybody, course.out)
    rows, summing = replace(course, late=lambda student: late[student.folder]).grade(everybody)
    course.step("summing up")
    result = _result(course, rows, summing).model_copy(
        update={
            "missing": tuple(Absent(id=p.id, name=p.name, email=p.email) for p in joined.missing),
            "unknown": tuple(map(printable, joined.unknown)) if handed.roster is not None else (),
            "left_out": handed.left_out,
        }
    )
    folders = {student.name: printable(student.folder.name) for student in everybody}
    write_lines(course.out, "grades.csv", class_table.lines(result, folders))
    if handed.anonymous:
        result = _without_names(result)
    handed_in_by = {student.name: student.folder for student in everybody}
    write_class(result, course.out, course.signer, handed_in_by)
    return result


def write_class(result: ClassResult, out: Path, signer: Signer, folders: Mapping[str, Path]) -> None:
    """Write class.json and class.html; `folders` are those of the submissions, as far as they are there.

    Raises `UsageError` if `out` cannot be written to.
    """
    shown = counterexamples(result, out, folders, signer)
    write_text(out, "class.json", class_json(result))
    write_text(out, "class.html", class_page.render(result, shown))


def class_json(result: ClassResult) -> str:
    """Return what class.json holds."""
    return result.model_dump_json(exclude_defaults=True) + "\n"


def _keep_apart(out: Path, folders: Sequence[Path]) -> None:
    """Raise `UsageError` if the folder of reports and the submissions are not apart.

    A submission may hold files that look like reports, and a folder with the name of the reports' folder.
    """
    try:
        untrusted_files.refuse_links(out)
    except OSError as error:
        raise UsageError(f"{out} cannot be written to: {error.strerror}.") from None
    for folder in folders:
        if _same(out, folder):
            how = "is"
        elif any(_same(parent, folder) for parent in _above(out)):
            how = "lies in"
        elif any(_same(parent, out) for parent in _above(folder)):
            how = "holds"
        else:
            continue
        raise UsageError(
            f"--out {out} {how} {folder}, which was handed in: reports have to lie apart from that. "
            "Name another folder with --out."
        )


def _above(path: Path) -> Sequence[Path]:
    return Path(os.path.realpath(path)).parents


def _same(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same existing file or folder."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _make(out: Path) -> None:
    """Make the folder of all reports, or raise `UsageError` before hours are spent on grading."""
    try:
        with untrusted_files.opened(out, make=True):
            pass
    except OSError as error:
        raise UsageError(f"{out} cannot be written to: {error.strerror}.") from None


def _late(policy: Policy | None, everybody: Sequence[Student]) -> dict[Path, Lateness | None]:
    return {s.folder: lateness(policy, s.folder, s.person) if policy else None for s in everybody}


def _result(course: ClassGrading, rows: Sequence[Row], summing: Summary) -> ClassResult:
    return ClassResult(
        assignment=course.assignment.title,
        assignment_digest=course.assignment.digest,
        seed=course.seed,
        sandbox=course.level.value,
        versions=versions(),
        points=sum(task.counted for task in course.tasks),
        tasks=tuple(TaskSum(task=t.name, title=t.title, points=t.counted) for t in course.tasks),
        students=tuple(rows),
        checks=summing.checks(rows, [task.name for task in course.tasks]),
        mistakes=summing.mistakes(rows),
        rubric=summing.rubric(rows),
        clusters=summing.clusters(rows),
    )


def _without_names(result: ClassResult) -> ClassResult:
    unnamed = {"id": "", "name": "", "email": ""}
    rows = tuple(row.model_copy(update=unnamed) for row in result.students)
    hidden = {"students": rows, "missing": (), "unknown": (), "left_out": (), "anonymous": True}
    return result.model_copy(update=hidden)
