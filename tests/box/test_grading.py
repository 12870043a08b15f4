"""From a submission to marks, on an assignment of two small tasks."""
# ruff: noqa: E501  what students read stands in one line

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from limited import with_limits
from samples import saying

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import read_assignment
from grader.errors import AssignmentError
from grader.judging.grading import Grader
from grader.report import messages
from grader.results.message import Message
from grader.results.report import CheckResult, Report, TaskResult, Verdict
from grader.sandbox.contract import End, Ending, Hear, Limits, Sandbox
from grader.submission.loader import Submission

TOML = """\
title = "Sums"
seed = 5

[limits]
wall_seconds = 0.6
memory = 268435456

[[tasks]]
name = "total"
title = "A total"
points = 6

[[tasks]]
name = "cell"
title = "A cell"
points = 1
"""
TOTAL = '''
from grader import Task

task = Task()


@task.check(points=0)
def returned(impl, case):
    """A number is returned."""
    return {"kind": type(impl.total(case.normal(3))).__name__}


@task.check(points=1, after=returned)
def short(impl, case):
    """A short total is right."""
    return {"total": impl.total(case.normal(case.size("count"), name="values"))}


@task.check(points=2, after=short)
def long(impl, case):
    """A long total is right."""
    return {"total": impl.total(case.normal(100, name="values"))}


@task.check(points=3)
def mean(impl, case):
    """The mean is right."""
    return {"mean": impl.mean(case.normal(case.size("count"), name="values"))}
'''
TOTAL_SOLUTION = """\
def total(values):
    return values.sum()


def mean(values):
    return values.sum() / len(values)
"""
CELL = '''
import torch
from grader import Task

task = Task(forbid=["torch.nn.LSTMCell"])


@task.check(points=1)
def step(impl, case):
    """A step is right."""
    return {"h": impl.Cell()(torch.ones(1, 2))}
'''
CELL_SOLUTION = "class Cell:\n    def __call__(self, x):\n        return 2 * x\n"

Mark = Callable[..., Report]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sums")
    for name, checks, solution in (("total", TOTAL, TOTAL_SOLUTION), ("cell", CELL, CELL_SOLUTION)):
        (made / name / "mistakes").mkdir(parents=True)
        (made / name / "checks.py").write_text(checks)
        (made / name / "solution.py").write_text(solution)
    (made / "total" / "mistakes" / "largest.patch").write_text(
        "This is the largest.\n\n- return values.sum()\n+ return values.max()\n"
    )
    (made / "total" / "mistakes" / "one_less.patch").write_text(
        "Divide by all.\n\n- return values.sum() / len(values)\n+ return values.sum() / max(len(values) - 1, 1)\n"
    )
    (made / "assignment.toml").write_text(TOML)
    return made


