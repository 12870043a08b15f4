"""A policy applies as it is written, or an error says why not: never is a part of it ignored."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from grader.course.identity import HandedIn
from grader.course.lateness import (
    Policy,
    PolicyFile,
    check_sources,
    deadlines,
    lateness,
    read_policy,
    read_time,
)
from grader.course.roster import Person, Roster
from grader.course.students import Student
from grader.errors import UsageError
from grader.report.messages import text
from grader.results.report import Lateness

BERLIN = {"zone": "Europe/Berlin", "deadline": "2026-10-24T20:00:00"}


def policy(**fields: Any) -> Policy:
    known = {"deadline": "2026-10-01T12:00:00+02:00", "percent_per_day": 10, "time": "roster"}
    return Policy.model_validate(known | fields)


def student(*people: Person, name: str = "ana") -> Student:
    return Student(HandedIn(Path(f"/class/{name}"), name), name, name, people)


def late(rules: Policy, *times: str, later: str = "") -> Lateness | None:
    people = [Person(str(n), "Ana", "", "ana", {"Submitted": when}) for n, when in enumerate(times)]
    return lateness(rules, student(*people), datetime.fromisoformat(later) if later else None)


@pytest.mark.parametrize(
    ("rules", "when", "days", "percent"),
    [
        (policy(), "2026-10-01T12:01", 1, 10),
        (policy(), "2026-10-02T12:01", 2, 20),
        (policy(), "2026-10-01T10:01:00Z", 1, 10),
        (policy(), "2026-10-01 12:01:00 +0200", 1, 10),
        (policy(), "2026-10-01 10:01:00 UTC", 1, 10),
        (policy(most_percent=25), "2026-10-09T12:00", 8, 25),
        (policy(grace_minutes=15), "2026-10-01T12:16", 1, 10),
        (policy(), "", 0, 0),
    ],
)
def test_each_day_that_has_begun_costs(rules: Policy, when: str, days: int, percent: float) -> None:
    found = late(rules, when)

    assert found is not None and (found.days, found.percent) == (days, percent)


@pytest.mark.parametrize(
    ("rules", "when"),
    [(policy(), "2026-10-01T12:00"), (policy(grace_minutes=15), "2026-10-01T12:15")],
)
def test_who_is_in_time_loses_nothing(rules: Policy, when: str) -> None:
    assert late(rules, when) is None


@pytest.mark.parametrize(
    ("when", "days", "shown"),
    [
        ("2026-10-25T19:30+01:00", 1, "2026-10-25 19:30+01:00"),
        ("2026-10-25T19:30", 1, "2026-10-25 19:30+01:00"),
        ("2026-10-25T18:30:00Z", 1, "2026-10-25 19:30+01:00"),
        ("2026-10-25T20:01", 2, "2026-10-25 20:01+01:00"),
        ("2026-10-24T20:01", 1, "2026-10-24 20:01+02:00"),
    ],
)
def test_a_day_of_25_hours_is_one_day_in_its_zone(when: str, days: int, shown: str) -> None:
    assert late(policy(**BERLIN), when) == Lateness(when=shown, days=days, percent=10 * days)


@pytest.mark.parametrize(("when", "days"), [("2027-03-28T20:00", 1), ("2027-03-28T20:01", 2)])
def test_a_day_of_23_hours_is_a_day_too(when: str, days: int) -> None:
    found = late(policy(zone="Europe/Berlin", deadline="2027-03-27T20:00:00"), when)

    assert found is not None and found.days == days


def test_an_hour_that_comes_twice_is_late_the_second_time() -> None:
    rules = policy(zone="Europe/Berlin", deadline="2026-10-25T02:30:00+02:00")
    found = late(rules, "2026-10-25T02:10:00+01:00")

    assert found is not None and found.days == 1


def test_without_a_zone_the_days_are_those_of_the_deadlines_offset() -> None:
    rules = policy(deadline="2026-10-24T20:00:00+02:00")

    assert [late(rules, when) for when in ("2026-10-25T19:30+01:00", "2026-10-25T19:30")] == [
        Lateness(when="2026-10-25 19:30+01:00", days=2, percent=20),
        Lateness(when="2026-10-25 19:30+02:00", days=1, percent=10),
    ]


def test_of_a_group_the_last_time_counts() -> None:
    found = late(policy(), "", "2026-10-01T11:00", "2026-10-01T12:30")

    assert found is not None and found.days == 1


def test_the_platforms_time_counts_if_the_policy_says_so() -> None:
    handed = HandedIn(Path("/class/ana"), "ana", time=datetime(2026, 10, 2, 10, 1, tzinfo=UTC))
    found = lateness(policy(time="platform"), Student(handed, "ana", "ana"))

    assert found == Lateness(when="2026-10-02 12:01+02:00", days=2, percent=20)


# What is refused

AWARE = "deadline = 2026-10-01T12:00:00Z\npercent_per_day = 1\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("percent_per_day = 10", "deadline: Field required"),
        ("deadline = 2026-10-01T12:00:00\npercent_per_day = 10", "deadline: .*timezone"),
        ("deadline = 2026-10-01\npercent_per_day = 10", "deadline: 2026-10-01 is a day without a time"),
        ("deadline = 2026-10-01T12:00:00Z\npercent_per_day = 101", "percent_per_day: "),
        (AWARE + "days = 1", "days: "),
        (AWARE + "percent_per_days = 1", "percent_per_days: .* Is percent_per_day meant?"),
        (AWARE + 'zone = "Europe/Berln"', "zone: 'Europe/Berln' is no time zone .*is 'Europe/Berlin' meant?"),
        (AWARE + 'zone = "Berlin"', "is 'Europe/Berlin' meant?"),
        (AWARE + 'zone = "../../etc/passwd"', "write a name such as 'Europe/Berlin'"),
        (
            AWARE + "\n[extensions]\n4711 = 2026-09-01T12:00:00Z",
            "line 5: the extension of 4711, 2026-09-01 .* is earlier than the deadline, 2026-10-01",
        ),
        (AWARE + "[extensions]\nana.ruiz = 2026-11-01T12:00:00Z", "quotation marks around a key with a dot"),
        (AWARE + "[extensions]\nana = 2026-11-01", "2026-11-01 is a day without a time"),
        (AWARE + "[extensions]\nana = 2026-11-01T12:00:00", "ana: .* has no timezone"),
        ("deadline", ": Expected"),
    ],
)  # fmt: skip
def test_a_policy_with_a_slip_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "policy.toml").write_text(text)

    with pytest.raises(UsageError, match=f"policy.toml.*{said}"):
        read_policy(tmp_path / "policy.toml")


def test_a_zone_of_nowhere_is_refused_with_a_policy_of_any_source() -> None:
    with pytest.raises(ValidationError, match="no time zone"):
        policy(zone="Moon/Base")


def _roster(*people: Person) -> Roster:
    return Roster(Path("class.csv"), people)


JANE = Person("4711", "Jane", "a@x", "jane", {"id": "4711", "Submitted": "2026-10-03T10:00"}, line=2)
BOB = Person("4712", "Bob", "b@x", "bob", {"id": "4712", "Submitted": ""}, line=3)


@pytest.mark.parametrize(
    ("roster", "fields", "said"),
    [
        (None, {}, "policy.toml takes the times from the roster .* none was given: add --roster"),
        (_roster(JANE), {"column": "submited"}, "class.csv has no column 'submited'.* Is 'Submitted' meant?"),
        (
            _roster(JANE, Person("4713", "Cy", "", "", {"submitted": "tomorrow"}, line=4)),
            {},
            r"class.csv, line 4: Cy \(4713\): 'tomorrow' is no time",
        ),
        (
            _roster(Person("4713", "Cy", "", "", {"submitted": "2026-10-01"}, line=4)),
            {},
            "'2026-10-01' is a day without a time",
        ),
    ],
)
def test_times_that_the_roster_cannot_give_are_refused_before_grading(
    roster: Roster | None, fields: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        check_sources(PolicyFile(Path("policy.toml"), policy(**fields)), roster)


@pytest.mark.parametrize(("roster", "time"), [(_roster(JANE, BOB), "roster"), (None, "newest file")])
def test_times_that_can_be_known_are_accepted(roster: Roster | None, time: str) -> None:
    check_sources(PolicyFile(Path("policy.toml"), policy(time=time)), roster)


@pytest.mark.parametrize("text", ["01.10.2026 18:00", "10/1/2026", "noon", "2026-13-01T10:00"])
def test_a_time_that_can_be_read_in_two_ways_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time that can be read; write 2026-10-01T18:00:00"):
        read_time(text, policy())


# Extensions

LATER = "2026-10-08T12:00:00+02:00"


def extended(key: str, *students: Student, roster: Roster | None = None) -> tuple[dict[str, str], list[str]]:
    file = PolicyFile(Path("policy.toml"), policy(extensions={key: LATER}), {key: 9})
    found, said = deadlines(file, students, roster)
    return {path.name: when.isoformat() for path, when in found.items()}, [text(one) for one in said]


@pytest.mark.parametrize("key", ["4711", "a@x", "A@X", "Jane", "jane", "janes folder", "JANES FOLDER"])
def test_an_extension_is_for_an_id_a_mail_a_name_or_a_folder(key: str) -> None:
    found = extended(
        key, student(JANE, name="janes folder"), student(BOB, name="bob"), roster=_roster(JANE, BOB)
    )

    assert found == ({"janes folder": LATER}, [])


def test_an_extension_of_one_member_is_the_groups() -> None:
    assert extended("4712", student(JANE, BOB, name="team"), roster=_roster(JANE, BOB))[0] == {"team": LATER}


def test_an_extension_of_who_handed_in_nothing_is_no_mistake() -> None:
    assert extended("4712", student(JANE, name="jane"), roster=_roster(JANE, BOB)) == ({}, [])


@pytest.mark.parametrize(
    ("key", "meant"),
    [("4771", r"Is 4711 \(Jane\) meant?"), ("bobb", "Is Bob meant?"), ("nobody", "folder.$")],
)
def test_an_extension_for_an_unknown_person_is_an_error_with_the_nearest_id(key: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"policy.toml, line 9: extensions.{key}: no person has .*{meant}"):
        extended(key, student(JANE, name="jane"), roster=_roster(JANE, BOB))


def test_without_a_roster_an_extension_for_an_unknown_person_is_said() -> None:
    assert extended("jnae", student(name="jane")) == (
        {},
        [
            "policy.toml, line 9: extensions.jnae: no student with this folder or id handed anything in; "
            "is jane meant?"
        ],
    )


def test_an_extension_that_may_be_for_two_is_an_error_that_names_both() -> None:
    other = Person("4714", "Jane", "c@x", "jane2", {}, line=4)

    with pytest.raises(UsageError, match=r"Jane \(4711\) and Jane \(4714\) may be meant; write the id"):
        extended("Jane", student(JANE, name="j1"), student(other, name="j2"), roster=_roster(JANE, other))


def test_what_a_policy_says_can_be_compared_without_names() -> None:
    facts = policy(extensions={"Jane": LATER}).facts()

    assert (facts["percent_per_day"], facts["extensions"][:3], "Jane" in str(facts)) == ("10.0", "1 (", False)
