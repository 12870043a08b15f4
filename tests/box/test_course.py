"""A class is graded whole, the same on any number of cores, and only what is missing."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.loader import read_assignment
from grader.assignment.starter import write_assignment
from grader.course.course import ClassInput, grade_class, read_class
from grader.course.decision_file import DecisionFile
from grader.course.grading import ClassGrading
from grader.course.identity import of_folder
from grader.course.lateness import Policy, PolicyFile
from grader.course.roster import Person, Roster
from grader.errors import AssignmentError, UsageError
from grader.report.messages import text
from grader.results.course import ClassResult, Row
from grader.results.decisions import Decision
from grader.results.report import Report
from grader.sandbox.probe import best_level
from grader.signing import Signer

SIGNER = Signer(b"a key")
RIGHT = "def standardize(x):\n    return (x - x.mean(0)) / x.std(0, unbiased=False)\n"
NAMED = "def standardize(x):\n    return (x - x.mean(0)) / x.var(0, unbiased=False)\n"
SINE = "def standardize(x):\n    return x.sin()\n"
SINE_AGAIN = "import torch\n\n\ndef standardize(values):\n    return torch.sin(values)\n"
SLEEPING = "import time\n\n\ndef standardize(x):\n    time.sleep(60)\n"
FORMULA = "=cmd|' & <b>\u202e\x1b"

CLASS = {
    "ana": RIGHT,
    "bela": NAMED,
    "Bela": NAMED,
    "ida 10": SINE,
    "ida 9": SINE_AGAIN,
    "con": "def standardize(x):\n    raise ValueError(f'no {x.shape}')\n",
    FORMULA: "import os\n\n\ndef standardize(x):\n    os._exit(3)\n",
}


@dataclass
class Place:
    """Folders of a class, and what it takes to grade it."""

    folder: Path
    done: list[str] = field(default_factory=list)

    @property
    def students(self) -> Path:
        return self.folder / "class"

    def course(self, out: str, cores: int = 2) -> ClassGrading:
        found = read_assignment(self.folder / "assignment")
        return ClassGrading(
            assignment=found,
            tasks=found.tasks,
            seed=3,
            level=best_level(),
            cache=self.folder / "cache",
            signer=SIGNER,
            out=self.folder / out,
            cores=cores,
            on_graded=self.hear,
        )

    def hear(self, done: int, of: int, row: Row) -> None:
        self.done.append(row.folder)

    def grade(self, out: str, cores: int = 2) -> ClassResult:
        self.done.clear()
        course = self.course(out, cores)
        return grade_class(course, self.read(course.out))

    def read(self, out: Path) -> ClassInput:
        return read_class(self.students, out, ("standardize",), self.folder / "unpacked")

    def hand_in(self, name: str, source: str) -> Path:
        folder = self.students / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "standardize.py").write_text(source)
        return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("course"))
    write_assignment(place.folder / "assignment")
    for name, source in CLASS.items():
        place.hand_in(name, source)
    (place.students / "nothing").mkdir()
    (place.students / "notes.txt").write_text("")
    return place


@pytest.fixture(scope="module")
def first(place: Place) -> ClassResult:
    return place.grade("out", cores=1)


@pytest.fixture
def own(place: Place, first: ClassResult, tmp_path: Path) -> Place:
    """A copy of the class with its reports, for tests that change something."""
    shutil.copytree(place.folder, tmp_path / "own", symlinks=True)
    return Place(tmp_path / "own")


def by_folder(result: ClassResult) -> dict[str, Row]:
    return {row.folder: row for row in result.students}


def test_every_folder_is_a_row_in_natural_order(first: ClassResult) -> None:
    names = [row.folder for row in first.students]

    assert names == ["=cmd|' & <b>\\u202e\\x1b", "Bela", "ana", "bela", "con", "ida 9", "ida 10", "nothing"]


def test_a_folder_that_we_cannot_read_is_no_final_mark(own: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = os.scandir

    def refusing(path: Any = ".") -> Any:
        if str(path).endswith("ida 9"):  # root, who may run this test, reads every folder
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    rows = by_folder(own.grade("out", cores=1))

    assert (rows["ida 9"].final, rows["ida 9"].is_broken) == (False, True)
    assert text(rows["ida 9"].problem) == "The folder cannot be read: Permission denied."
    assert rows["nothing"].final


def test_the_scores_are_those_of_the_submissions(first: ClassResult) -> None:
    scores = {row.folder: row.score for row in first.students if row.score}

    assert scores == {"ana": 5, "bela": 3, "Bela": 3}  # a slip costs its price


def test_what_cannot_be_read_is_a_row_without_points_that_says_why(first: ClassResult) -> None:
    row = by_folder(first)["nothing"]

    assert (row.score, row.points, row.out, text(row.problem)) == (
        0,
        5,
        "",
        "The folder holds none of the files that the tasks ask for: standardize.py. It is empty.",
    )


def test_a_file_beside_the_folders_is_listed(first: ClassResult) -> None:
    assert first.left_out == ("notes.txt",)


def test_a_mistake_lists_who_made_it(first: ClassResult) -> None:
    found = [(mistake.mistake, mistake.students, mistake.lost) for mistake in first.mistakes]

    assert found == [("variance not rooted", ("Bela", "bela"), 0)]


def test_the_same_wrong_answers_are_one_group_however_they_are_written(first: ClassResult) -> None:
    found = [cluster.students for cluster in first.clusters if len(cluster.students) > 1]

    assert found == [("ida 9", "ida 10")]


def test_each_check_is_counted(first: ClassResult) -> None:
    counts = {c.check: (c.passed, c.failed, c.skipped, c.lost) for c in first.checks}

    assert counts == {"values": (1, 6, 0, 12), "gradient": (1, 0, 6, 8)}


def test_names_that_a_file_system_may_mix_up_get_folders_of_their_own(first: ClassResult) -> None:
    outs = [row.out.casefold() for row in first.students if row.out]

    assert (len(set(outs)), [out for out in outs if set(out) & set("/\\<>|&'=:*?\"\x1b")]) == (7, [])


def test_every_report_lies_where_the_row_says(place: Place, first: ClassResult) -> None:
    out = place.folder / "out"
    there = {path.parent.name for path in out.glob("*/report.html")}

    assert there == {row.out for row in first.students if row.out}


def test_no_cell_of_the_table_is_a_formula(place: Place, first: ClassResult) -> None:
    with open(place.folder / "out" / "grades.csv", newline="", encoding="utf-8-sig") as file:
        cells = [cell for line in csv.reader(file) for cell in line]

    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def test_the_table_holds_a_line_a_student(place: Place, first: ClassResult) -> None:
    with open(place.folder / "out" / "grades.csv", newline="", encoding="utf-8-sig") as file:
        lines = list(csv.DictReader(file))

    assert [(line["folder"], line["score"]) for line in lines][2] == ("ana", "5")


def test_the_number_of_cores_changes_no_byte(place: Place, first: ClassResult) -> None:
    place.grade("out of two", cores=2)
    files = ("class.html", "class.json", "grades.csv")
    one, two = ([(place.folder / out / name).read_bytes() for name in files] for out in ("out", "out of two"))

    assert one == two


def test_class_json_holds_the_result(place: Place, first: ClassResult) -> None:
    read = ClassResult.model_validate_json((place.folder / "out" / "class.json").read_bytes())

    assert read == first


def test_a_second_run_grades_nothing_and_finds_the_same(own: Place, first: ClassResult) -> None:
    again = own.grade("out")

    assert (own.done, again) == ([], first)


def test_only_what_changed_is_graded_again(own: Place) -> None:
    own.hand_in("con", RIGHT)
    again = own.grade("out")

    assert (own.done, by_folder(again)["con"].score) == (["con"], 5)


@pytest.mark.parametrize("harm", ["cut short", "page missing", "of another seed"])
def test_a_report_that_is_not_whole_or_not_of_this_run_is_made_again(own: Place, harm: str) -> None:
    report = own.folder / "out" / "ana" / "report.json"
    if harm == "cut short":
        report.write_bytes(report.read_bytes()[:100])
    elif harm == "page missing":
        (report.parent / "report.html").unlink()
    else:
        known = json.loads(report.read_text())
        known["provenance"]["seed"] = 4
        report.write_text(json.dumps(known))
    own.grade("out")

    assert own.done == ["ana"]


def test_a_report_of_what_can_no_longer_be_read_is_taken_away(own: Place) -> None:
    (own.students / "ana" / "standardize.py").unlink()
    own.grade("out")

    assert (own.folder / "out" / "ana").exists() is False


def test_a_report_that_changed_hands_is_not_taken_for_another_ones(own: Place) -> None:
    shutil.rmtree(own.folder / "out" / "ida 9")
    shutil.copytree(own.folder / "out" / "ana", own.folder / "out" / "ida 9")
    again = own.grade("out")

    assert by_folder(again)["ida 9"].score == 0


def test_a_sleeping_submission_holds_up_nobody(own: Place) -> None:
    own.hand_in("aaa", SLEEPING)
    shutil.rmtree(own.folder / "out")
    own.grade("out", cores=1)

    assert own.done[-1] == "aaa"


def test_an_assignment_at_fault_is_an_error(own: Place) -> None:
    checks = own.folder / "assignment" / "standardize" / "checks.py"
    checks.write_text(checks.read_text().replace("points=3", "points=4"))

    with pytest.raises(AssignmentError, match="the checks are worth 6 points"):
        own.grade("out")


def test_a_policy_takes_points_off_without_grading_again(own: Place) -> None:
    policy = Policy.model_validate(
        {"deadline": "2020-01-01T00:00:00Z", "percent_per_day": 10, "most_percent": 40}
    )
    course = own.course("out")
    result = grade_class(
        course,
        replace(own.read(course.out), policy=PolicyFile(Path("policy.toml"), policy)),
    )
    report = Report.model_validate_json((own.folder / "out" / "ana" / "report.json").read_bytes())
    row = by_folder(result)["ana"]

    assert (
        own.done,
        row.score,
        row.mark,
        report.score,
        report.lateness == row.lateness,
    ) == (
        [],
        5,
        3,
        5,
        True,
    )


def test_decisions_about_a_folder_that_was_renamed_are_told(own: Place) -> None:
    decisions = DecisionFile(own.folder / "out", SIGNER)
    about = {"when": "2026-11-29T12:00:00+00:00", "by": "Tina", "kind": "comment", "text": "Good."}
    decisions.append(
        [Decision.model_validate({"id": name, "submission": name, **about}) for name in ("ana", "anna")]
    )
    told = [text(notice) for notice in own.grade("out").notices]

    assert [line for line in told if line.startswith("Decisions")] == [
        "Decisions were made about submissions that the class does not have, and count for no one: anna. "
        "Was a folder renamed, or the file copied from another class?"
    ]


def test_a_roster_joins_folders_to_people_and_lists_the_others(own: Place) -> None:
    people = (Person("1", "Ana Ó", "a@x", "ana", {}), Person("2", "Gone", "g@x", "gone", {}))
    roster = Roster(Path("roster.csv"), people)
    course = own.course("out")
    result = grade_class(course, replace(own.read(course.out), roster=roster))
    named = [(row.folder, row.name) for row in result.students if row.name]

    assert (named, [p.name for p in result.missing], len(result.unknown)) == ([("ana", "Ana Ó")], ["Gone"], 7)


def test_a_zip_file_of_zip_files_is_graded_with_a_line_for_each_of_a_pair(own: Place) -> None:
    with zipfile.ZipFile(own.folder / "class.zip", "w") as whole:
        for name, source in (("ana_ida", RIGHT), ("bob", SINE), ("eve", None)):
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w") as archive:
                archive.writestr("hw/standardize.py" if source else "../standardize.py", source or RIGHT)
            whole.writestr(f"submissions/{name}.zip", inner.getvalue())
    people = tuple(Person(name, name.title(), "", "", {}) for name in ("ana", "bob", "eve", "ida"))
    course = own.course("zipped")
    handed = read_class(own.folder / "class.zip", course.out, ("standardize",), own.folder / "unpacked")
    result = grade_class(course, replace(handed, roster=Roster(Path("roster.csv"), people)))
    with open(course.out / "grades.csv", newline="", encoding="utf-8-sig") as file:
        rows = [(row["folder"], row["id"], row["score"]) for row in csv.DictReader(file)]

    assert (rows, [row.folder for row in result.students if row.problem], result.missing) == (
        [("ana_ida", "ana", "5"), ("ana_ida", "ida", "5"), ("bob", "bob", "0"), ("eve", "eve", "0")],
        ["eve"],
        (),
    )


def test_anonymous_pages_hold_no_name(own: Place) -> None:
    people = (Person("1", "Ana Ó", "a@x", "ana", {}), Person("2", "Gone", "g@x", "gone", {}))
    roster = Roster(Path("roster.csv"), people)
    course = own.course("hidden")
    handed = replace(own.read(course.out), roster=roster, anonymous=True)
    grade_class(course, handed)
    pages = [*course.out.rglob("*.html"), *course.out.rglob("*.json")]
    names = (b"Ana", b'ana"', b"ida 9", b"Gone", b"a@x")

    assert [path for path in pages if any(name in path.read_bytes() for name in names)] == []


def test_aliases_stay_from_run_to_run(own: Place) -> None:
    course = own.course("hidden")
    handed = replace(own.read(course.out), anonymous=True)
    first, second = (grade_class(course, handed) for _ in range(2))

    assert (first, len(own.done)) == (second, len(CLASS))


def test_a_folder_given_twice_is_refused(own: Place) -> None:
    folder = own.students / "ana"
    with pytest.raises(UsageError, match="was given twice"):
        grade_class(own.course("out"), ClassInput((of_folder(folder),) * 2))


def test_two_folders_of_one_name_get_different_reports(own: Place) -> None:
    other = own.folder / "other" / "ana"
    other.mkdir(parents=True)
    (other / "standardize.py").write_text(NAMED)
    result = grade_class(own.course("two"), ClassInput((of_folder(own.students / "ana"), of_folder(other))))

    assert ([row.score for row in result.students], len({row.out for row in result.students})) == ([5, 3], 2)


def command(own: Place, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "grader", *arguments, "--assignment", str(own.folder / "assignment")]


def environment(own: Place) -> dict[str, str]:
    places = {name: str(own.folder / name) for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME")}
    return {**os.environ, **places}


@pytest.mark.parametrize(("folders", "code"), [(["ana", "bela"], 1), (["ana", "nothing"], 1)])
def test_several_folders_are_a_class(own: Place, folders: list[str], code: int) -> None:
    ended = subprocess.run(
        command(own, *folders, "--out", "new"),
        cwd=own.students,
        env=environment(own),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, Path(ended.stdout.splitlines()[-1])) == (
        code,
        (own.students / "new" / "class.html").resolve(),
    )


@pytest.mark.slow  # a run is killed at several points, and starts torch each time
def test_a_run_that_is_killed_goes_on_and_leaves_nothing_behind(own: Place) -> None:
    for number in range(24):
        own.hand_in(f"more {number}", [RIGHT, NAMED, SINE][number % 3])
    whole = command(own, "class", str(own.students), "--out", str(own.folder / "killed"), "--cores", "2")
    for reports in (3, 12):
        process = subprocess.Popen(whole, env=environment(own), stderr=subprocess.DEVNULL)
        while len(list(own.folder.glob("killed/*/report.json"))) < reports:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    written = {path: path.stat().st_mtime_ns for path in own.folder.glob("killed/*/report.json")}
    ended = subprocess.run(whole, env=environment(own), capture_output=True, text=True, check=False)
    left = [path.name for path in own.folder.glob("killed/**/.*")]
    students = json.loads((own.folder / "killed" / "class.json").read_text())["students"]

    folders = [path for path in own.students.iterdir() if path.is_dir()]

    assert (len(students), left, ended.returncode) == (len(folders), [], 1)
    assert {path: path.stat().st_mtime_ns for path in written} == written
