"""How many submissions per minute this grader and its peers grade, in one run on the same two cores.

    python bench/peers.py [--quick] [--envs DIR] [--students N] [--classes N]

otter-grader, nbgrader, gradescope-utils, check50 and plain pytest put the thirty cases of
`peers/cases.py` to the same submissions; so does this grader, in `peers/checks/`, and a second time
with its own checks of the three tasks. Each peer is installed from PyPI into an environment of its own
below `--envs`; torch comes from the environment that runs this.

A peer's run is what its user starts for one submission, on one core: once alone, for the seconds, and
once beside another on the second core, for the submissions per minute. The runs take turns, so that a
busy machine slows all alike; whole classes are graded between the rounds, `--classes` times. Every run
must fail exactly the cases that the submission fails in a bare process, or the bench stops.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.assignment.loader import Assignment, bundled, read_assignment

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent / "peers"
TASKS = ("param_counter", "lstm_cell", "forget_gate")
_LIMIT = 600
_GRADE = (sys.executable, "-m", "grader", "run", "--seed", "1", *(f"--task={task}" for task in TASKS))

# The bare process reads folders, one a line, and says how long a fork took and which cases failed in it.
_WARM = """
import importlib, json, os, sys, time
import cases
for line in sys.stdin:
    begun = time.perf_counter()
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        sys.path.insert(0, line.rstrip())
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        failed = []
        for name, (module, case) in cases.CASES.items():
            try:
                case(importlib.import_module(module))
            except BaseException:
                failed.append(name)
        os.write(writing, json.dumps(failed).encode())
        os._exit(0)
    os.close(writing)
    failed = os.read(reading, 1 << 16)
    os.close(reading)
    os.waitpid(pid, 0)
    print(json.dumps([time.perf_counter() - begun, json.loads(failed)]), flush=True)
"""


class NotRunError(Exception):
    """A peer cannot be installed or does not run here."""


@dataclass(frozen=True)
class Submission:
    """Three modules in a folder; `right` is what its author says."""

    name: str
    folder: Path
    right: bool


Failed = frozenset[str]
Run = Callable[[Submission, int], tuple[float, Failed | None]]
"""Grades one submission on a core (0 or 1): the seconds, and the cases that failed, None for no cases."""


@dataclass(frozen=True)
class Peer:
    """What its user writes once, what lies in a submission's folder, the command, and where the result is."""

    package: str
    prepare: Callable[[Path, Path, dict[str, str]], None]
    lay: Callable[[Path, Path, Path], None]
    command: Callable[[Path], list[str]]
    failed: Callable[[Path, str], set[str]]
    codes: tuple[int, ...] = (0,)
    """The exit codes of a run that graded."""
    also: tuple[str, ...] = ()
    """What must be installed beside the package."""


@dataclass
class Row:
    """A line of the table: seconds alone on one core, and on each of two cores that both work."""

    name: str
    version: str
    run: Run | None = None
    alone: list[float] = field(default_factory=list)
    beside: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    classes: list[tuple[int, float]] = field(default_factory=list)
    reason: str = ""
    is_peer: bool = False

    @property
    def timed(self) -> int:
        """How many submissions were timed."""
        whole = sum(count for count, _ in self.classes)
        return whole + len(self.alone) + sum(map(len, self.beside))

    @property
    def seconds(self) -> float:
        """Seconds of one core per submission: the median, or the mean of a class."""
        if self.classes:
            return statistics.median(2 * seconds / count for count, seconds in self.classes)
        return statistics.median(self.alone)

    @property
    def per_minute(self) -> float:
        """Submissions per minute on two cores."""
        if self.classes:
            return statistics.median(60 * count / seconds for count, seconds in self.classes)
        return sum(60 * len(core) / sum(core) for core in self.beside)


# The peers: each writes the cases in its own form and tells from its own report which of them failed.


