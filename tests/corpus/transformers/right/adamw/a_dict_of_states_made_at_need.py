from collections import defaultdict

import torch


class AdamW:
    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.defaults = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        self.param_groups = [{"params": list(parameters), **self.defaults}]
        self.state = defaultdict(dict)

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                grad, state = p.grad.data, self.state[p]
                if not state:
                    state.update(step=0, m=0, v=0)
                b1, b2 = group["betas"]
                state["step"] += 1
                state["m"] = b1 * state["m"] + (1 - b1) * grad
                state["v"] = b2 * state["v"] + (1 - b2) * grad**2
                m = state["m"] / (1 - b1 ** state["step"])
                v = state["v"] / (1 - b2 ** state["step"])
                p.data = p.data - group["lr"] * (m / (torch.sqrt(v) + group["eps"]) + group["weight_decay"] * p.data)

    def zero_grad(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None
