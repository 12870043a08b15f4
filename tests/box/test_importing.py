"""A module is imported as Python does it, or past the statements that fail."""

import sys
from pathlib import Path

import pytest
from forked import inside

from grader.guest.importing import Importing, defined, source_of
from grader.guest.own_files import give
from grader.syntax import parse
from grader.wire import Raised


def imported(folder: Path, source: str, ask: str, going_on: bool = True, **others: str) -> str:
    """Return what `ask` is after `m.py` was imported, in a process of its own."""
    for name, text in {"m": source, **others}.items():
        (folder / f"{name}.py").write_text(text)

    def act() -> object:
        importing = Importing(
            str(folder), lambda error: Raised((type(error).__name__,), str(error)), going_on
        )
        give(str(folder), [str(folder)], importing.loader)
        sys.dont_write_bytecode = True
        import importlib

        module = importlib.import_module("m")
        return eval(ask, {"m": module, "failed": importing.failed})

    return inside(act)


def test_what_fails_is_gone_past_and_named(tmp_path: Path) -> None:
    source = "x = 1\ny, z = 1 / 0, 2\nx = [][0]\nw = 3\n"
    told = "(one.file, one.line, one.number, one.raised.kinds[0], one.names, one.older)"
    ask = f"m.x, m.w, hasattr(m, 'y'), [{told} for one in failed]"

    assert imported(tmp_path, source, ask) == str(
        (
            1,
            3,
            False,
            [("m.py", 2, 1, "ZeroDivisionError", ("z", "y"), ()), ("m.py", 3, 2, "IndexError", (), ("x",))],
        )
    )


def test_unless_it_goes_on_an_exception_ends_the_import(tmp_path: Path) -> None:
    assert imported(tmp_path, "1 / 0\n", "m", going_on=False) == "ZeroDivisionError"


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import helper\n    x = 1\nexcept ZeroDivisionError:\n    x = 2\n",
        "def load():\n    import helper\n    return 1\ntry:\n    x = load()\nexcept Exception:\n    x = 2\n",
        "from contextlib import suppress\nx = 2\nwith suppress(Exception):\n    import helper\n    x = 1\n",
        "try:\n    if True:\n        import helper\n    x = 1\nexcept ZeroDivisionError:\n    x = 2\n",
    ],
)
def test_in_a_try_a_helper_that_fails_is_the_students_to_catch(tmp_path: Path, source: str) -> None:
    assert imported(tmp_path, source, "m.x, len(failed)", helper="1 / 0\n") == "(2, 0)"


@pytest.mark.parametrize(
    "source",
    [
        "import helper\nx = helper.y\n",
        "try:\n    x = 0\nfinally:\n    import helper\n    x = helper.y\n",
        "try:\n    [][0]\nexcept IndexError:\n    import helper\n    x = helper.y\n",
        "def f():\n    import helper\n    return helper.y\ntry:\n    1\nexcept OSError:\n    2\nx = f()\n",
    ],
)
def test_elsewhere_a_helper_is_gone_through_as_well(tmp_path: Path, source: str) -> None:
    assert imported(tmp_path, source, "m.x, failed[0].file", helper="1 / 0\ny = 2\n") == "(2, 'helper.py')"


def test_a_future_import_holds_for_all_statements(tmp_path: Path) -> None:
    source = '"""Doc."""\nfrom __future__ import annotations\n1 / 0\ndef f(x: NoSuch): pass\n"no docstring"\n'

    assert imported(tmp_path, source, "m.__doc__, m.f.__annotations__") == "('Doc.', {'x': 'NoSuch'})"


@pytest.mark.parametrize("source", ["return 1\nx = 2\n", "await y\nx = 2\n", "break\nx = 2\n"])
def test_a_statement_that_stands_in_the_wrong_place_is_gone_past(tmp_path: Path, source: str) -> None:
    assert imported(tmp_path, source, "m.x, failed[0].raised.kinds[0]") == "(2, 'SyntaxError')"


def test_text_of_another_encoding_is_told_with_its_place() -> None:
    with pytest.raises(SyntaxError, match="byte 0xe9 in line 2, column 3"):
        source_of(b"x = 1\n# \xe9\n", "m.py")


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("a = b, c = 1, 2", {"a", "b", "c"}),
        ("import a.b, c as d", {"a", "d"}),
        ("from a import b as c, d", {"c", "d"}),
        ("class A:\n    x = 1\n    def f(self): y = 2", {"A"}),
        ("for a in b:\n    c = [d for d in a]", {"a", "c", "d"}),
        ("with open('x') as f:\n    f.name = 1", {"f"}),
        ("x: int = 1", {"x"}),
        ("f(lambda: (y := 1))", set()),
    ],
)
def test_what_a_statement_defines_is_known(statement: str, names: set[str]) -> None:
    assert set(defined(parse(statement).body[0])) == names
