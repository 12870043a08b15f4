"""What students begin with: the signatures and docstrings of a solution."""

import ast
from collections.abc import Iterable, Sequence

from grader.syntax import parse

_MODULE = "import torch"


def starter_file(solution: str, wanted: Sequence[str]) -> str:
    """Return a module that defines the names in `wanted` as `solution` does, without bodies.

    Names for the author's own use, and what begins with an underscore, are left out. Imports and constants
    stay if a signature uses them.
    """
    tree = parse(solution)
    kept = [_without_body(node) for node in tree.body if getattr(node, "name", None) in wanted]
    used = _names(kept)
    constants = [node for node in tree.body if _defines(node) & used]
    used |= _names(constants)
    imports = [one for node in tree.body if (one := _import(node, used)) is not None]
    docstring = ast.get_docstring(tree)
    parts = [] if docstring is None else [f'"""{docstring}"""']
    first = [text for text in map(ast.unparse, imports) if text != _MODULE]
    parts.append("\n".join([_MODULE, *first]))
    parts += ["\n".join(map(ast.unparse, constants))] if constants else []
    return "\n\n".join([*parts, *(f"\n{ast.unparse(one)}" for one in kept)]) + "\n"


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.id for one in nodes for node in ast.walk(one) if isinstance(node, ast.Name)}


def _defines(node: ast.stmt) -> set[str]:
    """Return the names that an assignment defines, none for another statement."""
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return {one.id for one in targets if isinstance(one, ast.Name)}


def _import(node: ast.stmt, used: Iterable[str]) -> ast.stmt | None:
    """Return an import with the names that signatures use, None if there are none."""
    if isinstance(node, ast.Import):
        names = [alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) in used]
        return ast.Import(names) if names else None
    if isinstance(node, ast.ImportFrom):
        names = [alias for alias in node.names if (alias.asname or alias.name) in used]
        return ast.ImportFrom(node.module, names, node.level) if names else None
    return None


def _without_body(node: ast.stmt) -> ast.stmt:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return _signature(node)
    assert isinstance(node, ast.ClassDef)
    methods = [
        _signature(one)
        for one in node.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_private(one.name)
    ]
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and node.decorator_list]
    body = [*_docstring(node), *fields, *methods] or [ast.Pass()]
    return ast.ClassDef(node.name, node.bases, node.keywords, body, node.decorator_list)


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
    body = [*_docstring(node), ast.parse("raise NotImplementedError").body[0]]
    made = type(node)(node.name, node.args, body, node.decorator_list, node.returns)
    return ast.copy_location(made, node)


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.stmt]:
    return node.body[:1] if ast.get_docstring(node) is not None else []


def _is_private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))
