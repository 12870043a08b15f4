"""What CI systems read: JUnit XML, GitHub's workflow commands and Markdown, whatever a stranger wrote."""

import re
from xml.etree import ElementTree

import junitparser
import pytest
from samples import (
    BROKEN,
    COMMANDS,
    FAILED,
    HOSTILE,
    PENDING,
    SKIPPED,
    UNSEEN,
    check,
    drawn,
    followed,
    poisoned,
    raising,
    report,
    right_report,
    task,
    wrong,
    wrong_report,
)

from grader.report import github, junit, markdown
from grader.report.terminal import submission_summary
from grader.results.report import Report

TOKEN = "0123456789abcdef"
ACTIVE = "a | b\n- c\n1. d\n# e @torvalds #1 <b>x</b> [l](http://x) `"
TEXTS = [*HOSTILE, UNSEEN, COMMANDS, ACTIVE, "]]>"]


def commands(found: Report, folder: str = "homework") -> list[str]:
    """Return the lines after the summary."""
    printed = github.render(found, "the summary", folder, TOKEN).splitlines()
    return printed[printed.index(f"::{TOKEN}::") + 1 :]


# JUnit


def test_a_second_library_reads_each_check_as_a_case_of_its_task() -> None:
    others = check(FAILED, "a"), check(SKIPPED, "b"), check(BROKEN, "c"), check(PENDING, "d")
    (suite,) = junitparser.JUnitXml.fromstring(junit.render(report(task(check(), *others))).encode())

    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("lstm_cell", 5, 1, 1, 2)
    assert [(case.classname, case.is_passed, case.is_failure) for case in suite][:2] == [
        ("lstm_cell", True, False),
        ("lstm_cell", False, True),
    ]


def test_no_two_cases_have_the_same_names() -> None:
    cases = ElementTree.fromstring(junit.render(wrong_report())).iter("testcase")
    names = [(case.get("classname"), case.get("name")) for case in cases]

    assert len(names) == len(set(names))


def test_points_are_properties_and_the_page_is_an_attachment() -> None:
    xml = ElementTree.fromstring(junit.render(report(task(check(FAILED, points=1.5))), "report/report.html"))
    properties = {one.get("name"): one.get("value") for one in xml.iterfind(".//testcase//property")}

    assert properties == {"score": "0", "points": "1.5"}
    assert xml.findtext(".//system-out") == "[[ATTACHMENT|report/report.html]]"


def test_a_check_that_counts_given_a_slip_has_its_points_in_its_case_too() -> None:
    xml = ElementTree.fromstring(junit.render(report(followed())))
    scores = [one.get("value") for one in xml.iterfind(".//testcase//property") if one.get("name") == "score"]

    assert scores == ["2", "2", "3", "0"]  # and 1 off for the slip makes the 6 of the suite


def test_a_failure_says_what_is_wrong_and_where() -> None:
    xml = ElementTree.fromstring(junit.render(report(task(raising(), wrong()))))
    first, second = xml.iter("testcase")

    assert (first.get("file"), first.get("line")) == ("lstm_cell.py", "1")
    assert (second.findtext("failure") or "").splitlines() == [
        "`h` is wrong.",
        "This looks like: gate order.",
        "Look at the gates.",
    ]


def test_a_picture_is_no_case() -> None:
    assert junit.render(report(task(check(), drawn()))).count("<testcase") == 1


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_of_a_stranger_breaks_the_xml(text: str) -> None:
    clean = ElementTree.fromstring(junit.render(wrong_report()))
    hostile = ElementTree.fromstring(junit.render(poisoned(wrong_report(), text)))

    assert [one.tag for one in hostile.iter()] == [one.tag for one in clean.iter()]


# GitHub


def test_each_cause_is_an_annotation_at_the_students_line() -> None:
    (error, _) = commands(report(task(raising())))

    assert error == (
        "::error title=lstm_cell%3A The raising is right.,file=homework/lstm_cell.py,line=1::It stopped."
    )


def test_a_submission_at_the_top_of_the_repository_has_no_folder() -> None:
    assert ",file=lstm_cell.py," in commands(report(task(raising())), ".")[0]


def test_a_task_that_is_missing_is_a_warning_and_the_mark_a_notice() -> None:
    missing = task(check(FAILED, "loads", 3), name="gru_cell", title="A GRU cell", handed_in=False)

    assert commands(report(missing, final=True)) == [
        "::warning title=A GRU cell::gru_cell.py was not handed in.",
        "::notice title=Mark::0 of 3 points",
    ]


def test_there_are_no_more_annotations_than_github_shows() -> None:
    many = report(task(*(check(FAILED, f"c{n}") for n in range(30))))

    assert sum(line.startswith("::error") for line in commands(many)) == github.MOST


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_of_a_stranger_becomes_a_command(text: str) -> None:
    found = poisoned(wrong_report(), text)
    summary = submission_summary.render(found, verbose=True)
    printed = github.render(found, summary, "homework", TOKEN).splitlines()
    begin, end = printed.index(f"::stop-commands::{TOKEN}"), printed.index(f"::{TOKEN}::")
    after = [line.partition(" ")[0] for line in printed[end + 1 :]]

    assert (begin, end > 5) == (0, True)
    assert set(after) <= {"::error", "::warning", "::warning::Some", "::notice"}
    assert after[-1] == "::notice"


# Markdown


def test_the_mark_comes_first_and_each_task_is_a_row() -> None:
    missing = task(check(FAILED, "loads", 3), name="gru_cell", title="A GRU cell", handed_in=False)
    lines = markdown.render(report(task(check()), task(wrong(), name="rnn"), missing)).splitlines()

    assert (lines[0], [line for line in lines if line.startswith("| ")][1:]) == (
        "## 2 of 7 points",
        [
            "| --- | --- | ---: |",
            "| ✅ | `lstm_cell` An LSTM cell | 2 / 2 |",
            "| ❌ | `rnn` An LSTM cell | 0 / 2 |",
            "| – | `gru_cell` A GRU cell | not handed in |",
        ],
    )


def test_what_to_do_says_the_mistake_and_its_hint() -> None:
    text = markdown.render(report(followed()))

    assert "   This looks like&#58; The gates are in another order.\n" in text
    assert "   `h` is wrong.\n" in text
    assert "   Look at the gates.\n" in text


def test_a_right_submission_has_nothing_to_do() -> None:
    assert "What to do first" not in markdown.render(right_report())


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_of_a_stranger_is_obeyed(text: str) -> None:
    shown = markdown.render(poisoned(wrong_report(), text))
    outside = re.sub(r"`[^`\n]*`", "", shown)
    # What is left is ours: headings, the table, bold titles, numbers of a list, references to characters.
    ours = re.sub(r"^(## |### |\| .*\|$|\d+\. \*\*|   )|&#\d+;", "", outside, flags=re.MULTILINE)

    assert re.findall(r"[<>@\[\]\\]|://|\bwww\.", ours) == []
    assert [line for line in ours.splitlines() if re.match(r"[-+#>=]|\d+[.)]", line)] == []


def test_a_summary_of_endless_texts_fits_a_job_summary() -> None:
    assert len(markdown.render(poisoned(wrong_report(), "x" * 1_000_000)).encode()) < 1 << 20
