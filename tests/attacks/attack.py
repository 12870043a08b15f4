"""An attack is a file: what it tries, what it must get, and the module that tries it.

The docstring's first line says what it tries; lines `key: value` below it say how it is handed in
and what must come of it:

    task       the task whose module the file is. Without it the file is `attack.py`, which a right
               `param_counter.py` imports, and which must not change the marks of that.
    score      the points for that task; 0 for a module, all of them beside a right one.
    says       a part of one of the messages.
    check      a check and its verdict, as `loads failed`.
    tried      `no` where the attack never comes to run.
    wall, cpu  the limits in seconds, `whole` for a task as a whole; `memory` in MiB, `output` in KiB.
    pad        so many KiB of comment are added to the file.
    ships      paths of more files, which say SHIPPED; `modules`: so many large ones.
    next       an expression that is true where a trace is left for the next student.
    open       why it succeeds: a hole that is known; `open good` at that level, `open root` for root.
    wins       what its outcome shows as long as the hole is open.
    slow       `yes` for what takes seconds.
"""

import ast
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
FAMILIES = ("forging", "forbidden", "reading", "escaping", "hurting", "next_student", "reader")
POINTS = {"param_counter": 10.0, "lstm_cell": 20.0}
KEYS = {
    *(
        "task",
        "score",
        "says",
        "check",
        "tried",
        "wall",
        "whole",
        "cpu",
        "memory",
        "output",
        "next",
        "slow",
        "pad",
    ),
    *("ships", "modules"),
    *("open", "open good", "open root", "wins"),
}


@dataclass(frozen=True)
class Attack:
    """One attack as its file describes it."""

    family: str
    name: str
    tries: str
    source: str
    header: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.family}/{self.name}"

    @property
    def task(self) -> str:
        return self.header.get("task", "param_counter")

    @property
    def other(self) -> str:
        return next(task for task in POINTS if task != self.task)

    @property
    def score(self) -> float:
        return float(self.header.get("score", 0 if "task" in self.header else POINTS[self.task]))

    @property
    def files(self) -> dict[str, bytes]:
        """The submission: the attack, what it needs, and a right solution of the other task."""
        files = {"kit.py": (FOLDER / "kit.py").read_bytes(), f"{self.other}.py": honest(self.other)}
        for path in self.header.get("ships", "").split():
            files[path] = b"SHIPPED = True\n"
        modules = int(self.header.get("modules", 0))
        for number in range(modules):
            source = f"from large{number + 1} import LSTMCell\n"
            if number == modules - 1:
                source = honest("lstm_cell").decode()
            files[f"large{number}.py"] = f"{source}\nLARGE = [{'1,' * 250_000}]\n".encode()
        if "task" in self.header:
            comment = "# nothing here\n" * (int(self.header.get("pad", 0)) << 10 >> 4)
            return files | {f"{self.task}.py": f"{self.source}{comment}".encode()}
        return files | {"param_counter.py": honest("attacked"), "attack.py": self.source.encode()}


def honest(name: str) -> bytes:
    """Return the source of a right solution."""
    return (FOLDER / "honest" / f"{name}.py").read_bytes()


def read(path: Path) -> Attack:
    """Return the attack in the file `path`; raises `ValueError` for a header that means nothing."""
    source = path.read_text(encoding="utf-8")
    tries, _, rest = (ast.get_docstring(ast.parse(source)) or "").partition("\n")
    header = {}
    for line in rest.splitlines():
        if line.strip():
            key, colon, value = line.partition(": ")
            if key not in KEYS or not colon:
                raise ValueError(f"{path}: {line!r} is no header")
            header[key] = value.strip()
    if not tries:
        raise ValueError(f"{path} does not say what it tries")
    return Attack(path.parent.name, path.stem, tries, source, header)


def attacks(*families: str) -> list[Attack]:
    """Return all attacks, by family and name."""
    wanted = families or FAMILIES
    return [read(path) for family in wanted for path in sorted((FOLDER / family).glob("*.py"))]
