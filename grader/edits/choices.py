"""What tells a repair from a choice among alternatives: values to spoil, and conditions to fix."""

import ast
from collections.abc import Collection, Iterator, Mapping

from grader.edits.changes import Change, Span, offsets, running, starts_of
from grader.edits.scope import Function, called, used_definitions
from grader.edits.table import Undo
from grader.syntax import parse

SPOILED = "__spoiled__({})"
"""The name is one in the sandbox; see `grader.guest.worker`."""
KEPT = "[{}][0]"
"""The same value by other code: a program that behaves otherwise when it is edited shows it."""
_NOT_VALUES = ("super", "range", "print", "len", "enumerate", "zip", "isinstance")


def values(sources: Mapping[str, str], wanted: Collection[str], into: str) -> Iterator[Change]:
    """Yield, for each value that used code computes, the change that puts it into the pattern `into`."""
    trees = {file: parse(source) for file, source in sources.items()}
    used = used_definitions(trees, wanted)
    for file, tree in trees.items():
        starts = starts_of(sources[file])
        data = sources[file].encode()
        for function in ast.walk(tree):
            if not isinstance(function, Function) or function not in used:
                continue
            for statement in function.body:
                for node in running(statement):
                    if _is_computed(node):
                        begin, end = offsets(node, starts)
                        text = into.format(data[begin:end].decode())
                        yield Change(file, "call", Undo.EXCHANGE, (Span(begin, end, text),))


def _is_computed(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return called(node.func) not in _NOT_VALUES and not _is_start(node)
    return isinstance(node, (ast.BinOp, ast.IfExp))


def _is_start(node: ast.Call) -> bool:
    """Whether a call is `super().__init__()`, which has no value."""
    return isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"


def conditions(sources: Mapping[str, str]) -> Iterator[Change]:
    """Yield, for each condition and comparison, the two changes that make it always true and always false.

    A comparison of tensors is a mask, which chooses as a condition does: `torch.where(f < 0, a, b)`.
    """
    for file, source in sources.items():
        starts = starts_of(source)
        data = source.encode()
        for node in ast.walk(parse(source)):
            if isinstance(node, (ast.If, ast.While, ast.IfExp)):
                begin, end = offsets(node.test, starts)
                texts = ["True", "False"]
            elif isinstance(node, ast.Compare):
                begin, end = offsets(node, starts)
                held = data[begin:end].decode()
                texts = [f"(({held}) | True)", f"(({held}) & False)"]
            else:
                continue
            for text in texts:
                yield Change(file, "comparison", Undo.EXCHANGE, (Span(begin, end, text),))
