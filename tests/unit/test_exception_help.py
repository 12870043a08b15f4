"""What is said about an exception is found by its real message: each rule has a program that raises it."""

import ast
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from grader.judging import exception_help
from grader.judging.exception_help import advice
from grader.judging.exceptions import failure, raised_message
from grader.report.messages import text
from grader.wire import Blamed, Frame, Held, Raised

MODULE = """
class Silent(nn.Module):
    pass

class Late(nn.Module):
    def __init__(self):
        self.inner = nn.Linear(1, 1)

class Early(nn.Module):
    def __init__(self):
        self.weight = nn.Parameter(torch.zeros(1))

class Held(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

class Empty:
    def method(x): pass

def f(a, b): pass

def unbound(flag):
    if flag:
        value = 1
    return value

def endless(): return endless()

def leaf(): return torch.ones(2, 2, requires_grad=True)

def twice():
    y = (leaf() ** 2).sum()
    y.backward()
    y.backward()

def changed():
    x = leaf()
    y = x.exp()
    z = y * y
    y.add_(1)
    z.sum().backward()

def unused():
    x = leaf()
    torch.autograd.grad(leaf().sum(), x)
"""
M = "torch.ones(2, 3)"
PROVOKED = [
    (f"if {M}: pass", "whether a whole tensor is true"),
    ("if np.ones(2): pass", "whether a whole tensor is true"),
    ("if torch.zeros(0): pass", "whether a whole tensor is true"),
    (f"{M}.item()", "this one has 6"),
    ("float(np.ones(3))", "one entry"),
    ("torch.tensor([torch.ones(2), torch.ones(2)])", "use `torch.stack`"),
    ("torch.tensor(np.array([None]))", "holds something that is not a number"),
    (f"{M} @ {M}", "(2x3) meets (2x3)"),
    (f"{M} @ torch.ones(2)", "(2x3) meets 2"),
    ("torch.ones(2) @ torch.ones(3)", "2 meet 3"),
    ("np.ones((2, 3)) @ np.ones((2, 3))", "3 meet 2"),
    ("np.dot(np.ones((2, 3)), np.ones((2, 3)))", "(2,3) meets (2,3)"),
    (f"{M} + torch.ones(2, 2)", "Along axis 1, one tensor has 3 entries and the other 2"),
    ("np.ones((2, 3)) + np.ones((2, 2))", "(2,3) and (2,2)"),
    (f"{M}.view(4, 2)", "6 entries, and the shape (4, 2)"),
    ("np.ones((2, 3)).reshape(4, 2)", "6 entries, and the shape (4,2)"),
    (f"{M}.T.view(6)", "write `reshape`"),
    (f"torch.cat([{M}, torch.ones(2, 2)])", "all axes but the one"),
    ("np.concatenate([np.ones((2, 3)), np.ones((2, 2))])", "all axes but the one"),
    (f"torch.stack([{M}, torch.ones(2)])", "tensors of one shape"),
    ("torch.cat([])", "is empty"),
    ("torch.stack([])", "is empty"),
    ("torch.cat([torch.tensor(1.0)])", "`stack`"),
    (f"{M}.expand(4, 3)", "A size of 2 cannot become 4"),
    (f"{M}.sum(dim=2)", "its axes are -2 to 1"),
    ("np.ones(2).sum(axis=1)", "it has 1 axis"),
    (f"{M}[0, 0, 0]", "this one has 2 axes"),
    ("np.ones(2)[0, 0]", "this one has 1 axis"),
    (f"{M}[:, 3]", "along axis 1 there are 3 entries"),
    ("np.ones(2)[5]", "along axis 0 there are 2 entries"),
    ("[1][1]", "past the end"),
    ("a, b = [1]", "2 names stand on the left, and 1 value comes"),
    ("a, b = 1, 2, 3", "2 names stand on the left, and more values"),
    ("torch.ones(1, 1, 1).t()", "this tensor has 3 axes"),
    ("torch.ones(4).split([1, 2])", "must add up"),
    ("torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.float64)", "Two dtypes meet"),
    ("nn.Linear(2, 2)(torch.ones(2, 2, dtype=torch.float64))", "Two dtypes meet"),
    ("torch.ones(2, dtype=torch.long).add_(0.5)", "cannot be written into a tensor"),
    (f"{M}[torch.ones(1)]", "whole number"),
    ("[1, 2][0.5]", "whole number"),
    ("[1, 2][:0.5]", "whole number"),
    ("np.ones(2)[0.5]", "whole number"),
    ("torch.arange(3).mean()", "convert with `.float()`"),
    ("range(1 / 1)", "`//`"),
    ("x = leaf(); x += 1", "must not be changed in place"),
    ("x = leaf(); x[0] = 1", "must not be changed in place"),
    ("changed()", "changed in place afterwards"),
    ("twice()", "from one call to the next"),
    ("torch.ones(1).sum().backward()", "the graph is cut"),
    ("(leaf() * 2).backward()", "starts from one number"),
    ("leaf().numpy()", "NumPy does not track gradients"),
    ("unused()", "was not used for the result"),
    ("Late()", "super().__init__()"),
    ("Early()", "super().__init__()"),
    ("Held().weight = torch.ones(1)", "`self.weight` is a parameter"),
    ("Silent()(1)", "no method called `forward`"),
    ("None[0]", "The value is None"),
    ("a, b = None", "The value is None"),
    ("for x in None: pass", "The value is None"),
    ("1 + None", "One of the two values is None"),
    ("None.shape", "`.shape` was asked of None"),
    ("[].push(1)", "A value of type list has nothing called `push`"),
    ("Held().bias", "`Held` has nothing called `bias`"),
    ("f(1)", "`f` was called without 'b'"),
    ("Empty().method(1)", "more arguments than it takes"),
    ("f(1, c=2)", "`f` has no argument called `c`"),
    (f"({M})(1)", "Parentheses call a function"),
    ("for x in 5: pass", "This is a int"),
    ("unbound(False)", "`value` gets its value in a branch"),
    ("undefined + 1", "`undefined` is not known"),
    ("endless()", "without end"),
    ("(1, 2)[0] = 1", "A tuple cannot be changed"),
    ("1 / 0", "The divisor is 0"),
    ("int('two')", "not a whole number"),
    ("[1] + 'a'", "joined to another list"),
    ("torch.relu([1.0])", "must be of type Tensor, but it is of type list"),
    ("torch.ones(3)[:] = torch.ones(2, 3)[None]", "2 axes does not fit"),
    (f"{M}.expand(2)", "A tensor with 2 axes does not fit where 1 is expected"),
    (f"{M}.permute(0, 2, 1)", "this tensor has 2 axes, and 3 are named"),
    (f"torch.mm({M}, torch.ones(3))", "`mm` multiplies two matrices"),
    (f"torch.bmm({M}, {M})", "`bmm` two batches"),
    (f"torch.einsum('bi,ih->bh', {M}, {M})", "an axis with 3 entries and for one with 2 entries"),
    (f"{M}.clamp()", "`clamp` needs a bound"),
    ("torch.stack([1.0])", "entry 0 is of type float"),
    (f"{M}.view(2, 6 / 2)", "`//`"),
    ("nn.Parameter(torch.zeros(1, dtype=torch.long))", "Only floats get gradients"),
    ("super.__init__()", "`super` has parentheses too"),
    ("Held().register_buffer('weight', torch.ones(1))", "already has something called `weight`"),
    (f"nn.Sigmoid({M})", "`Sigmoid()(x)`"),
    (f"nn.Sigmoid * {M}", "a class, not an object"),
    (f"torch.tanh * {M}", "a function that is not called"),
    (f"[1] - {M}", "A list is not a tensor"),
    ("{} + 1", "`+` does not work with dict and int"),
    ("torch.sigmod(1)", "`torch` has nothing called `sigmod`"),
    ("from torch.nn import LSTMcell", "`torch.nn` has nothing called `LSTMcell`"),
    ("(1, 2).h", "A value of type tuple has nothing called `h`"),
    (f"torch.split({M}, 4, dim='1')", "`split` cannot be called with (Tensor, int, str)"),
    ("len(3)", "int has no length"),
    ("'%d' % (1, 2)", "An f-string is simpler: `f'{x}'`"),
    ("{}['weight_c']", "no entry 'weight_c'"),
]  # fmt: skip


