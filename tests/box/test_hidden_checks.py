"""Hidden checks: asked in a process of their own, and told as far as the author allows."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import read_assignment
from grader.audit.audit import Audit
from grader.errors import AssignmentError
from grader.judging.grading import Grader
from grader.report import json
from grader.report.html import submission_page
from grader.report.terminal import submission_summary
from grader.results.report import CheckResult, TaskResult, Verdict
from grader.sandbox.contract import Sandbox
from grader.submission.loader import Submission

TOML = 'title = "Sums"\nseed = 5\n[[tasks]]\nname = "sums"\ntitle = "Sums"\npoints = 10\n'
PUBLIC = '''
from grader import Task

task = Task()


def drawn(case):
    return case.normal(case.size("count"), name="values")


@task.check(points=4)
def short(impl, case):
    """A total is right."""
    return {"total": impl.total(drawn(case))}
'''
HIDDEN = '''
from checks import drawn, short, task


@task.check(points=3, after=short, hidden="TOLD")
def secret_sum(impl, case):
    """The secret title.

    The secret hint.
    """
    values = 7 * drawn(case)
    print("a secret word")
    return {"secret name": impl.total(values)}


@task.check(points=3)
def secret_mean(impl, case):
    """A mean is right."""
    return {"mean": impl.mean(case.normal(5))}
'''
SOLUTION = """\
def total(values):
    return values.sum()


def mean(values):
    return values.sum() / len(values)
