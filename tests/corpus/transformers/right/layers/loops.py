import math

import numpy as np


def affine_forward(x, w, b):
    out = np.zeros((x.shape[0], w.shape[1]))
    for n in range(x.shape[0]):
        out[n] = x[n].ravel() @ w + b
    return out, (x.copy(), w.copy())


def affine_backward(dout, cache):
    x, w = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(w.shape[1])
    for n, d in enumerate(dout):
        dx[n] = (w @ d).reshape(x[n].shape)
        dw += np.outer(x[n].ravel(), d)
        db += d
    return dx, dw, db


def softmax_loss(x, y):
    total, dx = 0.0, np.empty_like(x)
    for n, row in enumerate(x):
        largest = max(row)
        sum_exp = math.fsum(math.exp(s - largest) for s in row)
        total += math.log(sum_exp) + largest - row[y[n]]
        for c in range(len(row)):
            dx[n, c] = (math.exp(row[c] - largest) / sum_exp - (c == y[n])) / len(x)
    return float(total / len(x)), dx
