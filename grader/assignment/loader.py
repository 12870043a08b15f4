"""Loading of an assignment from its folder; each error names the file and what to do."""

import ast
import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from grader.assignment.answer_key import AnswerKey, checks_digest
from grader.assignment.beside import in_one, read_data, shared_modules
from grader.assignment.equations import equations_of
from grader.assignment.folders import KEY
from grader.assignment.folders import bundled as bundled
from grader.assignment.libraries import refuse_missing
from grader.assignment.mistakes import Mistake, Price, read_mistakes
from grader.assignment.questions import WrittenTask, read_written
from grader.edits import table
from grader.errors import AssignmentError
from grader.results.explanation import Tell
from grader.results.message import Record
from grader.results.report import Told
from grader.sandbox.contract import Limits
from grader.syntax import parse
from grader.toml_files import read_toml

SLIP = 0.2
"""What a slip costs if nothing else says so: a share of its task's points."""

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""A share of a task's points, 0 to 1."""


def _known(prices: dict[str, float]) -> dict[str, float]:
    for kind in prices:
        if kind not in table.KINDS:
            raise ValueError(f"{kind!r} is no kind of repair; the kinds are {', '.join(table.KINDS)}")
    return prices


Prices = Annotated[dict[str, Share], AfterValidator(_known)]
"""What repairs cost, by their kind."""


_PYTHON = r"([A-Za-z_]\w*/)*[A-Za-z_]\w*\.py"
"""A module's path in a submission."""
_OF_A_TASK = tuple(
    one.name for one in fields(Limits) if one.name not in ("submission_seconds", "class_memory")
)
_SECONDS = ("wall_seconds", "task_seconds")
SECTION = "# file: "
"""Begins the line between two files of a solution that has several."""


class TaskEntry(Record):
    """A task in `assignment.toml`."""

    name: str = Field(pattern=r"^[a-z_][a-z0-9_]*$")
    title: str = Field(min_length=1)
    points: float = Field(gt=0, allow_inf_nan=False)
    bonus: bool = False
    file: str = Field(default="", pattern=rf"^([\w-]+\.md|{_PYTHON})?$")
    """The file that students hand in: a module, or answers in words; empty for the module `name`."""
    files: tuple[Annotated[str, Field(pattern=rf"^{_PYTHON}$")], ...] = ()
    """Several modules that are handed in together."""
    slip: Share | None = None
    prices: Prices = {}
    tell: Tell | None = None
    hidden: Told | None = None
    limits: dict[str, float | int] = {}
    """Limits that differ from those of the assignment."""

    @field_validator("limits")
    @classmethod
    def _are_of_a_task(cls, limits: dict[str, float | int]) -> dict[str, float | int]:
        for name, value in limits.items():
            if name not in _OF_A_TASK:
                raise ValueError(f"{name} is no limit of a task; these are {', '.join(_OF_A_TASK)}")
            if not 0 < value < math.inf or (name not in _SECONDS and not isinstance(value, int)):
                raise ValueError(f"{name} should be a {'' if name in _SECONDS else 'whole '}number above 0")
        return limits


class RepairSettings(Record):
    """How far the search for the smallest repair goes, and what students are told of it."""

    candidates: int = Field(default=4000, ge=0, le=100_000)
    """Changes of a program that are tried at most; none with 0."""
    tell: Tell = "kind"


class AssignmentFile(Record):
    """The contents of `assignment.toml`."""

    title: str = Field(min_length=1)
    seed: int = Field(ge=0, lt=2**63)
    limits: Limits = Limits()
    imports: Literal["go on", "strict"] = "go on"
    libraries: tuple[str, ...] = ()
    """Installed libraries that programs may use besides torch and NumPy, by the names that pip knows."""
    slip: Share = SLIP
    prices: Prices = {}
    repair: RepairSettings = RepairSettings()
    hidden: Told = "title"
    tasks: tuple[TaskEntry, ...] = Field(min_length=1)

    @field_validator("limits")
    @classmethod
    def _are_above_zero(cls, limits: Limits) -> Limits:
        for name, value in asdict(limits).items():
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} should be a number greater than 0")
        return limits


