"""A notebook becomes the module that its author would have exported."""

import threading
from typing import Any

import pytest

from grader.report.messages import text
from grader.submission.notebook import Cells, exported, module_of


def notebook(*cells: Any) -> dict[str, Any]:
    return {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}


def code(cell: str) -> str:
    """Return what becomes of the one cell of a notebook."""
    return module_of(notebook(cell)).code.removeprefix("# In[1]:\n").removesuffix("\n")


def test_cells_stand_below_their_numbers_and_text_is_left_out() -> None:
    cells = notebook("x = 1", "%%html\n<b>", ["y = 2\n", "z = 3"])
    cells["cells"].insert(0, {"cell_type": "markdown", "source": "# Title"})

    assert module_of(cells).code == "# In[1]:\nx = 1\n\n# In[3]:\ny = 2\nz = 3\n"


@pytest.mark.parametrize("magic", ["%%time", "%%timeit -n 3", "%%capture out", "%%prun"])
def test_a_cell_that_is_python_all_the_same_is_kept(magic: str) -> None:
    assert code(f"\n{magic}\nx = 1\n!ls") == "x = 1\npass"


def test_a_cell_that_is_no_python_is_left_out_and_told() -> None:
    made = module_of(notebook("x = 1", "def f(:\n    pass", "%matplotlib inline\ny = 2"))

    assert (made.code, [*map(text, made.left_out)]) == (
        "# In[1]:\nx = 1\n\n# In[3]:\npass\ny = 2\n",
        ["cell 2 was left out: SyntaxError: invalid syntax (line 1)"],
    )


def test_what_a_cell_writes_is_a_file() -> None:
    made = module_of(
        notebook("%%writefile a/b.py\nx = 1", "%%writefile -a a/b.py\ny = 2\n", "%%file c.txt\n")
    )

    assert (made.code, made.written) == ("\n", {"a/b.py": "x = 1\ny = 2\n"})


def test_a_notebook_before_version_4_is_read() -> None:
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n", "y = 2"]}]}]}

    assert module_of(old).code == "# In[1]:\nx = 1\ny = 2\n"


def test_a_line_is_found_in_its_cell() -> None:
    lines = module_of(notebook("x = 1\ny = 2", "z = 3")).code.split("\n")
    cells = Cells.of(lines)

    assert (lines[2], cells.place(3), lines[5], cells.place(6)) == ("y = 2", (1, 2), "z = 3", (2, 1))
    assert [cells.lines_of(number) for number in (1, 2, 9)] == [["x = 1", "y = 2", ""], ["z = 3", ""], []]


# Exports


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 7 % 2\n", "x = 7 % 2\n"),
        ("!pip install torch\nx = 1\n", "pass\nx = 1\n"),
        (
            "get_ipython().run_cell_magic('time', '', 'x = 1\\n')\ny = 2\n",
            "exec('x = 1\\n')\ny = 2\n",
        ),
        ("get_ipython().run_line_magic('time', 'x = 1')\n", "exec('x = 1')\n"),
        ("get_ipython().system('ls')\n", "get_ipython().system('ls')\n"),
        ("# %%\nx = 1\n# %%\ndef f(:\n\n# %%\ny = 2\n", "# %%\nx = 1\n\n\n\n# %%\ny = 2\n"),
        ("x = 1\ndef f(:\n", "x = 1\ndef f(:\n"),
    ],
)  # fmt: skip
def test_an_export_becomes_python_line_by_line(text: str, expected: str) -> None:
    assert exported(text)[0] == expected


def test_what_is_left_out_of_an_export_is_told() -> None:
    assert [*map(text, exported("# %%\n!ls\n# %%\ndef f(:\n")[1])] == [
        "what only a notebook understands was left out",
        "the cell from line 3 on was left out: SyntaxError: invalid syntax (line 2)",
    ]


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%javascript", "%%writefile notes.txt", "%%"])
def test_a_cell_in_another_language_is_left_out(magic: str) -> None:
    assert module_of(notebook(f"{magic}\nx = 1")).code == "\n"


@pytest.mark.parametrize(
    "late", ["from __future__ import annotations", "from __future__ import (\n    annotations,\n)  # late"]
)
def test_what_python_wants_first_comes_first(late: str) -> None:
    assert module_of(notebook("import os", f"{late}\nx = 1")).code == (
        f"{late}\n\n# In[1]:\nimport os\n\n# In[2]:\npass\nx = 1\n"
    )


def test_many_empty_lines_in_a_notebook_take_no_long_time() -> None:
    done = threading.Event()

    def read() -> None:
        module_of({"cells": [{"cell_type": "code", "source": "\n" * 40_000}]})
        done.set()

    threading.Thread(target=read, daemon=True).start()

    assert done.wait(20)


def test_a_first_line_of_blanks_is_no_name_of_a_file() -> None:
    assert module_of(notebook("%%writefile" + " " * 1_000_000 + "!\nx = 1", "y = 2")).written == {}


@pytest.mark.parametrize("newline", ["\r", "\r\n"])
def test_an_export_is_read_whatever_ends_its_lines(newline: str) -> None:
    lines = ["x = 1", "x = 2", "get_ipython().run_cell_magic('time', '', 'y = 1')", ""]

    assert exported(newline.join(lines)) == ("x = 1\nx = 2\nexec('y = 1')\n", [])
