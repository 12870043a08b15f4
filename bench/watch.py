"""From a save to its verdict with `grade --watch`, for each task, beside a cold run.

    python bench/watch.py KIT [--saves N] [TASK...]

All tasks are in the folder, and one is saved: right and with a known mistake in turn. "verdict" is the line
with the checks that passed, "page" the path after everything else, a search for a repair included.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from pairs import seconds

from grader.assignment.loader import TaskSource, bundled, read_assignment


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kit", type=Path)
    parser.add_argument("tasks", nargs="*")
    parser.add_argument("--saves", type=int, default=20)
    chosen = parser.parse_args()
    assignment = read_assignment(bundled())
    print("milliseconds, medians   right: verdict  page   wrong: verdict  page   a cold run", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        handed_in = Path(folder) / "mine"
        handed_in.mkdir()
        for task in assignment.tasks:
            (handed_in / f"{task.name}.py").write_text(task.solution)
        command = [sys.executable, "-m", "grader", str(handed_in), "--assignment", str(chosen.kit)]
        command += ["--out", f"{folder}/report"]
        with subprocess.Popen([*command, "--watch"], stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout is not None
            _line(watching, "Watching")
            for task in assignment.only(tuple(chosen.tasks)):
                timed = _saves(watching, handed_in, task, chosen.saves)
                once = [*command, "--task", task.name, "--exit-zero"]
                cold = [
                    seconds(partial(subprocess.run, once, check=True, capture_output=True)) for _ in range(3)
                ]
                columns = [statistics.median(one) * 1000 for one in (*timed, cold)]
                print(f"{task.name:<22} {columns[0]:15.0f} {columns[1]:5.0f} ", end="")
                print(f"{columns[2]:16.0f} {columns[3]:5.0f} {columns[4]:12.0f}", flush=True)
            os.kill(watching.pid, signal.SIGINT)


def _saves(
    watching: "subprocess.Popen[str]", folder: Path, task: TaskSource, count: int
) -> tuple[list[float], list[float], list[float], list[float]]:
    """Save a task `count` times; return seconds to verdict and page of right saves, then of wrong ones."""
    timed: tuple[list[float], ...] = ([], [], [], [])
    mistake = next(mistake for mistake in task.mistakes if mistake.changes)
    for number in range(count):
        right = number % 2
        (folder / f"{task.name}.py").write_text(f"{task.solution if right else mistake.source}\n# {number}\n")
        begun = time.perf_counter()
        _line(watching, f"{task.name}: ")
        timed[0 if right else 2].append(time.perf_counter() - begun)
        _line(watching, "/")
        timed[1 if right else 3].append(time.perf_counter() - begun)
    return timed  # type: ignore[return-value]


def _line(watching: "subprocess.Popen[str]", part: str) -> None:
    """Read up to a line that begins with `part`, after the time of day."""
    assert watching.stdout is not None
    for line in watching.stdout:
        if line.startswith(part) or line[10:].startswith(part):
            return
    raise EOFError(f"grade --watch ended before {part!r}")


if __name__ == "__main__":
    main()
