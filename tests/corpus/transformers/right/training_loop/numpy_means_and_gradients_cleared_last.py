import numpy as np
import torch


def train(model, batches, loss_function, optimizer, epochs=1, max_norm=None):
    history = ()
    optimizer.zero_grad()
    for epoch in range(epochs):
        model.train()
        losses = []
        for x, y in batches:
            loss = loss_function(model(x), y)
            loss.backward()
            if max_norm is not None:
                clip(model.parameters(), max_norm)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.detach().numpy())
        history += (np.average(losses, weights=[len(x) for x, _ in batches]),)
    return history


def clip(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = torch.sqrt(sum((g**2).sum() for g in grads))
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)


def evaluate(model, batches, loss_function):
    mode = model.training
    try:
        model.eval()
        with torch.inference_mode():
            losses = [float(loss_function(model(x), y)) for x, y in batches]
    finally:
        model.train(mode)
    return np.average(losses, weights=[x.shape[0] for x, _ in batches])
