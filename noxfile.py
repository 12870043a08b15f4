"""The steps of this project, each as a session: `nox -l` lists them, `nox -s unit` runs one.

A session runs in the environment that nox is installed in, since torch is large: set it up once with
`pip install -e '.[dev]'`. Only `minimums` and `pythons` make environments of their own.
"""

import re
import shutil
import sys
import tomllib
from pathlib import Path

import nox

HERE = Path(__file__).parent
PYTEST = (sys.executable, "-m", "pytest", "-n", "auto")
DOCS = (
    "tests/unit/test_docs.py",
    "tests/unit/test_report_schema.py",
    "tests/box/test_authoring_guide.py",
    "tests/unit/test_reference_page.py",
    "tests/box/test_reference.py",
)
COVERED = ("grader.wire", "grader.judging")
"""The modules and packages whose every branch is tested."""

nox.options.sessions = ["lint", "types", "docs", "unit"]
here = nox.session(venv_backend="none")


@here
def unit(session: nox.Session) -> None:
    """What starts no process, in seconds."""
    session.run(*PYTEST, "tests/unit", *session.posargs)


@here
def coverage(session: nox.Session) -> None:
    """The unit tests on many random examples; every branch of what decides about marks must be taken."""
    measured = [f"--cov={module}" for module in COVERED]
    required = ["--cov-branch", "--cov-fail-under=100", "--cov-report=term-missing:skip-covered"]
    session.run(
        *PYTEST,
        "tests/unit",
        "tests/box/test_reproduction.py",
        "--hypothesis-profile=thorough",
        *measured,
        *required,
        *session.posargs,
    )


@here
def box(session: nox.Session) -> None:
    """What needs the sandbox or starts processes, slow tests and those with a browser as well."""
    session.run(*PYTEST, "tests/box", *session.posargs)


@here
def service(session: nox.Session) -> None:
    """The web service, on SQLite and on PostgreSQL if that is installed; workers are killed on the way."""
    session.run(*PYTEST, "tests/service", *session.posargs)


@here
def corpus(session: nox.Session) -> None:
    """Right, wrong and unreadable programs of students."""
    session.run(*PYTEST, "tests/corpus", *session.posargs)


@here
def attacks(session: nox.Session) -> None:
    """Hostile programs and folders."""
    session.run(*PYTEST, "tests/attacks", *session.posargs)


@here
def lint(session: nox.Session) -> None:
    """Style, format and the layers of imports."""
    session.run(sys.executable, "-m", "ruff", "check", ".")
    # Not `reference/`: the patches of the known mistakes must apply.
    session.run(sys.executable, "-m", "ruff", "format", "--check", "grader", "tests", "bench", "noxfile.py")
    session.run(sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()")


@here
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.run(sys.executable, "-m", "mypy")


@here
def docs(session: nox.Session) -> None:
    """Examples in the docs run; links, commands and the schema are right."""
    session.run(*PYTEST, *DOCS, *session.posargs)


@here
def bench(session: nox.Session) -> None:
    """What grading a class costs; arguments go to `bench/course.py`."""
    session.run(sys.executable, "bench/course.py", *(session.posargs or ["10"]))


@here
def wheel(session: nox.Session) -> None:
    """The wheel in `dist/`, with answer keys of the bundled assignment: a fresh machine asks no mistakes."""
    made = Path(session.create_tmp())
    kit, source = made / "kit", made / "source"
    for folder in (kit, source):
        shutil.rmtree(folder, ignore_errors=True)
    session.run(sys.executable, "-m", "grader", "kit", str(kit), "--assignment", "reference")
    # A copy: what an earlier build left in `build/` would get into the wheel, and keys stay out of the tree.
    for folder in ("grader", "reference"):
        shutil.copytree(HERE / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(HERE / name, source)
    for key in kit.glob("*/answers.key"):
        shutil.copy(key, source / "reference" / key.parent.name)
    session.run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", "dist", str(source))


@nox.session(python=["3.11", "3.12", "3.13"])
def pythons(session: nox.Session) -> None:
    """The unit tests on each supported Python that is installed."""
    session.install("-q", "-e", ".[test]")
    session.run("python", "-m", "pytest", "-n", "auto", "tests/unit", *session.posargs)


@nox.session(python="3.11")
def minimums(session: nox.Session) -> None:
    """The unit tests with the lowest version that is admitted of each dependency, torch excepted."""
    lowest = [name.replace(">=", "==") for name in lower_bounds() if not name.startswith("torch")]
    session.install("-q", "-e", ".[test]", *lowest)
    session.run("python", "-m", "pytest", "-n", "auto", "tests/unit", *session.posargs)


def lower_bounds() -> list[str]:
    """Return `name>=version` of each dependency of the grader and of its tests."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    stated = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    return [found[0] for text in stated if (found := re.match(r"[\w-]+>=[\d.]+", text))]
