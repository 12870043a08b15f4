"""What the worker tells about a stranger's module, asked through the real sandbox."""

import pytest

from grader.asking.conversation import ask
from grader.asking.questions import Ended, Question, Responses
from grader.report.messages import text
from grader.sandbox.contract import Limits, Sandbox
from grader.values import Fields, Items, Members, Number, Other, Table, Tensor, Value, Word
from grader.wire import Answer, Blamed, Frame, Held

CHECKS = '''
import random
import numpy as np
import torch
from grader import Task

task = Task(forbid=["torch.nn.LSTMCell"])


@task.check(points=1, cases=1)
def seen(impl, case):
    """What is seen."""
    return {"v": impl.value()}


@task.check(points=1, cases=1)
def pair(impl, case):
    """A pair."""
    return {"h, c": impl.pair()}


@task.check(points=1, cases=1)
def untouched(impl, case):
    """The argument is left as it is."""
    impl.touch(case.normal(2, 2, name="x"))
    return {}


@task.check(points=1, cases=3)
def state(impl, case):
    """The state of the process is the same for every case."""
    seen = {
        "torch": float(torch.rand(())),
        "python": random.random(),
        "numpy": float(np.random.rand()),
        "default": str(torch.get_default_dtype()),
        "gradients": torch.is_grad_enabled(),
    }
    impl.disturb()
    return seen
'''


def asked(
    sandbox: Sandbox,
    source: str,
    check: str = "seen",
    cases: int = 1,
    ended: Ended | None = None,
    **others: str,
) -> Responses:
    files = {"m.py": source} | {f"{name.replace('_in_', '/')}.py": text for name, text in others.items()}
    whole = {path: text.encode() for path, text in files.items()}
    question = Question(CHECKS, "m", whole, 1, ((check, tuple(range(cases))),), ended=ended)
    return ask(sandbox, Limits(), question)


def answer(sandbox: Sandbox, source: str, check: str = "seen", **others: str) -> Answer:
    return asked(sandbox, source, check, **others).answers[check][0]


def value(sandbox: Sandbox, expression: str) -> Value:
    """Return what the expression is seen as, alone."""
    source = f"import torch, numpy as np\ndef value():\n    return {expression}\n"
    observed = answer(sandbox, source).observed
    return None if observed is None else observed.get("v")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("5", 5),
        ("-(10 ** 80)", -(10**80)),
        ("True", True),
        ("1.5", 1.5),
        ("'text'", "text"),
        ("'x' * 5000", "x" * 5000),
        ("'x' * (1 << 21)", Other("a str of 2097152 bytes, too long to be compared")),
        ("None", None),
        ("torch.zeros(2, 3).shape", Items("torch.Size", (2, 3))),
        ("10 ** 4000", 10**4000),
        ("10 ** 5000", Other("an int of 16610 bits, too large to be compared")),
        ("np.int64(5)", Number("int64", 5)),
        ("np.float32(1.5)", Number("float32", 1.5)),
        ("np.str_('text')", "text"),
        ("(1, 2.0)", Items("tuple", (1, 2.0))),
        ("[[], ()]", Items("list", (Items("list", ()), Items("tuple", ())))),
        ("__import__('collections').namedtuple('P', 'x y')(1, 2)", Items("P", (1, 2), ("x", "y"))),
        ("__import__('collections').deque([1])", Items("deque", (1,))),
        ("range(2)", Items("range", (0, 1))),
        ("{2, 1}", Members("set", (1, 2))),
        ("{'a': {'b': 1}}", Table("dict", (("a", Table("dict", (("b", 1),))),))),
        ("{1: {}, '1': []}", Table("dict", ((1, Table("dict", ())), ("1", Items("list", ()))))),
        ("b'x'", b"x"),
        ("1j", 1j),
        ("torch.float32", Word("torch.dtype", "torch.float32")),
        ("np.dtype('f4')", Word("numpy.dtype", "float32")),
        ("slice(1, None)", Fields("slice", (("start", 1), ("stop", None), ("step", None)))),
        ("object", Other("a type")),
        ("(x for x in [])", Other("a generator")),
        ("[x for x in range(30000)]", Other("a list of 30000, with more in it than can be compared")),
        ("torch.zeros(2).to_sparse()", Other("a sparse_coo tensor on cpu")),
        ("torch.zeros(2, device='meta')", Other("a strided tensor on meta")),
        ("torch.zeros(2000, 2000)", Other("a tensor of shape (2000, 2000), too large to look at")),
        ("torch.zeros(1).expand(10**9)", Other("a tensor of shape (1000000000,), too large to look at")),
    ],
)
def test_a_value_is_seen_as_plain_data(sandbox: Sandbox, expression: str, expected: Value) -> None:
    found = value(sandbox, expression)

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    "expression",
    [
        "torch.tensor([[1., 2.], [3., 4.]])",
        "torch.nn.Parameter(torch.tensor([[1., 2.], [3., 4.]]))",
        "torch.tensor([[1., 3.], [2., 4.]]).t()",
        "torch.tensor([[1., 2.], [3., 4.]], requires_grad=True) * 1",
        "torch.tensor([[1-1j, 2-2j], [3-3j, 4-4j]]).conj().real",
    ],
)
def test_the_entries_of_a_tensor_are_seen(sandbox: Sandbox, expression: str) -> None:
    found = value(sandbox, expression)

    assert isinstance(found, Tensor) and (found.dtype, found.array.tolist()) == ("float32", [[1, 2], [3, 4]])


