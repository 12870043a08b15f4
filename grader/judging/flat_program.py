"""Flat programs: what a check does in one case, statement by statement, without the check's own functions.

A reproduction that a student can read from top to bottom. The functions of `checks.py` are written out
where they are called, sizes become numbers, and drawn tensors become literals. What needs more than that
(a loop over many steps, gradients, a nested function) raises `NotFlat`; `grader.judging.reproduction` then
writes the check's own code instead.
"""

import ast
import copy
import keyword
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from grader.wire import Drawn

_TENSORS = {"normal", "uniform", "extreme", "integers", "classes", "mask"}
_COPIED = "shared_copied"
"""Hands over copies of arguments, which a program with one failing case does not need."""
_MOST_ROUNDS = 8
"""Rounds of a loop that are written out."""
_MOST_LINES = 60

Scope = dict[str, ast.expr]
"""What stands for each name of a function that is written out."""


class NotFlat(Exception):
    """A check cannot be written out."""


class FlatProgram:
    """Writes out a check: `lines`, and the values that it sees in `seen`.

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
        self._indent = ""
        self._waiting: list[bool] = []
        """By statement that is being written out, the innermost last: whether a call is in no line yet."""
        self._inside: list[str] = []
        implementation, case = (argument.arg for argument in check.args.args)
        self._case = ast.Name("<case>")
        found = self._body(check, {implementation: ast.Name("impl"), case: self._case})
        if not isinstance(found, ast.Dict):
            raise NotFlat
        self.seen = {
            _text(key): ast.unparse(value) for key, value in zip(found.keys, found.values, strict=True)
        }

    # Statements

    def _body(self, function: ast.FunctionDef, scope: Scope) -> ast.expr:
        """Write out a function; return what it returns."""
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
                return ast.Constant(None) if value is None else self._value(value, scope)
            case ast.Assign([target], value) | ast.AnnAssign(target, _, ast.expr() as value):
                if not self._is_of_sizes(target, scope):
                    self._assign(target, self._value(value, scope), scope)
            case ast.Expr(ast.Constant()):
                pass
            case ast.Expr(ast.Call(ast.Attribute(base, "update"))) if self._is_of_sizes(base, scope):
                pass
            case ast.Expr(value):
                kept = self._value(value, scope)
                if not _is_simple(kept):
                    self._write(ast.unparse(kept))
            case ast.If(test, body, other):
                found = self._block(body if _known(self._value(test, scope)) else other, scope)
                if found is not None:
                    return found
            case ast.For(target, items, body, []):
                for item in self._items(self._value(items, scope)):
                    self._assign(target, item, scope)
                    if self._block(body, scope) is not None:
                        raise NotFlat
            case ast.With([ast.withitem(context, None)], body):
                self._write(f"with {ast.unparse(self._value(context, scope))}:")
                found = self._indented(body, scope)
                if found is not None:
                    return found
            case ast.Pass():
                pass
            case _:
                raise NotFlat
        return None

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
        names = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        if not all(isinstance(name, ast.Name) for name in names):
            raise NotFlat
        if names == [target] and _is_simple(value):
            scope[target.id] = value  # type: ignore[attr-defined]
        elif names != [target] and _is_simple(value) and isinstance(value, (ast.Tuple, ast.List)):
            for name, part in zip(names, value.elts, strict=True):
                scope[name.id] = part  # type: ignore[attr-defined]
        else:
            fresh = [ast.Name(self._fresh(name.id)) for name in names]  # type: ignore[attr-defined]
            self._write(f"{', '.join(name.id for name in fresh)} = {ast.unparse(value)}")
            scope.update({name.id: new for name, new in zip(names, fresh, strict=True)})  # type: ignore[attr-defined]

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

    def _value(self, node: ast.expr, scope: Scope) -> ast.expr:
        """Return an expression with everything filled in that is known."""
        match node:
            case ast.Constant():
                return node
            case ast.Name(name):
                return self._named_value(name, scope)
            case ast.Attribute(base, name) if self._is_case(base, scope):
                return self._of_case(name)
            case ast.Call():
                return self._call(node, scope)
            case ast.JoinedStr(parts):
                return ast.Constant("".join(self._formatted(part, scope) for part in parts))
            case ast.GeneratorExp(part, [generator]) | ast.ListComp(part, [generator]):
                return self._unrolled(part, generator, scope)
            case ast.Lambda() | ast.GeneratorExp() | ast.ListComp() | ast.SetComp() | ast.DictComp():
                raise NotFlat
            case ast.NamedExpr() | ast.Await() | ast.Yield() | ast.YieldFrom():
                raise NotFlat
        return self._parts(node, scope)

    def _parts(self, node: ast.expr, scope: Scope) -> ast.expr:
        """Return an expression of another kind, its parts filled in from left to right."""
        count = len(self.lines)
        found = copy.copy(node)
        for field, part in ast.iter_fields(node):
            if isinstance(part, ast.expr):
                setattr(found, field, self._value(part, scope))
            elif isinstance(part, list) and part and isinstance(part[0], (ast.expr, type(None))):
                setattr(found, field, list(self._spliced(part, scope)))
        if isinstance(node, (ast.BoolOp, ast.IfExp)) and len(self.lines) > count:
            raise NotFlat  # only some of its parts are computed
        return found

    def _spliced(self, parts: Sequence[ast.expr | None], scope: Scope) -> Iterator[ast.expr]:
        """Yield parts with everything filled in; those of `*(a, b)` one by one."""
        for part in parts:
            if part is None:
                raise NotFlat  # `{**other}`
            if isinstance(part, ast.Starred):
                yield from self._items(self._value(part.value, scope))
            else:
                yield self._value(part, scope)

    def _named_value(self, name: str, scope: Scope) -> ast.expr:
        if name in scope:
            if scope[name] is self._case:
                raise NotFlat  # the case is handed on as a value
            return scope[name]
        statement = self._defined.get(name)
        match statement:
            case None:
                return ast.Name(name)
            case ast.Assign(_, value):
                return self._value(value, {})
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

    def _formatted(self, part: ast.expr, scope: Scope) -> str:
        if isinstance(part, ast.FormattedValue):
            if part.format_spec is not None or part.conversion != -1:
                raise NotFlat
            part = self._value(part.value, scope)
        return str(_known(part))

    def _unrolled(self, part: ast.expr, generator: ast.comprehension, scope: Scope) -> ast.expr:
        """Return a comprehension as a tuple."""
        if generator.ifs or generator.is_async:
            raise NotFlat
        found = []
        inner = dict(scope)
        for item in self._items(self._value(generator.iter, scope)):
            self._assign(generator.target, item, inner)
            found.append(self._value(part, inner))
        return ast.Tuple(found)

    def _items(self, value: ast.expr) -> list[ast.expr]:
        """Return the items of a literal."""
        match value:
            case ast.Tuple(items) | ast.List(items):
                found = list(items)
            case ast.Dict(keys):
                found = [key for key in keys if key is not None]
            case ast.Constant(str() as text):
                found = [ast.Constant(letter) for letter in text]
            case _:
                raise NotFlat
        if len(found) > _MOST_ROUNDS:
            raise NotFlat
        return found

    # Calls

    def _call(self, node: ast.Call, scope: Scope) -> ast.expr:
        function = node.func
        if isinstance(function, ast.Attribute) and self._is_case(function.value, scope):
            return self._case_call(function.attr, node, scope)
        if isinstance(function, ast.Name) and function.id not in scope:
            defined = self._defined.get(function.id)
            if function.id == _COPIED:
                return self._value(_only(node.args), scope)
            if isinstance(defined, ast.FunctionDef):
                return self._body(defined, self._bound(defined, node, scope))
        called = self._value(function, scope)
        if any(named.arg is None for named in node.keywords):
            raise NotFlat
        args = list(self._spliced(node.args, scope))
        keywords = [ast.keyword(one.arg, self._value(one.value, scope)) for one in node.keywords]
        self._waiting[-1] |= not ast.unparse(called).startswith("torch.")
        return ast.Call(called, args, keywords)

    def _bound(self, function: ast.FunctionDef, node: ast.Call, scope: Scope) -> Scope:
        """Return what stands for the parameters of a function that is called."""
        given = function.args
        names = [parameter.arg for parameter in (*given.posonlyargs, *given.args)]
        bound: Scope = {}
        rest: list[ast.expr] = []
        for part in node.args:
            if isinstance(part, ast.Starred):
                values = self._items(self._value(part.value, scope))
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
        for named in node.keywords:
            if named.arg is None or given.kwarg is not None:
                raise NotFlat
            bound[named.arg] = self._argument(named.arg, named.value, scope)
        optional = names[len(names) - len(given.defaults) :]
        defaults = [*zip(optional, given.defaults, strict=True)]
        defaults += [
            (one.arg, default)
            for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
            if default is not None
        ]
        return {name: self._value(default, {}) for name, default in defaults if name not in bound} | bound

    def _argument(self, name: str, node: ast.expr, scope: Scope) -> ast.expr:
        """Return an argument, written down before if it computes something; it may be the case itself."""
        if self._is_case(node, scope):
            return self._case
        self._waiting.append(False)
        value = self._value(node, scope)
        if not _is_simple(value):
            value = self._named(name, value)
        self._waiting.pop()
        return value

    def _case_call(self, method: str, node: ast.Call, scope: Scope) -> ast.expr:
        if method == "fill":
            return self._filled(_only(node.args[:1]), scope)
        args = [self._value(one, scope) for one in node.args]
        match method:
            case "size":
                return ast.Constant(self._size(_only(args)))
            case "integer" | "text":
                return ast.parse(self._written(self._next(method)), mode="eval").body
            case "pick":
                options = self._items(_only(args))
                return options[self._number % len(options)]
            case "show":
                return _only(args[1:])
        if method not in _TENSORS:
            raise NotFlat
        drawn = self._next("tensor")
        found = ast.Name(self._fresh(drawn.name or "given"))
        # A literal depends on nothing, so it may stand before what is computed first.
        self._append(f"{found.id} = {self._written(drawn)}")
        return found

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


def _is_simple(value: ast.expr) -> bool:
    """Whether a value may be written more than once: it computes nothing."""
    match value:
        case ast.Constant() | ast.Name():
            return True
        case ast.Attribute(ast.Name("torch")):
            return True
        case ast.Attribute(base):  # of an object, it may change
            return ast.unparse(base).startswith("torch.")
        case ast.Tuple(items) | ast.List(items):
            return all(map(_is_simple, items))
        case ast.Dict(keys, values):
            return all(key is not None and _is_simple(key) for key in keys) and all(map(_is_simple, values))
    return False


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


def _text(node: ast.expr | None) -> str:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise NotFlat
    return node.value
