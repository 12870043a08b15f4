"""Folders that a stranger prepared: nothing in them is believed, followed or waited for."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.assignment.starter import write_assignment
from grader.results.report import Report

RIGHT = "def standardize(x):\n    return (x - x.mean(0)) / x.std(0, unbiased=False)\n"
WRONG = "def standardize(x):\n    return x\n"
MARKS = {"ana": 5.0, "eve": 0.0}
Ended = subprocess.CompletedProcess[str]
PRECIOUS = "somebody else's"


@dataclass
class Place:
    """An assignment and a class of two: `ana`, who is right, and `eve`, who is not."""

    folder: Path

    @property
    def students(self) -> Path:
        return self.folder / "class"

    def run(self, *arguments: object, cwd: Path | None = None, home: str = "home") -> Ended:
        """Run `grade`; the cache and the key of reports belong to the user of `home`."""
        places = {"XDG_CACHE_HOME": self.folder / "cache", "XDG_DATA_HOME": self.folder / home}
        return subprocess.run(
            [sys.executable, "-m", "grader", *map(str, arguments)],
            cwd=cwd or self.folder,
            env=os.environ | {name: str(path) for name, path in places.items()},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def grade(self, *arguments: object, cwd: Path | None = None, home: str = "home") -> Ended:
        return self.run(*arguments, "--assignment", self.folder / "assignment", cwd=cwd, home=home)

    def marks(self, out: str = "graded", home: str = "home") -> dict[str, float]:
        """Grade the class and return the marks by folder."""
        ended = self.grade("class", "class", "--out", out, home=home)
        assert ended.returncode == 1, ended.stderr
        self.said = ended.stderr
        found = json.loads((self.folder / out / "class.json").read_text())
        return {row["folder"]: row.get("score", 0.0) for row in found["students"]}

    @property
    def graded_again(self) -> list[str]:
        """Who was graded in the last run: each is a line in a pipe."""
        return sorted(line.split()[1] for line in self.said.splitlines() if line[:1].isdigit())


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A class that was graded into `graded/`."""
    made = Place(tmp_path_factory.mktemp("prepared"))
    write_assignment(made.folder / "assignment")
    for name, source in (("ana", RIGHT), ("eve", WRONG)):
        (made.students / name).mkdir(parents=True)
        (made.students / name / "standardize.py").write_text(source)
    assert made.marks() == MARKS
    return made


@pytest.fixture
def place(once: Place, tmp_path: Path) -> Place:
    """A copy of it."""
    shutil.copytree(once.folder, tmp_path / "own", symlinks=True)
    return Place(tmp_path / "own")


def forged(place: Place, name: str, score: float) -> str:
    """Return a report on `name` that is right in all but the score."""
    report = Report.model_validate_json((place.folder / "graded" / name / "report.json").read_bytes())
    tasks = tuple(
        task.model_copy(
            update={
                "score": score,
                "checks": tuple(
                    check.model_copy(update={"score": check.points if score else 0}) for check in task.checks
                ),
            }
        )
        for task in report.tasks
    )
    return report.model_copy(update={"score": score, "tasks": tasks}).model_dump_json()


