import numpy as np
import torch


class AdamW:
    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.parameters = tuple(parameters)
        self.config = [
            {"learning_rate": lr, "beta1": betas[0], "beta2": betas[1], "epsilon": eps, "wd": weight_decay, "t": 0}
            for _ in self.parameters
        ]

    def step(self):
        for p, config in zip(self.parameters, self.config):
            if p.grad is not None:
                p.data.copy_(torch.from_numpy(adamw(p.detach().numpy(), p.grad.numpy(), config)))

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None


def adamw(w, dw, config):
    config.setdefault("m", np.zeros_like(w))
    config.setdefault("v", np.zeros_like(w))
    config["t"] += 1
    t, beta1, beta2 = config["t"], config["beta1"], config["beta2"]
    config["m"] = beta1 * config["m"] + (1 - beta1) * dw
    config["v"] = beta2 * config["v"] + (1 - beta2) * (dw**2)
    mt, vt = config["m"] / (1 - beta1**t), config["v"] / (1 - beta2**t)
    step = config["learning_rate"] * mt / (np.sqrt(vt) + config["epsilon"])
    return w - step - config["learning_rate"] * config["wd"] * w
