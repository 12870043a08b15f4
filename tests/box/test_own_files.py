"""A student's program finds its own files, and nothing else, where it looks for them."""

import pytest

from grader.asking.conversation import ask
from grader.asking.questions import Question
from grader.sandbox.contract import Limits, Sandbox
from grader.values import Value

CHECKS = '''
from grader import Task

task = Task()


@task.check(points=1, cases=1)
def seen(impl, case):
    """What is seen."""
    return {"v": impl.value}
'''


def value(sandbox: Sandbox, source: str, **others: str) -> Value | str:
    """Return what `m.py` calls `value`, or how its import fails."""
    files = {"m": source} | {name.replace("__", "/"): text for name, text in others.items()}
    whole = {f"{name}.py": text.encode() for name, text in files.items()}
    asked = ask(sandbox, Limits(), Question(CHECKS, "m", whole, 1, (("seen", (0,)),)))
    if asked.not_loaded is not None:
        return f"{asked.not_loaded.kinds[0]}: {asked.not_loaded.message}"
    return (asked.answers["seen"][0].observed or {}).get("v")


OPENED = {
    "by its own path": "value = open(__file__).readlines()[0]",
    "by its name": "value = open('m.py', encoding='utf-8').readline()",
    "as bytes": "value = open(__file__, 'rb').readline().decode()",
    "by pathlib": "from pathlib import Path\nvalue = Path(__file__).read_text().splitlines(True)[0]",
    "in the working folder": (
        "import os\nos.chdir(os.path.dirname(os.path.abspath(__file__)))\nvalue = open('./m.py').readline()"
    ),
    "by inspect": "import inspect, sys\nvalue = inspect.getsource(sys.modules[__name__]).splitlines(True)[0]",
    "by codecs": "import codecs\nvalue = codecs.open(__file__, encoding='utf-8').readline()",
}


@pytest.mark.parametrize("how", OPENED)
def test_a_program_reads_its_own_source(sandbox: Sandbox, how: str) -> None:
    assert value(sandbox, f"# né\n{OPENED[how]}\n") == "# né\n"


def test_a_program_runs_another_of_its_files(sandbox: Sandbox) -> None:
    assert value(sandbox, "exec(open('tools/gates.py').read())\n", tools__gates="value = 7\n") == 7


@pytest.mark.parametrize("mode", ["w", "a", "x", "r+"])
def test_its_own_source_cannot_be_written(sandbox: Sandbox, mode: str) -> None:
    found = value(sandbox, f"open(__file__, {mode!r})\n")

    assert str(found).startswith(("PermissionError", "FileNotFoundError"))


@pytest.mark.parametrize(
    "path", ["/assignment/checks.py", "/submission/other.py", "/submission/../etc/passwd", "solution.py"]
)
def test_no_other_file_is_there(sandbox: Sandbox, path: str) -> None:
    found = value(sandbox, f"open({path!r})\n")

    assert str(found).startswith(("PermissionError", "FileNotFoundError"))


@pytest.mark.parametrize("path", ["/", "/tmp", "..", "/submissions"])
def test_another_working_folder_shows_nothing(sandbox: Sandbox, path: str) -> None:
    source = f"import os\nos.chdir({path!r})\nos.listdir('.')\n"

    assert str(value(sandbox, source)).startswith(("PermissionError", "FileNotFoundError"))


def test_a_program_works_in_a_folder_of_its_own(sandbox: Sandbox) -> None:
    source = "import os\nos.chdir('tools')\nvalue = open('gates.py').read() + os.listdir('.')[0]\n"

    assert value(sandbox, source, tools__gates="x = 1\n") == "x = 1\ngates.py"


def test_what_goes_nowhere_is_swallowed_and_nothing_comes_back(sandbox: Sandbox) -> None:
    source = """
import contextlib, os

with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
    print("unseen")
with open(os.devnull, "wb") as nowhere:
    written = nowhere.write(b"unseen")
value = (open(os.devnull).read() == "") * written
"""
    assert value(sandbox, source) == 6


def test_a_descriptor_is_opened_as_ever(sandbox: Sandbox) -> None:
    assert value(sandbox, "with open(1, 'w', closefd=False) as out:\n    value = out.write('x')\n") == 1


def test_where_a_program_would_wait_for_orders_it_goes_on(sandbox: Sandbox) -> None:
    assert value(sandbox, "breakpoint()\nvalue = 1\n") == 1


def test_a_builtin_that_a_program_replaces_is_replaced_for_it(sandbox: Sandbox) -> None:
    assert value(sandbox, "import builtins\nbuiltins.len = lambda one: 7\nvalue = len([])\n") == 7


# Import

ON_THE_PATH = {
    "beside the file": "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'tools'))",
    "from the working folder": "import sys\nsys.path.append('./tools')",
    "a Path": "import pathlib, sys\nsys.path.append(str(pathlib.Path(__file__).resolve().parent / 'tools'))",
}


@pytest.mark.parametrize("how", ON_THE_PATH)
def test_a_folder_on_the_path_is_looked_in(sandbox: Sandbox, how: str) -> None:
    source = f"{ON_THE_PATH[how]}\nfrom gates import value\n"

    assert (
        value(sandbox, source, tools__gates="import more\nvalue = more.two\n", tools__more="two = 2\n") == 2
    )


def test_the_folder_that_comes_first_on_the_path_is_looked_in_first(sandbox: Sandbox) -> None:
    files = {"gates": "value = 'top'\n", "tools__gates": "value = 'tools'\n"}
    found = [
        value(sandbox, f"import sys\nsys.path.{add}\nfrom gates import value\n", **files)
        for add in ("insert(0, 'tools')", "append('tools')", "clear()")
    ]

    assert found == ["tools", "top", "top"]


def test_a_folder_without_init_is_a_package_of_its_modules(sandbox: Sandbox) -> None:
    source = "from parts.deep import gates\nvalue = gates.__name__\n"

    assert value(sandbox, source, parts__deep__gates="") == "parts.deep.gates"


def test_a_module_is_loaded_again(sandbox: Sandbox) -> None:
    source = "import importlib, gates\ngates.two = 3\nvalue = importlib.reload(gates).two\n"

    assert value(sandbox, source, gates="two = 2\n") == 2


def test_a_package_that_is_not_there_is_told_as_anywhere(sandbox: Sandbox) -> None:
    assert value(sandbox, "import pandas\n") == "ModuleNotFoundError: No module named 'pandas'"
