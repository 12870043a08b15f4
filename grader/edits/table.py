"""The table of edits: the usual slips of tensor code, each as what is right beside what is written instead.

`grade check` reads a row from left to right and makes a mutant of the solution. The search for a repair
reads it from right to left and undoes the slip in a student's program. A row stands here once; rows that
make sense in one direction only say so.

In a pattern, `A` and `B` are expressions. A pattern `name()` is a call of a function or method of that
name, `.name` an attribute, `.name()` a method call with any arguments.
"""

import ast
import re
from dataclasses import dataclass
from enum import IntEnum


class Undo(IntEnum):
    """What a repair does to a program; the first is the most plausible."""

    TAKE_AWAY = 0
    EXCHANGE = 1
    ADD = 2


@dataclass(frozen=True)
class Row:
    """A slip: `wrong` is written where `right` belongs."""

    kind: str
    right: str
    wrong: str
    mutant: bool = True
    """Whether `grade check` makes mutants of it."""
    repair: bool = True
    """Whether the search for a repair undoes it."""


NAMES = (
    # Calls whose name is exchanged.
    Row("activation", "sigmoid", "tanh"),
    Row("activation", "tanh", "sigmoid"),
    Row("activation", "relu", "tanh"),
    Row("activation", "tanh", "relu", mutant=False),
    Row("activation", "sigmoid", "relu", mutant=False),
    Row("activation", "sigmoid", "softmax", mutant=False),
    Row("activation", "sigmoid", "logsigmoid", mutant=False),
    Row("activation", "sigmoid", "hardsigmoid", mutant=False),
    Row("activation", "tanh", "hardtanh", mutant=False),
    Row("activation", "tanh", "sin", mutant=False),
    Row("activation", "Sigmoid", "Tanh", mutant=False),
    Row("activation", "Tanh", "Sigmoid", mutant=False),
    Row("function", "exp", "expm1"),
    Row("function", "log", "log1p"),
    Row("function", "zeros", "ones"),
    Row("function", "new_zeros", "new_ones"),
    Row("function", "zeros_like", "ones_like"),
    Row("function", "ones", "zeros"),
    Row("function", "new_ones", "new_zeros"),
    Row("function", "ones_like", "zeros_like", mutant=False),
    Row("function", "zeros", "rand", mutant=False),
    Row("function", "zeros", "randn", mutant=False),
    Row("function", "zeros_like", "rand_like", mutant=False),
    Row("function", "zeros_like", "randn_like", mutant=False),
    Row("function", "zeros_like", "empty_like", mutant=False),
    Row("function", "sum", "prod"),
    Row("function", "prod", "sum"),
    Row("function", "sum", "mean", mutant=False),
    Row("function", "mean", "sum"),
    Row("function", "cumprod", "cumsum"),
    Row("function", "cumsum", "cumprod"),
    Row("function", "max", "min"),
    Row("function", "min", "max"),
    Row("function", "all", "any"),
    Row("function", "any", "all"),
    Row("function", "stack", "cat"),
    Row("function", "cat", "stack", mutant=False),
    Row("function", "append", "extend", mutant=False),
    Row("function", "matmul", "mul", mutant=False),
    Row("function", "mul", "matmul", mutant=False),
    Row("function", "mul", "add", mutant=False),
    Row("detach", "enable_grad", "no_grad", mutant=False),
    Row("detach", "enable_grad", "inference_mode", mutant=False),
)
OPERATORS = (
    Row("operator", "A + B", "A - B"),
    Row("operator", "A - B", "A + B"),
    Row("operator", "A * B", "A / B"),
    Row("operator", "A / B", "A * B"),
    Row("operator", "A // B", "A * B"),
    Row("operator", "A ** B", "A * B"),
    Row("operator", "A % B", "A + B"),
    Row("operator", "A + B", "A * B", mutant=False),
    Row("operator", "A * B", "A + B", mutant=False),
    Row("operator", "A @ B", "A * B", mutant=False),
    Row("operator", "A * B", "A @ B", mutant=False),
    Row("operator", "A // B", "A / B", mutant=False),
    Row("operator", "A * B", "A ** B", mutant=False),
    Row("order", "A - B", "B - A"),
    Row("order", "A / B", "B / A"),
    Row("order", "A @ B", "B @ A"),
    Row("term", "A", "A + B", mutant=False),
    Row("term", "B", "A + B", mutant=False),
    Row("term", "A", "A - B", mutant=False),
    Row("factor", "A", "A * B", mutant=False),
    Row("factor", "B", "A * B", mutant=False),
    Row("factor", "A", "A / B", mutant=False),
    Row("factor", "A", "A ** B", mutant=False),
    Row("one_minus", "A", "1 - A", mutant=False),
)
COMPARISONS = (
    Row("comparison", "<", "<="),
    Row("comparison", "<", ">"),
    Row("comparison", "<=", "<"),
    Row("comparison", "<=", ">"),
    Row("comparison", ">", ">="),
    Row("comparison", ">", "<"),
    Row("comparison", ">=", ">"),
    Row("comparison", ">=", "<"),
    Row("comparison", "==", "!="),
    Row("comparison", "!=", "=="),
    Row("comparison", "is", "is not"),
    Row("comparison", "is not", "is"),
    Row("comparison", "in", "not in"),
    Row("comparison", "not in", "in"),
)
ADDED = (
    # What is put around an expression or behind it: taken away by a repair.
    Row("detach", "A", "A.detach()"),
    Row("detach", "A", "A.data", mutant=False),
    Row("detach", "A", "A.item()", mutant=False),
    Row("detach", "A", "A.tolist()", mutant=False),
    Row("detach", "A", "A.requires_grad_()", mutant=False),
    Row("detach", "A", "torch.tensor(A)", mutant=False),
    Row("detach", "A", "torch.as_tensor(A)", mutant=False),
    Row("detach", "A", "float(A)", mutant=False),
    Row("clamped", "A", "A.clamp()", mutant=False),
    Row("clamped", "A", "torch.clamp(A)", mutant=False),
    Row("clamped", "A", "A.clip()", mutant=False),
    Row("clamped", "A", "A.round()", mutant=False),
    Row("clamped", "A", "torch.round(A)", mutant=False),
    Row("conversion", "A", "A.float()", mutant=False),
    Row("conversion", "A", "A.double()", mutant=False),
    Row("conversion", "A", "A.half()", mutant=False),
    Row("conversion", "A", "A.to()", mutant=False),
    Row("conversion", "A", "A.int()", mutant=False),
    Row("conversion", "A", "A.long()", mutant=False),
    Row("conversion", "A", "int(A)", mutant=False),
    Row("transpose", "A", "A.T", mutant=False),
    Row("transpose", "A", "A.mT", mutant=False),
    Row("transpose", "A", "A.t()", mutant=False),
    Row("transpose", "A", "A.transpose()", mutant=False),
    Row("reversed", "A", "A.flip()", mutant=False),
    Row("reversed", "A", "torch.flip(A)", mutant=False),
    Row("reversed", "A", "reversed(A)", mutant=False),
    Row("reversed", "A", "A[::-1]", mutant=False),
    Row("sign", "A", "-A", mutant=False),
)
LEFT_OUT = (
    # What an expression lacks: put around it by a repair, as a method that every tensor has.
    Row("activation", "A.tanh()", "A", mutant=False),
    Row("activation", "A.sigmoid()", "A", mutant=False),
    Row("transpose", "A.T", "A"),
    Row("transpose", "A.mT", "A", repair=False),
    Row("reversed", "A.flip(0)", "A", mutant=False),
    Row("reversed", "A[::-1]", "A", mutant=False),
    Row("reversed", "reversed(A)", "A", mutant=False),
    Row("one_minus", "1 - A", "A", mutant=False),
    Row("sign", "-A", "A", mutant=False),
    Row("factor", "A ** 2", "A", mutant=False),
    Row("copy", "A.clone()", "A", mutant=False),
)
ACTIVATIONS = frozenset(name for row in NAMES if row.kind == "activation" for name in (row.right, row.wrong))
KINDS = (
    # In the order of their plausibility as a repair; the sentences are `edit_KIND` in the catalogue.
    "detach",
    "in_place",
    "activation",
    "none_test",
    "transpose",
    "order",
    "dim",
    "index",
    "comparison",
    "function",
    "operator",
    "one_minus",
    "clamped",
    "conversion",
    "reversed",
    "sign",
    "copy",
    "statement",
    "call",
    "number",
    "variable",
    "term",
    "factor",
)
SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def operator_of(pattern: str) -> type[ast.operator] | None:
    """Return the operator of a pattern like `A + B`, None if it has none, or a number as an operand."""
    body = ast.parse(pattern, mode="eval").body
    if isinstance(body, ast.BinOp) and isinstance(body.left, ast.Name) and isinstance(body.right, ast.Name):
        return type(body.op)
    return None


def filled(pattern: str, a: str, b: str = "") -> str:
    """Return a pattern with texts for `A` and `B`."""
    return re.sub(r"\b[AB]\b", lambda hole: a if hole[0] == "A" else b, pattern)
