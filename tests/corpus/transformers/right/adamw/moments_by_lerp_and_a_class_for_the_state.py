from dataclasses import dataclass, field

import torch


@dataclass
class Slot:
    parameter: torch.nn.Parameter
    t: int = 0
    m: torch.Tensor = field(init=False)
    v: torch.Tensor = field(init=False)

    def __post_init__(self):
        self.m, self.v = torch.zeros_like(self.parameter), torch.zeros_like(self.parameter)


class AdamW:
    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.slots = list(map(Slot, parameters))
        self.lr, self.eps, self.decay = lr, eps, weight_decay
        self.b1, self.b2 = betas

    def step(self):
        for slot in filter(lambda s: s.parameter.grad is not None, self.slots):
            slot.t += 1
            g = slot.parameter.grad
            slot.m = torch.lerp(slot.m, g, 1 - self.b1).detach()
            slot.v = torch.lerp(slot.v, g * g, 1 - self.b2).detach()
            direction = slot.m / (1 - self.b1**slot.t)
            direction /= (slot.v / (1 - self.b2**slot.t)).sqrt() + self.eps
            with torch.no_grad():
                slot.parameter.sub_(self.lr * (direction + self.decay * slot.parameter))

    def zero_grad(self, set_to_none=False):
        for slot in self.slots:
            if slot.parameter.grad is not None:
                slot.parameter.grad = torch.zeros_like(slot.parameter)
