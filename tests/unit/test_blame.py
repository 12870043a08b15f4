"""Which part of a line raised an exception, and what its names held."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.guest.blame import blamed
from grader.wire import MAX_HELD, Blamed, Held

F64, F32 = "float64", "float32"
BEGIN = """import numpy as np
import torch
from torch import nn

x = torch.zeros(5, 4, dtype=torch.float64)
h = torch.zeros(5, 3)
state = (h, h)
missing = None


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.W = nn.Parameter(torch.zeros(1, 12, dtype=torch.float64))
        self.register_buffer("zeros", torch.zeros(2))
        self.inner = nn.Linear(2, 3)
        self.hidden = 3

    def forward(self, x):
        return CODE


class Odd:
    __slots__ = ("W",)


class Trap:
    @property
    def W(self):
        raise SystemExit("a student's code was run")


def fails():
    CODE
"""


def blame(folder: Path, code: str, call: str = "fails") -> Blamed | None:
    """Return what is blamed when the last line of `fails`, or of `Cell.forward`, is `code`."""
    path = folder / "cell.py"
    path.write_text(
        BEGIN.replace("return CODE", f"return {code}" if call == "Cell" else "pass").replace(
            "    CODE\n", f"    {code}\n" if call == "fails" else "    pass\n"
        )
    )
    spec = importlib.util.spec_from_file_location("cell", path)
    assert spec is not None and spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        module.fails() if call == "fails" else module.Cell()(module.x)
    except Exception as error:
        trace = error.__traceback__
        while trace is not None:
            innermost, here = trace.tb_frame.f_code.co_filename == str(path), trace
            trace = trace.tb_next
            if innermost:
                found = here
        return blamed(found)
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    ("code", "part", "held"),
    [
        ("x @ self.W", "x @ self.W", [("x", (5, 4), F64), ("self.W", (1, 12), F64)]),
        ("x + x @ self.W", "x @ self.W", [("x", (5, 4), F64), ("self.W", (1, 12), F64)]),
        ("x @ self.W.T @ x", "x @ self.W.T", [("x", (5, 4), F64), ("self.W", (1, 12), F64)]),
        ("x @ self.zeros", "x @ self.zeros", [("x", (5, 4), F64), ("self.zeros", (2,), F32)]),
        ("self.inner.weight @ x", None, [("self.inner.weight", (3, 2), F32), ("x", (5, 4), F64)]),
        ("torch.matmul(x, self.W)", None, [("x", (5, 4), F64), ("self.W", (1, 12), F64)]),
        ("x.view(self.hidden, -1)", None, [("x", (5, 4), F64), ("self.hidden", (), "int")]),
        ("torch.cat([x,\n            h])", "torch.cat([x, h])", [("x", (5, 4), F64), ("h", (5, 3), F32)]),
    ],
)
def test_the_part_that_raised_is_told_with_the_shapes_of_its_tensors(
    code: str, part: str | None, held: list[tuple[str, tuple[int, ...], str]], tmp_path: Path
) -> None:
    found = blame(tmp_path, code, "Cell")

    tensors = [
        Held(name, "tensor", shape, what) if what in (F64, F32) else Held(name, what, shape)
        for name, shape, what in held
    ]
    assert found == Blamed(part or code, tuple(tensors))


X_IN_COMPREHENSION = (Held("x", "tensor", (5, 3), F32),) if sys.version_info < (3, 12) else ()
"""Later Pythons set `x` back before the exception is seen: nothing is told rather than another value."""


@pytest.mark.parametrize(
    ("code", "held"),
    [
        ("missing + x", (Held("missing", "None"), Held("x", "tensor", (5, 4), F64))),
        ("missing.size(0)", (Held("missing", "None"),)),
        ("torch.tanh(state)", (Held("state", "tuple", (2,)),)),
        ("state.view(3)", (Held("state", "tuple", (2,)),)),
        ("np.zeros((2, 3)) @ np.zeros(4)", ()),
        ("[x @ missing for x in state]", (*X_IN_COMPREHENSION, Held("missing", "None"))),
        ("[*map(lambda x: x, x @ h)]", (Held("x", "tensor", (5, 4), F64), Held("h", "tensor", (5, 3), F32))),
        ("sum([x @ 1 for x in missing])", (Held("missing", "None"),)),
        ("torch.stack([x for x in state] + [x])", (Held("state", "tuple", (2,)),)),
        ("if x: pass", (Held("x", "tensor", (5, 4), F64),)),
        ("a, b = missing", ()),
    ],
)
def test_other_values_are_told_by_their_type(code: str, held: tuple[Held, ...], tmp_path: Path) -> None:
    found = blame(tmp_path, code)

    assert (found.held if found else ()) == held


def test_the_names_that_get_values_are_not_told_as_the_values(tmp_path: Path) -> None:
    assert blame(tmp_path, "one, two, three = state") is None


def test_no_property_of_a_students_class_is_asked(tmp_path: Path) -> None:
    found = blame(tmp_path, "trap = Trap(); torch.cat([x, *(trap.W for _ in missing)])")

    assert found is not None and found.held == (Held("missing", "None"),)
    assert blame(tmp_path, "odd = Odd(); odd.W @ x") == Blamed("odd.W", ())
    assert blame(tmp_path, "trap = Trap(); torch.cat([x, trap][:] + [missing or x] + [0 and trap.W])")


def test_columns_are_counted_in_bytes(tmp_path: Path) -> None:
    found = blame(tmp_path, "größe = x; y = größe @ größe")

    assert found == Blamed("größe @ größe", (Held("größe", "tensor", (5, 4), F64),))


def test_only_the_first_of_many_names_are_told(tmp_path: Path) -> None:
    names = [f"n{number}" for number in range(MAX_HELD + 3)]
    found = blame(tmp_path, f"{' = '.join(names)} = x; torch.cat([{', '.join(names)}, 1])")

    assert found is not None and [one.name for one in found.held] == names[:MAX_HELD]


def test_a_very_long_part_is_not_told(tmp_path: Path) -> None:
    assert blame(tmp_path, f"torch.cat([x, {'x, ' * 200}1])") is None


def test_a_part_is_not_told_without_its_file(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()

    def raising() -> None:
        exec(compile("1 / 0", str(tmp_path / "gone" / "m.py"), "exec"))

    with pytest.raises(ZeroDivisionError) as caught:
        raising()
    assert blamed(caught.tb.tb_next.tb_next) is None  # type: ignore[union-attr,arg-type]
