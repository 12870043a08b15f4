"""A class that holds hostile folders is graded: each costs its own student at most, and no other."""

import json
import os
import subprocess
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.starter import write_assignment

RIGHT = "def standardize(x):\n    return (x - x.mean(0)) / x.std(0, unbiased=False)\n"
WRONG = "def standardize(x):\n    return x.sin()\n"
NFC = "zo\u00e9"
NFD = unicodedata.normalize("NFD", NFC)
LATIN_1 = os.fsdecode(b"M\xfcller")
MARKS = "\u0327\u0301"
DEEP = 1200
DIGITS = 5000
LARGE = 300 << 20
POLICY = 'deadline = 2026-10-01T12:00:00+02:00\npercent_per_day = 10\nmost_percent = 50\ntime = "{}"\n'


def source(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "standardize.py").write_text(text) and None


def deep(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        at = os.open(folder, os.O_RDONLY)
        for _ in range(DEEP):
            os.mkdir(name, dir_fd=at)
            below = os.open(name, os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = below
        os.close(os.open("late.py", os.O_WRONLY | os.O_CREAT, dir_fd=at))
        os.close(at)

    return make


def locked(folder: Path) -> None:
    (folder / "inside").mkdir()
    (folder / "inside" / "late.py").write_text("")
    (folder / "inside").chmod(0)


def objects_in_a_circle(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("a" * 40)
    (folder / ".git" / "objects").symlink_to("objects")


def large_commit(folder: Path) -> None:
    """Make a commit that takes a small file."""
    (folder / ".git" / "objects" / "aa").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("a" * 40)
    pressed = zlib.compressobj(1)
    with open(folder / ".git" / "objects" / "aa" / ("a" * 38), "wb") as file:
        file.write(pressed.compress(b"commit %d\0tree " % LARGE))
        for _ in range(LARGE >> 20):
            file.write(pressed.compress(b"0" * (1 << 20)))
        file.write(pressed.flush())


HOSTILE: dict[str, tuple[Callable[[Path], None], float]] = {
    LATIN_1: (source(RIGHT), 5),
    NFC: (source(RIGHT), 5),
    NFD: (source(WRONG), 0),
    "number": (source(f"kernel = (0x{'f' * DIGITS}).real\n{RIGHT}    return kernel.decompose(x)\n"), 0),
    "punycode": (source("# coding: punycode\n" + "a=1\n" * 30_000 + "-9"), 0),
    "accents": (source(f"x{MARKS * 25_000} = 1\n{RIGHT}"), 0),
    "lines": (source("\n" * 4_000_000 + RIGHT.replace("x.mean", "x.no_such_name")), 0),
    "far down": (deep("d"), 5),
    "a long path": (deep("d" * 100), 5),
    "locked": (locked, 5),
    "circle": (objects_in_a_circle, 5),
    "large": (large_commit, 5),
}
"""By name of the folder: what is done to a right submission, and the points that it then gets."""


class Class:
    """A class and its assignment, which forbids a layer, so that sources are looked at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.students = folder / "class"
        write_assignment(folder / "assignment")
        checks = folder / "assignment" / "standardize" / "checks.py"
        checks.write_text(checks.read_text().replace("Task()", 'Task(forbid=["torch.nn.LSTM"])'))
        self.hand_in("ana", source(RIGHT))
        self.hand_in("bob", source(WRONG))

    def hand_in(self, name: str, change: Callable[[Path], None]) -> None:
        made = self.students / name
        made.mkdir(parents=True)
        (made / "standardize.py").write_text(RIGHT)
        change(made)

    def grade(self, out: str, time: str = "") -> tuple[int, dict[str, Any]]:
        """Return the exit code of `grade class`, and the rows of class.json by their `out`."""
        order = ["class", str(self.students), "--assignment", str(self.folder / "assignment")]
        if time:
            (self.folder / "policy.toml").write_text(POLICY.format(time))
            order += ["--policy", str(self.folder / "policy.toml")]
        ended = subprocess.run(
            [sys.executable, "-I", "-m", "grader", *order, "--out", str(self.folder / out)],
            env={**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")},
            capture_output=True,
            check=False,
        )
        assert ended.returncode < 2, ended.stderr.decode(errors="replace")
        result = json.loads((self.folder / out / "class.json").read_bytes())
        return ended.returncode, {row["out"]: row for row in result["students"]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    folder = tmp_path_factory.mktemp("hostile")
    yield Class(folder)
    # Deeper than Python removes a folder.
    subprocess.run(["chmod", "-R", "u+rwx", str(folder / "class" / "locked")], check=True)
    subprocess.run(["rm", "-rf", str(folder)], check=True)


@pytest.fixture(scope="module")
def honest(whole: Class) -> dict[str, Any]:
    """The rows of the honest ones, graded alone."""
    return whole.grade("alone", "newest file")[1]


@pytest.fixture(scope="module")
def hostile(whole: Class, honest: dict[str, Any]) -> dict[str, Any]:
    """The rows of all, the hostile ones among them."""
    for name, (change, _) in HOSTILE.items():
        whole.hand_in(name, change)
    return whole.grade("together", "newest file")[1]


def test_honest_students_keep_their_marks_beside_hostile_folders(
    honest: dict[str, Any], hostile: dict[str, Any]
) -> None:
    assert {out: hostile[out] for out in honest} == honest


def test_every_hostile_folder_is_a_row_with_the_points_that_are_due(hostile: dict[str, Any]) -> None:
    named = {row["folder"]: row.get("score", 0) for out, row in hostile.items() if out not in ("ana", "bob")}
    due = {name: points for name, (_, points) in HOSTILE.items() if name not in (LATIN_1, NFC, NFD)}

    assert {name: named.get(name) for name in due} == due


def test_a_folder_name_in_latin_1_is_graded_and_shown_readable(hostile: dict[str, Any]) -> None:
    assert [row["score"] for row in hostile.values() if row["folder"] == "M\\xfcller"] == [5]


def test_two_spellings_of_one_name_are_two_students_with_a_mark_each(hostile: dict[str, Any]) -> None:
    rows = [row for row in hostile.values() if unicodedata.normalize("NFC", row["folder"]).startswith(NFC)]

    assert sorted((row.get("score", 0), row["folder"][-1]) for row in rows) == [(0, ")"), (5, ")")]


def test_hostile_repositories_change_no_mark_of_others(
    whole: Class, honest: dict[str, Any], hostile: dict[str, Any]
) -> None:
    rows = whole.grade("together", "git commit")[1]

    assert {out: row.get("score", 0) for out, row in rows.items()} == {
        out: row.get("score", 0) for out, row in hostile.items()
    }
