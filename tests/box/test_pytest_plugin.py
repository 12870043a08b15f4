"""`pytest --grade SUBMISSION`: an item per check, and nothing at all for who does not use it."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.assignment.starter import write_assignment

PYTEST = (sys.executable, "-m", "pytest", "-p", "grader.pytest_plugin", "-p", "no:cacheprovider", "-rA")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_assignment(tmp_path / "assignment")
    (tmp_path / "homework").mkdir()
    (tmp_path / "test_other.py").write_text("def test_other():\n    assert False\n")
    return tmp_path


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*PYTEST, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_each_check_of_a_right_submission_passes(folder: Path) -> None:
    solution = (folder / "assignment" / "standardize" / "solution.py").read_text()
    (folder / "homework" / "standardize.py").write_text(solution)
    found = run(folder, "--grade", "homework", "--grade-assignment", "assignment")

    assert found.returncode == 0, found.stdout
    assert "standardize::gradient" in found.stdout
    assert "test_other" not in found.stdout


def test_a_failed_check_says_what_is_wrong_and_what_depends_on_it_is_skipped(folder: Path) -> None:
    (folder / "homework" / "standardize.py").write_text("def standardize(x):\n    return x\n")
    found = run(folder, "--grade", "homework", "--grade-assignment", "assignment")

    assert found.returncode == 1
    assert "was expected" in found.stdout
    assert "1 failed" in found.stdout and "1 skipped" in found.stdout
    assert "Traceback" not in found.stdout


def test_a_wrong_assignment_is_a_wrong_call(folder: Path) -> None:
    found = run(folder, "--grade", "homework", "--grade-assignment", "nowhere")

    assert found.returncode == 4
    assert "assignment.toml is missing" in found.stdout + found.stderr


def test_without_the_option_nothing_of_the_grader_is_imported() -> None:
    program = (
        "import sys, grader.pytest_plugin; "
        "print([n for n in sys.modules if n.startswith('grader.')], 'torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "['grader.pytest_plugin'] False"
