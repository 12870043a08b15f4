"""Flat programs: what a check does in one case, statement by statement, without the check's own functions.

A reproduction that a student can read from top to bottom. The functions of `checks.py` are written out
where they are called, sizes become numbers, drawn tensors become literals, and what is known of lists and
dicts is filled in. A statement that depends on what the program returns stays as it is. What needs more than
that (many rounds of a loop that draws, a return inside of one) raises `NotFlat`;
`grader.judging.reproduction` then writes the check's own code instead.
"""

import ast
import contextlib
import copy
import keyword
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from grader.values import Items
from grader.wire import Drawn

_TENSORS = {"normal", "uniform", "extreme", "integers", "classes", "mask"}
_COPIED = "shared_copied"
"""Hands over copies of arguments, which a program with one failing case does not need."""
_CHANGING = {
    *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"),
    *("update", "setdefault", "popitem"),
}
"""Methods of lists and dicts that change them."""
_MOST_ROUNDS = 8
"""Rounds of a loop that are written out."""
_MOST_LINES = 60

Scope = dict[str, ast.expr]
"""What stands for each name of a function that is written out."""


class NotFlat(Exception):
    """A check cannot be written out."""


class _Function(ast.expr):
    """A function or lambda of the check, with the names that it sees; its calls are written out."""

    _fields = ()

    def __init__(self, node: ast.FunctionDef | ast.Lambda, scope: Scope) -> None:
        super().__init__()
        self.node, self.scope = node, scope