class Equivalent(Record):
    """A mutant of the solution that is right too; the reason is for the next author."""

    line: str = Field(min_length=1)
    """The line of the solution, without indentation."""
    becomes: str = ""
    """The mutated line; empty for every mutant of `line`."""
    reason: str = Field(min_length=1)


class _EquivalentFile(Record):
    equivalent: tuple[Equivalent, ...] = ()


@dataclass(frozen=True)
class TaskSource:
    """One task as its author wrote it."""

    name: str
    title: str
    points: float
    folder: Path
    checks: str
    solution: str
    mistakes: tuple[Mistake, ...]
    equivalent: tuple[Equivalent, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)
    """Other solutions that `accept=` may name, by file name without `.py`."""
    bonus: bool = False
    """Whether its points come on top of those of the assignment."""
    slip: float = SLIP
    """What a slip without a price of its own costs: a share of the points."""
    prices: Mapping[str, float] = field(default_factory=dict)
    """The price of a repair by its kind: a share of the points."""
    tell: Tell = "kind"
    """What students are told of a repair."""
    hidden_checks: str = ""
    """The source of `hidden_checks.py`, empty without one."""
    hidden: Told = "title"
    """What students are told of a hidden check that failed, if the check does not say."""
    files: tuple[str, ...] = ()
    """What students hand in, by path; empty for the module `name`. Checks see the names of all."""
    shared: Mapping[str, str] = field(default_factory=dict)
    """The modules beside `assignment.toml` that `checks.py` imports, by file name."""
    hidden_shared: Mapping[str, str] = field(default_factory=dict)
    """Those that only `hidden_checks.py` imports."""
    data: Mapping[str, bytes] = field(default_factory=dict)
    """The data files of the assignment, by path."""
    limits: Limits = field(default_factory=Limits)
    libraries: tuple[str, ...] = ()
    """Those of the assignment, whose versions the answers depend on."""
    equations: Mapping[str, str] = field(default_factory=dict)
    """The equations of `task.md` as TeX, by the value that each defines."""
    key: AnswerKey | None = None
    """In a kit: the answers of programs, whose names stand for their sources here. Elsewhere None."""

    @cached_property
    def key_beside(self) -> AnswerKey | None:
        """The answers that came with the programs, so that they need not all be asked; None without any."""
        path = self.folder / KEY
        try:
            return AnswerKey.read(path) if path.exists() else None
        except AssignmentError:
            return None  # made by another version: the programs are at hand

    @property
    def file(self) -> str:
        """The first of these files, as results name it."""
        return self.files[0] if self.files else ""

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that students hand in: their paths without `.py`."""
        return tuple(path.removesuffix(".py") for path in self.files) or (self.name,)

    def files_of(self, source: str) -> dict[str, bytes]:
        """Return the files of a solution, or of a mistake, given its source; see `SECTION`.

        In a kit there is no source: a file that no module can have holds the name of the program.
        """
        if self.key is not None:
            return {KEY: source.encode()}
        if len(self.modules) == 1:
            return {f"{self.modules[0]}.py": source.encode()}
        parts = f"\n{source}".split(f"\n{SECTION}")[1:]
        return {part.partition("\n")[0]: part.partition("\n")[2].encode() for part in parts}

    @cached_property
    def whole_checks(self) -> str:
        """`checks.py` with the modules that it shares written out, for people to read."""
        return in_one(self.checks, self.shared)

    @property
    def beside(self) -> dict[str, str]:
        """What belongs to `checks.py`, by file name: all modules, and the hidden checks."""
        hidden = {"hidden_checks.py": self.hidden_checks} if self.hidden_checks else {}
        return {**self.shared, **self.hidden_shared, **hidden}

    @property
    def counted(self) -> float:
        """What the task adds to the points of the assignment; in a kit, without its hidden checks."""
        return 0 if self.bonus else self.points - self.points_elsewhere

    @property
    def points_elsewhere(self) -> float:
        """The points of hidden checks that are not in a kit."""
        return 0 if self.key is None else self.key.header.hidden_points

    def title_of_mistake(self, name: str) -> str:
        """Return what people call a known mistake."""
        return next((one.title for one in self.mistakes if one.name == name), name)

    def price_of_mistake(self, name: str) -> float:
        """Return what a known mistake costs, in points."""
        costs = next((one.costs for one in self.mistakes if one.name == name), None)
        return (costs or Price(self.slip, is_share=True)).of(self.points)

    def price_of_repair(self, kind: str) -> float:
        """Return what a repair of this kind costs, in points."""
        return Price(self.prices.get(kind, self.slip), is_share=True).of(self.points)

    @property
    def lowest_price_of_repair(self) -> float:
        """What the cheapest kind of repair costs, in points."""
        return Price(min([self.slip, *self.prices.values()]), is_share=True).of(self.points)

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """The names that the checks use from a module, in order of first use."""
        tree = parse(self.checks)
        called = {"impl", *_modules_in(tree)}
        names = [
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in called
        ]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Assignment:
    """An assignment: its tasks in order, the public seed and the limits of a run."""

    folder: Path
    title: str
    seed: int
    limits: Limits
    tasks: tuple[TaskSource, ...]
    imports: Literal["go on", "strict"] = "go on"
    """Whether an import skips top-level statements that fail; see docs/authoring.md."""
    candidates: int = RepairSettings().candidates
    """Changes of a program that the search for a repair tries at most."""
    written: tuple[WrittenTask, ...] = ()
    """The tasks that are answered in words."""
    libraries: tuple[str, ...] = ()
    """What programs may use besides torch and NumPy."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that marks depend on."""
        prices = [
            repr(
                (
                    task.points,
                    task.bonus,
                    task.slip,
                    sorted(task.prices.items()),
                    task.tell,
                    [m.costs for m in task.mistakes],
                )
            )
            for task in self.tasks
        ]
        sources = [source for task in self.tasks for source in (task.checks, *task.beside.values())]
        return _digest([self.facts_digest, *sources, *prices, *(repr(task) for task in self.written)])

    @cached_property
    def facts_digest(self) -> str:
        """SHA-256 of everything that answers, verdicts and names depend on: all but points and prices."""
        limits = replace(self.limits, class_memory=None)  # it changes how long grading takes, but no mark
        parts = [self.title, str(limits), self.imports, str(self.candidates), *self.libraries]
        for task in self.tasks:
            parts += [task.name, task.title, without_points(task.checks), task.solution, task.hidden]
            parts += [*task.files, str(replace(task.limits, class_memory=None))]
            parts += [hashlib.sha256(data).hexdigest() + name for name, data in task.data.items()]
            parts += [part for name, text in task.beside.items() for part in (name, without_points(text))]
            parts += [part for pair in task.others.items() for part in pair]
            parts += [part for m in task.mistakes for part in (m.name, m.title, m.hint, m.source)]
            parts += [part for equation in sorted(task.equations.items()) for part in equation]
            parts += [] if task.key is None else [task.key.digest]
        for written in self.written:
            parts += [written.name, written.title, written.file, *(q.facts for q in written.questions)]
        return _digest(parts)

    @property
    def is_kit(self) -> bool:
        """Whether it holds answers in place of solutions and known mistakes."""
        return any(task.key is not None for task in self.tasks)

    def refuse_kit(self) -> None:
        """Raise `AssignmentError` if it is a kit: for work that needs solutions, or a seed of its own."""
        if self.is_kit:
            raise AssignmentError(
                f"{self.folder} is a kit, for a student's own work; name the whole assignment"
            )

    def only(self, names: tuple[str, ...]) -> tuple[TaskSource, ...]:
        """Return the modules among the tasks called `names`, all if it is empty. Raises `AssignmentError`."""
        known = [*(task.name for task in self.tasks), *(task.name for task in self.written)]
        for name in names:
            if name not in known:
                raise AssignmentError(f"there is no task {name!r}; there are {', '.join(known)}")
        return tuple(task for task in self.tasks if not names or task.name in names)

    def points_of(self, names: tuple[str, ...]) -> float:
        """Return what the tasks called `names` are worth together, all if it is empty."""
        modules = sum(task.counted for task in self.only(names))
        return modules + sum(task.counted for task in self.only_written(names))

    def only_written(self, names: tuple[str, ...]) -> tuple[WrittenTask, ...]:
        """Return the tasks in words among those called `names`, all if it is empty."""
        return tuple(task for task in self.written if not names or task.name in names)


