"""What the checks of `examples/transformers/attention` ask, in plain pytest.

`bench/lines_per_check.py` counts its lines. Run it in `examples/transformers/attention`: `python -m pytest`
with the path of this file. It has no sandbox, limits, forbidden layers, names of mistakes or marks.
"""

import importlib
import os

import pytest
import torch

impl = importlib.import_module(os.environ.get("MODULE", "solution"))

SIZES = [  # leading axes, queries, keys, depth, values
    ((), 2, 3, 4, 5),
    ((6,), 3, 2, 5, 4),
    ((2, 3), 4, 5, 3, 6),
    ((), 1, 1, 1, 1),
    ((3,), 1, 4, 3, 2),
    ((2, 2), 3, 1, 2, 5),
    ((1,), 4, 3, 1, 2),
    ((3, 3), 3, 3, 3, 3),
    ((), 7, 9, 8, 6),
    ((5,), 12, 16, 9, 11),
]


def make(sizes, seed=0, dtype=torch.float64, scale=1.0):
    lead, queries, keys, depth, values = sizes
    generator = torch.Generator().manual_seed(seed)
    shapes = ((*lead, queries, depth), (*lead, keys, depth), (*lead, keys, values))
    query, key, value = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    mask = torch.rand(*lead, queries, keys, generator=generator) > 0.5
    mask[..., 0] |= ~mask.any(-1)  # each query may look at one key at least
    return (scale * query).to(dtype), (scale * key).to(dtype), value.to(dtype), mask


def expected(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = scores.softmax(-1)
    return weights @ value, weights


def agree(actual, wanted, tolerance=2e-6):
    assert isinstance(actual, (tuple, list)), f"a pair was expected, not {type(actual).__name__}"
    assert len(actual) == 2, f"2 results were expected, not {len(actual)}"
    for name, found, right in zip(("output", "weights"), actual, wanted, strict=True):
        assert isinstance(found, torch.Tensor), f"{name} is a {type(found).__name__}"
        assert found.shape == right.shape, f"{name} has shape {tuple(found.shape)}, not {tuple(right.shape)}"
        assert found.dtype == right.dtype, f"{name} is {found.dtype}, not {right.dtype}"
        torch.testing.assert_close(found, right, rtol=0, atol=tolerance * max(1.0, right.abs().max().item()))


@pytest.mark.parametrize("sizes", SIZES)
def test_result(sizes):
    query, key, value, _ = make(sizes)
    before = [one.clone() for one in (query, key, value)]
    agree(impl.attention(query, key, value), expected(query, key, value))
    assert all(torch.equal(*pair) for pair in zip((query, key, value), before, strict=True)), (
        "changed in place"
    )


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("for_all", [False, True])
def test_bool_mask(sizes, for_all):
    query, key, value, mask = make(sizes, seed=1)
    if for_all:
        mask = mask.reshape(-1, *mask.shape[-2:])[0]
    before = mask.clone()
    agree(impl.attention(query, key, value, mask), expected(query, key, value, mask))
    assert torch.equal(mask, before), "the mask was changed in place"


@pytest.mark.parametrize("sizes", SIZES)
def test_additive_mask(sizes):
    query, key, value, mask = make(sizes, seed=2)
    added = torch.zeros(mask.shape, dtype=query.dtype).masked_fill(~mask, float("-inf"))
    before = added.clone()
    agree(impl.attention(query, key, value, added), expected(query, key, value, mask))
    assert torch.equal(added, before), "the mask was changed in place"


@pytest.mark.parametrize("sizes", SIZES[:6])
@pytest.mark.parametrize("masked", [False, True])
def test_gradients(sizes, masked):
    query, key, value, mask = make(sizes, seed=3)
    mask = mask if masked else None
    leaves = {"query": query, "key": key, "value": value}
    for leaf in leaves.values():
        leaf.requires_grad_()
    wanted_output, wanted_weights = expected(query, key, value, mask)
    of_output, of_weights = torch.randn_like(wanted_output), torch.randn_like(wanted_weights)
    wanted_total = (wanted_output * of_output).sum() + (wanted_weights * of_weights).sum()
    wanted = torch.autograd.grad(wanted_total, list(leaves.values()))
    output, weights = impl.attention(query, key, value, mask)
    total = (output * of_output).sum() + (weights * of_weights).sum()
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    for name, one, right in zip(leaves, found, wanted, strict=True):
        assert one is not None, f"no gradient flows to {name}"
        torch.testing.assert_close(one, right, rtol=0, atol=2e-6 * max(1.0, right.abs().max().item()))


@pytest.mark.parametrize("sizes", SIZES[:4])
def test_large_scores(sizes):
    query, key, value, _ = make(sizes, seed=4, dtype=torch.float32, scale=1000.0)
    actual = impl.attention(query, key, value)
    agree(actual, expected(query, key, value), tolerance=1e-4)
    assert all(torch.isfinite(one).all() for one in actual), "not finite"
