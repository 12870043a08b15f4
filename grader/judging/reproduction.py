"""Reproduction: writes a program that shows a failure with plain torch, the module and the case's inputs.

It is the check's own code with a small `case` that returns what the grader drew. At its end it prints
what was expected beside what was seen; for a property, which many answers have, only what was seen.
"""

import ast
import functools
import math
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.authoring.seeds import random_seed
from grader.judging.flat_program import FlatProgram, NotFlat
from grader.results.report import sizes_in_words
from grader.syntax import parse
from grader.values import Fields, Items, Members, Number, Other, Table, Tensor, Value, Word, leaves, literal
from grader.wire import Answer, Drawn

_MAX_NUMBERS = 3000

_CLASS = '''\
class Replay:
    """Hands out, in order, what the grader drew for this case."""

    sizes = {sizes}
    number = {number}
    dtype = torch.{dtype}
    drawn = [
{drawn}
    ]
'''

_METHODS = {
    "size": """
    def size(self, name, least=1, multiple_of=1):
        return self.sizes[name]
""",
    "next": """
    def next(self, name, shape, scale=1.0):
        for place, (drawn, value) in enumerate(self.drawn):
            if drawn == name and getattr(value, "shape", None) == shape:
                return self.drawn.pop(place)[1]
        # For parameters that only your program has, any numbers will do.
        return scale * torch.randn(shape, dtype=self.dtype)
""",
    "normal": """
    def normal(self, *shape, name="", scale=1.0):
        return self.next(name, shape, scale)
""",
    "uniform": """
    def uniform(self, low, high, *shape, name=""):
        return self.next(name, shape)
""",
    "extreme": """
    def extreme(self, *shape, name=""):
        return self.next(name, shape)
""",
    "integers": """
    def integers(self, low, high, *shape, name=""):
        return self.next(name, shape)
""",
    "classes": """
    def classes(self, count, *shape, name=""):
        return self.next(name, shape)
""",
    "mask": """
    def mask(self, *shape, name="", share=0.5):
        return self.next(name, shape)
""",
    "plain": """
    def plain(self, name, kind):
        listed = [(drawn, type(value)) for drawn, value in self.drawn]
        return self.drawn.pop(listed.index((name, kind)))[1]
""",
    "integer": """
    def integer(self, low, high, name=""):
        return self.plain(name, int)
""",
    "text": """
    def text(self, length, letters="", name=""):
        return self.plain(name, str)
""",
    "batches": """
    def batches(self, size, *tensors):
        return list(zip(*(tensor.split(size) for tensor in tensors)))
""",
    "show": """
    def show(self, name, value):
        return value
""",
    "pick": """
    def pick(self, options):
        return options[self.number % len(options)]
""",
    "shuffled": """
    def shuffled(self, options):
        return [options[place] for place in self.plain("", list)]
""",
    "fill": """
    def fill(self, module, scale=0.5):
        module.to(self.dtype)
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                parameter.copy_(self.next(name, parameter.shape, scale))
        return module
""",
    "gradients": """
    def gradients(self, call, module=None, **leaves):
        inputs = {**leaves, **(dict(module.named_parameters()) if module else {})}
        for tensor in inputs.values():
            tensor.requires_grad_(True)
        outputs = call()
        outputs = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
        loss = sum((output * self.next("", output.shape)).sum() for output in outputs)
        for tensor in inputs.values():
            tensor.grad = None
        if loss.requires_grad:
            loss.backward()
        return {name: tensor.grad for name, tensor in inputs.items()}
""",
    "raises": """
    def raises(self, kind, call):
        try:
            call()
        except kind:
            return kind.__name__
        except Exception as error:
            return type(error).__name__
        return "no exception"
""",
}
"""What `Case` does, for what was drawn; a program has only what its check uses."""

_ATTRIBUTES = re.compile(r"\.(\w+)\(")
_SHARED = "grader.authoring.shared_checks"


