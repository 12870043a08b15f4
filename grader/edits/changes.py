"""Small changes of a student's program, each of which undoes a usual slip.

They come in a fixed order, the most plausible first: taken away before exchanged before added, and within
these in the order of `table.KINDS`. Only code that the task can reach is changed: no comment, string,
annotation, default or unused function. A name is exchanged only for one of the same kind that is bound at
that line.
"""

import ast
import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grader.edits import table
from grader.edits.scope import (
    Definition,
    Function,
    Kind,
    Scope,
    attributes,
    called,
    demonstrates,
    used_definitions,
)
from grader.edits.table import Undo
from grader.syntax import parse

_MOST_ALIKE = 8
"""Like places that are changed together."""
_MOST_ORDERED = 4
"""Elements of a tuple, or assignments in a row, of which each two are exchanged."""
_MOST_CHANGES, _MOST_CHARACTERS = 20_000, 8 << 20
"""Changes of one file, and the characters of all of them. What a person writes has some thousand."""
_RAISES = (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)
_OPERATORS = [
    (row, ast.parse(row.wrong, mode="eval").body, ast.parse(row.right, mode="eval").body)
    for row in table.OPERATORS
]
_MODULES = {
    *("torch", "F", "nn", "np", "math", "functional", "torch.nn", "nn.functional", "torch.nn.functional")
}
_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Dict)


@dataclass(frozen=True)
class Span:
    """A piece of a source, as offsets in its UTF-8 bytes, and the text that replaces it."""

    begin: int
    end: int
    text: str


@dataclass(frozen=True)
class Change:
    """One change of one file: a replaced piece, or the same change at all like places."""

    file: str
    kind: str
    undo: Undo
    spans: tuple[Span, ...]
    like: str = ""
    """Equal for the same change at different places."""

    def applied(self, source: bytes) -> bytes:
        """Return the changed source."""
        for span in sorted(self.spans, key=lambda one: -one.begin):
            source = source[: span.begin] + span.text.encode() + source[span.end :]
        return source

    def before(self, file: str, at: int) -> int:
        """Return which byte of the source a byte of the changed one was; of a new text, where it begins."""
        for span in sorted(self.spans, key=lambda one: one.begin) if file == self.file else ():
            text = len(span.text.encode())
            if at >= span.begin + text:
                at += span.end - span.begin - text
            else:
                at = min(at, span.begin)
        return at

    @property
    def rank(self) -> tuple[int, int, int, str, int]:
        """The place in the fixed order."""
        return (self.undo, len(self.spans) > 1, table.KINDS.index(self.kind), self.file, self.spans[0].begin)


_IN_PLACE = re.compile(r"(?!__|requires_grad_)[a-z][a-z0-9_]*[a-z0-9]_")
"""A method that changes its tensor: `mul_`."""


def changes(sources: Mapping[str, str], wanted: Collection[str]) -> list[Change]:
    """Return all changes of the given files, in their fixed order; `wanted` are the names that are graded."""
    trees = {file: parse(source) for file, source in sources.items()}
    used = used_definitions(trees, wanted)
    found: dict[tuple[str, tuple[Span, ...]], Change] = {}
    for file, source in sources.items():
        data = source.encode()
        single = list(_bounded(_File(file, source, trees[file], used).changes()))
        for change in [*single, *_alike(single)]:
            if any(data[span.begin : span.end] != span.text.encode() for span in change.spans):
                found.setdefault((file, change.spans), change)
    return sorted(found.values(), key=lambda change: change.rank)


_TWICE = ("reversed", "sign", "one_minus")
"""Kinds that undo themselves: added at several places they may change nothing, but make a copy."""


def _bounded(some: Iterable[Change]) -> Iterator[Change]:
    """Yield the first changes of a file: names and uses make a number that grows with their product."""
    left = _MOST_CHARACTERS
    for change in itertools.islice(some, _MOST_CHANGES):
        left -= sum(len(span.text) for span in change.spans)
        if left < 0:
            return
        yield change


def _alike(single: Sequence[Change]) -> Iterator[Change]:
    """Yield the same change at all like places."""
    groups: dict[tuple[str, Undo, str], list[Change]] = {}
    for change in single:
        if (
            change.like
            and len(change.spans) == 1
            and (change.undo is not Undo.ADD or change.kind not in _TWICE)
        ):
            groups.setdefault((change.kind, change.undo, change.like), []).append(change)
    for (kind, undo, like), group in groups.items():
        spans = sorted({change.spans[0] for change in group}, key=lambda span: span.begin)
        apart = all(one.end <= other.begin for one, other in itertools.pairwise(spans))
        if 1 < len(spans) <= _MOST_ALIKE and apart:
            yield Change(group[0].file, kind, undo, tuple(spans), like)


