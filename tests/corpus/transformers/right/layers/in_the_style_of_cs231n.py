from builtins import range
import numpy as np


def affine_forward(x, w, b):
    out = None
    x_row = x.reshape(x.shape[0], -1)
    out = x_row.dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx, dw, db = None, None, None
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def softmax_loss(x, y):
    loss, dx = None, None
    num_train = x.shape[0]
    scores = x - np.max(x, axis=1)[:, np.newaxis]
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    log_probs = scores - np.log(np.sum(exp_scores, axis=1, keepdims=True))
    loss = -np.sum(log_probs[range(num_train), y]) / num_train
    dx = probs.copy()
    dx[range(num_train), y] -= 1
    dx /= num_train
    return loss, dx