def snippet(
    task: str,
    module: str,
    checks: str,
    check: str,
    expected: Answer,
    drawn: Sequence[Drawn],
    by_property: bool,
    seed: int = 0,
    atol: float = 0.0,
) -> str:
    """Return the program, empty if there are too many inputs to write down.

    `by_property`: whether an author's `compare=` judges the check. `seed`: of the run, for random numbers.
    `atol`: the largest distance from an expected entry that is allowed.
    """
    drawn = [d for d in drawn if d.how != "shown"]  # the check makes it again
    if sum(_written(d.value) for d in drawn) > _MAX_NUMBERS:
        return ""
    where = sizes_in_words(expected.sizes) or f"case {expected.case}"
    title = f'"""{task}, check `{check}`, {where}: run it beside {module}.py."""'
    dtypes = [d.value.dtype for d in drawn if isinstance(d.value, Tensor) and "float" in d.value.dtype]
    dtype = dtypes[0] if dtypes else "float64"
    if not by_property:  # there, parameters of any shape may be right
        flat = _flat(checks, check, expected, drawn, dtype)
        if flat is not None:
            return _flat_text(flat, title, module, expected, random_seed(seed, expected.case), atol)
    beside = _SEEN if by_property else _beside(expected, atol)
    code = _code(checks, check)
    replay = _CLASS.format(
        sizes=dict(expected.sizes),
        number=expected.case,
        dtype=dtype,
        drawn="\n".join(f"        ({d.name!r}, {_literal(d.value)})," for d in drawn),
    )
    lines = [
        *_head(title, module, "\n".join([*beside, replay])),
        "",
        "",
        replay.rstrip("\n"),
        *_methods("\n".join(code)),
        "",
        "",
        *code,
        "",
        "",
        f"torch.manual_seed({random_seed(seed, expected.case)})",
        "torch.set_printoptions(precision=10)",
        f"seen = {check}(impl, Replay())",
        *beside,
    ]
    return "\n".join(lines) + "\n"


def _head(title: str, module: str, text: str, imports: Sequence[str] = ()) -> list[str]:
    """Return the docstring and the imports of a program: those that its `text` needs, and `imports`."""
    return [
        title,
        "",
        *(line for name, line in _IMPORTS.items() if name in text),
        *imports,
        "import torch",
        "",
        f"import {module} as impl",
    ]


def _flat(
    checks: str, check: str, expected: Answer, drawn: Sequence[Drawn], dtype: str
) -> FlatProgram | None:
    """Return the check written out, None if that is not possible."""
    defined = _defined(checks)
    question = defined[check]
    assert isinstance(question, ast.FunctionDef)

    def written(one: Drawn) -> str:
        return _literal(one.value)

    try:
        return FlatProgram(question, defined, drawn, expected.sizes, expected.case, dtype, written)
    except NotFlat:
        return None


def _flat_text(flat: FlatProgram, title: str, module: str, expected: Answer, seed: int, atol: float) -> str:
    """Return a flat program as a whole."""
    seen = ["", f"seen = {flat.returned}"]
    beside = _beside(expected, atol)[1:]
    if flat.seen and not any("," in name for name in flat.seen):
        beside = [line for line in beside if line not in _SPLIT.splitlines()]
    lines = [
        *_head(title, module, "\n".join([*flat.lines, *beside]), flat.imports),
        "",
        f"torch.manual_seed({seed})",
        "torch.set_printoptions(precision=10)",
        *flat.lines,
        *seen,
        *beside,
    ]
    return "\n".join(lines) + "\n"


def _methods(code: str) -> list[str]:
    """Return the methods of the case that the code may call, and what these call."""
    needed: set[str] = set()
    waiting = [code]
    while waiting:
        called = set(_ATTRIBUTES.findall(waiting.pop())) & _METHODS.keys() - needed
        needed |= called
        waiting += [_METHODS[name] for name in called]
    return [
        line for name, text in _METHODS.items() if name in needed for line in text.rstrip("\n").split("\n")
    ]


_IMPORTS = {"SimpleNamespace(": "from types import SimpleNamespace", "np.": "import numpy as np"}

_SEEN = [
    "for name, value in seen.items():",
    '    print(f"{name} is", value, sep="\\n")',
    "# Many answers are right here, so there is none to compare with: the report says what is wrong.",
]