def test_a_subclass_that_lies_about_its_entries_is_seen_as_it_is(sandbox: Sandbox) -> None:
    source = (
        "import torch\n"
        "class Liar(torch.Tensor):\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, function, types, args=(), kwargs=None):\n"
        "        return torch.tensor([9.0])\n"
        "def value():\n    return torch.tensor([1.0]).as_subclass(Liar)\n"
    )
    found = (answer(sandbox, source).observed or {})["v"]

    assert isinstance(found, Tensor) and found.array.tolist() == [1.0]


def test_two_values_under_one_name_are_taken_apart(sandbox: Sandbox) -> None:
    assert answer(sandbox, "def pair():\n    return 1, 2\n", "pair").observed == {"h": 1, "c": 2}


@pytest.mark.parametrize(
    ("returned", "expected"), [("5", 5), ("(1, 2, 3)", Items("tuple", (1, 2, 3))), ("None", None)]
)
def test_where_two_values_were_expected_another_number_is_kept_together(
    sandbox: Sandbox, returned: str, expected: Value
) -> None:
    found = answer(sandbox, f"def pair():\n    return {returned}\n", "pair")

    assert found.observed == {"h, c": expected}


def test_a_changed_argument_is_told(sandbox: Sandbox) -> None:
    assert answer(sandbox, "def touch(x):\n    x += 1\n", "untouched").changed == ("x",)


DISTURBED = """
import random, torch, numpy.random
import numpy as np
def disturb():
    torch.rand(7); random.random(); np.random.rand()
    torch.manual_seed(5)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
"""


def test_every_case_starts_from_the_same_state(sandbox: Sandbox) -> None:
    calm = asked(sandbox, "import numpy.random\ndef disturb():\n    pass\n", "state", cases=3)
    disturbed = asked(sandbox, DISTURBED, "state", cases=3)

    assert disturbed.answers == calm.answers


# Exceptions


def raised(sandbox: Sandbox, source: str, **others: str) -> tuple[str, str, tuple[Frame, ...]]:
    found = answer(sandbox, source, **others).raised
    assert found is not None
    return found.kinds[0], found.message, found.frames


def test_an_exception_is_told_with_the_students_lines(sandbox: Sandbox) -> None:
    source = "def deeper():\n    return 1 / 0\n\ndef value():\n    return deeper()\n"

    assert raised(sandbox, source) == (
        "ZeroDivisionError",
        "division by zero",
        (Frame("m.py", 5, "value"), Frame("m.py", 2, "deeper")),
    )


def test_the_part_of_the_line_that_raised_is_told(sandbox: Sandbox) -> None:
    lines = ("x, w = torch.zeros(5, 4), torch.zeros(1, 12)", "return 1 + x @ w")
    source = "import torch\n\ndef value():\n    " + "\n    ".join(lines)
    found = answer(sandbox, source).raised

    assert found is not None and found.blamed == Blamed(
        "x @ w", (Held("x", "tensor", (5, 4), "float32"), Held("w", "tensor", (1, 12), "float32"))
    )


def test_the_classes_of_an_exception_are_told(sandbox: Sandbox) -> None:
    source = "class Mine(KeyError): pass\ndef value():\n    raise Mine\n"
    found = answer(sandbox, source).raised

    assert found is not None and found.kinds == (
        "Mine",
        "KeyError",
        "LookupError",
        "Exception",
        "BaseException",
    )


def test_the_line_of_the_check_is_told(sandbox: Sandbox) -> None:
    found = answer(sandbox, "def value():\n    raise KeyError\n").raised

    assert found is not None and CHECKS.splitlines()[found.check_line - 1] == '    return {"v": impl.value()}'


