"""What a student's program defines: which parts of it are used, and which names mean what at a line."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Kind = Literal["count", "layer", "value"]
"""Sizes and numbers; modules and functions to call; tensors and the rest."""
_SIZES = {
    *("range", "zeros", "ones", "empty", "rand", "randn", "full", "new_zeros", "new_ones"),
    *("view", "reshape", "expand", "Linear"),
}
_SIZE = re.compile("size|steps|count|num|dim|units|features")
"""In the name of a parameter: a function that calls no method and has one counts something."""
_MEASURES = ("size", "dim", "numel", "len")
_COUNTS = ("int", "float", "bool")


def used_definitions(trees: Mapping[str, ast.Module], wanted: Collection[str]) -> set[Definition]:
    """Return the functions and classes that `wanted` names lead to, by the names that they mention."""
    known: dict[str, list[Definition]] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, Definition):
                known.setdefault(node.name, []).append(node)
    used: set[Definition] = set()
    waiting: list[ast.AST] = []

    def use(name: str) -> None:
        for definition in known.get(name, []):
            if definition not in used:
                used.add(definition)
                waiting.append(definition)

    for name in wanted:
        use(name)
    for tree in trees.values():
        waiting += [s for s in tree.body if not isinstance(s, Definition) and not demonstrates(s)]
    while waiting:
        for node in _own(waiting.pop()):
            if isinstance(node, ast.Name):
                use(node.id)
            elif isinstance(node, ast.Attribute):
                use(node.attr)
            elif isinstance(node, Definition) and (
                node.name == "forward" or (node.name.startswith("__") and node.name.endswith("__"))
            ):
                use(node.name)
    return used


def _own(root: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a definition, without the bodies of those inside, which may be unused."""
    waiting: list[ast.AST] = [*ast.iter_child_nodes(root)]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Definition):
            waiting += ast.iter_child_nodes(node)


def demonstrates(node: ast.AST) -> bool:
    """Whether a statement runs only if the file is the program: `if __name__ == "__main__":`."""
    return isinstance(node, ast.If) and "__name__" in {
        name.id for name in ast.walk(node.test) if isinstance(name, ast.Name)
    }


@dataclass
class Scope:
    """The names of one function: parameters, local names, and attributes of `self`."""

    function: Function
    attributes: Mapping[str, Kind] = field(default_factory=dict)
    """What the class of the function keeps in `self`."""
    outer: "Scope | None" = None
    """The function that it is defined in."""
    kinds: dict[str, Kind] = field(init=False)
    _first: dict[str, int] = field(init=False)
    """The line from which a name is known."""

    def __post_init__(self) -> None:
        """Find the names and what they mean."""
        arguments = self.function.args
        parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self._first = {a.arg: 0 for a in parameters if a.arg not in ("self", "cls")}
        counted = {a.arg for a in parameters if _is_count_annotation(a.annotation)}
        for node in self._nodes():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                line = self._begin(node)
                self._first[node.id] = min(line, self._first.get(node.id, line))
        for _ in range(2):  # what is made of counts is a count
            for node in self._nodes():
                counted |= self._counts(node, counted)
        if any(map(_SIZE.search, self._first)) and not any(
            isinstance(node, (ast.Attribute, ast.MatMult)) for node in self._nodes()
        ):
            counted |= self._first.keys()
        self.kinds = {name: "count" if name in counted else "value" for name in self._first}
        if self.outer is not None:
            self._first = {name: 0 for name in self.outer.kinds} | self._first
            self.kinds = self.outer.kinds | self.kinds
        for node in self._nodes():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self.kinds:
                self.kinds[node.func.id] = "layer"

    def _nodes(self) -> Iterator[ast.AST]:
        for statement in self.function.body:
            yield from _own(statement)
            yield statement

    def _begin(self, name: ast.Name) -> int:
        """Return the line after which a name is bound; in a loop, the line of the loop."""
        lines = [
            loop.lineno
            for loop in self._nodes()
            if isinstance(loop, (ast.For, ast.While)) and loop.lineno <= name.lineno <= (loop.end_lineno or 0)
        ]
        return min([name.lineno, *lines])

    def _counts(self, node: ast.AST, counted: Collection[str]) -> set[str]:
        match node:
            case ast.Call(func=function, args=arguments) if called(function) in _SIZES:
                return {name for argument in arguments for name in _summed(argument)}
            case ast.Assign(targets=[target], value=value) if self.is_count(value, counted):
                return {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
            case ast.For(target=target, iter=ast.Call(func=function)) if called(function) == "range":
                return {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
            case ast.For(target=ast.Tuple(elts=[ast.Name(id=name), *_]), iter=ast.Call(func=function)):
                return {name} if called(function) == "enumerate" else set()
        return set()

    def is_count(self, node: ast.expr, counted: Collection[str] | None = None) -> bool:
        """Whether an expression is a size or a number."""
        if counted is None:
            counted = {name for name, kind in self.kinds.items() if kind == "count"}
        match node:
            case ast.Constant(value=int() | float()):
                return True
            case ast.Name(id=name):
                return name in counted
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return self.attributes.get(name) == "count"
            case ast.Attribute(attr="shape"):
                return True
            case ast.BinOp(left=left, right=right):
                return self.is_count(left, counted) and self.is_count(right, counted)
            case ast.Subscript(value=ast.Attribute(attr="shape")):
                return True
            case ast.Call(func=function):
                return called(function) in _MEASURES
        return False

    def names(self, line: int, kind: Kind) -> list[str]:
        """Return the names of a kind that are bound before a line is over."""
        return sorted(
            name for name, first in self._first.items() if first < line and self.kinds[name] == kind
        )

    def attributes_of(self, kind: Kind) -> list[str]:
        """Return the attributes of `self` of a kind."""
        return sorted(name for name, its in self.attributes.items() if its == kind)


def _summed(node: ast.expr) -> Iterator[str]:
    """Yield the names that a size is computed from; in `x.shape[0]`, `x` is none."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.BinOp(left=left, right=right):
            yield from _summed(left)
            yield from _summed(right)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for one in elements:
                yield from _summed(one)


def attributes(defined: ast.ClassDef) -> dict[str, Kind]:
    """Return what a class keeps in `self`, with its kind."""
    found: dict[str, Kind] = {}
    for node in ast.walk(defined):
        if isinstance(node, Function):
            inner = Scope(node)
            for one in ast.walk(node):
                for target, value in _assigned(one):
                    if isinstance(target, ast.Attribute) and called(target.value) == "self":
                        found[target.attr] = "count" if inner.is_count(value) else "value"
    for node in ast.walk(defined):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)) if name in found:
                found[name] = "layer"
    return found


def _assigned(node: ast.AST) -> Sequence[tuple[ast.expr, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            return list(zip(targets, values, strict=False))
        case ast.Assign(targets=targets, value=value):
            return [(target, value) for target in targets]
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return [(target, value)]
    return []


def called(function: ast.expr) -> str:
    """Return the last name of what is called: `sigmoid` for `torch.sigmoid`."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _is_count_annotation(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id in _COUNTS
