"""From a submission to the results of its tasks, in this process; tests/box/test_grading.py has a sandbox."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from in_process import InProcess
from small_assignment import CHECKS, SETTINGS, SOLUTION, SUMS, assignment, grader

from grader.asking.answer_cache import AnswerCache
from grader.asking.key_answers import KeyAnswers
from grader.asking.questions import Responses, of_task
from grader.asking.reference import ReferenceAnswers
from grader.assignment.loader import read_assignment
from grader.judging.grading import Grader
from grader.packing.kit import KitMaking
from grader.report.messages import text
from grader.results.message import Message
from grader.results.report import CheckResult, Report, Stage, TaskResult
from grader.sandbox.contract import End, Ending
from grader.submission.loader import Submission, read_submission

HIDDEN = '''
from checks import task


@task.check(points=3)
def many(impl, case):
    """A total of many values is right."""
    return {"total": impl.total(case.normal(1000, name="values"))}
'''
WITH_HIDDEN = SUMS | {"hidden_checks.py": HIDDEN}
NO_REPAIR = "[repair]\ncandidates = 0\n"
LOST = Ending(End.LOST)
RAN = None


def graded(made: Grader, source: str = SOLUTION, **more: str) -> Report:
    files = {f"{name}.py": data.encode() for name, data in {"sums": source, **more}.items()}
    return made.grade(Submission("ana", files, {}))


def box(made: Grader) -> InProcess:
    assert isinstance(made.sandbox, InProcess)
    return made.sandbox


def verdicts(result: TaskResult) -> dict[str, str]:
    return {check.check: check.verdict.value for check in result.checks}


def of(result: TaskResult, name: str) -> CheckResult:
    return next(check for check in result.checks if check.check == name)


def said(result: TaskResult, name: str) -> str:
    return text(of(result, name).message)


FORBIDDEN = """\
import torch


def total(values):
    return torch.nn.LSTM(len(values), 1)(values)


def mean(values):
    return values.mean()
