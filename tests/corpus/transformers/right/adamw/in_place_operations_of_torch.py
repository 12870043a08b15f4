import math

import torch


class AdamW:
    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = [p for p in parameters]
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay
        self.exp_avg = [torch.zeros_like(p.data) for p in self.params]
        self.exp_avg_sq = [torch.zeros_like(p.data) for p in self.params]
        self.steps = [0] * len(self.params)

    def step(self):
        b1, b2 = self.betas
        with torch.no_grad():
            for i, p in enumerate(self.params):
                if p.grad is None:
                    continue
                self.steps[i] += 1
                p.mul_(1 - self.lr * self.weight_decay)
                self.exp_avg[i].mul_(b1).add_(p.grad, alpha=1 - b1)
                self.exp_avg_sq[i].mul_(b2).addcmul_(p.grad, p.grad, value=1 - b2)
                bias1 = 1 - b1 ** self.steps[i]
                bias2 = 1 - b2 ** self.steps[i]
                denom = self.exp_avg_sq[i].sqrt().div_(math.sqrt(bias2)).add_(self.eps)
                p.addcdiv_(self.exp_avg[i], denom, value=-self.lr / bias1)

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.detach_()
                p.grad.zero_()
