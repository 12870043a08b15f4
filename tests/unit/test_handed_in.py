"""A class is found as platforms and people give it: folders, archives, flat files, one level too high."""

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_downloads import METADATA

from grader.course.handed_in import Download, read_download
from grader.course.identity import HandedIn
from grader.errors import UsageError
from grader.report.messages import text
from grader.submission.loader import read_submission

CODE = "def count(): ...\n"
MODULES = ("lstm_cell", "param_counter")


def zipped(*names: str, data: dict[str, bytes] | None = None) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, CODE)
        for name, content in (data or {}).items():
            archive.writestr(name, content)
    return held.getvalue()


@dataclass
class Place:
    folder: Path

    def made(self, *names: str, data: dict[str, str | bytes] | None = None) -> "Place":
        for name, content in {**dict.fromkeys(names, CODE), **(data or {})}.items():
            path = self.folder / "class" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def read(self, whole: str = "class") -> Download:
        return read_download(self.folder / whole, self.folder / "out", MODULES, self.folder / "work")

    def work(self) -> dict[str, list[str]]:
        """Return the modules that each student handed in, by name."""
        return {one.name: modules(one) for one in self.read().handed}


def modules(one: HandedIn) -> list[str]:
    submission = read_submission(one.folder, MODULES)
    return [name for name in MODULES if submission.module(name)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def said(found: Download) -> list[str]:
    return [text(message) for message in found.recognised]


# Folders and archives from a person


def test_folders_are_used_where_they_are(place: Place) -> None:
    found = place.made("ana/lstm_cell.py", "bob/param_counter.py").read()

    assert ([one.folder.parent.name for one in found.handed], said(found)) == (["class", "class"], [])


def test_an_archive_per_student_is_unpacked(place: Place) -> None:
    place.made(data={"ana.zip": zipped("hw/lstm_cell.py"), "bob.zip": zipped("param_counter.py")})

    assert place.work() == {"ana": ["lstm_cell"], "bob": ["param_counter"]}


def test_an_archive_within_each_folder_is_unpacked(place: Place) -> None:
    place.made(data={"ana/hw3.zip": zipped("lstm_cell.py"), "ana/report.pdf": "", "bob/lstm_cell.py": CODE})

    assert place.work() == {"ana": ["lstm_cell"], "bob": ["lstm_cell"]}


def test_an_archive_in_an_archive_is_unpacked(place: Place) -> None:
    inner = zipped("lstm_cell.py")
    place.made(data={"ana.zip": zipped(data={"hw.zip": inner}), "bob.zip": inner})

    assert place.work() == {"ana": ["lstm_cell"], "bob": ["lstm_cell"]}


def test_an_archive_beside_code_is_left_as_it_is(place: Place) -> None:
    place.made("ana/lstm_cell.py", data={"ana/old.zip": zipped("lstm_cell.py")})

    assert [one.folder.parent.name for one in place.read().handed] == ["class"]


def test_of_two_attempts_at_an_archive_the_newer_one_counts(place: Place) -> None:
    place.made(data={"ana/hw.zip": zipped("lstm_cell.py"), "ana/hw-1.zip": zipped("param_counter.py")})

    assert place.work() == {"ana": ["param_counter"]}


def test_a_folder_that_was_unpacked_beside_its_archive_is_one_student(place: Place) -> None:
    found = place.made("ana/lstm_cell.py", data={"ana.zip": zipped("lstm_cell.py")}).read()

    assert ([one.name for one in found.handed], found.left_out) == (["ana"], ("ana.zip",))


@pytest.mark.parametrize("name", ["submissions/", "hw3/submissions/", "Desktop/hw3/submissions/"])
def test_a_level_too_high_is_gone_down(place: Place, name: str) -> None:
    place.made(f"{name}ana/lstm_cell.py", f"{name}bob/lstm_cell.py", data={"roster.csv": ""})

    assert place.work() == {"ana": ["lstm_cell"], "bob": ["lstm_cell"]}


def test_a_class_of_one_with_a_folder_per_task_is_one_student(place: Place) -> None:
    place.made("ana/q1/lstm_cell.py", "ana/q2/param_counter.py")

    assert place.work() == {"ana": ["lstm_cell", "param_counter"]}


def test_a_lone_student_is_one(place: Place) -> None:
    assert place.made("ana/hw3/lstm_cell.py").work() == {"ana": ["lstm_cell"]}


def test_a_whole_class_in_one_zip_file(place: Place) -> None:
    names = ("download/ana/lstm_cell.py", "download/bob/lstm_cell.py", "__MACOSX/download/._ana")
    (place.folder / "class.zip").write_bytes(zipped(*names))
    found = place.read("class.zip")

    assert {one.name: modules(one) for one in found.handed} == {"ana": ["lstm_cell"], "bob": ["lstm_cell"]}


def test_a_zip_file_of_zip_files(place: Place) -> None:
    inner = zipped("lstm_cell.py")
    (place.folder / "class.zip").write_bytes(zipped(data={"ana.zip": inner, "bob.zip": inner}))

    assert [one.name for one in place.read("class.zip").handed] == ["ana", "bob"]


def test_an_empty_folder_and_an_empty_archive_are_rows(place: Place) -> None:
    (place.made(data={"bob.zip": zipped()}).folder / "class" / "ana").mkdir()

    assert [one.name for one in place.read().handed] == ["ana", "bob"]


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("ana.rar", b"Rar!\x1a\x07\x01\x00", "ana.rar is a RAR archive"),
        ("ana.7z", b"7z\xbc\xaf\x27\x1c", "ana.7z is a 7z archive"),
        ("ana.zip", b"<html>", "ana.zip is damaged, or is no archive"),
        ("ana/hw.zip", b"PK\x03\x04", "hw.zip is not a whole zip file"),
    ],
)
def test_an_archive_that_cannot_be_unpacked_is_a_row_that_says_why(
    place: Place, name: str, data: bytes, why: str
) -> None:
    (ana, bob) = place.made("bob/lstm_cell.py", data={name: data}).read().handed

    assert (ana.name, why in ana.problem, bob.problem) == ("ana", True, "")