def cases() -> dict[str, str]:
    """Return the module that each case is for, by the name of the case."""
    spec = importlib.util.spec_from_file_location("cases", HERE / "cases.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: task for name, (task, _) in module.CASES.items()}


def _lay_modules(tests: Path, submission: Path, run: Path) -> None:
    for folder in (tests, submission):
        shutil.copytree(folder, run, dirs_exist_ok=True)


def _prepare_pytest(programs: Path, tests: Path, environment: dict[str, str]) -> None:
    shutil.copy(HERE / "cases.py", tests)
    (tests / "test_submission.py").write_text(
        "import importlib\n\nimport cases\nimport pytest\n\n\n"
        '@pytest.mark.parametrize("name", cases.CASES)\n'
        "def test_case(name):\n"
        "    cases.check(name, importlib.import_module(cases.CASES[name][0]))\n"
    )


def _failed_pytest(run: Path, said: str) -> set[str]:
    if not re.search(r"\d+ (passed|failed)", said):
        raise NotRunError(said[-300:])
    return set(re.findall(r"^FAILED \S+\[(\w+)\]", said, re.MULTILINE))


def _prepare_gradescope(programs: Path, tests: Path, environment: dict[str, str]) -> None:
    shutil.copy(HERE / "cases.py", tests)
    methods = "".join(
        f'\n    @weight(1)\n    def test_{name}(self):\n        """{name}"""\n'
        f"        import {task}\n\n        cases.check({name!r}, {task})\n"
        for name, task in cases().items()
    )
    (tests / "run_tests.py").write_text(
        "import unittest\n\nimport cases\nfrom gradescope_utils.autograder_utils.decorators import weight\n"
        "from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner\n\n\n"
        f"class TestSubmission(unittest.TestCase):{methods}\n\n"
        'if __name__ == "__main__":\n'
        "    suite = unittest.defaultTestLoader.loadTestsFromTestCase(TestSubmission)\n"
        '    with open("results.json", "w") as results:\n'
        "        JSONTestRunner(stream=results).run(suite)\n"
    )


def _failed_gradescope(run: Path, said: str) -> set[str]:
    tests = json.loads((run / "results.json").read_text())["tests"]
    return {test["name"] for test in tests if test["status"] == "failed"}


def _prepare_check50(programs: Path, tests: Path, environment: dict[str, str]) -> None:
    checks = tests / "checks"
    checks.mkdir()
    shutil.copy(HERE / "cases.py", checks)
    modules = "".join(f"        - {task}.py\n" for task in TASKS)
    (checks / ".cs50.yml").write_text(
        f'check50:\n    files:\n        - !exclude "*"\n{modules.replace("- ", "- !include ")}'
    )
    (checks / "__init__.py").write_text(
        "import sys\nfrom pathlib import Path\n\nimport check50\nimport check50.py\n\n"
        "sys.path.insert(0, str(Path(__file__).parent))\nimport cases\n\n\n"
        "def put(name, module):\n"
        "    sys.path.insert(0, '.')\n"
        "    impl = check50.py.import_(module + '.py')\n"
        "    try:\n        cases.check(name, impl)\n"
        "    except Exception as error:\n        raise check50.Failure(str(error))\n"
        + "".join(
            f'\n\n@check50.check()\ndef {name}():\n    """{name}"""\n    put({name!r}, {task!r})\n'
            for name, task in cases().items()
        )
    )


def _lay_check50(tests: Path, submission: Path, run: Path) -> None:
    shutil.copytree(submission, run, dirs_exist_ok=True)
    shutil.copytree(tests / "checks", run.with_name(f"{run.name}.checks"))


def _failed_check50(run: Path, said: str) -> set[str]:
    results = json.loads(said[said.index("{") :])["results"]
    return {result["name"] for result in results if not result["passed"]}


def _notebook(cells: list[tuple[str, dict[str, Any]]]) -> str:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    written: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": metadata,
            "outputs": [],
            "source": source,
        }
        for number, (source, metadata) in enumerate(cells)
    ]
    whole = {"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1)


_IMPORTS = f"import {', '.join(TASKS)}"


def _prepare_otter(programs: Path, tests: Path, environment: dict[str, str]) -> None:
    (tests / "tests").mkdir()
    shutil.copy(HERE / "cases.py", tests)
    for task in TASKS:
        written: list[dict[str, Any]] = [
            {"name": name, "code": f">>> import cases\n>>> cases.check({name!r}, {task})\n", "points": 1}
            for name, module in cases().items()
            if module == task
        ]
        suites = [{"type": "doctest", "cases": written}]
        (tests / "tests" / f"{task}.py").write_text(
            f"OK_FORMAT = True\n\ntest = {{'name': {task!r}, 'suites': {suites!r}}}\n"
        )
    _started([str(programs / "otter"), "generate", "-t", "tests", "cases.py"], tests, environment)


def _lay_otter(tests: Path, submission: Path, run: Path) -> None:
    shutil.copy(tests / "autograder.zip", run)
    with zipfile.ZipFile(run / "submission.zip", "w") as handed_in:
        handed_in.writestr("homework.ipynb", _notebook([(_IMPORTS, {})]))
        for path in submission.iterdir():
            handed_in.write(path, path.name)


def _failed_otter(run: Path, said: str) -> set[str]:
    tests = [test for test in json.loads((run / "results.json").read_text())["tests"] if "score" in test]
    found = {name for test in tests for name in re.findall(r"(\w+) result:\s+❌", test["output"])}
    lost = sum(test["max_score"] - test["score"] for test in tests)
    assert len(tests) == len(TASKS) and round(lost) == len(found), "otter-grader's report is read wrongly"
    return found


def _prepare_nbgrader(programs: Path, tests: Path, environment: dict[str, str]) -> None:
    source = tests / "source" / "ps1"
    source.mkdir(parents=True)
    shutil.copy(HERE / "cases.py", source)
    cells: list[tuple[str, dict[str, Any]]] = [(f"{_IMPORTS}, cases", {})]
    for name, task in cases().items():
        about = {"grade": True, "grade_id": name, "points": 1, "cell_type": "code", "schema_version": 3}
        about |= {"locked": True, "solution": False, "task": False}
        cells.append((f"cases.check({name!r}, {task})", {"nbgrader": about}))
    (source / "homework.ipynb").write_text(_notebook(cells))
    (tests / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")
    _started([str(programs / "nbgrader"), "generate_assignment", "ps1"], tests, environment)


def _hand_in(tests: Path, submission: Path, course: Path, student: str) -> None:
    place = course / "submitted" / student / "ps1"
    shutil.copytree(submission, place)
    shutil.copy(tests / "release" / "ps1" / "homework.ipynb", place)


def _lay_nbgrader(tests: Path, submission: Path, run: Path) -> None:
    shutil.copytree(tests, run, dirs_exist_ok=True)
    _hand_in(tests, submission, run, "student")


def _failed_by_student(course: Path) -> dict[str, set[str]]:
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        rows = book.execute(
            "select s.student_id, c.name, g.auto_score from grade g join base_cell c on c.id = g.cell_id "
            "join submitted_notebook n on n.id = g.notebook_id "
            "join submitted_assignment s on s.id = n.assignment_id"
        ).fetchall()
    found: dict[str, set[str]] = {}
    for student, case, score in rows:
        found.setdefault(student, set())
        if not score:
            found[student].add(case)
    assert len(rows) == len(cases()) * len(found), "nbgrader's gradebook is read wrongly"
    return found


def _failed_nbgrader(run: Path, said: str) -> set[str]:
    return _failed_by_student(run)["student"]


PEERS = (
    Peer("pytest", _prepare_pytest, _lay_modules, lambda run: ["pytest", "-q"], _failed_pytest, (0, 1)),
    Peer(
        "gradescope-utils",
        _prepare_gradescope,
        _lay_modules,
        lambda run: ["python", "run_tests.py"],
        _failed_gradescope,
    ),
    Peer(
        "check50",
        _prepare_check50,
        _lay_check50,
        lambda run: ["check50", "--dev", "--local", "--output", "json", "--", f"../{run.name}.checks"],
        _failed_check50,
        (0, 1),
    ),
    Peer(
        "otter-grader",
        _prepare_otter,
        _lay_otter,
        lambda run: ["otter", "run", "--no-logo", "-a", "autograder.zip", "submission.zip"],
        _failed_otter,
        also=("ipykernel",),
    ),
    Peer(
        "nbgrader",
        _prepare_nbgrader,
        _lay_nbgrader,
        lambda run: ["nbgrader", "autograde", "ps1", "--student", "student"],
        _failed_nbgrader,
    ),
)


# Environments and processes.


def tell(what: str) -> None:
    """Say how far it is."""
    print(what, file=sys.stderr, flush=True)


def programs_of(peer: Peer, folder: Path) -> Path:
    """Return where the programs of an environment with a peer lie; it is made where it is not there."""
    place, wanted = folder / peer.package, [peer.package, *peer.also]
    ready = place / "ready"
    if not ready.exists() or ready.read_text().split() != wanted:
        tell(f"installs {peer.package} …")
        shutil.rmtree(place, ignore_errors=True)
        for command in (
            [sys.executable, "-m", "venv", str(place)],
            [str(place / "bin" / "python"), "-m", "pip", "install", "-q", *wanted],
        ):
            made = subprocess.run(command, capture_output=True, text=True)
            if made.returncode:
                raise NotRunError(f"cannot be installed: {_last_line(made.stderr)}")
        ready.write_text(" ".join(wanted))
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "torch_of_the_bench.pth").write_text(f"{folder / 'torch'}\n")
    return place / "bin"


def lend_torch(folder: Path) -> None:
    """Link torch, numpy and what they need, and nothing else, into a folder that ends each peer's path."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wanted, seen = ["torch", "numpy"], set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform
        required = [line for line in distribution.requires or () if "extra ==" not in line]
        wanted += [match[0] for line in required if (match := re.match(r"[\w.-]+", line))]
        for top in {path.parts[0] for path in distribution.files or ()} - {"..", "__pycache__"}:
            link = folder / top
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(top))).resolve())


def environment_of(programs: Path | None, home: Path) -> dict[str, str]:
    """Return the variables of a run: one thread, a home of its own, and a peer's programs first."""
    kept = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    kept |= {"OMP_NUM_THREADS": "1", "CHECK50_WORKERS": "1"}
    if programs:
        kept = {name: value for name, value in kept.items() if not name.startswith(("PYTHON", "VIRTUAL_"))}
        kept["PATH"] = f"{programs}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no word")[:150]


