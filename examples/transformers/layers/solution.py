"""Affine layer and softmax loss in NumPy."""

from typing import Any

import numpy as np


def affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
    """Return out (N, M) and what the backward pass needs."""
    rows = x.reshape(len(x), -1)
    out = rows @ w + b
    return out, (x, w)


def affine_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients with respect to x, w and b."""
    x, w = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def softmax_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the loss and its gradient with respect to the scores."""
    n = len(x)
    shifted = x - x.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -logs[np.arange(n), y].mean()
    dx = np.exp(logs)
    dx[np.arange(n), y] -= 1
    dx /= n
    return loss, dx
