"""Objects become values and come back, whatever their classes say of themselves."""

import collections
import dataclasses
import enum
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from grader.guest.observing import observation, observations, restored
from grader.values import Fields, Items, Members, Number, Other, Table, Tensor, Value


@dataclasses.dataclass
class Result:
    loss: float
    steps: list[int]


class Colour(enum.Enum):
    RED = 1


class EndlessList(list[Any]):
    def __iter__(self) -> Any:
        while True:
            yield 1

    def __len__(self) -> int:
        return 10**12

    def __getitem__(self, place: Any) -> Any:
        raise KeyError


class HiddenDict(dict[Any, Any]):
    def items(self) -> Any:
        return ()

    def __iter__(self) -> Any:
        raise ValueError

    def __len__(self) -> int:
        return 0


class LyingText(str):
    def __str__(self) -> str:
        return "a lie"

    def encode(self, *arguments: Any) -> bytes:
        return b""


class LyingInt(int):
    def __int__(self) -> int:
        return 7

    def __index__(self) -> int:
        return 7


class LyingFloat(float):
    def __float__(self) -> float:
        return 7.0


TEXTS = (("dtype", "str"), ("shape", Items("tuple", (2,))), ("entries", Items("list", ("a", "bc"))))


class PretendsToBeAList:
    __class__ = list  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (EndlessList([1, 2]), Items("list", (1, 2))),
        (HiddenDict(a=1), Table("HiddenDict", (("a", 1),))),
        (LyingText("truth"), "truth"),
        (LyingInt(3), 3),
        (LyingFloat(3.0), 3.0),
        (PretendsToBeAList(), Other("a PretendsToBeAList")),
        (Result(0.5, [1]), Fields("Result", (("loss", 0.5), ("steps", Items("list", (1,)))))),
        (Colour.RED, Fields("Colour", (("name", "RED"), ("value", 1)))),
        (np.bool_(True), Number("bool", True)),
        (np.complex64(1j), Number("complex64", 1j)),
        (np.longdouble(1), Other("a longdouble")),
        (np.ma.masked_array([1, 2], [0, 1]), Other("a MaskedArray")),
        (bytearray(b"x"), b"x"),
        (
            np.array(["a", "bc"]),
            Fields("numpy.ndarray", TEXTS),
        ),
    ],
)  # fmt: skip
def test_an_object_is_read_as_what_it_is(value: Any, expected: Value) -> None:
    found = observation(value)

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("value", "dtype", "numpy"),
    [
        (torch.tensor([1.5], dtype=torch.bfloat16), "bfloat16", False),
        (torch.tensor([1.5]).to(torch.float8_e5m2), "float8_e5m2", False),
        (torch.tensor([1], dtype=torch.uint16), "uint16", False),
        (np.array([1.5], ">f8"), "float64", True),
        (np.array(1.5), "float64", True),
        (np.array([[True]]), "bool", True),
    ],
)
def test_entries_of_every_dtype_are_kept(value: Any, dtype: str, numpy: bool) -> None:
    found = observation(value)

    assert isinstance(found, Tensor)
    assert (found.dtype, found.numpy, found.array.tolist()) == (dtype, numpy, value.tolist())


def test_the_same_set_is_the_same_in_any_order() -> None:
    assert observation({"b", "a", 1}) == observation({1, "a", "b"}) == Members("set", ("a", "b", 1))


def test_what_contains_itself_has_an_end() -> None:
    one: list[Any] = []
    one.append({"again": one})

    assert observation(one) == Items(
        "list", (Table("dict", (("again", Other("a list of 1 that contains itself")),)),)
    )


def test_the_same_list_twice_is_no_cycle() -> None:
    shared = [1]

    assert observation([shared, shared]) == Items("list", (Items("list", (1,)),) * 2)


@pytest.mark.parametrize(
    "value",
    [list(range(10**5)), {n: n for n in range(10**5)}, [[0] * 200] * 200, ["x" * (1 << 19)] * 30],
    ids=["a list", "a dict", "lists of lists", "texts"],
)
def test_what_is_too_large_is_described_and_leaves_room_for_others(value: Any) -> None:
    found = observations({"large": value, "n": 5})

    assert isinstance(found["large"], Other) and found["n"] == 5


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ([1], "not a list of 1"),
        (None, "not None"),
        ({1: 2}, "an int is no name"),
        ({"h": 1, " h ": 2}, "two observations that are called 'h'"),
        ({"h, c": (1, 2), "c": 3}, "two observations that are called 'c'"),
        ({"x" * 301: 1}, "301 characters"),
        ({str(n): n for n in range(257)}, "more than 256 values"),
    ],
)
def test_a_check_returns_names_and_values_and_nothing_else(returned: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        observations(returned)


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, (2.5, None)], 1: {"b": {3}}, (1, 2): frozenset("x")},
        torch.Size([2, 3]),
        collections.deque([1]),
        torch.float32,
        torch.device("cpu"),
        np.dtype("f4"),
        np.float32(1.5),
        Fraction(1, 3),
        slice(1, None),
        10**4000,
        1j,
        b"x",
        "\ud800",
    ],
)
def test_a_law_is_given_what_the_check_returned(value: Any) -> None:
    found = restored({"v": observation(value)})["v"]

    assert (type(found), found) == (type(value), value)


def test_a_law_is_given_the_fields_of_what_has_fields() -> None:
    returned = {"point": Point(1, 2), "result": Result(0.5, [1]), "texts": np.array([["a"], ["b"]])}
    found = restored(observations(returned))

    assert (found["point"].y, found["result"].steps, found["texts"].tolist()) == (2, [1], [["a"], ["b"]])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn, torch.uint16, torch.bool])
def test_a_law_is_given_tensors_of_their_dtype(dtype: torch.dtype) -> None:
    found = restored({"v": observation(torch.ones(2, dtype=dtype))})["v"]

    assert (found.dtype, found.shape) == (dtype, (2,))
