"""Names and metadata of a download say who handed in what, and when."""

from datetime import UTC, datetime

import pytest

from grader.course.downloads import (
    FILES,
    FOLDERS,
    Part,
    blackboard,
    brightspace,
    canvas,
    clones,
    gradescope,
    moodle,
    moodle_folder,
    nbgrader_time,
    recognised,
    sakai,
)
from grader.course.identity import Identity


@pytest.mark.parametrize(
    ("name", "who", "number", "file", "late"),
    [
        ("doejane_12345_67890_lstm_cell.py", "doejane", "12345", "lstm_cell.py", False),
        ("doejane_LATE_12345_67890_lstm_cell-1.py", "doejane", "12345", "lstm_cell-1.py", True),
        ("doejane_late_12345_67890_hw_3_final.zip", "doejane", "12345", "hw_3_final.zip", True),
        ("o'nealmary-ann_1_2_x.ipynb", "o'nealmary-ann", "1", "x.ipynb", False),
        ("doejane_12345_question_99_67890_a.py", "doejane", "12345", "a.py", False),
        ("team1_12345_67890_a.py", "team1", "12345", "a.py", False),
        ("anon_x4Kq2_67890_a.py", "anon", "x4Kq2", "a.py", False),
        ("anon_LATE_x4Kq2_67890_a.py", "anon", "x4Kq2", "a.py", True),
        ("doejane_12345_text.html", "doejane", "12345", "text.html", False),
    ],
)
def test_a_file_of_canvas(name: str, who: str, number: str, file: str, late: bool) -> None:
    part = canvas(name)

    assert part is not None and (part.who.name, part.who.number, part.file, part.late) == (
        who, number, file, late,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "who", "number", "file", "text"),
    [
        ("Jane Doe_123456_assignsubmission_file_", "Jane Doe", "123456", "", False),
        ("Jane Doe_123456_assignsubmission_file", "Jane Doe", "123456", "", False),
        ("Jane Doe_123456_assignsubmission_file_hw_3.zip", "Jane Doe", "123456", "hw_3.zip", False),
        ("Jane Doe_123456_assignsubmission_onlinetext_", "Jane Doe", "123456", "", True),
        ("Participant_7_assignsubmission_file_", "Participant", "7", "", False),
        ("Team 1-Jane Doe_12_assignsubmission_file_", "Team 1-Jane Doe", "12", "", False),
    ],
)
def test_a_part_of_moodle(name: str, who: str, number: str, file: str, text: bool) -> None:
    part = moodle(name) if file else moodle_folder(name)

    assert part is not None and (part.who.name, part.who.number, part.file, part.text) == (
        who, number, file, text,
    )  # fmt: skip


def test_a_name_that_is_shown_as_a_folder_of_moodle_is_a_student_of_its_own() -> None:
    part = moodle_folder("Jane Doe_12345_assignsubmission_file__678_assignsubmission_file_")

    assert part is not None and part.who.number == "678"


def test_a_file_of_blackboard_has_login_and_time() -> None:
    (part,) = blackboard(["HW_3_jdoe_attempt_2026-10-01-18-00-05_lstm_cell.py"]).values()

    assert (part.who.id, part.file, part.time) == (
        "jdoe", "lstm_cell.py", datetime(2026, 10, 1, 18, 0, 5),
    )  # fmt: skip


def of_blackboard(*logins: str) -> list[str]:
    names = [f"HW_3_{login}_attempt_2026-10-01-18-00-05_a.py" for login in logins]
    return [part.student for part in blackboard(names).values()]


@pytest.mark.parametrize(
    "logins", [("doe", "x_doe"), ("doe", "doe_x"), ("a_b_c", "c", "b_c"), ("x", "x_", "_x")]
)
def test_a_login_of_blackboard_may_hold_underscores(logins: tuple[str, ...]) -> None:
    assert of_blackboard(*logins) == [*logins]


def test_a_file_that_is_called_like_an_attempt_of_another_is_the_students_own() -> None:
    forged = "HW3_jdoe_attempt_2026-10-02-18-00-05_lstm_cell.py"
    names = [f"HW3_{login}_attempt_2026-10-01-18-00-05_{forged}" for login in ("eve", "jdoe")]
    found = blackboard(names).values()

    assert [(part.student, part.file) for part in found] == [("eve", forged), ("jdoe", forged)]


