"""A flat program says statement by statement what a check does in one case."""

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from grader.authoring.case import Case
from grader.guest.observing import observation
from grader.judging.flat_program import FlatProgram, NotFlat
from grader.values import Tensor
from grader.wire import Drawn

STEP = """
def step(impl, case, name="x"):
    x = case.normal(case.size("batch"), case.size("inputs"), name=name)
    return impl.step(x)
"""


def drawn(name: str, how: str = "tensor") -> Drawn:
    return Drawn(how, name, Tensor("float64", np.zeros(2)))


def checks_of(body: str, others: str) -> str:
    """Return the source of checks with these lines in `check`."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"import torch\n{others}\ndef check(impl, case):\n{lines}"


def flat(body: str, *given: Drawn, others: str = STEP) -> FlatProgram:
    """Return the flat program of a check with these lines; what was drawn is written as its name."""
    return written_out(checks_of(body, others), given, {"batch": 3, "inputs": 2}, lambda one: one.name)


def written_out(
    source: str, given: Sequence[Drawn], sizes: Mapping[str, int], written: Callable[[Drawn], str]
) -> FlatProgram:
    defined = {name: node for node in ast.parse(source).body for name in defines(node)}
    question = defined["check"]
    assert isinstance(question, ast.FunctionDef)
    return FlatProgram(question, defined, given, sizes, 0, "float64", written)


def defines(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name) | ast.ClassDef(name):
            return [name]
        case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
            return [name]
        case ast.Import(names) | ast.ImportFrom(_, names):
            return [one.name for one in names]
    return []


def test_a_function_of_the_checks_is_written_out_and_sizes_are_numbers() -> None:
    found = flat('return {"y": step(impl, case) * case.size("batch")}', drawn("x"))

    assert (found.lines, found.seen) == (["x = x"], {"y": "impl.step(x) * 3"})


@pytest.mark.parametrize(
    ("body", "lines", "seen"),
    [
        ('y = impl.f(1)\nreturn {"y": y, "twice": y + y}', ["y = impl.f(1)"], {"y": "y", "twice": "y + y"}),
        ('a, b = impl.f(1)\na, b = b, a\nreturn {"a": a}', ["a, b = impl.f(1)"], {"a": "b"}),
        ('y = impl.f(1)\ny = impl.f(y)\nreturn {"y": y}', ["y = impl.f(1)", "y_2 = impl.f(y)"], {"y": "y_2"}),
        ('y = 0\nfor one in (1, 2):\n    y = impl.f(y, one)\nreturn {"y": y}',
         ["y = impl.f(0, 1)", "y_2 = impl.f(y, 2)"], {"y": "y_2"}),
        ('if case.number == 0:\n    return {"y": 1}\nreturn {"y": 2}', [], {"y": "1"}),
        ('a, b = (impl.f(one) for one in (1, 2))\nreturn {"a": a}',
         ["a, b = (impl.f(1), impl.f(2))"], {"a": "a"}),
        ('case.sizes["batch"] = 7\ncase.sizes.update(batch=7)\nreturn {"y": impl.f()}',
         [], {"y": "impl.f()"}),
        ('with torch.no_grad():\n    y = impl.f()\nreturn {"y": y}',
         ["with torch.no_grad():", "    y = impl.f()"], {"y": "y"}),
        ('return {"y": impl.f(*(1, 2))}', [], {"y": "impl.f(1, 2)"}),
        ('return {f"y of {case.number}": 1}', [], {"y of 0": "1"}),
        ('return {"y": case.pick((5, 6))}', [], {"y": "5"}),
        # An attribute may change with the next call, so it is read where the check reads it.
        ('a = impl.count\nimpl.f()\nreturn {"a": a, "b": impl.count}',
         ["a = impl.count", "impl.f()"], {"a": "a", "b": "impl.count"}),
    ],
)  # fmt: skip
def test_what_is_known_is_filled_in(body: str, lines: list[str], seen: dict[str, str]) -> None:
    found = flat(body)

    assert (found.lines, found.seen) == (lines, seen)


@pytest.mark.parametrize(
    ("body", "lines", "returned"),
    [
        ("return dict(y=1)", [], "{'y': 1}"),
        ('of = {"a": impl.f()}\nof["b"] = impl.g(**of)\nreturn {n: -v for n, v in of.items()}',
         ["a = impl.f()", "b = impl.g(a=a)"], "{'a': -a, 'b': -b}"),
        ('found = {}\ndef call(n):\n    found[f"{n}"] = n + 1\ncall(1)\ncall(n=2)\nreturn found | {"y": 1}',
         [], "{'1': 2, '2': 3, 'y': 1}"),
        ('(a, _), (b, _) = impl.pairs()\nreturn {"y": [one for one in (1, 2) if one > 1], "a": a, "b": b}',
         ["(a, _), (b, _) = impl.pairs()"], "{'y': [2], 'a': a, 'b': b}"),
        # The check calls `f` before `g`.
        ('return {"y": impl.f() + both(impl, case)}',
         ["value_2 = impl.f()", "first = impl.g()"], "{'y': value_2 + (first + first)}"),
        # What depends on what the program returns stays as it is.
        ('n = 0\nfor one in impl.many():\n    n += 1\n    if one is None:\n        break\nreturn {"y": n}',
         ["n = 0", "for one in impl.many():", "    n += 1", "    if one is None:", "        break"],
         "{'y': n}"),
        ('found = {}\ntry:\n    found["y"] = impl.f()\nexcept KeyError:\n    pass\nreturn found',
         ["found = {}", "try:", "    found['y'] = impl.f()", "except KeyError:", "    pass"], "found"),
        ('return {name: one for name, one in impl.parts()}',
         [], "{name_2: one for name_2, one in impl.parts()}"),
    ],
)  # fmt: skip
def test_what_is_known_of_dicts_and_functions_is_filled_in(
    body: str, lines: list[str], returned: str
) -> None:
    found = flat(body, others="def both(impl, case):\n    first = impl.g()\n    return first + first\n")

    assert (found.lines, found.returned) == (lines, returned)


def test_gradients_are_a_backward_pass_from_a_weighted_sum() -> None:
    body = 'x = case.normal(2, name="x")\nreturn case.gradients(lambda: (impl.f(x), impl.g(x)), x=x)'
    found = flat(body, drawn("x"), drawn("", "cotangent"), drawn("", "cotangent"))

    assert found.lines == [
        "x = x",
        "for leaf in (x,):",
        "    leaf.requires_grad_()",
        "    leaf.grad = None",
        "result = impl.f(x)",
        "result_2 = impl.g(x)",
        "weights = ",
        "weights_2 = ",
        "loss = (result * weights).sum() + (result_2 * weights_2).sum()",
        "if loss.requires_grad:",
        "    loss.backward()",
    ]
    assert found.seen == {"x": "x.grad"}


def test_gradients_of_a_module_are_those_of_all_its_parameters_in_each_backward_pass() -> None:
    body = (
        "net = impl.Net()\n"
        "once = case.gradients(lambda: impl.f(net), net)\n"
        "return case.gradients(lambda: impl.f(net), net)"
    )
    lines = flat(body, drawn("", "cotangent"), drawn("", "cotangent")).lines

    assert lines[1:7] == [
        "leaves = dict(net.named_parameters())",
        "for leaf in leaves.values():",
        "    leaf.requires_grad_()",
        "    leaf.grad = None",
        "results = impl.f(net)",
        "weights = [, ]",
    ]
    assert [line for line in lines if line.startswith("gradients")] == [
        "gradients = {name_2: leaf.grad for name_2, leaf in leaves.items()}",
        "gradients_2 = {name_3: leaf_2.grad for name_3, leaf_2 in leaves_2.items()}",
    ]


def test_a_module_gets_the_parameters_that_were_drawn_for_it() -> None:
    body = 'cell = case.fill(impl.LSTMCell(case.size("inputs")))\nreturn {"y": cell(1)}'
    found = flat(body, drawn("weight", "fill"), drawn("bias", "fill"))

    assert (found.lines, found.seen) == (
        [
            "cell = impl.LSTMCell(2).to(torch.float64)",
            "parameters = {",
            "    'weight': weight,",
            "    'bias': bias,",
            "}",
            "cell.load_state_dict(parameters, strict=False)",
        ],
        {"y": "cell(1)"},
    )


def test_two_modules_get_each_its_own_parameters() -> None:
    body = 'a, b = case.fill(impl.A()), case.fill(impl.B())\nreturn {"a": a(1), "b": b(1)}'
    found = flat(body, drawn("weight", "fill"), drawn("weight", "fill"))

    assert [line for line in found.lines if "load" in line] == [
        "a.load_state_dict(parameters, strict=False)",
        "b.load_state_dict(parameters_2, strict=False)",
    ]


@pytest.mark.parametrize(
    "body",
    [
        'return {"y": case.gradients(lambda: impl.f())}',
        'if impl.f():\n    return {"y": 1}\nreturn {"y": 2}',
        'return {"y": case.size("other")}',
        'return {"y": case.normal(2, name="x")}',
        'return {"y": again(impl, case)}',
        'case.number = 3\nreturn {"y": 1}',
        # Whether the lines of `both` run depends on what `f` returns.
        'return {"y": impl.f() and both(impl, case)}',
        'for one in impl.many():\n    both(impl, case)\nreturn {"y": 1}',
        'return {"y": impl.f(lambda: 1)}',
    ],
)
def test_what_cannot_be_written_out_is_not_flat(body: str) -> None:
    others = "def again(impl, case):\n    return again(impl, case)\n"
    others += "def both(impl, case):\n    first = impl.g()\n    return first + first\n"

    with pytest.raises(NotFlat):
        flat(body, others=others)


HELPERS = """
import math
from math import pi
WIDTH = 4

