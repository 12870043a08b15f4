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
        "return dict(y=1)",
        'while True:\n    pass\nreturn {"y": 1}',
        'for one in impl.many():\n    impl.f(one)\nreturn {"y": 1}',
        'if impl.f():\n    return {"y": 1}\nreturn {"y": 2}',
        'def call():\n    return 1\nreturn {"y": call()}',
        'return {"y": case.size("other")}',
        'return {"y": case.normal(2, name="x")}',
        'return {"y": [one for one in (1, 2) if one > 1]}',
        'return {"y": again(impl, case)}',
        'case.number = 3\nreturn {"y": 1}',
        # The program would call `f` after `g`, and the check calls it before.
        'return {"y": impl.f() + both(impl, case)}',
    ],
)
def test_what_cannot_be_written_out_is_not_flat(body: str) -> None:
    others = "def again(impl, case):\n    return again(impl, case)\n"
    others += "def both(impl, case):\n    first = impl.g()\n    return first + first\n"

    with pytest.raises(NotFlat):
        flat(body, others=others)
