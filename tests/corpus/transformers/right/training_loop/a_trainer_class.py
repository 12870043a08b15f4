import torch
from torch import nn


class Trainer:
    def __init__(self, model, loss_function, optimizer=None, max_norm=None):
        self.model, self.loss_function = model, loss_function
        self.optimizer, self.max_norm = optimizer, max_norm

    def epoch(self, batches):
        losses, sizes = [], []
        for x, y in batches:
            loss = self.loss_function(self.model(x), y)
            if self.optimizer is not None:
                self.update(loss)
            losses.append(loss.item())
            sizes.append(x.shape[0])
        return sum(a * b for a, b in zip(losses, sizes)) / sum(sizes)

    def update(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        if self.max_norm is not None:
            nn.utils.clip_grad_norm_(list(self.model.parameters()), self.max_norm)
        self.optimizer.step()


def train(model, batches, loss_function, optimizer, epochs=1, max_norm=None):
    model.train()
    trainer = Trainer(model, loss_function, optimizer, max_norm)
    return [trainer.epoch(batches) for _ in range(epochs)]


def evaluate(model, batches, loss_function):
    before = model.training
    model.eval()
    with torch.set_grad_enabled(False):
        result = Trainer(model, loss_function).epoch(batches)
    if before:
        model.train()
    return result
