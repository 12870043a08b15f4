"""Grades a whole class, and writes the files about it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader import untrusted_files
from grader.asking.answer_cache import versions
from grader.course.counterexamples import counterexamples
from grader.course.decision_file import DecisionFile, write_questions
from grader.course.grading import ClassGrading, member
from grader.course.handed_in import read_download
from grader.course.identity import HandedIn
from grader.course.joining import Matched, join
from grader.course.lateness import Policy, PolicyFile, check_sources, deadlines, lateness
from grader.course.roster import Person, Roster
from grader.course.students import Student, anonymous, students
from grader.course.summary import Summary
from grader.errors import UsageError
from grader.report.csv import class_table
from grader.report.html import class_page
from grader.report.messages import text
from grader.report.write import write_lines, write_text
from grader.results.course import ClassResult, Row, TaskSum
from grader.results.decisions import Decision, standing
from grader.results.message import Message
from grader.results.report import Lateness
from grader.signing import Signer
from grader.submission.loader import printable

_NAMELESS = "download"
"""The notice that names no student."""
_MOST_NAMED = 10
"""Students that one notice names."""


@dataclass(frozen=True)
class ClassInput:
    """What was handed in, and by whom."""

    handed: tuple[HandedIn, ...]
    left_out: tuple[str, ...] = ()
    recognised: tuple[Message, ...] = ()
    """What the download was taken for."""
    roster: Roster | None = None
    policy: PolicyFile | None = None
    anonymous: bool = False


def read_class(whole: Path, out: Path, modules: Sequence[str], workspace: Path) -> ClassInput:
    """Return what was handed in, in a folder or an archive. Raises `UsageError`.

    `modules` are those that the tasks ask for; what has to be unpacked goes below `workspace`.
    """
    _keep_apart(out, [whole])
    found = read_download(whole, out, modules, workspace)
    return ClassInput(found.handed, found.left_out, found.recognised)


def grade_class(course: ClassGrading, handed: ClassInput) -> ClassResult:
    """Grade all of `handed`, and write class.html, class.json and grades.csv. Raises `UsageError`."""
    _keep_apart(course.out, [one.folder for one in handed.handed])
    _make(course.out)
    roster = handed.roster
    if handed.policy:
        check_sources(handed.policy, roster)
    joined = join(roster.people, handed.handed, str(roster.path)) if roster else None
    people = joined.people if joined else ((),) * len(handed.handed)
    everybody = students(
        handed.handed, [theirs or _named(one) for theirs, one in zip(people, handed.handed, strict=True)]
    )
    notices = [*handed.recognised, *_guesses(joined, everybody), *_left_out(everybody)]
    late, about_policy = _late(handed.policy, everybody, roster)
    notices += about_policy
    for notice in notices:
        course.say(text(notice))
    unknown = [s.name for s, theirs in zip(everybody, people, strict=True) if roster and not theirs]
    if handed.anonymous:
        everybody = anonymous(everybody, course.out)
    dated = replace(course, late=lambda student: late[student.folder])
    decisions = DecisionFile(course.out, course.signer).read()  # before hours are spent on grading
    rows, summing = dated.grade(everybody)
    course.step("summing up")
    questions = [question.record for task in course.written for question in task.questions]
    write_questions(course.out, questions, course.signer)
    if decisions:
        rows, summing = dated.with_decisions(rows, decisions)
        for notice in _for_unknown(decisions, rows):
            course.say(text(notice))
            notices.append(notice)
    result = _result(course, rows, summing).model_copy(
        update={
            "missing": tuple(map(member, joined.missing)) if joined else (),
            "unknown": tuple(unknown),
            "left_out": handed.left_out,
            "notices": tuple(notices),
            "further": roster.further if roster else (),
            "policy": handed.policy.rules.facts() if handed.policy else {},
        }
    )
    folders = {student.name: printable(student.handed.name) for student in everybody}
    write_lines(course.out, "grades.csv", class_table.lines(result, folders))
    if handed.anonymous:
        result = _without_names(result, tuple(one for one in handed.recognised if one.id == _NAMELESS))
    handed_in_by = {student.name: student.folder for student in everybody}
    write_class(result, course.out, course.signer, handed_in_by)
    return result


def _for_unknown(decisions: Sequence[Decision], rows: Sequence[Row]) -> Iterator[Message]:
    """Yield what is to be said about decisions on submissions that the class does not have."""
    known = {row.folder for row in rows}
    lost = sorted({one.submission for one in standing(decisions) if one.submission} - known)
    if lost:
        yield Message.of("decisions_for_unknown", submissions=tuple(map(printable, lost)))


def _named(one: HandedIn) -> tuple[Person, ...]:
    """Return the people that a download names."""
    return tuple(
        Person(id=who.id or who.number, name=who.name, email=who.email, folder="", columns={})
        for who in one.authors
    )


def _left_out(everybody: Sequence[Student]) -> Iterator[Message]:
    for student in everybody:
        if student.handed.notes:
            yield Message.of("unpacked_without", folder=student.name, notes=student.handed.notes)


def _guesses(joined: Matched | None, everybody: Sequence[Student]) -> Iterator[Message]:
    for place in joined.guessed if joined else ():
        who = tuple(str(person) for person in everybody[place].people)
        yield Message.of("shared_submission", folder=everybody[place].name, people=who)


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


def _late(
    policy: PolicyFile | None, everybody: Sequence[Student], roster: Roster | None
) -> tuple[dict[Path, Lateness | None], list[Message]]:
    """Return how late each student is, by folder, and what to say about the policy."""
    if policy is None:
        return dict.fromkeys(student.folder for student in everybody), []
    later, said = deadlines(policy, everybody, roster)
    late = {s.folder: lateness(policy.rules, s, later.get(s.folder)) for s in everybody}
    if policy.rules.time == "newest file" and any(student.handed.authors for student in everybody):
        said.append(Message.of("times_of_a_download"))
    unknown = [s for s in everybody if (found := late[s.folder]) is not None and not found.when]
    if unknown:
        said.append(Message.of("times_unknown", people=_listed([s.name for s in unknown])))
    odd = [s.name for s in everybody if _other_offset(policy.rules, late[s.folder])]
    if odd:
        said.append(Message.of("other_offsets", people=_listed(odd)))
    marked = [s.name for s in everybody if s.handed.marked_late and late[s.folder] is None]
    if marked:
        said.append(Message.of("late_elsewhere", people=_listed(marked)))
    return late, said


def _other_offset(rules: Policy, late: Lateness | None) -> bool:
    """Whether clocks may have changed between the deadline and the time of a late submission."""
    if rules.zone or late is None or not late.when:
        return False
    return datetime.fromisoformat(late.when).utcoffset() != rules.deadline.utcoffset()


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    more = len(names) - _MOST_NAMED
    return (*names[:_MOST_NAMED], *([f"{more} more"] if more > 0 else ()))


def _result(course: ClassGrading, rows: Sequence[Row], summing: Summary) -> ClassResult:
    return ClassResult(
        assignment=course.assignment.title,
        assignment_digest=course.assignment.digest,
        seed=course.seed,
        sandbox=course.level.value,
        versions=versions(course.assignment.libraries),
        points=course.assignment.points_of(tuple(course.names)),
        tasks=(
            *(TaskSum(task=t.name, title=t.title, points=t.counted, file=t.file) for t in course.tasks),
            *(TaskSum(task=t.name, title=t.title, points=t.counted, file=t.file) for t in course.written),
        ),
        students=tuple(rows),
        checks=summing.checks(rows, course.names),
        mistakes=summing.mistakes(rows),
        rubric=summing.rubric(rows),
        clusters=summing.clusters(rows),
    )


def _without_names(result: ClassResult, recognised: tuple[Message, ...]) -> ClassResult:
    unnamed = {"id": "", "name": "", "email": "", "further": {}, "others": ()}
    rows = tuple(row.model_copy(update=unnamed) for row in result.students)
    hidden = {
        "students": rows,
        "missing": (),
        "unknown": (),
        "left_out": (),
        "further": (),
        "notices": recognised,
        "anonymous": True,
    }
    return result.model_copy(update=hidden)
