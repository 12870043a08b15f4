"""Returns tensors that lie about shape, dtype, `numpy()`, `tolist()` and `detach()`.

task: lstm_cell
check: returned failed
"""

import kit
import torch


class Liar(torch.Tensor):
    dtype = torch.float64
    shape = torch.Size((2, 3))

    def numpy(self, *_, **__):
        return open("/dev/null")

    def tolist(self):
        return [1.0]

    def detach(self):
        return self

    def numel(self):
        return 0

    def resolve_conj(self):
        return self

    def __array__(self, *_, **__):
        raise SystemExit


def step(x, state, weights):
    return tuple(torch.zeros_like(one).as_subclass(Liar) for one in state)


LSTMCell = kit.cell_by(step)
kit.tried()
