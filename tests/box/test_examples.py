"""Every folder of `submissions_example/` gets what its `expected.json` says, and leaves nothing.

`expected.json` lists the exit code, the score of every task, and of its checks those that matter:
`verdict`, `mistake` and a part of `message`. A submission that cannot be graded has `error`
instead. What takes seconds is marked `slow` there.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from conftest import GraderFor

from grader.assignment.loader import Assignment
from grader.cli import main
from grader.errors import SubmissionError
from grader.report import messages
from grader.report.terminal import submission_summary
from grader.results.report import CheckResult, Report
from grader.submission.loader import read_submission

FOLDER = Path(__file__).parents[2] / "submissions_example"
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/", ".", "~", "/submission")
LEFT = "left-by-a-graded-submission*"


def expected_of(name: str) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((FOLDER / name / "expected.json").read_bytes())
    return expected


NAMES = sorted(path.name for path in FOLDER.iterdir())
GRADED = [
    pytest.param(name, marks=[pytest.mark.slow] if expected_of(name).get("slow") else [])
    for name in NAMES
    if "tasks" in expected_of(name)
]
REFUSED = [name for name in NAMES if "error" in expected_of(name)]


@dataclass(frozen=True)
class Graded:
    """An example, its report, and what was there before and after it was graded."""

    name: str
    report: Report
    processes: tuple[set[int], set[int]]
    temporary_files: tuple[set[str], set[str]]


def descendants() -> set[int]:
    """Return the ids of all processes that stem from this one."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                status = Path(f"/proc/{entry}/stat").read_bytes()
            except OSError:
                continue  # it has ended
            parents[int(entry)] = int(status.rpartition(b")")[2].split()[1])
    found, size = {os.getpid()}, 0
    while len(found) > size:
        size = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found


@pytest.fixture(scope="module")
def modules(assignment: Assignment) -> tuple[str, ...]:
    return tuple(task.name for task in assignment.tasks)


@pytest.fixture(scope="module")
def warm(grader_for: GraderFor, assignment: Assignment) -> None:
    """The sandbox runs and the solutions were asked."""
    for task in assignment.tasks:
        grader_for().trusted.solve(task)


@pytest.fixture(scope="module")
def graded(
    request: pytest.FixtureRequest,
    grader_for: GraderFor,
    modules: tuple[str, ...],
    temporary: Path,
    warm: None,
) -> Iterator[Graded]:
    """An example, graded once for all tests that look at it."""
    name = request.param
    submission = read_submission(FOLDER / name, modules, written=("answers.md",))
    processes, files = descendants(), set(os.listdir(temporary))
    report = grader_for(*expected_of(name)["tasks"]).grade(submission)
    yield Graded(name, report, (processes, descendants()), (files, set(os.listdir(temporary))))


def seen(check: CheckResult, expected: dict[str, str]) -> dict[str, str]:
    """Return of a check what is expected of it; a message that holds the expected part is it."""
    found = {key: str(getattr(check, key)) for key in expected}
    if expected.get("message", "") in messages.text(check.message):
        found |= {key: text for key, text in expected.items() if key == "message"}
    return found


def exit_code(report: Report) -> int:
    if report.is_broken:
        return 2
    return 0 if report.score == report.points - report.waiting else 1


@pytest.mark.parametrize("graded", GRADED, indirect=True)
def test_an_example_gets_the_marks_and_reasons_that_it_expects(graded: Graded) -> None:
    expected = expected_of(graded.name)
    tasks: dict[str, Any] = {}
    for task in graded.report.tasks:
        tasks[task.task] = {"score": task.score}
        listed = expected["tasks"][task.task].get("checks")
        if listed is not None:
            checks = {check.check: check for check in task.checks}
            tasks[task.task]["checks"] = {
                name: seen(checks[name], wanted) if name in checks else "no such check"
                for name, wanted in listed.items()
            }
    actual = {"exit_code": exit_code(graded.report), "tasks": tasks}
    assert {key: expected[key] for key in actual} == actual


@pytest.mark.parametrize("graded", GRADED, indirect=True)
def test_a_graded_example_leaves_no_process_behind(graded: Graded) -> None:
    before, after = graded.processes
    assert after == before


@pytest.mark.parametrize("graded", GRADED, indirect=True)
def test_a_graded_example_leaves_no_file_behind(graded: Graded) -> None:
    before, after = graded.temporary_files
    left = [str(path) for place in PLACES for path in Path(place).expanduser().glob(LEFT)]
    assert (after, left) == (before, [])


@pytest.mark.parametrize("graded", GRADED, indirect=True)
def test_a_summary_of_an_example_holds_nothing_that_moves_a_cursor(graded: Graded) -> None:
    summary = click.unstyle(submission_summary.render(graded.report))
    assert [c for c in summary if not c.isprintable() and c != "\n"] == []


@pytest.mark.parametrize("name", REFUSED)
def test_an_example_that_cannot_be_graded_says_why(name: str, modules: tuple[str, ...]) -> None:
    with pytest.raises(SubmissionError) as raised:
        read_submission(FOLDER / name, modules, written=("answers.md",))
    expected = expected_of(name)["error"]
    message = str(raised.value)
    assert expected == (expected if expected in message else message)


@pytest.mark.parametrize("name", ["complete", "missing_module", "near_module_name"])
def test_the_command_ends_with_the_exit_code_that_an_example_expects(
    name: str, tmp_path: Path, temporary: Path
) -> None:
    own_cache = CliRunner(env={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    ended = own_cache.invoke(main, [str(FOLDER / name), "--out", str(tmp_path / "report")])
    assert expected_of(name)["exit_code"] == ended.exit_code


def test_the_complete_example_holds_every_task(assignment: Assignment) -> None:
    names = [task.name for task in (*assignment.tasks, *assignment.written)]
    assert names == list(expected_of("complete")["tasks"])