@pytest.fixture(scope="module")
def mark(folder: Path, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Mark:
    """Return the report on a submission of the given modules, for the named tasks."""
    key = AnswerCache(tmp_path_factory.mktemp("key"))

    def mark(*tasks: str, notes: dict[str, Message] | None = None, seed: int = 5, **modules: str) -> Report:
        assignment = read_assignment(folder)
        files = {f"{name}.py": text.encode() for name, text in modules.items()}
        grader = Grader(assignment, assignment.only(tasks), seed, sandbox, key)
        return grader.grade(Submission("anna", files, notes or {}))

    return mark


def of(report: Report, task: str = "total") -> TaskResult:
    return next(one for one in report.tasks if one.task == task)


def verdicts(task: TaskResult) -> dict[str, str]:
    return {check.check: check.verdict.value for check in task.checks}


def check_of(task: TaskResult, name: str) -> CheckResult:
    return next(one for one in task.checks if one.check == name)


def test_the_solution_gets_every_point(mark: Mark) -> None:
    report = mark(total=TOTAL_SOLUTION, cell=CELL_SOLUTION)

    assert (report.score, report.points, report.final) == (7, 7, True)


def test_every_check_has_its_verdict(mark: Mark) -> None:
    total = of(mark("total", total=TOTAL_SOLUTION))

    assert verdicts(total) == dict.fromkeys(["loads", "returned", "short", "long", "mean"], "passed")


def test_a_wrong_check_costs_its_points_and_those_that_stand_on_it(mark: Mark) -> None:
    wrong = TOTAL_SOLUTION.replace("return values.sum()\n", "return values.sum() + 1\n")
    total = of(mark("total", total=wrong))

    assert (
        total.plain_score,
        verdicts(total)["short"],
        verdicts(total)["long"],
        verdicts(total)["mean"],
    ) == (
        3,
        "failed",
        "skipped",
        "passed",
    )


def test_a_small_slip_is_repaired_and_what_is_right_given_it_counts(mark: Mark) -> None:
    wrong = TOTAL_SOLUTION.replace("return values.sum()\n", "return values.sum() + 1\n")
    total = of(mark("total", total=wrong))
    (found,) = total.explanations

    assert found.repair is not None
    assert (found.repair.kind, found.repair.told, found.right_given) == ("term", True, ("short", "long"))
    assert (found.repair.before, found.repair.after) == ("values.sum() + 1", "values.sum()")
    assert total.score == round(6 - total.points * 0.2, 6)


def test_a_skipped_check_says_what_it_stands_on(mark: Mark) -> None:
    wrong = TOTAL_SOLUTION.replace("return values.sum()\n", "return values.sum() + 1\n")

    assert messages.text(check_of(of(mark("total", total=wrong)), "long").message) == (
        "Skipped, because it depends on “A short total is right.”"
    )


def test_a_known_mistake_is_told_with_its_hint(mark: Mark) -> None:
    wrong = (
        "def total(values):\n    return max(values)\n" + TOTAL_SOLUTION[TOTAL_SOLUTION.index("def mean") :]
    )
    found = check_of(of(mark("total", total=wrong)), "short")

    assert (found.mistake, found.hint) == ("largest", "This is the largest.")


def test_an_unknown_mistake_has_no_name(mark: Mark) -> None:
    wrong = TOTAL_SOLUTION.replace("return values.sum()\n", "return values.sum() + 1\n")

    assert check_of(of(mark("total", total=wrong)), "short").mistake == ""


def test_the_smallest_failing_case_is_the_evidence(mark: Mark) -> None:
    wrong = TOTAL_SOLUTION.replace("return values.sum()\n", "return values.sum() + (len(values) > 2)\n")
    found = check_of(of(mark("total", total=wrong)), "short").evidence

    assert found is not None and (
        found.case,
        found.sizes,
        [one.name for one in found.inputs],
        found.cases,
    ) == (
        1,
        {"count": 3},
        ["values"],
        10,
    )


def test_a_module_that_is_missing_costs_its_task_alone(mark: Mark) -> None:
    report = mark(total=TOTAL_SOLUTION)

    assert (of(report).score, of(report, "cell").score, verdicts(of(report, "cell"))) == (
        6,
        0,
        {"loads": "failed", "step": "skipped"},
    )


@pytest.mark.parametrize(
    ("modules", "notes", "message"),
    [
        ({}, {}, "There is no `total.py` in the submission, so this task could not be graded."),
        (
            {"Total": ""},
            {},
            "There is no `total.py` in the submission, so this task could not be graded. "
            "Did you mean `Total.py`?",
        ),
        ({}, {"total.py": saying("`total.py` is a link")}, "`total.py` is a link."),
        (
            {"total": "x = (\n"},
            {},
            "The import raised SyntaxError: '(' was never closed (total.py, line 1). "
            f"Submissions are graded with Python {sys.version_info[0]}.{sys.version_info[1]}.",
        ),
        ({"total": "raise KeyError('a')\n"}, {}, "The import raised KeyError: 'a'. The dictionary has no entry 'a'."),
        (
            {"total": "import sys\nsys.exit(3)\n"},
            {},
            "The import raised SystemExit: 3. "
            'Code that ends the program belongs under `if __name__ == "__main__":`.',
        ),
        (
            {"total": "import pandas\n"},
            {},
            "The import raised ModuleNotFoundError: No module named 'pandas'. "
            "Besides your own files, only torch, numpy, tqdm and Python's own modules are installed. If the "
            "result does not need this library, import it in the function that uses it.",
        ),
        (
            {"total": "input()\n"},
            {},
            "The import raised EOFError: EOF when reading a line. There is no answer to `input()` during grading. "
            'Code like that belongs under `if __name__ == "__main__":`.',
        ),
        (
            {"total": "import torch\ntorch.load('weights.pt')\n"},
            {},
            "The import raised FileNotFoundError: [Errno 2] No such file or directory: 'weights.pt'. "
            "Only the files that you handed in are available during grading. "
            'Code like that belongs under `if __name__ == "__main__":`.',
        ),
        (
            {"total": "from random import mine\n", "random": "mine = 1\n"},
            {},
            None,
        ),
        ({"total": "while True: pass\n"}, {}, "During the import: no answer within 0.6 s."),
        ({"total": "import os\nos._exit(4)\n"}, {}, "During the import: the program ended itself (exit code 4)."),
        ({"total": "x = bytearray(1 << 29)\n"}, {}, "The import raised MemoryError: it used more than 256 MiB of memory."),
    ],
)  # fmt: skip
def test_a_module_that_does_not_load_says_why(
    mark: Mark, modules: dict[str, str], notes: dict[str, Message], message: str | None
) -> None:
    total = of(mark("total", notes=notes, **modules))
    loads = total.checks[0]

    assert (total.score, set(verdicts(total).values())) == (0, {"failed", "skipped"})
    if message is None:
        assert messages.text(loads.message).endswith("the library was found first: rename your file.")
    else:
        assert messages.text(loads.message) == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('no')", "Your program raised ValueError: no."),
        ("raise ValueError", "Your program raised ValueError."),
        (
            "return bytearray(1 << 29)",
            "Your program raised MemoryError: it used more than 256 MiB of memory.",
        ),
        ("while True: pass", "No answer within 0.6 s, with count 2."),
        ("__import__('os')._exit(1)", "The program ended itself (exit code 1), with count 2."),
        ("__import__('ctypes').string_at(0)", "The interpreter crashed (signal SIGSEGV), with count 2."),
        ("return 1", "`mean` is 1; a float64 tensor of shape () was expected."),
    ],
)
def test_a_check_that_fails_says_why(mark: Mark, body: str, message: str) -> None:
    source = TOTAL_SOLUTION[: TOTAL_SOLUTION.index("def mean")] + f"def mean(values):\n    {body}\n"
    total = of(mark("total", total=source))

    assert (total.score, messages.text(check_of(total, "mean").message)) == (3, message)


