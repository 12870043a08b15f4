"""Whatever students hand in: the same right cell in each, and the points and words that it gets.

Each situation was reported by people who use graders and notebooks; the source stands beside it.
"""
# ruff: noqa: E501  the table is read by the line

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from limited import with_limits

from grader.judging.grading import Grader
from grader.report import messages
from grader.results.report import Report
from grader.sandbox.contract import Limits
from grader.submission.loader import Submission, read_submission

RIGHT = """
import torch
from torch import nn


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.n = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size) * 0.1)
        self.weight_hh = nn.Parameter(torch.randn(4 * hidden_size, hidden_size) * 0.1)
        self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))

    def forward(self, x, state=None):
        if state is None:
            zero = x.new_zeros(x.shape[0], self.n)
            state = zero, zero
        h, c = state
        z = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = z.chunk(4, dim=1)
        c = squash(f) * c + squash(i) * g.tanh()
        return squash(o) * c.tanh(), c
"""
GATES = "import torch\nsquash = torch.sigmoid\n"
OWN = f"{GATES}{RIGHT}"
WRONG = OWN.replace("c.tanh(), c", "c, c")
COUNT = """
def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError("sizes start at 1")
    return hidden_size * (input_size + hidden_size + 1) + output_size * (hidden_size + 1)
"""

Files = Mapping[str, str | bytes]
Hand = Callable[..., Report]


def notebook(*cells: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells], "nbformat": 4})


@pytest.fixture
def hand_in(grader_for: Callable[..., Grader], tmp_path: Path) -> Hand:
    """Return the report on files that were handed in."""

    def hand_in(files: Files, *tasks: str) -> Report:
        folder = tmp_path / "handed in"
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data.encode() if isinstance(data, str) else data)
        grader = grader_for(*(tasks or ("lstm_cell",)))
        wanted = {task.name: task.wanted for task in grader.tasks}
        return grader.grade(read_submission(folder, tuple(wanted), wanted))

    return hand_in


def words(report: Report) -> str:
    """Return all that the report says beside its points."""
    found = [messages.text(check.message) for task in report.tasks for check in task.checks]
    return "\n".join(
        [*map(messages.text, [*report.notes, *(n for task in report.tasks for n in task.notes)]), *found]
    )


def above(code: str) -> Files:
    return {"lstm_cell.py": f"{code}\n{OWN}"}


