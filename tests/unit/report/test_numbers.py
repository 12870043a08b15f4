"""Numbers are written with as many digits as it takes to see what differs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report.numbers import Entry, Style, number, points, short, style, write, write_apart

finite = st.floats(allow_nan=False, allow_infinity=False)
entries = st.one_of(
    finite, st.integers(-(10**18), 10**18), st.booleans(), st.sampled_from(["nan", "inf", "-inf"])
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1, "1"), (2.5, "2.5"), (0.125, "0.12"), (10, "10"), (100.0, "100"), (1 / 3, "0.33")],
)
def test_points_have_no_needless_zeros(value: float, text: str) -> None:
    assert points(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (-0.5, "−0.5"),
        (1234.5, "1.23e3"),
        (1e-7, "1e−7"),
        (1e10, "1e10"),
        (-2.5e-12, "−2.5e−12"),
    ],
)
def test_a_number_in_a_sentence_has_three_digits(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(
    ("entry", "value"), [(1, 1.0), (True, 1.0), (0.5, 0.5), ("inf", math.inf), ("-inf", -math.inf)]
)
def test_an_entry_is_a_number(entry: Entry, value: float) -> None:
    assert number(entry) == value


@pytest.mark.parametrize("entry", ["nan", "", "<b>", "１x"])
def test_what_is_no_number_is_nan(entry: str) -> None:
    assert math.isnan(number(entry))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.5, 1.25], Style(False, 4)),
        ([1.0, 2.0], Style(False, 1)),
        ([], Style(False, 1)),
        ([0.0, -0.0], Style(False, 1)),
        ([1e6], Style(True, 4)),
        ([1e-4], Style(True, 4)),
        ([1e-4, 1.5], Style(False, 4)),
        ([1, True, "nan"], Style(False, 1)),
    ],
)
def test_a_table_has_one_style(values: list[Entry], expected: Style) -> None:
    assert style(values) == expected


def test_a_small_difference_brings_more_digits() -> None:
    assert style([1.0, 1.0000001], [(1.0, 1.0000001)]).decimals == 8


def test_one_tiny_difference_among_many_does_not_widen_a_table() -> None:
    pairs: list[tuple[Entry, Entry]] = [(1.0, 2.0), (1.0, 2.0), (1.0, 1.0 + 1e-12)]

    assert style([1.0, 2.5], pairs).decimals == 4


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (0.5, "0.5000"),
        (-0.25, "-0.2500"),
        (0.0, "0.0000"),
        (7, "7"),
        (True, "True"),
        ("nan", "nan"),
        (1e-9, "1.0e-09"),
    ],
)
def test_an_entry_is_written_in_the_style_of_its_table(entry: Entry, text: str) -> None:
    assert write(entry, Style(False, 4)) == text


def test_a_scientific_entry_has_its_power() -> None:
    assert write(12345678.0, Style(True, 4)) == "1.2346e+07"


@pytest.mark.parametrize(
    ("one", "other", "texts"),
    [
        (1.0, 2.0, ("1.0000", "2.0000")),
        (1.0, 1.00000001, ("1.0000000000", "1.0000000100")),
        (0.1, 0.1 + 1e-17, ("0.1", "0.10000000000000002")),
        (1.0, math.nextafter(1.0, 2.0), ("1.0000000000000000", "1.0000000000000002")),
        (1, 1.0, ("1", "1.0000")),
        ("nan", 1.0, ("nan", "1.0000")),
        ("inf", "-inf", ("inf", "-inf")),
    ],
)
def test_two_entries_that_differ_look_different(one: Entry, other: Entry, texts: tuple[str, str]) -> None:
    assert write_apart(one, other, Style(False, 4)) == texts


@given(entries, entries, st.booleans(), st.integers(0, 6))
def test_whatever_differs_is_written_apart(one: Entry, other: Entry, scientific: bool, decimals: int) -> None:
    texts = write_apart(one, other, Style(scientific, decimals))

    assert (texts[0] != texts[1]) or one == other or repr(one) == repr(other)


@given(finite.filter(bool), st.booleans(), st.integers(0, 6))
def test_what_is_not_zero_does_not_look_like_it(entry: float, scientific: bool, decimals: int) -> None:
    assert float(write(entry, Style(scientific, decimals))) != 0


@given(st.lists(entries, max_size=5), st.lists(st.tuples(entries, entries), max_size=5))
def test_any_entries_have_a_style(values: list[Entry], pairs: list[tuple[Entry, Entry]]) -> None:
    assert 0 <= style(values, pairs).decimals <= 16
