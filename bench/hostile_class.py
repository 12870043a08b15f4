"""Thirty students graded alone, and with ten hostile folders between them: their marks and the time.

    python bench/hostile_class.py [--only KIND ...] [--task NAME ...] [--students N]

The thirty must have the same marks. The time may be twice that of the thirty alone, and what the limits on
one submission allow each hostile folder. A kind is a function below that fills a folder; write one to add it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from course import write_class

from grader.assignment.loader import TaskSource, bundled, read_assignment

_SECONDS_EACH = 120
"""What the limits allow one submission."""
_NUMBER_OF_PRCTL = 157
_FULL = "import sys\nsys.stdout.write('full marks')\n"
_POLICY = """
deadline = 2100-01-01T00:00:00Z
percent_per_day = 10
time = "git commit"
"""

Tasks = Sequence[TaskSource]


def _hand_in(folder: Path, tasks: Tasks, once: str = "", within: str = "") -> None:
    """Write right modules that also do something once, when imported, or within every call."""
    folder.mkdir(parents=True, exist_ok=True)
    more = f"\n\nimport ctypes, time\n{once}\n" + (_EVERY_CALL.format(within=within) if within else "")
    for task in tasks:
        (folder / f"{task.name}.py").write_text(task.solution + more)


_EVERY_CALL = """
import sys, types


def _before(function):
    def called(*given, **named):
        {within}
        return function(*given, **named)

    return called


for _name, _value in list(globals().items()):
    if isinstance(_value, types.FunctionType) and _name != "_before":
        globals()[_name] = _before(_value)
    elif isinstance(_value, type) and hasattr(_value, "forward"):
        _value.forward = _before(_value.forward)