def twice(impl):
    y = impl.f()
    impl.g(y, y)

def nothing(impl):
    return

def either(impl, first, *others, last, more=5):
    return impl.f(first, others, last, more)

def of_case(impl, case, scale=2):
    return impl.f(case.number, scale)

def doubled(x):
    return x + x

def frozen(impl):
    with torch.no_grad():
        return impl.f()

def shared_copied(arguments):
    return arguments
"""


@pytest.mark.parametrize(
    ("body", "lines", "seen"),
    [
        ('"""What it does."""\ny: int = 3\npass\nreturn {"y": y}', [], {"y": "3"}),
        ('y = twice(impl)\nreturn {"y": y}', ["y = impl.f()", "impl.g(y, y)"], {"y": "None"}),
        ('nothing(impl)\nreturn {"y": nothing(impl)}', [], {"y": "None"}),
        ('return {"y": frozen(impl)}', ["with torch.no_grad():", "    result = impl.f()"], {"y": "result"}),
        ('with torch.no_grad():\n    impl.f()\n    return {"y": 1}',
         ["with torch.no_grad():", "    impl.f()"], {"y": "1"}),
        ('for letter in "ab":\n    impl.f(letter)\nreturn {"y": 1}',
         ["impl.f('a')", "impl.f('b')"], {"y": "1"}),
        ('for name in case.sizes:\n    impl.f(name)\nreturn {"y": case.dtype}',
         ["impl.f('batch')", "impl.f('inputs')"], {"y": "torch.float64"}),
        ('_, y = impl.f(1)\nreturn {"y": y}', ["_, y = impl.f(1)"], {"y": "y"}),
        ('if case.number == 1:\n    impl.g()\nelse:\n    impl.f()\nreturn {"y": 1}',
         ["impl.f()"], {"y": "1"}),
        ('y = shared_copied(impl.f(1))\nreturn {"y": y}', ["y = impl.f(1)"], {"y": "y"}),
        ('return {"y": impl.f(WIDTH, math.pi, pi, math.e)}', [], {"y": "impl.f(4, math.pi, pi, math.e)"}),
        ('return {"y": case.show("size", 3)}', [], {"y": "3"}),
        ('return {"y": either(impl, *(1, 2, 3), last=4)}', [], {"y": "impl.f(1, (2, 3), 4, 5)"}),
        ('return {"y": either(impl, 1, 2, 3, last=4)}', [], {"y": "impl.f(1, (2, 3), 4, 5)"}),
        ('return {"y": of_case(impl, case)}', [], {"y": "impl.f(0, 2)"}),
        ('return {"y": impl.f(3, key=case.size("batch"))}', [], {"y": "impl.f(3, key=3)"}),
        ('one = {"a": 1}\nreturn {"y": impl.f(one, one)}', ["one = {'a': 1}"], {"y": "impl.f(one, one)"}),
        ('x, k = torch.float32, torch.nn.functional\nreturn {"y": impl.f(x, x, k.relu)}', [],
         {"y": "impl.f(torch.float32, torch.float32, torch.nn.functional.relu)"}),
        ('return {"y": doubled(impl.g())}', ["x = impl.g()"], {"y": "x + x"}),
        ('return {"y": x[1:2, case.size("batch")]}', [], {"y": "x[1:2, 3]"}),
        ('x = case.normal(2, name="kernel width")\nreturn {"x": x}', ["kernel_width = kernel width"],
         {"x": "kernel_width"}),
        ('x = case.normal(2, name="λ")\nreturn {"x": x}', ["given = λ"], {"x": "given"}),
        ('y = case.integer(1, 9, name="n")\nreturn {"y": y}', [], {"y": "7"}),
        ('m = case.fill(impl.f())\nreturn {"m": m}',
         ["module = impl.f().to(torch.float64)", "parameters = {", "}",
          "module.load_state_dict(parameters, strict=False)"], {"m": "module"}),
    ],
)  # fmt: skip
def test_each_kind_of_statement_and_of_value_is_written_out(
    body: str, lines: list[str], seen: dict[str, str]
) -> None:
    given = [drawn(name) for name in ("kernel width", "λ") if name in body]
    given += [drawn("7", "integer")] if "integer" in body else []
    found = flat(body, *given, others=HELPERS)

    assert (found.lines, found.seen) == (lines, seen)


def test_an_import_of_the_checks_is_written_once() -> None:
    found = flat('return {"y": impl.f(math.pi, pi, math.e)}', others=HELPERS)

    assert found.imports == ["import math", "from math import pi"]


@pytest.mark.parametrize(
    "body",
    [
        'for one in (1, 2):\n    return {"y": one}',
        'with torch.no_grad():\n    x = 1\nreturn {"y": x}',
        'impl.x = 3\nreturn {"y": 1}',
        'x = lambda: 1\nreturn {"y": x}',
        'return {"y": (x := 1)}',
        'return {"y": impl.f(case)}',
        'return {"y": impl.f(case.changed)}',
        'return {"y": case.changed()}',
        'return {f"{case.number:>3}": 1}',
        'return {f"{impl.name}": 1}',
        'return {"y": [one for one in "a word of many"]}',
        'return {"y": doubled(**impl.g())}',
        'return {"y": doubled(*(impl.f(),))}',
        'return {"y": doubled(1, 2)}',
        'return {"y": doubled}',
        'return {"y": case.pick((1, 2), 3)}',
        'return {1: 2}',
        'return {"y": case.text(3, name="t")}',
        "\n".join(f"impl.f({number})" for number in range(61)) + '\nreturn {"y": 1}',
    ],
)  # fmt: skip
def test_what_would_say_something_else_is_not_written_out(body: str) -> None:
    with pytest.raises(NotFlat):
        flat(body, others=HELPERS)


class Module:
    """A student's module, which writes down how it is called. No two of its calls return the same."""

    flag = 2

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            self.calls.append((name, plain(args), plain(named)))
            count = len(self.calls)
            if name == "clear":
                for one in (*args, *named.values()):
                    (one[0] if isinstance(one, tuple) else one).clear()
            values = {"pair": (count, count + 1), "table": {"a": count}, "list": [count], "net": torch.sin}
            return values.get(name, count)

        return call


