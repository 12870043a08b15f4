"""A kit grades as the whole assignment does, and nothing in it tells a solution."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from not_linux import python_without_linux

from grader.authoring.case import Case

TOML = """
title = "Sums"
seed = 5  # a comment of the author's

[[tasks]]
name = "sums"
title = "Sums of weighted values"
points = 10

[[tasks]]
name = "words"
title = "In words"
file = "words.md"
points = 2
"""
CHECKS = '''
from grader import Task

task = Task(accept=("solution", "other_way"))


@task.check(points=4)
def total(impl, case):
    """A weighted total is right."""
    return {"total": impl.total(case.normal(case.size("count"), name="values"))}


@task.check(points=2)
def gradient(impl, case):
    """Its gradient is right."""
    values = case.normal(3, name="values")
    return case.gradients(lambda: impl.total(values), values=values)
'''
HIDDEN = '''
from checks import task


@task.check(points=4)
def unseen(impl, case):
    """The name of a check that no student reads."""
    return {"total": impl.total(case.normal(1000))}
'''
SOLUTION = '''"""Totals."""

import torch
from torch import Tensor

HALF = 0.5
LIMIT = 40


def total(values: Tensor, weight: float = HALF) -> Tensor:
    """Return the weighted total of `values`."""
    weighted_by_the_solution = values * weight
    return _summed_by_the_solution(weighted_by_the_solution)


def _summed_by_the_solution(values: Tensor) -> Tensor:
    """A docstring of the solution's own."""
    return values.sum(dim=0)
'''
OTHER_WAY = "def total(values, weight=0.5):\n    return weight * sum(one for one in values)\n"
PATCH = """title: The weight is squared
costs: 10 %

Look at the weight: how often is it used?

- weighted_by_the_solution = values * weight
+ weighted_by_the_solution = values * weight * weight  # line of a mistake
"""
DETACHED = '''"""No gradient flows."""


def total(values, weight=0.5):
    only_a_mistake_has_this = values.detach()
    return only_a_mistake_has_this.sum() * weight
