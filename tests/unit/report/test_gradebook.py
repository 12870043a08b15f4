"""A sheet that a platform exported gets the marks of a class, and keeps every other byte."""

import difflib

import pytest
from samples import a_class

from grader.errors import UsageError
from grader.report.gradebook import filled
from grader.report.terminal import gradebook_summary
from grader.results.course import ClassResult, Member, Row
from grader.results.message import Message

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (77),Recurrent networks (1234),Final Score\r\n"
    "    Points Possible,,,,,10,5,(read only)\r\n"
    '"Adler, Ana",101,1,ana@x,"Section ""A""",9,,88\r\n'
    '"Bauer, Bob",102,s2,bob,A,,3.00,90\r\n'
    '"Cruz, Cem",103,s3,cem,A,,EX,\r\n'
    '"Diaz, Dan",104,s4,dan,A,,,\r\n'
)
MOODLE = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum grade,Feedback comments\n"
    "Participant 901,Ana Adler,a@x,Submitted,,5.00,\n"
    'Participant 902,"Bob ""B"" Bauer",b@x,Submitted,1.00,5.00,Keep this\n'
)


def row(folder: str, **fields: object) -> Row:
    return Row.model_validate({"folder": folder, "out": folder, "score": 4, "points": 5, "mark": 4} | fields)


def of(*rows: Row) -> ClassResult:
    return a_class(students=rows)


ANA = row("ana", id="1", name="Ana Adler", email="a@x", mark=2.25)
BOB = row("bob", name="Bob Bauer", email="b@x")
CEM = row("c", id="s3", name="Cem Cruz")


def changed(before: str, after: bytes) -> list[str]:
    """Return the characters that differ, old and new."""
    text = after.decode()
    parts = difflib.SequenceMatcher(None, before, text, autojunk=False).get_opcodes()
    return [f"{before[a:b]}→{text[c:d]}" for kind, a, b, c, d in parts if kind != "equal"]


def test_only_the_cells_of_the_marks_change() -> None:
    found = filled(of(ANA, BOB, CEM), CANVAS.encode(), "canvas")

    assert (found.column, changed(CANVAS, found.data)) == ("Recurrent networks (1234)", ["→2.25", "3.00→4"])
    assert [(one.person, one.before, one.after) for one in found.changes] == [
        ("Adler, Ana", "", "2.25"),
        ("Bauer, Bob", "3.00", "4"),
    ]


def test_who_is_excused_stays_so_and_the_others_are_listed() -> None:
    found = filled(of(ANA, CEM, row("eve", name="Eve Ende")), CANVAS.encode(), "canvas")

    assert (found.excused, found.without_mark, found.unmatched) == (
        ("Cruz, Cem",),
        ("Bauer, Bob", "Diaz, Dan"),
        ("Eve Ende",),
    )


def test_a_mark_that_is_not_final_is_not_written() -> None:
    found = filled(of(BOB.model_copy(update={"final": False})), CANVAS.encode(), "canvas")

    assert (found.changes, found.data.decode()) == ((), CANVAS)


def test_a_name_of_two_people_matches_no_one() -> None:
    twins = row("bob1", name="Bob Bauer", mark=1), row("bob2", name="Bob Bauer", mark=2)

    assert filled(of(*twins), CANVAS.encode(), "canvas").changes == ()


def test_each_person_of_a_pair_gets_the_mark() -> None:
    pair = ANA.model_copy(update={"others": (Member(id="s4", name="Dan Diaz", email=""),)})
    found = filled(of(pair), CANVAS.encode(), "canvas")

    assert [one.person for one in found.changes] == ["Adler, Ana", "Diaz, Dan"]


