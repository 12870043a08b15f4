import torch
from torch.optim import Optimizer


class AdamW(Optimizer):
    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        defaults = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        super().__init__(parameters, defaults)

    def step(self, closure=None):
        for group in self.param_groups:
            alpha, (b1, b2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                t = state["t"] = state.get("t", 0) + 1
                m = state["m"] = b1 * state.get("m", torch.zeros_like(p.data)) + (1 - b1) * p.grad.data
                v = state["v"] = b2 * state.get("v", torch.zeros_like(p.data)) + (1 - b2) * p.grad.data.square()
                theta = p.data.clone()
                p.data -= alpha * (m / (1 - b1**t)) / ((v / (1 - b2**t)) ** 0.5 + group["eps"])
                p.data -= alpha * group["weight_decay"] * theta
