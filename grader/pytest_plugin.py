"""A plugin for pytest: `pytest --grade SUBMISSION` runs an item per check instead of the tests.

pytest imports this file in each of its runs, so it imports nothing of the grader unless the option is given.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from grader.results.report import CheckResult, Report, TaskResult


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this plugin."""
    group = parser.getgroup("grade", "PyTorch homework")
    group.addoption("--grade", metavar="SUBMISSION", help="Grade this folder: an item per check, no tests.")
    group.addoption(
        "--grade-assignment",
        metavar="DIR",
        help="Another assignment than the one that comes with the grader.",
    )


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put the checks in place of the tests, if a submission is to be graded."""
    submission = config.getoption("--grade")
    if submission is None:
        return
    from grader.errors import GraderError

    try:
        report = _graded(Path(submission), config.getoption("--grade-assignment"))
    except GraderError as error:
        raise pytest.UsageError(str(error)) from None
    items[:] = _items(session, report)


def _graded(submission: Path, assignment: str | None) -> "Report":
    from grader.assignment.loader import wanted_names
    from grader.cli.setting_up import open_grader
    from grader.submission.loader import read_submission

    with open_grader(Path(assignment) if assignment else None, (), None, no_sandbox=False) as grader:
        wanted = wanted_names(grader.tasks)
        written = tuple(task.file for task in grader.written)
        return grader.grade(read_submission(submission, tuple(wanted), wanted, written=written))


def _items(session: pytest.Session, report: "Report") -> Iterator[pytest.Item]:
    from grader.results.report import is_picture

    for task in report.tasks:
        for check in task.checks:
            if not is_picture(check):
                name = f"{task.task}::{check.check}"
                yield CheckItem.from_parent(session, name=name, task=task, check=check)


class CheckFailed(Exception):
    """A check that was not passed, with what a student is told."""


class CheckItem(pytest.Item):
    """One check of one task."""

    def __init__(self, *, task: "TaskResult", check: "CheckResult", **further: Any) -> None:
        super().__init__(**further)
        self.task, self.check = task, check
        self.user_properties += [("points", check.points), ("score", check.score)]

    def runtest(self) -> None:
        """Pass, fail or skip as the check was judged."""
        from grader.report.messages import text
        from grader.results.report import Verdict

        said = text(self.check.message)
        if self.check.verdict in (Verdict.SKIPPED, Verdict.PENDING):
            pytest.skip(said or self.check.verdict.value)
        if self.check.verdict is not Verdict.PASSED:
            told = (self.check.title, said, self.check.hint or text(self.check.diagnosis))
            raise CheckFailed("\n".join(filter(None, told)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what is told of a check, without a traceback through the grader."""
        if isinstance(excinfo.value, CheckFailed):
            from grader.report.visible import visible

            return visible(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the student's file and the name of the check."""
        return self.path / self.task.wanted_file, None, self.name
