import torch
from typing import List, Tuple

import torch
from torch import Tensor


@torch.jit.script
def run(x: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor, a: Tensor, b: Tensor,
        keep: float) -> Tuple[Tensor, Tensor]:
    hs: List[Tensor] = []
    cs: List[Tensor] = []
    for t in range(x.size(0)):
        i, f, g, o = (x[t] @ w.t() + a + h @ u.t() + b).chunk(4, 1)
        f = torch.sigmoid(f)
        if keep >= 0:
            f = torch.full_like(f, keep)
        c = f * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        hs.append(h)
        cs.append(c)
    return torch.stack(hs), torch.stack(cs)


def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
    keep = -1.0 if forget_gate is None else float(forget_gate)
    return run(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, keep)
