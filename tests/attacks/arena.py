"""Where attacks are graded: warm sandboxes of both levels, secrets around them, and what came of it.

A plugin for pytest: its fixtures are shared by the tests of this folder. It asserts nothing itself:
PYTEST_DONT_REWRITE
"""

import ctypes
import gc
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import click
import pytest
from attack import POINTS, Attack, honest
from limited import with_limits

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import Assignment
from grader.judging.grading import Grader
from grader.report import json, messages
from grader.report.html import submission_page
from grader.report.terminal import submission_summary
from grader.results.report import Report
from grader.sandbox.conformance import descendants
from grader.sandbox.contract import Level, Limits, Sandbox
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.probe import layers
from grader.submission.loader import Submission

LONGEST_REPORT = 400_000
MOST_MEMORY = 300
LIMITS = Limits()
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/", ".", "~")
LEFT = "left-by-an-attack*"
NEEDED = {
    Level.FULL: {"Linux", "namespaces", "landlock", "seccomp"},
    Level.GOOD: {"Linux", "landlock", "seccomp"},
}


@dataclass(frozen=True)
class Outcome:
    """What came of an attack; equal to what had to come where it was stopped."""

    score: float
    other_score: float
    final: bool = True
    tried: bool = True
    got: tuple[str, ...] = ()
    """What the attack says it got."""
    read: tuple[str, ...] = ()
    """The secrets of which a trace is in the report."""
    check: str = ""
    says: str = ""
    next: str = ""
    """What the next student's module found."""
    memory: str = ""
    """What the grader itself took, where that is much."""
    crash: str = ""
    """What ended the grading."""
    page: str = ""
    """What is wrong with the pages made from the report."""
    processes: tuple[int, ...] = ()
    files: tuple[str, ...] = ()


class Memory:
    """The memory of this process, from now on (proc(5): clear_refs and VmHWM)."""

    def __init__(self) -> None:
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # what was freed before is not to hide what is taken now
        Path("/proc/self/clear_refs").write_text("5")
        self._before = self._read("VmRSS")

    def taken(self) -> str:
        taken = self._read("VmHWM") - self._before
        return f"the grader took {taken} MiB" if taken > MOST_MEMORY else ""

    def _read(self, name: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(name))) >> 10


@dataclass(frozen=True)
class Secrets:
    """What must not come out: where it is, and the words that would betray it."""

    places: dict[str, str]
    marks: dict[str, str]


@dataclass(frozen=True)
class Arena:
    """A warm sandbox, a grader for each set of limits, and the secrets around them."""

    sandbox: Sandbox
    assignment: Assignment
    key: AnswerCache
    seed: int
    secrets: Secrets
    temporary: Path

    def grade(self, files: dict[str, bytes], limits: Limits = LIMITS) -> Report:
        """Return the report on `files`; what explains failures is left out, it costs time only.

        Attacks on the search for a repair are in `test_hedging.py` and `tests/box/test_repair_search.py`.
        """
        tasks = tuple(replace(task, mistakes=()) for task in self.assignment.only(tuple(POINTS)))
        assignment = with_limits(replace(self.assignment, tasks=tasks, candidates=0), limits)
        grader = Grader(assignment, assignment.tasks, self.seed, self.sandbox, self.key)
        return grader.grade(Submission("an attack", files, {}))

    def left(self) -> tuple[str, ...]:
        """Return the files that were not there before."""
        found = [path for place in PLACES for path in Path(place).expanduser().glob(LEFT)]
        return tuple(sorted(map(str, [*self.temporary.iterdir(), *found])))


@pytest.fixture(scope="session")
def hidden(temporary: Path, assignment: Assignment) -> Iterator[Secrets]:
    """Secrets in the environment, in home, in a temporary file, in another submission."""
    made = {name: f"marker-{name}-{secrets.token_hex(16)}" for name in ("env", "home", "file", "other")}
    home = Path.home() / f".attacked-{secrets.token_hex(4)}"
    file = temporary / "secret"
    other = temporary / "another_student" / "param_counter.py"
    other.parent.mkdir()
    home.write_text(made["home"])
    file.write_text(made["file"])
    other.write_text(made["other"])
    os.environ["ATTACKED"] = made["env"]
    task = next(task for task in assignment.tasks if task.name == "lstm_cell")
    places = {
        "HOME": str(home),
        "FILE": str(file),
        "OTHER": str(other),
        "SOLUTION": str(task.folder / "solution.py"),
        "CHECKS": str(task.folder / "checks.py"),
        "MISTAKES": str(task.folder / "mistakes"),
        "TEMPORARY": tempfile.gettempdir(),
        "GRADER": str(os.getpid()),
    }
    marks = made | {"solution": "Gers, Schmidhuber", "mistake": task.mistakes[0].hint, "key": "answer key 1"}
    yield Secrets(places, marks)
    del os.environ["ATTACKED"]
    home.unlink()


