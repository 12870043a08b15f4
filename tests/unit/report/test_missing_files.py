"""A task without a usable file: every output says what is known of the file, and nothing that is not true."""

import html
import json
from datetime import UTC, datetime

import click
import pytest
from samples import FAILED, SKIPPED, check, report, task

from grader.course.rows import graded
from grader.report import classroom50, github, gradescope, markdown
from grader.report.html import submission_page
from grader.report.messages import tasks_message, text
from grader.report.terminal import submission_summary
from grader.results.message import Message
from grader.results.report import Report

LINK = Message.of("sentence", text=Message.of("link_not_followed", path="lstm_cell.py"))
SIMILAR = Message.of("file_missing_similar", file="lstm_cell.py", similar="lstm_cel.py")
DEFINED = Message.of("file_missing_defined", file="lstm_cell.py", path="x.py", name="LSTMCell")
GONE = Message.of("file_missing", file="lstm_cell.py")


def lacking(why: Message) -> Report:
    gate = check(FAILED, "loads", 0, message=why)
    return report(task(gate, check(SKIPPED, points=3), handed_in=False))


def outputs(found: Report) -> dict[str, str]:
    (test,) = json.loads(gradescope.render(found))["tests"]
    now = datetime(2026, 11, 29, tzinfo=UTC)
    return {
        "page": submission_page.render(found).replace("<code>", "`").replace("</code>", "`"),
        "terminal": " ".join(click.unstyle(submission_summary.render(found)).split()),
        "gradescope": html.unescape(test["output"]) + " ".join(test["tags"]),
        "markdown": html.unescape(markdown.render(found)),
        "github": github.render(found, "", ".", "token"),
        "classroom50": classroom50.render(found, {}, now, now),
    }


@pytest.mark.parametrize("output", outputs(lacking(GONE)))
@pytest.mark.parametrize("why", [LINK, SIMILAR, DEFINED], ids=["a link", "a similar name", "elsewhere"])
def test_what_is_known_of_a_file_is_said(why: Message, output: str) -> None:
    assert text(why).replace("`", "") in outputs(lacking(why))[output].replace("`", "")


@pytest.mark.parametrize("output", outputs(lacking(GONE)))
def test_a_file_that_cannot_be_graded_was_handed_in(output: str) -> None:
    assert "not handed in" not in outputs(lacking(LINK))[output]


def test_what_was_handed_in_and_cannot_be_graded_is_not_counted_as_missing() -> None:
    found = [lacking(LINK), lacking(GONE)]
    assert [text(tasks_message(one, 0)) for one in found] == [
        "Complete: 0 of 1 task.",
        "Complete: 0 of 1 task. 1 task was not handed in.",
    ]
    assert [graded(one).not_handed_in for one in found] == [(), ("lstm_cell",)]


def test_a_file_that_is_just_not_there_is_one_line_in_the_terminal() -> None:
    lines = click.unstyle(submission_summary.render(lacking(GONE))).splitlines()
    assert lines[0].split() == ["-", "lstm_cell", "not", "handed", "in", "0/3"]
    assert "There is no" not in lines[1]