def plain(value: Any) -> Any:
    """Return a value to compare."""
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return type(value)(map(plain, value)) if isinstance(value, (list, tuple)) else value


def literal(one: Drawn) -> str:
    value = one.value
    return (
        f"torch.tensor({value.array.tolist()}, dtype=torch.float64)"
        if isinstance(value, Tensor)
        else repr(value)
    )


OTHERS = """
import math

MORE = {"b": 2}
COUNTS: tuple = (1, 2)

def both(impl, case):
    first = impl.g()
    return first + first

def doubled(x):
    return x + x

def cleared(impl, one):
    impl.clear(one)
    return one

def named(impl, *, by=3, **others):
    return impl.f(by, **others)
"""


def asked(body: str) -> tuple[Any, Any]:
    """Return what a check calls and returns, and what its flat program does."""
    source = checks_of(body, OTHERS)
    checks: dict[str, Any] = {}
    exec(source, checks)
    case, impl = Case("check", 0, 7, torch.float64), Module()
    returned = checks["check"](impl, case)
    drawn = [Drawn(how, name, observation(value)) for how, name, value in case.drawn]
    found = written_out(source, drawn, case.sizes, literal)
    names: dict[str, Any] = {"impl": Module(), "torch": torch}
    exec("\n".join([*found.imports, *found.lines, f"returned = {found.returned}"]), names)
    return (impl.calls, plain(returned)), (names["impl"].calls, plain(names["returned"]))