def test_a_name_that_is_missing_is_said(mark: Mark) -> None:
    total = of(mark("total", total=TOTAL_SOLUTION.replace("def mean", "def means")))

    assert messages.text(check_of(total, "mean").message) == (
        "Your program raised an error: total.py defines nothing called `mean`. Is `means` what you "
        'mean? The check could not continue at `return {"mean": impl.mean(case.normal(case.size("count"), '
        'name="values"))}`.'
    )


def test_a_layer_that_is_forbidden_is_found_in_the_source(mark: Mark) -> None:
    source = "import torch\nclass Cell:\n    def __call__(self, x):\n        return torch.nn.LSTMCell(2, 2)(x)[0]\n"
    cell = of(mark("cell", cell=source), "cell")

    assert (verdicts(cell), messages.text(cell.checks[1].message)) == (
        {"loads": "passed", "written_out": "failed", "step": "skipped"},
        "`torch.nn.LSTMCell` must not compute the result here; write the layer out: "
        "`torch.nn.LSTMCell(2, 2)(…)` calls it (cell.py, line 4).",
    )


def test_a_layer_that_is_forbidden_is_caught_in_disguise(mark: Mark) -> None:
    source = (
        "import torch\nclass Cell:\n    def __call__(self, x):\n"
        "        return getattr(torch.nn, 'LSTM' + 'Cell')(2, 2)(x)[0]\n"
    )
    cell = of(mark("cell", cell=source), "cell")

    assert (verdicts(cell), messages.text(cell.checks[1].message)) == (
        {"loads": "passed", "written_out": "failed", "step": "skipped"},
        "`torch.nn.LSTMCell` computed here; this task asks to write it out. It was called in cell.py, line 4.",
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("deep = torch" + ".nn" * 4000, "it is nested too deep"),
        ("pass", "it declares the encoding unicode_escape; save it as UTF-8"),
    ],
)
def test_a_source_that_cannot_be_looked_at_is_a_layer_not_written_out(
    mark: Mark, line: str, why: str
) -> None:
    cookie = "# coding: unicode_escape\n" if "encoding" in why else ""
    source = f"{cookie}import torch\nclass Cell:\n    def __call__(self, x):\n        {line}\n"
    report = mark("cell", "total", cell=source)
    cell = of(report, "cell")

    assert (report.final, verdicts(cell), messages.text(cell.checks[1].message)) == (
        True,
        {"loads": "passed", "written_out": "failed", "step": "skipped"},
        f"`cell.py` could not be searched for layers that must be written out: {why}.",
    )


