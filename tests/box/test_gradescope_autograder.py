"""The packed autograder, in the folders that Gradescope makes: what it leaves for whom."""

import html
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.loader import read_assignment
from grader.assignment.starter import write_assignment
from grader.packing.gradescope import autograder

MORE_TASKS = """
[[tasks]]
name = "again"
title = "The same again"
points = 5
file = "course/layers.py"

[[tasks]]
name = "words"
title = "In words"
points = 2
file = "words.md"
"""
QUESTION = """
title = "Why"
points = 2
statement = "Why are features standardized?"
model = "Because their scales differ."

[[items]]
name = "scales"
title = "Scales are named."
points = 2
"""
HANGING = "while True:\n    pass\n"


@dataclass
class Gradescope:
    """The folder `/autograder`, at another place."""

    root: Path

    def hand_in(self, program: str) -> None:
        (self.root / "submission" / "standardize.py").write_text(program)
        (self.root / "results" / "results.json").unlink(missing_ok=True)

    def start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [self.root / "run_autograder"],
            cwd=self.root,
            start_new_session=True,
            env={"PATH": os.environ["PATH"]},
        )

    def results(self) -> dict[str, Any]:
        return json.loads((self.root / "results" / "results.json").read_text())

    def grade(self, program: str) -> dict[str, Any]:
        self.hand_in(program)
        self.start().wait()
        return self.results()


def _link(source: str, target: str) -> None:
    """Copy a file without using space for it, if that is possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def uploaded(assignment: Path, root: Path) -> Path:
    """Return `root` with what is there when Gradescope has unpacked the autograder."""
    archive = root / "autograder.zip"
    archive.write_bytes(autograder(read_assignment(assignment)))
    for folder in ("source", "submission", "results"):
        (root / folder).mkdir()
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(root / "source")
    return root


@pytest.fixture(scope="module")
def gradescope(tmp_path_factory: pytest.TempPathFactory) -> Gradescope:
    assignment = tmp_path_factory.mktemp("written") / "assignment"
    write_assignment(assignment)
    settings = assignment / "assignment.toml"
    settings.write_text(settings.read_text().replace("wall_seconds = 10", "wall_seconds = 3"))
    root = uploaded(assignment, tmp_path_factory.mktemp("autograder"))
    # As setup.sh does it, but with the libraries that are here instead of downloaded ones.
    venv.create(root / "venv", symlinks=True, with_pip=False)
    (packages,) = (root / "venv").glob("lib/python*/site-packages")
    (wheel,) = (root / "source").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(packages)
    ours = shutil.ignore_patterns("__editable__*", "torch_homework_grader*", "grader", "__pycache__", "pip")
    here = sysconfig.get_path("purelib")
    shutil.copytree(here, packages, copy_function=_link, ignore=ours, dirs_exist_ok=True)
    script = root / "run_autograder"
    script.write_bytes((root / "source" / "run_autograder").read_bytes())
    script.chmod(0o755)
    return Gradescope(root)


@pytest.fixture
def image(gradescope: Gradescope, tmp_path: Path) -> Path:
    """The folder before `setup.sh`, for an assignment with two tasks in one file and one in words."""
    assignment = tmp_path / "assignment"
    write_assignment(assignment)
    shutil.copytree(assignment / "standardize", assignment / "again")
    for name in ("checks.py", "solution.py"):
        path = assignment / "again" / name
        path.write_text(path.read_text().replace("standardize(", "again("))
    settings = assignment / "assignment.toml"
    settings.write_text(f'{settings.read_text()}file = "course/layers.py"\n{MORE_TASKS}')
    (assignment / "words").mkdir()
    (assignment / "words" / "1.toml").write_text(QUESTION)
    root = tmp_path / "autograder"
    root.mkdir()
    # The environment is there already, so that nothing is downloaded.
    (root / "venv").symlink_to(gradescope.root / "venv")
    return uploaded(assignment, root)


def set_up(image: Path) -> "subprocess.CompletedProcess[str]":
    """Run `setup.sh` on a machine on which making an environment and `pip install` do nothing."""
    programs = image.parent / "programs"
    programs.mkdir()
    python = programs / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    (packages,) = (image / "venv").glob("lib/python*/site-packages")
    (packages / "pip.py").touch()
    return subprocess.run(
        ["bash", image / "source" / "setup.sh"],
        env={"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(image.parent)},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def solution(gradescope: Gradescope) -> str:
    return (gradescope.root / "source" / "assignment" / "standardize" / "solution.py").read_text()


def test_the_grader_of_the_archive_grades(gradescope: Gradescope) -> None:
    python = gradescope.root / "venv" / "bin" / "python"
    said = subprocess.run([python, "-I", "-c", "import grader; print(grader.__file__)"], capture_output=True)

    assert said.stdout.decode().startswith(str(gradescope.root))


def test_the_scripts_may_be_run_and_are_those_of_bash(gradescope: Gradescope) -> None:
    with zipfile.ZipFile(gradescope.root / "autograder.zip") as packed:
        rights = {entry.filename: entry.external_attr >> 16 for entry in packed.infolist()}

    assert rights["setup.sh"] & rights["run_autograder"] & 0o111 == 0o111
    for script in ("setup.sh", "run_autograder"):
        assert subprocess.run(["bash", "-n", gradescope.root / "source" / script]).returncode == 0


def test_a_right_submission_gets_all_points(gradescope: Gradescope, solution: str) -> None:
    results = gradescope.grade(solution)

    assert results["score"] == sum(test["max_score"] for test in results["tests"]) > 0
    assert all(test["status"] == "passed" for test in results["tests"])


def test_a_wrong_submission_is_told_what_is_wrong(gradescope: Gradescope) -> None:
    results = gradescope.grade("def standardize(x):\n    return x\n")
    failed = [test for test in results["tests"] if test["status"] == "failed"]

    assert results["score"] < sum(test["max_score"] for test in results["tests"])
    assert any("expected" in test["output"] for test in failed)


def test_a_hostile_submission_neither_writes_results_nor_reads_the_solution(
    gradescope: Gradescope, solution: str
) -> None:
    root = str(gradescope.root)
    solution_path = f"{root}/source/assignment/standardize/solution.py"
    program = f"""
