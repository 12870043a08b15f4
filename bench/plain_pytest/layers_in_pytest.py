"""What the checks of `examples/transformers/layers` ask, in plain pytest; see `attention_in_pytest.py`."""

import importlib
import os

import numpy as np
import pytest

impl = importlib.import_module(os.environ.get("MODULE", "solution"))

SHAPES = [  # samples, axes of a sample, outputs
    (2, (3,), 4),
    (3, (2, 4), 5),
    (4, (2, 3, 2), 3),
    (1, (1,), 1),
    (1, (2, 3), 5),
    (3, (1, 5, 2), 2),
    (3, (4,), 1),
    (3, (3, 3), 3),
    (7, (5, 6, 2), 9),
    (12, (16,), 9),
]


def arguments(shape, seed):
    samples, axes, outputs = shape
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((samples, *axes))
    w = generator.standard_normal((int(np.prod(axes)), outputs))
    return x, w, generator.standard_normal(outputs), generator.standard_normal((samples, outputs))


def scores(shape, seed, scale=1.0):
    samples, _, classes = shape
    generator = np.random.default_rng(seed)
    return scale * generator.standard_normal((samples, classes)), generator.integers(0, classes, samples)


def agree(name, found, right):
    assert isinstance(found, np.ndarray), f"{name} is a {type(found).__name__}"
    assert found.shape == right.shape, f"{name} has shape {found.shape}, not {right.shape}"
    assert found.dtype == right.dtype, f"{name} is {found.dtype}, not {right.dtype}"
    tolerance = 2e-6 * max(1.0, np.abs(right).max())
    np.testing.assert_allclose(found, right, rtol=0, atol=tolerance, err_msg=name)


def unchanged(before, after):
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one, other), "an argument was changed in place"


def expected_loss(x, y):
    shifted = x - x.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    dx = np.exp(logs)
    dx[np.arange(len(x)), y] -= 1
    return -logs[np.arange(len(x)), y].mean(), dx / len(x)


@pytest.mark.parametrize("shape", SHAPES)
def test_forward(shape):
    x, w, b, _ = arguments(shape, seed=0)
    before = [one.copy() for one in (x, w, b)]
    out, _ = impl.affine_forward(x, w, b)
    agree("out", out, x.reshape(len(x), -1) @ w + b)
    unchanged(before, (x, w, b))


@pytest.mark.parametrize("gradient", ["dx", "dw", "db"])  # apart: each is worth a third
@pytest.mark.parametrize("shape", SHAPES)
def test_backward(shape, gradient):
    x, w, b, dout = arguments(shape, seed=1)
    before = [one.copy() for one in (x, w, b, dout)]
    _, cache = impl.affine_forward(x, w, b)
    found = impl.affine_backward(dout, cache)
    assert isinstance(found, (tuple, list)), f"three gradients were expected, not {type(found).__name__}"
    assert len(found) == 3, f"3 gradients were expected, not {len(found)}"
    rows = x.reshape(len(x), -1)
    wanted = {"dx": (dout @ w.T).reshape(x.shape), "dw": rows.T @ dout, "db": dout.sum(0)}
    agree(gradient, found[list(wanted).index(gradient)], wanted[gradient])
    unchanged(before, (x, w, b, dout))


@pytest.mark.parametrize("shape", SHAPES)
def test_loss(shape):
    x, y = scores(shape, seed=2)
    before = x.copy(), y.copy()
    assert float(impl.softmax_loss(x, y)[0]) == pytest.approx(expected_loss(x, y)[0], rel=2e-6, abs=2e-6)
    unchanged(before, (x, y))


@pytest.mark.parametrize("shape", SHAPES)
def test_gradient(shape):
    x, y = scores(shape, seed=3)
    before = x.copy(), y.copy()
    agree("dx", impl.softmax_loss(x, y)[1], expected_loss(x, y)[1])
    unchanged(before, (x, y))


@pytest.mark.parametrize("shape", SHAPES[:4])
def test_large_scores(shape):
    x, y = scores(shape, seed=4, scale=3000.0)
    before = x.copy(), y.copy()
    loss, dx = impl.softmax_loss(x, y)
    right_loss, right_dx = expected_loss(x, y)
    assert np.isfinite(loss), "the loss is not finite"
    assert float(loss) == pytest.approx(right_loss, rel=2e-6, abs=2e-6)
    agree("dx", dx, right_dx)
    unchanged(before, (x, y))