RIGHT_ALL_THE_SAME: dict[str, tuple[Files, Sequence[str]]] = {
    # What only shows something: statements that fail are gone past (sphinx#2961, PrairieLearn#11171).
    "a line of a plot": (
        above("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nline, = ax.plot([1])"),
        ["lstm_cell.py, line 1 was left out: ModuleNotFoundError: No module named 'matplotlib'"],
    ),
    "a subclass of what is not there": (
        above("from matplotlib.ticker import Formatter\nclass Mine(Formatter):\n    pass"), ["line 2 was left out: NameError"],
    ),
    "seaborn, if it is there": (above("try:\n    import seaborn\nexcept ImportError:\n    seaborn = None"), []),
    "a writer for a board": (
        above("from torch.utils.tensorboard import SummaryWriter\nwriter = SummaryWriter()"), ["line 1 was left out"],
    ),
    "a bar in a function": (
        {"lstm_cell.py": OWN.replace("        h, c = state\n", "        h, c = [s for s in tqdm(state)]\n")
         .replace("import torch\n", "import torch\nfrom tqdm import tqdm\n", 1)}, [],
    ),
    "idioms of bars": (
        above("from tqdm.auto import tqdm, trange\nfrom tqdm.contrib import tenumerate, tzip\ntqdm.write('x')\n"
              "getattr(tqdm, '_instances', set()).clear()\n"
              "assert [a + b for a, b in tenumerate([1, 2])] == [1, 3] and len(trange(3)) == 3"), [],
    ),
    # A training run, a data set, arguments, questions (nbgrader#1844, python-grader#13, otter-grader#434).
    "a question": (above("epochs = int(input('epochs? '))"), ["EOFError"]),
    "arguments": (above("import sys\nepochs = int(sys.argv[1])"), ["line 2 was left out"]),
    "an end": (above("import sys\nsys.exit(0)"), ["SystemExit: 0"]),
    "a hard end": (above("import os\nos._exit(0)"), ["line 2 was left out: the program ended itself (exit code 0)"]),
    "a data set": (above("import torch\ndata = torch.load('/content/drive/x.pt')"), ["line 2 was left out"]),
    "an assertion about its own shape": (above("assert 1 == 2, 'not finished'"), ["AssertionError: not finished"]),
    "a demonstration on a graphics card": (
        {"lstm_cell.py": f"{OWN}\nLSTMCell(2, 3).cuda()\n"}, ["Torch not compiled with CUDA"],
    ),
    "a saved model": ({"lstm_cell.py": f"{OWN}\ntorch.save(LSTMCell(2, 3).state_dict(), 'm.pt')\n"}, ["was left out"]),
    "a log file": (above("import logging\nlogging.basicConfig(filename='train.log')"), ["line 2 was left out"]),
    "workers that load": (
        {"lstm_cell.py": f"{OWN}\nfor x in torch.utils.data.DataLoader(torch.ones(4), num_workers=2):\n    pass\n"},
        ["was left out"],
    ),
    "a display": (above("display(1)\nget_ipython().magic(u'matplotlib inline')"), ["line 2 was left out: NameError"]),
    # In Colab (fishtest#2395, DeepFaceLab#829).
    "a flag for Colab": (
        above("try:\n    import google.colab\n    COLAB = True\nexcept ModuleNotFoundError:\n    COLAB = False\n"
              "if COLAB:\n    raise RuntimeError"), [],
    ),
    "a drive in Colab": (above("from google.colab import drive\ndrive.mount('/content/drive')"), ["line 2 was left out"]),
    # A later Python (Coursemology#4968, logic23#3).
    "a decorator of a later Python": (above("from typing import no_such_thing"), ["'no_such_thing' from 'typing' (typing.py)"]),
    # The state of the process (ml-agents#4471, hummingbird#259).
    "seventeen threads": (above("import torch\ntorch.set_num_threads(17)\ntorch.ones(900, 900) @ torch.ones(900, 900)"), []),
    "another state": (
        above("import locale, sys, torch, warnings, random\nimport numpy as np\nlocale.setlocale(locale.LC_ALL, '')\n"
              "torch.set_default_dtype(torch.float64)\ntorch.set_printoptions(precision=2)\n"
              "warnings.simplefilter('error')\ntorch.set_grad_enabled(False)\ntorch.use_deterministic_algorithms(True)\n"
              "np.set_printoptions(precision=1)\nsys.setrecursionlimit(2000)\nrandom.seed(1)\ntorch.set_default_device('meta')"), [],
    ),
    # Files of its own (PrairieLearn#2584, otter-grader#434, #559, nbgrader#1409).
    "settings beside it": (
        {**above("import json, os\nSET = json.load(open(os.path.join(os.path.dirname(__file__), 'config.json')))"),
         "config.json": "{}"}, [],
    ),
    "a table beside it": (
        {**above("import csv, pathlib, numpy as np\nrows = list(csv.reader(open('data/x.csv')))\n"
                 "assert rows == [['1', '2']] and np.loadtxt('data/x.csv', delimiter=',').sum() == 3\n"
                 "assert [p.name for p in pathlib.Path('data').iterdir()] == ['x.csv']"), "data/x.csv": "1,2\n"}, [],
    ),
    "parts that it looks for": (
        {"lstm_cell.py": "import glob, importlib, os\nfor path in glob.glob(os.path.join(os.path.dirname(__file__), 'part_*.py')):\n"
         f"    globals().update(vars(importlib.import_module(os.path.basename(path)[:-3])))\n{RIGHT}", "part_one.py": GATES}, [],
    ),
    "a package that collects its modules": (
        {"lstm_cell/__init__.py": "import importlib, pkgutil\nfor one in pkgutil.iter_modules(__path__):\n"
         "    globals().update(vars(importlib.import_module(f'{__name__}.{one.name}')))\n", "lstm_cell/cell.py": OWN}, [],
    ),
    "a part whose name is written in another way": (
        {"lstm_cell.py": f"from ﬁlter import squash\n{RIGHT}", "filter.py": GATES}, [],
    ),
    "a part with a decomposed accent": (
        {"lstm_cell.py": f"from t\u00f6r import squash\n{RIGHT}", "to\u0308r.py": GATES}, [],
    ),
    "its own source": (above("import inspect, sys\nassert 'LSTMCell' in inspect.getsource(sys.modules[__name__])\n1 / 0"), ["ZeroDivisionError"]),
    # A helper that fails is gone past as well; in a `try` it is the student's to catch.
    "a helper with a plot": (
        {"lstm_cell.py": f"from gates import squash\n{RIGHT}", "gates.py": f"import matplotlib\n{GATES}"},
        ["gates.py, line 1 was left out"],
    ),
    "a helper instead": (
        {"lstm_cell.py": f"1 / 0\ntry:\n    from fast import squash\nexcept ImportError:\n    from gates import squash\n{RIGHT}",
         "fast.py": "import triton\nsquash = None\n", "gates.py": GATES}, ["line 1 was left out: ZeroDivisionError"],
    ),
    "annotations that are not looked at": (
        {"lstm_cell.py": f"from __future__ import annotations\nimport matplotlib\n{OWN}".replace("x, state=None", "x: NoSuch, state=None")},
        ["line 2 was left out"],
    ),
    "data classes and scripts": (
        above("import matplotlib\nfrom dataclasses import dataclass\nimport torch\n@dataclass\nclass Sizes:\n    n: int = 1\n"
              "@torch.jit.script\ndef twice(x):\n    return x + x\nassert twice(torch.ones(1)).item() == 2 and Sizes(3).n == 3"),
        ["line 1 was left out"],
    ),
    # Folders (PythonHomework#165, otter-grader#51, nbgrader#30, cs50/docs#312).
    "a package with relative imports": (
        {"hw3/__init__.py": "", "hw3/lstm_cell.py": f"from .gates import squash\n{RIGHT}", "hw3/gates.py": GATES}, [],
    ),
    "a folder without init and relative imports": (
        {"hw 3/lstm_cell.py": f"from .gates import squash\n{RIGHT}", "hw 3/gates.py": GATES}, [],
    ),
    "imports from src": ({"src/lstm_cell.py": f"from src.gates import squash\n{RIGHT}", "src/gates.py": GATES}, []),
    "an environment": (
        {"lstm_cell.py": OWN, "venv/pyvenv.cfg": "", **{f"venv/lib/m{n}.py": "" for n in range(600)}}, [],
    ),
    "packages of others": ({"lstm_cell.py": OWN, **{f"lib/site-packages/m{n}.py": "" for n in range(600)}}, []),
    "a path of Windows": ({"hw3\\lstm_cell.py": f"from gates import squash\n{RIGHT}", "hw3\\gates.py": GATES}, ["`hw3/`"]),
    # Names (canvas-lms#2310, forum#361, otter-grader#433, nbgrader#416).
    "a name of Canvas": ({"doejane_LATE_12345_67890_lstm_cell-2.py": OWN}, ["was taken as `lstm_cell.py`"]),
    "a name of a browser": ({"lstm_cell (1).py": OWN}, ["`lstm_cell (1).py` was taken as `lstm_cell.py`"]),
    "the newer of two": (
        {"lstm_cell-1.py": WRONG, "lstm_cell-2.py": OWN}, ["`lstm_cell-1.py` was left out: `lstm_cell-2.py` was taken"],
    ),
    "a name of mail": ({"lstm_cell.py.txt": OWN}, ["was taken as"]),
    # Notebooks (nbgrader#940, #258, #1876, nbclient#129, jupytext#29, notebook#3406, #2655, vscode-jupyter#1245).
    "a notebook and its helper": (
        {"homework.ipynb": notebook("from utils import *", RIGHT), "utils.py": GATES}, ["`homework.ipynb` is a notebook"],
    ),
    "a notebook that imports a notebook": (
        {"homework.ipynb": notebook("import nbimporter", "from P0 import squash", RIGHT), "P0.ipynb": notebook(GATES)},
        ["homework.ipynb, cell 1, line 1 was left out: ModuleNotFoundError"],
    ),
    "a notebook and its copy": (
        {"homework.ipynb": notebook(OWN), "homework-Copy1.ipynb": notebook(WRONG)},
        ["`homework-Copy1.ipynb` was left out: it looks like a copy"],
    ),
    "a notebook and its export": ({"homework.ipynb": notebook(OWN), "homework.py": WRONG, "homework.html": "<html>"}, []),
    "a cell that raises": (
        {"homework.ipynb": notebook(OWN, "x = 1\nraise NotImplementedError('mine')")},
        ["homework.ipynb, cell 2, line 2 was left out: NotImplementedError: mine"],
    ),
    "a cell that is not finished": ({"homework.ipynb": notebook("def f(:", OWN)}, ["`homework.ipynb`: cell 1 was left out: SyntaxError"]),
    "a cell that runs a file": ({"lstm_cell.ipynb": notebook("%run gates.py", RIGHT), "gates.py": GATES}, []),
    "a cell that runs a notebook": ({"lstm_cell.ipynb": notebook("%run gates.ipynb", RIGHT), "gates.ipynb": notebook(GATES)}, []),
    "a cell that writes the file": ({"homework.ipynb": notebook(f"%%writefile lstm_cell.py\n{OWN}")}, []),
    "a percent sign in brackets": ({"homework.ipynb": notebook("%matplotlib inline\nprint(\n'%d'\n% (4)\n)", OWN)}, []),
    "a cell that waits": ({"homework.ipynb": notebook("import asyncio\nawait asyncio.sleep(0)", OWN)}, ["'await' outside function"]),
    "a notebook called Python": ({"lstm_cell.py": notebook(OWN)}, ["`lstm_cell.py` is a notebook"]),
    "a notebook of version 3": (
        {"hw.ipynb": json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": OWN}]}]})}, [],
    ),
    "an export of Colab": (
        above('"""Automatically generated by Colab."""\n!pip install torch\nfiles = !ls'), ["what only a notebook understands was left out"],
    ),
    "an export of VS Code with a timed cell": (
        {"lstm_cell.py": f"# %%\nfrom IPython import get_ipython\n# %%\n{RIGHT}\n# %%\n"
         f"get_ipython().run_cell_magic('time', '', {GATES!r})\n"}, ["line 2 was left out"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", RIGHT_ALL_THE_SAME)
def test_a_right_program_gets_its_points_and_the_report_says_what_was_done(hand_in: Hand, what: str) -> None:
    files, said = RIGHT_ALL_THE_SAME[what]
    report = hand_in(files)

    assert (report.score, [one for one in said if one not in words(report)]) == (20, []), words(report)


# What is lost, and what is said of it

LOST: dict[str, tuple[Files, float, str]] = {
    "a web page": ({"lstm_cell.py": "<!DOCTYPE html><html>"}, 0, "`lstm_cell.py` is a web page (HTML), not Python"),
    "a formatted text": ({"lstm_cell.py": "{\\rtf1 import torch}"}, 0, "`lstm_cell.py` is a text with formatting (RTF)"),
    "UTF-16": ({"lstm_cell.py": OWN.encode("utf-16")}, 0, "is UTF-16 text; save it as UTF-8"),
    "Latin-1": ({"lstm_cell.py": f"x = 1\n# né\n{OWN}".encode("latin-1")}, 0, "byte 0xe9 in line 2, column 4"),
    "Python 2": (above("print 'x'"), 0, "That is Python 2. Submissions are graded with Python 3."),
    "a later Python": (above("def f[T](:"), 0, "Submissions are graded with Python 3."),
    "a card": (
        {"lstm_cell.py": OWN.replace("h, c = state", "h, c = (s.to('cuda') for s in state)")}, -1,
        "use the device of your arguments (`x.device`)",
    ),
    "a file with the name of a library": (
        {"lstm_cell.py": f"from random import squash\n{RIGHT}", "random.py": GATES}, 0,
        "name 'squash' is not defined",
    ),
    "a name that the class needs": (
        {"lstm_cell.py": f"import torch\nsquash = open('no.txt')\n{RIGHT}"}, 0,
        "lstm_cell.py, line 2, which should have defined it, was left out: FileNotFoundError",
    ),
    "the class itself": (
        {"lstm_cell.py": OWN.replace("(nn.Module)", "(nn.Modul)")}, 0, "The import raised AttributeError: module 'torch.nn' has no",
    ),
    "an older definition": (
        {"lstm_cell.py": f"{WRONG}\n{OWN.replace('(nn.Module)', '(nn.Modul)')}"}, -1, "`LSTMCell` is graded",
    ),
    "a relative import at the top": (
        {"lstm_cell.py": f"from .gates import squash\n{RIGHT}", "gates.py": GATES}, 0, "was left out: ImportError: attempted relative",
    ),
    "two versions in two folders": (
        {"a/lstm_cell.py": OWN, "b/lstm_cell.py": WRONG, "param_counter.py": COUNT}, 0, "There are several versions of it",
    ),
    "the plain one of two": (
        {"lstm_cell.py": WRONG, "lstm_cell (1).py": OWN}, -1, "`lstm_cell (1).py` was left out: `lstm_cell.py` was taken",
    ),
    "a name that a person chose": ({"lstm_cell_anna.py": OWN, "param_counter.py": COUNT}, 0, "`lstm_cell_anna.py` defines `LSTMCell`"),
}  # fmt: skip


@pytest.mark.parametrize("what", LOST)
def test_what_costs_points_is_told(hand_in: Hand, what: str) -> None:
    files, score, said = LOST[what]
    report = hand_in(files, "lstm_cell", *(["param_counter"] if "param_counter.py" in files else []))
    mark = next(task.score for task in report.tasks if task.task == "lstm_cell")

    assert said in words(report), words(report)
    assert mark == score if score >= 0 else 0 < mark < 20


def test_each_task_is_loaded_from_its_own_folder(hand_in: Hand) -> None:
    files = {
        "q1/lstm_cell.py": f"from utils import squash\n{RIGHT}", "q1/utils.py": GATES,
        "q2/param_counter.py": f"import utils\nassert utils.two == 2\n{COUNT}", "q2/utils.py": "two = 2\n",
    }  # fmt: skip

    assert hand_in(files, "lstm_cell", "param_counter").score == 30


def test_a_notebook_is_taken_for_each_task_that_has_no_file_of_its_own(hand_in: Hand) -> None:
    files = {"param_counter.py": COUNT, "homework.ipynb": notebook(OWN, "def count_rnn_parameters(): pass")}

    assert hand_in(files, "lstm_cell", "param_counter").score == 30


def test_no_path_of_this_machine_is_in_a_report(hand_in: Hand) -> None:
    source = above("import os, traceback\nprint(__file__, os.getcwd())\ntry:\n    open('no')\nexcept OSError:\n    traceback.print_exc()\n"
                   "raise ValueError(os.path.abspath('x.csv') + os.__file__)")  # fmt: skip
    report = hand_in(source)
    shown = words(report) + report.tasks[0].output

    assert "ValueError: x.csvos.py" in shown
    assert [one for one in ("/submissions", "/usr", "/root", "/home", "site-packages") if one in shown] == []


def test_a_statement_that_does_not_end_is_gone_past(grader_for: Callable[..., Grader]) -> None:
    grader = grader_for("lstm_cell")
    limited = with_limits(grader.assignment, Limits(wall_seconds=1))
    quick = replace(grader, assignment=limited, tasks=limited.only(("lstm_cell",)))
    report = quick.grade(Submission("anna", {"lstm_cell.py": f"{OWN}\nwhile True: pass\n".encode()}, {}))

    assert (report.score, "was left out: no answer within 1 s" in words(report)) == (20, True)


def test_an_author_can_ask_for_imports_without_a_failure(grader_for: Callable[..., Grader]) -> None:
    grader = grader_for("lstm_cell")
    strict = replace(grader, assignment=replace(grader.assignment, imports="strict"))
    report = strict.grade(Submission("anna", {"lstm_cell.py": f"{OWN}\n1 / 0\n".encode()}, {}))

    assert (report.score, "The import raised ZeroDivisionError" in words(report)) == (0, True)