def test_the_same_submission_gets_the_same_report(mark: Mark) -> None:
    wrong = TOTAL_SOLUTION.replace("/ len", "/ 2 / len")
    first, second = (mark(total=wrong).model_copy(update={"timings": {}}) for _ in range(2))

    assert first == second


def test_another_seed_gives_other_inputs(mark: Mark) -> None:
    wrong = TOTAL_SOLUTION.replace("/ len", "/ 2 / len")
    inputs = []
    for seed in (5, 6):
        found = check_of(of(mark("total", seed=seed, total=wrong)), "mean").evidence
        inputs.append(found.inputs if found else None)

    assert inputs[0] != inputs[1]


def test_the_report_says_where_it_comes_from(mark: Mark, folder: Path, sandbox: Sandbox) -> None:
    found = mark("total", seed=9, total=TOTAL_SOLUTION).provenance

    assert (found.assignment, found.seed, found.sandbox, found.assignment_digest, set(found.versions)) == (
        "Sums",
        9,
        sandbox.level.value,
        read_assignment(folder).digest,
        {"grader", "python", "torch", "numpy"},
    )


def test_notes_on_files_that_no_task_uses_stand_in_the_report(mark: Mark) -> None:
    notes = {"total.py": saying("on the module"), "other.py": saying("on another")}

    assert [messages.text(one) for one in mark("total", notes=notes, total=TOTAL_SOLUTION).notes] == [
        "On another."
    ]


def test_of_what_is_printed_the_beginning_is_kept(mark: Mark) -> None:
    total = of(mark("total", total=f"print('begin' + 'x' * 9000)\n{TOTAL_SOLUTION}"))

    assert (len(total.output), total.output[:7]) == (4000, "beginxx")


# Our own faults


@pytest.fixture
def slip(folder: Path, tmp_path: Path, sandbox: Sandbox) -> Callable[[str, str, str], Report]:
    """Return the report where a file of the task `total` is edited."""
    import shutil

    shutil.copytree(folder, tmp_path / "sums")

    def slip(file: str, old: str, new: str) -> Report:
        path = tmp_path / "sums" / "total" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        assignment = read_assignment(tmp_path / "sums")
        grader = Grader(assignment, assignment.only(("total",)), 5, sandbox, AnswerCache(tmp_path / "key"))
        return grader.grade(Submission("anna", {"total.py": b"def total(values): return 0\n"}, {}))

    return slip


def test_a_solution_that_does_not_answer_costs_nobody_points(slip: Callable[[str, str, str], Report]) -> None:
    report = slip("solution.py", "def mean(values):", "def mean(values):\n    while True: pass")
    (total,) = report.tasks

    assert (
        report.score,
        report.final,
        {one.verdict for one in total.checks},
        messages.text(total.checks[0].message),
    ) == (
        6,
        False,
        {Verdict.BROKEN},
        "The grader could not decide this, which is not your fault: "
        "the solution did not answer (mean: no answer within 0.6 s).",
    )


def test_points_that_do_not_add_up_are_refused(slip: Callable[[str, str, str], Report]) -> None:
    with pytest.raises(
        AssignmentError, match=r"checks\.py: the checks are worth 7 points, assignment\.toml says 6"
    ):
        slip("checks.py", "points=3", "points=4")


# A box that is lost


@dataclass
class Leaking:
    """A sandbox that is lost for some runs: `lost` says by the files of the job, run by run."""

    box: Sandbox
    lost: Callable[[bytes], bool]

    def __post_init__(self) -> None:
        self.level, self.not_isolated = self.box.level, self.box.not_isolated

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        return (
            Ending(End.LOST)
            if self.lost(b"".join(files.values()))
            else self.box.run(job, limits, hear, files)
        )

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[object]:
        return self.box.holding(files)

    def alone(self) -> AbstractContextManager[object]:
        return self.box.alone()

    def close(self) -> None:
        """Whoever made the box closes it."""