_SPLIT = """\
for names, value in list(seen.items()):
    if "," in names and isinstance(value, (tuple, list)):
        seen.update(zip(map(str.strip, names.split(",")), value))
"""
"""What a check calls `h, c` are two values."""

_PRINTED = """\
for name, value in EXPECTED.items():
    print(f"{name} should be", value, "and is", seen.get(name, "missing"), sep="\\n")
"""

_CLOSE = """\
for name, value in EXPECTED.items():
    if isinstance(value, torch.Tensor):
        assert isinstance(seen.get(name), torch.Tensor), f"{{name}} should be a tensor"
        torch.testing.assert_close(seen.get(name), value, rtol=0, atol={atol:.3g})
"""


def _beside(expected: Answer, atol: float) -> list[str]:
    """Return the lines that print what was expected beside what was seen, and compare the tensors."""
    found = {name: value for name, value in (expected.observed or {}).items() if _short(value)}
    lines = [f"    {name!r}: {_literal(value)}," for name, value in found.items()]
    tensors = any(isinstance(value, Tensor) and not value.numpy for value in found.values())
    close = _CLOSE.format(atol=atol).splitlines() if tensors else []
    return ["", "EXPECTED = {", *lines, "}", *_SPLIT.splitlines(), *_PRINTED.splitlines(), *close]


def _short(value: Value) -> bool:
    """Whether a value can be written down."""
    return sum(_written(part) for part in leaves({"": value}).values()) <= _MAX_NUMBERS


def _written(value: Value) -> int:
    """Return how much there is to write of a value that has no parts."""
    if isinstance(value, Tensor):
        return value.array.size
    return len(value) // 10 if isinstance(value, (str, bytes)) else 1


def _literal(value: Value) -> str:
    """Return a value as a program makes it, with what `_IMPORTS` imports."""
    match value:
        case Tensor(dtype, array, True):
            return f"np.array({_nested(_entries(array))}, np.{'bool_' if dtype == 'bool' else dtype})" + (
                f".reshape({array.shape})" if not array.size else ""
            )
        case Tensor(dtype, array):
            shape = f".reshape({array.shape})" if not array.size else ""
            return f"torch.tensor({_nested(_entries(array))}, dtype=torch.{dtype}){shape}"
        case Number(dtype, held):
            return f"np.{'bool_' if dtype == 'bool' else dtype}({_nested(held)})"
        case Items(kind, items, names):
            parts = [_literal(item) for item in items]
            if names:  # its class is in the student's module, or nowhere
                fields = ", ".join(f"{name!r}: {part}" for name, part in zip(names, parts, strict=True))
                return f"SimpleNamespace(**{{{fields}}})"
            whole = f"[{', '.join(parts)}]"
            return {"list": whole, "torch.Size": f"torch.Size({whole})"}.get(kind, f"tuple({whole})")
        case Members(kind, items):
            name = "frozenset" if kind == "frozenset" else "set"
            return f"{name}([{', '.join(map(_key, items))}])"
        case Table(pairs=pairs):
            return f"{{{', '.join(f'{_key(key)}: {_literal(item)}' for key, item in pairs)}}}"
        case Fields(fields=fields):
            parts = [f"{name!r}: {_literal(item)}" for name, item in fields]
            return f"SimpleNamespace(**{{{', '.join(parts)}}})"
        case Word("torch.dtype", text):
            return text
        case Word(_, text) | Other(text):
            return repr(text)
    return _nested(value)


def _key(value: Value) -> str:
    """Return the key of a dict, or a member of a set; as a text where what stands for it has no hash."""
    text = _literal(value)
    return repr(literal(value)) if "SimpleNamespace(" in text else text


def _entries(array: npt.NDArray[Any]) -> Any:
    """Return the entries as nested lists, each number with as few digits as its dtype needs."""
    if array.dtype in (np.float32, np.float16):
        short = [float(str(entry)) for entry in array.ravel()]
        return np.array(short).reshape(array.shape).tolist()
    return array.tolist()


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_nested(item) for item in value)}]"
    if isinstance(value, complex):
        return f"complex({_nested(value.real)}, {_nested(value.imag)})"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value)