def _started(
    command: list[str], folder: Path, environment: dict[str, str], codes: tuple[int, ...] = (0,)
) -> tuple[float, str]:
    """Run a program to its end; return the seconds and its output. Raises `NotRunError`."""
    begun = time.perf_counter()
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotRunError(str(error)[:150]) from None
    seconds = time.perf_counter() - begun
    if ended.returncode not in codes:
        raise NotRunError(f"exit code {ended.returncode}: {_last_line(ended.stderr or ended.stdout)}")
    return seconds, ended.stdout


def peer_run(peer: Peer, programs: Path, place: Path) -> Run:
    """Let a peer prepare its tests; return what grades one submission with it."""
    tests = place / f"{peer.package} tests"
    tests.mkdir()
    environment = environment_of(programs, place / "home")
    peer.prepare(programs, tests, environment)

    def run(submission: Submission, core: int) -> tuple[float, Failed]:
        with tempfile.TemporaryDirectory(dir=place) as outer:
            folder = Path(outer) / "run"
            folder.mkdir()
            peer.lay(tests, submission.folder, folder)
            program, *arguments = peer.command(folder)
            command = [str(programs / program), *arguments]
            seconds, said = _started(command, folder, environment, peer.codes)
            return seconds, frozenset(peer.failed(folder, said))

    return run