@pytest.mark.parametrize(
    "body",
    [
        # Tables
        'found = {"a": impl.f()}\nfound |= {"b": impl.g()}\nreturn found',
        'found = {"a": 1} | {"a": impl.f()}\nreturn found',
        'found = {}\nfound["a"] = impl.f()\nfound["a"] = impl.g()\nreturn found',
        'found = impl.list()\nfound[0] = impl.g()\nreturn {"y": found}',
        'return {**MORE, "a": impl.f()}',
        'return {"y": {**{impl.f(): 1}, "a": 2}}',
        'return {"y": {**impl.table(), "b": impl.g(), **MORE}}',
        'return {"y": {"a": 1, "b": impl.f}["a"] + (3, 4)[1]}',
        'return {"y": impl.table()["a"], "z": (impl.f(), 2)[0]}',
        'y = impl.table()\nreturn {"y": y["a"]}',
        'return dict({"a": 1}, c=impl.f(), **MORE)',
        'return dict(impl.table(), b=2)',
        'return dict(b=2, **impl.table())',
        'return dict([("a", impl.f()), ("b", 2)])',
        'return dict([impl.pair()])',
        'return {"y": sorted({"a": 1, "b": 2}.items()), "z": list({"a": impl.f()}.values())}',
        'return {"y": list({"a": 1}.keys()), "z": list({**impl.table()}.keys())}',
        'return {"y": list({"a": impl.f()}.items())}',
        'table = {"a": 1, "b": 2}\nreturn {"y": table.get("b")}',
        # Conditions, of which only those that are known choose
        'if impl.f():\n    impl.g()\nreturn {"y": 1}',
        'if (impl.flag,):\n    impl.g()\nreturn {"y": 1}',
        'return {"y": 1 if case.number == 0 else impl.f()}',
        'return {"y": impl.f(1) if case.number else impl.f(2)}',
        'return {"y": impl.flag if impl.flag > 1 else 0}',
        'return {"y": 0 or impl.f(), "z": impl.flag and 3}',
        'return {"y": (case.number == 0 or impl.f()) and 5, "z": 0 or 0}',
        'return {"y": impl.flag or 0 or impl.flag}',
        'while case.number == 0:\n    impl.f()\n    break\nreturn {"y": 1}',
        # Loops that are left
        'for one in (1, 2, 3):\n    if one == impl.f(one):\n        continue\n    impl.g()\nreturn {"y": 1}',
        'for one in (1, 2):\n    for other in impl.pair():\n        if other > 1:\n            break\n'
        '    impl.f(one)\nreturn {"y": 1}',
        # Comprehensions
        'return {"y": [impl.f(a, b) for a in (1, 2) for b in (3, 4)]}',
        'return {"y": [impl.f(one) for one in impl.pair() if one]}',
        'return {f"{one}": impl.f(one) for one in COUNTS if one != 2}',
        'return {"y": [one for one in COUNTS] == [1, 2], "z": tuple(one for one in COUNTS)}',
        # What may be changed in place has a name of its own
        'y = [0]\nfor one in impl.pair():\n    y.append(one)\nreturn {"y": y}',
        'y = [1, 2]\ndel y[0]\nreturn {"y": y}',
        'y = {"a": 1}\nfor one in impl.pair():\n    y["a"] = one\nreturn {"y": y}',
        'y = {"a": 1}\nz = y\nfor one in impl.pair():\n    y["a"] = one\nreturn {"z": z}',
        'y = [1, 2]\nimpl.clear(y)\nreturn {"y": y, "z": impl.f(y)}',
        'y = ([1], 2)\nimpl.clear(more=y[0])\nimpl.clear(y)\nreturn {"y": y}',
        'y = [1]\nz = cleared(impl, y)\nreturn {"y": y, "z": z}',
        'y = {"a": 1}\nz = y\ny["a"] = 2\nreturn {"y": y, "z": z}',
        'y = [1]\nz = y\nfor one in impl.pair():\n    y = [one]\nreturn {"y": y, "z": z}',
        'y = []\nz = y\ny.append(impl.f())\ny += [3]\nreturn {"y": y, "z": z}',
        'y = {"a": 1}\ny.setdefault("b", impl.f())\ny |= {"c": 2}\nreturn y',
        'y = {}\ny.update(a=impl.f())\nreturn {"y": y}',
        'y = {"a": [1]}\ny["a"].append(impl.f())\nreturn {"y": y}',
        'y = [[1], [2]]\ny[impl.f()].append(3)\nreturn {"y": y}',
        'y = [3, 4]\nfor one in (1, 2):\n    y.append(impl.f(one))\nreturn {"y": sum(y), "z": sorted(y)}',
        # Python's own functions
        'return {"y": isinstance(3, int), "z": isinstance(impl.list(), list)}',
        'x = case.normal(2)\nif isinstance(x, torch.Tensor):\n    impl.f()\nreturn {"x": x}',
        'if isinstance((1, 2), (list, tuple)):\n    impl.f()\nreturn {"y": 1}',
        'return {"y": isinstance([one for one in COUNTS], list), "z": isinstance(COUNTS, list)}',
        'if isinstance((1, 2), int):\n    impl.f()\nreturn {"y": 1}',
        'return {"y": [impl.f(at) for at in range(2)], "z": list(range(1, 7, 3))}',
        'return {"y": list(range(impl.f()))}',
        'return {"y": [impl.f(a, b) for a, b in zip((1, 2), "ab")]}',
        'return {"y": [impl.f(at, one) for at, one in enumerate("ab")]}',
        'return {"y": len(COUNTS), "z": tuple(COUNTS), "a": len(impl.pair()), "b": list()}',
        'return {"y": list(zip(COUNTS, impl.pair()))}',
        # Calls
        'return {"y": named(impl, by=2, more=impl.g()), "z": named(impl, **{"by": impl.f()})}',
        'return {"y": named(impl, **MORE)}',
        'return {"y": impl.f(**MORE, c=3), "z": doubled(**{"x": 4})}',
        'return {"y": impl.f(*COUNTS, *impl.pair())}',
        'return {"y": case.shuffled((1, 2, 3, 4)), "z": case.pick("ab")}',
        'return {"y": (impl.f(), both(impl, case), impl.g())}',
        'return {"y": "a" + "b", "z": (1,) + (2,), "a": 2 ** 3, "b": -1.5, "c": 1 / 2 < 1, "d": b"a" + b"b"}',
        'y = 1 | impl.flag\nreturn {"y": y}',
        # Gradients
        'x = case.normal(2, name="x")\nfound = case.gradients(lambda: impl.net()(x), x=x)\n'
        'return {"y": found["x"], "z": found["x"] + 1}',
        'x = case.normal(2, name="x")\n'
        'return {"y": impl.f(1), **case.gradients(lambda: impl.net()(x), x=x)}',
        'x = case.normal(2, name="x")\n'
        'return case.gradients(lambda: (impl.net()(x), impl.net()(x)), **{"x": x})',
    ],
)  # fmt: skip
def test_a_flat_program_makes_the_calls_of_its_check_in_their_order_and_returns_the_same(body: str) -> None:
    check, program = asked(body)

    assert program == check


