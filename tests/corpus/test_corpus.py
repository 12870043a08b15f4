"""Students' programs as files: what each of them must get.

The folders below belong to the bundled assignment; those in `transformers/` to `examples/transformers`.

`right/<task>/` holds programs that get full marks: a module, or a folder with all that was handed in.

`wrong/<task>/*.patch` holds programs with one bug each, in the format of a known mistake (see
`grader.mistakes`): a change to a program in `right/<task>/`. It begins with what is known of it:

    right: which program is changed
    named: the known mistakes that it may be called, by the names of their files; empty if there is none
    missed: why the report says none of these names, if that is so

`bad_input/<task>/` holds modules that cannot be graded, or not as a whole, as files or as changes to a
right program; `expected.toml` beside them says what the student is told.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Graders, Told, without_names, without_repairs

from grader.assignment.loader import Assignment, bundled, read_assignment
from grader.assignment.mistakes import read_mistakes
from grader.judging.grading import Grader
from grader.report import messages
from grader.results.report import Report, TaskResult, Verdict
from grader.submission.loader import Submission, read_submission

CORPUS = Path(__file__).parent
ASSIGNMENTS = {
    CORPUS: bundled(),
    CORPUS / "transformers": CORPUS.parents[1] / "examples" / "transformers",
}
"""The assignment of each folder with programs."""
RIGHT = sorted(path for corpus in ASSIGNMENTS for path in (corpus / "right").glob("*/*"))
WRONG = sorted(path for corpus in ASSIGNMENTS for path in (corpus / "wrong").glob("*/*.patch"))
BAD_INPUT = sorted(path for path in (CORPUS / "bad_input").glob("*/*") if path.name != "expected.toml")


def files(program: Path) -> dict[str, bytes]:
    """Return the files of a right program."""
    task = program.parent.name
    if program.is_dir():
        return dict(read_submission(program, (task,)).files)
    return {f"{task}.py": program.read_bytes()}


@dataclass(frozen=True)
class Changed:
    """A change to a right program."""

    right: Path
    source: bytes
    """The program with the change made."""
    named: tuple[str, ...]
    missed: str


def changed(path: Path) -> Changed:
    """Read a change to a right program."""
    header = dict(line.split(":", 1) for line in path.read_text().partition("\n\n")[0].splitlines())
    right = path.parents[2] / "right" / path.parent.name / header["right"].strip()
    (mistake,) = read_mistakes(path, right.read_text())
    named = tuple(name.strip() for name in header.get("named", "").split(",") if name.strip())
    return Changed(right, mistake.source.encode(), named, header.get("missed", "").strip())


CHANGED = {path: changed(path) for path in WRONG}
NAMED = [path for path in WRONG if CHANGED[path].named]
MISSED = [path for path in WRONG if CHANGED[path].missed]


def name(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def lost(report: Report) -> dict[str, str]:
    """Return what costs a mark, and why."""
    (task,) = report.tasks
    costly = (Verdict.FAILED, Verdict.PENDING, Verdict.BROKEN)
    found = {check.check: messages.text(check.message) for check in task.checks if check.verdict in costly}
    return found or ({} if task.score == task.points else {task.task: f"{task.score} points"})


GraderOf = Callable[[Path], Grader]


@pytest.fixture(scope="module")
def assignments() -> dict[Path, Assignment]:
    return {corpus: read_assignment(folder) for corpus, folder in ASSIGNMENTS.items()}


@pytest.fixture(scope="module")
def grader_of(assignments: dict[Path, Assignment], graders: Graders) -> GraderOf:
    """Return a grader for the task of a program."""
    return lambda path: without_repairs(graders(assignments[path.parents[2]])(path.parent.name))


def result(grader: Grader, task: str, source: bytes) -> TaskResult:
    """Return the result of a module."""
    return grader.grade(Submission("a bug", {f"{task}.py": source}, {})).tasks[0]


@pytest.mark.parametrize("program", RIGHT, ids=name)
def test_a_right_program_gets_full_marks(program: Path, grader_of: GraderOf) -> None:
    report = grader_of(program).grade(Submission("written by a test", files(program), {}))

    assert (lost(report), report.score, report.final) == ({}, report.points, True)


@pytest.mark.parametrize("path", WRONG, ids=name)
def test_a_wrong_program_loses_marks(path: Path, grader_of: GraderOf) -> None:
    found = result(without_names(grader_of(path)), path.parent.name, CHANGED[path].source)

    assert Verdict.BROKEN not in {check.verdict for check in found.checks}
    assert found.score < found.points


@pytest.mark.parametrize("path", NAMED, ids=name)
def test_a_wrong_program_is_called_by_the_name_of_its_mistake(
    path: Path, grader_of: GraderOf, request: pytest.FixtureRequest
) -> None:
    if CHANGED[path].missed:
        request.applymarker(pytest.mark.xfail(strict=True, reason=CHANGED[path].missed))
    named = {
        check.mistake for check in result(grader_of(path), path.parent.name, CHANGED[path].source).checks
    }

    assert named & {name.replace("_", " ") for name in CHANGED[path].named}


def test_at_least_nine_of_ten_mistakes_are_called_by_their_names() -> None:
    assert set(NAMED) >= set(MISSED)
    assert len(MISSED) <= len(NAMED) / 10


def test_wrong_programs_are_named_after_known_mistakes(assignments: dict[Path, Assignment]) -> None:
    known = {
        (corpus, task.name): {mistake.name for mistake in task.mistakes}
        for corpus, assignment in assignments.items()
        for task in assignment.tasks
    }
    unknown = {
        (name(path), named)
        for path in NAMED
        for named in CHANGED[path].named
        if named.replace("_", " ") not in known[path.parents[2], path.parent.name]
    }

    assert unknown == set()


@pytest.mark.parametrize("corpus", ASSIGNMENTS)
def test_each_task_has_programs_of_each_kind(corpus: Path, assignments: dict[Path, Assignment]) -> None:
    tasks = {task.name for task in assignments[corpus].tasks}

    assert {path.parent.name for path in RIGHT if path.parents[2] == corpus} == tasks
    assert {path.parent.name for path in WRONG if path.parents[2] == corpus} == tasks


@pytest.mark.parametrize("path", BAD_INPUT, ids=name)
def test_bad_input_costs_its_own_task_alone_and_the_report_says_why(
    path: Path, tmp_path: Path, told: Told
) -> None:
    expected = tomllib.loads((path.parent / "expected.toml").read_text())[path.stem]
    source = changed(path).source if path.suffix == ".patch" else path.read_bytes()
    (tmp_path / "lstm_cell.py").write_bytes(source)
    counter, cell, said = told(tmp_path)

    assert (counter, cell) == (10, expected["points"])
    assert expected["says"] in said and bool(expected["says"]) == bool(said)


def test_each_bad_input_is_expected() -> None:
    listed = {
        (path.parent.name, name)
        for path in (CORPUS / "bad_input").glob("*/expected.toml")
        for name in tomllib.loads(path.read_text())
    }

    assert {(path.parent.name, path.stem) for path in BAD_INPUT} == listed


# Too large for a file in this repository.
@pytest.mark.parametrize(
    ("size", "points", "says"), [(5 << 20, 20, ""), (9 << 20, 0, "`lstm_cell.py` is longer than 8 MiB.")]
)
def test_a_module_may_be_as_long_as_8_mib(
    size: int, points: float, says: str, tmp_path: Path, told: Told
) -> None:
    right = CORPUS / "right" / "lstm_cell" / "one_einsum_for_all_gates.py"
    (tmp_path / "lstm_cell.py").write_text(f"{right.read_text()}# {'x' * size}\n")
    counter, cell, said = told(tmp_path)

    assert (counter, cell) == (10, points)
    assert says in said and bool(says) == bool(said)
