"""Rosters are read as spreadsheets and platforms write them, and bring people and folders together."""

from pathlib import Path

import pytest

from grader.course.identity import HandedIn, Identity
from grader.course.joining import Matched, join
from grader.course.roster import Person, Roster, read_roster
from grader.errors import UsageError

PLAIN = "id,name,email,folder,submitted\n1,Ana,a@x,ana,2026-10-02T12:00\n2,Bob,b@x,,\n"


def roster(folder: Path, text: str | bytes) -> Roster:
    (folder / "roster.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_roster(folder / "roster.csv")


def handed(*names: str) -> list[HandedIn]:
    return [HandedIn(Path("/class") / name, name) for name in names]


def joined(found: Roster, *names: str) -> dict[str, list[str]]:
    """Return the ids of the people of each folder that belongs to somebody."""
    matched = join(found.people, handed(*names))
    return {
        name: [p.id for p in people] for name, people in zip(names, matched.people, strict=True) if people
    }


# How they are written


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffid,name,email,folder\n1,Jané,a@x,Jane\n",
        "sep=;\nid;name;email;folder\r\n1;Jané;a@x;Jane\r\n",
        '"sep=,"\nid,name,email,folder\n1,Jané,a@x,Jane\n',
        "id\tname\temail\tfolder\n1\tJané\ta@x\tJane\n",
        "id|name|email|folder\n1|Jané|a@x|Jane\n",
        "\n  \n,,,\nid,name,email,folder\n\n1,Jané,a@x,Jane\n,,,\n\n",
        "id,name,email,folder,,\n1,Jané,a@x,Jane,,,\n",
        " ID , Name , E-mail , Folder \n1,  Jané ,a@x,Jane\n",
        "Matrikelnummer;Vorname;Nachname;E-Mail-Adresse;Ordner\n1;Jané;;a@x;Jane\n",
        "Numéro d’identification,Nom complet,Adresse de courriel,Dossier\n1,Jané,a@x,Jane\n",
        'id,name,email,folder\r1,Jané,a@x,Jane\r',
        "id,name,email,folder\n1,Jané,a@x,Jane\n".encode("utf-16"),
        b"\xfe\xff" + "id\tname\temail\tfolder\n1\tJané\ta@x\tJane\n".encode("utf-16-be"),
    ],
)  # fmt: skip
def test_a_roster_is_read_however_it_was_saved(tmp_path: Path, text: str | bytes) -> None:
    (person,) = roster(tmp_path, text).people

    assert (person.id, person.name, person.email, person.folder) == ("1", "Jané", "a@x", "Jane")


def test_a_name_on_two_lines_keeps_a_space_and_the_lines_are_counted(tmp_path: Path) -> None:
    people = roster(tmp_path, 'id,name,email,folder\n1,"Jane\nDoe",a@x,jane\n2,Bob,b@x,bob\n').people

    assert [(person.name, person.line) for person in people] == [("Jane Doe", 2), ("Bob", 4)]


def test_a_gradebook_of_canvas_is_a_roster(tmp_path: Path) -> None:
    found = roster(
        tmp_path,
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (77)\n"
        '    Points Possible,,,,,10\n"Doe, Jane",101,s1,jdoe,A,\n',
    )
    (person,) = found.people

    assert (person.id, person.name, person.ids, found.further) == (
        "101",
        "Doe, Jane",
        ("s1", "jdoe"),
        ("SIS User ID", "SIS Login ID", "Section", "HW 1 (77)"),
    )


def test_a_worksheet_of_moodle_is_a_roster(tmp_path: Path) -> None:
    found = roster(tmp_path, "Identifier,Full name,ID number,E-mail\nParticipant 7,Jane Doe,4711,j@x\n")
    (person,) = found.people

    assert (person.id, person.name, person.email) == ("4711", "Jane Doe", "j@x")


def test_a_line_without_an_id_column_is_known_by_its_mail(tmp_path: Path) -> None:
    (person,) = roster(tmp_path, "First name,Last name,E-mail\nJane,Doe,j@x\n").people

    assert (person.id, person.name) == ("j@x", "Jane Doe")


