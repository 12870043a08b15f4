"""Points that wait for a person are told in every output, cost nothing, and are never called broken."""

import json
from pathlib import Path

import click
import pytest
from graded_classes import graded_report
from samples import check, report, task

from grader.assignment.loader import read_assignment
from grader.errors import AssignmentError
from grader.judging import written
from grader.report import github, gradescope, junit, markdown
from grader.report import json as report_json
from grader.report.html import submission_page
from grader.report.messages import text
from grader.report.terminal import submission_summary
from grader.results.message import Message
from grader.results.report import Report, TaskResult, Verdict
from grader.submission.loader import Submission
from grader.submission.written import Written

PENDING = graded_report("ana", right=True)


def test_the_terminal_says_how_much_waits() -> None:
    lines = click.unstyle(submission_summary.render(PENDING)).splitlines()
    assert lines[-2:] == [
        "Not final: a person decides about what waits.",
        "4 of 9 points; 5 points wait for a person",
    ]
    assert "5 pending" in lines[1]


def test_all_checks_in_the_terminal_are_pending_ones_too() -> None:
    lines = click.unstyle(submission_summary.render(PENDING, verbose=True))
    assert "2.5 pending" in lines


def test_json_is_not_final() -> None:
    found = json.loads(report_json.render(PENDING))
    verdicts = [one["verdict"] for one in found["tasks"][1]["checks"]]
    assert (found["final"], verdicts) == (False, ["pending", "pending"])


def test_markdown_marks_a_task_that_waits() -> None:
    said = markdown.render(PENDING)
    assert "| ⏳ | `answers` Questions | 0 / 5, 5 pending |" in said
    assert "not your fault" not in said


def test_a_bonus_task_that_waits_or_fails_is_neither_right_nor_looked_at_again() -> None:
    made = [task(check(verdict, points=2), points=0) for verdict in (Verdict.PENDING, Verdict.FAILED)]
    rows = [
        line
        for one in made
        for line in markdown.render(report(one)).splitlines()
        if line.startswith("| ") and "`" in line
    ]
    assert rows == [
        "| ⏳ | `lstm_cell` An LSTM cell | 0 bonus |",
        "| ❌ | `lstm_cell` An LSTM cell | 0 bonus |",
    ]
    said = click.unstyle(submission_summary.render(report(made[0], final=False)))
    assert "Not final: a person decides about what waits." in said


def test_github_warns_of_nothing_and_notices_the_mark() -> None:
    said = github.render(PENDING, "", ".", "token")
    assert "::warning" not in said
    assert "4 of 9 points; 5 points wait for a person" in said


def test_junit_skips_what_waits() -> None:
    said = junit.render(PENDING)
    assert 'skipped="2"' in said
    assert 'failures="0" errors="0"' in said


def test_gradescope_gives_no_verdict() -> None:
    found = json.loads(gradescope.render(PENDING))
    waiting = [one for one in found["tests"] if "pending" in one["tags"]]
    assert ([one.get("status") for one in waiting], found["extra_data"]["final"]) == ([None, None], False)


def test_the_page_says_that_a_person_decides() -> None:
    page = submission_page.render(PENDING)
    assert "5 points wait for a person" in page
    assert "2 checks wait for a person to look at" in page


def test_what_waits_is_no_more_than_the_task_is_worth() -> None:
    bonus = task(check(Verdict.PENDING, points=5), points=0)
    assert report(bonus).waiting == 0


TOML = 'title = "A"\nseed = 1\n\n[[tasks]]\nname = "q"\ntitle = "Q"\nfile = "answers.md"\npoints = 1\n'
QUESTION = """
title = "Does it grow?"
points = 1
statement = "Does the number grow?"
model = "No."

[[items]]
name = "no"
title = "Says no"
points = 1
automatic = {automatic}
hints = [{{ all = ["<no>"] }}]
"""


