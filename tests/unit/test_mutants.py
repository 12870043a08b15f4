"""Small slips in a solution: each changes one place, compiles, and is like no other."""

import ast
from pathlib import Path

import pytest
import torch

from grader.assignment.loader import bundled
from grader.audit.kills import limits_of_mutants
from grader.edits.mutants import mutants
from grader.sandbox.contract import Limits

SOLUTIONS = sorted(
    [*bundled().glob("*/solution.py"), *Path(__file__).parents[2].glob("examples/*/*/solution.py")]
)


def lines(source: str) -> list[str]:
    """Return what the first changed line becomes, of every mutant."""
    return [mutant.new for mutant in mutants(f"{source}\n")]


# Operators


@pytest.mark.parametrize(
    ("source", "found"),
    [
        # Arithmetic
        ("a + b", {"(a) - (b)", "(a)", "(b)"}),
        ("a - b", {"(a) + (b)", "(b) - (a)", "(a)", "(b)"}),
        ("a * b", {"(a) / (b)", "(a)", "(b)"}),
        ("a / b", {"(a) * (b)", "(b) / (a)", "(a)", "(b)"}),
        ("a // b", {"(a) * (b)", "(a)", "(b)"}),
        ("a**b", {"(a) * (b)", "(a)", "(b)"}),
        ("a % b", {"(a) + (b)", "(a)", "(b)"}),
        ("a @ b", {"(b) @ (a)", "(a)", "(b)"}),
        # Comparison
        ("a < b", {"a <= b", "a > b"}),
        ("a <= b", {"a < b", "a > b"}),
        ("a > b", {"a >= b", "a < b"}),
        ("a >= b", {"a > b", "a < b"}),
        ("a == b", {"a != b"}),
        ("a != b", {"a == b"}),
        ("a is b", {"a is not b"}),
        ("a is not b", {"a is b"}),
        ("a in b", {"a not in b"}),
        ("a not in b", {"a in b"}),
        ("a < b <= c", {"a <= b <= c", "a > b <= c", "a < b < c", "a < b > c"}),
        ("a is b in c", {"a is not b in c", "a is b not in c"}),
        ("(not a) == b", {"(not a) != b", "((a)) == b"}),
        # Logic and signs
        ("a and b", {"(a)", "(b)"}),
        ("not a", {"(a)"}),
        ("-a", {"(a)"}),
        ("a if b else c", {"(a)", "(c)"}),
        # Constants
        ("a[3]", {"a[(4)]", "a[(2)]"}),
        ("a[True]", {"a[False]"}),
        ("a[0.5]", {"a[(1.5)]"}),
        ("a[1e30]", {"a[(2e+30)]"}),
        ("a['text']", set()),
        # Functions
        ("torch.sigmoid(*a)", {"torch.tanh(*a)"}),
        ("relu(*a)", {"tanh(*a)"}),
        ("a.mean(*b)", {"a.sum(*b)", "a"}),
        ("g(a)", {"(a)"}),
        ("a.b.clone()", {"(a.b)"}),
        ("torch.clone(*a)", set()),
        ("self.step(*a)", set()),
        ("g(a, b, c=d)", {"g(b, a, c=d)"}),
        ("g(a, *b, c)", {"g(c, *b, a)"}),
        # Tensors and tuples
        ("a.T", {"(a)"}),
        ("(a + b).T", {"(a + b)", "((a) - (b)).T", "((a)).T", "((b)).T"}),
        ("a, b, c", {"b, a, c", "a, c, b"}),
        ("[a, b]", {"[b, a]"}),
    ],
)  # fmt: skip
def test_an_expression_slips(source: str, found: set[str]) -> None:
    slips = {
        line.removeprefix("for _ in ").removesuffix(":") for line in lines(f"for _ in {source}:\n    del z")
    }

    assert slips == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = y", ["x = (y).detach()"]),
        ("x = 'text'", []),
        ("x += y", ["pass"]),
        ("f()", ["pass"]),
        ("raise Problem", ["pass"]),
        ("x: int = y", []),
        ("assert x, y + 1", []),
        ("del x", []),
    ],
)
def test_a_statement_slips(source: str, found: list[str]) -> None:
    assert lines(source) == found


def test_a_condition_slips_both_ways() -> None:
    assert lines("if x:\n    del y") == ["if True:", "if False:"]


def test_a_returned_value_is_lost_or_cut_off() -> None:
    assert lines("def f(x):\n    return x") == ["return None", "return (x).detach()"]


def test_returned_values_are_lost_or_exchanged() -> None:
    assert lines("def f(x, y):\n    return x, y") == ["return None", "return y, x"]


def test_a_default_slips() -> None:
    assert lines("def f(x=True, *, y=False):\n    del x") == [
        "def f(x=False, *, y=False):",
        "def f(x=True, *, y=True):",
    ]


def test_an_expression_in_a_text_slips() -> None:
    assert lines('del a[f"weight_{i}_{not j}"]') == ['del a[f"weight_{i}_{(j)}"]']


def test_the_first_changed_line_is_told_with_its_number() -> None:
    source = "y = (\n    x\n    .sum(dim)\n)\n"
    (found,) = [mutant for mutant in mutants(source) if "prod" in mutant.source]

    assert (found.line, found.old, found.new) == (3, ".sum(dim)", ".prod(dim)")


def test_letters_of_several_bytes_do_not_shift_the_place() -> None:
    assert "é = g(ü, (4))" in lines("é = g(ü, 3)")