def raised(code: str) -> Raised:
    """Return the exception of a piece of code, as the sandbox reports it."""
    names = {"torch": torch, "np": np, "nn": nn}
    exec(MODULE, names)
    try:
        exec(code, names)
    except Exception as error:
        return Raised((type(error).__name__,), str(error))
    raise AssertionError(f"{code!r} raised nothing")


@pytest.mark.parametrize(("code", "said"), PROVOKED, ids=[code for code, _ in PROVOKED])
@pytest.mark.filterwarnings("ignore")
def test_a_real_exception_is_explained(code: str, said: str) -> None:
    assert said in text(advice(raised(code)))


def test_every_rule_is_tried() -> None:
    found = [advice(raised(code)) for code, _ in PROVOKED]
    tried = {message.id for message in found if message is not None}
    source = ast.parse(Path(exception_help.__file__).read_text())
    known = {
        node.args[0].value
        for node in ast.walk(source)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "Message.of"
        and isinstance(node.args[0], ast.Constant)
    }

    assert known - tried == set()


@pytest.mark.parametrize("message", ["", "no gate is open", "x" * 100_000])
def test_nothing_is_said_of_an_exception_of_the_students_own(message: str) -> None:
    assert advice(Raised(("ValueError",), message)) is None


def said_of(*held: Held, frames: tuple[Frame, ...] = (Frame("m.py", 1, "f"),)) -> str:
    """Return what is said of an exception without a message."""
    return text(raised_message(Raised(("E",), "", frames, 0, Blamed("x @ W", held)), 0))


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (
            (Held("x", "tensor", (5, 4), "float64"), Held("self.W", "tensor", (1, 12), "float64")),
            "E. In `x @ W`: `x` is (5, 4), `self.W` is (1, 12), all of dtype float64.",
        ),
        (
            (Held("x", "tensor", (5,), "float64"), Held("W", "array", (), "float32")),
            "E. In `x @ W`: `x` is (5,), float64, `W` is (), float32.",
        ),
        ((Held("x", "tensor", (5, 4), "int64"),), "E. In `x @ W`: `x` is (5, 4), int64."),
        (
            (Held("h", "None"), Held("state", "tuple", (2,)), Held("n", "float")),
            "E. In `x @ W`: `h` is None, `state` is a tuple of 2, `n` is of type float.",
        ),
        ((Held("state", "tuple"),), "E. In `x @ W`: `state` is of type tuple."),
        ((), "E."),
    ],
)
def test_an_exception_is_told_with_what_was_in_its_line(held: tuple[Held, ...], said: str) -> None:
    assert said_of(*held) == said


