"""How near is near enough: programs on both sides of the border, and what a check may ask for.

docs/decisions/tolerances.md says the rule. Every program here is asked in float64, by a check that says
nothing of digits, as authors write most of theirs.
"""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from grader.accuracy import DEFAULT, Accuracy, tolerance
from grader.authoring.case import Case
from grader.guest.observing import observations
from grader.judging.comparison import failing_cases
from grader.wire import Answer

CASES = 10
VAR = "x.var(-1, unbiased=False, keepdim=True)"
NORM = f"(x - x.mean(-1, keepdim=True)) / torch.sqrt({VAR} + 1e-5)"
ROOT = "q.shape[-1] ** 0.5"
SCORES = f"q @ k.transpose(1, 2) / {ROOT}"
ATTENTION = f"torch.softmax({SCORES}, -1) @ v"
ANGLES = "torch.arange(steps, dtype=t)[:, None] / 10000.0 ** (torch.arange(0, 6, 2, dtype=t) / 6)"
TABLE = f"(lambda angles: torch.stack([angles.sin(), angles.cos()], -1).flatten(1))({ANGLES})"
POSITIONS = f"x + (lambda t: {TABLE})(torch.float64)"
SINGLE = f"(lambda t: {TABLE})(torch.float32)"
GELU = "0.5 * x * (1 + torch.erf(x / 2**0.5))"
BY_HAND = f"(lambda e: e / e.sum(-1, keepdim=True))(({SCORES}).exp()) @ v"


def changed(solution: str, old: str, new: str) -> tuple[str, str]:
    """Return a solution, and the program that has something else in the place of `old`."""
    assert old in solution
    return solution, solution.replace(old, new)


RIGHT = {
    "torch's layer norm": (NORM, "nn.functional.layer_norm(x, x.shape[-1:])"),
    "rsqrt": changed(NORM, "/ torch.sqrt(", "* torch.rsqrt("),
    "an epsilon in a float32 tensor": changed(NORM, "1e-5", "torch.tensor(1e-5)"),
    "an epsilon of NumPy's float32": changed(NORM, "1e-5", "float(np.float32(1e-5))"),
    "a power for the root": (NORM, NORM.replace("/ torch.sqrt(", "* (") + " ** -0.5"),
    "the variance from squares": changed(NORM, VAR, "((x - x.mean(-1, keepdim=True)) ** 2).mean(-1, True)"),
    "the variance of NumPy": changed(NORM, VAR, "torch.from_numpy(x.numpy().var(-1, keepdims=True))"),
    "torch's attention": (ATTENTION, "nn.functional.scaled_dot_product_attention(q, k, v)"),
    "a root of math": changed(ATTENTION, ROOT, "math.sqrt(q.shape[-1])"),
    "a root in float32": changed(ATTENTION, ROOT, "torch.sqrt(torch.tensor(q.shape[-1]))"),
    "a root in float32 of one entry": changed(ATTENTION, ROOT, "torch.tensor([float(q.shape[-1])]).sqrt()"),
    "a root of NumPy's float32": changed(ATTENTION, ROOT, "float(np.sqrt(np.float32(q.shape[-1])))"),
    "a factor in float32": changed(ATTENTION, f"/ {ROOT}", "* torch.rsqrt(torch.tensor(float(q.shape[-1])))"),
    "queries scaled first": changed(ATTENTION, SCORES, f"(q / torch.tensor({ROOT})) @ k.transpose(1, 2)"),
    "a softmax by hand": (ATTENTION, BY_HAND),
    "a table of sines in float32": (POSITIONS, f"x + {SINGLE}"),
    "a table in float32, made float64": (POSITIONS, f"x + {SINGLE}.double()"),
    "frequencies by exp in float32": (
        POSITIONS,
        f"x + {SINGLE}".replace("/ 10000.0 ** (", "* torch.exp(-torch.log(torch.tensor(10000.0)) * "),
    ),
    "torch's gelu": (GELU, "nn.functional.gelu(x)"),
    "a root of two in float32": changed(GELU, "2**0.5", "torch.tensor(2.0).sqrt()"),
    "a constant of eight digits": changed(GELU, "/ 2**0.5", "* 0.70710678"),
}
WRONG = {
    "an epsilon outside the root": changed(NORM, f"torch.sqrt({VAR} + 1e-5)", f"(torch.sqrt({VAR}) + 1e-5)"),
    "no epsilon": changed(NORM, " + 1e-5", ""),
    "an epsilon of 1e-6": changed(NORM, "1e-5", "1e-6"),
    "an epsilon of 1e-8": changed(NORM, "1e-5", "1e-8"),
    "twice the epsilon": changed(NORM, "1e-5", "2e-5"),
    "an unbiased variance": changed(NORM, "unbiased=False", "unbiased=True"),
    "the variance for its root": changed(NORM, "torch.sqrt", ""),
    "a mean that is left out": changed(NORM, "(x - x.mean(-1, keepdim=True))", "x"),
    "scores that are not scaled": changed(ATTENTION, f" / {ROOT}", ""),
    "scores divided by the depth": changed(ATTENTION, ROOT, "q.shape[-1]"),
    "an epsilon beside the depth": changed(ATTENTION, ROOT, "(q.shape[-1] + 1e-3) ** 0.5"),
    "an epsilon in the softmax": (
        ATTENTION,
        BY_HAND.replace("e.sum(-1, keepdim=True)", "(e.sum(-1, True) + 1e-4)"),
    ),
    "scores that are rounded": changed(ATTENTION, SCORES, f"torch.round({SCORES}, decimals=3)"),
    "weights in half precision": changed(ATTENTION, ", -1)", ", -1).half().double()"),
    "weights over the queries": changed(ATTENTION, ", -1)", ", 1)"),
    "sines and cosines exchanged": changed(
        POSITIONS, "angles.sin(), angles.cos()", "angles.cos(), angles.sin()"
    ),
    "another base": changed(POSITIONS, "10000.0", "9999.0"),
    "positions from 1": changed(
        POSITIONS, "torch.arange(steps, dtype=t)", "torch.arange(1, steps + 1, dtype=t)"
    ),
    "a table in half precision": (POSITIONS, f"x + {SINGLE}.half()"),
    "the gelu by tanh": (GELU, "nn.functional.gelu(x, approximate='tanh')"),
    "the gelu by a sigmoid": (GELU, "x * torch.sigmoid(1.702 * x)"),
    "a root of two of three digits": changed(GELU, "2**0.5", "1.414"),
}


