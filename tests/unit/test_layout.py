"""The modules that tasks look for are found where they lie, under the names that platforms give them."""

import pytest

from grader.submission.layout import candidates, chosen, known_as, lacks_init


@pytest.mark.parametrize(
    "name",
    [
        "lstm_cell-1.py", "lstm_cell (1).py", "lstm_cell(1).py", "lstm_cell_(1).py", "lstm_cell%20(1).py",
        "lstm_cell 2.py",
        "Copy of lstm_cell.py", "Copy_of_lstm_cell.py", "Copy (2) of lstm_cell.py", "Kopie von lstm_cell.py",
        "lstm_cell-Copy1.py", "lstm_cell - Copy.py", "lstm_cell - Copy (2).py",
        "lstm_cell copy.py", "lstm_cell copy 2.py",
        "doejane_12345_67890_lstm_cell.py", "doejane_LATE_12345_67890_lstm_cell-2.py",
        "Jane Doe_101_assignsubmission_file_lstm_cell.py", "20231234_lstm_cell.py",
        "lstm_cell.py.txt", "lstm_cell.PY", "lstm_cell.Py.TXT", "lstm_cell.py ",
        "lstm_cell .py", "lstm_cell.py.1", "lstm_cell.py.download",
    ],
)  # fmt: skip
def test_what_platforms_make_of_a_name_is_known(name: str) -> None:
    assert known_as(name)[:2] == ("lstm_cell", "py")
    assert [one.renamed for one in candidates([name], "lstm_cell")] == [True]


@pytest.mark.parametrize(
    "name",
    ["old_lstm_cell.py", "test_lstm_cell.py", "lstm_cell_v2.py", "lstmcell.py", "LSTM_Cell.py",
     "my_lstm_cell.py",
     "lstm_cell2.py", "lstm_cell.txt", "lstm_cell.pyc", "lstm_cell", "lstm_cell_copied.py"],
)  # fmt: skip
def test_a_name_that_a_person_chose_is_not_taken(name: str) -> None:
    assert candidates([name], "lstm_cell") == []


def order(*paths: str) -> list[str]:
    return [one.path for one in candidates(paths, "lstm_cell")]


def test_the_exact_name_goes_first_then_a_notebook_then_what_a_platform_made_of_it() -> None:
    paths = [
        "lstm_cell (1).py",
        "lstm_cell-Copy1.ipynb",
        "lstm_cell.ipynb",
        "lstm_cell.py",
        "lstm_cell/__init__.py",
    ]

    assert order(*paths) == [paths[4], paths[3], paths[2], paths[0], paths[1]]


def test_of_two_attempts_the_newer_goes_first() -> None:
    assert order("lstm_cell-1.py", "lstm_cell-2.py", "lstm_cell-12.py") == [
        "lstm_cell-12.py", "lstm_cell-2.py", "lstm_cell-1.py",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a/lstm_cell.py", "a/old/lstm_cell.py"], ["a/lstm_cell.py"]),
        (["b/lstm_cell.py", "a/lstm_cell.py"], ["a/lstm_cell.py", "b/lstm_cell.py"]),
        (["lstm_cell/lstm_cell.py", "lstm_cell/__init__.py"], ["lstm_cell/__init__.py"]),
    ],
)
def test_the_outermost_folders_are_looked_in(paths: list[str], expected: list[str]) -> None:
    assert order(*paths) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a/lstm_cell.py": b"1", "b/lstm_cell.py": b"2"}, None),
        ({"a/lstm_cell.py": b"1", "b/lstm_cell.py": b"1"}, "a/lstm_cell.py"),
        ({"a/lstm_cell.py": b"1", "b/lstm_cell.py": b"1", "a/u.py": b"", "b/u.py": b"2"}, None),
        ({"lstm_cell-1.py": b"1", "lstm_cell-2.py": b"2"}, "lstm_cell-2.py"),
        ({"lstm_cell-1.py": b"1", "lstm_cell (1).py": b"2"}, None),
        ({"a/lstm_cell-1.py": b"1", "b/lstm_cell-2.py": b"2"}, None),
    ],
)
def test_one_is_chosen_unless_several_are_as_good(files: dict[str, bytes], expected: str | None) -> None:
    one = chosen(candidates(files, "lstm_cell"), files)

    assert (one and one.path) == expected


def test_nothing_is_said_of_files_that_are_like_no_module() -> None:
    assert not lacks_init(["a.py", "lstm_cells/a.py", "b/my_lstm_cell.py"], "lstm_cell")
