"""A training loop."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

Batches = Sequence[tuple[Tensor, Tensor]]
Loss = Callable[[Tensor, Tensor], Tensor]


def train(
    model: nn.Module,
    batches: Batches,
    loss_function: Loss,
    optimizer: Any,
    epochs: int = 1,
    max_norm: float | None = None,
) -> list[float]:
    """Train the model; return the mean loss per sample of each epoch."""
    model.train()
    history = []
    for _ in range(epochs):
        total, samples = 0.0, 0
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            if max_norm is not None:
                nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            total += loss.item() * len(x)
            samples += len(x)
        history.append(total / samples)
    return history


def evaluate(model: nn.Module, batches: Batches, loss_function: Loss) -> float:
    """Return the mean loss per sample in evaluation mode."""
    was_training = model.training
    model.eval()
    total, samples = 0.0, 0
    with torch.no_grad():
        for x, y in batches:
            total += loss_function(model(x), y).item() * len(x)
            samples += len(x)
    model.train(was_training)
    return total / samples
