"""Nothing that lies in the working directory runs on the host, whatever it is called.

Instructors call `grade` among submissions, or inside one. So each name that Python could import, and
each program that the grader starts, is planted there; what runs leaves its name in a file.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.assignment.starter import write_assignment

NAMES = {
    *sys.stdlib_module_names,
    *importlib.metadata.packages_distributions(),
    *("grader", "sitecustomize", "usercustomize", "colorama", "rich", "tomli", "solution", "checks"),
}
PACKAGES = ("json", "torch", "grader", "encodings", "pydantic", "queue", "selectors")
PROGRAMS = ("git", "bwrap", "true", "python", "python3", "sh", "uname", "ldconfig", "gcc")
GRADE = Path(sysconfig.get_path("scripts"), "grade")
AS_MODULE = (sys.executable, "-m", "grader")
SAFE = {"grade": (str(GRADE),), "python -I -m grader": (sys.executable, "-I", "-m", "grader")}


@dataclass(frozen=True)
class Place:
    """A class in which `eve` has planted what must not run; `ran` is where it says that it did."""

    submissions: Path
    assignment: Path
    ran: Path

    @property
    def eve(self) -> Path:
        return self.submissions / "eve"

    def plant(self, folder: Path, without: Collection[str] = ()) -> None:
        """Plant modules, packages and programs."""
        for name in sorted(NAMES - set(without)):
            path = folder / name / "__init__.py" if name in PACKAGES else folder / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"open({str(self.ran)!r}, 'a').write({name + ' '!r})\n")
        for name in PROGRAMS:
            program = folder / name
            if not program.exists():
                program.write_text(f"#!/bin/sh\necho {name} >> '{self.ran}'\nexit 1\n")
                program.chmod(0o755)

    def run(
        self, command: tuple[str, ...], cwd: Path, *arguments: object, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        own = {"XDG_CACHE_HOME": str(self.ran.parent / "cache")}
        return subprocess.run(
            [*command, *map(str, arguments)],
            cwd=cwd,
            env=os.environ | own | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def what_ran(self) -> set[str]:
        return set(self.ran.read_text().split()) if self.ran.exists() else set()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "submissions", tmp_path / "assignment", tmp_path / "ran")
    write_assignment(made.assignment)
    shutil.rmtree(made.assignment / "standardize" / "mistakes")  # they take time and show nothing here
    for name in ("adam", "eve"):
        (made.submissions / name).mkdir(parents=True)
        shutil.copy(
            made.assignment / "standardize" / "solution.py", made.submissions / name / "standardize.py"
        )
    return made


GRADING: dict[str, Callable[[Place], tuple[Path, tuple[object, ...]]]] = {
    "one": lambda place: (place.submissions, ("adam",)),
    "a class by names": lambda place: (place.submissions, ("adam", "eve")),
    "a class from within a submission": lambda place: (place.eve, ("class", "..")),
}
"""Where the command is given, and what is graded."""


@pytest.mark.parametrize("sandbox", [(), ("--no-sandbox",)], ids=["sandbox", "no-sandbox"])
@pytest.mark.parametrize("grading", GRADING.values(), ids=GRADING.keys())
def test_what_lies_where_grade_is_called_does_not_run(
    place: Place,
    grading: Callable[[Place], tuple[Path, tuple[object, ...]]],
    sandbox: tuple[str, ...],
) -> None:
    cwd, what = grading(place)
    place.plant(cwd)
    out = place.ran.parent / "out"
    ended = place.run(
        SAFE["grade"], cwd, *what, *sandbox, "--assignment", place.assignment, "--out", out, "--seed", "1"
    )

    assert (place.what_ran(), ended.returncode) == (set(), 0), ended.stderr


@pytest.mark.parametrize("command", SAFE.values(), ids=SAFE.keys())
@pytest.mark.parametrize("what", ["doctor", "check", "new", "compare"])
def test_what_lies_where_another_command_is_called_does_not_run(
    place: Place, command: tuple[str, ...], what: str
) -> None:
    place.plant(place.submissions)
    given: dict[str, tuple[object, ...]] = {
        "check": (place.assignment, "--out", place.ran.parent / "out"),
        "new": (place.ran.parent / "new",),
        "compare": (place.eve, place.eve),
    }
    place.run(command, place.submissions, what, *given.get(what, ()))

    assert place.what_ran() == set()


def test_as_a_module_only_a_package_of_our_own_name_runs_there(place: Place) -> None:
    place.plant(place.submissions, without=("grader",))
    given = ("adam", "--assignment", place.assignment, "--out", place.ran.parent / "out")
    ended = place.run(AS_MODULE, place.submissions, *given)

    assert (place.what_ran(), ended.returncode) == (set(), 0), ended.stderr


@pytest.mark.parametrize("sandbox", [(), ("--no-sandbox",)], ids=["sandbox", "no-sandbox"])
@pytest.mark.parametrize("search", [".:{}", ":{}", "{}:", "./:{}"])
def test_programs_in_the_working_directory_do_not_run_where_path_names_it(
    place: Place, search: str, sandbox: tuple[str, ...]
) -> None:
    place.plant(place.submissions)
    policy = place.ran.parent / "policy.toml"
    policy.write_text('deadline = 2026-01-01T00:00:00Z\ntime = "git commit"\n')
    for name in ("adam", "eve"):
        commit(place.submissions / name)
    given = ("class", ".", "--assignment", place.assignment, "--out", place.ran.parent / "out")
    path = search.format(os.environ["PATH"])
    place.run(SAFE["grade"], place.submissions, *given, *sandbox, "--policy", policy, PATH=path)

    assert place.what_ran() == set()


def commit(folder: Path) -> None:
    """Make a repository of `folder`, with one commit."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@x")
    for order in (("init", "--quiet"), ("commit", "--quiet", "--allow-empty", "-m", "first")):
        subprocess.run(["git", *identity, *order], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("path", [".", ":/nowhere", "./", ""])
def test_where_pythonpath_names_the_working_directory_no_process_of_ours_imports_from_it(
    place: Place, path: str
) -> None:
    # Python imports these before our first line.
    earlier = {"sitecustomize", "usercustomize", *modules_of_the_start()}
    place.plant(place.submissions, without=earlier)
    given = ("adam", "--no-sandbox", "--assignment", place.assignment, "--out", place.ran.parent / "out")
    place.run(AS_MODULE, place.submissions, *given, PYTHONPATH=path)

    assert place.what_ran() == set()


def modules_of_the_start() -> set[str]:
    """Return what Python imports when it starts a program, or looks for in vain, and our own name."""
    program = "import sys, re, runpy; print(*{name.partition('.')[0] for name in sys.modules})"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    of_other_systems = {name for name in sys.stdlib_module_names if importlib.util.find_spec(name) is None}
    return {*ended.stdout.split(), *of_other_systems, "grader"}


def test_a_planted_module_would_be_seen(place: Place) -> None:
    place.plant(place.submissions)
    place.run((sys.executable, "-c", "import colorsys"), place.submissions)

    assert place.what_ran() == {"colorsys"}