def plant(folder: Path, report: str) -> None:
    """Write into `folder` what looks like a report."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text("<h1>Full marks</h1>")
    (folder / "report.json").write_text(report)


# Reports that we did not write


def test_a_report_that_was_handed_in_gives_no_marks(place: Place) -> None:
    plant(place.students / "eve", forged(place, "eve", 5))
    ended = place.grade("class", "class", "--out", "class")

    assert (ended.returncode, ended.stderr) == (
        2,
        "grade: --out class is class, which was handed in: reports have to lie apart from that. "
        "Name another folder with --out.\n",
    )


def test_a_folder_called_report_sets_no_mark_of_another_student(place: Place) -> None:
    plant(place.students / "report" / "ana", forged(place, "ana", 0))
    ended = place.grade("class", ".", cwd=place.students)

    assert (ended.returncode, "--out report lies in ., which was handed in" in ended.stderr) == (2, True)


def test_it_sets_none_where_students_are_named_one_by_one(place: Place) -> None:
    plant(place.students / "report" / "ana", forged(place, "ana", 0))
    place.grade("ana", "eve", cwd=place.students)
    found = json.loads((place.students / "report" / "class.json").read_text())

    assert {row["folder"]: row.get("score", 0.0) for row in found["students"]} == MARKS


APART = [
    (what, out)
    for what in ("class", "folders")
    for out in ("class/eve", "class/eve/new/deeper", "class", ".")
]


@pytest.mark.parametrize(("what", "out"), [*APART, ("class", "class/new"), ("class", "class/../class")])
def test_reports_lie_apart_from_what_was_handed_in(place: Place, what: str, out: str) -> None:
    before = sorted(place.folder.rglob("*"))
    handed_in = {"class": ["class", "class"], "folders": ["class/ana", "class/eve"]}[what]
    ended = place.grade(*handed_in, "--out", out)

    assert (ended.returncode, "which was handed in" in ended.stderr) == (2, True)
    assert sorted(place.folder.rglob("*")) == before


def test_the_control_what_we_wrote_is_believed(place: Place) -> None:
    assert (place.marks(), place.graded_again, place.said) == (MARKS, [], "")


def test_a_report_that_was_put_where_ours_go_is_not_believed(place: Place) -> None:
    plant(place.folder / "graded" / "eve", forged(place, "eve", 5))

    assert (place.marks(), place.graded_again) == (MARKS, ["eve"])
    assert "1 of the reports in graded were not signed with your key on this machine" in place.said


def test_neither_is_one_without_the_signature(place: Place) -> None:
    (place.folder / "graded" / "eve" / "report.signature").unlink(missing_ok=True)

    assert (place.marks(), place.graded_again) == (MARKS, ["eve"])


def test_nor_a_page_that_was_exchanged(place: Place) -> None:
    page = place.folder / "graded" / "eve" / "report.html"
    page.write_text("<script>alert(1)</script>")

    assert (place.marks(), place.graded_again, "alert(1)" in page.read_text()) == (MARKS, ["eve"], False)


def test_nor_one_that_is_another_students_with_its_signature(place: Place) -> None:
    shutil.rmtree(place.folder / "graded" / "eve")
    shutil.copytree(place.folder / "graded" / "ana", place.folder / "graded" / "eve")

    assert (place.marks(), place.graded_again) == (MARKS, ["eve"])


def test_nor_one_of_files_that_were_handed_in_before(place: Place) -> None:
    (place.students / "ana" / "standardize.py").write_text(WRONG)

    assert (place.marks(), place.graded_again) == (MARKS | {"ana": 0.0}, ["ana"])


def test_on_another_machine_all_are_graded_again_and_a_line_says_why(place: Place) -> None:
    assert (place.marks(home="another"), place.graded_again) == (MARKS, ["ana", "eve"])
    assert "2 of the reports in graded were not signed with your key on this machine" in place.said


@pytest.mark.parametrize("harm", ["open to others", "empty", "a link", "a folder"])
def test_a_key_that_others_may_know_signs_nothing(place: Place, harm: str) -> None:
    key = place.folder / "home" / "torch-homework-grader" / "signing-key"
    if harm == "open to others":
        key.chmod(0o644)
    else:
        key.unlink()
        make = {"empty": empty, "a link": link, "a folder": folder}[harm]
        make(key, place.folder / "assignment" / "assignment.toml")

    assert (place.marks(), place.graded_again) == (MARKS, ["ana", "eve"])
    assert "the key that signs reports cannot be kept in" in place.said


def test_the_key_is_for_its_owner_alone(place: Place) -> None:
    key = place.folder / "home" / "torch-homework-grader" / "signing-key"

    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_cache_that_others_may_write_to_is_not_used_and_a_line_says_so(place: Place) -> None:
    cache = place.folder / "cache" / "torch-homework-grader" / "answers"
    cache.chmod(0o777)
    before = {path.name: path.read_bytes() for path in cache.iterdir()}
    ended = place.grade("class/ana", "--out", "new")

    assert (ended.returncode, "is not used (Other users may write to it)" in ended.stderr) == (0, True)
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == before


# What lies where our files go


Make = Callable[[Path, Path], None]
"""Puts something at a path; it may lead to the second one, a file with something precious."""


def fifo(path: Path, elsewhere: Path) -> None:
    os.mkfifo(path)


def endless(path: Path, elsewhere: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path, elsewhere: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no room on the disk


def link(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere)


def hard_link(path: Path, elsewhere: Path) -> None:
    os.link(elsewhere, path)


def folder(path: Path, elsewhere: Path) -> None:
    path.mkdir()


def empty(path: Path, elsewhere: Path) -> None:
    path.touch()


@pytest.fixture
def elsewhere(place: Place) -> Path:
    path = place.folder / "elsewhere" / "file"
    path.parent.mkdir()
    path.write_text(PRECIOUS)
    return path


OURS = [f"eve/report.{name}" for name in ("json", "html", "signature")] + [
    "class.json",
    "class.html",
    "grades.csv",
]


@pytest.mark.parametrize("make", [fifo, endless, huge, link, hard_link])
def test_what_has_the_name_of_our_files_is_not_followed_or_waited_for(
    place: Place, elsewhere: Path, make: Make
) -> None:
    for name in OURS:
        path = place.folder / "graded" / name
        path.unlink(missing_ok=True)
        make(path, elsewhere)

    assert (place.marks(), elsewhere.read_text()) == (MARKS, PRECIOUS)
    assert [path for path in (place.folder / "graded").rglob("*") if path.is_symlink()] == []


def test_a_link_in_place_of_a_students_folder_is_not_followed(place: Place, elsewhere: Path) -> None:
    for name, target in (("eve", "ana"), ("ana", "../elsewhere")):
        shutil.rmtree(place.folder / "graded" / name)
        (place.folder / "graded" / name).symlink_to(target)
    elsewhere.rename(elsewhere.with_name("report.html"))
    marks = place.marks()
    written = sorted(place.folder.glob("graded/*/report.json"))

    assert (marks, [json.loads(path.read_text())["submission"] for path in written]) == (
        MARKS,
        ["ana", "eve"],
    )
    assert elsewhere.with_name("report.html").read_text() == PRECIOUS


@pytest.mark.parametrize("make", [fifo, endless, huge, link, hard_link, folder, empty])
def test_a_secret_of_aliases_that_is_none_is_refused(place: Place, elsewhere: Path, make: Make) -> None:
    (place.folder / "hidden").mkdir()
    make(place.folder / "hidden" / ".anonymous", elsewhere)
    ended = place.grade("class", "class", "--anonymous", "--out", "hidden")

    assert (ended.returncode, "hidden/.anonymous" in ended.stderr) == (2, True)


# Where a single report goes


@pytest.mark.parametrize(
    "target", ["../../elsewhere", "../nowhere", "report", "/proc/self/fd", "../../elsewhere/file"]
)
def test_a_link_called_report_is_refused(place: Place, elsewhere: Path, target: str) -> None:
    (place.students / "eve" / "report").symlink_to(target)
    ended = place.grade(".", cwd=place.students / "eve")

    assert (ended.returncode, ended.stderr) == (
        2,
        "grade: report cannot be written to: report is a link, and links are not followed here; remove it.\n",
    )
    assert (os.listdir(elsewhere.parent), elsewhere.read_text()) == (["file"], PRECIOUS)


@pytest.mark.parametrize("out", ["report/below", "./report/../report/x"])
def test_a_link_on_the_way_is_refused(place: Place, elsewhere: Path, out: str) -> None:
    (place.students / "eve" / "report").symlink_to(elsewhere.parent)
    ended = place.grade(".", "--out", out, cwd=place.students / "eve")

    assert (ended.returncode, os.listdir(elsewhere.parent)) == (2, ["file"])


@pytest.mark.parametrize("make", [fifo, link, hard_link])
def test_a_report_replaces_what_has_its_name(place: Place, elsewhere: Path, make: Make) -> None:
    out = place.students / "eve" / "report"
    out.mkdir()
    for name in ("report.html", "report.json"):
        make(out / name, elsewhere)
    ended = place.grade(".", cwd=place.students / "eve")

    assert (ended.returncode, json.loads((out / "report.json").read_text())["score"]) == (1, 0)
    assert elsewhere.read_text() == PRECIOUS


@pytest.mark.parametrize(
    "arguments",
    [["compare", "graded", "graded"], ["new", "homework"], ["class", "class"], ["check", "assignment"]],
    ids=lambda arguments: arguments[0],
)
def test_no_command_writes_through_a_link(place: Place, elsewhere: Path, arguments: list[str]) -> None:
    elsewhere.rename(place.folder / "file")  # `new` takes an empty folder
    for name in ("compare", "homework", "report"):
        (place.folder / name).symlink_to("elsewhere")
    ended = place.run(*arguments)

    assert (ended.returncode, "is a link" in ended.stderr) == (2, True)
    assert os.listdir(elsewhere.parent) == []


# What others graded


@pytest.mark.parametrize("make", [fifo, endless, huge, folder])
def test_a_class_to_compare_with_is_not_waited_for(place: Place, elsewhere: Path, make: Make) -> None:
    (place.folder / "old").mkdir()
    make(place.folder / "old" / "class.json", elsewhere)
    ended = place.run("compare", "old", "graded")

    assert (ended.returncode, ended.stderr.startswith("grade: old/class.json cannot be read: ")) == (2, True)
