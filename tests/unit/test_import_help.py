"""What became of an import is told in words that help."""

import sys

import pytest

from grader.asking.questions import LeftOut
from grader.judging.import_help import because, notes, of_import, out_of_reach
from grader.report.messages import text
from grader.results.message import Message
from grader.submission.loader import Submission
from grader.wire import Failed, Frame, Raised

ENDED = Message.of("no_answer", seconds=10)


def handed_in(*files: str) -> Submission:
    return Submission("s", dict.fromkeys(files, b""), {})


def failed(line: int, kind: str, message: str, *names: str, older: tuple[str, ...] = ()) -> LeftOut:
    raised = Raised((kind, "Exception"), message)
    return LeftOut(Failed("m.py", line, line - 1, raised, names, older), ENDED)


def test_a_statement_that_was_gone_past_is_named_what_is_wanted_first() -> None:
    told = notes(
        [failed(1, "ImportError", "no x", "x"), failed(9, "NameError", "no y\nmore", older=("Cell",))],
        ["Cell"],
    )

    assert [text(one) for one in told] == [
        "m.py, line 9 was left out: NameError: no y; the earlier definition of `Cell` is graded",
        "m.py, line 1 was left out: ImportError: no x",
    ]


def test_of_many_the_first_are_told_and_the_others_counted() -> None:
    told = notes([failed(line, "E", "") for line in range(1, 31)], [])

    assert (len(told), text(told[-1])) == (9, "22 more statements were left out because of errors.")


def test_one_that_ended_the_process_is_told_by_how() -> None:
    told = notes([LeftOut(Failed("m.py", 3, 2, None, (), ()), ENDED)], [])

    assert [text(one) for one in told] == ["m.py, line 3 was left out: no answer within 10 s"]


def test_a_name_that_is_missing_is_told_by_what_should_have_defined_it_and_why_that_failed() -> None:
    first = failed(1, "ModuleNotFoundError", "No module named 'pandas'", "pd")
    second = failed(2, "NameError", "name 'pd' is not defined", "data")
    missing = Raised(("NameError", "Exception"), "name 'data' is not defined")

    assert text(because(missing, [second])) == (
        "m.py, line 2, which should have defined it, was left out: NameError: name 'pd' is not defined."
    )
    assert text(because(missing, [first, second])) == (
        "m.py, line 1, which should have defined it, was left out: "
        "ModuleNotFoundError: No module named 'pandas'."
    )
    assert because(missing, []) is because(Raised(("ValueError",), "'data'"), [second]) is None


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        (
            "SyntaxError",
            "Missing parentheses in call to 'print'",
            "That is Python 2. Submissions are graded with Python 3.",
        ),
        ("SyntaxError", "invalid syntax", "Submissions are graded with Python 3."),
        (
            "ImportError",
            "attempted relative import with no known parent package",
            "A relative import needs a package",
        ),
        (
            "ImportError",
            "cannot import name 'override' from 'typing' (typing.py)",
            "Submissions are graded with Python 3.",
        ),
        (
            "ImportError",
            "cannot import name 'a' from 'random' (random.py)",
            "Your file `random.py` has the name of",
        ),
        ("AttributeError", "module 'random' has no attribute 'a'", "Your file `random.py` has the name of"),
        ("SystemExit", "0", "Code that ends the program belongs under"),
        ("ValueError", "x", ""),
        ("ImportError", "cannot import name 'x' from 'gates' (gates.py)", ""),
    ],
)
def test_what_helps_depends_on_what_was_raised(kind: str, message: str, expected: str) -> None:
    error = Raised((kind, *(["ImportError"] if kind == "ModuleNotFoundError" else []), "Exception"), message)

    assert text(of_import(error, "m", handed_in("m.py", "random.py"))).startswith(expected)


@pytest.mark.parametrize(
    "message", ["Torch not compiled with CUDA enabled", "PyTorch is not linked with support for mps devices"]
)
def test_a_device_that_is_not_there_is_explained(message: str) -> None:
    assert "use the device of your arguments" in text(out_of_reach(Raised(("AssertionError",), message)))


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("PermissionError", "no", "Other files, other programs and the network are not available"),
        ("OSError", "[Errno 1] Operation not permitted", "Other files, other programs and the network"),
        ("FileNotFoundError", "data.csv", "Only the files that you handed in are available"),
        ("EOFError", "EOF when reading a line", "There is no answer to `input()`"),
        ("EOFError", "Ran out of input", ""),
    ],
)
def test_what_is_out_of_reach_is_explained(kind: str, message: str, expected: str) -> None:
    error = Raised((kind, "Exception"), message)
    told = out_of_reach(error)

    assert (text(told).startswith(expected), told is None) == (True, not expected)
    assert (of_import(error, "m", handed_in()) is not None) == bool(expected)


def test_a_module_that_is_not_installed_is_told_with_those_that_are() -> None:
    error = Raised(("ModuleNotFoundError", "ImportError", "Exception"), "No module named 'pandas'")

    assert text(of_import(error, "m", handed_in("m.py"))).startswith(
        "Besides your own files, only torch, numpy, tqdm and Python's own modules"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("<<<<<<< HEAD", "m.py, line 2: the marks of a merge conflict are still there"),
        ("type Number = int", "Only Python 3.12 and later support the `type` statement."),
        ("def first[T](items: list[T]) -> T:", "Only Python 3.12 and later support type parameters"),
        ('x = f"{names["x"]}"', "Only Python 3.12 and later support the same quotes within"),
        ("except ValueError, TypeError:", "Only Python 3.14 and later support `except` without"),
        ("x = t'{h}'", "Only Python 3.14 and later support t-strings."),
        ("x = = 1", "Submissions are graded with Python"),
        ("type = = 1", "Submissions are graded with Python"),
        ("x = f'{a}' = f\"{b}\"", "Submissions are graded with Python"),
    ],
)
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python knows some of it")
def test_what_the_line_of_a_syntax_error_shows_is_told(line: str, expected: str) -> None:
    error = Raised(("SyntaxError",), "invalid syntax", (Frame("m.py", 2, ""),))
    submission = Submission("s", {"m.py": f"import torch\n{line}\n".encode()}, {})

    assert text(of_import(error, "m", submission)).startswith(expected)


def test_a_definition_that_needs_ones_own_random_is_told_to_rename_it() -> None:
    missing = Raised(("NameError", "Exception"), "name 'helper' is not defined")
    first = failed(1, "ImportError", "cannot import name 'helper' from 'random' (random.py)", "helper")

    assert "Your file `random.py` has the name of a library" in text(
        because(missing, [first], "m", ["m.py", "random.py"])
    )


def test_a_name_that_no_statement_was_to_define_has_no_reason() -> None:
    assert because(Raised(("NameError",), "name 'x' is not defined"), [failed(1, "E", "", "y")]) is None