@dataclass
class _File:
    """The changes of one file."""

    file: str
    source: str
    tree: ast.Module
    used: set[Definition]
    data: bytes = field(init=False)
    starts: list[int] = field(init=False)
    parents: dict[ast.AST, ast.AST] = field(init=False)

    def __post_init__(self) -> None:
        self.data = self.source.encode()
        self.starts = starts_of(self.source)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def changes(self) -> Iterator[Change]:
        for node in ast.walk(self.tree):
            if isinstance(node, Function) and node in self.used:
                owner = self.parents.get(node)
                if isinstance(owner, ast.ClassDef) and owner not in self.used:
                    continue
                scope = self._scope(node)
                for decorator in node.decorator_list:
                    yield from self._name(decorator)
                for statement in node.body:
                    for inner in running(statement):
                        yield from self._of(inner, scope)
                yield from self._rows_of_assignments(node)

    def _scope(self, function: Function) -> Scope:
        """Return the names of a function, with those of the functions and the class around it."""
        owner = self.parents.get(function)
        if isinstance(owner, ast.ClassDef):
            return Scope(function, attributes(owner))
        while owner is not None and not isinstance(owner, Function):
            owner = self.parents.get(owner)
        if owner is None:
            return Scope(function)
        outer = self._scope(owner)
        return Scope(function, outer.attributes, outer)

    # Places and texts

    def _offsets(self, node: ast.AST) -> tuple[int, int]:
        return offsets(node, self.starts)

    def _text(self, node: ast.AST) -> str:
        begin, end = self._offsets(node)
        return self.data[begin:end].decode()

    def _hole(self, node: ast.expr) -> str:
        """Return the text of an expression as a part of another one."""
        text = self._text(node)
        number = isinstance(node, ast.Constant) and not isinstance(node.value, str)
        return text if isinstance(node, _ATOMS) and not number else f"({text})"

    def _change(self, kind: str, undo: Undo, node: ast.AST, text: str, like: str = "") -> Change:
        return Change(self.file, kind, undo, (Span(*self._offsets(node), text),), like)

    def _instead(self, kind: str, undo: Undo, node: ast.expr, text: str, like: str = "") -> Change:
        """Return the change that replaces an expression by another, in parentheses if it needs them."""
        plain = isinstance(self.parents.get(node), (ast.Assign, ast.Return, ast.AugAssign, ast.keyword))
        atom = re.fullmatch(r"[\w.]+", text) or plain
        return self._change(kind, undo, node, text if atom else f"({text})", like)

    def _filled(self, pattern: str, a: ast.expr, b: ast.expr | None = None) -> str:
        """Return a pattern of the table with expressions for `A` and `B`."""
        if pattern in ("A", "B"):
            return self._text(b if pattern == "B" and b is not None else a)
        texts = {"A": self._hole(a), "B": self._hole(b) if b is not None else ""}
        return table.filled(pattern, texts["A"], texts["B"])

    # Changes of one node

    def _of(self, node: ast.AST, scope: Scope) -> Iterator[Change]:
        match node:
            case ast.BinOp():
                yield from self._operator(node)
                yield from self._number(node)
            case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
                yield self._instead("sign", Undo.TAKE_AWAY, node, self._text(operand), "-")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield self._instead("none_test", Undo.EXCHANGE, node, f"{self._hole(operand)} is None")
                yield self._instead("none_test", Undo.TAKE_AWAY, node, self._text(operand))
            case ast.BoolOp():
                yield from self._either(node)
            case ast.Compare():
                yield from self._comparison(node)
            case ast.Call():
                yield from self._call(node)
            case ast.Subscript():
                yield from self._subscript(node, scope)
            case ast.If() | ast.While() | ast.IfExp():
                if isinstance(node.test, ast.Name):
                    text = f"{node.test.id} is not None"
                    yield self._change("none_test", Undo.EXCHANGE, node.test, text)
            case ast.Tuple() | ast.List():
                yield from self._order(node.elts)
            case ast.Set(elts=[ast.Starred(value=value)]):
                yield self._instead("conversion", Undo.TAKE_AWAY, node, self._text(value))
            case ast.AugAssign():
                yield from self._in_place(node)
                if _simple(node.value):
                    yield self._change("statement", Undo.TAKE_AWAY, node, "pass")
            case ast.Expr(value=ast.Call(func=ast.Attribute())):
                if "__init__" not in self._text(node):
                    yield self._change("statement", Undo.TAKE_AWAY, node, "pass")
            case ast.Assign(targets=[target], value=value):
                again = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
                if again & {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}:
                    yield self._change("statement", Undo.TAKE_AWAY, node, "pass")
            case ast.With(items=items):
                for item in items:
                    yield from self._name(item.context_expr)
            case ast.Attribute(value=value, attr=name) if isinstance(node.ctx, ast.Load):
                parent = self.parents.get(node)
                if name in table.ACTIVATIONS and not (isinstance(parent, ast.Call) and parent.func is node):
                    yield from self._name(node)
                for row in table.ADDED:
                    if row.wrong == f"A.{name}":
                        yield self._instead(row.kind, Undo.TAKE_AWAY, node, self._text(value), f".{name}")
        if isinstance(node, ast.expr):
            yield from self._exchanged(node, scope)
            yield from self._added(node, scope)

    def _operator(self, node: ast.BinOp) -> Iterator[Change]:
        for row, wrong, right in _OPERATORS:
            if not (isinstance(wrong, ast.BinOp) and row.repair and type(wrong.op) is type(node.op)):
                continue
            holes = {"A": node.left, "B": node.right}
            if isinstance(wrong.left, ast.Name) and wrong.left.id == "B":
                holes = {"A": node.right, "B": node.left}
            taken = isinstance(right, ast.Name)
            if taken and row.kind == "one_minus":
                continue
            text = self._filled(row.right, holes["A"], holes["B"])
            kind = row.kind
            if taken and isinstance(node.left, ast.Constant) and isinstance(node.op, ast.Sub):
                kind = "one_minus"
            like = f"{row.wrong}>{row.right}" if not taken else f"{row.wrong}>{text}"
            undo = Undo.TAKE_AWAY if taken else Undo.EXCHANGE
            yield self._instead(kind, undo, node, text, like)
        if isinstance(node.op, ast.Sub) and isinstance(node.left, ast.Constant):
            yield self._instead("one_minus", Undo.TAKE_AWAY, node, self._text(node.right), "1-")

    def _number(self, node: ast.BinOp) -> Iterator[Change]:
        """Yield other whole numbers in arithmetic; 0 is left, because it switches terms off."""
        for side in (node.left, node.right):
            if isinstance(side, ast.Constant) and type(side.value) is int:
                for other in (side.value + 1, side.value - 1):
                    if other > 0 and side.value > 0:
                        like = f"{side.value}>{other}"
                        yield self._change("number", Undo.EXCHANGE, side, str(other), like)

    def _either(self, node: ast.BoolOp) -> Iterator[Change]:
        first = node.values[0]
        if isinstance(node.op, ast.Or) and len(node.values) == 2 and isinstance(first, ast.Name):
            other = self._hole(node.values[1])
            text = f"{first.id} if {first.id} is not None else {other}"
            yield self._instead("none_test", Undo.EXCHANGE, node, text)
        for at, value in enumerate(node.values):
            if isinstance(value, (ast.Compare, ast.Name)):
                rest = [self._hole(one) for place, one in enumerate(node.values) if place != at]
                sign = " and " if isinstance(node.op, ast.And) else " or "
                yield self._instead("comparison", Undo.TAKE_AWAY, node, sign.join(rest))
        if all(isinstance(value, (ast.Compare, ast.UnaryOp, ast.Name)) for value in node.values):
            sign = " or " if isinstance(node.op, ast.And) else " and "
            yield self._instead("comparison", Undo.EXCHANGE, node, sign.join(map(self._hole, node.values)))

    def _comparison(self, node: ast.Compare) -> Iterator[Change]:
        parts = [node.left, *node.comparators]
        signs = [table.SIGNS[type(operator)] for operator in node.ops]
        for at, sign in enumerate(signs):
            others = [row.right for row in table.COMPARISONS if row.wrong == sign]
            if sign in ("==", "!=") and isinstance(parts[at + 1], ast.Constant):
                others += ["is"] if sign == "==" else ["is not"] if _is_none(parts[at + 1]) else []
            for other in others:
                text = self._hole(parts[0])
                for place, part in enumerate(parts[1:]):
                    text += f" {other if place == at else signs[place]} {self._hole(part)}"
                yield self._instead("comparison", Undo.EXCHANGE, node, text, f"{sign}>{other}")
        for part in parts:
            if isinstance(part, ast.Constant) and type(part.value) is int:
                for new in (part.value - 1, part.value + 1):
                    yield self._change("index", Undo.EXCHANGE, part, str(new) if new >= 0 else f"({new})")

    def _name(self, node: ast.expr) -> Iterator[Change]:
        """Yield other names for what is called."""
        function = node.func if isinstance(node, ast.Call) else node
        name = called(function)
        for row in table.NAMES:
            if row.wrong != name or not row.repair:
                continue
            begin, end = self._offsets(function)
            begin = end - len(name.encode())
            span = Span(begin, end, row.right)
            if row.kind in ("detach", "activation") or isinstance(node, ast.Call):
                yield Change(self.file, row.kind, Undo.EXCHANGE, (span,), f"{name}>{row.right}")

    def _call(self, node: ast.Call) -> Iterator[Change]:
        yield from self._name(node)
        name, function = called(node.func), node.func
        of = function.value if isinstance(function, ast.Attribute) else None
        module = isinstance(of, ast.Name) and of.id in ("torch", "F", "nn", "np", "math", "functional")
        module = module or (
            of is not None and self._text(of) in ("torch.nn", "nn.functional", "torch.nn.functional")
        )
        if of is not None and not module and _IN_PLACE.fullmatch(name) and called(of) != "init":
            end = self._offsets(function)[1]
            yield Change(self.file, "in_place", Undo.TAKE_AWAY, (Span(end - 1, end, ""),), "_(")
        if of is not None and not module and self._text(of) not in ("self", "super()"):
            kinds = {row.kind for row in table.ADDED if row.wrong.startswith(f"A.{name}(")}
            if not any(isinstance(argument, ast.expr) and not _simple(argument) for argument in node.args):
                kind = next(iter(kinds), "activation" if name in table.ACTIVATIONS else "call")
                yield self._instead(kind, Undo.TAKE_AWAY, node, self._text(of), f".{name}()")
        elif node.args and not isinstance(node.args[0], ast.Starred) and (module or of is None):
            kinds = {row.kind for row in table.ADDED if re.fullmatch(rf"(torch\.)?{name}\(A\)", row.wrong)}
            if name not in ("range", "super", "print", "len", "enumerate", "zip"):
                kind = next(iter(kinds), "activation" if name in table.ACTIVATIONS else "call")
                yield self._instead(kind, Undo.TAKE_AWAY, node, self._text(node.args[0]), f"{name}()")
        yield from self._order([one for one in node.args if not isinstance(one, ast.Starred)])
        for argument in node.keywords:
            yield from self._keyword(argument, name, module)
        for place, value in enumerate(node.args):
            if name == "range":
                yield from self._bound(value)
            elif (place or not module) and (whole := _whole(value)) is not None:
                for new in sorted({whole - 1, whole + 1, -1} - {whole}):
                    yield self._change("dim", Undo.EXCHANGE, value, str(new), f"{name},{new}")

    def _keyword(self, argument: ast.keyword, name: str, module: bool) -> Iterator[Change]:
        value = argument.value
        if argument.arg in ("dim", "axis", "dim0", "dim1", "dims", "start_dim", "diagonal"):
            whole = _whole(value)
            for new in sorted({0, 1, 2, -1} - {whole}) if whole is not None else ():
                yield self._change("dim", Undo.EXCHANGE, value, str(new), f"dim={new}")
        elif module and isinstance(value, ast.Constant) and isinstance(value.value, bool):
            like = f"{argument.arg}={not value.value}"
            yield self._change("number", Undo.EXCHANGE, value, str(not value.value), like)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Iterator[Change]:
        if isinstance(node.value, (ast.List, ast.Tuple, ast.Dict)):
            return  # a choice among what the student wrote down
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if isinstance(node.ctx, ast.Load) and all(isinstance(part, ast.Slice) for part in parts):
            yield self._instead("index", Undo.TAKE_AWAY, node, self._text(node.value))
        for part in parts:
            if isinstance(part, ast.Slice):
                step = part.step is not None and self._text(part.step)
                if step == "-1" and not (part.lower or part.upper) and part is node.slice:
                    yield self._instead("reversed", Undo.TAKE_AWAY, node, self._text(node.value), "[::-1]")
                for bound in (part.lower, part.upper):
                    if bound is not None:
                        yield from self._bound(bound)
            else:
                yield from self._bound(part)
                if _whole(part) is not None:
                    for name in scope.names(node.lineno, "count"):
                        yield self._change("index", Undo.EXCHANGE, part, name, f"[{name}]")

    def _bound(self, node: ast.expr) -> Iterator[Change]:
        """Yield an index or a bound moved by one."""
        whole = _whole(node)
        if whole is not None:
            for new in sorted({whole - 1, whole + 1} | ({-1} if whole == 0 else set())):
                yield self._change("index", Undo.EXCHANGE, node, str(new), f"{whole}>{new}")
        elif isinstance(node, (ast.Name, ast.Attribute, ast.BinOp, ast.Call, ast.Subscript)):
            for sign in "+-":
                text = f"{self._text(node)} {sign} 1"
                yield self._change("index", Undo.EXCHANGE, node, text, f"{self._text(node)}{sign}1")

    def _order(self, elements: Sequence[ast.expr]) -> Iterator[Change]:
        if len(elements) > 2 * _MOST_ORDERED:
            return
        near = len(elements) > _MOST_ORDERED
        for one, other in itertools.pairwise(elements) if near else itertools.combinations(elements, 2):
            first, second = self._text(one), self._text(other)
            if first != second and not (isinstance(one, ast.Constant) and isinstance(other, ast.Constant)):
                spans = (Span(*self._offsets(one), second), Span(*self._offsets(other), first))
                yield Change(self.file, "order", Undo.EXCHANGE, spans)

    def _rows_of_assignments(self, function: Function) -> Iterator[Change]:
        """Yield like assignments in a row with two targets exchanged, as `i = ...` and `f = ...`."""
        for block in ast.walk(function):
            body = getattr(block, "body", None)
            if not isinstance(body, list) or (isinstance(block, Definition) and block is not function):
                continue
            found = [
                (s.targets[0], _shape(s.value))
                for s in body
                if isinstance(s, ast.Assign) and len(s.targets) == 1 and isinstance(s.targets[0], ast.Name)
            ]
            for (one, shape), (other, second) in itertools.combinations(found, 2):
                if shape == second and one.id != other.id and other.lineno - one.lineno <= _MOST_ALIKE:
                    spans = (Span(*self._offsets(one), other.id), Span(*self._offsets(other), one.id))
                    yield Change(self.file, "order", Undo.EXCHANGE, spans)

    def _in_place(self, node: ast.AugAssign) -> Iterator[Change]:
        target, sign = self._text(node.target), BINARY_SIGNS.get(type(node.op), "")
        if sign:
            value = self._hole(node.value)
            text = f"{target} = {target} {sign} {value}"
            yield self._change("in_place", Undo.TAKE_AWAY, node, text, f"{sign}=")
            text = f"{target} = {self._text(node.value)}"
            yield self._change("term", Undo.TAKE_AWAY, node, text)
            for other in ("+", "*", "-"):
                if other != sign:
                    text = f"{target} {other}= {self._text(node.value)}"
                    yield self._change("operator", Undo.EXCHANGE, node, text, f"{sign}=>{other}=")

    # Names and what is added

    def _exchanged(self, node: ast.expr, scope: Scope) -> Iterator[Change]:
        parent = self.parents.get(node)
        if not isinstance(getattr(node, "ctx", None), ast.Load):
            return
        if isinstance(node, ast.Name) and node.id in scope.kinds:
            of = called(parent) if isinstance(parent, ast.Attribute) else ""
            if of in ("shape", "size", "new_zeros") or _IN_PLACE.fullmatch(of):
                return  # what is changed in place is not read
            for other in scope.names(node.lineno, scope.kinds[node.id]):
                if other != node.id:
                    yield self._change("variable", Undo.EXCHANGE, node, other, f"{node.id}>{other}")
        elif isinstance(node, ast.Attribute) and called(node.value) == "self":
            kind = scope.attributes.get(node.attr)
            for other in scope.attributes_of(kind) if kind else ():
                if other != node.attr:
                    like = f"self.{node.attr}>{other}"
                    yield self._change("variable", Undo.EXCHANGE, node, f"self.{other}", like)

    def _added(self, node: ast.expr, scope: Scope) -> Iterator[Change]:
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            return
        if isinstance(node, (ast.Tuple, ast.Slice, ast.Starred)):
            return
        place, parent = node, self.parents.get(node)
        while isinstance(parent, ast.IfExp) and place is not parent.test:  # a branch stands for the whole
            place, parent = parent, self.parents.get(parent)
        count = scope.is_count(node)
        whole = isinstance(parent, (ast.Assign, ast.Return)) or (
            isinstance(parent, ast.Tuple) and isinstance(self.parents.get(parent), ast.Return)
        )
        operand = isinstance(parent, ast.BinOp)
        argument = isinstance(parent, ast.Call) and place in parent.args
        product = operand and isinstance(parent.op, ast.MatMult)  # type: ignore[union-attr]
        product = product or (argument and called(parent.func) in ("matmul", "mm", "linear", "addmm", "bmm"))  # type: ignore[union-attr]
        factor = operand and isinstance(parent.op, ast.Mult)  # type: ignore[union-attr]
        if isinstance(node, ast.Constant):
            return
        if not count:
            listed = isinstance(parent, (ast.List, ast.Tuple))
            for row in table.LEFT_OUT:
                if not row.repair:
                    continue
                fits = {
                    "activation": whole or factor,
                    "transpose": product,
                    "reversed": argument
                    or whole
                    or listed
                    or (isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is place),
                    "one_minus": factor,
                    "sign": operand or argument,
                    "factor": operand or argument,
                    "copy": argument and called(parent.func) == "append",  # type: ignore[union-attr]
                }[row.kind]
                if fits and not (row.wrong == "A" and _is_made(node)):
                    text = self._filled(row.right, node)
                    yield self._instead(row.kind, Undo.ADD, node, text, f"{row.right}:{self._text(node)}")
        active = argument and called(parent.func) in table.ACTIVATIONS  # type: ignore[union-attr]
        if whole or active or factor:
            yield from self._terms(node, scope, count)

    def _terms(self, node: ast.expr, scope: Scope, count: bool) -> Iterator[Change]:
        if _is_made(node) and not count:
            return
        kind: Kind = "count" if count else "value"
        names = [*scope.names(node.lineno, kind), *(f"self.{name}" for name in scope.attributes_of(kind))]
        if count:
            names += [f"{a} * {b}" for a, b in itertools.combinations_with_replacement(names[:5], 2)]
            names.append("1")
        for name in names:
            for kind_of, sign in (("term", "+"), ("factor", "*")):
                if name == "1" and sign == "*":
                    continue
                text = f"{self._hole(node)} {sign} {name}"
                yield self._instead(kind_of, Undo.ADD, node, text, f"{sign}{name}:{self._text(node)}")


