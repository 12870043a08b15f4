"""A notebook becomes the module that its author would have exported."""

import threading
from typing import Any

import pytest

from grader.submission.notebook import code_of


def notebook(*cells: Any) -> dict[str, Any]:
    return {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}


def code(cell: str) -> str:
    """Return what becomes of the one cell of a notebook."""
    return code_of(notebook(cell)).removeprefix("# In[1]:\n").removesuffix("\n")


def test_cells_stand_below_their_numbers_and_text_is_left_out() -> None:
    cells = notebook("x = 1", "%%html\n<b>", ["y = 2\n", "z = 3"])
    cells["cells"].insert(0, {"cell_type": "markdown", "source": "# Title"})

    assert code_of(cells) == "# In[1]:\nx = 1\n\n# In[3]:\ny = 2\nz = 3\n"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%matplotlib inline\nx = 7 % 2", "pass\nx = 7 % 2"),
        ("if True:\n    %matplotlib inline\n    !ls", "if True:\n    pass\n    pass"),
        ("!pip install a \\\n      b \\\n  c\nx = 1", "pass\n\n\nx = 1"),
        ("pip install torch\nx = 1", "pass\nx = 1"),
        ("?torch.tanh\ntorch.tanh?\nx??", "pass\npass\npass"),
        ("files = !ls\nfor f in files: pass", "files = []\nfor f in files: pass"),
        ("best = %timeit -o f()", "best = None"),
        ("a, b = !ls", "pass"),
        ("%time x = f()", "x = f()"),
        ("y = %time f()", "y = f()"),
        ("  %time x = f(1, \\\n    2)", "  x = f(1, \\\n    2)"),
        ("%time\nx = 1", "pass\nx = 1"),
        ("%time !ls", "pass"),
        ("%timeit f()", "pass"),
        ("x = 5 \\\n  % 3\n!ls", "x = 5 \\\n  % 3\npass"),
        ("TEXT = '''\n%d percent\n!'''", "TEXT = '''\n%d percent\n!'''"),
    ],
)  # fmt: skip
def test_lines_that_only_a_notebook_understands_become_python(cell: str, expected: str) -> None:
    assert code(cell) == expected


@pytest.mark.parametrize(
    "magic", ["%%time", "%%timeit -n 3", "%%capture out", "%%prun", "%%writefile lstm_cell.py"]
)
def test_a_cell_that_is_python_all_the_same_is_kept(magic: str) -> None:
    assert code(f"\n{magic}\nx = 1\n!ls") == "x = 1\npass"


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%javascript", "%%writefile notes.txt", "%%"])
def test_a_cell_in_another_language_is_left_out(magic: str) -> None:
    assert code_of(notebook(f"{magic}\nx = 1")) == "\n"


@pytest.mark.parametrize(
    "late", ["from __future__ import annotations", "from __future__ import (\n    annotations,\n)  # late"]
)
def test_what_python_wants_first_comes_first(late: str) -> None:
    assert code_of(notebook("import os", f"{late}\nx = 1")) == (
        f"{late}\n\n# In[1]:\nimport os\n\n# In[2]:\npass\nx = 1\n"
    )


def test_many_empty_lines_in_a_notebook_take_no_long_time() -> None:
    done = threading.Event()

    def read() -> None:
        code_of({"cells": [{"cell_type": "code", "source": "\n" * 40_000}]})
        done.set()

    threading.Thread(target=read, daemon=True).start()

    assert done.wait(20)