@pytest.mark.parametrize("day", ["Oct 1, 2026 600 PM", "October 1, 2026 600 PM", "Oct 1, 2026 0600PM"])
def test_a_folder_of_brightspace_has_name_and_time(day: str) -> None:
    part = brightspace(f"12345-67890 - Jane Doe - {day}")

    assert part is not None and (part.who, part.time) == (
        Identity(name="Jane Doe", number="12345"),
        datetime(2026, 10, 1, 18, 0),
    )


def test_a_folder_of_sakai_has_name_and_login() -> None:
    part = sakai("Doe, Jane(jdoe)")

    assert part is not None and part.who == Identity(name="Jane Doe", id="jdoe")


@pytest.mark.parametrize("name", ["", "ana", "ana.zip", "lstm_cell.py", "a_1_b.py", "_1_2_x.py", "s_10"])
def test_a_plain_name_is_of_no_platform(name: str) -> None:
    assert [read([name]) for read in (*FILES.values(), *FOLDERS.values())] == [{}] * 7


def test_the_platform_of_most_names_is_recognised() -> None:
    names = ["a_1_2_x.py", "b_1_3_x.py", "grades.csv", "HW_c_attempt_2026-10-01-18-00-05_x.py"]
    platform, parts = recognised(names, FILES)

    assert (platform, [*parts]) == ("Canvas", names[:2])


@pytest.mark.parametrize(
    ("names", "logins"),
    [
        (["hw3-octocat", "hw3-jane-doe"], ["octocat", "jane-doe"]),
        (["ml-hw-3-ana", "ml-hw-3-bob", "ml-hw-3-anabel"], ["ana", "bob", "anabel"]),
        (["hw3-a", "hw3-ab"], ["a", "ab"]),
        (["ana", "bob"], []),
        (["hw3-ana"], []),
    ],
)
def test_clones_are_called_by_assignment_and_login(names: list[str], logins: list[str]) -> None:
    assert [part.who.id for part in clones(names).values()] == logins


METADATA = """---
submission_101:
  :submitters:
  - :name: Jané "JJ" Doe
    :sid: '4711'
    :email: jane@x.edu
  - :name: 'Bob O''Neal'
    :sid: "47\\x312"
    :email:
  :created_at: 2026-10-01 18:00:05.123456000 Z
  :score: 3.0
  :results:
    output: |
      submission_666:
        :submitters:
        - :name: Mallory
    :created_at: 2020-01-01 00:00:00 Z
  :history:
  - :id: 99
    :created_at: 2019-01-01 00:00:00 Z
    :submitters:
    - :name: Eve
submission_102:
  :submitters:
  - :name: Cy
    :email: cy@x.edu
  :created_at: 2026-10-02 10:00:00 +0200
"""


def test_gradescopes_metadata_hold_authors_and_times() -> None:
    found = gradescope(METADATA.splitlines())

    assert {name: (one.identities(), one.time) for name, one in found.items()} == {
        "submission_101": (
            (
                Identity(name='Jané "JJ" Doe', id="4711", email="jane@x.edu"),
                Identity(name="Bob O'Neal", id="4712"),
            ),
            datetime(2026, 10, 1, 18, 0, 5, tzinfo=UTC),
        ),
        "submission_102": (
            (Identity(name="Cy", email="cy@x.edu"),),
            datetime(2026, 10, 2, 8, tzinfo=UTC),
        ),
    }


@pytest.mark.parametrize("text", ["", "---", "no: yaml", "submission_1", "  :submitters:\n  - :name: x"])
def test_metadata_of_nothing_say_nothing(text: str) -> None:
    assert [one.authors for one in gradescope(text.splitlines()).values()] in ([], [[]])


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-10-01 18:00:05.123456 Europe/Berlin", 16),
        ("2026-10-01 18:00:05 UTC", 18),
        ("2026-10-01T18:00:05+02:00", 16),
    ],
)
def test_nbgraders_timestamp_has_a_zone(text: str, hour: int) -> None:
    when = nbgrader_time(text)

    assert when is not None and when.astimezone(UTC) == datetime(2026, 10, 1, hour, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01 18:00", "2026-10-01 18:00:05 ../../etc"])
def test_a_timestamp_that_is_none_is_unknown(text: str) -> None:
    assert nbgrader_time(text) is None


def test_a_part_of_a_folder_has_no_file() -> None:
    assert Part("ana", Identity()).file == ""