def answers(program: str) -> dict[int, Answer]:
    """Return what a program answers in every case."""
    found = {}
    for number in range(CASES):
        case = Case("result", number, 1, torch.float64)
        batch, steps, depth = case.size("batch"), case.size("steps", least=2), case.size("depth", least=3)
        names: dict[str, Any] = {
            "torch": torch,
            "nn": nn,
            "np": np,
            "math": math,
            "steps": steps,
            "x": case.normal(batch, steps, 6, name="x"),
        }
        names |= {name: case.normal(batch, steps, depth, name=name) for name in "qkv"}
        value: Tensor = eval(program, names)
        found[number] = Answer("result", number, observations({"result": value}))
    return found


@pytest.mark.parametrize("name", RIGHT)
def test_a_program_that_is_right_but_for_float32_passes(name: str) -> None:
    solution, program = RIGHT[name]

    assert failing_cases(answers(solution), answers(program)) == ()


@pytest.mark.parametrize("name", WRONG)
def test_a_program_that_is_wrong_by_more_fails(name: str) -> None:
    solution, program = WRONG[name]

    assert failing_cases(answers(solution), answers(program)) != ()


def test_there_are_twenty_programs_on_each_side_of_the_border() -> None:
    programs = [{program for _, program in side.values()} for side in (RIGHT, WRONG)]

    assert [len(side) >= 20 for side in programs] == [True, True]


@pytest.mark.parametrize("asked", [Accuracy(digits=9), Accuracy(strict=True)])
def test_a_check_that_asks_for_float64_is_failed_by_a_float32_constant(asked: Accuracy) -> None:
    solution, program = RIGHT["a root in float32"]

    assert failing_cases(answers(solution), answers(program), asked) != ()


@pytest.mark.parametrize(
    ("dtype", "digits", "allowed"),
    [
        ("float64", None, 1e-9),
        ("float64", 3, 1e-3),
        ("float64", 15, 16 * 2.0**-52),
        ("complex128", 12, 1e-12),
        ("float32", None, 1e-4),
        ("float32", 9, 1e-4),
        ("int64", 3, 0),
    ],
)
def test_digits_are_asked_for_if_the_dtype_has_them(dtype: str, digits: int | None, allowed: float) -> None:
    assert tolerance(dtype, digits) == pytest.approx(allowed, rel=1e-12)


def test_a_check_without_digits_asks_for_no_more_than_float32_gives() -> None:
    assert (DEFAULT.asks_for_more, Accuracy(digits=9).loose()) == (False, DEFAULT)