def import_run(place: Path) -> Run:
    """Return what imports torch and grades nothing."""

    def run(submission: Submission, core: int) -> tuple[float, None]:
        command = [sys.executable, "-c", "import torch"]
        return _started(command, place, environment_of(None, place / "home"))[0], None

    return run


class Warm:
    """One process per core that has torch loaded and forks once per submission, unprotected."""

    def __init__(self, cores: list[ThreadPoolExecutor], place: Path) -> None:
        variables = environment_of(None, place / "home") | {"PYTHONPATH": str(HERE)}
        self._processes = [core.submit(self._start, variables).result() for core in cores]

    def _start(self, variables: dict[str, str]) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "-c", _WARM], env=variables, stdin=pipe, stdout=pipe, text=True
        )

    def run(self, submission: Submission, core: int) -> tuple[float, Failed]:
        """Put all cases to one submission."""
        process = self._processes[core]
        assert process.stdin and process.stdout
        process.stdin.write(f"{submission.folder}\n")
        process.stdin.flush()
        seconds, failed = json.loads(process.stdout.readline())
        return seconds, frozenset(failed)

    def close(self) -> None:
        """End both."""
        for process in self._processes:
            process.communicate()


# This grader.


def check_of(case: str) -> str:
    """Return the check in `peers/checks/` that a case belongs to."""
    return "values_in_float32" if case == "values_4" else case.rpartition("_")[0]