"""

# The module


def test_a_right_module_gets_all_points_and_its_checks_are_passed(tmp_path: Path) -> None:
    report = graded(grader(tmp_path, {"sums": SUMS}))

    assert (report.score, report.points, report.final) == (3, 3, True)
    assert verdicts(report.tasks[0]) == {"loads": "passed", "total": "passed", "mean": "passed"}


@pytest.mark.parametrize(("settings", "file"), [("", ""), ('file = "layers.py"', "layers.py")])
def test_a_module_that_is_missing_was_not_handed_in(tmp_path: Path, settings: str, file: str) -> None:
    made = grader(tmp_path, {"sums": SUMS | {SETTINGS: settings}})
    (result,) = made.grade(Submission("ana", {"other.py": b""}, {})).tasks

    assert (result.handed_in, result.file, result.score) == (False, file, 0)
    assert verdicts(result) == {"loads": "failed", "total": "skipped", "mean": "skipped"}


def test_a_module_that_names_a_forbidden_layer_is_not_asked(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": SUMS})
    (task,) = made.tasks
    # Recorded, since a layer that is refused in this process would be refused to all tests after this one.
    solution = made.trusted.ask(task, task.solution)
    assert solution.description is not None
    forbidding = solution.description.model_copy(update={"forbid": ("torch.nn.LSTM",)})
    recorded = Responses(forbidding, answers=solution.answers)
    made.cache.store(of_task(task, task.solution, made.seed), recorded)
    asked = len(box(made).jobs)
    (result,) = graded(made, FORBIDDEN).tasks

    assert verdicts(result)["written_out"] == "failed"
    assert (result.score, len(box(made).jobs)) == (0, asked)


def test_when_the_time_of_a_submission_is_used_up_its_other_tasks_are_not_begun(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": SUMS, "more": SUMS}, "[limits]\nsubmission_seconds = 0.001\n")
    first, second = graded(made, more=SOLUTION).tasks

    assert (verdicts(first)["loads"], verdicts(second)["loads"]) == ("passed", "failed")
    assert "0.001 s" in said(second, "loads")


@pytest.mark.parametrize(("imports", "loads"), [("go on", "passed"), ("strict", "failed")])
def test_an_import_that_fails_is_repeated_without_what_fails_unless_the_author_says_strict(
    tmp_path: Path, imports: str, loads: str
) -> None:
    made = grader(tmp_path, {"sums": SUMS}, f'imports = "{imports}"\n')
    (result,) = graded(made, f"open('no such file')\n{SOLUTION}").tasks

    assert (verdicts(result)["loads"], verdicts(result)["total"]) == (
        loads, "passed" if loads == "passed" else "skipped",
    )  # fmt: skip


def test_what_a_program_prints_is_kept_at_its_beginning(tmp_path: Path) -> None:
    (result,) = graded(grader(tmp_path, {"sums": SUMS}), f"print('ab' * 3000)\n{SOLUTION}").tasks

    assert result.output == "ab" * 2000


def test_a_notebook_is_told_by_cells_whatever_fails_in_it(tmp_path: Path) -> None:
    made = grader(tmp_path / "a", {"sums": SUMS}, NO_REPAIR)
    cells = [
        "print('the first cell')",
        "scale = open('no such file')",
        "def total(values):\n    return values.sum() + scale\n\ndef mean(values):\n    return values.mean()",
    ]
    notebook = {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    (tmp_path / "ana").mkdir()
    (tmp_path / "ana" / "sums.ipynb").write_text(json.dumps(notebook))
    (result,) = made.grade(read_submission(tmp_path / "ana", ("sums",))).tasks
    evidence = of(result, "total").evidence

    assert evidence is not None and evidence.raised is not None
    (excerpt,) = evidence.raised.excerpts
    assert (excerpt.file, [one.number for one in excerpt.lines if one.marked]) == ("sums.ipynb, cell 3", [2])
    assert "sums.ipynb" in text(result.notes[0])
    assert any("cell 2" in text(note) for note in result.notes)


def test_equations_are_shown_of_the_values_that_are_wrong(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": SUMS}, NO_REPAIR)
    (task,) = made.tasks
    known = replace(task, equations={"total": "t = \\sum_i x_i", "mean": "m = t / n"})
    wrong = SOLUTION.replace("return values.sum()\n", "return values[0]\n")
    (result,) = graded(replace(made, tasks=(known,)), wrong).tasks

    assert result.equations == {"total": "t = \\sum_i x_i"}


def test_notes_about_files_that_no_task_uses_are_told_with_the_report(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": SUMS})
    note = Message.of("absent")
    notes = {"sums.py": note, "notes.txt": note}
    report = made.grade(Submission("ana", {"sums.py": SOLUTION.encode()}, notes))

    assert [one.id for one in report.notes] == ["sentence"]


def test_data_files_of_the_assignment_are_there_in_place_of_what_was_handed_in_at_their_paths(
    tmp_path: Path,
) -> None:
    made = grader(tmp_path, {"sums": SUMS})
    reading = (
        "from pathlib import Path\n\nHERE = Path(__file__).parent\n\n"
        "def total(values):\n    return values.sum() * float((HERE / 'data' / 'one.txt').read_text())\n\n"
        "def mean(values):\n    return values.mean() * float((HERE / 'two').read_text())\n"
    )
    data = {"data/one.txt": b"1", "two": b"1"}
    whole = replace(made, tasks=tuple(replace(task, data=data) for task in made.tasks))
    handed_in = {"sums.py": reading.encode(), "data": b"7", "two/three.txt": b"7"}
    report = whole.grade(Submission("ana", handed_in, {}))

    assert (report.score, report.points) == (3, 3)


def test_a_report_may_be_about_some_of_the_tasks_or_about_questions_alone(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": SUMS, "more": SUMS})
    some = made.grade(Submission("ana", {"more.py": SOLUTION.encode()}, {}), made.tasks[1:])
    none = replace(made, tasks=()).grade(Submission("ana", {}, {}))

    assert [one.task for one in some.tasks] == ["more"]
    assert (none.tasks, none.points, none.final) == ((), 0, True)


# The sandbox


def test_if_the_solution_cannot_be_asked_no_submission_loses_a_point(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": SUMS})
    box(made).instead = [LOST]
    report = graded(made, "")

    assert (report.score, report.final, verdicts(report.tasks[0])) == (3, False, {"sums": "broken"})


def test_if_the_solution_does_not_end_nothing_is_decided(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": SUMS | {"solution.py": f"{SOLUTION}# ends in mean\n"}})
    report = graded(made)

    assert (report.score, report.final) == (3, False)
    assert verdicts(report.tasks[0]) == {"total": "broken", "mean": "broken"}


BROUGHT_DOWN = text(Message.of("sandbox_brought_down"))


@pytest.mark.parametrize(
    ("endings", "loads", "score"),
    [
        # Once lost is lost by chance.
        ([LOST, RAN, RAN], "passed", 3),
        # Twice, and not with the solution in between: the submission brings the sandbox down.
        ([LOST, RAN, LOST], "failed", 0),
        # With the solution too: it is our fault.
        ([LOST, LOST], None, 3),
    ],
)
def test_a_sandbox_that_is_lost_is_held_against_a_submission_only_if_the_solution_keeps_it(
    tmp_path: Path, endings: list[Ending | None], loads: str | None, score: float
) -> None:
    made = grader(tmp_path, {"sums": SUMS})
    box(made).instead = [RAN, *endings]
    report = graded(made)
    (result,) = report.tasks

    assert (report.score, report.final, verdicts(result).get("loads")) == (score, loads is not None, loads)
    assert (BROUGHT_DOWN in said(result, result.checks[0].check)) == (loads == "failed")


# Hidden checks


def test_hidden_checks_are_asked_in_a_process_of_their_own(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": WITH_HIDDEN}, NO_REPAIR)
    (result,) = graded(made, SOLUTION.replace("values.sum()\n", "values[:999].sum()\n")).tasks

    assert verdicts(result) == {"loads": "passed", "total": "passed", "mean": "passed", "many": "failed"}
    asked = [[name for name, _ in job.fields["ask"]] for job in box(made).jobs if job.fields["ask"]]
    assert asked[:2] == [["total", "mean"], ["many"]]


def test_if_the_sandbox_of_hidden_checks_is_lost_the_others_still_count(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": WITH_HIDDEN}, NO_REPAIR)
    box(made).instead = [RAN, RAN, LOST, LOST]
    (result,) = graded(made, SOLUTION.replace("/ len(values)", "")).tasks

    assert verdicts(result) == {"loads": "passed", "total": "passed", "mean": "failed", "many": "broken"}
    assert result.score == 5


def test_what_is_known_of_a_submission_is_not_asked_again(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": WITH_HIDDEN})
    (task,) = made.tasks
    known = made.trusted.ask(task, task.solution)
    asked = len(box(made).jobs)
    report = made.grade(Submission("ana", {"sums.py": b"# is not run"}, {}), known={"sums": known})

    assert (report.score, len(box(made).jobs)) == (6, asked)


# Explanations

WRONG = SOLUTION.replace("return values.sum()\n", "return values.sum() + 1\n")


def test_a_repair_is_told_with_what_is_right_given_it_in_hidden_checks_too(tmp_path: Path) -> None:
    (public,) = graded(grader(tmp_path / "a", {"sums": SUMS}), WRONG).tasks
    (both,) = graded(grader(tmp_path / "b", {"sums": WITH_HIDDEN}), WRONG).tasks

    assert [one.right_given for one in public.explanations] == [("total",)]
    assert [one.right_given for one in both.explanations] == [("total", "many")]


NO_LENGTH = """\
title: The length is that of a number