@functools.lru_cache(maxsize=32)
def _defined(checks: str) -> dict[str, ast.stmt]:
    """Return what `checks.py` defines by name, and what it may use of the shared checks."""
    tree = parse(checks)
    shared = _shared() if _SHARED.rpartition(".")[2] in checks else {}
    aliases = {alias for node in tree.body for alias in _shared_aliases(node)}
    own = {name: node for node in _Written(aliases, shared).visit(tree).body for name in _defines(node)}
    return shared | own


@functools.lru_cache(maxsize=1024)  # the same for every submission of a class
def _code(checks: str, check: str) -> tuple[str, ...]:
    """Return the check and what it uses of `checks.py`, without decorators and grader imports.

    What it uses of the shared checks is written out too: `shared.unchanged` becomes `shared_unchanged`.
    """
    defined = _defined(checks)
    needed: list[ast.stmt] = []
    waiting = [check]
    while waiting:
        found = defined.get(waiting.pop())
        if found is None or found in needed or _is_of_the_grader(found):
            continue
        needed.append(found)
        own: set[str] = set()
        if isinstance(found, ast.FunctionDef):
            _strip(found)
            own = _bound_in(found)
        used = (part.id for part in ast.walk(found) if isinstance(part, ast.Name))
        waiting += [name for name in used if name not in own]
    names = {id(node): name for name, node in defined.items()}
    lines: list[str] = []
    for node in sorted(needed, key=lambda node: (not names[id(node)].startswith("shared_"), node.lineno)):
        if lines and isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            lines += ["", ""]
        lines.append(ast.unparse(node))
    return tuple(lines)


def _shared() -> dict[str, ast.stmt]:
    """Return what the module of shared checks defines, by names that begin with `shared_`."""
    source = Path(__file__).parents[1].joinpath("authoring", "shared_checks.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    own = {name for node in tree.body if not _is_import(node) for name in _defines(node)}
    found: dict[str, ast.stmt] = {}
    for node in _Written(set(), own, prefixed=True).visit(tree).body:
        for name in _defines(node):
            found[name] = node
    return found


def _shared_aliases(node: ast.stmt) -> Iterator[str]:
    """Yield the names by which `checks.py` knows the module of shared checks."""
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            if f"{node.module}.{alias.name}" == _SHARED:
                yield alias.asname or alias.name


class _Written(ast.NodeTransformer):
    """Changes `shared.unchanged` to `shared_unchanged`, or with `prefixed` every one of `names`."""

    def __init__(self, aliases: set[str], names: Collection[str], prefixed: bool = False) -> None:
        self.aliases, self.names, self.prefixed = aliases, set(names), prefixed

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id in self.aliases:
            return ast.copy_location(ast.Name(f"shared_{node.attr}", node.ctx), node)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if self.prefixed and node.id in self.names:
            return ast.copy_location(ast.Name(f"shared_{node.id}", node.ctx), node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if self.prefixed and node.name in self.names:
            node.name = f"shared_{node.name}"
        outside = self.names
        self.names = outside - _bound_in(node)
        found = self.generic_visit(node)
        self.names = outside
        return found


def _bound_in(function: ast.FunctionDef) -> set[str]:
    """Return the names that mean something of a function's own in it: parameters, and what it assigns."""
    return {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)} | {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _strip(function: ast.FunctionDef) -> None:
    """Take off what means something to the grader only: decorators and annotations."""
    function.decorator_list = []
    function.returns = None
    given = function.args
    for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
        if argument is not None:
            argument.annotation = None
    documented = function.body[0]
    if (
        len(function.body) > 1
        and isinstance(documented, ast.Expr)
        and isinstance(documented.value, ast.Constant)
    ):
        del function.body[0]


def _defines(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            return [part.id for part in node.targets if isinstance(part, ast.Name)]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return []


def _is_of_the_grader(node: ast.stmt) -> bool:
    return "grader" in ast.unparse(node) if isinstance(node, ast.ImportFrom) else False