'''
QUESTION = """
title = "Why"
points = 2
statement = "Why is a total linear?"
model = "Because it is as the author answers."

[[items]]
name = "so"
title = "It says so, as only the rubric tells."
points = 2
"""
RIGHT = "def total(values, weight=0.5):\n    return (values * weight).sum()\n"
WRONG = {
    "right": RIGHT,
    "squared": "def total(values, weight=0.5):\n    return (values * weight ** 2).sum()\n",
    "detached": "def total(values, weight=0.5):\n    return (values.detach() * weight).sum()\n",
    "another": "def total(values, weight=0.5):\n    return (values * weight).sum() - weight\n",
    "raises": "def total(values, weight=0.5):\n    raise KeyError('no')\n",
    "hangs": "def total(values, weight=0.5):\n    while True: pass\n",
    "unparsed": "def total(values\n",
}
SECRETS = (
    *("weighted_by_the_solution", "summed_by_the_solution", "A docstring of the solution's own"),
    *("LIMIT = 40", "line of a mistake", "only_a_mistake_has_this", "one for one in values"),
    *("The name of a check that no student reads", "unseen"),
    *("as the author answers", "only the rubric tells"),
    "a comment of the author's",
)


def grade(*arguments: object, program: object = sys.executable) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(program), "-m", "grader", *map(str, arguments)], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assignment with a hidden check, two right programs, two mistakes and a question in words."""
    folder = tmp_path_factory.mktemp("whole")
    task = folder / "sums"
    (task / "mistakes").mkdir(parents=True)
    (folder / "words").mkdir()
    (folder / "assignment.toml").write_text(TOML)
    (folder / "words" / "1.toml").write_text(QUESTION)
    (task / "task.md").write_text("# Sums\n\nWrite `total`: $w \\sum_i x_i$.\n")
    for name, source in (
        ("checks.py", CHECKS),
        ("hidden_checks.py", HIDDEN),
        ("solution.py", SOLUTION),
        ("other_way.py", OTHER_WAY),
        ("equivalent.toml", ""),
        ("mistakes/squared.patch", PATCH),
        ("mistakes/detached.py", DETACHED),
    ):
        (task / name).write_text(source)
    return folder


@pytest.fixture(scope="module")
def kit(whole: Path) -> Path:
    folder = whole.parent / "kit"
    ran = grade("kit", folder, "--assignment", whole)
    assert (ran.returncode, ran.stderr) == (0, "")
    return folder


def contents(kit: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a kit, those in the wheel too, and what is compressed in a key."""
    for path in sorted(path for path in kit.rglob("*") if path.is_file()):
        yield str(path.relative_to(kit)), path.read_bytes()
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{path.name}/{name}", archive.read(name)) for name in archive.namelist())
    for path in kit.glob("*/answers.key"):
        yield f"{path.name}, unpacked", zlib.decompress(path.read_bytes().split(b"\n", 1)[1])


def verdicts(folder: Path, assignment: Path, program: object = sys.executable) -> dict[str, Any]:
    """Return the report on a submission, without hidden checks."""
    ran = grade(
        folder, "--assignment", assignment, "--out", folder.parent / "report", "--json", program=program
    )
    assert ran.stdout, ran.stderr
    return {task["task"]: task for task in json.loads(ran.stdout)["tasks"]}["sums"]  # type: ignore[no-any-return]


def handed_in(tmp_path: Path, source: str) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir(exist_ok=True)
    (folder / "sums.py").write_text(source)
    return folder


# What is in it


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_in_no_file_of_the_kit(kit: Path, secret: str) -> None:
    assert [name for name, data in contents(kit) if secret.encode() in data] == []


def test_what_is_published_is_found_by_the_same_search(kit: Path) -> None:
    found = {name for name, data in contents(kit) if b"The weight is squared" in data}

    assert found == {"answers.key, unpacked"}


@pytest.mark.parametrize(("seed", "known"), [(5, True), (6, False)])
def test_what_the_public_seed_draws_is_in_it_and_what_another_one_draws_is_not(
    kit: Path, seed: int, known: bool
) -> None:
    case = Case("total", 8, seed, torch.float64)
    drawn = case.normal(case.size("count"), name="values").numpy().tobytes()

    assert any(drawn in data for _, data in contents(kit)) is known


def test_the_folder_has_what_a_course_publishes(kit: Path) -> None:
    files = {str(path.relative_to(kit)) for path in kit.rglob("*") if path.is_file()}

    assert {name for name in files if not name.endswith(".whl")} == {
        *("README.md", "assignment.toml", "starter/sums.py", "starter/words.md"),
        *("sums/answers.key", "sums/checks.py", "sums/task.html", "sums/task.md"),
        *("words/task.html", "words/task.md"),
    }


def test_a_starter_file_has_signatures_and_docstrings(kit: Path) -> None:
    assert (kit / "starter" / "sums.py").read_text() == (
        '"""Totals."""\n\nimport torch\nfrom torch import Tensor\n\nHALF = 0.5\n\n\n'
        "def total(values: Tensor, weight: float=HALF) -> Tensor:\n"
        '    """Return the weighted total of `values`."""\n'
        "    raise NotImplementedError\n"
    )


def test_a_statement_is_a_page_with_formulas(kit: Path) -> None:
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML"' in (kit / "sums" / "task.html").read_text()


# Grading with it


@pytest.mark.parametrize("name", WRONG)
def test_the_kit_and_the_whole_assignment_say_the_same(
    kit: Path, whole: Path, tmp_path: Path, name: str
) -> None:
    folder = handed_in(tmp_path, WRONG[name])
    one, other = verdicts(folder, kit), verdicts(folder, whole)
    public = [check for check in other["checks"] if not check["hidden"]]

    assert one["checks"] == public
    assert [(e["mistakes"], e["repair"], e["price"]) for e in one["explanations"]] == [
        (e["mistakes"], e["repair"], e["price"]) for e in other["explanations"]
    ]


def test_a_student_learns_how_many_checks_are_hidden(kit: Path, tmp_path: Path) -> None:
    ran = grade(handed_in(tmp_path, RIGHT), "--assignment", kit, "--out", tmp_path / "report")
    said = " ".join(ran.stdout.split())

    assert "1 hidden check, worth 4 points, can only be run by your instructors." in said
    assert "what it says of repairs and marks is provisional." in said
    assert (ran.returncode, "6 of 6 points" in said) == (0, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "platform"), [("right", "win32"), ("squared", "darwin"), ("another", "win32")]
)
def test_without_what_only_linux_has_the_kit_says_the_same(
    kit: Path, tmp_path: Path, name: str, platform: str
) -> None:
    folder = handed_in(tmp_path, WRONG[name])

    assert verdicts(folder, kit, python_without_linux(tmp_path, platform)) == verdicts(folder, kit)


@pytest.mark.slow
def test_without_what_only_linux_has_it_says_what_is_not_isolated(kit: Path, tmp_path: Path) -> None:
    program = python_without_linux(tmp_path, "darwin")
    ran = grade(
        handed_in(tmp_path, RIGHT), "--assignment", kit, "--out", tmp_path / "report", program=program
    )

    assert "Not isolated from the program: files of this machine, the network, other processes." in " ".join(
        ran.stdout.split()
    )


def test_checks_that_were_changed_are_refused(kit: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    (changed / "sums").mkdir(parents=True)
    for name in ("assignment.toml", "sums/answers.key"):
        (changed / name).write_bytes((kit / name).read_bytes())
    (changed / "sums" / "checks.py").write_text(CHECKS + "\n")
    ran = grade(handed_in(tmp_path, RIGHT), "--assignment", changed)

    assert (ran.returncode, "get the kit again" in ran.stderr) == (2, True)


def test_a_machine_that_draws_other_inputs_costs_nothing(kit: Path, tmp_path: Path) -> None:
    # A later version of torch would do that. This program does it to its own generator.
    source = (
        "import grader.authoring.case as case, torch\n"
        "case._GRID = 2.0**6\n"
        "def total(values, weight=0.5):\n    return (values * weight).sum()\n"
    )
    ran = grade(handed_in(tmp_path, source), "--assignment", kit, "--out", tmp_path / "report", "--json")
    report = json.loads(ran.stdout)
    (task,) = report["tasks"]

    assert (ran.returncode, report["final"]) == (2, False)
    assert {check["verdict"] for check in task["checks"] if check["points"]} == {"broken"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("class", "{mine}", "--assignment", "{kit}", "--out", "{out}"), "name the whole assignment"),
        (("check", "{kit}"), "name the whole assignment"),
        (("kit", "{out}", "--assignment", "{kit}"), "name the whole assignment"),
        (("pack", "gradescope", "{out}", "--assignment", "{kit}"), "name the whole assignment"),
        (("{mine}", "--assignment", "{kit}", "--seed", "6"), "it has answers for the seed 5 only"),
        (("kit", "{kit}", "--assignment", "{whole}"), "not empty; name a new folder"),
    ],
)
def test_what_needs_the_whole_assignment_is_refused(
    kit: Path, whole: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    places = {"kit": kit, "whole": whole, "out": tmp_path / "out", "mine": handed_in(tmp_path, RIGHT)}
    ran = grade(*(argument.format(**places) for argument in arguments))

    assert (ran.returncode, said in ran.stderr) == (2, True)


def test_a_starter_file_that_could_not_be_imported_is_refused(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "assignment"
    (folder / "sums").mkdir(parents=True)
    (folder / "assignment.toml").write_text(TOML.split('[[tasks]]\nname = "words"')[0].replace("10", "6"))
    (folder / "sums" / "task.md").write_text("# Sums\n")
    (folder / "sums" / "checks.py").write_text(CHECKS.replace('accept=("solution", "other_way")', ""))
    (folder / "sums" / "solution.py").write_text(
        "def half():\n    return 0.5\n\n"
        "def total(values, weight=half()):\n    return (values * weight).sum()\n"
    )
    ran = grade("kit", tmp_path / "kit", "--assignment", folder)

    assert (ran.returncode, (tmp_path / "kit").exists()) == (2, False)
    assert "starter/sums.py, line 5: NotImplementedError" in ran.stderr


def test_a_check_whose_answers_depend_on_the_processor_is_refused(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "assignment"
    (folder / "sums").mkdir(parents=True)
    (folder / "assignment.toml").write_text(TOML.split('[[tasks]]\nname = "words"')[0].replace("10", "6"))
    (folder / "sums" / "task.md").write_text("# Sums\n")
    (folder / "sums" / "checks.py").write_text(CHECKS.replace('accept=("solution", "other_way")', ""))
    (folder / "sums" / "solution.py").write_text(
        "import torch\n\n"
        "def total(values, weight=0.5):\n"
        "    plain = torch.backends.cpu.get_cpu_capability() == 'DEFAULT'\n"
        "    return (values * weight).sum() * (1 + 1e-6 * plain)\n"
    )
    ran = grade("kit", tmp_path / "kit", "--assignment", folder)

    assert (ran.returncode, (tmp_path / "kit").exists()) == (2, False)
    assert re.search(r"to check total, case \d+ moves by more than a tenth of the tolerance", ran.stderr)


# Watching


def test_a_saved_file_is_graded_again(kit: Path, tmp_path: Path) -> None:
    folder = handed_in(tmp_path, WRONG["squared"])
    command = [sys.executable, "-m", "grader", str(folder), "--assignment", str(kit), "--watch"]
    lines: list[str] = []
    seen = threading.Event()
    with subprocess.Popen(
        [*command, "--out", str(tmp_path / "report")], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as watching:
        assert watching.stdout is not None
        for line in watching.stdout:
            lines.append(line)
            if line.startswith("Watching"):
                (folder / "sums.py").write_text(RIGHT)
            elif line == "6 of 6 points\n":
                seen.set()
                os.kill(watching.pid, signal.SIGINT)
    said = "".join(lines)

    assert (seen.is_set(), watching.returncode) == (True, 0)
    assert "sums: 2 of 2 checks passed" in said and "now right: “A weighted total is right”" in said


def test_a_save_during_the_first_grading_is_graded_too(kit: Path, tmp_path: Path) -> None:
    # It is the program itself that saves: without isolation it can.
    path = tmp_path / "mine" / "sums.py"
    saving = f"open({str(path)!r}, 'w').write({RIGHT!r})\n" + WRONG["squared"]
    folder = handed_in(tmp_path, saving)
    command = [sys.executable, "-m", "grader", str(folder), "--assignment", str(kit), "--watch"]
    said = ""
    with subprocess.Popen(
        [*command, "--no-sandbox", "--out", str(tmp_path / "report")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    ) as watching:
        assert watching.stdout is not None
        ends = threading.Timer(60, watching.kill)  # if the save is missed, it waits for another one
        ends.start()
        for line in watching.stdout:
            said += line
            if line == "6 of 6 points\n":
                os.kill(watching.pid, signal.SIGINT)
        ends.cancel()

    assert (watching.returncode, path.read_text()) == (0, RIGHT)
    assert "now right: “A weighted total is right”" in said


def test_watching_is_for_one_folder_and_text(kit: Path, tmp_path: Path) -> None:
    ran = grade(handed_in(tmp_path, RIGHT), "--assignment", kit, "--watch", "--json")

    assert (ran.returncode, ran.stderr) == (2, "grade: --watch is for one folder, and prints text only.\n")
