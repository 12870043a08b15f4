"""The parts of grading a class that need no sandbox."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grader.course import regrade
from grader.course.clusters import signature
from grader.course.identity import of_folder
from grader.course.regrade import compare_classes, read_class
from grader.course.students import in_class, students
from grader.course.submission_times import committed, newest_file
from grader.course.summary import Summary, correlation, upper_lower
from grader.errors import UsageError
from grader.report.csv import class_table, regrade_table
from grader.report.html import class_page, regrade_page
from grader.report.terminal import class_summary, regrade_summary
from grader.results.course import ClassResult, Graded, Mark, Row, TaskSum
from grader.results.message import Message
from grader.results.report import CheckResult, Comparison, Evidence, RaisedException, Shown, Verdict

PASSED, FAILED, SKIPPED = Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED


def failed(values: tuple[float, ...] = (1.0,), dtype: str = "float64", **fields: Any) -> CheckResult:
    shown = Shown(name="h", kind="tensor", text="", dtype=dtype, shape=(len(values),), values=values)
    comparison = Comparison(name="h", expected=None, actual=shown, agrees=False)
    evidence = Evidence(case=0, comparisons=(comparison,), failing_cases=(0, 2), cases=3)
    known: dict[str, Any] = {
        "check": "values",
        "title": "Values.",
        "verdict": FAILED,
        "score": 0,
        "points": 3,
        "evidence": evidence,
    }
    return CheckResult(**(known | fields))


def raising(message: str, kind: str = "ValueError") -> CheckResult:
    return failed(
        evidence=Evidence(case=0, raised=RaisedException(type=kind, message=message), failing_cases=(0,))
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (failed((0.1 + 0.2, 0.0)), failed((0.3, -0.0))),
        (failed((1e-17,)), failed((0.0,))),
        (failed((0.12345678,), "float32"), failed((0.12345671,), "float32")),
        (raising("no 'a' at 0x7f01"), raising("no 'b' at 0x7f99")),
        (raising("size 3 is not 4"), raising("size 5 is not 6")),
    ],
)
def test_the_same_behaviour_has_the_same_signature(one: CheckResult, other: CheckResult) -> None:
    assert signature("t", one) == signature("t", other)


@pytest.mark.parametrize(
    "other",
    [failed((2.0,)), failed((1.0, 1.0)), failed(dtype="float32"), failed(check="gradient"), raising("x")],
)
def test_another_behaviour_has_another_signature(other: CheckResult) -> None:
    assert signature("t", failed()) != signature("t", other)


def test_what_a_known_mistake_explains_needs_no_signature() -> None:
    assert signature("t", failed(mistake="gate order")) == ""


@pytest.mark.parametrize(
    ("passed", "rest", "expected"),
    [
        ([True, True, False, False], [2.0, 2.0, 1.0, 1.0], 1.0),
        ([False, False, True, True], [2.0, 2.0, 1.0, 1.0], -1.0),
        ([True, False, True, False], [2.0, 2.0, 1.0, 1.0], 0.0),
        ([True, True], [1.0, 2.0], None),
        ([True, False], [1.0, 1.0], None),
        ([], [], None),
    ],
)
def test_discrimination_is_a_correlation(
    passed: list[bool], rest: list[float], expected: float | None
) -> None:
    assert correlation(passed, rest) == expected


def test_the_best_and_the_weakest_are_27_percent_each() -> None:
    passed = [False] * 3 + [True] * 7

    assert upper_lower(passed, [float(score) for score in range(10)]) == 1.0


def mark(verdict: Verdict, check: str = "values", points: float = 3, **fields: Any) -> Mark:
    score = points if verdict is PASSED else 0
    ours = {name: fields.pop(name) for name in ("signature", "head") if name in fields}
    result = CheckResult(check=check, title=check, verdict=verdict, score=score, points=points, **fields)
    return Mark(task="t", result=result, **({"head": Message.of("same_failure")} | ours))


def graded(*marks: Mark) -> Graded:
    score = sum(one.result.score for one in marks)
    return Graded(
        score=score,
        points=5,
        final=True,
        submission_digest="",
        sandbox="full",
        tasks={"t": score},
        marks=marks,
    )


def a_class(**everybody: tuple[Mark, ...]) -> ClassResult:
    summing = Summary()
    rows = [summing.row(Row(folder=name, out=name), graded(*marks)) for name, marks in everybody.items()]
    return ClassResult(
        assignment="A",
        assignment_digest="d",
        seed=1,
        sandbox="full",
        versions={},
        points=5,
        tasks=(TaskSum(task="t", title="T", points=5),),
        students=tuple(rows),
        checks=summing.checks(rows, ["t"]),
        mistakes=summing.mistakes(rows),
        clusters=summing.clusters(rows),
    )


def test_gates_come_first_whoever_is_seen_first() -> None:
    gates = (mark(FAILED, "loads", 0), mark(SKIPPED), mark(SKIPPED, "gradient", 2))
    result = a_class(
        one=gates, two=(mark(PASSED, "loads", 0), mark(FAILED, "written_out", 0), mark(SKIPPED)), three=()
    )

    assert [count.check for count in result.checks] == ["loads", "written_out", "values", "gradient"]


def test_points_of_skipped_checks_are_told_apart_and_told_of_the_first_that_failed() -> None:
    held_up = (mark(FAILED, "loads", 0), mark(SKIPPED), mark(SKIPPED, "gradient", 2))
    wrong = (mark(PASSED, "loads", 0), mark(FAILED), mark(SKIPPED, "gradient", 2))
    result = a_class(one=held_up, two=wrong, three=(mark(FAILED), mark(PASSED, "gradient", 2)))

    assert {c.check: (c.lost, c.lost_skipped, c.behind) for c in result.checks} == {
        "loads": (0, 0, 5),
        "values": (9, 3, 2),
        "gradient": (4, 4, 0),
    }


def test_points_that_are_skipped_behind_a_mistake_are_told_of_it() -> None:
    wrong = (mark(FAILED, "shape", 0, mistake="m"), mark(FAILED, mistake="n"), mark(SKIPPED, "gradient", 2))
    result = a_class(one=wrong, two=wrong)

    assert {m.mistake: (m.lost, m.behind) for m in result.mistakes} == {"m": (0, 4), "n": (6, 0)}


def test_where_most_points_were_lost_is_where_they_can_be_won_back() -> None:
    held_up = (mark(FAILED, "loads", 0), mark(SKIPPED), mark(SKIPPED, "gradient", 2))
    lines = class_summary.render(a_class(one=held_up, two=(mark(FAILED),))).splitlines()
    first = lines.index("Most points were lost in:")

    assert lines[first + 1 : first + 3] == [
        "  t: loads (5 points, all of them in checks skipped because of it)",
        "  t: values (3 points)",
    ]


def test_a_group_that_shares_its_failures_in_two_checks_is_one_group() -> None:
    both = (mark(FAILED, signature="a"), mark(FAILED, "gradient", 2, signature="b"))
    result = a_class(one=both, two=both)

    assert [(c.checks, c.students) for c in result.clusters] == [(("values", "gradient"), ("one", "two"))]


def test_the_most_affected_student_comes_first() -> None:
    right, wrong = (mark(PASSED), mark(PASSED, "gradient", 2)), (mark(FAILED), mark(SKIPPED, "gradient", 2))
    half = (mark(PASSED), mark(FAILED, "gradient", 2))
    found = compare_classes(a_class(ana=right, bob=wrong, eve=right), a_class(ana=half, bob=right, eve=right))

    assert [(change.folder, change.change) for change in found.changes] == [("bob", 5), ("ana", -2)]


def test_a_change_names_the_check_that_caused_it() -> None:
    before, after = a_class(ana=(mark(PASSED),)), a_class(ana=(mark(FAILED, mistake="m"),))
    (cause,) = compare_classes(before, after).changes[0].causes

    assert regrade_summary.cause(cause) == "t, values: passed → failed (m), −3"


def test_a_check_that_counts_given_a_slip_changes_no_points_if_it_passes_later() -> None:
    given = mark(FAILED).model_copy(update={"counted": 3})
    (changed,) = compare_classes(a_class(ana=(given,)), a_class(ana=(mark(PASSED),))).changes

    assert [(cause.before, cause.after, cause.change) for cause in changed.causes] == [(FAILED, PASSED, 0)]


def test_who_is_in_one_grading_only_is_listed() -> None:
    found = compare_classes(a_class(ana=(mark(PASSED),)), a_class(bob=(mark(PASSED),)))

    assert (found.only_before, found.only_after, found.changes) == (("ana",), ("bob",), ())


@pytest.mark.parametrize("content", [None, "{}", "no json"])
def test_a_folder_that_holds_no_class_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "class.json").write_text(content)

    with pytest.raises(UsageError, match=r"class[.]json"):
        read_class(tmp_path)


HOSTILE = "=1+1<script>alert('\u202e\x1b[2J')</script>"


def hostile_pages() -> dict[str, str]:
    row = mark(FAILED, signature="s", message=Message.of("authors_words", text=HOSTILE))
    before, after = (
        a_class(**{HOSTILE: (row,), "b": (row,)}),
        a_class(**{HOSTILE: (mark(PASSED),), "b": (row,)}),
    )
    compared: regrade.Regrade = compare_classes(before, after)
    return {
        "class.html": class_page.render(before, {}),
        "compare.html": regrade_page.render(compared),
        "grades.csv": "".join(class_table.lines(before, {})),
        "compare.csv": "".join(regrade_table.lines(compared)),
        "terminal": regrade_summary.render(compared),
    }


@pytest.mark.parametrize("name", ["class.html", "compare.html", "grades.csv", "compare.csv", "terminal"])
def test_a_hostile_name_moves_no_cursor_and_runs_no_script(name: str) -> None:
    page = hostile_pages()[name]
    found = [text for text in ("<script>alert", "\u202e", "\x1b[2J") if text in page]

    assert [text for text in found if name.endswith(".html") or text != "<script>alert"] == []


@pytest.mark.parametrize("name", ["grades.csv", "compare.csv"])
def test_a_hostile_name_is_no_formula(name: str) -> None:
    assert ["'=1+1" in line for line in hostile_pages()[name].splitlines()[1:2]] == [True]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "＝1"])
def test_a_cell_that_would_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert class_table.cell(text)[0] == "'"


@pytest.mark.parametrize("name", ["class.html", "compare.html"])
def test_a_page_has_no_outside_address(name: str) -> None:
    page = hostile_pages()[name]

    assert ("default-src 'none'" in page, "http://" in page, "https://" in page) == (True, False, False)


def test_the_newest_file_counts_and_what_programs_left_does_not(tmp_path: Path) -> None:
    later = (".hidden", "__pycache__/new.pyc", "__MACOSX/new.py", ".ipynb_checkpoints/new.ipynb")
    for name, when in (("old.py", 1000), ("new.py", 2000), *((name, 3000) for name in later)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (when, when))

    assert newest_file(tmp_path) == datetime.fromtimestamp(2000, UTC)


@pytest.mark.parametrize("head", ["", "ref: refs/heads/../../../secret", "ref: refs/heads/none", "x" * 40])
def test_a_repository_that_cannot_be_read_has_no_time(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text(head)

    assert committed(tmp_path) is None


def test_a_name_too_long_for_a_file_system_is_cut(tmp_path: Path) -> None:
    (found,) = students([of_folder(tmp_path / ("é" * 120))], [()])

    assert len(os.fsencode(found.out)) < 200


@pytest.mark.parametrize(
    "name", ["..x", "-rf", "nul", "a/../b", "😀", "a\nb", "x ", b"\xff".decode("utf-8", "surrogateescape")]
)
def test_a_folder_for_a_report_has_a_harmless_name(tmp_path: Path, name: str) -> None:
    (found,) = students([of_folder(tmp_path / name.replace("/", "∕"))], [()])

    assert (
        found.out.isprintable(),
        found.out[0] in ".-",
        found.out.endswith((".", " ")),
        "/" in found.out,
    ) == (
        True,
        False,
        False,
        False,
    )


def test_the_folder_of_the_reports_is_no_student(tmp_path: Path) -> None:
    for name in ("ana", "out", ".git"):
        (tmp_path / name).mkdir()
    folders, left_out = in_class(tmp_path, tmp_path / "out")

    assert ([folder.name for folder in folders], left_out) == (["ana"], [])


def test_what_programs_left_in_the_folder_of_a_class_is_no_student(tmp_path: Path) -> None:
    for name in ("ana", "__MACOSX", "__pycache__", ".ipynb_checkpoints"):
        (tmp_path / name).mkdir()
    folders, left_out = in_class(tmp_path, tmp_path / "out")

    assert ([folder.name for folder in folders], left_out) == (["ana"], [])


def test_class_json_stays_small() -> None:
    many = a_class(**{f"s{number}": (mark(FAILED, signature="s"),) for number in range(100)})

    assert len(json.dumps(many.model_dump(mode="json", exclude_defaults=True))) < 100 * 400
