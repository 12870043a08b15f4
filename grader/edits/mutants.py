"""Mutants: a solution with one small slip each, to test whether the checks notice it.

The operators are those of mutation testing (a sign, a comparison, a constant, a missing statement) and of
tensor code: a transpose or an activation left out or exchanged, arguments or gates in another order, a
detached graph. Each mutant replaces one piece of the source text and leaves the rest unchanged.

What is plainly no slip is left out: the same code to Python (needless parentheses, a folded constant), or
two arguments exchanged whose order does not matter.
"""

import ast
import itertools
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from grader.edits import table
from grader.edits.scope import demonstrates
from grader.syntax import parse

_FUNCTIONS = {row.right: row.wrong for row in table.NAMES if row.mutant}
_LEFT_OUT = {row.right for row in table.LEFT_OUT if row.mutant}
"""What is left out by mistake."""
_SELF = ("self", "super")
_LIBRARIES = ("torch", "np", "numpy", "math")
_ANY_ORDER = {
    *("max", "min", "maximum", "minimum", "add", "mul", "multiply", "dot", "logical_and", "logical_or"),
    *("gcd", "hypot", "equal"),
}
"""Functions whose two arguments may come in any order."""
_AXES = ("transpose", "swapaxes", "swapdims")
"""Methods that exchange two axes, whichever is named first; of NumPy's arrays, `transpose` does not."""
_NEEDS_NO_GRADIENT = "(lambda value: [value][bool(getattr(value, 'requires_grad', False))])({})"
"""A value that raises an exception if it needs a gradient."""


@dataclass(frozen=True)
class Mutant:
    """A solution with one slip."""

    line: int
    """The first line that differs, counted from 1."""
    old: str
    """The original line, without indentation."""
    new: str
    source: str
    control: str = ""
    """A program that answers like the solution only if this mutant is no slip; empty if there is none."""


def mutants(source: str) -> list[Mutant]:
    """Return the mutants of `source`, one per place and operator, without duplicates."""
    tree = parse(source)
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data = source.encode()
    found: list[Mutant] = []
    codes = {_code_of(source)}
    for node, text in _slips(tree, source):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        changed = (data[:begin] + text.encode() + data[end:]).decode()
        code = _code_of(changed)
        if code is None or code in codes:
            continue
        codes.add(code)
        control = _control(node, text, source)
        if control:
            control = (data[:begin] + control.encode() + data[end:]).decode()
        found.append(Mutant(*_changed_line(source, changed), changed, control))
    return sorted(found, key=lambda mutant: mutant.line)


def _control(node: "Place", text: str, source: str) -> str:
    """Return what to put in the place of a slip for its `Mutant.control`, empty if it needs none."""
    if text.endswith(").detach()"):
        return _NEEDS_NO_GRADIENT.format(_text(node, source))
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return ""
    if node.func.attr != "transpose" or not text.startswith(f"{_text(node.func, source)}("):
        return ""
    arguments = ", ".join(_text(argument, source) for argument in node.args)
    return f"{_text(node.func.value, source)}.swapdims({arguments})"  # NumPy's arrays lack it


Place = ast.expr | ast.stmt


def _slips(tree: ast.Module, source: str) -> Iterator[tuple[Place, str]]:
    """Yield each place with its replacement text."""
    for node in _code(tree):
        match node:
            case ast.BinOp():
                yield from _binary(node, source)
            case ast.UnaryOp():
                yield node, f"({_text(node.operand, source)})"
            case ast.BoolOp():
                for value in node.values:
                    yield node, f"({_text(value, source)})"
            case ast.Compare():
                yield from _comparison(node, source)
            case ast.Constant():
                yield from _constant(node)
            case ast.Call():
                yield from _call(node, source)
            case ast.Attribute(attr=name) if f"A.{name}" in _LEFT_OUT and isinstance(node.ctx, ast.Load):
                yield node, f"({_text(node.value, source)})"
            case ast.Tuple() | ast.List():
                yield from _exchanged(node, source)
            case ast.If() | ast.While():
                yield node.test, "True"
                yield node.test, "False"
            case ast.IfExp():
                yield node, f"({_text(node.body, source)})"
                yield node, f"({_text(node.orelse, source)})"
            case ast.Expr() | ast.Raise() | ast.AugAssign():
                yield node, "pass"
            case ast.Assign(value=value) if not isinstance(value, (ast.Constant, ast.Tuple)):
                yield from ((value, text) for text in _wrapped(value, source))
            case ast.Return(value=ast.expr() as value):
                yield value, "None"
                if not isinstance(value, ast.Tuple):
                    yield from ((value, text) for text in _wrapped(value, source))


