"""Without all that only Linux has, one's own work can be graded."""

import json
import subprocess
from pathlib import Path

import pytest
from not_linux import python_without_linux

ROOT = Path(__file__).parents[2]


def graded(tmp_path: Path, platform: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    program = python_without_linux(tmp_path, platform)
    out = ("--out", str(tmp_path / "report"))
    return subprocess.run(
        [program, "-m", "grader", *arguments, *out], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_one_task_is_graded_on_another_system(tmp_path: Path, platform: str) -> None:
    ran = graded(
        tmp_path, platform, "submissions_example/one_bug", "--task", "lstm_cell", "--no-sandbox", "--json"
    )
    report = json.loads(ran.stdout)

    assert (ran.returncode, report["score"], report["final"], ran.stderr.count("\n")) == (1, 16, True, 1)


def test_a_stranger_s_program_is_refused_on_another_system(tmp_path: Path) -> None:
    ran = graded(tmp_path, "darwin", "submissions_example/one_bug")

    assert (ran.returncode, "this is darwin; the layers are Linux's" in ran.stderr) == (2, True)
