"""Values in words: paths, literals, descriptions."""

import numpy as np
import pytest
from generated_values import comparable, values
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.values import (
    Fields,
    Items,
    Members,
    Number,
    Other,
    Table,
    Tensor,
    Value,
    Word,
    around,
    describe,
    first_difference,
    incomparable,
    leaves,
    literal,
    size,
)

TENSOR = Tensor("float32", np.zeros((2, 3), "f4"))
TREE = Table("dict", (("w", Items("list", (1, Fields("R", (("loss", 2.0),))))), (1, Table("dict", ()))))


def test_the_parts_of_a_value_are_known_by_their_paths() -> None:
    assert leaves({"h": TENSOR, "cache": TREE, "p": Items("P", (5,), ("x",))}) == {
        "h": TENSOR,
        'cache["w"][0]': 1,
        'cache["w"][1].loss': 2.0,
        "cache[1]": Table("dict", ()),
        "p.x": 5,
    }


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (TREE, None),
        (Other("a type"), "v"),
        (Items("list", (1, Items("tuple", (Other("a type"),)))), "v[1][0]"),
        (Table("dict", ((Other("a type"), 1),)), "a key of v"),
        (Table("dict", (("a", Other("a type")),)), 'v["a"]'),
        (Members("set", (1, Other("a type"))), "v"),
    ],
)
def test_what_cannot_be_compared_is_found_wherever_it_is(value: Value, path: str | None) -> None:
    found = incomparable("v", value)

    assert found == (None if path is None else (path, Other("a type")))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Items("list", (1, "a", 2.5)), '[1, "a", 2.5]'),
        (Items("tuple", (1,)), "(1,)"),
        (Items("P", (1, 2), ("x", "y")), "P(x=1, y=2)"),
        (Members("set", ()), "set()"),
        (Members("frozenset", (1,)), "frozenset({1})"),
        (Number("float32", 1.5), "1.5"),
        (Word("torch.dtype", "torch.float32"), "torch.float32"),
        (TREE, '{"w": [1, R(loss=2)], 1: {}}'),
        (TENSOR, "a float32 tensor of shape (2, 3)"),
        ("a\nb", '"a\\nb"'),
        ("\ud800", '"\\ud800"'),
    ],
)
def test_a_value_is_written_as_python_would(value: Value, text: str) -> None:
    assert literal(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Items("list", (TENSOR, None)), "a list of 2 (Tensor, None)"),
        (Table("dict", (("a", 1),)), 'a dict of 1 ("a")'),
        (Tensor("int64", np.zeros(2, "i8"), numpy=True), "a NumPy int64 array of shape (2,)"),
        ("words", "words"),
        ("two\nlines", '"two\\nlines"'),
        (b"x", "b'x'"),
        (None, "None"),
    ],
)
def test_a_value_is_described_in_a_sentence(value: Value, text: str) -> None:
    assert describe(value) == text


@settings(deadline=None)
@given(values)
def test_every_value_has_words_that_can_be_written_and_are_short(value: Value) -> None:
    for text in (literal(value), describe(value)):
        text.encode()
        assert len(text) < 300


@settings(deadline=None)
@given(st.text(), st.text())
def test_two_texts_are_alike_up_to_where_they_begin_to_differ(one: str, other: str) -> None:
    place = first_difference(one, other)

    assert one[:place] == other[:place] and (
        one[place : place + 1] != other[place : place + 1] or one == other
    )


@pytest.mark.parametrize(
    ("place", "text"),
    [(0, '"' + "ab" * 20 + '"…'), (50, '…"' + "ab" * 40 + '"…'), (200, '…"' + "ab" * 20 + '"')],
)
def test_of_a_long_text_the_surroundings_of_a_place_are_shown(place: int, text: str) -> None:
    assert around("ab" * 100, place) == text


@settings(deadline=None)
@given(comparable)
def test_a_list_takes_more_than_what_is_in_it(value: Value) -> None:
    assert size(Items("list", (value, value))) >= 2 * size(value)