def _code(tree: ast.Module) -> Iterator[Place]:
    """Yield the nodes that run: no annotations, docstrings, imports, or demonstration at the end."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.Import, ast.ImportFrom)) or demonstrates(node):
            continue
        if isinstance(node, (ast.AnnAssign, ast.Assert)):  # without what is said beside the code
            value = node.test if isinstance(node, ast.Assert) else node.value
            waiting += [value] if value else []
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting += [*node.body]
            if not isinstance(node, ast.ClassDef):
                waiting += [d for d in [*node.args.defaults, *node.args.kw_defaults] if d]
            continue
        if isinstance(node, ast.Raise):
            yield node  # the checks ignore the wording of messages
            continue
        if isinstance(node, (ast.expr, ast.stmt)):
            yield node
        waiting += list(ast.iter_child_nodes(node))


def _wrapped(node: ast.expr, source: str) -> Iterator[str]:
    """Yield what is written around an expression by mistake."""
    for row in table.ADDED:
        if row.mutant:
            yield table.filled(row.wrong, f"({_text(node, source)})")


def _binary(node: ast.BinOp, source: str) -> Iterator[tuple[Place, str]]:
    left, right = _text(node.left, source), _text(node.right, source)
    for row in table.OPERATORS:
        if row.mutant and table.operator_of(row.right) is type(node.op):
            yield node, table.filled(row.wrong, f"({left})", f"({right})")
    yield node, f"({left})"
    yield node, f"({right})"


def _comparison(node: ast.Compare, source: str) -> Iterator[tuple[Place, str]]:
    if len(node.ops) == 1:
        left, right = _operand(node.left, source), _operand(node.comparators[0], source)
        for symbol in _compared_otherwise(node.ops[0]):
            yield node, f"{left} {symbol} {right}"
    else:
        parts = [node.left, *node.comparators]
        for place in range(len(node.ops)):
            for symbol in _compared_otherwise(node.ops[place]):
                text = _operand(parts[0], source)
                for at, operator in enumerate(node.ops):
                    sign = symbol if at == place else table.SIGNS[type(operator)]
                    text += f" {sign} {_operand(parts[at + 1], source)}"
                yield node, text


def _operand(node: ast.expr, source: str) -> str:
    """Return an operand of a comparison, in parentheses if needed."""
    loose = (ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.NamedExpr)
    negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    text = _text(node, source)
    return f"({text})" if isinstance(node, loose) or negated else text


def _compared_otherwise(operator: ast.cmpop) -> list[str]:
    sign = table.SIGNS[type(operator)]
    return [row.wrong for row in table.COMPARISONS if row.mutant and row.right == sign]


def _constant(node: ast.Constant) -> Iterator[tuple[Place, str]]:
    match node.value:
        case bool():
            yield node, str(not node.value)
        case int():
            yield node, f"({node.value + 1})"
            yield node, f"({node.value - 1})"
        case float():
            larger = (node.value + 1.0, node.value * 2)  # adding 1 to 1e30 changes nothing
            others = [new for new in larger if math.isfinite(new) and new != node.value]
            yield from ((node, f"({new})") for new in others[:1])


def _call(node: ast.Call, source: str) -> Iterator[tuple[Place, str]]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else ""
    if isinstance(function, ast.Name):
        name = function.id
    arguments = [argument for argument in node.args if not isinstance(argument, ast.Starred)]
    if name in _FUNCTIONS:
        called = _text(function, source)
        yield function, called[: -len(name)] + _FUNCTIONS[name]
    if len(arguments) == 1 and not node.keywords and name not in _SELF:
        yield node, f"({_text(arguments[0], source)})"
    if isinstance(function, ast.Attribute) and not isinstance(function.value, ast.Name):
        yield node, f"({_text(function.value, source)})"
    elif isinstance(function, ast.Attribute) and function.value.id not in ("torch", "nn", *_SELF):  # type: ignore[attr-defined]
        yield node, _text(function.value, source)
    if not (len(arguments) == 2 and _in_any_order(node)):
        for one, other in _to_exchange(node, arguments):
            between = _between(one, other, source)
            yield _Span(one, other), f"{_text(other, source)}{between}{_text(one, source)}"
    if name == "transpose" and len(arguments) == 2 and not _is_of_library(function):
        first, second = (_text(argument, source) for argument in arguments)
        yield node, f"{_text(function, source)}({second}, {first})"


def _in_any_order(node: ast.Call) -> bool:
    """Whether a call of two arguments does the same if they are exchanged, or is exchanged in another way."""
    function = node.func
    if node.keywords:
        return False
    if isinstance(function, ast.Name):
        return function.id in _ANY_ORDER
    if not isinstance(function, ast.Attribute):
        return False
    return function.attr in (_ANY_ORDER if _is_of_library(function) else _AXES)


def _to_exchange(node: ast.Call, arguments: list[ast.expr]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the pairs of neighbours to exchange, without the axes of `torch.transpose(x, 0, 1)`."""
    pairs = list(itertools.pairwise(arguments))
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in _AXES and _is_of_library(function):
        pairs = pairs[:1]
    yield from pairs


