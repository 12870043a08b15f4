"""What only the author can mend is a line with file and line, and no student's report."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import read_assignment
from grader.cli import main
from grader.errors import AssignmentError
from grader.judging.grading import Grader
from grader.report import messages
from grader.results.report import CheckResult, Report
from grader.sandbox.contract import Sandbox
from grader.submission.loader import Submission

TOML = 'title = "Sums"\nseed = 5\n\n[[tasks]]\nname = "total"\ntitle = "A total"\npoints = 1\n'
CHECKS = '''\
from grader import Task

task = Task()


@task.check(points=1, cases=2)
def total(impl, case):
    """The total is right."""
    return {"total": impl.total(case.normal(3, name="values"))}
'''
SOLUTION = "def total(values):\n    result = values.sum()\n    return result\n"

Faults = Callable[..., str]
Mark = Callable[..., Report]


def write(folder: Path, checks: str = CHECKS, solution: str = SOLUTION, **files: str) -> Path:
    (folder / "total" / "mistakes").mkdir(parents=True)
    (folder / "assignment.toml").write_text(TOML)
    (folder / "total" / "checks.py").write_text(checks)
    (folder / "total" / "solution.py").write_text(solution)
    for name, text in files.items():
        place = f"mistakes/{name}.patch" if text.startswith("A hint") else f"{name}.py"
        (folder / "total" / place).write_text(text)
    return folder


@pytest.fixture
def mark(sandbox: Sandbox, tmp_path: Path) -> Mark:
    """Return the report on a submission to an assignment of the given files."""

    def mark(submission: str = SOLUTION, **files: str) -> Report:
        assignment = read_assignment(write(tmp_path, **files))
        grader = Grader(assignment, assignment.tasks, 5, sandbox, AnswerCache(tmp_path / "key"))
        return grader.grade(Submission("anna", {"total.py": submission.encode()}, {}))

    return mark


@pytest.fixture
def fault(mark: Mark, tmp_path: Path) -> Faults:
    """Return what is said of an assignment, its folder left out."""

    def fault(submission: str = SOLUTION, **files: str) -> str:
        with pytest.raises(AssignmentError) as raised:
            mark(submission, **files)
        return str(raised.value).replace(f"{tmp_path}/", "")

    return fault


DOCUMENTED = '    """The total is right."""\n'


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        (
            CHECKS.replace(DOCUMENTED, ""),
            "total/checks.py: check 'total' has no docstring; its first line is the title students read "
            "(checks.py, line 6)",
        ),
        (
            CHECKS.replace('return {"total": ', "return [").replace(")}", ")]"),
            "total/checks.py, line 7: check total, case 0 fails on the solution: TypeError: "
            "a check returns a dict of observations, not a list of 1 (solution.py)",
        ),
        (
            CHECKS.replace('{"total"', "{5"),
            "total/checks.py, line 7: check total, case 0 fails on the solution: TypeError: "
            "a check returns observations by name; an int is no name (solution.py)",
        ),
        (
            CHECKS.replace("Task()", 'Task(forbid=["torch.nn.LSTN"])'),
            "total/checks.py, line 3: forbid: 'torch.nn.LSTN' is neither a layer nor an optimizer nor a function "  # noqa: E501
            "of torch or NumPy; is torch.nn.LSTM what you mean?",
        ),
        (
            CHECKS.replace("Task()", 'Task(forbid=["torch.equal"])'),
            "total/checks.py, line 3: forbid: 'torch.equal' cannot be refused: the grader needs it to draw or "  # noqa: E501
            "compare values",
        ),
        (
            CHECKS.replace("Task()", 'Task(allow_imports=["nump"])'),
            "total/checks.py, line 3: allow_imports: 'nump' is not a library that is installed; is 'numpy' "
            "what you mean?",
        ),
        (
            CHECKS.replace("Task()", 'Task(accept=["solution", "second"])'),
            "total/checks.py: accept= names 'second'; there is no second.py",
        ),
        (
            CHECKS.replace("Task()", 'Task(accept=["second"])'),
            'total/checks.py: accept= must name "solution", whose answers are shown (checks.py, line 3)',
        ),
        (
            CHECKS.replace("impl.total(", "(x for x in "),
            "total/checks.py, line 7: check total, case 0 returned on the solution what cannot be compared: "
            "total is a generator (solution.py)",
        ),
        (
            CHECKS.replace('"total": impl', '"a": {"b": [object]}, "total": impl'),
            "total/checks.py, line 7: check total, case 0 returned on the solution what cannot be compared: "
            'a["b"][0] is a type (solution.py)',
        ),
        (
            CHECKS.replace('"total": impl', '"h, c": impl'),
            "total/checks.py, line 7: check total, case 0 expects several values (h, c); the solution "
            "returned a float64 tensor of shape () (solution.py)",
        ),
        (
            CHECKS.replace("impl.total(", "impl.sum("),
            "total/checks.py, line 9: check total, case 0 fails on the solution: MissingName: "
            "total.py defines nothing called `sum`. (solution.py)",
        ),
        ("1 / 0\n", "total/checks.py: ZeroDivisionError: division by zero (checks.py, line 1)"),
    ],
)  # fmt: skip
def test_a_fault_in_checks_is_told_with_file_and_line(fault: Faults, checks: str, said: str) -> None:
    assert fault(checks=checks) == said


def test_a_solution_that_cannot_be_imported_is_told_with_file_and_line(fault: Faults) -> None:
    assert fault(solution="\nimport nothing\n") == (
        "total/solution.py, line 2: the solution cannot be imported: ModuleNotFoundError: "
        "No module named 'nothing'"
    )


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("result = value.sum()", "NameError in check total (name 'value' is not defined)"),
        ("result += values.sum()", "UnboundLocalError in check total"),
        ("result = values.summe()", "AttributeError in check total"),
    ],
)
def test_a_mistake_with_a_slip_in_it_is_refused(fault: Faults, new: str, said: str) -> None:
    patch = f"A hint.\n\n- result = values.sum()\n+ {new}\n"
    wrong = SOLUTION.replace("sum()", "mean()")

    assert fault(wrong, slip=patch).startswith(f"total/mistakes/slip.patch: the mistake raises {said}")


def test_a_mistake_that_an_exception_of_the_check_shows_is_a_mistake(mark: Mark) -> None:
    checks = CHECKS.replace('name="values"))}', 'name="values")).abs()}')
    nothing = "A hint.\n\n- return result\n+ return None\n"
    forgotten = "def total(values):\n    result = values.sum()\n"
    report = mark(forgotten, checks=checks, nothing=nothing)

    assert report.tasks[0].checks[-1].mistake == "nothing"


def test_a_fault_of_the_author_ends_with_one_line_and_code_2(tmp_path: Path, temporary: Path) -> None:
    folder = write(tmp_path / "homework", CHECKS.replace(DOCUMENTED, ""))
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna" / "total.py").write_text(SOLUTION)
    arguments = [str(tmp_path / "anna"), "--assignment", str(folder), "--out", str(tmp_path / "report")]
    ended = CliRunner(env={"XDG_CACHE_HOME": str(tmp_path / "cache")}).invoke(main, arguments)

    assert (ended.exit_code, len(ended.output.splitlines()), (tmp_path / "report").exists()) == (2, 1, False)


# What a student returns


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("(x for x in values)", "`total` is a generator;"),
        ("again()", "`total` is a list of 1 (list of 1 that contains itself);"),
        ("values.sum().item()", "`total` is "),
        ("values.numpy().sum(keepdims=True)[0]", "`total` is "),
        ("[values.sum()]", "`total` is a list of 1 (Tensor);"),
        ("Endless([1])", "`total` is a list of 1 (int);"),
        ("Liar(a=1)", '`total` is a dict of 1 ("a");'),
    ],
)
def test_what_cannot_be_compared_is_a_wrong_answer_of_that_type(mark: Mark, returned: str, said: str) -> None:
    submission = (
        "def again():\n    endless = []\n    endless.append(endless)\n    return endless\n\n"
        "class Endless(list):\n    def __iter__(self):\n        while True: yield 1\n"
        "    def __len__(self): return 10**12\n    def __eq__(self, other): return True\n\n"
        "class Liar(dict):\n    def items(self): return ()\n    def __len__(self): return 0\n\n"
        f"def total(values):\n    return {returned}\n"
    )
    check = mark(submission).tasks[0].checks[-1]

    assert (
        check.verdict,
        messages.text(check.message).startswith(said),
        messages.text(check.message).endswith("was expected."),
    ) == (
        "failed",
        True,
        True,
    )


# Several accepted answers

ACCEPTING = '''\
from grader import Task

task = Task(accept=["solution", "by_rows"])


@task.check(points=0.5, cases=3)
def first(impl, case):
    """The first is right."""
    return {"first": impl.both(case.normal(3, 3, name="x"))[0]}


@task.check(points=0.5, cases=3)
def second(impl, case):
    """The second is right."""
    return {"second": impl.both(case.normal(3, 3, name="x"))[1]}
'''
COLUMNS = "def both(x):\n    return x.sum(0), x.mean(0)\n"
ROWS = "def both(x):\n    return x.sum(1), x.mean(1)\n"


def checks_of(report: Report) -> dict[str, str]:
    return {check.check: check.verdict.value for check in report.tasks[0].checks[1:]}


@pytest.mark.parametrize(
    ("submission", "verdicts"),
    [
        (COLUMNS, ("passed", "passed")),
        (ROWS, ("passed", "passed")),
        ("def both(x):\n    return x.sum(0), x.mean(1)\n", ("passed", "passed")),
        ("def both(x):\n    return x.sum(1), x.mean()\n", ("passed", "failed")),
        (f"n = []\n{COLUMNS}".replace("sum(0)", "sum(n.append(0) or len(n) % 2)"), ("failed", "passed")),
    ],
)
def test_a_check_is_passed_by_who_answers_it_like_any_accepted_solution(
    mark: Mark, submission: str, verdicts: tuple[str, str]
) -> None:
    report = mark(submission, checks=ACCEPTING, solution=COLUMNS, by_rows=ROWS)

    assert checks_of(report) == dict(zip(("first", "second"), verdicts, strict=True))


# What only rounding hides

ROUNDED = "A hint.\n\n- result = values.sum()\n+ result = values.sum().float().double()\n"
IN_FLOAT32 = "def total(values):\n    return values.float().sum().double()\n"


def last(report: Report) -> CheckResult:
    return report.tasks[0].checks[-1]


def test_what_float32_rounds_away_is_no_mistake(mark: Mark) -> None:
    assert last(mark(IN_FLOAT32)).verdict == "passed"


def test_a_known_mistake_that_only_rounding_hides_is_found_out(mark: Mark) -> None:
    check = last(mark("def total(values):\n    return values.sum().float().double()\n", rounded=ROUNDED))

    assert (check.verdict, check.mistake) == ("failed", "rounded")
    assert "is right to the accuracy of float32, and no further" in messages.text(check.message)


def test_what_rounds_otherwise_than_the_known_mistake_passes(mark: Mark) -> None:
    assert last(mark(IN_FLOAT32, rounded=ROUNDED)).verdict == "passed"


def test_a_check_that_asks_for_digits_says_so(mark: Mark) -> None:
    check = last(mark(IN_FLOAT32, checks=CHECKS.replace("cases=2", "cases=2, digits=9")))

    assert (check.verdict, "but the check asks for 9 digits" in messages.text(check.message)) == (
        "failed",
        True,
    )


ONLY_NUMPY = CHECKS.replace("Task()", 'Task(allow_imports=["numpy"])')


@pytest.mark.parametrize(
    ("submission", "verdict"),
    [
        ("import math\nimport numpy as np\n" + SOLUTION, "passed"),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None\n" + SOLUTION, "passed"),
        ("import torch\n" + SOLUTION.replace("values.sum()", "torch.sum(values)"), "failed"),
        (SOLUTION.replace("    result =", "    import torch\n    result ="), "failed"),
        (SOLUTION.replace("    result =", "    __import__('torch')\n    result ="), "failed"),
        ("math = __import__('math', globals=None, locals=None, fromlist=['pi'])\n" + SOLUTION, "passed"),
    ],
)
def test_a_file_imports_only_the_libraries_that_its_task_allows(
    mark: Mark, submission: str, verdict: str
) -> None:
    (task,) = mark(submission, checks=ONLY_NUMPY).tasks

    assert task.checks[-1].verdict == verdict


def test_a_solution_that_uses_what_it_forbids_is_told_with_its_line(fault: Faults) -> None:
    forbidding = CHECKS.replace("Task()", 'Task(forbid=["torch.nn.LayerNorm"])')
    solution = "import torch\n" + SOLUTION.replace("values.sum()", "torch.layer_norm(values, (3,)).sum()")

    assert "torch.nn.LayerNorm" in fault(checks=forbidding, solution=solution)
