"""What students begin with: the signatures and docstrings of solutions."""

import ast
from collections.abc import Iterable, Sequence

from grader.errors import AssignmentError
from grader.syntax import parse

_MODULE = "import torch"
_HOLDING = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "NamedTuple", "TypedDict"}
"""Bases of classes that are what they hold: their members are no solution, but what one works with."""


def starter_file(path: str, solutions: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return a module that defines what several solutions of the file `path` define, without bodies.

    Each solution comes with the names that its task wants. What else it defines is left out, unless a
    signature needs it: imports and constants stay as they are, classes and functions without bodies.
    Raises `AssignmentError` that names the file if that makes no module.
    """
    try:
        text = _joined([(parse(source), wanted) for source, wanted in solutions])
        compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise AssignmentError(
            f"starter/{path} cannot be made from the signatures of the solution: {error}; write simpler ones"
        ) from None
    return text


def _joined(solutions: Sequence[tuple[ast.Module, Sequence[str]]]) -> str:
    docstrings = [
        ast.Module(tree.body[:1], []) for tree, _ in solutions if ast.get_docstring(tree) is not None
    ]
    kept = [_kept(tree, wanted) for tree, wanted in solutions]
    imports = [
        ast.unparse(one)
        for (tree, _), nodes in zip(solutions, kept, strict=True)
        for node in tree.body
        if (one := _import(node, _used(nodes))) is not None
    ]
    first = sorted(
        dict.fromkeys([_MODULE, *imports]), key=lambda text: not text.startswith("from __future__")
    )
    parts = [*map(ast.unparse, docstrings[:1]), "\n".join(first)]
    follows_constant = False
    for node in _without_repetition(kept):
        constant = bool(_assigned(node))
        if constant and follows_constant:
            parts[-1] += f"\n{ast.unparse(node)}"
        else:
            parts.append(ast.unparse(node) if constant else f"\n{ast.unparse(node)}")
        follows_constant = constant
    return "\n\n".join(parts) + "\n"


def _kept(tree: ast.Module, wanted: Sequence[str]) -> list[ast.stmt]:
    """Return the definitions of `wanted` and what their signatures need, in the order of the module."""
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} - set(wanted)
    holding = {*_HOLDING}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and holding & set(map(_last_name, node.bases)):
            holding.add(node.name)
    kept: list[ast.stmt] = []
    while True:
        used, read = _used(kept), _read_of_classes(kept)
        nodes = [_without_body(node, own, holding, read) for node in tree.body]
        found = [node for node in nodes if _defined(node) & {*wanted, *used} or _assigned(node) & used]
        if list(map(ast.dump, found)) == list(map(ast.dump, kept)):
            return kept
        kept = found


def _without_repetition(solutions: Iterable[Iterable[ast.stmt]]) -> list[ast.stmt]:
    """Return the statements of several solutions; what an earlier one defines is not defined again."""
    found: list[ast.stmt] = []
    latest: dict[str, str] = {}
    for nodes in solutions:
        earlier = set(latest)
        for node in nodes:
            text, names = ast.unparse(node), _defined(node) | _assigned(node)
            # A constant may have another value in each solution: a default is that of its own.
            if _defined(node) & earlier or all(latest.get(name) == text for name in names):
                continue
            latest |= dict.fromkeys(names, text)
            found.append(node)
    return found


def _used(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that statements read."""
    names = [node for one in nodes for node in ast.walk(one) if isinstance(node, ast.Name)]
    return {node.id for node in names if isinstance(node.ctx, ast.Load)}


def _read_of_classes(nodes: Iterable[ast.AST]) -> set[tuple[str, str]]:
    """Return what statements read of names, as in `Mode.FAST`: the name and the attribute."""
    parts = [part for one in nodes for part in ast.walk(one) if isinstance(part, ast.Attribute)]
    return {(part.value.id, part.attr) for part in parts if isinstance(part.value, ast.Name)}


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _defined(node: ast.stmt) -> set[str]:
    """Return the name of a function or class, none for another statement."""
    return {node.name} if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else set()


def _assigned(node: ast.stmt) -> set[str]:
    """Return the names that an assignment defines or changes, none for another statement."""
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return set()
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [part for one in targets for part in ast.walk(one) if isinstance(part, ast.Name)]
    return {part.id for part in names if isinstance(part.ctx, ast.Store)}


def _import(node: ast.stmt, used: Iterable[str]) -> ast.stmt | None:
    """Return an import with the names that signatures use, None if there are none."""
    if isinstance(node, ast.Import):
        names = [alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) in used]
        return ast.Import(names) if names else None
    if isinstance(node, ast.ImportFrom):
        if node.module == "__future__":
            return node
        names = [alias for alias in node.names if (alias.asname or alias.name) in used]
        return ast.ImportFrom(node.module, names, node.level) if names else None
    return None


def _without_body(
    node: ast.stmt, own: Iterable[str], holding: Iterable[str], read: Iterable[tuple[str, str]]
) -> ast.stmt:
    """Return a function or a class without bodies, and without decorators that are among `own`.

    Such a decorator would have no body either. A class keeps what is read of it, what its signatures
    need, and everything if its base is among `holding`. Another statement stays as it is.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return _signature(node, own)
    if not isinstance(node, ast.ClassDef):
        return node
    of_class = {attribute for name, attribute in read if name == node.name}
    methods = [
        _signature(one, own)
        for one in node.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and (one.name in of_class or not _is_private(one.name))
    ]
    is_held = bool(set(holding) & set(map(_last_name, node.bases)))
    needed = of_class | _used(methods)
    fields: list[ast.stmt] = []
    while True:
        found = [
            one
            for one in node.body
            if (names := _assigned(one))
            and (is_held or names & needed or (isinstance(one, ast.AnnAssign) and node.decorator_list))
        ]
        if len(found) == len(fields):
            break
        fields, needed = found, needed | _used(found)
    body = [*_docstring(node), *fields, *methods] or [ast.Pass()]
    return ast.ClassDef(node.name, node.bases, node.keywords, body, _decorators(node, own))


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef, own: Iterable[str]) -> ast.stmt:
    body = [*_docstring(node), ast.parse("raise NotImplementedError").body[0]]
    made = type(node)(node.name, node.args, body, _decorators(node, own), node.returns)
    return ast.copy_location(made, node)


def _decorators(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, own: Iterable[str]
) -> list[ast.expr]:
    return [one for one in node.decorator_list if not _used([one]) & set(own)]


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.stmt]:
    return node.body[:1] if ast.get_docstring(node) is not None else []


def _is_private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))
