"""Imports go down only, and the grading process never needs torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import grader

PACKAGE = Path(grader.__file__).parent

LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("whole_class",),
    ("counterexamples",),
    ("course",),
    ("desks",),
    ("desk",),
    ("report.check_html", "report.check_terminal", "starting"),
    ("report.*", "checking"),
    ("summary", "policy"),
    ("marks",),
    ("grading", "remembered", "students"),
    ("explaining",),
    ("trusted",),
    ("evidence", "snippet", "naming", "diagnosis", "laws", "key", "source", "mutants", "import_help"),
    ("asking", "judge", "assignment", "clusters", "comparing", "handed_in", "lasting", "roster"),
    ("submission", "mistakes", "sandbox.*", "worker"),
    ("taking",),
    ("__init__", "task", "forbid", "importing", "notebook"),
    ("case", "observation", "layers", "class_results", "places", "own_files", "starting_state", "magics"),
    ("syntax",),
    ("errors", "results"),
)
"""From top to bottom; what a module imports lies below it, or beside it in the same package."""

NARROW = {
    # What a report format sees is a report.
    "report.json": {"results"},
    "report.terminal": {"report.visible", "results"},
    "judge": {"observation"},
    # A submission knows nothing of what it is asked.
    "submission": {"errors", "notebook", "places", "taking"},
    "results": set(),
    "errors": set(),
    # What runs beside a stranger's program is all there is in the box.
    "worker": {
        "case",
        "errors",
        "forbid",
        "importing",
        "observation",
        "own_files",
        "starting_state",
        "task",
    },
}


def modules() -> dict[str, Path]:
    """Return the modules of the package by their names below it."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] not in ("bundled", "starter"):
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, the lazy ones too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for part in node.body
        for inner in ast.walk(part)
    }
    names = modules()
    found = set()
    for node in ast.walk(tree):
        if node in skipped or not isinstance(node, (ast.ImportFrom, ast.Import)):
            continue
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        else:
            wanted = [f"{node.module}.{alias.name}" for alias in node.names] + [str(node.module)]
        for name in wanted:
            below = name.removeprefix("grader.")
            if name.startswith("grader.") and below in names and below not in ("report", "sandbox"):
                found.add(below)
    return found


def height(module: str) -> int:
    """Return the layer of a module, 0 for the top."""
    group = module.partition(".")[0]
    for name in (module, f"{group}.*"):
        for number, layer in enumerate(LAYERS):
            if name in layer:
                return number
    raise AssertionError(f"{module} stands in no layer")


def test_every_module_stands_in_a_layer() -> None:
    placed = {name for name in modules() if name not in ("report", "sandbox") and height(name) >= 0}

    assert placed == set(modules()) - {"report", "sandbox"}


@pytest.mark.parametrize("module", sorted(set(modules()) - {"report", "sandbox"}))
def test_imports_go_down_only(module: str) -> None:
    upwards = {
        name
        for name in imports(modules()[module])
        if height(name) < height(module)
        or (height(name) == height(module) and name.partition(".")[0] != module.partition(".")[0])
    }

    assert upwards == set()


@pytest.mark.parametrize("module", NARROW)
def test_a_module_knows_no_more_than_it_needs(module: str) -> None:
    assert imports(modules()[module]) <= NARROW[module]


def test_what_is_bound_into_the_box_imports_nothing_that_is_not() -> None:
    from grader.sandbox import mounts

    bound = {name.removesuffix(".py").replace("/", ".") for name in mounts.ours()}
    missing = {
        (name, wanted)
        for name in bound & set(modules())
        for wanted in imports(modules()[name])
        if wanted not in bound
    }

    assert missing == set()


TESTED_ELSEWHERE = {
    # By `test_course_parts.py`.
    "class_results", "clusters", "policy", "roster", "summary",
    # By `test_course.py` and `test_cli.py`.
    "whole_class", "__main__",
    # Behaviour is promised elsewhere; `sandbox_contract.py` holds each back end to the contract.
    "errors", "sandbox.contract",
    "__init__", "report", "sandbox",
}  # fmt: skip


def test_every_other_module_has_tests_of_its_name() -> None:
    tests = Path(__file__).parent
    missing = {
        name
        for name in modules()
        if not (tests / Path(*name.split(".")[:-1]) / f"test_{name.split('.')[-1]}.py").is_file()
    }

    assert missing == TESTED_ELSEWHERE


def loaded_after(statement: str) -> set[str]:
    """Return which heavy libraries a fresh interpreter has loaded after `statement`."""
    program = f"import sys; {statement}; print(*{{'torch', 'sympy'}} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    "names",
    [
        "grader.cli",
        "grader.judging.grading, grader.judge, grader.key, grader.source, grader.submission",
        "grader.report.terminal.submission_summary, grader.report.json, grader.report.write",
        "grader.sandbox.linux, grader.sandbox.probe, grader.sandbox.process",
    ],
)
def test_the_grading_process_needs_no_torch(names: str) -> None:
    assert loaded_after(f"import {names}") == set()


def test_grading_a_submission_loads_no_torch(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from contextlib import closing\n"
        "from pathlib import Path\n"
        "from grader.assignment.loader import bundled, read_assignment\n"
        "from grader.judging.grading import Grader\n"
        "from grader.asking.answer_cache import AnswerCache\n"
        "from grader.report import json, terminal\n"
        "from grader.sandbox.probe import open_sandbox\n"
        "from grader.submission.loader import Submission\n"
        "with closing(open_sandbox()) as box:\n"
        "    found = read_assignment(bundled())\n"
        "    tasks = found.only(('param_counter',))\n"
        "    submission = Submission('x', {'param_counter.py': tasks[0].solution.encode()}, {})\n"
        "    report = Grader(found, tasks, 1, box, Key(Path(sys.argv[1]))).grade(submission)\n"
        "json.render(report), terminal.render(report)\n"
        "print(report.score == report.points, 'torch' in sys.modules)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert ended.stdout == "True False\n"