@pytest.mark.parametrize(
    ("kinds", "message", "said"),
    [
        (("MemoryError", "Exception"), "", "MemoryError: it used more than 1 GiB of memory."),
        (("RuntimeError",), "DefaultCPUAllocator: no.", "RuntimeError: it used more than 1 GiB of memory."),
        (("MissingName",), "m.py defines nothing called `f`.", "an error: m.py defines nothing called `f`."),
        (("E",), "One.\nTwo.", "E: One."),
    ],
)
def test_an_exception_is_told_by_its_first_line_and_one_of_memory_with_the_limit(
    kinds: tuple[str, ...], message: str, said: str
) -> None:
    assert text(raised_message(Raised(kinds, message, (), 0, None), 1 << 30)) == said


@pytest.mark.parametrize(
    ("line", "message", "adds"),
    [
        (2, "unsupported: 'NoneType'", ["y = impl.f()", "return"]),
        (2, "unsupported", ["y = impl.f()"]),
        (0, "unsupported", []),
        (9, "unsupported", []),
    ],
)
def test_an_exception_in_no_line_of_the_students_shows_the_line_of_the_check(
    line: int, message: str, adds: list[str]
) -> None:
    found = text(
        failure(Raised(("TypeError",), message, (), line, None), 0, ["import torch", "  y = impl.f()"], ())
    )

    assert [one in found for one in ("y = impl.f()", "`return`")] == [bool(adds), len(adds) == 2]


def test_a_part_of_no_line_of_the_students_is_not_told() -> None:
    assert said_of(Held("h", "None"), frames=()) == "E."