def test_moodle_matches_by_its_number_and_gets_a_grade_and_a_comment() -> None:
    found = filled(
        of(row("Anna Adler_901", id="901", name="Anna Adler", mark=2.5), BOB), MOODLE.encode(), "moodle"
    )

    assert (found.column, changed(MOODLE, found.data)) == ("Grade", ["→2.5", "→2.5 of 5 points", "1.00→4"])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_encoding_of_the_sheet_stays(encoding: str) -> None:
    text = CANVAS.replace("Bauer", "Bäuer")
    found = filled(of(ANA), text.encode(encoding), "canvas")

    assert found.data.decode(encoding) == text.replace('A""",9,,', 'A""",9,2.25,')
    assert found.data[:2] == text.encode(encoding)[:2]


def test_a_sheet_in_a_western_code_page_stays_in_it() -> None:
    sheet = CANVAS.replace("Bauer", "Bäuer").encode("cp1252")

    assert filled(of(ANA), sheet, "canvas").data.decode("cp1252").count("Bäuer") == 1


@pytest.mark.parametrize(
    ("sheet", "platform", "column", "said"),
    [
        ("", "canvas", "", "The sheet is empty."),
        (
            CANVAS.replace("Recurrent networks", "Other"),
            "canvas",
            "",
            "no column called 'Recurrent networks'",
        ),
        (CANVAS, "canvas", "Homework 9", "it has: Homework 1 (77), Recurrent networks (1234)"),
        (CANVAS, "moodle", "", "no column of grades"),
        ('Student,ID\n"Ana', "canvas", "ID", "ends within a quoted cell"),
    ],
)
def test_a_sheet_that_is_not_understood_is_refused(sheet: str, platform: str, column: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        filled(of(ANA), sheet.encode(), platform, column)

    assert said in str(raised.value)


@pytest.mark.parametrize("name", ["Homework 1", "Homework 1 (77)"])
def test_a_column_is_named_with_or_without_its_number(name: str) -> None:
    assert filled(of(ANA), CANVAS.encode(), "canvas", name).column == "Homework 1 (77)"


def test_the_terminal_says_what_changes_and_moves_no_cursor() -> None:
    sheet = CANVAS.replace("Bauer, Bob", "\x1b[2JBob ##vso[task.complete]")
    printed = gradebook_summary.render(filled(of(ANA, row("b", id="s2")), sheet.encode(), "canvas"))

    assert "Adler, Ana" in printed and "empty → 2.25" in printed
    assert [c for c in printed if not c.isprintable() and c != "\n"] == []


def test_moodle_gets_each_page_in_the_folder_of_its_participant() -> None:
    ana = row("ana", id="1", name="Ana_/../Adler", email="a@x")
    found = filled(of(ana, BOB), MOODLE.encode(), "moodle")

    assert [(one.folder, one.out) for one in found.feedback] == [
        ("Ana Adler_901_assignfeedback_file_", "ana"),
        ("Bob Bauer_902_assignfeedback_file_", "bob"),
    ]


def test_who_has_no_report_gets_no_page() -> None:
    assert filled(of(row("ana", id="1", email="a@x", out="")), MOODLE.encode(), "moodle").feedback == ()


NUMBERED = (
    "Identifier,Full name,Email address,Grade,Feedback comments\n"
    "Participant 2,Ana Adler,a@x,,\n"
    "Participant 1,Bob Bauer,b@x,,\n"
)


def marks(sheet: str, platform: str, *rows: Row) -> dict[str, str]:
    return {one.person: one.after for one in filled(of(*rows), sheet.encode(), platform).changes}


def test_a_number_of_the_roster_is_no_number_of_moodle() -> None:
    ana = row("ana", id="a@x", name="Ana Adler", email="a@x", further={"Nr": "1"}, mark=5)
    bob = row("bob", id="b@x", name="Bob Bauer", email="b@x", further={"Nr": "2"}, mark=1)
    found = filled(of(ana, bob), NUMBERED.encode(), "moodle")

    assert [(one.person, one.after) for one in found.changes] == [("Ana Adler", "5"), ("Bob Bauer", "1")]
    assert [one.folder for one in found.feedback] == [
        "Ana Adler_2_assignfeedback_file_",
        "Bob Bauer_1_assignfeedback_file_",
    ]


def test_an_id_of_the_roster_is_no_number_of_a_platform() -> None:
    ana, bob = row("ana", id="1", name="Ana Adler", mark=5), row("bob", id="2", name="Bob Bauer", mark=1)
    canvas = 'Student,ID,Recurrent networks (1)\n"Adler, Ana",2,\n"Bauer, Bob",1,\n'

    assert marks(NUMBERED, "moodle", ana, bob) == {"Ana Adler": "5", "Bob Bauer": "1"}
    assert marks(canvas, "canvas", ana, bob) == {"Adler, Ana": "5", "Bauer, Bob": "1"}


def test_a_line_that_means_two_people_of_the_class_gets_no_mark_and_is_listed() -> None:
    ana, bob = row("ana", name="Ana Adler", email="b@x"), row("bob", name="Bob Bauer", email="bob@x")
    found = filled(of(ana, bob), NUMBERED.encode(), "moodle")

    assert (found.unclear, found.unmatched) == (("Ana Adler", "Bob Bauer"), ("Ana Adler", "Bob Bauer"))
    assert found.changes == found.feedback == ()
    assert "it is not clear who of the class that is: Ana Adler, Bob Bauer" in gradebook_summary.render(found)


def test_two_lines_that_mean_one_person_get_no_mark_unless_one_of_them_has_the_id() -> None:
    sheet = NUMBERED.replace("Ana Adler", "Bob Bauer")
    found = filled(of(row("x", name="Bob Bauer")), sheet.encode(), "moodle")

    assert (found.unclear, found.changes) == (("Bob Bauer", "Bob Bauer"), ())
    found = filled(of(row("x", name="Bob Bauer", email="b@x", mark=3)), sheet.encode(), "moodle")
    assert (len(found.changes), found.unclear) == (1, ("Bob Bauer",))
    assert found.data.decode().endswith("Participant 1,Bob Bauer,b@x,3,3 of 5 points\n")


def test_no_student_gets_the_mark_of_one_whose_tutor_has_that_name() -> None:
    ana = row("ana", name="Ana Ende", email="ana@y", further={"Tutor": "Bob Bauer"})

    assert marks(NUMBERED, "moodle", ana) == {}


def test_the_number_of_moodle_counts_if_the_roster_is_its_worksheet() -> None:
    ana = row("ana", id="4711", name="A. Adler", further={"Identifier": "Participant 2"}, mark=3)

    assert marks(NUMBERED, "moodle", ana) == {"Ana Adler": "3"}


@pytest.mark.parametrize(
    "person",
    [
        row("adlerana_101", id="101", name="adlerana"),
        row("adlerana_101 (0a1b2c3d)", id="7", name="Ana Adler", email="ana@y"),
        row("a", id="101", name="Ana", further={"SIS User ID": "x", "SIS Login ID": "y"}),
    ],
    ids=["a download", "a download with a roster", "the gradebook as roster"],
)
def test_the_number_of_canvas_counts_if_canvas_gave_it(person: Row) -> None:
    assert marks(CANVAS, "canvas", person) == {"Adler, Ana": "4"}


def test_a_comment_that_was_written_for_an_earlier_mark_is_replaced() -> None:
    sheet = MOODLE.replace("Keep this", "2 of 5 points")

    assert filled(of(BOB), sheet.encode(), "moodle").data.decode() == sheet.replace(
        "1.00,5.00,2 of 5", "4,5.00,4 of 5"
    )


def test_a_name_in_decomposed_letters_is_the_same_name() -> None:
    sheet = NUMBERED.replace("Ana Adler", "Zoe\u0308 Adler")

    assert len(marks(sheet, "moodle", row("z", name="Zo\u00eb Adler"))) == 1


def test_a_submission_that_could_not_be_read_has_no_mark() -> None:
    unread = row("ana", name="Ana Adler", mark=0, out="", problem=Message.of("not_read", text="x"))
    found = filled(of(unread), NUMBERED.encode(), "moodle")

    assert (found.changes, found.without_mark) == ((), ("Ana Adler", "Bob Bauer"))