@pytest.fixture
def leaking(
    folder: Path, sandbox: Sandbox, tmp_path: Path
) -> Callable[[Callable[[bytes], bool]], TaskResult]:
    """Return the marks of a right submission where the box is lost as the argument says."""

    def grade(lost: Callable[[bytes], bool]) -> TaskResult:
        found = read_assignment(folder)
        grader = Grader(found, found.only(("total",)), 5, Leaking(sandbox, lost), AnswerCache(tmp_path))
        files = {"total.py": f"# mine\n{TOTAL_SOLUTION}".encode()}
        return of(grader.grade(Submission("anna", files, {})))

    return grade


def test_a_box_that_is_lost_once_costs_nobody_anything(leaking: Callable[..., TaskResult]) -> None:
    runs = iter([True])
    result = leaking(lambda job: b"# mine" in job and next(runs, False))

    assert set(verdicts(result).values()) == {"passed"}


def test_whoever_loses_the_box_that_holds_for_the_solution_did_it(leaking: Callable[..., TaskResult]) -> None:
    result = leaking(lambda job: b"# mine" in job)

    assert (result.score, verdicts(result)["loads"], "broken" in verdicts(result).values()) == (
        0,
        "failed",
        False,
    )
    assert "brought the sandbox down twice, which the solution did not" in messages.text(
        check_of(result, "loads").message
    )


def test_a_box_that_is_lost_for_the_solution_too_is_our_fault(leaking: Callable[..., TaskResult]) -> None:
    runs = iter([False])  # the solution's answers are there, then everything is lost
    result = leaking(lambda job: next(runs, True))

    assert set(verdicts(result).values()) == {"broken"}


# Time for a task, and for a submission

Limited = Callable[[Limits], Grader]
SLEEPY = (
    "import time\n\n\ndef total(values):\n    time.sleep(0.2)\n    return values.sum()\n\n\n"
    "def mean(values):\n    return values.mean()\n"
)


@pytest.fixture
def limited(folder: Path, sandbox: Sandbox, tmp_path: Path) -> Limited:
    """Return a grader with other limits, which grades one task after the other."""

    def limited(limits: Limits) -> Grader:
        assignment = with_limits(read_assignment(folder), limits)
        return Grader(assignment, assignment.tasks, 5, sandbox, AnswerCache(tmp_path), workers=1)

    return limited


def slept(total: str = SLEEPY) -> Submission:
    """Return a submission with a right `cell.py` and this `total.py`."""
    return Submission("anna", {"total.py": total.encode(), "cell.py": CELL_SOLUTION.encode()}, {})


def test_a_program_that_idles_in_each_check_loses_what_it_is_not_asked_any_more(limited: Limited) -> None:
    report = limited(Limits(task_seconds=0.5)).grade(slept())
    used_up = "the program used up the time for one task (0.5 s for all its checks)"
    checks = {check.check: (check.verdict.value, messages.text(check.message)) for check in of(report).checks}

    assert checks["mean"] == ("failed", f"Not reached: {used_up}.")
    assert checks["short"] == ("skipped", "Skipped, because it depends on “A number is returned.”")
    assert checks["returned"] == ("failed", f"The program{used_up[11:]}.")


def test_a_task_that_used_up_its_time_costs_the_others_nothing(limited: Limited) -> None:
    report = limited(Limits(task_seconds=0.5)).grade(slept())

    assert (of(report).score, of(report, "cell").score, report.final) == (0, 1, True)


def test_a_submission_that_used_up_its_time_is_asked_nothing_more(limited: Limited) -> None:
    report = limited(Limits(submission_seconds=0.5)).grade(slept())
    used_up = "the program used up the time for the whole submission (0.5 s for all its tasks)"
    gate = of(report, "cell").checks[0]

    assert (report.score, report.final, verdicts(of(report, "cell"))["step"]) == (0, True, "skipped")
    assert (gate.check, gate.verdict.value, messages.text(gate.message)) == (
        "loads",
        "failed",
        f"Not reached: {used_up}.",
    )
    assert messages.text(check_of(of(report), "mean").message) == f"Not reached: {used_up}."


def test_each_submission_has_its_own_time(limited: Limited) -> None:
    grader = limited(Limits(submission_seconds=2))
    reports = [grader.grade(slept(source)) for source in (SLEEPY.replace("0.2", "2"), TOTAL_SOLUTION)]

    assert [report.score for report in reports] == [0, 7]