def _is_of_library(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in _LIBRARIES
    )


def _exchanged(node: ast.Tuple | ast.List, source: str) -> Iterator[tuple[Place, str]]:
    for one, other in itertools.pairwise(node.elts):
        between = _between(one, other, source)
        yield _Span(one, other), f"{_text(other, source)}{between}{_text(one, source)}"


class _Span(ast.expr):
    """From the beginning of one expression to the end of another."""

    def __init__(self, first: ast.expr, last: ast.expr) -> None:
        super().__init__()
        self.lineno, self.col_offset = first.lineno, first.col_offset
        self.end_lineno, self.end_col_offset = last.end_lineno, last.end_col_offset


def _between(first: ast.expr, last: ast.expr, source: str) -> str:
    """Return the text between two expressions, usually a comma and a space."""
    gap = _Span(first, last)
    whole = ast.get_source_segment(source, gap) or ""
    return whole[len(_text(first, source)) : len(whole) - len(_text(last, source))]


def _text(node: ast.AST, source: str) -> str:
    return ast.get_source_segment(source, node) or ast.unparse(node)


def _code_of(source: str) -> str | None:
    """Return what Python makes of `source`, without lines and columns; None if it does not compile."""
    try:
        with warnings.catch_warnings():  # a comparison with a number by `is`, and the like
            warnings.simplefilter("ignore")
            return repr(_parts(compile(source, "mutant", "exec", dont_inherit=True)))
    except (SyntaxError, ValueError):
        return None


def _parts(code: CodeType) -> tuple[object, ...]:
    constants = [_parts(one) if isinstance(one, CodeType) else one for one in code.co_consts]
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    return code.co_code, code.co_exceptiontable, constants, names, counts


def _changed_line(old: str, new: str) -> tuple[int, str, str]:
    """Return the first line that differs: its number, before and after, without indentation."""
    both = itertools.zip_longest(old.split("\n"), new.split("\n"), fillvalue="")
    return next(
        (number, one.strip(), other.strip()) for number, (one, other) in enumerate(both, 1) if one != other
    )
