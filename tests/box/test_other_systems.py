"""Without all that only Linux has, one's own work can be graded; test_kit.py does it with a kit."""

import json
import subprocess
from pathlib import Path

import pytest
from not_linux import python_without_linux

from grader.assignment.starter import write_assignment

WRONG = "def standardize(x):\n    centred = x - x.mean(0)\n    return centred / (centred**2).mean(0)\n"


def graded(tmp_path: Path, platform: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    write_assignment(tmp_path / "assignment")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "standardize.py").write_text(WRONG)
    program = python_without_linux(tmp_path, platform)
    command = [program, "-m", "grader", tmp_path / "mine", "--assignment", tmp_path / "assignment"]
    out = ("--out", str(tmp_path / "report"))
    return subprocess.run([*command, *arguments, *out], capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_ones_own_work_is_graded_on_another_system(tmp_path: Path, platform: str) -> None:
    ran = graded(tmp_path, platform, "--no-sandbox", "--json")
    report = json.loads(ran.stdout)

    assert (ran.returncode, report["score"], report["final"], ran.stderr.count("\n")) == (1, 3, True, 1)


def test_a_strangers_program_is_refused_on_another_system(tmp_path: Path) -> None:
    ran = graded(tmp_path, "darwin")

    assert (ran.returncode, "this is darwin; the layers are Linux's" in ran.stderr) == (2, True)
