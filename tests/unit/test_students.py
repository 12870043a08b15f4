"""Each folder of a class gets a place of its own whatever it is called, and an alias where that is hidden."""

import os
import stat
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.identity import of_folder
from grader.course.roster import Person
from grader.course.students import SALT, Student, anonymous, in_class, students
from grader.errors import UsageError
from grader.submission.loader import printable


def of_folders(*folders: Path | str) -> list[Student]:
    return students([of_folder(Path(folder)) for folder in folders], [()] * len(folders))


def outs(*folders: Path | str) -> list[str]:
    return [student.out for student in of_folders(*folders)]


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir(parents=True)
    return folder


# Who is in a class


def test_folders_come_as_people_count_them(tmp_path: Path) -> None:
    folders, _ = in_class(made(tmp_path, "s10", "s9", "b2", "b10"), tmp_path / "out")

    assert [folder.name for folder in folders] == ["b2", "b10", "s9", "s10"]


def test_a_file_is_left_out_and_named(tmp_path: Path) -> None:
    (made(tmp_path, "ana") / "notes\x1b[2J.txt").write_text("")
    _, left_out = in_class(tmp_path, tmp_path / "out")

    assert left_out == ["notes\x1b[2J.txt"]


def test_a_link_to_a_folder_is_no_student(tmp_path: Path) -> None:
    made(tmp_path, "ana")
    (tmp_path / "link").symlink_to(tmp_path / "ana")
    folders, left_out = in_class(tmp_path, tmp_path / "out")

    assert ([folder.name for folder in folders], left_out) == (["ana"], ["link"])


@pytest.mark.parametrize("name", ["nothing", "file"])
def test_a_class_that_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=f"{name} cannot be read: "):
        in_class(tmp_path / name, tmp_path / "out")


# Where their reports go


def test_a_plain_name_stays_as_it_is() -> None:
    assert outs("ana", "Zoé Müller", "b.2+c@d_e-f", "日本語") == [
        "ana",
        "Zoé Müller",
        "b.2+c@d_e-f",
        "日本語",
    ]


@pytest.mark.parametrize("names", [("ana", "Ana"), ("zoe\u0301", "zo\u00e9"), ("ﬁn", "fin"), ("a/x", "b/x")])
def test_names_that_a_file_system_may_mix_up_get_places_of_their_own(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    places = [unicodedata.normalize("NFKC", out).casefold() for out in outs(*(tmp_path / n for n in names))]

    assert len(set(places)) == 2


@pytest.mark.parametrize(
    "name", ["class.html", "Class.JSON", "grades.csv", "con", "LPT1.txt", "+x", "@x", "-x", "..."]
)
def test_a_name_that_means_something_else_gets_another_place(name: str) -> None:
    (out,) = outs(Path("/class") / name)

    assert (out[0], out != name) == ("_", True)


def test_the_same_folder_gets_the_same_place_again() -> None:
    assert outs("/class/a:b") == outs("/class/a:b")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


names_of_files = (
    st.one_of(st.binary(min_size=1, max_size=40), st.text(min_size=1, max_size=40).map(_encoded))
    .filter(lambda name: name not in (b".", b"..") and not {*b"/\0"} & {*name})
    .map(os.fsdecode)
)


@given(st.lists(names_of_files, max_size=6, unique=True))
def test_any_names_get_places_that_are_apart_and_harmless(names: list[str]) -> None:
    found = [out.casefold() for out in outs(*(Path("/class") / name for name in names))]

    assert (
        len(set(found)),
        [out for out in found if "/" in out or out[0] in ".-" or not out.isprintable()],
    ) == (
        len(names),
        [],
    )


def test_a_name_that_looks_like_another_ones_place_takes_it_from_nobody() -> None:
    (place,) = outs("/class/a:b")
    second = outs("/class/a:b", f"/class/{place}")

    assert (
        second[0],
        len(set(second)),
        len(set(outs("/class/a:b", *(f"/class/{one}" for one in second)))),
    ) == (
        place,
        2,
        3,
    )


@pytest.mark.parametrize("other", ["zoe\u0301", f"zo\u00e9 ({'0' * 8})"])
def test_names_that_look_alike_are_told_apart_on_the_pages(other: str) -> None:
    found = of_folders("/class/zo\u00e9", Path("/class") / other)

    assert len({unicodedata.normalize("NFC", student.name) for student in found}) == 2


def test_a_folder_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ana was given twice"):
        of_folders(made(tmp_path, "ana") / "ana", tmp_path / "x" / ".." / "ana")


def test_two_folders_of_one_name_are_told_apart_on_the_pages() -> None:
    one, other = (student.name for student in of_folders("/a/x", "/b/x"))

    assert (one[:3], other[:3], one == other) == ("x (", "x (", False)


def test_a_student_keeps_the_people_that_were_found() -> None:
    ana = Person("1", "Ana", "a@x", "ana", {})
    found = students([of_folder(Path("/c/ana")), of_folder(Path("/c/bob"))], [(ana,), ()])

    assert [student.people for student in found] == [(ana,), ()]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("ana", "ana"), ("a\nb", "a\\nb"), ("\u202ex", "\\u202ex"), ("M\udcfcller", "M\\xfcller")],
)
def test_a_name_shows_what_cannot_be_printed(name: str, shown: str) -> None:
    assert printable(name) == shown


# Aliases


@pytest.fixture
def found() -> list[Student]:
    ana = Person("1", "Ana", "a@x", "ana", {})
    return students([of_folder(Path(f"/class/{name}")) for name in ("ana", "bob", "eve")], [(ana,), (), ()])


def aliases(found: list[Student], out: Path) -> dict[str, str]:
    return {student.folder.name: student.name for student in anonymous(found, out)}


def test_an_alias_says_nothing_of_the_name(found: list[Student], tmp_path: Path) -> None:
    hidden = anonymous(found, tmp_path)

    assert [
        (
            student.name == student.out,
            student.name[:8],
            len(student.name),
            student.folder.name in student.name,
        )
        for student in hidden
    ] == [(True, "student-", 16, False)] * 3


def test_the_order_says_nothing_of_the_name_either(found: list[Student], tmp_path: Path) -> None:
    names = [student.name for student in anonymous(found, tmp_path)]

    assert names == sorted(names)


def test_an_alias_stays_from_run_to_run(found: list[Student], tmp_path: Path) -> None:
    assert aliases(found, tmp_path) == aliases(found[::-1], tmp_path)


def test_another_secret_gives_other_aliases(found: list[Student], tmp_path: Path) -> None:
    one, other = (aliases(found, tmp_path / name) for name in "ab")

    assert {name for name in one if one[name] == other[name]} == set()


def test_only_the_teacher_may_read_the_secret(found: list[Student], tmp_path: Path) -> None:
    anonymous(found, tmp_path)

    assert stat.S_IMODE(os.stat(tmp_path / SALT).st_mode) == 0o600


def test_a_secret_that_cannot_be_written_is_said(found: list[Student], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match="cannot be written: "):
        anonymous(found, tmp_path / "file")
