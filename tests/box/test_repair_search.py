"""A module is asked once for each change of its source, and no change can spoil the search for others."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.asking import conversation
from grader.asking.answer_cache import AnswerCache
from grader.asking.questions import Question
from grader.asking.search import Searched, search
from grader.assignment.loader import read_assignment
from grader.edits.changes import Change, Span
from grader.edits.table import Undo
from grader.judging.grading import Grader
from grader.sandbox.contract import Limits, Sandbox
from grader.submission.loader import Submission

CHECKS = '''
from grader import Task

task = Task()


@task.check(points=1, cases=1)
def number(impl, case):
    """A number."""
    return {"number": impl.number()}
'''
ASK = (("number", (0,)),)
LIMITS = Limits(wall_seconds=0.6, task_seconds=20.0)
SOURCE = "import helper\nseen = []\ndef number():\n    seen.append(1)\n    return len(seen) + HERE\n"
FILES = {"m.py": SOURCE.encode(), "helper.py": b"import m\n"}


def asked(sandbox: Sandbox, *instead: str, limits: Limits = LIMITS, source: str = SOURCE) -> Searched:
    """Return what comes of each text in the place of `HERE`."""
    at = source.index("HERE")
    changes = [
        Change("m.py", "number", Undo.EXCHANGE, (Span(at, at + len("HERE"), text),)) for text in instead
    ]
    question = Question(CHECKS, "m", {**FILES, "m.py": source.encode()}, 1)
    return search(sandbox, limits, question, ASK, {"m.py": source}, changes, going_on=False)


def numbers(found: Searched) -> dict[int, object]:
    return {at: (answers["number"][0].observed or {}).get("number") for at, answers in found.answers.items()}


def test_each_change_is_imported_anew(sandbox: Sandbox) -> None:
    assert numbers(asked(sandbox, "1", "2", "3")) == {0: 2, 1: 3, 2: 4}


@pytest.mark.parametrize(
    "bad", ["__import__('os')._exit(0)", "next(iter(lambda: 0, 1) for _ in iter(int, 1) if 0)"]
)
def test_a_change_that_ends_or_never_ends_costs_itself(sandbox: Sandbox, bad: str) -> None:
    found = asked(sandbox, "1", bad, "3")

    assert (numbers(found), found.given_up) == ({0: 2, 2: 4}, False)


def test_a_change_that_cannot_be_imported_has_no_answer(sandbox: Sandbox) -> None:
    found = asked(sandbox, "1", "(", "3")

    assert numbers(found) == {0: 2, 2: 4}


def test_a_search_ends_when_its_time_is_used_up_and_says_so(sandbox: Sandbox) -> None:
    slow = ["__import__('time').sleep(0.3) or 1"] * 20
    found = asked(sandbox, *slow, limits=replace(LIMITS, task_seconds=1.0))

    assert found.given_up
    assert len(found.answers) < 20


def test_answers_in_the_name_of_another_change_are_refused(sandbox: Sandbox) -> None:
    forged = (
        "import sys\nframe = sys._getframe()\nwhile 'send' not in frame.f_locals:\n    frame = frame.f_back\n"
    )
    forged += "from grader.wire import pack\nframe.f_locals['send'](pack('change', {'number': 1}))\n"
    forged += "def number():\n    return HERE\n"
    found = asked(sandbox, "1", "2", source=forged)

    assert 0 not in numbers(found)


def test_a_changed_program_sees_the_file_that_was_handed_in(sandbox: Sandbox) -> None:
    source = "def number():\n    return [line for line in open(__file__)][-1].strip()\n# HERE\n"
    question = Question(CHECKS, "m", {"m.py": source.encode()}, 1, ASK)
    edited = replace(question, edited={"m.py": source.replace("HERE", "CHANGED").replace("[-1]", "[2]")})

    (answer,) = conversation.ask(sandbox, LIMITS, edited).answers["number"].values()

    assert answer.observed == {"number": "# HERE"}


TWO = """
from grader import Task

task = Task()


@task.check(points=2)
def one(impl, case):
    \"\"\"The first is right.\"\"\"
    return {"y": impl.one(case.normal(4, 3, name="x"))}


@task.check(points=2)
def other(impl, case):
    \"\"\"The second is right.\"\"\"
    return {"y": impl.other(case.normal(4, 3, name="x"))}
"""
RIGHT = "def one(x):\n    return 2 * x + 1\n\n\ndef other(x):\n    return x.exp() + x\n"
WRONG = (
    "import torch\n\n\ndef one(x):\n    return torch.clamp(\n        2 * x + 1,\n        -1,\n        1,\n"
    "    )\n\n\ndef other(x):\n    return x.exp() - x\n"
)


def test_the_second_of_two_repairs_has_its_line_in_the_file_that_was_handed_in(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "a" / "two").mkdir(parents=True)
    toml = 'title = "A"\nseed = 1\n\n[[tasks]]\nname = "two"\ntitle = "Two"\npoints = 4\n'
    (tmp_path / "a" / "assignment.toml").write_text(toml)
    (tmp_path / "a" / "two" / "checks.py").write_text(TWO)
    (tmp_path / "a" / "two" / "solution.py").write_text(RIGHT)
    assignment = read_assignment(tmp_path / "a")
    grader = Grader(assignment, assignment.tasks, 1, sandbox, AnswerCache(tmp_path / "cache"))
    (found,) = grader.grade(Submission("ana", {"two.py": WRONG.encode()}, {})).tasks[0].explanations

    assert found.repair is not None
    assert [(one.line, one.end_line, one.before) for one in (found.repair, *found.also)] == [
        (5, 9, "torch.clamp( 2 * x + 1, -1, 1, )"),
        (13, 13, "x.exp() - x"),
    ]