class FlatProgram:
    """Writes out a check: `lines`, and what it returns in `returned`; `seen` has the values by name if known.

    `written` returns a drawn value as Python. Raises `NotFlat`.
    """

    def __init__(
        self,
        check: ast.FunctionDef,
        defined: Mapping[str, ast.stmt],
        drawn: Sequence[Drawn],
        sizes: Mapping[str, int],
        number: int,
        dtype: str,
        written: Callable[[Drawn], str],
    ) -> None:
        self.lines: list[str] = []
        self.imports: list[str] = []
        self._defined = defined
        self._queue = list(drawn)
        self._sizes, self._number, self._dtype = sizes, number, dtype
        self._written = written
        self._used = {"torch", "impl", "seen", "expected", "name", "value"}
        self._tensors: set[str] = set()
        """Variables that hold a drawn tensor."""
        self._variables: dict[ast.expr, ast.Name] = {}
        """By list or dict that a call may change: the variable that it was written down as."""
        self._inner: set[ast.AST] = set()
        """Lists and dicts within one that has a name: they are written down with it."""
        self._all_weights = ""
        """The variable that holds the weights of several backward passes."""
        self._indent = ""
        self._waiting: list[bool] = []
        """By statement that is being written out, the innermost last: whether a call is in no line yet."""
        self._inside: list[str] = []
        implementation, case = (argument.arg for argument in check.args.args)
        self._case = ast.Name("<case>")
        found = self._body(check, {implementation: ast.Name("impl"), case: self._case})
        self.returned = ast.unparse(found)
        self.seen: dict[str, str] = {}
        if isinstance(found, ast.Dict):
            pairs = zip(found.keys, found.values, strict=True)
            self.seen = {_text(key): ast.unparse(value) for key, value in pairs}

    # Statements

    def _body(self, function: ast.FunctionDef | ast.Lambda, scope: Scope) -> ast.expr:
        """Write out a function; return what it returns."""
        if isinstance(function, ast.Lambda):
            return self._value(function.body, scope)
        if function.name in self._inside:
            raise NotFlat  # recursion
        self._inside.append(function.name)
        found = self._block(function.body, scope)
        self._inside.pop()
        return ast.Constant(None) if found is None else found

    def _block(self, statements: Sequence[ast.stmt], scope: Scope) -> ast.expr | None:
        """Write out statements; return what is returned, None if they end before."""
        for statement in statements:
            self._waiting.append(False)
            found = self._statement(statement, scope)
            waits = self._waiting.pop()
            if found is not None:
                if self._waiting:
                    self._waiting[-1] |= waits  # what is returned becomes a part of the statement around it
                return found
        return None

    def _statement(self, statement: ast.stmt, scope: Scope) -> ast.expr | None:
        match statement:
            case ast.Return(value):
                return ast.Constant(None) if value is None else self._plain(value, scope)
            case ast.Assign([target], value) | ast.AnnAssign(target, _, ast.expr() as value):
                if not self._is_of_sizes(target, scope):
                    self._assign(target, self._value(value, scope), scope)
            case ast.AugAssign(ast.Name(name), ast.BitOr(), value) if self._is_known_table(name, scope):
                more = self._value(value, scope)
                if not _is_table(more):
                    raise NotFlat
                _update(scope[name], self._kept(more))
            case ast.Expr(ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(ast.Call(ast.Attribute(base, "update"))) if self._is_of_sizes(base, scope):
                pass
            case ast.Expr(value):
                kept = self._plain(value, scope)
                if not _is_simple(kept):
                    self._write(ast.unparse(kept))
            case ast.If(test, body, other):
                return self._if(statement, self._plain(test, scope), body, other, scope)
            case ast.For(target, items, body, []):
                self._for(statement, target, self._plain(items, scope), body, scope)
            case ast.With([ast.withitem(context, None)], body):
                self._write(f"with {ast.unparse(self._plain(context, scope))}:")
                return self._indented(body, scope)
            case ast.FunctionDef():
                scope[statement.name] = _Function(statement, scope)
            case _:
                self._as_it_is(statement, scope)
        return None

    def _if(
        self,
        statement: ast.If,
        test: ast.expr,
        body: Sequence[ast.stmt],
        other: Sequence[ast.stmt],
        scope: Scope,
    ) -> ast.expr | None:
        is_true = _truth(test)
        if is_true is None:
            self._as_it_is(statement, scope)
            return None
        return self._block(body if is_true else other, scope)

    def _for(
        self, statement: ast.For, target: ast.expr, items: ast.expr, body: Sequence[ast.stmt], scope: Scope
    ) -> None:
        found = _items(items)
        if found is None or _leaves_a_loop(body):
            self._as_it_is(statement, scope)
            return
        for item in _few(found):
            self._assign(target, item, scope)
            if self._block(body, scope) is not None:
                raise NotFlat

    def _as_it_is(self, statement: ast.stmt, scope: Scope) -> None:
        """Write a statement as it stands, with what is known filled in: what it does is not known."""
        for part in ast.walk(statement):
            if isinstance(part, (ast.Return, ast.FunctionDef, ast.Lambda)):
                raise NotFlat
            if isinstance(part, ast.Name) and part.id in scope:
                self._make_variable(part.id, isinstance(part.ctx, ast.Store), scope)
        for part in ast.walk(statement):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) and part.id not in scope:
                scope[part.id] = ast.Name(self._fresh(part.id))
        for line in ast.unparse(ast.fix_missing_locations(self._filled_in(statement, scope))).splitlines():
            self._write(line)

    def _make_variable(self, name: str, is_assigned: bool, scope: Scope) -> None:
        """Write down what a name stands for under a name of its own, if a statement may change it."""
        self._keep_changes(name, scope)
        if is_assigned and scope[name] is not self._case:
            scope[name] = self._named(name, self._named_value(name, scope))

    def _keep_changes(self, name: str, scope: Scope) -> None:
        """Write down a list or dict that is about to be changed; all names for it stand for the variable."""
        value = scope.get(name)
        if value is None or value in self._variables or not any(_changeable(value)):
            return
        if value in self._inner:
            raise NotFlat
        found = self._variables[value] = ast.Name(self._fresh(name))
        # It computes nothing, so it may stand before what is computed first.
        self._append(f"{found.id} = {ast.unparse(value)}")

    def _is_known_table(self, name: str, scope: Scope) -> bool:
        """Whether a name stands for a dict whose keys are all known, and no call has changed it."""
        return name in scope and _is_table(scope[name]) and scope[name] not in self._variables

    def _filled_in(self, node: ast.AST, scope: Scope) -> ast.AST:
        """Return a statement, or a part of one, with what is known of its expressions."""
        count = len(self.lines)
        found = copy.copy(node)
        for field, part in ast.iter_fields(node):
            if isinstance(part, ast.expr):
                setattr(found, field, self._plain(part, scope))
            elif isinstance(part, ast.AST):
                setattr(found, field, self._filled_in(part, scope))
            elif isinstance(part, list):
                parts = [
                    self._plain(one, scope) if isinstance(one, ast.expr) else self._filled_in(one, scope)
                    for one in part
                    if isinstance(one, ast.AST)
                ]
                setattr(found, field, parts if len(parts) == len(part) else part)
        if len(self.lines) > count:
            raise NotFlat  # it may be computed more than once, or not at all
        return found

    def _indented(self, body: Sequence[ast.stmt], scope: Scope) -> ast.expr | None:
        before, count = self._indent, len(self.lines)
        self._indent += "    "
        found = self._block(body, scope)
        if found is not None and not _is_simple(found):
            found = self._named("result", found)
        self._indent = before
        if len(self.lines) == count:
            raise NotFlat
        return found

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        if isinstance(target, ast.Subscript):
            self._put(target, value, scope)
            return
        if isinstance(target, ast.Name):
            kept = self._kept(value) if _is_table(value) else value
            known = _is_simple(kept)
            scope[target.id] = kept if known else self._named(target.id, kept)
            self._inner.update(part for part in _changeable(kept) if part is not kept)
            return
        if not isinstance(target, (ast.Tuple, ast.List)):
            raise NotFlat
        known_items = _items(value)
        are_names = all(isinstance(name, ast.Name) for name in target.elts)
        if known_items is not None and (all(map(_is_simple, known_items)) or not are_names):
            for name, part in zip(target.elts, known_items, strict=True):
                self._assign(name, part, scope)
        else:
            fresh = copy.deepcopy(target)
            for inside in ast.walk(fresh):
                if isinstance(inside, ast.Name):
                    new = ast.Name(self._fresh(inside.id))
                    scope[inside.id], inside.id = new, new.id
                elif not isinstance(inside, (ast.Tuple, ast.List, ast.Store)):
                    raise NotFlat
            self._write(f"{', '.join(map(ast.unparse, fresh.elts))} = {ast.unparse(value)}")

    def _put(self, target: ast.Subscript, value: ast.expr, scope: Scope) -> None:
        """Write down `base[key] = value`, or keep it in mind if `base` is known."""
        base, key = self._value(target.value, scope), self._plain(target.slice, scope)
        if _is_table(base) and isinstance(key, ast.Constant):
            kept = value if _is_simple(value) else self._named(str(key.value), value)
            _update(base, ast.Dict([key], [kept]))
            self._inner.update(_changeable(kept))
        elif isinstance(base, ast.Name):
            self._write(f"{ast.unparse(base)}[{ast.unparse(key)}] = {ast.unparse(value)}")
        else:
            raise NotFlat

    def _kept(self, table: ast.expr) -> ast.expr:
        """Return a dict whose values are written down before, each under a name."""
        assert isinstance(table, ast.Dict)
        if _is_simple(table):
            return table  # of which there may be other names
        pairs = zip(table.keys, table.values, strict=True)
        values = [one if _is_simple(one) else self._named(_text(key, "value"), one) for key, one in pairs]
        return ast.Dict(list(table.keys), values)

    def _is_of_sizes(self, target: ast.expr, scope: Scope) -> bool:
        """Whether this is `case.sizes` or a part of it: the sizes of the case are known already."""
        while isinstance(target, ast.Subscript):
            target = target.value
        return (
            isinstance(target, ast.Attribute)
            and target.attr == "sizes"
            and self._is_case(target.value, scope)
        )

    def _is_case(self, node: ast.expr, scope: Scope) -> bool:
        return isinstance(node, ast.Name) and scope.get(node.id) is self._case

    def _write(self, line: str) -> None:
        """Write what is being computed; it may not come before a call of the statement around it."""
        if any(self._waiting[:-1]):
            raise NotFlat
        self._waiting[-1] = False
        self._append(line)

    def _append(self, line: str) -> None:
        self.lines.append(self._indent + line)
        if len(self.lines) > _MOST_LINES:
            raise NotFlat

    def _named(self, name: str, value: ast.expr) -> ast.Name:
        """Write down a value under a name, once."""
        found = ast.Name(self._fresh(name))
        self._write(f"{found.id} = {ast.unparse(value)}")
        return found

    def _fresh(self, name: str) -> str:
        if name == "_":
            return name
        name = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name).strip("_")
        name = name if name.isidentifier() and not keyword.iskeyword(name) else "given"
        found, count = name, 1
        while found in self._used:
            count += 1
            found = f"{name}_{count}"
        self._used.add(found)
        return found

    # Expressions

    def _plain(self, node: ast.expr, scope: Scope) -> ast.expr:
        """Return an expression that can be written down."""
        found = self._value(node, scope)
        if isinstance(found, _Function):
            raise NotFlat
        return found

    def _value(self, node: ast.expr, scope: Scope) -> ast.expr:
        """Return an expression with everything filled in that is known."""
        match node:
            case ast.Constant() | _Function():
                return node
            case ast.Name(name):
                return self._named_value(name, scope)
            case ast.Attribute(base, name) if self._is_case(base, scope):
                return self._of_case(name)
            case ast.Call():
                return self._call(node, scope)
            case ast.JoinedStr(parts):
                return self._joined(parts, scope)
            case ast.GeneratorExp() | ast.ListComp() | ast.DictComp():
                return self._comprehension(node, scope)
            case ast.Lambda():
                return _Function(node, scope)
            case ast.Dict(keys, values):
                return self._table(keys, values, scope)
            case ast.Subscript(base, key, ast.Load()):
                return self._item(node, self._plain(base, scope), self._plain(key, scope))
            case ast.IfExp(test, body, other):
                is_true = _truth(self._plain(test, scope))
                if is_true is not None:
                    return self._value(body if is_true else other, scope)
            case ast.BoolOp(operator, values):
                return self._either(node, isinstance(operator, ast.Or), values, scope)
            case ast.BinOp(left, ast.BitOr(), right):
                found = self._plain(left, scope), self._plain(right, scope)
                return (
                    _joined_tables(*found)
                    if all(map(_is_table, found))
                    else ast.BinOp(found[0], ast.BitOr(), found[1])
                )
            case ast.SetComp() | ast.NamedExpr() | ast.Await() | ast.Yield() | ast.YieldFrom():
                raise NotFlat
        return self._parts(node, scope)

    def _table(self, keys: Sequence[ast.expr | None], values: Sequence[ast.expr], scope: Scope) -> ast.expr:
        """Return a dict; each key once, if all are known."""
        found = ast.Dict([], [])
        for at, (key, value) in enumerate(zip(keys, values, strict=True)):
            filled = self._before(values[at + 1 :], value, scope, _text(key, "value"))
            if key is not None:
                more = ast.Dict([self._plain(key, scope)], [filled])
            elif isinstance(filled, ast.Dict):
                more = filled
            else:
                more = ast.Dict([None], [filled])
            if _is_table(found) and _is_table(more):
                _update(found, more)
            else:
                found = ast.Dict([*found.keys, *more.keys], [*found.values, *more.values])
        return found

    def _item(self, node: ast.Subscript, base: ast.expr, key: ast.expr) -> ast.expr:
        """Return `base[key]`, itself if it is known."""
        if _is_simple(base) and isinstance(key, ast.Constant):
            match base:
                case ast.Dict(keys, values):
                    pairs = zip(keys, values, strict=True)
                    return next(value for one, value in pairs if _text(one, "") == key.value)
                case ast.Tuple(items) | ast.List(items) if isinstance(key.value, int):
                    return items[key.value]
        return ast.Subscript(base, key, node.ctx)

    def _either(self, node: ast.BoolOp, is_or: bool, values: Sequence[ast.expr], scope: Scope) -> ast.expr:
        """Return `a or b`, or `a and b`, without the parts that do not count."""
        left: list[ast.expr] = []
        for value in values:
            count = len(self.lines)
            found = self._plain(value, scope)
            if left and len(self.lines) > count:
                raise NotFlat  # only some of the parts are computed
            left.append(found)
            is_true = _truth(found)
            if is_true is is_or:
                break
            if is_true is not None and value is not values[-1]:
                left.pop()
        return left[0] if len(left) == 1 else ast.BoolOp(node.op, left)

    def _joined(self, parts: Sequence[ast.expr], scope: Scope) -> ast.expr:
        """Return an f-string as a text, or as it is if it depends on what is not known."""
        filled = [
            ast.FormattedValue(self._plain(part.value, scope), part.conversion, part.format_spec)
            if isinstance(part, ast.FormattedValue)
            else part
            for part in parts
        ]
        try:
            return ast.Constant("".join(map(_formatted, filled)))
        except NotFlat:
            return ast.JoinedStr(filled)

    def _parts(self, node: ast.expr, scope: Scope) -> ast.expr:
        """Return an expression of another kind, its parts filled in from left to right."""
        count = len(self.lines)
        found = copy.copy(node)
        later = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        for field, part in ast.iter_fields(node):
            if isinstance(part, ast.expr):
                later.remove(part)
                setattr(found, field, self._before(later, part, scope))
            elif isinstance(part, list) and part and isinstance(part[0], ast.expr):
                setattr(found, field, list(self._spliced(part, scope)))
        if isinstance(node, ast.IfExp) and len(self.lines) > count:
            raise NotFlat  # only some of its parts are computed
        return _folded(found)

    def _before(
        self, later: Sequence[ast.expr], node: ast.expr, scope: Scope, name: str = "value"
    ) -> ast.expr:
        """Return an expression, written down first if what comes `later` is written down as well."""
        found = self._plain(node, scope)
        if not _is_simple(found) and any(self._is_written_out(one, scope) for one in later):
            return self._named(name, found)
        return found

    def _is_written_out(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression calls what has lines of its own in the program."""
        for part in ast.walk(node):
            match part:
                case ast.Call(ast.Name(name)) if name != _COPIED:
                    if isinstance(scope.get(name, self._defined.get(name)), (_Function, ast.FunctionDef)):
                        return True
                case ast.Call(ast.Attribute(base, "fill" | "gradients")) if self._is_case(base, scope):
                    return True
        return False

    def _spliced(self, parts: Sequence[ast.expr], scope: Scope) -> Iterator[ast.expr]:
        """Yield parts with everything filled in; those of `*(a, b)` one by one."""
        for at, part in enumerate(parts):
            if isinstance(part, ast.Starred):
                filled = self._plain(part.value, scope)
                items = _items(filled)
                yield from [ast.Starred(filled)] if items is None else items
            else:
                yield self._before(parts[at + 1 :], part, scope)

    def _named_value(self, name: str, scope: Scope) -> ast.expr:
        if name in scope:
            if scope[name] is self._case:
                raise NotFlat  # the case is handed on as a value
            return self._variables.get(scope[name], scope[name])
        statement = self._defined.get(name)
        match statement:
            case None:
                return ast.Name(name)
            case ast.Assign(_, value) | ast.AnnAssign(_, _, ast.expr() as value):
                return self._value(value, {})
            case ast.FunctionDef():
                return _Function(statement, {})
            case ast.Import() | ast.ImportFrom():
                line = ast.unparse(statement)
                if line not in ("import torch", *self.imports):
                    self.imports.append(line)
                return ast.Name(name)
        raise NotFlat

    def _of_case(self, name: str) -> ast.expr:
        match name:
            case "number":
                return ast.Constant(self._number)
            case "dtype":
                return ast.Attribute(ast.Name("torch"), self._dtype)
            case "sizes":
                keys: list[ast.expr | None] = [ast.Constant(key) for key in self._sizes]
                return ast.Dict(keys, [ast.Constant(size) for size in self._sizes.values()])
        raise NotFlat

    def _comprehension(self, node: ast.GeneratorExp | ast.ListComp | ast.DictComp, scope: Scope) -> ast.expr:
        """Return a comprehension as a list, tuple or dict, or as it is if its items are not known."""
        generator, *more = node.generators
        items = None
        if not more and not generator.is_async:
            source = self._plain(generator.iter, scope)
            items = _items(source)
        if items is None:
            inner = dict(scope)
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    inner[part.id] = ast.Name(self._fresh(part.id))
            found = self._filled_in(node, inner)
            assert isinstance(found, ast.expr)
            return found
        values: list[ast.expr] = []
        table = ast.Dict([], [])
        inner = dict(scope)
        made = node.value if isinstance(node, ast.DictComp) else node.elt
        for at, item in enumerate(_few(items), 1):
            self._assign(generator.target, item, inner)
            tests = [_truth(self._plain(test, inner)) for test in generator.ifs]
            if None in tests:
                raise NotFlat
            if not all(tests):
                continue
            later = [made] if at < len(items) else []
            if isinstance(node, ast.DictComp):
                key = self._plain(node.key, inner)
                if not isinstance(key, ast.Constant):
                    raise NotFlat
                _update(table, ast.Dict([key], [self._before(later, made, inner)]))
            else:
                values.append(self._before(later, made, inner))
        if isinstance(node, ast.DictComp):
            return table
        return ast.List(values) if isinstance(node, ast.ListComp) else ast.Tuple(values)

    # Calls

    def _call(self, node: ast.Call, scope: Scope) -> ast.expr:
        function = node.func
        if isinstance(function, ast.Attribute) and self._is_case(function.value, scope):
            return self._case_call(function.attr, node, scope)
        if isinstance(function, ast.Name) and function.id == _COPIED:
            return self._value(_only(node.args), scope)
        base = _base(function)
        if isinstance(function, ast.Attribute) and function.attr in _CHANGING and isinstance(base, ast.Name):
            self._keep_changes(base.id, scope)
        called = self._value(function, scope)
        if isinstance(called, _Function):
            return self._body(called.node, called.scope | self._bound(called.node, node, scope))
        if not isinstance(called, ast.Name) and not ast.unparse(called).startswith("torch."):
            for part in (*node.args, *(named.value for named in node.keywords if named.arg)):
                base = _base(part)
                if isinstance(base, ast.Name):
                    self._keep_changes(base.id, scope)
        args = list(self._spliced(node.args, scope))
        keywords: list[ast.keyword] = []
        for named in node.keywords:
            value = self._plain(named.value, scope)
            if named.arg is None and _is_table(value):
                keywords += [ast.keyword(name, one) for name, one in _pairs(value)]
            else:
                keywords.append(ast.keyword(named.arg, value))
        found = self._known_call(called, args, keywords)
        if found is not None:
            return found
        self._waiting[-1] |= not ast.unparse(called).startswith("torch.")
        return ast.Call(called, args, keywords)

    def _known_call(
        self, called: ast.expr, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]
    ) -> ast.expr | None:
        """Return what a call of Python's own functions returns, None if that is not known."""
        match called:
            case ast.Attribute(ast.Dict(keys, values), ("values" | "keys" | "items") as which) if not args:
                names = [key for key in keys if key is not None]
                if len(names) < len(keys):
                    return None
                pairs: list[ast.expr] = [ast.Tuple(list(pair)) for pair in zip(names, values, strict=True)]
                return ast.Tuple({"values": values, "keys": names, "items": pairs}[which])
            case ast.Name("dict"):
                return _table_of(args, keywords)
            case ast.Name("isinstance") if len(args) == 2:
                return self._is_instance(args[0], ast.unparse(args[1]))
            case ast.Name("range") if args and all(isinstance(one, ast.Constant) for one in args):
                numbers = range(*(one.value for one in args if isinstance(one, ast.Constant)))  # type: ignore[arg-type]
                return ast.Tuple([ast.Constant(number) for number in numbers[: _MOST_ROUNDS + 1]])
            case ast.Name("zip" | "enumerate" | "list" | "tuple" | "len" as name):
                listed = [_items(one) for one in args]
                if not listed or any(one is None for one in listed):
                    return None
                columns = [one for one in listed if one is not None]
                if name == "enumerate":
                    columns.insert(0, [ast.Constant(at) for at in range(len(columns[0]))])
                if name == "len":
                    return ast.Constant(len(columns[0]))
                if name in ("list", "tuple"):
                    return ast.List(columns[0]) if name == "list" else ast.Tuple(columns[0])
                return ast.Tuple([ast.Tuple(list(row)) for row in zip(*columns, strict=False)])
        return None

    def _is_instance(self, value: ast.expr, kinds: str) -> ast.expr | None:
        names = set(re.findall(r"\w+", kinds))
        if isinstance(value, (ast.Tuple, ast.List)):
            return ast.Constant(type(value).__name__.lower() in names)
        if isinstance(value, ast.Name) and value.id in self._tensors:
            return ast.Constant("Tensor" in names)
        return None

    def _called(self, function: ast.expr, scope: Scope) -> ast.expr:
        """Return what a function without parameters returns."""
        return self._call(ast.Call(function, [], []), scope)

    def _gradients(self, node: ast.Call, scope: Scope) -> ast.expr:
        """Write down a backward pass from a weighted sum; return the gradients by name."""
        call, *rest = node.args
        module = self._plain(_only(rest), scope) if rest else ast.Constant(None)
        table: list[ast.expr | None] = [
            None if named.arg is None else ast.Constant(named.arg) for named in node.keywords
        ]
        leaves = self._table(table, [named.value for named in node.keywords], scope)
        if not _is_table(leaves):
            raise NotFlat
        leaves = self._kept(leaves)
        assert isinstance(leaves, ast.Dict)
        if isinstance(module, ast.Constant):
            every = ast.unparse(ast.Tuple(leaves.values))
        else:
            self._waiting[-1] = False
            parameters = ast.parse(f"dict({ast.unparse(module)}.named_parameters())", mode="eval").body
            both = ast.Dict([*leaves.keys, None], [*leaves.values, parameters]) if leaves.keys else parameters
            leaves_name = self._named("leaves", both)
            every = f"{leaves_name.id}.values()"
        leaf = self._fresh("leaf")
        self._write(f"for {leaf} in {every}:")
        self._append(f"    {leaf}.requires_grad_()")
        self._append(f"    {leaf}.grad = None")
        loss = self._loss(self._called(call, scope))
        self._append(f"if {loss}.requires_grad:")
        self._append(f"    {loss}.backward()")
        if isinstance(module, ast.Constant):
            pairs = _pairs(leaves)
            return ast.Dict(list(leaves.keys), [ast.Attribute(value, "grad") for _, value in pairs])
        name = self._fresh("name")
        source = f"{{{name}: {leaf}.grad for {name}, {leaf} in {leaves_name.id}.items()}}"
        return self._named("gradients", ast.parse(source, mode="eval").body)

    def _loss(self, result: ast.expr) -> str:
        """Write down the sum of what was returned, with the weights that were drawn; return its name."""
        count = next((at for at, one in enumerate(self._queue) if one.how != "cotangent"), len(self._queue))
        outputs = [result] if count == 1 else _items(result)
        if outputs is None:
            return self._loss_of_many(result, count)
        if not outputs or len(outputs) > count:
            raise NotFlat
        kept = [one if _is_simple(one) else self._named("result", one) for one in outputs]
        terms = []
        for output in kept:
            weights = self._fresh("weights")
            self._append(f"{weights} = {self._written(self._queue.pop(0))}")
            terms.append(f"({ast.unparse(output)} * {weights}).sum()")
        return self._named("loss", ast.parse(" + ".join(terms), mode="eval").body).id

    def _loss_of_many(self, result: ast.expr, count: int) -> str:
        """Do so for several results, or for several backward passes that draw one after another."""
        kept = self._named("results", result)
        if count:
            self._all_weights = self._fresh("weights")
            written = [self._written(self._queue.pop(0)) for _ in range(count)]
            self._append(f"{self._all_weights} = [{', '.join(written)}]")
        if not self._all_weights:
            raise NotFlat
        results = self._fresh("result")
        every = f"({kept.id} if isinstance({kept.id}, (tuple, list)) else [{kept.id}])"
        term = f"({results} * {self._all_weights}.pop(0)).sum()"
        loss = ast.parse(f"sum({term} for {results} in {every})", mode="eval").body
        return self._named("loss", loss).id

    def _bound(self, function: ast.FunctionDef | ast.Lambda, node: ast.Call, scope: Scope) -> Scope:
        """Return what stands for the parameters of a function that is called."""
        given = function.args
        names = [parameter.arg for parameter in (*given.posonlyargs, *given.args)]
        bound: Scope = {}
        rest: list[ast.expr] = []
        for part in node.args:
            if isinstance(part, ast.Starred):
                values = _few(_items(self._value(part.value, scope)))
                if not all(map(_is_simple, values)):
                    raise NotFlat
            else:
                name = names[len(bound)] if len(bound) < len(names) else "given"
                values = [self._argument(name, part, scope)]
            for value in values:
                if len(bound) < len(names):
                    bound[names[len(bound)]] = value
                else:
                    rest.append(value)
        if given.vararg is not None:
            bound[given.vararg.arg] = ast.Tuple(rest)
        elif rest:
            raise NotFlat
        named = self._named_arguments(node, scope)
        taken = {*names, *(one.arg for one in given.kwonlyargs)} - {one.arg for one in given.posonlyargs}
        bound |= {name: value for name, value in named.items() if name in taken}
        others = {name: value for name, value in named.items() if name not in taken}
        if given.kwarg is not None:
            bound[given.kwarg.arg] = ast.Dict(list(map(ast.Constant, others)), list(others.values()))
        elif others:
            raise NotFlat
        optional = names[len(names) - len(given.defaults) :]
        defaults = [*zip(optional, given.defaults, strict=True)]
        defaults += [
            (one.arg, default)
            for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
            if default is not None
        ]
        return {name: self._value(default, {}) for name, default in defaults if name not in bound} | bound

    def _named_arguments(self, node: ast.Call, scope: Scope) -> Scope:
        """Return what a call hands over by name."""
        found: Scope = {}
        for named in node.keywords:
            if named.arg is not None:
                found[named.arg] = self._argument(named.arg, named.value, scope)
                continue
            table = self._value(named.value, scope)
            if not _is_table(table):
                raise NotFlat
            found.update(_pairs(self._kept(table)))
        return found

    def _argument(self, name: str, node: ast.expr, scope: Scope) -> ast.expr:
        """Return an argument, written down before if it computes something; it may be the case itself."""
        if self._is_case(node, scope):
            return self._case
        self._waiting.append(False)
        value = self._value(node, scope)
        if not _is_simple(value):
            value = self._kept(value) if _is_table(value) else self._named(name, value)
        self._waiting.pop()
        return value

    def _case_call(self, method: str, node: ast.Call, scope: Scope) -> ast.expr:
        if method == "fill":
            return self._filled(_only(node.args[:1]), scope)
        if method == "gradients":
            return self._gradients(node, scope)
        args = [self._value(one, scope) for one in node.args]
        match method:
            case "size":
                return ast.Constant(self._size(_only(args)))
            case "integer" | "text":
                return ast.parse(self._written(self._next(method)), mode="eval").body
            case "pick":
                options = _items(_only(args))
                if options is None:
                    raise NotFlat
                return options[self._number % len(options)]
            case "shuffled":
                return self._shuffled(_items(_only(args)))
            case "show":
                return _only(args[1:])
        if method not in _TENSORS:
            raise NotFlat
        drawn = self._next("tensor")
        found = ast.Name(self._fresh(drawn.name or "given"))
        self._tensors.add(found.id)
        # A literal depends on nothing, so it may stand before what is computed first.
        self._append(f"{found.id} = {self._written(drawn)}")
        return found

    def _shuffled(self, options: list[ast.expr] | None) -> ast.expr:
        order = self._next("order").value
        if options is None or not isinstance(order, Items):
            raise NotFlat
        return ast.List([options[place] for place in order.items if isinstance(place, int)])

    def _size(self, name: ast.expr) -> int:
        if _text(name) not in self._sizes:
            raise NotFlat
        return self._sizes[_text(name)]

    def _filled(self, node: ast.expr, scope: Scope) -> ast.expr:
        """Write down a module and its parameters."""
        self._waiting.append(False)
        module = self._value(node, scope)
        moved = ast.Call(ast.Attribute(module, "to"), [self._of_case("dtype")], [])
        found = self._named(_last_word(module), moved)
        self._waiting.pop()
        values: dict[str, str] = {}
        while self._queue and self._queue[0].how == "fill" and self._queue[0].name not in values:
            drawn = self._queue.pop(0)
            values[drawn.name] = self._written(drawn)
        state = self._fresh("parameters")
        self._write(f"{state} = {{")
        for name, value in values.items():
            self._write(f"    {name!r}: {value},")
        self._write("}")
        self._write(f"{found.id}.load_state_dict({state}, strict=False)")
        return found

    def _next(self, how: str) -> Drawn:
        if not self._queue or self._queue[0].how != how:
            raise NotFlat
        return self._queue.pop(0)


def _is_table(value: ast.expr | None) -> bool:
    """Whether this is a dict whose keys are all known."""
    return isinstance(value, ast.Dict) and all(isinstance(key, ast.Constant) for key in value.keys)


def _pairs(table: ast.expr) -> list[tuple[str, ast.expr]]:
    """Return the items of a dict whose keys are texts."""
    assert isinstance(table, ast.Dict)
    return [(_text(key), value) for key, value in zip(table.keys, table.values, strict=True)]


def _update(table: ast.expr, more: ast.expr) -> None:
    """Put the items of a dict into another one: whatever else stands for that one sees them too."""
    assert isinstance(table, ast.Dict) and isinstance(more, ast.Dict)
    for key, value in zip(more.keys, more.values, strict=True):
        places = {one.value: at for at, one in enumerate(table.keys) if isinstance(one, ast.Constant)}
        assert isinstance(key, ast.Constant)
        if key.value in places:
            table.values[places[key.value]] = value
        else:
            table.keys.append(key)
            table.values.append(value)


def _joined_tables(one: ast.expr, other: ast.expr) -> ast.expr:
    found = ast.Dict([], [])
    _update(found, one)
    _update(found, other)
    return found


def _table_of(args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> ast.expr | None:
    """Return what `dict` makes, None if that is not known."""
    found = ast.Dict([], [])
    for one in args:
        items = _items(one)
        if _is_table(one):
            _update(found, one)
        elif items is None:
            return None
        else:
            for item in items:
                pair = _items(item)
                if pair is None or len(pair) != 2 or not isinstance(pair[0], ast.Constant):
                    return None
                _update(found, ast.Dict([pair[0]], [pair[1]]))
    if any(named.arg is None for named in keywords):
        return None
    _update(found, ast.Dict([ast.Constant(one.arg) for one in keywords], [one.value for one in keywords]))
    return found


def _items(value: ast.expr) -> list[ast.expr] | None:
    """Return the items of a literal, None if this is none."""
    match value:
        case ast.Tuple(items) | ast.List(items) if not any(isinstance(one, ast.Starred) for one in items):
            return list(items)
        case ast.Dict(keys) if _is_table(value):
            return [key for key in keys if key is not None]
        case ast.Constant(str() as text):
            return [ast.Constant(letter) for letter in text]
    return None


def _few(items: list[ast.expr] | None) -> list[ast.expr]:
    """Return items that are known, and few enough for a line each."""
    if items is None or len(items) > _MOST_ROUNDS:
        raise NotFlat
    return items


def _changeable(value: ast.expr) -> Iterator[ast.AST]:
    """Yield the lists and dicts of a value that is written where it is used."""
    if isinstance(value, (ast.List, ast.Dict, ast.Tuple)):
        yield from (part for part in ast.walk(value) if isinstance(part, (ast.List, ast.Dict)))


def _leaves_a_loop(body: Sequence[ast.stmt]) -> bool:
    """Whether a `break` or `continue` in the body of a loop belongs to that loop."""
    waiting: list[ast.AST] = [*body]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (ast.Break, ast.Continue)):
            return True
        if not isinstance(part, (ast.For, ast.While, ast.FunctionDef)):
            waiting += ast.iter_child_nodes(part)
    return False


def _base(value: ast.expr) -> ast.expr:
    """Return what a value is a part of: `a` for `a[0].b`."""
    while isinstance(value, (ast.Subscript, ast.Attribute)):
        value = value.value
    return value


def _is_simple(value: ast.expr) -> bool:
    """Whether a value may be written more than once: it computes nothing."""
    match value:
        case ast.Constant() | ast.Name() | _Function():
            return True
        case ast.Attribute(ast.Name("torch" | "math")):
            return True
        case ast.Attribute(ast.Name(), "grad"):
            return True
        case ast.Attribute(base):  # of an object, it may change
            return ast.unparse(base).startswith("torch.")
        case ast.Tuple(items) | ast.List(items):
            return all(map(_is_simple, items))
        case ast.Dict(keys, values):
            return all(key is not None and _is_simple(key) for key in keys) and all(map(_is_simple, values))
    return False


def _folded(value: ast.expr) -> ast.expr:
    """Return a number or text in place of an operation on numbers and texts."""
    if isinstance(value, (ast.BinOp, ast.UnaryOp, ast.Compare)):
        with contextlib.suppress(NotFlat, ArithmeticError, TypeError):
            known = _known(value)
            if isinstance(known, (int, float, str)):
                return ast.Constant(known)
    return value


def _truth(value: ast.expr) -> bool | None:
    """Return whether a value counts as true, None if that is not known."""
    items = _items(value)
    if items is not None and not isinstance(value, ast.Constant):
        return bool(items)
    try:
        return bool(_known(value))
    except NotFlat:
        return None


def _formatted(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        if part.format_spec is not None or part.conversion != -1:
            raise NotFlat
        part = part.value
    return str(_known(part))


def _known(value: ast.expr) -> object:
    """Return the value of an expression that holds only constants."""
    if any(isinstance(node, (ast.Name, ast.Call, ast.Attribute)) for node in ast.walk(value)):
        raise NotFlat
    expression = ast.fix_missing_locations(ast.Expression(value))
    return eval(compile(expression, "<constant>", "eval"), {"__builtins__": {}})


def _last_word(module: ast.expr) -> str:
    """Return what to call a module: `cell` for `impl.LSTMCell(2, 3)`."""
    words = re.findall("[A-Z]+(?![a-z])|[A-Z][a-z]+", ast.unparse(module).partition("(")[0])
    return words[-1].lower() if words else "module"


def _only(args: Sequence[ast.expr]) -> ast.expr:
    """Return the one argument that was given by its place."""
    if len(args) != 1:
        raise NotFlat
    return args[0]


def _text(node: ast.expr | None, otherwise: str | None = None) -> str:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        if otherwise is None:
            raise NotFlat
        return otherwise
    return node.value
