"""What docs/authoring.md shows works as it is written there."""

import re
from pathlib import Path

import pytest

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import read_assignment
from grader.audit.audit import Audit
from grader.judging.grading import Grader
from grader.sandbox.contract import Sandbox

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"^`(homework2/[^`]+)`:\n\n```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def homework(tmp_path: Path) -> Path:
    for name, text in SHOWN.findall((ROOT / "docs" / "authoring.md").read_text()):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "homework2"


def check(folder: Path, sandbox: Sandbox, cache: Path) -> list[bool]:
    assignment = read_assignment(folder)
    grader = Grader(assignment, assignment.tasks, assignment.seed, sandbox, AnswerCache(cache))
    return [Audit(grader).check(task).passed for task in assignment.tasks]


def test_the_assignment_of_the_guide_passes_grade_check(
    homework: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert check(homework, sandbox, tmp_path / "key") == [True]


def test_the_starter_passes_grade_check(sandbox: Sandbox, tmp_path: Path) -> None:
    assert check(ROOT / "grader" / "assignment" / "starter_files", sandbox, tmp_path) == [True]


@pytest.mark.slow
def test_the_example_with_laws_passes_grade_check(sandbox: Sandbox, tmp_path: Path) -> None:
    assert check(ROOT / "examples" / "regularization", sandbox, tmp_path) == [True]