def test_further_columns_are_kept_in_their_order(tmp_path: Path) -> None:
    found = roster(tmp_path, "id,Programme,email,Tutor\n1,BSc,a@x,Kim\n")

    assert (found.further, dict(found.people[0].further)) == (
        ("Programme", "Tutor"),
        {"Programme": "BSc", "Tutor": "Kim"},
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,notes\n", "line 1: the first line lacks a column that says who is who"),
        ("", "It has none"),
        ("foldr,name\n", "Is 'foldr' meant to be 'folder'"),
        (PLAIN + "1,Ann,x,ann,\n", r"the id '1' is there twice: line 2 \(Ana\) and line 4 \(Ann\)"),
        (PLAIN + ",Ann,x,ann,\n", r"line 4: the id is missing \(Ann\)"),
        (PLAIN + "3,Ann,x,ann,,,7\n", r"line 4: there are more cells than columns \(Ann\)"),
        ("id,ID\n1,2\n", "line 1: the column 'ID' is there twice"),
        ('id,name\n1,"Ana\n2,Bob\n', "line 2: a quotation mark is opened here and never closed"),
        (b"id;name\n1;Jan\xe9\n", "line 2, is not UTF-8: .* 'é' in Windows-1252. Save .* UTF-8"),
        (b"PK\x03\x04...", "is an Excel or LibreOffice workbook; save the sheet as CSV"),
        ("id,name\n1,Ana\n".encode("utf-16-le"), "UTF-16 without a byte-order mark"),
        (b"\xff\xfe\x00", "begins as UTF-16 text and is none"),
    ],
)
def test_a_roster_with_a_slip_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(UsageError, match=f"roster.csv.*{said}"):
        roster(tmp_path, text)


# Whose folder it is


def test_a_roster_is_joined_by_folder(tmp_path: Path) -> None:
    matched = join(roster(tmp_path, PLAIN).people, handed("ana", "eve"))

    assert ([[p.id for p in people] for people in matched.people], [p.id for p in matched.missing]) == (
        [["1"], []],
        ["2"],
    )


ZOE = Person("1", "", "", "zo\u00e9", {})
OTHER_ZOE = Person("2", "", "", "zoe\u0301", {})


@pytest.mark.parametrize(
    ("people", "folders", "ids"),
    [
        ([ZOE], ["zoe\u0301"], [["1"]]),
        ([ZOE], ["zo\u00e9", "zoe\u0301"], [["1"], []]),
        ([ZOE, OTHER_ZOE], ["zo\u00e9", "zoe\u0301"], [["1"], ["2"]]),
        ([ZOE, OTHER_ZOE], ["zoe\u0301"], [["2"]]),
        ([Person("1", "", "", "M\\xfcller", {})], ["M\udcfcller"], [["1"]]),
    ],
)
def test_two_folders_never_share_an_id(
    people: list[Person], folders: list[str], ids: list[list[str]]
) -> None:
    assert [[p.id for p in found] for found in join(people, handed(*folders)).people] == ids


def test_two_given_folders_of_one_name_are_nobodys() -> None:
    twice = [HandedIn(Path("/a/ana"), "ana"), HandedIn(Path("/b/ana"), "ana")]

    assert join([Person("1", "", "", "ana", {})], twice).people == ((), ())


def test_case_alone_keeps_nobody_apart(tmp_path: Path) -> None:
    found = roster(tmp_path, "id,name,email,folder\n1,Jane,a@x,janedoe\n2,Bob,b@x,bob\n")

    assert joined(found, "JaneDoe", "bob") == {"JaneDoe": ["1"], "bob": ["2"]}


def test_who_fits_exactly_goes_before_who_differs_in_case(tmp_path: Path) -> None:
    found = roster(tmp_path, "id,folder\n1,janedoe\n2,JaneDoe\n")

    assert joined(found, "JaneDoe", "JANEDOE") == {"JaneDoe": ["2"], "JANEDOE": ["1"]}


@pytest.mark.parametrize(
    ("text", "folders", "said"),
    [
        ("id,name,folder\n1,Jane,janedoe\n", ("JaneDoe", "JANEDOE"), "JaneDoe and JANEDOE may both"),
        (
            "id,name,folder\n1,Jane,janedoe\n2,Jan,JaneDoe\n",
            ("JANEDOE",),
            r"JANEDOE may be of Jane \(1\) in line 2 and Jan \(2\) in line 3",
        ),
        ("id,name\n1,Jane Doe\n2,Doe Jane\n", ("jane_doe",), "may be of Jane Doe"),
    ],
)  # fmt: skip
def test_an_ambiguous_name_is_an_error_that_names_both(
    tmp_path: Path, text: str, folders: tuple[str, ...], said: str
) -> None:
    found = roster(tmp_path, text)

    with pytest.raises(UsageError, match=said):
        join(found.people, handed(*folders), str(found.path))


@pytest.mark.parametrize("folder", ["jd1", "JD1", "jane@x.edu", "jane", "Jane Doe", "doe_jane", "Doe, Jane"])
def test_without_a_folder_column_an_id_a_mail_or_a_name_is_enough(tmp_path: Path, folder: str) -> None:
    found = roster(tmp_path, "SIS Login ID,Name,Email\njd1,Jane Doe,jane@x.edu\nbl2,Bob Lee,bob@x.edu\n")

    assert joined(found, folder) == {folder: ["jd1"]}


