"""What has no single right answer is shown without one; what is to be looked at only counts nowhere."""

from typing import Any

import pytest

from grader.course.rows import graded
from grader.report.drawing.charts import Chart, chart
from grader.report.html import submission_page
from grader.report.terminal import submission_summary
from grader.results.message import Message
from grader.results.report import (
    CheckResult,
    Evidence,
    Excerpt,
    Line,
    Picture,
    Provenance,
    RaisedException,
    Report,
    Shown,
    SourceLine,
    TaskResult,
    Verdict,
)

NORMS = Line(name="norm", expected=(1.0, 0.1), actual=(1.0, 0.2))
BOUND = Line(name="bound", expected=(1.0, 10.0), actual=None, beside=True)
OWN = Line(name="your cell", expected=None, actual=(3.0, 4.0))


def drawn(*lines: Line, **fields: Any) -> Chart:
    return chart(Picture(title="T", x="d", y="norm", lines=lines, **fields), "t")


def check(verdict: Verdict, points: float = 1, **fields: Any) -> CheckResult:
    title = "A check." if points else "A picture."
    return CheckResult(check="c", title=title, verdict=verdict, score=0, points=points, **fields)


PICTURE = check(Verdict.FAILED, 0, picture=Picture(title="T", x="d", y="norm", lines=(NORMS,)))


def report(*checks: CheckResult) -> Report:
    return Report(
        submission="anna",
        score=0,
        points=1,
        final=True,
        tasks=(TaskResult(task="t", title="T", score=0, points=1, checks=checks),),
        provenance=Provenance(
            assignment="A", assignment_digest="", submission_digest="", seed=1, sandbox="full", versions={}
        ),
        timings={},
    )


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ((NORMS,), ["norm, expected", "norm, yours"]),
        ((NORMS, BOUND), ["norm, expected", "norm, yours", "bound"]),
        ((BOUND, OWN), ["bound", "your cell"]),
        ((Line(name="norm", expected=None, actual=None), BOUND), ["bound"]),
    ],
)
def test_the_legend_says_what_is_expected_and_what_is_yours_where_there_are_both(
    lines: tuple[Line, ...], names: list[str]
) -> None:
    found = drawn(*lines)

    assert ([one.text for one in found.legend], list(found.table.columns)) == (names, names)


def test_words_stand_on_the_axis_where_the_author_wrote_them() -> None:
    found = drawn(OWN, ticks=("8", "16"), bars=True)

    assert ([one.text for one in found.x_ticks], [row.label for row in found.table.groups[0].rows]) == (
        ["8", "16"],
        ["8", "16"],
    )


def test_a_logarithmic_axis_has_powers_of_ten_and_the_one_among_them() -> None:
    found = drawn(Line(name="n", expected=(1e-10, 1e6), actual=None), log=True)

    assert [one.text for one in found.y_ticks] == ["10⁻⁸", "10⁻⁴", "1", "10⁴"]


def test_counts_are_written_whole() -> None:
    found = drawn(Line(name="n", expected=None, actual=(576.0, 33280.0)), bars=True)

    assert (
        [one.text for one in found.y_ticks],
        [row.cells[0].text for row in found.table.groups[0].rows],
    ) == (["0", "10000", "20000", "30000", "40000"], ["576", "33280"])


def test_a_picture_is_no_failure_on_the_page() -> None:
    page = submission_page.render(report(PICTURE))

    assert ("One check failed" in page, '<details class="check picture"' in page) == (False, True)


def test_a_picture_is_no_failure_in_a_terminal() -> None:
    assert "A picture." not in submission_summary.render(report(PICTURE, check(Verdict.FAILED)))


def test_a_class_does_not_count_pictures() -> None:
    assert [mark.result.title for mark in graded(report(PICTURE, check(Verdict.FAILED))).marks] == [
        "A check."
    ]


def test_of_a_broken_law_the_page_shows_what_was_seen_and_expects_nothing() -> None:
    seen = Evidence(case=0, seen=(Shown(name="share", kind="number", text="0.75"),))
    page = submission_page.render(
        report(check(Verdict.FAILED, message=Message.of("authors_words", text="Too many."), evidence=seen))
    )

    assert ("What was seen: share" in page, "Expected" in page, "What was right" in page) == (
        True,
        False,
        False,
    )


RAISED = Message.of("authors_words", text="It raised ValueError.")
AT_A_LINE = Message.of("layer_refused_at", text="No.", file="a.py", line=12)


def raising(file: str, message: Message = RAISED) -> CheckResult:
    excerpt = Excerpt(file=file, function="f", lines=(SourceLine(number=12, text="x", marked=True),))
    error = RaisedException(type="ValueError", message="", excerpts=(excerpt,))
    return check(Verdict.FAILED, message=message, evidence=Evidence(raised=error))


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (raising("lstm_cell.py"), "      It raised ValueError. (lstm_cell.py:12)"),
        (raising("\x1b[2J::x.py"), "      It raised ValueError. (�[2J::x.py:12)"),
        (raising("a.py", AT_A_LINE), "      No. It was called in a.py, line 12."),
    ],
)
def test_the_line_that_raised_is_told_once_and_moves_no_cursor(result: CheckResult, line: str) -> None:
    assert submission_summary.render(report(result), verbose=True).splitlines()[2] == line