BINARY_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def starts_of(source: str) -> list[int]:
    """Return the offset of each line in the bytes of a source."""
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line.encode()) + 1)
    return starts


def offsets(node: ast.AST, starts: Sequence[int]) -> tuple[int, int]:
    """Return where a node begins and ends in the bytes of its source."""
    begin = starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
    end = starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
    return begin, end


def running(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement that run: no text, annotation, error to raise or inner definition."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (*_RAISES, Definition, ast.JoinedStr)) or demonstrates(node):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        yield node
        if isinstance(node, ast.AnnAssign):
            waiting += [node.value] if node.value else []
        else:
            waiting += ast.iter_child_nodes(node)


def _whole(node: ast.expr) -> int | None:
    """Return a whole number that is written out, None for anything else."""
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
    return None


def _simple(node: ast.expr) -> bool:
    """Whether an argument says how, rather than what: a number, a size, a dtype."""
    return isinstance(node, (ast.Constant, ast.UnaryOp, ast.Attribute, ast.Name, ast.Tuple, ast.List))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


_MAKES = ("zeros", "new_zeros", "zeros_like", "empty", "Parameter", "chunk", "split", "range", "list", "ones")


def _is_made(node: ast.expr) -> bool:
    """Whether an expression makes something new, or no tensor: nothing is added to these."""
    if isinstance(node, (ast.List, ast.Dict, ast.ListComp, ast.Lambda, ast.Compare, ast.BoolOp)):
        return True
    return isinstance(node, ast.Call) and called(node.func) in _MAKES


def _shape(node: ast.AST) -> str:
    """Return the form of an expression without its names, numbers and bounds."""
    if isinstance(node, ast.Slice):
        return ":"
    return f"{type(node).__name__}({','.join(map(_shape, ast.iter_child_nodes(node)))})"
