"""Libraries that an assignment allows are in the sandbox, and no others."""

import importlib.metadata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from grader.asking.answer_cache import AnswerCache
from grader.assignment.libraries import libraries_of
from grader.assignment.loader import read_assignment
from grader.errors import AssignmentError
from grader.judging.grading import Grader
from grader.results.report import TaskResult
from grader.sandbox.contract import Sandbox
from grader.sandbox.probe import open_sandbox
from grader.submission.loader import Submission

TOML = 'title = "Sums"\nseed = 5\nLIBRARIES\n[[tasks]]\nname = "sums"\ntitle = "Sums"\npoints = 1\n'
CHECKS = '''
from grader import Task
import iniconfig

task = Task()


@task.check(points=1)
def total(impl, case):
    """A total is right."""
    return {"total": impl.total(case.normal(3, name="values"))}
'''
SOLUTION = "import iniconfig\n\n\ndef total(values):\n    return values.sum()\n"


def made(folder: Path, libraries: str) -> Path:
    (folder / "sums").mkdir(parents=True)
    (folder / "assignment.toml").write_text(TOML.replace("LIBRARIES", libraries))
    (folder / "sums" / "checks.py").write_text(CHECKS)
    (folder / "sums" / "solution.py").write_text(SOLUTION)
    return folder


PAGE = (Path(__file__).parents[3] / "docs" / "reference.md").read_text()
LINE = PAGE.partition("\n## Libraries")[2].partition("```toml\n")[2].partition("```")[0]
"""How the reference says it, of a library that is not installed here."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("library"), LINE.replace("einops", "iniconfig"))


@pytest.fixture(scope="module")
def box(folder: Path) -> Iterator[Sandbox]:
    with closing(open_sandbox(libraries_of(folder))) as opened:
        yield opened


def graded(folder: Path, box: Sandbox, source: str) -> TaskResult:
    assignment = read_assignment(folder)
    grader = Grader(assignment, assignment.tasks, 5, box, AnswerCache(folder / "cache"))
    return grader.grade(Submission("anna", {"sums.py": source.encode()}, {})).tasks[0]


def test_checks_and_submissions_import_an_allowed_library(folder: Path, box: Sandbox) -> None:
    assert graded(folder, box, SOLUTION).score == 1


def test_another_installed_library_is_not_there(folder: Path, box: Sandbox) -> None:
    assert importlib.metadata.version("pluggy")
    absent = "try:\n    import pluggy\nexcept ImportError:\n    print('absent')\n"

    assert graded(folder, box, absent + SOLUTION).output == "absent\n"


def test_without_the_name_the_library_is_not_there(folder: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(AssignmentError, match="iniconfig"):
        graded(made(tmp_path, ""), sandbox, SOLUTION)


def test_a_library_that_is_not_installed_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        AssignmentError, match=r"assignment.toml: .*'no-such-thing'.*pip install no-such-thing"
    ):
        read_assignment(made(tmp_path, 'libraries = ["no-such-thing"]'))


@pytest.mark.parametrize("contents", [None, "libraries = 3", "libraries = [1", "title = 'x'"])
def test_what_cannot_be_read_names_no_library(tmp_path: Path, contents: str | None) -> None:
    if contents is not None:
        (tmp_path / "assignment.toml").write_text(contents)

    assert libraries_of(tmp_path) == ()
