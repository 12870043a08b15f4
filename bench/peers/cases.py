"""The thirty cases that all peers put to a submission: plain functions that assert against torch.nn."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

torch.set_num_threads(1)

_COUNTS = ((20, 128, 10, 5), (20, 128, 10, 10), (1, 1, 1, 1), (2, 3, 4, 5), (7, 5, 9, 1), (12, 16, 9, 3))
_LARGE = (100, 120, 110, 50)
_BELOW_ONE = ((0, 1, 1, 1), (3, -1, 2, 2), (3, 4, 5, 0))
_CELLS = ((2, 3, 4), (3, 2, 5), (1, 5, 4), (7, 5, 9), (12, 16, 11))
_STEPS = (5, 3, 2, 4)


def _normal(seed: int, *shapes: tuple[int, ...], dtype: torch.dtype = torch.float64) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in shapes]


def _same(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape, f"shape {tuple(found.shape)}, not {tuple(expected.shape)}"
    assert found.dtype == expected.dtype, f"{found.dtype}, not {expected.dtype}"
    near = 1e-4 if expected.dtype == torch.float32 else 1e-9
    assert torch.allclose(found, expected, near, near), f"{found}, not {expected}"


def _refuses(call: Callable[[], Any]) -> None:
    try:
        call()
    except ValueError:
        return
    raise AssertionError("no ValueError")


def count(sizes: tuple[int, int, int, int], impl: Any) -> None:
    """The number of parameters is that of the layers of torch."""
    inputs, hidden, outputs, _ = sizes
    layers = (nn.Linear(inputs, hidden, bias=False), nn.Linear(hidden, hidden), nn.Linear(hidden, outputs))
    expected = sum(parameter.numel() for layer in layers for parameter in layer.parameters())
    assert impl.count_rnn_parameters(*sizes) == expected


def below_one(sizes: tuple[int, int, int, int], impl: Any) -> None:
    """A size below 1 raises ValueError."""
    _refuses(lambda: impl.count_rnn_parameters(*sizes))


def _cells(seed: int, sizes: tuple[int, int, int], dtype: torch.dtype, impl: Any) -> tuple[Any, ...]:
    batch, inputs, hidden = sizes
    expected, cell = nn.LSTMCell(inputs, hidden).to(dtype), impl.LSTMCell(inputs, hidden).to(dtype)
    shapes = {name: tuple(parameter.shape) for name, parameter in expected.named_parameters()}
    assert shapes == {name: tuple(parameter.shape) for name, parameter in cell.named_parameters()}
    values = _normal(seed, *shapes.values(), dtype=dtype)
    for module in (expected, cell):
        module.load_state_dict(dict(zip(shapes, values, strict=True)))
    x, h, c = _normal(seed + 1, (batch, inputs), (batch, hidden), (batch, hidden), dtype=dtype)
    return cell, expected, x, h, c


def values(number: int, impl: Any) -> None:
    """Five steps give the h and c of torch's cell; the second and fourth case start without a state."""
    dtype = torch.float32 if number == 4 else torch.float64
    cell, expected, x, h, c = _cells(number, _CELLS[number], dtype, impl)
    state: Any = None if number % 2 else (h, c)
    wanted = state
    for _ in range(5):
        state, wanted = cell(x, state), expected(x, wanted)
    for found, right in zip(state, wanted, strict=True):
        _same(found, right)


def gradients(number: int, impl: Any) -> None:
    """The gradients of input, state and parameters are those of torch's cell."""
    cell, expected, *leaves = _cells(number + 10, _CELLS[number], torch.float64, impl)
    found = []
    for module in (cell, expected):
        tensors = [leaf.clone().requires_grad_() for leaf in leaves]
        total = sum(
            (output * weight).sum()
            for output, weight in zip(
                module(tensors[0], (tensors[1], tensors[2])),
                _normal(number, *(leaf.shape for leaf in leaves[1:])),
                strict=True,
            )
        )
        parameters = dict(module.named_parameters())
        found.append(
            torch.autograd.grad(total, [*tensors, *(parameters[name] for name in sorted(parameters))])
        )
    for one, right in zip(*found, strict=True):
        _same(one, right)


def _arguments(seed: int) -> tuple[Tensor, ...]:
    steps, batch, inputs, hidden = _STEPS
    shapes = (steps, batch, inputs), (batch, hidden), (batch, hidden), (4 * hidden, inputs)
    return tuple(_normal(seed, *shapes, (4 * hidden, hidden), (4 * hidden,), (4 * hidden,)))


def _fixed(gate: float | None, arguments: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """Return hs and cs of torch's cell; a bias alone holds the forget gate at `gate`."""
    x, h, c, *weights = arguments
    hidden = h.shape[1]
    if gate is not None:
        weights = [weight.clone() for weight in weights]
        for weight in weights:
            weight[hidden : 2 * hidden] = 0
        weights[2][hidden : 2 * hidden] = {0.0: -1e4, 1.0: 1e4}.get(gate) or math.log(gate / (1 - gate))
    states = [(h, c)]
    for x_t in x:
        states.append(torch.lstm_cell(x_t, states[-1], *weights))
    hs, cs = zip(*states[1:], strict=True)
    return torch.stack(hs), torch.stack(cs)


def gate(held: float | None, seed: int, impl: Any) -> None:
    """All steps are those of torch's cell whose forget gate is held there, None for not held."""
    arguments = _arguments(seed)
    copies = [argument.clone() for argument in arguments]
    for found, right in zip(
        impl.ablated_lstm(*copies, forget_gate=held), _fixed(held, arguments), strict=True
    ):
        _same(found, right)


def outside(held: float, impl: Any) -> None:
    """A forget gate outside [0, 1] raises ValueError."""
    _refuses(lambda: impl.ablated_lstm(*_arguments(30), forget_gate=held))


CASES: dict[str, tuple[str, Callable[[Any], None]]] = {
    **{f"count_{n}": ("param_counter", partial(count, sizes)) for n, sizes in enumerate((*_COUNTS, _LARGE))},
    **{f"below_one_{n}": ("param_counter", partial(below_one, sizes)) for n, sizes in enumerate(_BELOW_ONE)},
    **{f"values_{n}": ("lstm_cell", partial(values, n)) for n in range(len(_CELLS))},
    **{f"gradients_{n}": ("lstm_cell", partial(gradients, n)) for n in range(len(_CELLS))},
    **{
        f"gate_{n}": ("forget_gate", partial(gate, held, n))
        for n, held in enumerate((None, None, 0, 1, 0.5, 0.3, 0.9))
    },
    **{
        f"outside_{n}": ("forget_gate", partial(outside, held))
        for n, held in enumerate((-0.001, 1.5, math.nan))
    },
}
"""Every case by name: the module that it is for, and what to call with that module."""


def check(name: str, impl: Any) -> None:
    """Put one case to a module; raises `AssertionError`, or whatever the module raises."""
    CASES[name][1](impl)