def test_a_name_that_is_missing_is_told_with_the_nearest(sandbox: Sandbox) -> None:
    assert raised(sandbox, "def Value():\n    return 1\n") == (
        "MissingName",
        "m.py defines nothing called `value`. Is `Value` what you mean?",
        (),
    )


@pytest.mark.parametrize(
    "definition",
    [
        "class E(Exception):\n    def __str__(self): raise KeyError\n",
        "class E(Exception):\n    def __str__(self): return 5\n",
    ],
)
def test_an_exception_without_a_readable_message_is_told(sandbox: Sandbox, definition: str) -> None:
    found = raised(sandbox, f"{definition}def value():\n    raise E\n")

    assert found[:2] == ("E", "(its message could not be read)")


def test_a_long_message_is_cut(sandbox: Sandbox) -> None:
    assert len(raised(sandbox, "def value():\n    raise ValueError('x' * 10**6)\n")[1]) == 1000


def test_of_an_endless_recursion_beginning_and_end_are_told(sandbox: Sandbox) -> None:
    kind, _, frames = raised(sandbox, "def value():\n    return again()\ndef again():\n    return again()\n")

    assert (kind, frames[0].function, frames[-1].function, len(frames)) == (
        "RecursionError",
        "value",
        "again",
        40,
    )


def test_an_exception_that_only_bears_the_name_of_pythons_own_is_told_apart(sandbox: Sandbox) -> None:
    source = "import builtins\nclass ValueError(Exception): pass\nbuiltins.ValueError = ValueError\n"
    found = answer(sandbox, f"{source}def value():\n    raise ValueError('no')\n").raised

    assert found is not None and found.kinds == ("another ValueError", "Exception", "BaseException")


@pytest.mark.parametrize(
    "end", ["raise SystemExit(0)", "raise KeyboardInterrupt", "exit()", "raise GeneratorExit"]
)
def test_what_would_end_a_program_is_an_exception_like_others(sandbox: Sandbox, end: str) -> None:
    found = asked(sandbox, f"import sys\nfrom sys import exit\ndef value():\n    {end}\n")

    assert (found.stops, found.answers["seen"][0].raised is None) == ({}, False)


def test_a_forbidden_layer_raises_whatever_its_disguise(sandbox: Sandbox) -> None:
    source = (
        "import torch\ndef value():\n    return getattr(torch.nn, 'LSTM' + 'Cell')(2, 3)(torch.zeros(1, 2))\n"
    )

    assert raised(sandbox, source)[:2] == (
        "ForbiddenLayer",
        "`torch.nn.LSTMCell` computed here; this task asks to write it out.",
    )


def test_a_functional_form_raises_as_well(sandbox: Sandbox) -> None:
    source = (
        "import torch\n"
        "def value():\n"
        "    w = torch.zeros(12, 2), torch.zeros(12, 3), torch.zeros(12), torch.zeros(12)\n"
        "    return torch.ops.aten.lstm_cell(torch.zeros(1, 2), [torch.zeros(1, 3)] * 2, *w)\n"
    )

    assert raised(sandbox, source)[0] == "ForbiddenLayer"


DEMONSTRATION = (
    "from __future__ import annotations\n"
    "import torch\n"
    "def value():\n    return 1\n"
    "h, c = torch.nn.LSTMCell(2, 3)(torch.zeros(1, 2))\n"
)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("", 1),
        ("def value():\n    return 2\n", 2),
        ("@staticmethod\ndef value():\n    return 2\n", 2),
        ("print(h.mean())\ndef value():\n    return 2\n", 2),
        ("def value() -> Undefined:\n    return 2\n", 2),
        ("for _ in range(3): h, c = torch.nn.LSTMCell(2, 3)(h)\nassert h.sum() > 0\nx = 4\n", 1),
    ],
)
def test_a_demonstration_at_import_is_left_out_and_the_rest_goes_on(
    sandbox: Sandbox, after: str, expected: int
) -> None:
    found = asked(sandbox, DEMONSTRATION + after, ended={})

    assert found.answers["seen"][0].observed == {"v": expected}


def test_what_is_left_out_is_told_with_its_line(sandbox: Sandbox) -> None:
    found = asked(sandbox, DEMONSTRATION + "print(h)\nprint('go on')\n", ended={})
    failed = [one.statement for one in found.left_out]
    told = [(one.file, one.line, one.raised and one.raised.kinds[0]) for one in failed]

    assert (told, found.output) == (
        [("m.py", 5, "ForbiddenLayer"), ("m.py", 6, "NameError")],
        "go on\n",
    )