def write_assignment(whole: Assignment, folder: Path) -> None:
    """Write the assignment of thirty cases: the bundled solutions, mistakes and seed, other checks."""
    tasks = whole.only(TASKS)
    entries = "".join(
        f'\n[[tasks]]\nname = "{task.name}"\ntitle = "{task.title}"\npoints = 10\n' for task in tasks
    )
    folder.mkdir()
    (folder / "assignment.toml").write_text(f'title = "Thirty cases"\nseed = {whole.seed}\n{entries}')
    for task in tasks:
        shutil.copytree(task.folder, folder / task.name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(HERE / "checks" / f"{task.name}.py", folder / task.name / "checks.py")


def _failed_checks(report: Path) -> set[str]:
    read = json.loads(report.read_text())
    assert read["final"], f"{report} is not final"
    return {
        check["check"] for task in read["tasks"] for check in task["checks"] if check["verdict"] != "passed"
    }


@dataclass(frozen=True)
class Ours:
    """This grader with one assignment; `exact` where its checks are the thirty cases."""

    options: tuple[str, ...]
    exact: bool
    place: Path

    def agrees(self, report: Path, truth: Failed) -> bool:
        """Say whether a report fails the checks that it should, or any where other checks are put."""
        failed = _failed_checks(report)
        return failed == {check_of(case) for case in truth} if self.exact else bool(failed) == bool(truth)

    def grade(self, folder: Path, home: Path, *what: str) -> float:
        """Grade; the report goes to `folder`."""
        command = [*_GRADE, *self.options, "--out", str(folder), *what]
        return _started(command, self.place, environment_of(None, home), codes=(0, 1))[0]

    def run(self, truths: dict[str, Failed]) -> Run:
        """Return what grades one submission in a process of its own."""

        def run(submission: Submission, core: int) -> tuple[float, Failed]:
            with tempfile.TemporaryDirectory(dir=self.place) as folder:
                seconds = self.grade(Path(folder), self.place / "home", str(submission.folder))
                assert self.agrees(Path(folder, "report.json"), truths[submission.name]), submission.name
            return seconds, truths[submission.name]

        return run

    def whole_class(self, students: Path, truths: list[Failed], home: Path) -> float:
        """Grade a class on two cores, into a new folder; the seconds of it all."""
        with tempfile.TemporaryDirectory(dir=self.place) as folder:
            seconds = self.grade(Path(folder), home, "class", str(students), "--cores", "2")
            for student, truth in zip(sorted(students.iterdir()), truths, strict=True):
                report = Path(folder, student.name, "report.json")
                assert self.agrees(report, truth), student.name
        return seconds


def cases_drawn(whole: Assignment) -> int:
    """Return how many cases the bundled checks of the three tasks draw."""
    total = 0
    for task in whole.only(TASKS):
        names: dict[str, Any] = {"__name__": "checks"}
        exec(compile(task.checks, task.name, "exec"), names)
        total += sum(check.cases for check in names["task"].checks.values())
    return total


# The submissions and the run.


def write_submissions(whole: Assignment, folder: Path) -> list[Submission]:
    """Write four right and four wrong submissions, in turn."""
    tasks = {task.name: task for task in whole.only(TASKS)}
    solutions = {name: task.solution for name, task in tasks.items()}
    complete = {
        name: (ROOT / "submissions_example" / "complete" / f"{name}.py").read_text() for name in TASKS
    }
    mistakes = {
        (task.name, mistake.name): mistake.source for task in tasks.values() for mistake in task.mistakes
    }

    def example(name: str, module: str) -> dict[str, str]:
        return {module: (ROOT / "submissions_example" / name / f"{module}.py").read_text()}

    written = {
        "complete": (complete, True),
        "wrong_gate_order": (complete | example("wrong_gate_order", "lstm_cell"), False),
        "solutions": (solutions, True),
        "zero_taken_for_none": (complete | example("zero_taken_for_none", "forget_gate"), False),
        "solved_in_part": (complete | {"lstm_cell": solutions["lstm_cell"]}, True),
        "gradient_cut": (complete | example("gradient_cut", "lstm_cell"), False),
        "solved_otherwise": (solutions | {"lstm_cell": complete["lstm_cell"]}, True),
        "times_steps": (
            solutions | {"param_counter": mistakes["param_counter", "times steps"]},
            False,
        ),
    }
    for name, (modules, _) in written.items():
        (folder / name).mkdir(parents=True)
        for module, source in modules.items():
            (folder / name / f"{module}.py").write_text(source)
    return [Submission(name, folder / name, right) for name, (_, right) in written.items()]


def write_class(submissions: list[Submission], folder: Path, count: int) -> None:
    """Write the submissions as often as it takes; no two files are the same."""
    for number in range(count):
        place = folder / f"student {number:04}"
        place.mkdir(parents=True)
        for path in submissions[number % len(submissions)].folder.iterdir():
            (place / path.name).write_text(f"{path.read_text()}\n# handed in by student {number}\n")


def _checked(row: Row, submission: Submission, core: int, truths: dict[str, Failed]) -> float:
    assert row.run
    seconds, failed = row.run(submission, core)
    expected = truths[submission.name]
    assert failed is None or failed == expected, (
        f"{row.name} finds {sorted(failed or ())} in {submission.name}, not {sorted(expected)}"
    )
    return seconds


def _proved(row: Row, make: Callable[[], Run], tried: list[Submission], truths: dict[str, Failed]) -> None:
    """Make the row's run and let it tell a right submission from a wrong one, not timed."""
    try:
        row.run = make()
        for submission in tried:
            tell(f"{row.name}: {submission.name}, {_checked(row, submission, 0, truths):.1f} s, not timed")
    except NotRunError as error:
        row.run, row.reason = None, str(error)


def nbgrader_class(
    programs: Path,
    place: Path,
    given: list[Submission],
    truths: dict[str, Failed],
    cores: list[ThreadPoolExecutor],
) -> float:
    """Grade a class with one nbgrader per core, each with half of it; return the seconds."""

    def half(course: Path, part: list[Submission]) -> float:
        seconds, _ = _started(
            [str(programs / "nbgrader"), "autograde", "ps1"], course, environment_of(programs, place / "home")
        )
        found = _failed_by_student(course)
        for number, submission in enumerate(part):
            assert found[f"student{number}"] == truths[submission.name], submission.name
        return seconds

    with tempfile.TemporaryDirectory(dir=place) as outer:
        begun = []
        for core, part in zip(cores, (given[::2], given[1::2]), strict=True):
            course = Path(tempfile.mkdtemp(dir=outer))
            shutil.copytree(place / "nbgrader tests", course, dirs_exist_ok=True)
            for number, submission in enumerate(part):
                _hand_in(course, submission.folder, course, f"student{number}")
            begun.append((core, course, part))
        started = [core.submit(half, course, part) for core, course, part in begun]
        return max(one.result() for one in started)


def _rounds(
    rows: list[Row], submissions: list[Submission], cores: list[ThreadPoolExecutor], truths: dict[str, Failed]
) -> Iterator[int]:
    """Let each row grade each submission alone and beside the next one; yields after every round."""
    for number, submission in enumerate(submissions):
        pair = (submission, submissions[(number + 1) % len(submissions)])
        for row in rows:
            row.alone.append(cores[0].submit(_checked, row, submission, 0, truths).result())
        for row in rows:
            both = [
                core.submit(_checked, row, one, place, truths)
                for place, (core, one) in enumerate(zip(cores, pair, strict=True))
            ]
            for place, one in enumerate(both):
                row.beside[place].append(one.result())
        tell(f"round {number + 1} of {len(submissions)}")
        yield number


def show(rows: list[Row]) -> None:
    """Print the table."""
    best = max((row.per_minute for row in rows if row.is_peer and not row.reason), default=0.0)
    print(f"{'':<48}{'version':>9}{'timed':>7}{'seconds':>9}{'per minute':>12}{'× the fastest peer':>20}")
    for row in rows:
        if row.reason:
            print(f"{row.name:<48}{row.version:>9}  not run: {row.reason}")
            continue
        ratio = f"{row.per_minute / best:.2f}" if best else "–"
        numbers = f"{row.timed:>7}{row.seconds:>9.2f}{row.per_minute:>12.1f}{ratio:>20}"
        print(f"{row.name:<48}{row.version:>9}{numbers}")


def _measure(given: argparse.Namespace, place: Path, cores: list[ThreadPoolExecutor]) -> list[Row]:
    whole = read_assignment(bundled())
    (place / "home").mkdir()
    submissions = write_submissions(whole, place / "submissions")[: 2 if given.quick else None]
    warm = Warm(cores, place)
    truths = {one.name: warm.run(one, 0)[1] for one in submissions}
    for one in submissions:
        assert one.right == (not truths[one.name]), f"{one.name} fails {sorted(truths[one.name])}"

    torch = importlib.metadata.version("torch").partition("+")[0]
    floors = [
        Row('floor: python -c "import torch"', torch),
        Row("floor: a bare fork of a warm process", torch),
    ]
    _proved(floors[0], lambda: import_run(place), submissions[:2], truths)
    _proved(floors[1], lambda: warm.run, submissions[:2], truths)

    folder = given.envs / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    lend_torch(folder / "torch")
    peers = [Row(f"{peer.package}, one submission per run", "", is_peer=True) for peer in PEERS]
    programs: dict[str, Path] = {}
    for row, peer in zip(peers, PEERS, strict=True):

        def made(peer: Peer = peer, row: Row = row) -> Run:
            programs[peer.package] = programs_of(peer, folder)
            ask = f"import importlib.metadata; print(importlib.metadata.version({peer.package!r}))"
            python = str(programs[peer.package] / "python")
            _, said = _started([python, "-c", ask], place, environment_of(programs[peer.package], place))
            row.version = said.strip()
            return peer_run(peer, programs[peer.package], place)

        _proved(row, made, submissions[:2], truths)
    in_one = Row("nbgrader, half a class per run", peers[-1].version, is_peer=True)
    in_one.reason = peers[-1].reason

    write_assignment(whole, place / "thirty")
    write_class(submissions, place / "class", given.students)
    expected = [truths[submissions[number % len(submissions)].name] for number in range(given.students)]
    drawn = cases_drawn(whole)
    version = importlib.metadata.version("torch-homework-grader")
    thirty = Ours(("--assignment", str(place / "thirty")), True, place)
    own = Ours((), False, place)
    ours, single = [], Row("ours, 30 cases, one submission per run", version)
    for grader, what in ((thirty, "the 30 cases"), (own, f"our {drawn} cases")):
        first = Row(f"ours, {what}, a class, first run", version)
        later = Row(f"ours, {what}, a class, answers cached", version)
        seconds = grader.whole_class(place / "class", expected, place / "home")
        tell(f"{first.name}: {seconds:.0f} s")
        first.classes.append((given.students, seconds))
        ours += [(grader, first, later)]
    _proved(single, lambda: thirty.run(truths), submissions[:2], truths)

    taking_turns = [row for row in (*floors, *peers, single) if row.run]
    part = [submissions[number % len(submissions)] for number in range(max(4, given.students // 5))]
    for number in _rounds(taking_turns, submissions, cores, truths):
        # Classes come evenly between the rounds, the last one after the last round.
        due = (number + 1) * given.classes // len(submissions) - number * given.classes // len(submissions)
        for _ in range(due):
            for grader, _, later in ours:
                seconds = grader.whole_class(place / "class", expected, place / "home")
                later.classes.append((given.students, seconds))
            if not in_one.reason:
                seconds = nbgrader_class(programs["nbgrader"], place, part, truths, cores)
                in_one.classes.append((len(part), seconds))
    warm.close()
    level = _provenance(thirty, submissions[0])["sandbox"]
    print(f"isolation of ours: {level}; no peer isolates a submission in these runs")
    return [*floors, *peers, in_one, single, *(row for _, *both in ours for row in both)]


def _provenance(grader: Ours, submission: Submission) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=grader.place) as folder:
        grader.grade(Path(folder), grader.place / "home", str(submission.folder))
        found: dict[str, Any] = json.loads(Path(folder, "report.json").read_text())["provenance"]
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two submissions, a class of 20, once")
    parser.add_argument("--envs", type=Path, default=Path(tempfile.gettempdir()) / "grader-peers")
    parser.add_argument("--students", type=int, help="how many a class has (200)")
    parser.add_argument("--classes", type=int, help="how often a class is graded (3)")
    given = parser.parse_args()
    given.envs = given.envs.resolve()
    given.students = given.students or (20 if given.quick else 200)
    given.classes = given.classes or (1 if given.quick else 3)
    if given.envs.is_relative_to(ROOT):
        parser.error("--envs must lie outside the checkout")
    free = sorted(os.sched_getaffinity(0))
    if len(free) < 2:
        parser.error("two cores are needed")
    os.sched_setaffinity(0, free[:2])
    before = os.getloadavg()[0]
    cores = [
        ThreadPoolExecutor(1, initializer=os.sched_setaffinity, initargs=(0, {core})) for core in free[:2]
    ]
    with tempfile.TemporaryDirectory() as place:
        rows = _measure(given, Path(place), cores)
    show(rows)
    print(f"load by all, before and after: {before:.1f} and {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