def without_points(checks: str) -> str:
    """Return `checks.py` without comments, and with 1 for any points above 0.

    Whether a check is worth anything stays visible: one that is not may be a picture only.
    """
    tree = parse(checks)
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "points" and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(int(bool(node.value.value)))
    return ast.unparse(tree)


def _modules_in(tree: ast.AST) -> Iterator[str]:
    """Yield what checks call the module that they are given: their first parameter."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.args.args:
            for one in node.decorator_list:
                function = one.func if isinstance(one, ast.Call) else one
                if isinstance(function, ast.Attribute) and function.attr == "check":
                    yield node.args.args[0].arg


def points_by_check(checks: str) -> dict[str, float | None]:
    """Return the points of each check in a source; None if they are not written down as a number."""
    found: dict[str, float | None] = {}
    for node in ast.walk(parse(checks)):
        if isinstance(node, ast.FunctionDef):
            for call in node.decorator_list:
                for keyword in call.keywords if isinstance(call, ast.Call) else ():
                    if keyword.arg == "points":
                        constant = isinstance(keyword.value, ast.Constant)
                        found[node.name] = float(keyword.value.value) if constant else None  # type: ignore[attr-defined]
    return found


def _digest(parts: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode()
        whole.update(len(data).to_bytes(8, "little") + data)
    return whole.hexdigest()


def read_assignment(folder: Path, only: tuple[str, ...] = ()) -> Assignment:
    """Return the assignment in `folder`. Raises `AssignmentError`.

    With the names of tasks in `only`, another task that is still missing or wrong is left out.
    """
    path = folder / "assignment.toml"
    found = read_toml(path, AssignmentFile, AssignmentError)
    names = [task.name for task in found.tasks]
    for name in names:
        if names.count(name) > 1:
            raise AssignmentError(f"{path}: two tasks are called {name!r}")
    refuse_missing(path, found.libraries)
    data = read_data(folder)
    tasks: list[TaskSource] = []
    written: list[WrittenTask] = []
    for task in found.tasks:
        try:
            if task.file.endswith(".md"):
                written.append(
                    read_written(
                        folder / task.name, task.name, task.title, task.file, task.points, task.bonus
                    )
                )
            else:
                tasks.append(replace(_read_task(folder / task.name, task, found), data=data))
        except AssignmentError:
            if task.name in only or not set(only) & set(names):
                raise
    return Assignment(
        folder,
        found.title,
        found.seed,
        found.limits,
        tuple(tasks),
        found.imports,
        found.repair.candidates,
        tuple(written),
        found.libraries,
    )


def wanted_names(tasks: Iterable[TaskSource]) -> dict[str, tuple[str, ...]]:
    """Return the modules that tasks ask for, each with the names that are used of it."""
    found: dict[str, tuple[str, ...]] = {}
    for task in tasks:
        for module in task.modules:
            found[module] = (*found.get(module, ()), *task.wanted)
    return found


def _read_solution(folder: Path, entry: TaskEntry) -> str:
    """Return the source of a task's solution; of several files, with a line before each that names it."""
    if len(entry.files) < 2:
        return _read(folder / "solution.py")
    parts = [f"{SECTION}{path}\n{_read(folder / 'solution' / path)}" for path in entry.files]
    return "\n".join(parts)