"""


def python_files_of_ours(folder: Path, tasks: Tasks) -> None:
    """Ship modules that a process of ours might import from the working directory."""
    _hand_in(folder, tasks)
    for name in ("json", "socket", "grader", "selectors"):
        (folder / f"{name}.py").write_text(_FULL)


def name_of_a_process(folder: Path, tasks: Tasks) -> None:
    """Call the process by bytes that are no text."""
    _hand_in(folder, tasks, f"ctypes.CDLL(None).syscall({_NUMBER_OF_PRCTL}, 15, b'\\xff\\xfe) (', 0, 0, 0)")


def long_number(folder: Path, tasks: Tasks) -> None:
    """Hold a number of five thousand hexadecimal digits."""
    _hand_in(folder, tasks, f"LONG = 0x{'f' * 5000}")


def latin_1(folder: Path, tasks: Tasks) -> None:
    """Be called by bytes that are no text."""
    _hand_in(folder.with_name(os.fsdecode(b"zo\xe9")), tasks)


def deep(folder: Path, tasks: Tasks) -> None:
    """Hold folders in folders, until no path leads there any more."""
    _hand_in(folder, tasks)
    place = os.open(folder, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d" * 60, dir_fd=place)
        below = os.open("d" * 60, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)


def repository(folder: Path, tasks: Tasks) -> None:
    """Hold a repository whose objects lead to themselves."""
    _hand_in(folder, tasks)
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("0" * 40)
    (folder / ".git" / "objects").symlink_to("objects")


def report_of_its_own(folder: Path, tasks: Tasks) -> None:
    """Hold reports of its own, and look like a folder of reports."""
    folder = folder.with_name("report")
    _hand_in(folder, tasks, within="raise ValueError('no')")
    for place in (folder, folder / "student 0000"):
        place.mkdir(exist_ok=True)
        (place / "report.html").write_text("<h1>Full marks</h1>")
        (place / "report.json").write_text(json.dumps({"score": 1000}))


def idle(folder: Path, tasks: Tasks) -> None:
    """Sleep just shorter than a check may take, at each of them."""
    _hand_in(folder, tasks, within="time.sleep(9)")


def memory(folder: Path, tasks: Tasks) -> None:
    """Hold 400 MB."""
    _hand_in(folder, tasks, "HELD = bytearray(400 << 20)")


def many_lines(folder: Path, tasks: Tasks) -> None:
    """Be long: a file of many lines, and one that names its encoding as punycode."""
    _hand_in(folder, tasks)
    (folder / "long.py").write_text("x = 1\n" * 1_000_000)
    (folder / "coded.py").write_bytes(b"# coding: punycode\n" + b"x" * 1_000_000)


def fails_everything(folder: Path, tasks: Tasks) -> None:
    """Answer nothing right, with a text that speaks of others."""
    _hand_in(folder, tasks, within="raise ValueError(\"'student 0001 copied from student 0002'\")")


def two_spellings(folder: Path, tasks: Tasks) -> None:
    """Be two folders whose names look the same."""
    for form in ("NFC", "NFD"):
        _hand_in(folder.with_name(unicodedata.normalize(form, "zo\u00e9")), tasks)


KINDS: dict[str, Callable[[Path, Tasks], None]] = {
    made.__name__: made
    for made in (
        python_files_of_ours,
        name_of_a_process,
        long_number,
        latin_1,
        deep,
        repository,
        report_of_its_own,
        idle,
        memory,
        many_lines,
        fails_everything,
        two_spellings,
    )
}


def grade(folder: Path, students: Path, tasks: Tasks) -> tuple[dict[str, float], float]:
    """Grade a class; return the marks by folder and the seconds."""
    out = folder / f"graded {students.name}"
    places = {name: str(folder / name) for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME")}
    grade = str(Path(sys.executable).with_name("grade"))
    command = [grade, "class", str(students), "--out", str(out), "--again"]
    command += ["--policy", str(folder / "policy.toml"), *(f"--task={task.name}" for task in tasks)]
    # From within a hostile folder: what lies in the working directory is a student's.
    hostile = students / python_files_of_ours.__name__
    begun = time.perf_counter()
    ended = subprocess.run(
        command,
        env=os.environ | places,
        cwd=hostile if hostile.exists() else students,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begun
    if not (out / "class.json").exists():
        sys.exit(f"the class was not graded: {ended.stderr}")
    rows = json.loads((out / "class.json").read_text())["students"]
    return {row["folder"]: row.get("mark", 0.0) for row in rows}, seconds


def main() -> None:
    """Print who has other marks, and the times; the exit code is 1 if anything is not as promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--task", nargs="*", default=["param_counter", "lstm_cell"])
    parser.add_argument("--students", type=int, default=30)
    given = parser.parse_args()
    whole = read_assignment(bundled())
    assignment = replace(whole, tasks=whole.only(tuple(given.task)))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "policy.toml").write_text(_POLICY)
        for name in ("alone", "together"):
            write_class(assignment, folder / name, given.students, hostile=False)
        try:
            for name in given.only:
                KINDS[name](folder / "together" / name, assignment.tasks)
            grade(folder, folder / "alone", assignment.tasks)  # the solutions and the mistakes are asked
            alone, seconds = grade(folder, folder / "alone", assignment.tasks)
            together, more = grade(folder, folder / "together", assignment.tasks)
        finally:
            subprocess.run(["rm", "-rf", str(folder / "together")], check=True)  # deeper than Python goes
    others = {name: (mark, together.get(name)) for name, mark in alone.items() if together.get(name) != mark}
    hostile = len(together) - len(alone)
    allowed = 2 * seconds + _SECONDS_EACH * hostile
    for name, (before, after) in others.items():
        print(f"{name}: {before} alone, {after} together")
    print(f"{len(alone)} students, {hostile} hostile folders: {', '.join(given.only)}")
    print(f"marks of the {len(alone)}: {'the same' if not others else f'{len(others)} are not the same'}")
    print(
        f"alone {seconds:.1f} s, together {more:.1f} s, {more / seconds:.2f} times; {allowed:.0f} s allowed"
    )
    for name in sorted(set(together) - set(alone)):
        print(f"  {name!a}: {together[name]:g}")
    sys.exit(bool(others) or more > allowed)


if __name__ == "__main__":
    main()