def test_a_bomb_is_one_students_problem(place: Place) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"{number}.py", bytes(60 << 20))
    ana, bob = place.made(data={"ana.zip": bomb.getvalue(), "bob.zip": zipped("lstm_cell.py")}).read().handed

    assert ("unpacks to more" in ana.problem, modules(bob)) == (True, ["lstm_cell"])


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ((), "class cannot be read"),
        (("lstm_cell.py",), "no folder or archive per student. For one submission, write `grade"),
        (("notes.txt",), "holds no folders and no archives"),
        (("__MACOSX/x",), "holds no folders and no archives"),
        (("out/ana/report.html",), "holds no folders and no archives"),
    ],
)
def test_a_class_without_students_is_refused(tmp_path: Path, names: tuple[str, ...], why: str) -> None:
    Place(tmp_path).made(*names)

    with pytest.raises(UsageError, match=why):
        read_download(tmp_path / "class", tmp_path / "class" / "out", MODULES, tmp_path / "work")


@pytest.mark.parametrize(
    ("name", "why"), [("class.txt", "is a file; give"), ("class.zip", "class.zip is damaged")]
)
def test_a_file_that_is_no_archive_is_refused(place: Place, name: str, why: str) -> None:
    (place.folder / name).write_bytes(b"x")

    with pytest.raises(UsageError, match=why):
        place.read(name)


def test_a_link_is_no_student(place: Place) -> None:
    place.made("ana/lstm_cell.py")
    (place.folder / "class" / "bob.zip").symlink_to("/etc/passwd")
    (place.folder / "class" / "cy_1_2_lstm_cell.py").symlink_to("/etc/passwd")

    assert [one.name for one in place.read().handed] == ["ana"]


# Platforms


def test_flat_files_of_canvas_are_sorted_by_student(place: Place) -> None:
    place.made(
        "doejane_101_5001_param_counter.py",
        "doejane_101_5002_lstm_cell-1.py",
        "roejohn_LATE_102_5003_param_counter.py",
        "doejane_103_5009_lstm_cell.py",
        data={"leeamy_104_5010_hw3.zip": zipped("hw3/lstm_cell.py"), "roejohn_LATE_102_text.html": "<p>"},
    )
    found = place.read()

    assert ([(one.name, one.marked_late, modules(one)) for one in found.handed], said(found)) == (
        [
            ("doejane_101", False, ["lstm_cell", "param_counter"]),
            ("doejane_103", False, ["lstm_cell"]),
            ("leeamy_104", False, ["lstm_cell"]),
            ("roejohn_102", True, ["param_counter"]),
        ],
        ["Canvas: 4 submissions, 1 marked as late, 4 unpacked or sorted."],
    )


