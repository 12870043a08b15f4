"""Submissions of one class that hold memory do so one after the other, as far as it is limited for all."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from grader.assignment.starter import write_assignment

HOLDS = """
import time

print("began", time.monotonic(), flush=True)
held = bytearray(b"x" * (100 << 20))
time.sleep(3)
print("ended", time.monotonic(), flush=True)


def standardize(x):
    return (x - x.mean(0)) / x.std(0, unbiased=False)
"""
"""Slow enough that a place beside it is given to another submission, if there is memory for it."""


@pytest.mark.parametrize(("memory", "most"), [(256, 1), (512, 2)])
def test_no_more_submissions_hold_memory_at_once_than_the_class_may(
    tmp_path: Path, memory: int, most: int
) -> None:
    write_assignment(tmp_path / "assignment")
    toml = tmp_path / "assignment" / "assignment.toml"
    limits = f"[limits]\nmemory = {256 << 20}\nclass_memory = {memory << 20}\n"
    toml.write_text(toml.read_text().replace("[limits]\n", limits))
    for name in ("ana", "bela", "ida"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "standardize.py").write_text(HOLDS)
    folders = ["class", "class", "--out", "out", "--assignment", "assignment", "--cores", "2"]
    grading = subprocess.run([sys.executable, "-m", "grader", *folders], cwd=tmp_path, capture_output=True)
    times = []
    for path in (tmp_path / "out").glob("*/report.json"):
        (task,) = json.loads(path.read_text())["tasks"]
        began, ended = (float(line.split()[1]) for line in task["output"].splitlines())
        times += [(began, 1), (ended, -1)]
    held = [sum(change for _, change in sorted(times)[: number + 1]) for number in range(len(times))]

    assert (grading.returncode, len(times), max(held)) == (0, 6, most)