def _read_task(folder: Path, entry: TaskEntry, whole: AssignmentFile) -> TaskSource:
    if not (folder / "solution.py").exists() and (folder / KEY).exists():
        return _with_settings(_task_of_kit(folder, entry), entry, whole)
    if entry.file and entry.files:
        raise AssignmentError(f"{folder}: the task has file = and files =; leave one of them out")
    solution = _read_solution(folder, entry)
    checks = _read_source(folder / "checks.py")
    hidden = folder / "hidden_checks.py"
    hidden_checks = _read_source(hidden) if hidden.exists() else ""
    shared = shared_modules(folder.parent, folder / "checks.py", checks)
    mistakes = tuple(
        mistake
        for path in sorted((folder / "mistakes").glob("*"))
        if path.suffix in (".py", ".patch")
        for mistake in read_mistakes(path, solution)
    )
    known = folder / "equivalent.toml"
    equivalent = read_toml(known, _EquivalentFile, AssignmentError).equivalent if known.exists() else ()
    others = {
        path.stem: _read(path)
        for path in sorted(folder.glob("*.py"))
        if path.stem not in ("checks", "hidden_checks", "solution")
    }
    task = TaskSource(
        entry.name,
        entry.title,
        entry.points,
        folder,
        checks,
        solution,
        mistakes,
        equivalent,
        others,
        hidden_checks=hidden_checks,
        shared=shared,
        libraries=whole.libraries,
        limits=replace(whole.limits, **entry.limits),  # type: ignore[arg-type]
        hidden_shared={
            name: text
            for name, text in shared_modules(folder.parent, hidden, hidden_checks).items()
            if name not in shared
        },
    )
    return _with_settings(task, entry, whole)


