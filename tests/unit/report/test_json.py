"""`report.json` is the report and nothing else, the same for the same report."""

import json

import pytest
from samples import HOSTILE, poisoned, right_report, wrong_report

from grader.report.json import render
from grader.results.report import Report


@pytest.mark.parametrize("report", [right_report(), wrong_report()])
def test_what_is_written_can_be_read_again(report: Report) -> None:
    assert Report.model_validate_json(render(report)) == report


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(wrong_report()) == render(wrong_report())


def test_another_time_changes_the_timings_only() -> None:
    one = json.loads(render(wrong_report()))
    other = json.loads(render(wrong_report().model_copy(update={"timings": {"total": 99.0}})))

    assert [name for name in one if one[name] != other[name]] == ["timings"]


def test_it_is_one_text_with_a_line_end() -> None:
    assert render(right_report())[-2:] == "}\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_as_it_was(text: str) -> None:
    report = poisoned(wrong_report(), text)

    assert Report.model_validate_json(render(report)) == report


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_writes_no_line_of_its_own(text: str) -> None:
    harmless, hostile = (render(poisoned(wrong_report(), one)) for one in ("x", text))

    assert hostile.count("\n") == harmless.count("\n")


def test_what_is_not_finite_is_valid_json() -> None:
    written = render(wrong_report())

    assert json.loads(written, parse_constant=lambda name: pytest.fail(f"{name} is no JSON")) != {}


def test_the_schema_version_comes_first() -> None:
    assert next(iter(json.loads(render(right_report())))) == "schema_version"
