"""A case: the sizes, tensors and parameters for one call of a check.

Everything is derived from (check, number, seed), so a failing case can be reproduced. Sizes grow from case
to case and are all unequal in the early ones. Numbers of case 0 have one decimal, so that a person can
follow it by hand.
"""

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

_FIRST = (2, 3, 4, 5, 6, 7)
_SECOND = (3, 2, 5, 4, 7, 6)
_LARGER = (7, 5, 9, 6, 8, 10)
_LARGEST = (12, 16, 9, 11, 10, 13)
_EDGES = 4  # cases 3 .. 6: the first, second, third, fourth size alone is 1
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_EXTREMES = (50.0, -50.0, 1e4, -1e4)
_GRID = 2.0**20
"""The part of a unit that normal numbers are multiples of."""

T = TypeVar("T")

name_of: Callable[[type], str] = type.__dict__["__name__"].__get__
"""Returns the true name of a class, even if its metaclass overrides `__name__`."""


class Case:
    """The inputs of one call of a check. `number` counts from 0; `dtype` is the dtype of tensors."""

    def __init__(self, check: str, number: int, seed: int, dtype: torch.dtype) -> None:
        self.number = number
        self.dtype = dtype
        self.sizes: dict[str, int] = {}
        self.drawn: list[tuple[str, str, Any]] = []
        self._key = f"{seed}/{check}/{number}"
        self._random = self._generator("")
        self._given: list[tuple[str, Tensor, Tensor]] = []
        self._apart: set[int] = set()
        """Sizes that no other size of this case may equal."""

    def size(self, name: str, least: int = 1, multiple_of: int | None = None) -> int:
        """Return the size called `name`, at least `least`; it stays the same within a case.

        With `multiple_of`, it is a multiple of that and never equals another size of the case:
        `size("embed", multiple_of=heads)`. Raises `ValueError` if it was asked for before as a number that
        is no such multiple.
        """
        step = 1 if multiple_of is None else multiple_of
        if step < 1:
            raise ValueError(f"multiple_of={step} for the size {name!r}; it must be at least 1")
        if name not in self.sizes:
            times = max(-(-least // step), self._size(len(self.sizes)))
            if multiple_of is not None or times in self._apart:
                taken = set(self.sizes.values())
                times = next(n for n in itertools.count(times) if n * step not in taken)
                self._apart.add(times * step)
            self.sizes[name] = times * step
        if self.sizes[name] % step:
            raise ValueError(f"the size {name!r} is {self.sizes[name]}, which is no multiple of {step}")
        return self.sizes[name]

    def _size(self, place: int) -> int:
        place %= len(_FIRST)
        match self.number:
            case 0:
                return _FIRST[place]
            case 1:
                return _SECOND[place]
            case 2:
                return 1
            case edge if edge < 3 + _EDGES:
                return 1 if place == edge - 3 else _SECOND[place]
            case 7:
                return 3  # all equal: what only works for square weights works here
            case 8:
                return _LARGER[place]
            case 9:
                return _LARGEST[place]
        return int(torch.randint(1, 12, (), generator=self._random))

    def normal(self, *shape: int, name: str = "", scale: float = 1.0) -> Tensor:
        """Return a tensor of `shape` with independent normal entries, `scale` times standard."""
        value = _randn(shape, self._random) * scale
        return self._give(self._short(value, scale).to(self.dtype), name)

    def uniform(self, low: float, high: float, *shape: int, name: str = "") -> Tensor:
        """Return a tensor of `shape` with entries drawn evenly from `low` to `high`."""
        value = low + (high - low) * torch.rand(shape, generator=self._random, dtype=torch.float64)
        if self.number == 0 and high - low >= 1:
            value = self._short(value).clamp(low + 0.1, high - 0.1)
        return self._give(value.to(self.dtype), name)

    def extreme(self, *shape: int, name: str = "") -> Tensor:
        """Return a tensor of `shape` that mixes ±50 and ±1e4 with ordinary entries.

        What is computed from such inputs stays finite unless an exponential written by hand
        overflows.
        """
        value = _randn(shape, self._random)
        extremes = torch.tensor(_EXTREMES, dtype=torch.float64)
        which = torch.randint(0, 2 * len(_EXTREMES), shape, generator=self._random)
        large = extremes[which % len(_EXTREMES)]
        return self._give(torch.where(which < 6, large, value).to(self.dtype), name)

    def integers(self, low: int, high: int, *shape: int, name: str = "") -> Tensor:
        """Return an int64 tensor of `shape` with whole numbers from `low` to `high`, both included."""
        return self._give(torch.randint(low, high + 1, shape, generator=self._random), name)

    def classes(self, count: int, *shape: int, name: str = "") -> Tensor:
        """Return an int64 tensor of `shape` with labels from 0 to `count` - 1."""
        return self.integers(0, count - 1, *shape, name=name)

    def mask(self, *shape: int, name: str = "", share: float = 0.5) -> Tensor:
        """Return a boolean tensor of `shape`; about `share` of its entries are True.

        Each row (along the last axis) has at least one True, and the whole at least one False unless its rows
        have a single entry. Raises `ValueError` if the rows have none.
        """
        if not shape or not shape[-1]:
            raise ValueError(f"a mask of shape {shape} has rows without an entry")
        drawn = torch.rand(shape, generator=self._random, dtype=torch.float64)
        value = (drawn < share) | (drawn == drawn.amin(-1, keepdim=True))
        if shape[-1] > 1 and value.numel() and bool(value.all()):
            value = drawn < drawn.max()
        return self._give(value, name)

    def text(self, length: int, letters: Sequence[str] = _LETTERS, name: str = "") -> str:
        """Return a text of `length` letters, each drawn from `letters`."""
        places = torch.randint(0, len(letters), (length,), generator=self._random).tolist()
        value = "".join(letters[place] for place in places)
        self.drawn.append(("text", name, value))
        return value

    def batches(self, size: int, *tensors: Tensor) -> list[tuple[Tensor, ...]]:
        """Return `tensors` cut along their first axis into batches of `size` rows, the last one smaller.

        A batch holds a part of each tensor, so `for x, y in case.batches(4, inputs, labels)` is an epoch.
        Raises `ValueError` if the tensors differ in their number of rows.
        """
        if len({len(tensor) for tensor in tensors}) != 1:
            rows = ", ".join(str(len(tensor)) for tensor in tensors) or "none"
            raise ValueError(f"batches are cut from tensors with equally many rows; these have {rows}")
        return list(zip(*(torch.split(tensor, size) for tensor in tensors), strict=True))

    def show(self, name: str, value: T) -> T:
        """Return `value`, and show it in the feedback as it is now, called `name`.

        For what a check makes out of drawn numbers: a vocabulary, a list of pairs, a schedule.
        """
        self.drawn.append(("shown", name, _as_it_is(value)))
        return value

    def integer(self, low: int, high: int, name: str = "") -> int:
        """Return a whole number from `low` to `high`, both included."""
        value = int(torch.randint(low, high + 1, (), generator=self._random))
        self.drawn.append(("integer", name, value))
        return value

    def pick(self, options: Sequence[T]) -> T:
        """Return one of `options`, the next one in each case."""
        return options[self.number % len(options)]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Return `options` in an order that is drawn at random."""
        order = torch.randperm(len(options), generator=self._random).tolist()
        self.drawn.append(("order", "", order))
        return [options[place] for place in order]

    def fill(self, module: nn.Module, scale: float = 0.5) -> nn.Module:
        """Set every parameter of `module` to values that depend on its name; return `module`.

        The module is moved to the case's dtype first. Entries are normal, `scale` times
        standard, and depend on the parameter's name and shape only, not on the order of
        registration.
        """
        module.to(self.dtype)
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                generator = self._generator(name)
                shape = tuple(parameter.shape)
                value = _randn(shape, generator) * scale
                value = self._short(value, scale)
                parameter.copy_(value.to(self.dtype))
                self.drawn.append(("fill", name, value.to(self.dtype)))
        return module

    def gradients(
        self, call: Callable[[], Any], module: nn.Module | None = None, /, **leaves: Tensor
    ) -> dict[str, Tensor | None]:
        """Return the gradients of `call()` with respect to `leaves` and the module's parameters.

        Every floating-point tensor that `call` returns (alone or in a tuple, list or dict) is
        weighted with a random cotangent of its shape before the backward pass. None stands for
        a leaf that the result does not depend on as far as autograd knows.
        """
        inputs = dict(leaves)
        if module is not None:
            inputs.update(module.named_parameters())
        for tensor in inputs.values():
            tensor.requires_grad_(True)
        # One weighted sum instead of `grad_outputs`: the first use of that imports sympy.
        weighted = []
        for output in _tensors(call()):
            if output.is_floating_point():
                shape = tuple(output.shape)
                cotangent = self._short(_randn(shape, self._random))
                self.drawn.append(("cotangent", "", cotangent.to(self.dtype)))
                weighted.append((output * cotangent.to(output.dtype)).sum())
        total = sum(weighted)
        if not isinstance(total, Tensor) or not total.requires_grad:
            return dict.fromkeys(inputs)
        for tensor in inputs.values():
            tensor.grad = None
        # Not by `autograd.grad`: torch's older checkpoints refuse that.
        total.backward()  # type: ignore[no-untyped-call]
        found = {name: tensor.grad for name, tensor in inputs.items()}
        for tensor in inputs.values():
            tensor.grad = None
        for tensor in leaves.values():
            tensor.requires_grad_(False)
        return found

    def raises(self, kind: type[BaseException], call: Callable[[], Any]) -> str:
        """Return the name of `kind` if `call()` raises it, otherwise what happened, in words.

        A program can replace this method by one that always returns `kind`. So put calls that must raise and
        calls that must not into one check, in the order of `shuffled`: then no constant answer is right.
        """
        try:
            call()
        except kind:
            return name_of(kind)
        except Exception as error:
            name = name_of(type(error))
            return name if name != name_of(kind) else f"another {name}"
        return "no exception"

    def changed(self) -> list[str]:
        """Return the names of the tensors that were changed since this case gave them out."""
        return [
            name or "an argument"
            for name, given, before in self._given
            if given.shape != before.shape
            or given.dtype != before.dtype
            or not torch.equal(given.detach(), before)
        ]

    def _short(self, value: Tensor, scale: float = 1.0) -> Tensor:
        """Return numbers of one decimal in case 0, none of them zero; otherwise `value` as it is."""
        if self.number != 0 or abs(scale) < 0.1:
            return value
        rounded = value.round(decimals=1)
        return torch.where(rounded == 0, torch.full_like(value, 0.1).copysign(value), rounded)

    def _give(self, value: Tensor, name: str) -> Tensor:
        before = value.clone()
        self._given.append((name, value, before))
        self.drawn.append(("tensor", name, before))
        return value

    def _generator(self, name: str) -> torch.Generator:
        digest = hashlib.sha256(f"{self._key}/{name}".encode()).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def _randn(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Return a float64 tensor of normal numbers that are multiples of 2^-20.

    torch computes them with logarithms and cosines, whose last digit depends on the processor and the
    system. Without the last digits, every machine draws the same.
    """
    value = torch.randn(shape, generator=generator, dtype=torch.float64)
    return (value * _GRID).round() / _GRID


def _as_it_is(value: Any) -> Any:
    """Return a copy that later changes in place do not reach."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(map(_as_it_is, value))
    return {key: _as_it_is(item) for key, item in value.items()} if type(value) is dict else value


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, (tuple, list)):
        return []
    return [tensor for item in value for tensor in _tensors(item)]