def test_a_student_without_a_login_is_known_by_what_else_there_is(tmp_path: Path) -> None:
    people = roster(tmp_path, "identifier,github_username,name\njd,octocat,Jane\nbl,,Bob\n").people

    assert [person.id for person in people] == ["octocat", "bl"]


@pytest.mark.parametrize("folder", ["ana.zip", "Ana/", "ANA"])
def test_a_folder_is_known_as_an_archive_or_with_a_slash_too(tmp_path: Path, folder: str) -> None:
    assert joined(roster(tmp_path, f"id,folder\n1,{folder}\n"), "ana") == {"ana": ["1"]}


def test_a_member_of_a_group_of_moodle_is_known_by_name(tmp_path: Path) -> None:
    found = roster(tmp_path, "id,name\n1,Jane Doe\n2,Marie Lee\n")
    matched = join(found.people, [_named("Team 1-Jane Doe", "7"), _named("Anne-Marie Lee", "8")])

    assert [[p.id for p in people] for people in matched.people] == [["1"], []]


def _named(name: str, number: str) -> HandedIn:
    return HandedIn(Path(f"/class/{number}"), f"{name}_{number}", (Identity(name=name, number=number),))


def test_two_people_of_one_name_are_known_by_the_platforms_number(tmp_path: Path) -> None:
    found = roster(tmp_path, "ID,Student\n101,Jane Doe\n102,Jane Doe\n")
    matched = join(found.people, [_named("Jane Doe", "102"), _named("Jane Doe", "101")])

    assert [[p.id for p in people] for people in matched.people] == [["102"], ["101"]]


def test_a_blind_participant_is_known_by_the_worksheet(tmp_path: Path) -> None:
    found = roster(tmp_path, "Identifikator,Identifier,Name\n,Teilnehmer/in 7,Jane\n,Teilnehmer/in 8,Bob\n")

    assert [
        [p.name for p in people] for people in join(found.people, [_named("Participant", "8")]).people
    ] == [["Bob"]]


# Pairs and groups


def _ids(matched: Matched) -> list[list[str]]:
    return [sorted(p.id for p in people) for people in matched.people]


def test_people_with_one_folder_handed_in_together(tmp_path: Path) -> None:
    found = roster(tmp_path, "id,name,email,folder\n1,Ana,a@x,team1\n2,Bob,b@x,team1\n3,Cy,c@x,team2\n")

    assert _ids(join(found.people, handed("team1", "team2"))) == [["1", "2"], ["3"]]


def test_a_group_column_names_the_folder(tmp_path: Path) -> None:
    found = roster(tmp_path, "id,name,Group\n1,Ana,Team 1\n2,Bob,Team 1\n3,Cy,Team 2\n")

    assert _ids(join(found.people, handed("team 1", "Team 2"))) == [["1", "2"], ["3"]]


def test_one_hands_in_for_a_group(tmp_path: Path) -> None:
    matched = join(
        roster(tmp_path, "id,name,team\nana,Ana,1\nbob,Bob,1\ncy,Cy,\n").people, handed("ana", "cy")
    )

    assert (_ids(matched), matched.missing, matched.guessed) == ([["ana", "bob"], ["cy"]], (), (0,))


def test_two_members_with_a_submission_each_give_nothing_to_the_third(tmp_path: Path) -> None:
    matched = join(roster(tmp_path, "id,team\nana,1\nbob,1\ncy,1\n").people, handed("ana", "bob"))

    assert (_ids(matched), [p.id for p in matched.missing]) == ([["ana"], ["bob"]], ["cy"])


def test_a_large_group_is_a_tutorial_in_which_nobody_shares(tmp_path: Path) -> None:
    found = roster(tmp_path, "id,group\n" + "".join(f"s{n},A\n" for n in range(7)))

    assert _ids(join(found.people, handed("s0"))) == [["s0"]]


@pytest.mark.parametrize("folder", ["ana_bob", "Ana Ruiz & Bob Lee", "a1+b2", "team ana-bob", "bob and ana"])
def test_a_folder_with_two_names_is_of_both(tmp_path: Path, folder: str) -> None:
    found = roster(tmp_path, "id,name\na1,Ana Ruiz\nb2,Bob Lee\nc3,Cy Ono\n")

    assert joined(found, folder).get(folder) in (["a1", "b2"], ["b2", "a1"])


@pytest.mark.parametrize("folder", ["ana_eve", "ana_lee", "ana_ana", "team_1"])
def test_a_folder_with_a_name_of_nobody_is_no_pair(tmp_path: Path, folder: str) -> None:
    assert joined(roster(tmp_path, "id,name\na1,Ana Ruiz\nb2,Bob Lee\n"), folder) == {}
