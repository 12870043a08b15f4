"""Folders of which no good module can be read: they cost their own task alone, and the report says why."""

import os
from pathlib import Path

import pytest
from conftest import Told

LSTM = (
    Path(__file__).parents[1] / "corpus" / "right" / "lstm_cell" / "one_einsum_for_all_gates.py"
).read_text()

CALLING = """

class LSTMCell(LSTMCell):
    def forward(self, *given):
        helper()
        return super().forward(*given)
"""


def test_a_folder_with_the_name_of_the_file_is_told(tmp_path: Path, told: Told) -> None:
    (tmp_path / "lstm_cell.py").mkdir()
    (tmp_path / "lstm_cell.py" / "lstm_cell.py").write_text(LSTM)
    assert told(tmp_path) == (10, 0, "`lstm_cell.py` is a folder, not a Python file.")


def test_a_package_stands_for_the_module(tmp_path: Path, told: Told) -> None:
    (tmp_path / "lstm_cell").mkdir()
    (tmp_path / "lstm_cell" / "__init__.py").write_text("from .cell import LSTMCell\n")
    (tmp_path / "lstm_cell" / "cell.py").write_text(LSTM)
    assert told(tmp_path) == (10, 20, "")


def test_a_link_that_leads_to_itself_is_told(tmp_path: Path, told: Told) -> None:
    (tmp_path / "lstm_cell.py").symlink_to("lstm_cell.py")
    counter, cell, said = told(tmp_path)
    assert (counter, cell) == (10, 0)
    assert said == "`lstm_cell.py` is a link; links are not followed, hand in the file itself."


def test_a_folder_that_links_to_itself_costs_nothing(tmp_path: Path, told: Told) -> None:
    (tmp_path / "lstm_cell.py").write_text(LSTM)
    (tmp_path / "more").symlink_to(tmp_path)
    assert told(tmp_path) == (10, 20, "")


def test_a_pipe_in_place_of_the_module_is_told(tmp_path: Path, told: Told) -> None:
    os.mkfifo(tmp_path / "lstm_cell.py")
    assert told(tmp_path) == (10, 0, "`lstm_cell.py` is not a plain file.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, told: Told) -> None:
    (tmp_path / "lstm_cell.py").touch(mode=0)
    counter, cell, said = told(tmp_path)
    assert (counter, cell) == (10, 0)
    assert "`lstm_cell.py` cannot be read (Permission denied)" in said


@pytest.mark.parametrize("library", ["torch", "types", "random", "numpy"])
def test_a_file_with_the_name_of_a_library_is_told(library: str, tmp_path: Path, told: Told) -> None:
    (tmp_path / f"{library}.py").write_text("def helper():\n    pass\n")
    (tmp_path / "lstm_cell.py").write_text(f"from {library} import helper\n{LSTM}{CALLING}")
    counter, cell, said = told(tmp_path)
    assert (counter, cell) == (10, 0)
    assert f"Your file `{library}.py` has the name of a library" in said


@pytest.mark.parametrize("library", ["torch", "types", "random", "numpy"])
def test_a_file_with_the_name_of_a_library_that_nobody_imports_costs_nothing(
    library: str, tmp_path: Path, told: Told
) -> None:
    (tmp_path / f"{library}.py").write_text("raise RuntimeError('not the library')\n")
    (tmp_path / "lstm_cell.py").write_text(LSTM)
    assert told(tmp_path) == (10, 20, "")