def test_the_helpers_of_a_resubmission_get_their_names_back(place: Place) -> None:
    (one,) = place.made("doejane_1_2_lstm_cell-2.py", "doejane_1_3_utils-2.py").read().handed

    assert sorted(path.name for path in one.folder.iterdir()) == ["lstm_cell.py", "utils.py"]


@pytest.mark.parametrize(
    ("name", "attempt"), [("a_1_2_x.py", 0), ("a_1_2_x-1.py", 2), ("a_1_2_hw-2.zip", 3), ("a_1_2_x.csv", 0)]
)
def test_the_number_of_an_attempt_is_read_from_the_name(place: Place, name: str, attempt: int) -> None:
    (one,) = place.made(data={name: zipped("x.py") if name.endswith("zip") else "a = 1\n"}).read().handed

    assert one.attempt == attempt


def test_of_two_attempts_on_canvas_the_newer_upload_counts(place: Place) -> None:
    place.made(data={"doejane_1_8_lstm_cell-1.py": "new = 1\n", "doejane_1_5_lstm_cell.py": "old = 1\n"})
    (one,) = place.read().handed
    submission = read_submission(one.folder, MODULES)

    assert submission.files[submission.module("lstm_cell") or ""] == b"new = 1\n"


def test_text_typed_into_moodle_is_no_student_of_its_own(place: Place) -> None:
    place.made(
        "Jane Doe_101_assignsubmission_file_/lstm_cell.py",
        "Jane Doe_101_assignsubmission_onlinetext_/onlinetext.html",
        "Bob Lee_102_assignsubmission_onlinetext_/onlinetext.html",
        data={"Cy Ono_103_assignsubmission_file_/hw.zip": zipped("lstm_cell.py")},
    )
    found = place.read()

    assert [(one.name, [who.name for who in one.authors]) for one in found.handed] == [
        ("Bob Lee_102_assignsubmission_onlinetext_", ["Bob Lee"]),
        ("Cy Ono_103_assignsubmission_file_", ["Cy Ono"]),
        ("Jane Doe_101_assignsubmission_file_", ["Jane Doe"]),
    ]


def test_a_download_of_moodle_without_folders(place: Place) -> None:
    place.made("Jane Doe_101_assignsubmission_file_lstm_cell.py", "Bob Lee_102_assignsubmission_file_x.py")

    assert [one.name for one in place.read().handed] == ["Bob Lee_102", "Jane Doe_101"]


def test_an_export_of_gradescope_names_its_authors(place: Place) -> None:
    place.made(
        "submission_101/lstm_cell.py",
        "submission_102/lstm_cell.py",
        data={"submission_metadata.yml": METADATA},
    )
    found = place.read()
    one, other = found.handed

    assert (
        [who.id for who in one.authors],
        other.authors[0].email,
        one.time,
        found.left_out,
        said(found),
    ) == (
        ["4711", "4712"],
        "cy@x.edu",
        datetime(2026, 10, 1, 18, 0, 5, tzinfo=UTC),
        (),
        ["Gradescope: 2 submissions, 3 people."],
    )


def test_an_export_of_gradescope_in_its_folder(place: Place) -> None:
    place.made(
        "assignment_9_export/submission_101/lstm_cell.py",
        data={"assignment_9_export/submission_metadata.yml": METADATA},
    )

    assert len(place.read().handed[0].authors) == 2


def test_clones_of_github_classroom_are_called_by_their_login(place: Place) -> None:
    names = ("hw3-octocat", "hw3-jane-doe")
    place.made(*(f"{name}/{file}" for name in names for file in ("lstm_cell.py", ".git/HEAD")))
    found = place.read()

    assert ([one.authors[0].id for one in found.handed], said(found)) == (
        ["jane-doe", "octocat"],
        ["GitHub Classroom: 2 submissions."],
    )


@pytest.mark.parametrize("top", ["", "submitted/"])
def test_a_course_of_nbgrader_is_read_by_student(place: Place, top: str) -> None:
    place.made(f"{top}ana/ps1/lstm_cell.py", f"{top}bob/ps1/lstm_cell.py", f"{top}bob/ps0/other.py")
    place.made(data={f"{top}ana/ps1/timestamp.txt": "2026-10-01 18:00:05 UTC"})
    if top:
        place.made("source/ps1/lstm_cell.py", data={"nbgrader_config.py": ""})
    found = place.read()

    assert [(one.name, one.folder.name, one.time is not None) for one in found.handed] == [
        ("ana", "ps1", True),
        ("bob", "ps1", False),
    ]


