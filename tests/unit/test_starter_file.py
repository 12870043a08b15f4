"""What students begin with is a module: signatures and docstrings, and all that these need."""

import pytest

from grader.errors import AssignmentError
from grader.packing.starter_file import starter_file


def made(source: str, *wanted: str) -> str:
    return starter_file("layers.py", [(source, wanted)])


def names_of(text: str) -> dict[str, object]:
    """Return what a starter file defines when it is imported."""
    names: dict[str, object] = {}
    exec(text, names)
    return names


def test_a_raw_docstring_keeps_its_backslashes() -> None:
    text = made('r"""The sum \\xi of \\theta."""\n\ndef f(x):\n    return x\n', "f")

    assert names_of(text)["__doc__"] == "The sum \\xi of \\theta."


def test_a_constant_brings_the_constants_that_it_is_computed_from() -> None:
    text = made("N = 2\nM = N * 2\nK = 7\n\ndef f(x, n=M):\n    return K\n", "f")

    assert text == ("import torch\n\nN = 2\nM = N * 2\n\n\ndef f(x, n=M):\n    raise NotImplementedError\n")


@pytest.mark.parametrize("constants", ["A, N = 1, 2", "N = 1\nN += 1", "N: int = 2"])
def test_a_constant_has_its_value_however_it_is_assigned(constants: str) -> None:
    text = made(f"{constants}\n\ndef f(n=N):\n    return n\n", "f")

    assert names_of(text)["N"] == 2


def test_a_private_base_keeps_its_signature_without_its_body() -> None:
    source = (
        "from torch import nn\n\n"
        "class _Base(nn.Module):\n    def __init__(self):\n        self.secret = 1\n\n"
        "class L(_Base):\n    def forward(self, x):\n        return x\n"
    )

    assert made(source, "L") == (
        "import torch\nfrom torch import nn\n\n\n"
        "class _Base(nn.Module):\n\n    def __init__(self):\n        raise NotImplementedError\n\n\n"
        "class L(_Base):\n\n    def forward(self, x):\n        raise NotImplementedError\n"
    )


def test_a_constant_that_needs_a_class_comes_after_it() -> None:
    source = "class _Way:\n    pass\n\nWAY = _Way()\n\ndef f(way=WAY):\n    return way\n"

    assert {"_Way", "WAY", "f"} <= names_of(made(source, "f")).keys()


def test_a_decorator_that_would_have_no_body_is_left_out() -> None:
    source = "def _same(f):\n    return f\n\n@_same\ndef f(x):\n    return x\n"

    assert made(source, "f") == "import torch\n\n\ndef f(x):\n    raise NotImplementedError\n"


def test_annotations_that_are_never_evaluated_stay_so() -> None:
    source = '"""Layers."""\nfrom __future__ import annotations\n\ndef f(x: Later):\n    return x\n'

    assert made(source, "f").startswith('"""Layers."""\n\nfrom __future__ import annotations\nimport torch\n')


def test_a_default_that_is_a_member_of_a_private_enumeration_brings_its_members() -> None:
    source = (
        "import enum\n\n"
        "class _Named(str, enum.Enum):\n    def _other(self):\n        return 1\n\n"
        "class _Mode(_Named):\n    FAST = 'fast'\n    SLOW = 'slow'\n\n"
        "    def seconds(self):\n        return {'fast': 1}[self.value]\n\n"
        "def f(x, mode=_Mode.SLOW):\n    return mode.seconds()\n"
    )
    text = made(source, "f")

    assert names_of(text)["f"].__defaults__[0].value == "slow"  # type: ignore[attr-defined]
    assert "FAST" in text and "return" not in text


@pytest.mark.parametrize("base", ["NamedTuple", "typing.TypedDict"])
def test_a_class_that_is_what_it_holds_keeps_its_fields(base: str) -> None:
    source = f"import typing\nfrom typing import NamedTuple\n\nclass State({base}):\n    h: int\n    c: int\n"

    assert list(names_of(made(source, "State"))["State"].__annotations__) == ["h", "c"]  # type: ignore[attr-defined]


def test_of_another_class_only_what_signatures_read_stays() -> None:
    source = (
        "class _Sizes:\n    HALF = 2\n    WHOLE = HALF * 2\n    secret = 5\n\n"
        "    @staticmethod\n    def _act(x):\n        return x\n\n    def _other(self):\n        pass\n\n"
        "class L:\n    bias = 0\n    trick = 9\n\n"
        "    def f(self, x, bias=bias, n=_Sizes.WHOLE, act=_Sizes._act):\n        return x\n"
    )
    text = made(source, "L")

    assert names_of(text)["L"].f.__defaults__[:2] == (0, 4)  # type: ignore[attr-defined]
    assert [word for word in ("HALF", "_act", "secret", "_other", "trick") if word in text] == [
        "HALF",
        "_act",
    ]


def test_two_tasks_in_one_file_have_the_signatures_of_both() -> None:
    affine = (
        '"""Layers."""\nimport math\nimport torch\n\nN = 2\n\ndef affine(x, n=N, e=math.e):\n    return x\n'
    )
    softmax = (
        "import math\nfrom torch import Tensor\n\nN = 2\n\n"
        "def affine(x):\n    return x\n\ndef softmax(x: Tensor, n=N, e=math.e):\n    return affine(x)\n"
    )

    assert starter_file("layers.py", [(affine, ("affine",)), (softmax, ("softmax", "affine"))]) == (
        '"""Layers."""\n\nimport torch\nimport math\nfrom torch import Tensor\n\nN = 2\n\n\n'
        "def affine(x, n=N, e=math.e):\n    raise NotImplementedError\n\n\n"
        "def softmax(x: Tensor, n=N, e=math.e):\n    raise NotImplementedError\n"
    )


def test_a_default_is_that_of_its_own_task() -> None:
    of_tasks = [(f"N = {n}\n\ndef f{n}(n=N):\n    return n\n", (f"f{n}",)) for n in (1, 2)]
    names = names_of(starter_file("layers.py", of_tasks))

    assert [names[name].__defaults__ for name in ("f1", "f2")] == [(1,), (2,)]  # type: ignore[attr-defined]


def test_signatures_that_make_no_module_are_refused_with_the_name_of_the_file() -> None:
    first = "from __future__ import annotations\n\ndef f(x):\n    return x\n"
    second = "def g(x: (y := 3)):\n    return x\n"

    with pytest.raises(AssignmentError, match=r"^starter/cs231n/layers\.py cannot be made .*annotation"):
        starter_file("cs231n/layers.py", [(first, ("f",)), (second, ("g",))])
