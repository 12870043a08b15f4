"""Values of every kind, nested, as Hypothesis makes them up."""

import math

import numpy as np
from hypothesis import strategies as st

from grader.values import Fields, Items, Members, Number, Other, Table, Tensor, Value, Word
from grader.wire import DTYPES, NUMPY

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
any_text = st.text(st.characters(), max_size=30)  # lone surrogates too
names = st.text("abcxyz", min_size=1, max_size=5)


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    """A tensor of any dtype, shape (zero-sized too) and bit pattern (NaN payloads too)."""
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    kind = np.dtype(DTYPES[dtype])
    size = math.prod(shape) * kind.itemsize
    if dtype == "bool":
        data = bytes(draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)))
    else:
        data = draw(st.binary(min_size=size, max_size=size))
    array = np.frombuffer(data, kind).reshape(shape) if size else np.zeros(shape, kind)
    return Tensor(dtype, array, dtype in NUMPY and draw(st.booleans()))


plain = st.one_of(
    st.booleans(),
    st.integers(-(2**200), 2**200),
    st.integers(-5, 5),
    st.floats(),
    st.complex_numbers(),
    any_text,
    st.binary(max_size=30),
    st.none(),
)
numbers = st.one_of(
    st.builds(Number, st.just("bool"), st.booleans()),
    st.builds(Number, st.just("int64"), st.integers(-(2**63), 2**63 - 1)),
    st.builds(Number, st.just("float64"), st.floats()),
    st.builds(Number, st.just("complex128"), st.complex_numbers()),
)
words = st.builds(Word, st.sampled_from(["torch.dtype", "torch.device"]), texts)
keys = st.one_of(st.booleans(), st.integers(-3, 3), st.floats(), any_text, st.none(), words)


def _containers(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    lists = st.lists(inner, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Items, st.sampled_from(["list", "tuple", "deque"]), lists),
        lists.map(lambda items: Items("Point", items, tuple(f"m{n}" for n in range(len(items))))),
        st.builds(
            Members,
            st.sampled_from(["set", "frozenset"]),
            st.lists(keys, max_size=4, unique_by=repr).map(tuple),
        ),
        st.builds(
            Table,
            st.just("dict"),
            st.lists(st.tuples(keys, inner), max_size=4, unique_by=lambda pair: repr(pair[0])).map(tuple),
        ),
        st.dictionaries(names, inner, max_size=4).map(lambda held: Fields("Result", tuple(held.items()))),
    )


comparable: st.SearchStrategy[Value] = st.recursive(
    st.one_of(plain, numbers, words, tensors()), _containers, max_leaves=10
)
"""Everything that can be compared."""
values: st.SearchStrategy[Value] = st.one_of(comparable, texts.map(Other))
