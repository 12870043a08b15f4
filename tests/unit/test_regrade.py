"""What lies on the disk from an earlier run is read whole or not at all, and two gradings can be compared."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import a_class, wrong_report

from grader.course.grading import read_report
from grader.course.regrade import compare_classes, read_class
from grader.course.rows import graded
from grader.course.worker import write
from grader.errors import ForeignReport, UsageError
from grader.report.csv import regrade_table
from grader.report.html import regrade_page
from grader.report.messages import text
from grader.report.terminal import regrade_summary
from grader.results.course import ClassResult
from grader.results.regrade import Regrade
from grader.results.report import Report
from grader.signing import Signer

REPORT = wrong_report().model_dump(mode="json")
CLASS = a_class().model_dump(mode="json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose files are overwritten again and again."""
    made = tmp_path_factory.mktemp("earlier")
    (made / "report.html").write_text("")
    return made


SIGNER = Signer(b"a key")


def report(folder: Path, data: bytes) -> Report | None:
    """Return the report that was read from `data`, which we signed."""
    (folder / "report.json").write_bytes(data)
    (folder / "report.signature").write_text(SIGNER.sign((folder / "report.html").read_bytes(), data))
    return read_report(folder, SIGNER)


def result(folder: Path, data: bytes) -> ClassResult | None:
    """Return the class that was read, None where it was refused."""
    (folder / "class.json").write_bytes(data)
    try:
        return read_class(folder)
    except UsageError:
        return None


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, ...]]:
    """Return the path of every value within JSON."""
    found: list[tuple[Any, ...]] = [()]
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in items:
        found += [(key, *path) for path in places(inner)]
    return found


@st.composite
def damaged(draw: st.DrawFn, whole: Any) -> bytes:
    """JSON like `whole` with some values replaced, and now and then with damaged bytes."""
    changed = json.loads(json.dumps(whole))
    for path in draw(st.lists(st.sampled_from(places(whole)[1:]), min_size=1, max_size=3)):
        at = changed
        try:
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = draw(json_like)
        except (KeyError, IndexError, TypeError):  # it was replaced already
            continue
    data = bytearray(json.dumps(changed).encode())
    if draw(st.booleans()):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)


# A report


def test_a_whole_report_is_read(folder: Path) -> None:
    assert report(folder, json.dumps(REPORT).encode()) == wrong_report()


def test_where_no_report_was_finished_there_is_none(tmp_path: Path) -> None:
    write(wrong_report(), tmp_path, SIGNER)
    (tmp_path / "report.json").unlink()

    assert read_report(tmp_path, SIGNER) is None


def empty(path: Path) -> None:
    path.write_text("")


def one_letter_changed(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"e", b"f", 1))


def moved_behind_a_link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


@pytest.mark.parametrize("change", [Path.unlink, empty, one_letter_changed, moved_behind_a_link])
@pytest.mark.parametrize("name", ["report.html", "report.signature", "report.json"])
def test_a_report_that_was_changed_is_not_believed(
    tmp_path: Path, name: str, change: Callable[[Path], None]
) -> None:
    write(wrong_report(), tmp_path, SIGNER)
    change(tmp_path / name)
    try:
        found = read_report(tmp_path, SIGNER)
    except ForeignReport:
        found = None

    assert found is None


def test_a_report_that_somebody_else_signed_is_not_believed(tmp_path: Path) -> None:
    write(wrong_report(), tmp_path, Signer(b"another key"))

    with pytest.raises(ForeignReport):
        read_report(tmp_path, SIGNER)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"9" * 10_000, b"null"]
)
def test_what_is_no_report_is_none(folder: Path, data: bytes) -> None:
    assert report(folder, data) is None


@settings(deadline=None, max_examples=150)
@given(damaged(REPORT))
def test_a_damaged_report_is_none_or_can_be_summed_up(folder: Path, data: bytes) -> None:
    found = report(folder, data)

    assert found is None or graded(found).sandbox == found.provenance.sandbox


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_no_report(folder: Path, data: bytes) -> None:
    assert report(folder, data) is None


# A class


def test_a_whole_class_is_read(folder: Path) -> None:
    assert result(folder, json.dumps(CLASS).encode()) == a_class()


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b"\xff", b"null", b'{"schema_version": 2}'])
def test_what_is_no_class_is_refused_by_name(folder: Path, data: bytes) -> None:
    (folder / "class.json").write_bytes(data)

    with pytest.raises(UsageError, match=r"class[.]json is not what this version of grade writes"):
        read_class(folder)


def shown(compared: Regrade) -> list[str]:
    return [
        regrade_page.render(compared),
        regrade_summary.render(compared),
        "".join(regrade_table.lines(compared)),
    ]


@settings(deadline=None, max_examples=150)
@given(damaged(CLASS))
def test_a_damaged_class_is_refused_or_can_be_compared(folder: Path, data: bytes) -> None:
    found = result(folder, data)

    assert (
        found is None
        or len(shown(compare_classes(found, a_class())) + shown(compare_classes(a_class(), found))) == 6
    )


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_no_class(folder: Path, data: bytes) -> None:
    assert result(folder, data) is None


# What else differs


@pytest.mark.parametrize(
    ("fields", "difference"),
    [
        ({"assignment": "Another"}, "two assignments: Recurrent networks; Another"),
        ({"seed": 6}, "the seed: 5, then 6"),
        ({"points": 7.5}, "the points: 5, then 7.5"),
        ({"versions": {"torch": "2.14.0"}}, "the version of torch: 2.13.0, then 2.14.0"),
        ({"versions": {}}, "the version of torch: 2.13.0, then none"),
        ({"sandbox": "good"}, "the isolation: full, then good"),
        ({"policy": {"zone": "Europe/Berlin"}}, "the policy, zone: none, then Europe/Berlin"),
    ],
)
def test_what_else_differs_is_said(fields: dict[str, Any], difference: str) -> None:
    differences = compare_classes(a_class(), a_class(**fields)).differences

    assert [text(one) for one in differences] == [difference]


def test_two_alike_gradings_have_no_change() -> None:
    found = compare_classes(a_class(), a_class())

    assert (found.differences, found.changes, found.students, found.marks_change) == ((), (), 3, False)


def test_a_mark_that_changes_for_late_days_alone_is_a_change() -> None:
    ana, *others = a_class().students
    found = compare_classes(a_class(), a_class(students=(ana.model_copy(update={"mark": 2.0}), *others)))

    assert [(change.folder, change.change, change.causes) for change in found.changes] == [("ana", -0.25, ())]


def test_late_days_are_a_cause_in_every_format() -> None:
    ana, *others = a_class().students
    on_time = ana.model_copy(update={"mark": 2.5, "lateness": None})
    found = shown(compare_classes(a_class(), a_class(students=(on_time, *others))))

    assert ["late days: 1 day late, −10 % → in time" in one for one in found] == [True] * 3


def test_other_files_are_noticed() -> None:
    ana, *others = a_class().students
    changed = ana.model_copy(update={"mark": 2.0, "submission_digest": "other"})

    assert compare_classes(a_class(), a_class(students=(changed, *others))).changes[0].other_files is True


def test_a_check_that_is_new_was_absent_before() -> None:
    old = a_class(checks=a_class().checks[:1])
    (change,) = [one for one in compare_classes(old, a_class()).changes if one.folder == "bob"]

    assert [(cause.check, cause.before, cause.after, cause.change) for cause in change.causes] == [
        ("gradient", None, "passed", 2)
    ]
