"""Static scan for forbidden layers in the source, without running it.

Only code that a wanted class or function reaches is scanned: naming a layer in a test, a comment or a
demonstration is fine. The scan finds the plain cases, with file and line, and the two ways past torch's
dispatcher. Disguises are caught by the refusal at run time (`grader.guest.forbid`).
"""

import ast
import itertools
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grader.authoring.layers import FAMILIES, family, functional_names
from grader.errors import UnreadableSource
from grader.syntax import LONGEST, check_encoding, decoded, is_long, parse_strangers

_log = logging.getLogger(__name__)

_LAYERS = ("torch.nn.", "torch.ao.nn.")
_FUNCTIONAL = (
    *("torch", "torch._VF", "torch.ops.aten", "torch._C._VariableFunctions", "torch._C._nn"),
    *("torch.nn.functional", "torch.special"),
)
_WRITTEN_BY_TORCH = "torch._decomp."
_PAST_THE_DISPATCHER = ("redispatch", "decompose")
_LONGEST_NAME = 40
"""Parts of a dotted name that is resolved; a longer chain is not a layer."""
_BY_WORD = re.compile(rb"\b(redispatch|decompose|_VF|_decomp)\b")
"""Words that are searched in a source that is too long to be parsed."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class ForbiddenUse:
    """A use of a forbidden layer."""

    file: str
    line: int
    layer: str
    what: str


@dataclass(frozen=True)
class Unscannable:
    """A file that could not be scanned; `why` is the end of a sentence."""

    file: str
    why: str


@dataclass
class _Module:
    file: str
    tree: ast.Module
    names: dict[str, str] = field(default_factory=dict)
    """The full name of each imported name: `torch.nn` for `nn`."""
    defined: dict[str, ast.stmt] = field(default_factory=dict)


def find_forbidden(
    files: Mapping[str, bytes], module: str, wanted: Sequence[str], forbidden: Sequence[str]
) -> ForbiddenUse | Unscannable | None:
    """Return the first use of a forbidden layer that the `wanted` names of `module` reach.

    Return `Unscannable` if the scan cannot be finished: the task then fails, so breaking it gains nothing.
    """
    if not forbidden:
        return None
    look = _Look(files, forbidden)
    try:
        return next(look.reach(module, wanted), None)
    except UnreadableSource as error:
        return Unscannable(look.file, str(error))
    except (RecursionError, MemoryError):
        return Unscannable(look.file, "what it defines is nested too deep")
    except Exception as error:  # a stranger's source may trigger any bug of ours
        _log.exception("The look for forbidden layers failed in %r.", look.file)
        return Unscannable(look.file, f"the scan of it failed with {type(error).__name__}")


class _Look:
    def __init__(self, files: Mapping[str, bytes], forbidden: Sequence[str]) -> None:
        self._files = files
        self._forbidden = forbidden
        self._functions = _functions(forbidden)
        self.file = ""
        """The file that is being scanned, for error messages."""
        self._modules: dict[str, _Module | ForbiddenUse | None] = {}
        self._seen: set[tuple[str, str] | ast.stmt] = set()
        self._left = LONGEST
        self._walked: dict[ast.AST, list[ast.AST]] = {}

    def _parts(self, node: ast.AST) -> list[ast.AST]:
        if node not in self._walked:
            self._walked[node] = list(ast.walk(node))
        return self._walked[node]

    def reach(self, module_name: str, names: Iterable[str]) -> Iterator[ForbiddenUse]:
        module = self._module(module_name)
        if isinstance(module, ForbiddenUse):
            yield module
        if not isinstance(module, _Module):
            return
        for name in names:
            if (module_name, name) in self._seen:
                continue
            self._seen.add((module_name, name))
            if name in module.defined:
                yield from self._statement(module_name, module, module.defined[name])
            elif name in module.names:
                source, _, imported = module.names[name].rpartition(".")
                yield from self.reach(source, [imported])

    def _module(self, name: str) -> "_Module | ForbiddenUse | None":
        if name not in self._modules:
            stem = name.replace(".", "/")
            ends = (f"{stem}/__init__.py", f"{stem}.py")
            found = [file for file in ends if file in self._files]
            # A program may put one of its folders on `sys.path`.
            found += [file for end in ends for file in self._files if file.endswith(f"/{end}")]
            self._modules[name] = self._read(found[0]) if found else None
        return self._modules[name]

    def _read(self, file: str) -> "_Module | ForbiddenUse | None":
        """Parse a file; if it is too long, search it for the words instead."""
        data = self._files[file]
        self.file = file
        self._left -= len(data)
        try:
            check_encoding(data)
            if self._left >= 0 and not is_long(source := decoded(data)):
                return _parsed(file, source)
        except SyntaxError:
            return None  # the import reports the error
        word = _BY_WORD.search(data)
        if word is None:
            return None
        line = data.count(b"\n", 0, word.start()) + 1
        what = f"`{word.group().decode()}` is in a file that is too long to be parsed"
        return ForbiddenUse(file, line, self._forbidden[0], what)

    def _statement(self, name: str, module: _Module, node: ast.stmt) -> Iterator[ForbiddenUse]:
        if node in self._seen:  # `a = b = c = …` defines many names
            return
        self._seen.add(node)
        self.file = module.file
        if isinstance(node, ast.ClassDef):
            yield from self._class(name, module, node)
        else:
            yield from self._body(name, module, node, {})

    def _class(self, name: str, module: _Module, node: ast.ClassDef) -> Iterator[ForbiddenUse]:
        methods = {item.name: item for item in node.body if isinstance(item, Function)}
        for base in node.bases:
            layer = self._layer(_dotted(base, module))
            if layer and "forward" not in methods:
                yield ForbiddenUse(module.file, node.lineno, layer, f"class {node.name} inherits from it")
            if isinstance(base, ast.Name):
                yield from self.reach(name, [base.id])
        held = {}
        for method in methods.values():
            found = self._held(module, method)
            held.update({name: found[name] for name in found if name.startswith("self.")})
        # A method that is never called may be a comparison with torch. torch itself calls only `forward`.
        waiting, done = ["__init__", "forward", "__call__"], set[str]()
        while waiting:
            called = waiting.pop(0)
            if called in done or called not in methods:
                continue
            done.add(called)
            method = methods[called]
            waiting += [
                part.attr
                for part in self._parts(method)
                if isinstance(part, ast.Attribute)
                and isinstance(part.value, ast.Name)
                and part.value.id == "self"
            ]
            yield from self._body(name, module, method, held)

    def _held(self, module: _Module, node: ast.AST) -> dict[str, str]:
        """Return the names (`self.cell`, `cell`) that a forbidden layer is assigned to."""
        held = {}
        for part in self._parts(node):
            if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call):
                layer = self._layer(_dotted(part.value.func, module))
                for target in part.targets:
                    if layer and (text := _written(target)):
                        held[text] = layer
        return held

    def _body(
        self, name: str, module: _Module, node: ast.AST, held: Mapping[str, str]
    ) -> Iterator[ForbiddenUse]:
        held = {**held, **self._held(module, node)}
        bound = _bound(node, self._parts(node))
        for part in self._parts(node):
            if isinstance(part, ast.Call):
                finding = self._call(module, part, held)
                if finding:
                    yield finding
            if isinstance(part, ast.Name) and part.id not in bound:
                yield from self.reach(name, [part.id])

    def _call(self, module: _Module, call: ast.Call, held: Mapping[str, str]) -> ForbiddenUse | None:
        function = call.func
        if held and (text := _written(function)) in held:
            what = f"`{text}(…)` calls it"
            return ForbiddenUse(module.file, call.lineno, held[text], what)
        if isinstance(function, ast.Attribute) and function.attr in _PAST_THE_DISPATCHER:
            dotted = _dotted(function.value, module)
            if not (dotted.startswith("self") or self._own(dotted, module)):
                what = f"`{function.attr}` bypasses the refusal of layers"
                return ForbiddenUse(module.file, call.lineno, self._forbidden[0], what)
        if isinstance(function, ast.Call):  # torch.nn.LSTMCell(2, 3)(x)
            layer = self._layer(_dotted(function.func, module))
            if layer:
                return ForbiddenUse(module.file, call.lineno, layer, f"`{_written(function)}(…)` calls it")
        layer = self._functional(_dotted(function, module))
        if layer:
            return ForbiddenUse(
                module.file,
                call.lineno,
                layer,
                f"`{_written(function)}(…)` {_computes(layer, function, module)}",
            )
        return None

    def _own(self, dotted: str, module: _Module) -> bool:
        """Whether a dotted name is a file of the submission, or an object of one of its classes."""
        top = dotted.partition(".")[0]
        if self._module(top) is not None:
            return True
        made = module.defined.get(top)
        if not isinstance(made, ast.Assign) or not isinstance(made.value, ast.Call):
            return False
        function = made.value.func
        return isinstance(function, ast.Name) and isinstance(module.defined.get(function.id), ast.ClassDef)

    def _layer(self, dotted: str) -> str:
        """Return the forbidden layer that a dotted name refers to, empty for none."""
        package, _, last = dotted.rpartition(".")
        for layer in self._forbidden:
            if dotted == layer or (package.startswith(_LAYERS) and last == layer.rpartition(".")[2]):
                return layer
        return ""

    def _functional(self, dotted: str) -> str:
        """Return what is forbidden that a call of `dotted`, or of an overload of it, computes."""
        layer = self._functions.get(dotted) or self._functions.get(dotted.rpartition(".")[0], "")
        if layer or not dotted.startswith(_WRITTEN_BY_TORCH):
            return layer
        # torch's own layer in Python: LSTM, GRU, RNN
        parts = ((one, family(one)) for one in self._forbidden)
        return next((one for one, part in parts if part and part in dotted), "")


def _functions(forbidden: Sequence[str]) -> dict[str, str]:
    """Return, by full name of a function, what is forbidden that it computes."""
    found = {}
    for layer in forbidden:
        is_layer = layer.startswith(_LAYERS) and layer.rpartition(".")[2][:1].isupper()
        for name in () if is_layer else (layer, *FAMILIES.get(layer, ())):
            found[name] = layer
        for name in functional_names(layer):
            found |= {f"{package}.{name}": layer for package in _FUNCTIONAL}
    return found


def _computes(layer: str, function: ast.AST, module: _Module) -> str:
    return "calls it" if _dotted(function, module) == layer else "is its functional form"


def _bound(node: ast.AST, parts: Sequence[ast.AST]) -> set[str]:
    """Return the local names of a function: they hide global ones."""
    if not isinstance(node, Function):
        return set()
    stored = {p.id for p in parts if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Store)}
    arguments = {p.arg for p in parts if isinstance(p, ast.arg)}
    shared = {name for p in parts if isinstance(p, (ast.Global, ast.Nonlocal)) for name in p.names}
    return (stored | arguments) - shared


def _parsed(file: str, source: str) -> _Module:
    tree = parse_strangers(source)
    module = _Module(file, tree)
    package = file.rpartition("/")[0].replace("/", ".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                module.names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                source = ".".join(part for part in (package, source) if part)
            for alias in node.names:
                module.names[alias.asname or alias.name] = f"{source}.{alias.name}"
    for statement in tree.body:
        if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            module.defined[statement.name] = statement
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    module.defined[target.id] = statement
    return module


def _written(node: ast.AST) -> str:
    if len(list(itertools.islice(ast.walk(node), _LONGEST_NAME + 1))) > _LONGEST_NAME:
        return ""  # unparsing each call of a long chain would take quadratic time
    try:
        return ast.unparse(node)
    except (RecursionError, ValueError):  # nested too deep, or a number of too many digits
        return ""


def _dotted(node: ast.AST, module: _Module) -> str:
    """Return the full name of an expression like `nn.LSTM`, empty if it is not a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([module.names.get(node.id, node.id), *reversed(parts)])
