import numpy as np


class Affine:
    def __init__(self, x, w, b):
        self.x, self.w, self.b = x, w, b

    @property
    def rows(self):
        return self.x.reshape(self.x.shape[0], np.prod(self.x.shape[1:]))

    def out(self):
        return np.matmul(self.rows, self.w) + self.b

    def gradients(self, dout):
        yield np.matmul(dout, self.w.transpose()).reshape(*self.x.shape)
        yield np.matmul(self.rows.transpose(), dout)
        yield np.ones(dout.shape[0]) @ dout


def affine_forward(x, w, b):
    layer = Affine(x, w, b)
    return layer.out(), layer


def affine_backward(dout, cache):
    return tuple(cache.gradients(dout))


def softmax_loss(x, y):
    total = np.logaddexp.reduce(x, axis=1, keepdims=True)
    logp = x - total
    picked = np.take_along_axis(logp, y[:, None], axis=1)
    dx = np.exp(logp)
    np.put_along_axis(dx, y[:, None], np.take_along_axis(dx, y[:, None], 1) - 1, 1)
    return np.asarray(-picked.mean()), dx / x.shape[0]