def test_a_demonstration_in_another_file_is_left_out_as_well(sandbox: Sandbox) -> None:
    found = asked(sandbox, "from other import value\n", ended={}, other=DEMONSTRATION)

    assert found.answers["seen"][0].observed == {"v": 1}


def test_what_caught_a_refusal_at_import_goes_its_own_way(sandbox: Sandbox) -> None:
    source = (
        "import torch\n"
        "try:\n    torch.nn.LSTMCell(2, 3)(torch.zeros(1, 2))\n"
        "except Exception:\n    def value(): return 3\n"
    )

    assert answer(sandbox, source).observed == {"v": 3}


def test_where_each_statement_has_to_run_a_demonstration_fails_the_import(sandbox: Sandbox) -> None:
    assert not_loaded(sandbox, DEMONSTRATION)[0] == "ForbiddenLayer"


# Import


def not_loaded(sandbox: Sandbox, source: str, **others: str) -> tuple[str, str, tuple[Frame, ...]]:
    found = asked(sandbox, source, **others).not_loaded
    assert found is not None
    return found.kinds[0], found.message, found.frames


def test_a_syntax_error_is_told_with_its_line(sandbox: Sandbox) -> None:
    kind, _, frames = not_loaded(sandbox, "x = 1\ny = (\n")

    assert (kind, frames) == ("SyntaxError", (Frame("m.py", 2, ""),))


def test_an_exception_during_the_import_is_told_with_its_line(sandbox: Sandbox) -> None:
    assert not_loaded(sandbox, "x = 1\nraise ValueError('no')\n") == (
        "ValueError",
        "no",
        (Frame("m.py", 2, "<module>"),),
    )


def test_modules_of_a_submission_import_each_other(sandbox: Sandbox) -> None:
    others = {
        "helper": "two = 2\n",
        "package_in___init__": "from .part import three\n",
        "package_in_part": "three = 3\n",
    }
    source = "import helper\nfrom package import three\ndef value():\n    return helper.two * three\n"

    assert answer(sandbox, source, **others).observed == {"v": 6}


@pytest.mark.parametrize("library", ["torch", "random", "numpy", "grader", "json"])
def test_a_file_called_like_a_library_does_not_take_its_place(sandbox: Sandbox, library: str) -> None:
    source = f"import {library}\ndef value():\n    return hasattr({library}, 'mine')\n"

    assert answer(sandbox, source, **{library: "mine = 1\n"}).observed == {"v": False}


def test_an_encoding_that_is_declared_is_obeyed(sandbox: Sandbox) -> None:
    source = "# coding: latin-1\ndef value():\n    return '\xe4'\n".encode("latin-1")
    question = Question(CHECKS, "m", {"m.py": source}, 1, (("seen", (0,)),))

    assert ask(sandbox, Limits(), question).answers["seen"][0].observed == {"v": "\xe4"}


def test_bytes_that_are_no_text_are_told(sandbox: Sandbox) -> None:
    question = Question(CHECKS, "m", {"m.py": b"x = '\xff'\n"}, 1, (("seen", (0,)),))
    found = ask(sandbox, Limits(), question).not_loaded

    assert found is not None and (found.kinds[0], found.message.startswith("the file is not UTF-8 text")) == (
        "SyntaxError",
        True,
    )


def test_a_module_knows_its_name_and_is_no_main_program(sandbox: Sandbox) -> None:
    source = "def value():\n    return __name__\nif __name__ == '__main__':\n    raise ValueError\n"

    assert answer(sandbox, source).observed == {"v": "m"}


# The author's side

NO_TASK = "checks.py must make one Task with at least one check"


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ("x = (\n", "SyntaxError: '(' was never closed (checks.py, line 1)"),
        ("", NO_TASK),
        ("from grader import Task\na = Task()\n", NO_TASK),
        ("from grader import Task\na, b = Task(), Task()\n", NO_TASK),
        ("\nraise SystemExit(3)\n", "SystemExit: 3 (checks.py, line 2)"),
    ],
)  # fmt: skip
def test_a_slip_in_checks_is_told_in_words(sandbox: Sandbox, checks: str, said: str) -> None:
    assert text(ask(sandbox, Limits(), Question(checks, "m", {"m.py": b""}, 1)).broken) == said


def test_what_a_case_drew_is_told_on_request_only(sandbox: Sandbox) -> None:
    files = {"m.py": b"def touch(x):\n    pass\n"}
    drawn = [
        [
            (d.how, d.name)
            for d in ask(sandbox, Limits(), Question(CHECKS, "m", files, 1, (("untouched", (0,)),), record))
            .answers["untouched"][0]
            .drawn
        ]
        for record in (False, True)
    ]

    assert drawn == [[], [("tensor", "x")]]
