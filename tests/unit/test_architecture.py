"""How programs are started. Layers are checked by import-linter; see pyproject.toml."""

import ast
from functools import cache
from pathlib import Path

import pytest

import grader

PACKAGE = Path(grader.__file__).parent


@cache
def modules() -> dict[str, Path]:
    """Return the modules of the package by their names below it."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if not {"bundled", "starter_files"} & set(parts):
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


STARTS = {
    "subprocess": {"Popen", "run", "call", "check_call", "check_output", "getoutput", "getstatusoutput"},
    "os": {"system", "popen", "startfile", "posix_spawn", "posix_spawnp"},
    "multiprocessing": set(),
    "runpy": set(),
    "pty": set(),
}
"""What starts a program; of a module without names all."""
STARTERS = {
    *("course.pool", "course.submission_times"),
    *("sandbox.launch", "sandbox.probe", "sandbox.process", "sandbox.submission_files"),
    "service.serving",
}
"""The modules that start programs."""
NO_COMMAND = "sandbox.mounts"
"""Says what Python is and that the box may read it; the commands are written elsewhere."""


def started(tree: ast.AST) -> set[str]:
    """Return which calls and imports of a module start a program."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            home, name = node.value.id, node.attr
            spawns = home == "os" and name.startswith(("exec", "spawn"))
            if spawns or name in STARTS.get(home, ()) or name == "ProcessPoolExecutor":
                found.add(f"{home}.{name}")
        elif isinstance(node, ast.ImportFrom) and node.module in STARTS:
            found.add(node.module)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names} & {"ProcessPoolExecutor"}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if STARTS.get(alias.name.partition(".")[0]) == set()}
    return found


def not_isolated(tree: ast.AST) -> list[str]:
    """Return where a module names Python other than as the first part of a command with -I next."""
    isolated = {
        node.elts[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.List, ast.Tuple))
        and "'-I'" in [ast.unparse(part) for part in node.elts[1:2]]
    }
    names = ("sys.executable", "sys._base_executable", "mounts.interpreter()", "interpreter()")
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, (ast.Attribute, ast.Call)) and ast.unparse(node) in names and node not in isolated
    ]


def looked_up(tree: ast.AST) -> list[str]:
    """Return the programs that a module has looked up in PATH by Python or by the system."""
    found = [ast.unparse(node) for node in ast.walk(tree) if ast.unparse(node) == "shutil.which"]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("subprocess."):
            command = node.args[0] if node.args else None
            first = command.elts[0] if isinstance(command, (ast.List, ast.Tuple)) else command
            if isinstance(first, ast.Constant) and not str(first.value).startswith("/"):
                found.append(str(first.value))
    return found


@cache
def parsed(module: str) -> ast.AST:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def test_the_modules_that_start_programs_are_known() -> None:
    assert {module for module in modules() if started(parsed(module))} == STARTERS


@pytest.mark.parametrize("module", sorted(set(modules()) - {NO_COMMAND}))
def test_no_python_is_started_that_imports_from_the_working_directory(module: str) -> None:
    assert not_isolated(parsed(module)) == []


@pytest.mark.parametrize("module", sorted(set(modules()) - {"programs"}))
def test_no_program_is_looked_up_in_the_working_directory(module: str) -> None:
    assert looked_up(parsed(module)) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("subprocess.Popen([sys.executable, '-c', program])", True),
        ("command = [sys.executable, *options]\nos.execv(command[0], command)", True),
        ("multiprocessing.set_executable(sys.executable)", True),
        ("command = [mounts.interpreter(), '-S', '-I']", True),
        ("command = [mounts.interpreter(), '-I', '-S']", False),
        ("subprocess.run((sys.executable, '-I', '-c', program))", False),
    ],
)
def test_a_start_of_python_without_isolation_would_be_found(source: str, found: bool) -> None:
    assert bool(not_isolated(ast.parse(source))) == found


@pytest.mark.parametrize(
    "source",
    ["os.execvp('a', [])", "from subprocess import run", "import multiprocessing.pool", "os.popen('a')"],
)
def test_another_way_to_start_a_program_would_be_found(source: str) -> None:
    assert started(ast.parse(source)) != set()


@pytest.mark.parametrize(
    "source", ["subprocess.run(['git', 'init'])", "subprocess.run('git init')", "shutil.which('git')"]
)
def test_a_program_that_is_looked_up_would_be_found(source: str) -> None:
    assert looked_up(ast.parse(source)) != []
