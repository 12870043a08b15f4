"""Finds functions and classes that a student has not written yet: a body of `pass`, `...` or the like."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from grader.errors import UnreadableSource
from grader.syntax import decoded, parse_strangers

_MODULES = {"nn.Module", "torch.nn.Module", "Module", "object"}
"""Base classes that define no step of a layer."""
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Stub:
    """A function whose body does nothing, or a class whose methods do nothing."""

    name: str
    """As a student writes it: `LSTMCell.forward`, `count_rnn_parameters`."""
    line: int
    is_begun: bool
    """Whether something is there, for example the parameters of a class."""


def stubs(data: bytes, wanted: Sequence[str]) -> list[Stub]:
    """Return those of the names `wanted` that a module defines and that do nothing yet.

    A name that something else in the module may give another value is not one of them.
    """
    try:
        tree = parse_strangers(decoded(data))
    except (SyntaxError, UnreadableSource):
        return []
    bound: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in _bound(statement):
            bound.setdefault(name, []).append(statement)
    return [
        stub
        for name in wanted
        if len(definitions := bound.get(name, [])) == 1 and (stub := _stub(definitions[0])) is not None
    ]


def defined(data: bytes, wanted: Sequence[str]) -> list[str]:
    """Return those of the names `wanted` that a file defines as a function or a class."""
    try:
        tree = parse_strangers(decoded(data))
    except (SyntaxError, UnreadableSource):
        return []
    found = {one.name for one in tree.body if isinstance(one, (*_Function, ast.ClassDef))}
    return [name for name in wanted if name in found]


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement may give a value to."""
    if isinstance(statement, (*_Function, ast.ClassDef)):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, (*_Function, ast.ClassDef)):
            yield node.name


def _stub(definition: ast.stmt) -> Stub | None:
    if isinstance(definition, _Function):
        return Stub(definition.name, definition.lineno, False) if _does_nothing(definition) else None
    if not isinstance(definition, ast.ClassDef) or definition.decorator_list or definition.keywords:
        return None
    if any(_dotted(base) not in _MODULES for base in definition.bases):
        return None  # another class may define what is missing
    methods = [one for one in definition.body if isinstance(one, _Function)]
    others = [one for one in definition.body if not isinstance(one, _Function)]
    steps = [one for one in methods if one.name != "__init__"]
    if not all(map(_is_nothing, others)) or not all(map(_does_nothing, steps)):
        return None
    is_begun = any(one not in steps and not _prepares_nothing(one) for one in methods)
    first = next((one for one in steps if one.name == "forward"), steps[0] if steps else None)
    if first is None:
        return None if is_begun else Stub(definition.name, definition.lineno, False)
    return Stub(f"{definition.name}.{first.name}", first.lineno, is_begun)


def _does_nothing(function: ast.stmt) -> bool:
    assert isinstance(function, _Function)
    if function.decorator_list:
        return False
    nothing = {
        target.id
        for one in function.body
        if isinstance(one, ast.Assign) and _is_none(one.value)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    return all(_is_nothing(one, nothing) for one in function.body)


def _is_nothing(statement: ast.stmt, nothing: Collection[str] | None = None) -> bool:
    """Whether a statement has no effect, given the names that hold `nothing`."""
    match statement:
        case ast.Pass() | ast.Expr(ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "NotImplementedError"
        case ast.Assign(value=value) if nothing is not None:
            return _is_none(value)
        case ast.Return(value=value) if nothing is not None:
            return value is None or _is_none(value, nothing)
    return False


def _is_none(value: ast.expr, nothing: Collection[str] = ()) -> bool:
    match value:
        case ast.Constant(value=held):
            return held is None or held is ...
        case ast.Name(id=name):
            return name in nothing
        case ast.Tuple(elts=parts):
            return bool(parts) and all(_is_none(part, nothing) for part in parts)
    return False


def _prepares_nothing(init: ast.stmt) -> bool:
    """Whether an `__init__` only calls that of its base class and keeps its arguments."""
    assert isinstance(init, _Function)
    for one in init.body:
        keeps = isinstance(one, ast.Assign) and isinstance(one.value, ast.Name)
        if not (keeps or _calls_super(one) or _is_nothing(one, ())):
            return False
    return True


def _calls_super(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name("super"))))):
            return True
    return False


def _dotted(node: ast.expr) -> str:
    """Return a name with dots, empty for another expression: a stranger's may be too large to be written."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