def _task_of_kit(folder: Path, entry: TaskEntry) -> TaskSource:
    checks = _read_source(folder / "checks.py")
    key = AnswerKey.read(folder / KEY)
    shared = shared_modules(folder.parent, folder / "checks.py", checks)
    if key.header.checks != checks_digest(checks, shared):
        raise AssignmentError(
            f"{folder / 'checks.py'}, or a module that it imports, is not the one that {KEY} was made from; "
            "get the kit again"
        )
    return TaskSource(
        entry.name,
        entry.title,
        entry.points,
        folder,
        checks,
        key.header.solution,
        key.mistakes,
        others=key.header.others,
        shared=shared,
        key=key,
    )


def _with_settings(task: TaskSource, entry: TaskEntry, whole: AssignmentFile) -> TaskSource:
    """Return a task with what `assignment.toml` says about it."""
    return replace(
        task,
        slip=whole.slip if entry.slip is None else entry.slip,
        prices={**whole.prices, **entry.prices},
        tell=entry.tell or whole.repair.tell,
        bonus=entry.bonus,
        hidden=entry.hidden or whole.hidden,
        equations=_equations(task.folder / "task.md"),
        files=entry.files or ((entry.file,) if entry.file else ()),
    )


def _equations(path: Path) -> dict[str, str]:
    return equations_of(_read(path)) if path.exists() else {}


def _read_source(path: Path) -> str:
    """Return the source in `path`. Raises `AssignmentError` if it is no Python."""
    source = _read(path)
    try:
        parse(source)
    except SyntaxError as error:
        raise AssignmentError(f"{path}, line {error.lineno}: {error.msg}") from None
    except ValueError as error:  # Python 3.11 says so about null bytes
        raise AssignmentError(f"{path}: {error}") from None
    return source


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise AssignmentError(f"{path} is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{path} cannot be read: {error}") from None