@pytest.mark.parametrize(
    "body",
    [
        'found = {}\nfound |= impl.table()\nreturn found',
        'found = {}\nfound[impl.f()] = 1\nreturn found',
        'one, *rest = impl.pair()\nreturn {"y": one}',
        'return {"y": impl.flag and both(impl, case)}',
        'return {"y": both(impl, case) if impl.flag else 1}',
        'while case.number == 0:\n    both(impl, case)\n    break\nreturn {"y": 1}',
        'return {"y": [one for one in COUNTS if impl.f(one)]}',
        'return {impl.f(one): one for one in COUNTS}',
        'return {"y": case.pick(impl.pair())}',
        'for one in (1, 2):\n    both(impl, case)\n    break\nreturn {"y": 1}',
        'x = case.normal(2)\nreturn case.gradients(lambda: impl.net()(x), **dict([("x", x)], **impl.of()))',
        'x = case.normal(2)\ncase.gradients(lambda: (), x=x)\nreturn {"y": 1}',
        'return {"y": Point()}',
        'return {"y": doubled(1, more=2)}',
        # Two names for one list, of which the second is written down with others.
        'y = {"a": []}\nfor name, one in y.items():\n    one.append(impl.f(name))\nreturn {"y": y}',
        'y, z = [], {}\nz["a"] = y\ny.append(impl.f())\nreturn z',
    ],
)  # fmt: skip
def test_what_depends_on_what_is_not_known_is_not_written_out(body: str) -> None:
    with pytest.raises(NotFlat):
        flat(body, drawn(""), others=f"{OTHERS}\nclass Point:\n    pass\n")


def test_an_order_that_was_drawn_for_what_is_not_known_is_not_written_out() -> None:
    with pytest.raises(NotFlat):
        asked('return {"y": case.shuffled(impl.pair())}')
