"""Tasks whose module has another path, shares a file with another task, or consists of several files."""

from pathlib import Path

import pytest

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import read_assignment, wanted_names
from grader.audit.audit import Audit
from grader.errors import AssignmentError
from grader.judging.grading import Grader
from grader.results.report import Report
from grader.sandbox.contract import Sandbox
from grader.submission.loader import read_submission

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference.md").read_text().partition("## Other files")[2]
TOML = PAGE.partition("```toml\n")[2].partition("```")[0]
CHECKS = '''
from grader import Task

task = Task()


@task.check(points=3)
def right(impl, case):
    """It is right."""
    return {"value": impl.NAME(case.normal(3, name="x"))}
'''
TRAINING = (
    CHECKS.replace("NAME", "train").replace("points=3", "points=2")
    + '''

@task.check(points=2)
def layer(impl, case):
    """The layer is right, too."""
    return {"value": impl.affine(case.normal(3, name="x"))}
'''
)
AFFINE = "def affine(x):\n    return 2 * x + 1\n"
SOFTMAX = "def softmax(x):\n    return x.exp() / x.exp().sum()\n"
SOLVER = "from .layers import affine\n\n\ndef train(x):\n    return affine(affine(x))\n"
RIGHT = {"cs231n/layers.py": f"{AFFINE}\n\n{SOFTMAX}", "cs231n/solver.py": SOLVER, "cs231n/__init__.py": ""}


@pytest.fixture(scope="module")
def grader(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Grader:
    made = tmp_path_factory.mktemp("layers")
    (made / "assignment.toml").write_text(TOML)
    for name, checks in (
        ("affine", CHECKS.replace("NAME", "affine")),
        ("softmax", CHECKS.replace("NAME", "softmax")),
        ("training", TRAINING),
    ):
        (made / name / "mistakes").mkdir(parents=True)
        (made / name / "checks.py").write_text(checks)
    (made / "affine" / "solution.py").write_text(AFFINE)
    (made / "softmax" / "solution.py").write_text(SOFTMAX)
    files(made / "training" / "solution", {"cs231n/layers.py": AFFINE, "cs231n/solver.py": SOLVER})
    (made / "training" / "mistakes" / "once.patch").write_text(
        "Twice.\n\n- return affine(affine(x))\n+ return affine(x)\n"
    )
    assignment = read_assignment(made)
    return Grader(assignment, assignment.tasks, assignment.seed, sandbox, AnswerCache(made / "cache"))


def files(folder: Path, contents: dict[str, str]) -> Path:
    for path, text in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def report(grader: Grader, folder: Path) -> Report:
    wanted = wanted_names(grader.tasks)
    return grader.grade(read_submission(folder, tuple(wanted), wanted))


def scores(found: Report) -> list[float]:
    return [task.score for task in found.tasks]


@pytest.mark.parametrize("below", ["", "work/"])
def test_a_right_submission_gets_all_points(grader: Grader, tmp_path: Path, below: str) -> None:
    handed_in = files(tmp_path, {f"{below}{path}": text for path, text in RIGHT.items()})

    assert scores(report(grader, handed_in)) == [3, 3, 4]


def test_an_import_by_the_whole_path_works(grader: Grader, tmp_path: Path) -> None:
    absolute = {**RIGHT, "cs231n/solver.py": SOLVER.replace(".layers", "cs231n.layers")}

    assert scores(report(grader, files(tmp_path, absolute))) == [3, 3, 4]


def test_the_file_in_the_named_folder_is_taken_and_no_other(grader: Grader, tmp_path: Path) -> None:
    other = {"old/layers.py": "def affine(x):\n    return x\n"}

    assert scores(report(grader, files(tmp_path, RIGHT | other))) == [3, 3, 4]


def test_a_missing_file_is_named_and_costs_its_task(grader: Grader, tmp_path: Path) -> None:
    some = {path: text for path, text in RIGHT.items() if "solver" not in path}
    found = report(grader, files(tmp_path, some))

    assert scores(found) == [3, 3, 0]
    assert found.tasks[2].checks[0].title == "`cs231n/solver.py` exists and can be imported."
    assert found.tasks[2].wanted_file == "cs231n/solver.py"


def test_a_known_mistake_in_one_of_several_files_is_named(grader: Grader, tmp_path: Path) -> None:
    wrong = {**RIGHT, "cs231n/solver.py": SOLVER.replace("affine(affine(x))", "affine(x)")}
    found = report(grader, files(tmp_path, wrong))

    assert [check.mistake for check in found.tasks[2].checks] == ["", "once", ""]


def test_a_repair_names_the_path(grader: Grader, tmp_path: Path) -> None:
    wrong = {**RIGHT, "cs231n/layers.py": RIGHT["cs231n/layers.py"].replace("2 * x + 1", "2 * x - 1")}
    repair = report(grader, files(tmp_path, wrong)).tasks[0].explanations[0].repair

    assert repair is not None and (repair.file, repair.line) == ("cs231n/layers.py", 2)


def test_an_audit_finds_nothing_to_correct(grader: Grader) -> None:
    audits = [Audit(grader).check(task) for task in grader.tasks]

    assert [(audit.problems, audit.survivors, audit.passed) for audit in audits] == [((), (), True)] * 3


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ('files = ["a.py", "b.py"]\nfile = "a.py"', "leave one of them out"),
        ('file = "../a.py"', "file"),
        ('files = ["a.py", "b.py"]', "solution/a.py is missing"),
    ],
)
def test_a_slip_of_the_author_is_told(tmp_path: Path, key: str, said: str) -> None:
    files(tmp_path, {"sums/checks.py": CHECKS, "sums/solution.py": AFFINE})
    entry = f'[[tasks]]\nname = "sums"\ntitle = "Sums"\npoints = 1\n{key}\n'
    (tmp_path / "assignment.toml").write_text(f'title = "Sums"\nseed = 1\n{entry}')

    with pytest.raises(AssignmentError, match=said):
        read_assignment(tmp_path)
