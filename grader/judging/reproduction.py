"""Reproduction: writes a program that shows a failure with plain torch, the module and the case's inputs.

It is the check's own code with a small `case` that returns what the grader drew. At its end it prints
what was expected beside what was seen; for a property, which many answers have, only what was seen.
"""

import ast
import functools
import math
from collections.abc import Sequence
from typing import Any

from grader.authoring.seeds import random_seed
from grader.results.report import sizes_in_words
from grader.syntax import parse
from grader.values import Fields, Items, Members, Number, Other, Table, Tensor, Value, Word, leaves, literal
from grader.wire import Answer, Drawn

_MAX_NUMBERS = 3000

_CASE = '''\
class Replay:
    """Hands out, in order, what the grader drew for this case."""

    number = {number}
    dtype = torch.{dtype}

    def size(self, name, least=1, multiple_of=1):
        return SIZES[name]

    def next(self, name, shape, scale=1.0):
        for place, (drawn, value) in enumerate(DRAWN):
            if drawn == name and getattr(value, "shape", None) == shape:
                return DRAWN.pop(place)[1]
        # For parameters that only your program has, any numbers will do.
        return scale * torch.randn(shape, dtype=self.dtype)

    def normal(self, *shape, name="", scale=1.0):
        return self.next(name, shape, scale)

    def uniform(self, low, high, *shape, name=""):
        return self.next(name, shape)

    extreme = normal

    def integers(self, low, high, *shape, name=""):
        return self.next(name, shape)

    def classes(self, count, *shape, name=""):
        return self.next(name, shape)

    def mask(self, *shape, name="", share=0.5):
        return self.next(name, shape)

    def plain(self, name, kind):
        found = [place for place, (drawn, value) in enumerate(DRAWN) if drawn == name and type(value) is kind]
        return DRAWN.pop(found[0])[1]

    def integer(self, low, high, name=""):
        return self.plain(name, int)

    def text(self, length, letters="", name=""):
        return self.plain(name, str)

    def batches(self, size, *tensors):
        return list(zip(*(tensor.split(size) for tensor in tensors)))

    def show(self, name, value):
        return value

    def pick(self, options):
        return options[self.number % len(options)]

    def shuffled(self, options):
        return list(options)

    def fill(self, module, scale=0.5):
        module.to(self.dtype)
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                parameter.copy_(self.next(name, parameter.shape, scale))
        return module

    def gradients(self, call, module=None, **leaves):
        inputs = {{**leaves, **(dict(module.named_parameters()) if module else {{}})}}
        for tensor in inputs.values():
            tensor.requires_grad_(True)
        outputs = call()
        outputs = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
        loss = sum((output * self.next("", output.shape)).sum() for output in outputs)
        for tensor in inputs.values():
            tensor.grad = None
        loss.backward()
        return {{name: tensor.grad for name, tensor in inputs.items()}}

    def raises(self, kind, call):
        try:
            call()
        except kind:
            return kind.__name__
        except Exception as error:
            return type(error).__name__
        return "no exception"
'''


def snippet(
    task: str,
    module: str,
    checks: str,
    check: str,
    expected: Answer,
    drawn: Sequence[Drawn],
    by_property: bool,
    seed: int = 0,
) -> str:
    """Return the program, empty if there are too many inputs to write down.

    `by_property`: whether an author's `compare=` judges the check. `seed`: of the run, for random numbers.
    """
    drawn = [d for d in drawn if d.how != "shown"]  # the check makes it again
    if sum(_written(d.value) for d in drawn) > _MAX_NUMBERS:
        return ""
    where = sizes_in_words(expected.sizes) or f"case {expected.case}"
    dtypes = [d.value.dtype for d in drawn if isinstance(d.value, Tensor) and "float" in d.value.dtype]
    beside = _SEEN if by_property else _beside(expected)
    text = "\n".join(beside)
    extra = [line for name, line in _IMPORTS.items() if name in text]
    lines = [
        f'"""{task}, check `{check}`, {where}: run it beside {module}.py."""',
        "",
        *extra,
        "import torch",
        "",
        f"import {module} as impl",
        "",
        f"SIZES = {dict(expected.sizes)!r}",
        "DRAWN = [",
        *(f"    ({d.name!r}, {_literal(d.value)})," for d in drawn),
        "]",
        "",
        "",
        _CASE.format(number=expected.case, dtype=dtypes[0] if dtypes else "float64"),
        "",
        *_code(checks, check),
        "",
        "",
        f"torch.manual_seed({random_seed(seed, expected.case)})",
        "torch.set_printoptions(precision=10)",
        f"seen = {check}(impl, Replay())",
        *beside,
    ]
    return "\n".join(lines) + "\n"


_IMPORTS = {"SimpleNamespace(": "from types import SimpleNamespace", "np.": "import numpy as np"}

_SEEN = [
    "for name, value in seen.items():",
    '    print(f"{name} is", value, sep="\\n")',
    "# Many answers are right here, so there is none to compare with: the report says what is wrong.",
]

_PRINTED = """\
for names, value in list(seen.items()):
    if "," in names and isinstance(value, (tuple, list)):
        seen.update(zip(map(str.strip, names.split(",")), value))
for name, value in EXPECTED.items():
    print(f"{name} should be", value, "and is", seen.get(name, "missing"), sep="\\n")
"""


def _beside(expected: Answer) -> list[str]:
    """Return the lines that print what was expected beside what was seen."""
    written = {name: _literal(value) for name, value in (expected.observed or {}).items() if _short(value)}
    lines = [f"    {name!r}: {text}," for name, text in written.items()]
    return ["", "EXPECTED = {", *lines, "}", *_PRINTED.splitlines()]


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
            return f"np.array({_nested(array.tolist())}, np.{'bool_' if dtype == 'bool' else dtype})" + (
                f".reshape({array.shape})" if not array.size else ""
            )
        case Tensor(dtype, array):
            shape = f".reshape({array.shape})" if not array.size else ""
            return f"torch.tensor({_nested(array.tolist())}, dtype=torch.{dtype}){shape}"
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


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_nested(item) for item in value)}]"
    if isinstance(value, complex):
        return f"complex({_nested(value.real)}, {_nested(value.imag)})"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value)


@functools.lru_cache(maxsize=1024)  # the same for every submission of a class
def _code(checks: str, check: str) -> tuple[str, ...]:
    """Return the check and what it uses of `checks.py`, without decorators and grader imports."""
    tree = parse(checks)
    defined: dict[str, ast.stmt] = {}
    for node in tree.body:
        for name in _defines(node):
            defined[name] = node
    needed: list[ast.stmt] = []
    waiting = [check]
    while waiting:
        found = defined.get(waiting.pop())
        if found is None or found in needed or _is_of_the_grader(found):
            continue
        needed.append(found)
        if isinstance(found, ast.FunctionDef):
            _strip(found)
        waiting += [part.id for part in ast.walk(found) if isinstance(part, ast.Name)]
    lines: list[str] = []
    for node in sorted(needed, key=lambda node: node.lineno):
        if lines and isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            lines += ["", ""]
        if isinstance(node, ast.FunctionDef):
            _strip(node)
        lines.append(ast.unparse(node))
    return tuple(lines)


def _strip(function: ast.FunctionDef) -> None:
    """Take off what means something to the grader only: decorators and annotations."""
    function.decorator_list = []
    function.returns = None
    for argument in function.args.args:
        argument.annotation = None


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
