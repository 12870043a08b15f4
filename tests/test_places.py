"""The modules that tasks look for are found where they lie."""

import pytest

from grader.submission.layout import TOP, brought_up, elsewhere, module_folders

MODULES = ("lstm_cell", "param_counter")


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["lstm_cell.py", "a/lstm_cell.py"], [TOP]),
        (["lstm_cell/__init__.py", "lstm_cell/lstm_cell.py"], [TOP]),
        (["a/lstm_cell.ipynb", "a/b/lstm_cell.py", "c.py"], ["a/"]),
        (["a/param_counter/__init__.py"], ["a/"]),
        (["b/lstm_cell.py", "a/lstm_cell.py", "b/a/lstm_cell.py"], ["a/", "b/"]),
        (["a/lstm_cell.txt", "lstm_cell", "__init__.py", "other.py"], []),
    ],
)
def test_the_outermost_folders_with_a_module_are_found(paths: list[str], expected: list[str]) -> None:
    assert module_folders(paths, MODULES) == expected


def test_what_lies_in_several_folders_comes_together() -> None:
    files = {"a/lstm_cell.py": b"1", "b/param_counter.py": b"2", "b/c/d.py": b"3", "e.py": b"4"}

    assert brought_up(files, ["a/", "b/"]) == {"lstm_cell.py": b"1", "param_counter.py": b"2", "c/d.py": b"3"}


@pytest.mark.parametrize(("second", "expected"), [(b"", {"x.py": b""}), (b"other", None)])
def test_two_files_of_one_name_come_together_where_they_are_the_same(
    second: bytes, expected: dict[str, bytes] | None
) -> None:
    assert brought_up({"a/x.py": b"", "b/x.py": second}, ["a/", "b/"]) == expected


def test_nothing_is_said_of_files_that_are_like_no_module() -> None:
    assert elsewhere(["a.py", "lstm_cells/a.py", "b/my_lstm_cell.py"], "lstm_cell") == ""