def test_what_stands_around_the_place_stays() -> None:
    source = "# what it does\nx  =  g( a ,b )  # why\n"

    assert [mutant.source for mutant in mutants(source) if "b ,a" in mutant.source] == [
        "# what it does\nx  =  g( b ,a )  # why\n"
    ]


# What is left alone


@pytest.mark.parametrize(
    "source",
    [
        "import math",
        "from torch import nn",
        '"""A module of 3 * 2."""',
        "def f(x: A[1] = a, *rest: B[2], y: C[not 3] = b, **named: D[4]) -> E[5]:\n    del x",
        "async def f(x: A[1]) -> E[5]:\n    del x",
        'def f(x):\n    """Return 3 * x."""\n    del x',
        'class A(B, metaclass=C):\n    """Holds 3 * x."""\n    x: D[1]',
        "x: A[1]",
        'if __name__ == "__main__":\n    print(3 * f(2))',
    ],
)
def test_what_does_not_compute_is_left_alone(source: str) -> None:
    assert lines(source) == []


def test_what_an_exception_says_is_left_alone() -> None:
    assert lines('raise ValueError(f"{x + 1} is not {3 * y}", 7)') == ["pass"]


def test_the_value_beside_an_annotation_slips() -> None:
    assert lines("x: A[1] = 3") == ["x: A[1] = (4)", "x: A[1] = (2)"]


def test_what_would_not_compile_is_left_out() -> None:
    source = "match x:\n    case -1:\n        del y"

    assert lines(source) == ["case (1):"]


def test_what_would_be_the_same_is_left_out() -> None:
    assert lines("while True:\n    del x, x") == ["while False:"]


@pytest.mark.parametrize(
    ("source", "exchanged"),
    [
        ("torch.transpose(x, i, j)", {"torch.transpose(i, x, j)"}),
        ("np.swapaxes(x, i, j)", {"np.swapaxes(i, x, j)"}),
        ("x.swapdims(i, j)", set()),
        ("torch.maximum(x, y)", set()),
        ("max(x, y)", set()),
        ("x.max(y, z)", {"x.max(z, y)"}),
        ("x.add(y, z)", {"x.add(z, y)"}),
        ("torch.sub(x, y)", {"torch.sub(y, x)"}),
        ("x.transpose(i, j)", {"x.transpose(j, i)"}),
    ],
)
def test_arguments_are_exchanged_unless_their_order_does_not_matter(source: str, exchanged: set[str]) -> None:
    names = set("xyzij")
    slips = {line.removeprefix("del a[").removesuffix("]") for line in lines(f"del a[{source}]")}

    assert {slip for slip in slips if sum(slip.count(name) for name in names) >= 2} - {source} >= exchanged
    assert {slip for slip in slips if sorted(slip) == sorted(source)} == exchanged


@pytest.mark.parametrize("source", ["del a[g((-2))]", "del a[(g)(b)]", "del a[(not (b))]"])
def test_what_is_the_same_to_python_is_left_out(source: str) -> None:
    codes = [compile(mutant.source, "", "exec").co_code for mutant in mutants(source)]
    consts = [compile(mutant.source, "", "exec").co_consts for mutant in mutants(source)]

    assert len(set(zip(codes, consts, strict=True))) == len(codes)
    assert [line for line in lines(source) if ast.dump(ast.parse(line)) == ast.dump(ast.parse(source))] == []


def test_a_detached_value_has_a_control_that_fails_if_it_needs_a_gradient() -> None:
    (mutant,) = mutants("y = (x)\n")
    free, needed = torch.ones(2), torch.ones(2, requires_grad=True)
    found: dict[str, object] = {"x": free}
    exec(mutant.control, found)

    assert found["y"] is free
    with pytest.raises(IndexError):
        exec(mutant.control, {"x": needed})


def test_exchanged_axes_have_a_control_that_fails_for_an_array() -> None:
    controls = {mutant.control for mutant in mutants("x.transpose(0, 1)\n")} - {""}

    assert controls == {"x.swapdims(0, 1)\n"}
    exec(*controls, {"x": torch.ones(2, 3)})
    with pytest.raises(AttributeError):
        exec(*controls, {"x": torch.ones(2, 3).numpy()})


def test_a_source_without_code_has_no_mutants() -> None:
    assert mutants("") == []


# How long one may take


@pytest.mark.parametrize(
    ("seconds", "wall", "task"), [(0.0, 1, 1), (0.5, 5, 5), (2.0, 10, 20), (9.0, 10, 30)]
)
def test_a_mutant_may_take_ten_times_as_long_as_the_solution(
    seconds: float, wall: float, task: float
) -> None:
    found = limits_of_mutants(Limits(wall_seconds=10, task_seconds=30), seconds)

    assert (found.wall_seconds, found.task_seconds) == (wall, task)


# Every solution that comes with the grader


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.parent.name)
def test_every_mutant_is_a_program_of_its_own(path: Path) -> None:
    source = path.read_text()
    programs = [ast.dump(ast.parse(mutant.source)) for mutant in mutants(source)]

    assert len({*programs, ast.dump(ast.parse(source))}) == len(programs) + 1


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.parent.name)
def test_every_mutant_tells_the_line_that_it_changes(path: Path) -> None:
    source = path.read_text()
    told = [(mutant.line, mutant.old, mutant.new) for mutant in mutants(source)]
    pairs = [
        list(zip(source.split("\n"), mutant.source.split("\n"), strict=False)) for mutant in mutants(source)
    ]
    firsts = [next(number for number, (one, other) in enumerate(pair) if one != other) for pair in pairs]

    assert told == [
        (first + 1, pair[first][0].strip(), pair[first][1].strip())
        for first, pair in zip(firsts, pairs, strict=True)
    ]
