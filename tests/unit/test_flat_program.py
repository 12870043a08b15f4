"""A flat program says statement by statement what a check does in one case."""

import ast

import numpy as np
import pytest

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


def flat(body: str, *given: Drawn, others: str = STEP, number: int = 0) -> FlatProgram:
    """Return the flat program of a check with these lines."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    tree = ast.parse(f"import torch\n{others}\ndef check(impl, case):\n{lines}")
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    defined |= {  # type: ignore[assignment]
        node.targets[0].id: node
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    sizes = {"batch": 3, "inputs": 2}
    return FlatProgram(
        defined["check"], defined, given, sizes, number, "float64", lambda one: f"<{one.name}>".strip("<>")
    )


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
         ["(a, _), (b, _) = impl.pairs()"], "{'y': (2,), 'a': a, 'b': b}"),
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