def test_two_assignments_of_nbgrader_that_may_be_meant_are_an_error(place: Place) -> None:
    place.made("ana/ps1/lstm_cell.py", "ana/ps2/lstm_cell.py", data={"ana/ps1/timestamp.txt": ""})

    with pytest.raises(UsageError, match="several assignments that may be meant: ps1, ps2"):
        place.read()


def test_a_download_of_blackboard_is_sorted_by_login_and_the_last_attempt_counts(place: Place) -> None:
    place.made(
        data={
            "HW_jdoe_attempt_2026-10-01-18-00-05_lstm_cell.py": "old = 1\n",
            "HW_jdoe_attempt_2026-10-02-18-00-05_lstm_cell.py": "new = 1\n",
            "HW_jdoe_attempt_2026-10-02-18-00-05.txt": "Name: Jane",
        }
    )
    (one,) = place.read().handed

    assert (one.name, one.time, (one.folder / "lstm_cell.py").read_text()) == (
        "jdoe",
        datetime(2026, 10, 2, 18, 0, 5),
        "new = 1\n",
    )


def test_no_file_of_a_student_of_blackboard_replaces_the_one_of_another(place: Place) -> None:
    forged = "HW3_jdoe_attempt_2026-10-02-18-00-05_lstm_cell.py"
    place.made(
        data={
            "HW3_eve_attempt_2026-10-01-18-00-05_lstm_cell.py": "eve = 1\n",
            f"HW3_eve_attempt_2026-10-01-18-00-05_{forged}": "forged = 1\n",
            "HW3_jdoe_attempt_2026-10-01-18-00-05_lstm_cell.py": "jane = 1\n",
        }
    )
    handed = {one.name: one for one in place.read().handed}

    assert ([*handed], [path.read_text() for path in handed["jdoe"].folder.iterdir()]) == (
        ["eve", "jdoe"],
        ["jane = 1\n"],
    )


@pytest.mark.parametrize("separator", ["/", " - "])
def test_two_people_of_one_name_in_a_download_of_brightspace_stay_two(place: Place, separator: str) -> None:
    place.made(
        data={
            f"11-500 - Jane Doe - Oct 1, 2026 600 PM{separator}lstm_cell.py": "one = 1\n",
            f"12-500 - Jane Doe - Oct 1, 2026 601 PM{separator}lstm_cell.py": "other = 1\n",
        }
    )
    handed = place.read().handed

    assert [(one.name, (one.folder / "lstm_cell.py").read_text()) for one in handed] == [
        ("Jane Doe_11", "one = 1\n"),
        ("Jane Doe_12", "other = 1\n"),
    ]


@pytest.mark.parametrize("separator", ["/", " - "])
def test_of_two_attempts_in_a_download_of_brightspace_the_last_counts(place: Place, separator: str) -> None:
    place.made(
        data={
            f"11-500 - Jane Doe - Oct 1, 2026 600 PM{separator}lstm_cell.py": "old = 1\n",
            f"11-500 - Jane Doe - Oct 2, 2026 600 PM{separator}lstm_cell.py": "new = 1\n",
            f"11-500 - Jane Doe - Sep 3, 2026 600 PM{separator}lstm_cell.py": "older = 1\n",
        }
    )
    (one,) = place.read().handed

    assert (one.time, (one.folder / "lstm_cell.py").read_text()) == (
        datetime(2026, 10, 2, 18, 0),
        "new = 1\n",
    )


def test_a_student_whose_name_is_shown_as_a_folder_of_another_changes_nothing_there(place: Place) -> None:
    janes = "Jane Doe_12345_assignsubmission_file_"
    place.made(
        data={
            f"{janes}/lstm_cell.py": "jane = 1\n",
            f"{janes}_678_assignsubmission_file_/lstm_cell.py": "eve = 1\n",
            f"{janes}_678_assignsubmission_file_/param_counter.py": "eve = 1\n",
        }
    )

    assert [modules(one) for one in place.read().handed] == [["lstm_cell"], ["lstm_cell", "param_counter"]]


def test_a_hostile_name_in_a_download_is_a_harmless_folder(place: Place) -> None:
    place.made(data={"..\\..\\x_1_2_lstm_cell.py": CODE, "a\nb_2_3_..\\lstm_cell.py": CODE})
    found = place.read()

    assert {one.folder.is_relative_to(place.folder / "work") for one in found.handed} == {True}
