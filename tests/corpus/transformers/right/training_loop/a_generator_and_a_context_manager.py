from contextlib import contextmanager

import torch
import torch.nn as nn


@contextmanager
def evaluating(model):
    state = model.training
    model.train(False)
    with torch.no_grad():
        yield model
    model.train(state)


def steps(model, batches, loss_function, optimizer, max_norm):
    for x, y in batches:
        for p in model.parameters():
            p.grad = None
        loss = loss_function(model(x), y)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), float("inf") if max_norm is None else max_norm)
        assert norm >= 0
        optimizer.step()
        yield len(x), loss.item()


def mean(pairs):
    weights, values = zip(*pairs)
    return sum(w * v for w, v in zip(weights, values)) / sum(weights)


def train(model, batches, loss_function, optimizer, epochs=1, max_norm=None):
    model.train()
    return [mean(steps(model, batches, loss_function, optimizer, max_norm)) for _ in range(epochs)]


def evaluate(model, batches, loss_function):
    with evaluating(model) as net:
        return mean((len(x), loss_function(net(x), y).item()) for x, y in batches)
