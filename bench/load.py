"""A class of 60 with single slips, graded alone and beside four busy processes: are the marks the same?

    python bench/load.py [STUDENTS]

The class is the forty slips of `bench/repairs.py` and twenty of them a second time, or the first of these
students. Each hands in one task with one slip, so that nearly all the time goes into the search for a repair.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from repairs import SLIPS, source_of

_BUSY = 4
_STUDENTS = 60
_STEP = 7
"""Slips from one student to the next, so that a small class has slips of all tasks."""


def main() -> None:
    """Print marks that differ, and what each of the two runs took."""
    students = int(sys.argv[1]) if len(sys.argv) > 1 else _STUDENTS
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number in range(students):
            slip = SLIPS[_STEP * number % len(SLIPS)]
            student = folder / "class" / f"student{number:02}"
            student.mkdir(parents=True)
            (student / f"{slip.task}.py").write_text(source_of(slip).replace(slip.old, slip.new))
        _graded(folder, "first")  # fills the cache with the answers of the solution and of the mistakes
        alone = _graded(folder, "alone")
        with _busy():
            beside = _graded(folder, "beside")
    differ = [name for name in alone if alone[name] != beside[name]]
    for name in differ:
        print(f"{name}: {alone[name]} alone, {beside[name]} beside {_BUSY} busy processes")
    print(f"{len(differ)} of {students} differ in the mark, or in what explains it")


def _graded(folder: Path, out: str) -> dict[str, object]:
    """Return what each student got, and why."""
    places = {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_DATA_HOME": str(folder / "data")}
    command = [sys.executable, "-m", "grader", "class", str(folder / "class"), "--out", str(folder / out)]
    begun = time.monotonic()
    subprocess.run(command, env={**os.environ, **places}, check=False, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - begun
    found: dict[str, object] = {}
    times = []
    for path in sorted((folder / out).glob("*/report.json")):
        report = json.loads(path.read_text())
        times.append(report["timings"]["total"])
        found[path.parent.name] = [report["score"], [task["explanations"][:1] for task in report["tasks"]]]
    print(
        f"{out}: {seconds:.1f} s; per student: median {statistics.median(times):.1f}, most {max(times):.1f}",
        flush=True,
    )
    return found


@contextmanager
def _busy() -> Iterator[None]:
    """Run processes that use a processor all the time."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(_BUSY)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()


if __name__ == "__main__":
    main()