import glob, os, sys
for path in [*glob.glob({root + "/**"!r}, recursive=True), {solution_path!r}]:
    try:
        print(open(path).read())
    except OSError as error:
        print(type(error))
for name in ("results.json", ".results.json"):
    try:
        open({root + "/results/"!r} + name, "w").write('{{"score": 1000}}')
    except OSError:
        pass
def standardize(x):
    print("::error::<script>alert(1)</script>")
    os.kill(os.getppid(), 9)
    os._exit(0)
"""
    results = gradescope.grade(program)

    assert results["score"] == 0
    assert results["extra_data"]["final"] is True
    assert solution.splitlines()[-1] not in json.dumps(results)
    assert os.listdir(gradescope.root / "results") == ["results.json"]


def test_a_hanging_submission_is_told_that_it_took_too_long(gradescope: Gradescope) -> None:
    results = gradescope.grade(HANGING)

    assert results["score"] == 0
    assert any("no answer within 3 s" in test["output"] for test in results["tests"])


def test_a_run_that_the_platform_ends_leaves_a_result(gradescope: Gradescope) -> None:
    gradescope.hand_in(HANGING)
    running = gradescope.start()
    while not (gradescope.root / "results" / "results.json").exists():
        assert running.poll() is None
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()

    assert "did not finish in time" in gradescope.results()["output"]


def test_a_run_without_a_report_says_that_it_is_not_the_students_fault(
    gradescope: Gradescope, solution: str
) -> None:
    settings = gradescope.root / "source" / "assignment" / "assignment.toml"
    whole = settings.read_text()
    settings.write_text("no = [")
    try:
        results = gradescope.grade(solution)
    finally:
        settings.write_text(whole)

    assert "not your fault" in results["output"]


def test_a_student_with_a_wrong_file_name_reads_which_name_was_meant(
    gradescope: Gradescope, solution: str
) -> None:
    gradescope.hand_in(solution)
    handed_in = gradescope.root / "submission" / "standardize.py"
    wrong = handed_in.rename(handed_in.with_name("standardise.py"))
    try:
        gradescope.start().wait()
    finally:
        wrong.unlink()
    results = gradescope.results()

    assert html.unescape(results["output"]) == (
        "What you handed in holds none of the files that the tasks ask for: standardize.py. "
        "Is standardise.py meant to be standardize.py? It holds standardise.py."
    )
    assert results["score"] == 0
    assert [(test["score"], test["max_score"]) for test in results["tests"]] == [(0, 5)]


def test_setup_installs_the_versions_that_are_here(gradescope: Gradescope) -> None:
    source = gradescope.root / "source"
    torch = (source / "torch.txt").read_text()

    assert torch.startswith("torch==") and "+" not in torch
    assert "numpy==" in (source / "libraries.txt").read_text()
    assert (source / "python.txt").read_text().strip() == f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_setup_grades_the_solution_of_each_task_in_one_file_and_none_in_words(image: Path) -> None:
    ran = set_up(image)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.count("5 of 5 points") == 2
    assert {path.name for path in image.iterdir()} >= {"cache", "venv"}
    assert not {"solutions", "first_run"} & {path.name for path in (image / "source").iterdir()}


@pytest.mark.parametrize("task", ["again", "standardize"])
def test_setup_stops_at_a_solution_that_loses_points(image: Path, task: str) -> None:
    (image / "source" / "solutions" / task / "course" / "layers.py").write_text(
        f"def {task}(x):\n    return x\n"
    )

    ran = set_up(image)

    assert (ran.returncode, "0 of 5 points" in ran.stdout) == (1, True)


def test_a_library_of_the_assignment_is_installed_without_its_local_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    information = tmp_path / "a_library-0.29.1+cpu.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: a-library\nVersion: 0.29.1+cpu\n")
    monkeypatch.syspath_prepend(tmp_path)
    write_assignment(tmp_path / "assignment")
    settings = tmp_path / "assignment" / "assignment.toml"
    settings.write_text(f'libraries = ["a-library"]\n{settings.read_text()}')
    with zipfile.ZipFile(io.BytesIO(autograder(read_assignment(tmp_path / "assignment")))) as packed:
        wanted = packed.read("libraries.txt").decode().splitlines()

    assert "a-library==0.29.1" in wanted