Hint.

-     return values.sum() / len(values)
+     return values.sum() / len(values[0])
"""


@pytest.mark.parametrize(("slip", "is_too_dear"), [(0.2, True), (0.05, True), (0.04, False)])
def test_no_repair_is_looked_for_that_costs_as_much_as_a_named_mistake_loses(
    tmp_path: Path, slip: float, is_too_dear: bool
) -> None:
    checks = CHECKS.replace("points=2", "points=19")  # of 20 points, the mistake loses one
    files = {**SUMS, "checks.py": checks, "mistakes/no_length.patch": NO_LENGTH, SETTINGS: f"slip = {slip}"}
    (result,) = graded(
        grader(tmp_path, {"sums": files}), SOLUTION.replace("(values)\n", "(values[0])\n")
    ).tasks

    assert (result.score, of(result, "mean").mistake) == (19, "no length")
    assert result.repair_too_dear is is_too_dear


def test_a_task_without_a_small_repair_has_no_explanation(tmp_path: Path) -> None:
    far_off = WRONG.replace("+ 1", "+ values.exp().sum() ** 3 * 2 - 1 / values.std()")
    (result,) = graded(grader(tmp_path, {"sums": SUMS}), far_off).tasks

    assert (result.explanations, [note.id for note in result.notes]) == ((), [])


def test_a_search_that_was_given_up_is_said(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": SUMS})
    box(made).instead = [RAN, RAN, RAN, LOST]  # the solution, the module, what the check drew, the search
    (result,) = graded(made, WRONG).tasks

    assert [note.id for note in result.notes] == ["repair_given_up"]


def test_nothing_is_repaired_of_what_was_not_begun(tmp_path: Path) -> None:
    made = grader(tmp_path, {"sums": SUMS})
    (result,) = graded(made, "def total(values):\n    pass\n\n\ndef mean(values):\n    pass\n").tasks

    assert (result.stage, result.explanations) == (Stage.NOT_STARTED, ())
    assert {job.kind for job in box(made).jobs} == {"ask"}


# Pace

PACED = CHECKS.replace("points=1)", "points=1, budget=8)")
SLOW = f"{SOLUTION}# takes long\n"


@pytest.mark.parametrize(("source", "verdict"), [(SOLUTION, "passed"), (SLOW, "failed")])
def test_a_right_answer_that_takes_more_than_its_budget_fails(
    tmp_path: Path, source: str, verdict: str
) -> None:
    (result,) = graded(grader(tmp_path, {"sums": SUMS | {"checks.py": PACED}}), source).tasks

    assert (verdicts(result)["mean"], verdicts(result)["total"]) == (verdict, "passed")


def test_no_repair_explains_that_a_right_answer_is_slow(tmp_path: Path) -> None:
    (result,) = graded(
        grader(tmp_path, {"sums": SUMS | {"checks.py": PACED}}), f"{WRONG}# takes long\n"
    ).tasks

    assert [one.right_given for one in result.explanations] == [("total",)]
    assert verdicts(result)["mean"] == "failed"


# Kits

STATEMENT = {"task.md": "# Sums\n"}


@pytest.fixture
def kit(tmp_path: Path) -> Callable[..., Grader]:
    """Return a grader of the kit of an assignment with these files."""

    def kit(**files: str) -> Grader:
        whole = assignment(tmp_path / "whole", {"sums": SUMS | STATEMENT | files})
        asked = [
            ReferenceAnswers(whole.seed, InProcess(), AnswerCache(tmp_path / name))
            for name in ("here", "plain")
        ]
        for path, data in KitMaking(whole, *asked, 1).make().files.items():
            (tmp_path / "kit" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "kit" / path).write_bytes(data)
        made = read_assignment(tmp_path / "kit")
        return Grader(made, made.tasks, made.seed, InProcess(), KeyAnswers(made.tasks), workers=1)

    return kit


def test_a_report_of_a_kit_is_provisional_and_says_what_is_checked_elsewhere(
    kit: Callable[..., Grader],
) -> None:
    report = graded(kit(**{"hidden_checks.py": HIDDEN}))

    assert (report.score, report.points) == (3, 3)
    assert [note.id for note in report.notes] == ["provisional", "hidden_elsewhere"]


def test_a_kit_without_hidden_checks_speaks_of_none(kit: Callable[..., Grader]) -> None:
    assert [note.id for note in graded(kit()).notes] == ["provisional"]


def test_a_kit_finds_repairs_with_its_one_seed(kit: Callable[..., Grader]) -> None:
    (result,) = graded(kit(), WRONG).tasks

    assert [one.right_given for one in result.explanations] == [("total",)]


def test_in_a_kit_a_lost_sandbox_is_nobodys_fault(kit: Callable[..., Grader]) -> None:
    made = kit()
    box(made).instead = [LOST]
    report = graded(made)

    assert (report.score, report.final) == (3, False)


def test_what_draws_other_inputs_than_the_key_of_a_kit_costs_nothing_and_is_not_repaired(
    kit: Callable[..., Grader], monkeypatch: pytest.MonkeyPatch
) -> None:
    scaled = CHECKS.replace('name="values")', 'name="values", scale=SCALE)', 1)
    made = kit(**{"checks.py": f"import os\n\nSCALE = float(os.environ.get('SCALE', '1'))\n{scaled}"})
    monkeypatch.setenv("SCALE", "2")  # stands for a version of torch that draws other numbers
    report = graded(made, WRONG)

    assert (verdicts(report.tasks[0]), report.score, report.final) == (
        {"loads": "passed", "total": "broken", "mean": "passed"}, 3, False,
    )  # fmt: skip
    assert {job.kind for job in box(made).jobs} == {"ask"}