"""
LARGE = "    return values.sum() if values.abs().max() < 5 else values[0]\n"
WRONG_LARGE = SOLUTION.replace("    return values.sum()\n", LARGE)
"""Right in the public check, and in a hidden one only where values are small."""

Mark = Callable[..., TaskResult]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hidden")
    (made / "sums" / "mistakes").mkdir(parents=True)
    (made / "assignment.toml").write_text(TOML)
    (made / "sums" / "checks.py").write_text(PUBLIC)
    (made / "sums" / "hidden_checks.py").write_text(HIDDEN.replace("TOLD", "title"))
    (made / "sums" / "solution.py").write_text(SOLUTION)
    (made / "sums" / "mistakes" / "one_more.patch").write_text(
        "title: One more\ncosts: 1\n\nToo much.\n\n- return values.sum()\n+ return values.sum() + 1\n"
    )
    return made


@pytest.fixture(scope="module")
def mark(folder: Path, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Mark:
    """Return the result of a submission whose first hidden check is told as it says."""
    cache = AnswerCache(tmp_path_factory.mktemp("cache"))

    def mark(source: str, told: str = "title") -> TaskResult:
        (folder / "sums" / "hidden_checks.py").write_text(HIDDEN.replace("TOLD", told))
        return report(grader(folder, sandbox, cache), source).tasks[0]

    return mark


def grader(folder: Path, sandbox: Sandbox, cache: AnswerCache) -> Grader:
    assignment = read_assignment(folder)
    return Grader(assignment, assignment.tasks, assignment.seed, sandbox, cache)


def report(grader: Grader, source: str):  # type: ignore[no-untyped-def]
    return grader.grade(Submission("anna", {"sums.py": source.encode()}, {}))


def checks(result: TaskResult) -> dict[str, CheckResult]:
    return {check.check: check for check in result.checks}


def verdicts(result: TaskResult) -> dict[str, str]:
    return {check.check: check.verdict.value for check in result.checks if check.check != "loads"}


def test_the_solution_passes_them(mark: Mark) -> None:
    result = mark(SOLUTION)

    assert verdicts(result) == {"short": "passed", "secret_sum": "passed", "secret_mean": "passed"}
    assert [result.score, *(c.hidden for c in result.checks)] == [10, False, False, True, True]


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("nothing", set()),
        ("title", {"title", "secret_sum"}),
        ("hint", {"title", "secret_sum", "hint"}),
        ("all", {"title", "secret_sum", "hint", "name"}),
    ],
)
def test_no_format_tells_more_of_a_failed_one_than_the_author_allows(
    folder: Path, sandbox: Sandbox, tmp_path: Path, told: str, seen: set[str]
) -> None:
    (folder / "sums" / "hidden_checks.py").write_text(HIDDEN.replace("TOLD", told))
    whole = report(grader(folder, sandbox, AnswerCache(tmp_path)), WRONG_LARGE)
    formats = (
        json.render(whole),
        submission_page.render(whole),
        submission_summary.render(whole, verbose=True),
        submission_summary.render(whole),
    )
    words = {
        "title": "secret title",
        "hint": "secret hint",
        "name": "secret name",
        "secret_sum": "secret_sum",
    }

    assert {key for key, word in words.items() for one in formats if word in one} == seen
    assert not [one for one in formats if "7 * drawn" in one or "a secret word" in one]
    assert [c.verdict for c in whole.tasks[0].checks if c.hidden] == [Verdict.FAILED, Verdict.PASSED]


def test_without_a_choice_of_the_check_the_assignment_decides(
    folder: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "sums")
    (tmp_path / "sums" / "assignment.toml").write_text(f'{TOML}hidden = "nothing"\n')
    found = report(grader(tmp_path / "sums", sandbox, AnswerCache(tmp_path)), "def total(values): return 1")

    assert [(c.check, c.title) for c in found.tasks[0].checks][-1] == ("hidden 2", "Hidden check 2.")


def test_the_process_of_the_public_checks_does_not_hold_them(mark: Mark) -> None:
    spy = "import gc\nseen = [o for o in gc.get_objects() if isinstance(o, dict) and 'secret_sum' in o]\n"
    result = mark(f"{spy}print('held' if seen else 'not held')\n{SOLUTION}")

    assert (result.output, result.score) == ("not held\n", 10)


def test_what_is_printed_while_they_are_asked_is_withheld(mark: Mark) -> None:
    said = f"import sys\n{SOLUTION}".replace(
        "    return values.sum() /",
        "    print('in the mean', open('/proc/self/stat').read())\n    return values.sum() /",
    )

    assert mark(said, "all").output == ""


def test_one_that_depends_on_a_failed_public_one_is_skipped(mark: Mark) -> None:
    result = mark(SOLUTION.replace("values.sum()\n", "values.prod()\n", 1))

    assert verdicts(result) == {"short": "failed", "secret_sum": "skipped", "secret_mean": "passed"}


def test_one_that_is_right_given_a_known_mistake_counts(mark: Mark) -> None:
    result = mark(SOLUTION.replace("values.sum()\n", "values.sum() + 1\n", 1))

    assert result.explanations[0].right_given == ("short", "secret_sum")
    assert (result.score, result.explanations[0].titles) == (9, ("One more",))


def test_one_that_is_right_after_a_repair_counts(mark: Mark) -> None:
    result = mark(SOLUTION.replace("values.sum()\n", "values.sum() - values[0]\n", 1), "nothing")

    assert result.explanations[0].repair is not None
    assert (result.explanations[0].right_given, result.score) == (("short", "hidden 1"), 8)


def test_a_failed_one_leads_to_no_mistake_and_no_repair(mark: Mark) -> None:
    result = mark(SOLUTION.replace("/ len(values)", "/ (len(values) + 1)"), "all")

    assert (verdicts(result)["secret_mean"], result.explanations, result.score) == ("failed", (), 7)


def test_a_program_that_ends_in_one_loses_that_one(mark: Mark) -> None:
    result = mark(SOLUTION.replace("    return values.sum() /", "    exit()\n    return values.sum() /"))

    assert verdicts(result) == {"short": "passed", "secret_sum": "passed", "secret_mean": "failed"}


def test_the_audit_counts_what_they_catch(folder: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    made = grader(folder, sandbox, AnswerCache(tmp_path))
    audit = Audit(made).check(made.assignment.tasks[0])
    kills = {check.check: check.kills for check in audit.checks}

    assert (audit.problems, audit.survivors, bool(kills["secret_mean"])) == ((), (), True)


@pytest.mark.parametrize(
    ("public", "hidden", "said"),
    [
        (PUBLIC.replace("points=4", 'points=4, hidden="all"'), HIDDEN, "hidden= belongs in hidden_checks.py"),
        (PUBLIC, HIDDEN.replace("TOLD", "some"), "hidden_checks.py, line 5"),
        (PUBLIC, PUBLIC, "from checks import task"),
        (PUBLIC, "from checks import task\n", "declares no check"),
        (PUBLIC, HIDDEN.replace("points=3)", "points=4)"), "checks.py and hidden_checks.py: the checks are"),
        (PUBLIC, "1 +", "hidden_checks.py, line 1"),
        (PUBLIC, HIDDEN.replace("TOLD", "all").replace("7 *", "1 / 0 *"), "hidden_checks.py, line 6"),
    ],
)  # fmt: skip
def test_a_slip_of_the_author_is_told_with_its_file(
    folder: Path, sandbox: Sandbox, tmp_path: Path, public: str, hidden: str, said: str
) -> None:
    shutil.copytree(folder, tmp_path / "sums")
    (tmp_path / "sums" / "sums" / "checks.py").write_text(public)
    (tmp_path / "sums" / "sums" / "hidden_checks.py").write_text(hidden.replace("TOLD", "all"))

    with pytest.raises(AssignmentError, match=said):
        report(grader(tmp_path / "sums", sandbox, AnswerCache(tmp_path)), SOLUTION)
