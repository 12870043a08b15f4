"""What is handed in becomes the modules that are looked for; each thing that was done is noted."""

import json

from grader.report.messages import text
from grader.submission.selection import Selection

MODULES = ("lstm_cell", "gru_cell")
WANTED = {"lstm_cell": ("LSTMCell",), "gru_cell": ("GRUCell",)}


def notebook(*cells: str) -> bytes:
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}).encode()


def taken(**files: bytes) -> Selection:
    made = Selection(
        {path.replace("__", "/").replace("_dot_", "."): data for path, data in files.items()}, {}
    )
    made.take(MODULES, WANTED)
    return made


def test_of_several_notebooks_each_stands_for_what_it_defines() -> None:
    one, two = notebook("class LSTMCell: pass"), notebook("x = 1\nGRUCell = 2")
    found = taken(a_dot_ipynb=one, b_dot_ipynb=two)

    assert found.notebooks == {"lstm_cell.py": "a.ipynb", "gru_cell.py": "b.ipynb"}


def test_where_two_notebooks_define_the_same_the_student_is_to_choose() -> None:
    both = notebook("class LSTMCell: pass")
    found = taken(a_dot_ipynb=both, b_dot_ipynb=both)

    assert (
        text(found.notes["lstm_cell.py"])
        == "several notebooks may be it: `a.ipynb`, `b.ipynb`; hand in one of them"
    )


def test_a_notebook_in_a_folder_leaves_its_modules_there() -> None:
    found = taken(q1__a_dot_ipynb=notebook("class LSTMCell: pass"), gru_cell_dot_py=b"")

    assert found.bases == {"lstm_cell": "q1/", "gru_cell": ""}


def test_what_a_cell_writes_does_not_take_the_place_of_a_file() -> None:
    written = notebook("%%writefile lstm_cell.py\nx = 1", "%%writefile ../up.py\nx = 1")
    found = taken(a_dot_ipynb=written, lstm_cell_dot_py=b"mine = 1\n")

    assert (found.files["lstm_cell.py"], [path for path in found.files if "up" in path]) == (
        b"mine = 1\n",
        [],
    )


def test_a_file_that_is_not_python_is_named_for_what_it_is() -> None:
    found = taken(lstm_cell_dot_py=b"%PDF-1.4", gru_cell_dot_py=b"PK\x03\x04")

    assert (list(found.files), {path: text(note) for path, note in found.notes.items()}) == (
        [],
        {
            "lstm_cell.py": "`lstm_cell.py` is a PDF, not Python",
            "gru_cell.py": "`gru_cell.py` is a zip archive or an office document, not Python",
        },
    )


def test_an_export_is_made_python_however_much_data_lies_beside_it() -> None:
    found = taken(a_dot_csv=b"1,2\n" * 100_000, lstm_cell_dot_py=b"!ls\nx = 1\n")

    assert found.files["lstm_cell.py"] == b"pass\nx = 1\n"