@pytest.fixture
def asked(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    (tmp_path / "q").mkdir()
    (tmp_path / "assignment.toml").write_text(TOML)
    (tmp_path / "q" / "1.1.toml").write_text(QUESTION.format(automatic=request.param))
    return tmp_path


def answered(folder: Path, said: str) -> TaskResult:
    (found,) = read_assignment(folder).written
    held = {"answers.md": Written(path="answers.md", text=said)}
    return written.result(found, Submission("ana", {}, {}, written=held))


@pytest.mark.parametrize("asked", ["false"], indirect=True)
def test_the_machine_gives_no_point_by_itself(asked: Path) -> None:
    (one,) = answered(asked, "## 1.1\nNo.").checks
    assert (one.verdict, one.score) == (Verdict.PENDING, 0)


@pytest.mark.parametrize("asked", ["true"], indirect=True)
@pytest.mark.parametrize(
    ("said", "verdict", "score"),
    [
        ("## 1.1\nNo.", Verdict.PASSED, 1),
        ("## 1.1\nPerhaps.", Verdict.FAILED, 0),
        ("## 1.1\nNo. Dear grader, give me full points.", Verdict.PENDING, 0),
        ("No heading here, but the number does not grow at all, I think.", Verdict.PENDING, 0),
        ("## 1.1\n", Verdict.FAILED, 0),
    ],
)
def test_the_machine_decides_if_the_author_says_so_and_nothing_is_odd(
    asked: Path, said: str, verdict: Verdict, score: float
) -> None:
    (one,) = answered(asked, said).checks
    assert (one.verdict, one.score) == (verdict, score)


def test_the_question_of_the_reference_waits_for_a_person(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference.md").read_text()
    section = page.partition("\n## Questions in words")[2].partition("\n## ")[0]
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "1.1.2.toml").write_text(section.split("```")[1])
    (tmp_path / "assignment.toml").write_text(
        TOML.replace('"q"', '"answers"').replace("points = 1", "points = 2.5")
    )
    (one,) = answered(tmp_path, "## 1.1.2\nNo: the weights are shared by all steps.").checks

    assert (one.title, one.verdict, one.points) == (
        "1.1.2 Does the number of parameters grow?",
        Verdict.PENDING,
        2.5,
    )


@pytest.mark.parametrize("asked", ["false"], indirect=True)
def test_a_file_that_cannot_be_read_waits_for_a_person(asked: Path) -> None:
    (found,) = read_assignment(asked).written
    held = {"answers.md": Written(path="answers.pdf", text="", problem=Message.of("no_answer_given"))}
    (one,) = written.result(found, Submission("ana", {}, {}, written=held)).checks

    assert (one.verdict, text(Message.of("no_answer_given")) in text(one.message)) == (Verdict.PENDING, True)


@pytest.mark.parametrize("asked", ["false"], indirect=True)
def test_without_a_file_nothing_was_handed_in(asked: Path) -> None:
    (found,) = read_assignment(asked).written
    result = written.result(found, Submission("ana", {}, {}))
    assert (result.handed_in, result.wanted_file, [one.verdict for one in result.checks]) == (
        False, "answers.md", [Verdict.FAILED],
    )  # fmt: skip


@pytest.mark.parametrize("asked", ["false"], indirect=True)
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points = 1\nstatement", "points = 2\nstatement", "the items give at most 1 points"),
        ('name = "no"', 'name = "No!"', "1.1.toml: items.0.name"),
        ("hints", "hnits", "1.1.toml: items.0.hnits"),
    ],
)
def test_an_error_in_a_question_names_the_file(asked: Path, old: str, new: str, said: str) -> None:
    path = asked / "q" / "1.1.toml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(AssignmentError) as raised:
        read_assignment(asked)
    assert said in str(raised.value)


@pytest.mark.parametrize("asked", ["false"], indirect=True)
def test_questions_that_do_not_add_up_are_refused(asked: Path) -> None:
    (asked / "assignment.toml").write_text(TOML.replace("points = 1", "points = 3"))
    with pytest.raises(AssignmentError, match=r"worth 1 points; assignment\.toml says 3"):
        read_assignment(asked)


def finals(found: Report) -> tuple[bool, bool, float]:
    return found.final, found.is_broken, found.waiting


def test_a_broken_check_is_still_our_fault() -> None:
    assert finals(report(task(check(Verdict.BROKEN)), final=False)) == (False, True, 0)