@pytest.fixture(scope="session", params=[Level.FULL, Level.GOOD], ids=["full", "good"])
def arena(
    request: pytest.FixtureRequest,
    temporary: Path,
    assignment: Assignment,
    hidden: Secrets,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Arena]:
    """A sandbox of each level, in which another student has been graded already."""
    level: Level = request.param
    missing = [f"{one.name}: {one.reason}" for one in layers() if one.name in NEEDED[level] and not one.works]
    if missing:
        pytest.skip("; ".join(missing))
    folder = tmp_path_factory.mktemp("key")
    places = hidden.places | {"KEY": str(folder)}
    with closing(LinuxSandbox(level)) as sandbox:
        made = Arena(
            sandbox,
            assignment,
            AnswerCache(folder),
            secrets.randbits(62),
            replace(hidden, places=places),
            temporary,
        )
        another = honest("param_counter") + f"\nSECRET = {hidden.marks['other']!r}\n".encode()
        made.grade({"param_counter.py": another, "lstm_cell.py": honest("lstm_cell")})
        yield made


def expected_of(attack: Attack) -> Outcome:
    return Outcome(
        score=attack.score,
        other_score=POINTS[attack.other],
        tried=attack.header.get("tried") != "no",
        check=attack.header.get("check", ""),
        says=attack.header.get("says", ""),
    )


def limits_of(attack: Attack) -> Limits:
    return Limits(
        wall_seconds=float(attack.header.get("wall", 10)),
        task_seconds=float(attack.header.get("whole", LIMITS.task_seconds)),
        cpu_seconds=int(attack.header.get("cpu", 20)),
        memory=int(attack.header.get("memory", 1024)) << 20,
        output=int(attack.header.get("output", 16 << 10)) << 10,
    )


def outcome(arena: Arena, attack: Attack) -> Outcome:
    """Grade `attack` and look at all that came of it."""
    processes, files, memory = descendants(), arena.left(), Memory()
    places = "".join(f"{name} = {place!r}\n" for name, place in arena.secrets.places.items())
    try:
        report = arena.grade(attack.files | {"places.py": places.encode()}, limits_of(attack))
    except Exception as error:  # grading itself fell over: an outcome like others, and the worst
        return Outcome(0, 0, crash=f"{type(error).__name__}: {error}")
    task = next(task for task in report.tasks if task.task == attack.task)
    lines = task.output.splitlines()
    marks = arena.secrets.marks | {"seed": f"seed {arena.seed}"}
    text = "".join(one.model_dump_json() for one in report.tasks)
    return Outcome(
        score=task.score,
        other_score=report.score - task.score,
        final=report.final,
        tried=any(line.startswith("TRIED") for line in lines),
        got=tuple(line for line in lines if line.startswith("GOT")),
        read=tuple(name for name, mark in marks.items() if mark in text),
        check=_part([f"{check.check} {check.verdict}" for check in task.checks], attack.header.get("check")),
        says=_part([messages.text(check.message) for check in task.checks], attack.header.get("says")),
        next=_next(arena, attack.header.get("next", "")),
        memory=memory.taken(),
        page=_page(report),
        processes=tuple(sorted(descendants() - processes)),
        files=tuple(set(arena.left()) - set(files)),
    )


def _part(found: list[str], wanted: str | None) -> str:
    """Return `wanted` where one of `found` holds it, else all of them; nothing where none is wanted."""
    if wanted is None or any(wanted.lower() in one.lower() for one in found):
        return wanted or ""
    return " | ".join(one for one in found if one)[:600]


def _next(arena: Arena, trace: str) -> str:
    """Return what a right submission, graded next, sees of the one before; nothing is right."""
    if not trace:
        return ""
    names = "import gc, importlib, os, random, sys\nimport numpy\nimport torch\n"
    source = f"{names}print('TRACE' if {trace} else 'CLEAN')\n".encode() + honest("param_counter")
    report = arena.grade({"param_counter.py": source, "lstm_cell.py": honest("lstm_cell")})
    right = report.score == sum(POINTS.values()) and report.tasks[0].output == "CLEAN\n"
    return "" if right else f"{report.score} points, {report.tasks[0].output}"


def _page(report: Report) -> str:
    """Say what could do harm in the pages made from a report; nothing is right."""
    written, page, summary = (
        json.render(report),
        submission_page.render(report),
        submission_summary.render(report),
    )
    problems = []
    if len(written) > LONGEST_REPORT:
        problems.append(f"report.json is {len(written)} bytes long")
    for harm in ("<script>alert", "<img", "<svg/", '="javascript:', "<!--#", "]]>"):
        if harm in page:
            problems.append(f"{harm} is in report.html")
    unprintable = {c for c in click.unstyle(summary) + page if not c.isprintable() and c not in "\n\t "}
    # What joins letters and emoji is invisible and harmless.
    problems += [f"{c!a} is in a page" for c in sorted(unprintable - {"\u200c", "\u200d", "\u00a0"})]
    for line in click.unstyle(summary).splitlines():
        if line.lstrip().startswith("::") or "##vso[" in line or "##[" in line:
            problems.append(f"a CI would obey {line.strip()!r}")
    return "; ".join(problems)
