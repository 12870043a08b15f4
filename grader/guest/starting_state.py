"""Gives every case the same state of Python and torch, whatever a program did to it when it was imported.

A mark must not depend on it, nor on the machine: how many processors there are, which language it speaks.
"""

import copy
import locale
import sys
import warnings
from collections.abc import Callable

import numpy as np
import torch

_MOST_THREADS = 4
_LOCALE = locale.setlocale(locale.LC_ALL)
_FILTERS = list(warnings.filters)
_RECURSION = sys.getrecursionlimit()
_NUMPY_PRINTING = np.get_printoptions()
_TORCH_PRINTING = copy.copy(vars(torch._tensor_str.PRINT_OPTS))
_PRECISION = torch.get_float32_matmul_precision()


def cap_threads() -> None:
    """Have torch take a few threads at most, whatever a program asks for: more would end it."""
    for name in ("set_num_threads", "set_num_interop_threads"):
        setattr(torch, name, _capped(getattr(torch, name)))


def _capped(through: Callable[[int], None]) -> Callable[[int], None]:
    def capped(number: int) -> None:
        through(min(number, _MOST_THREADS))

    return capped


def set_back() -> None:
    """Set back what a program may have changed; to look whether it did is quicker than to do it."""
    torch.set_grad_enabled(True)
    if torch.get_default_dtype() != torch.float32:
        torch.set_default_dtype(torch.float32)
    if torch._C._len_torch_function_stack():
        torch.set_default_device(None)
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    if torch.is_anomaly_enabled():
        torch.autograd.set_detect_anomaly(False)
    if torch.are_deterministic_algorithms_enabled():
        torch.use_deterministic_algorithms(False)
    if torch.get_float32_matmul_precision() != _PRECISION:
        torch.set_float32_matmul_precision(_PRECISION)
    torch.set_flush_denormal(False)
    vars(torch._tensor_str.PRINT_OPTS).update(_TORCH_PRINTING)
    if np.get_printoptions() != _NUMPY_PRINTING:
        np.set_printoptions(**_NUMPY_PRINTING)
    if warnings.filters != _FILTERS:
        warnings.resetwarnings()
        warnings.filters[:] = _FILTERS  # type: ignore[index]
    if locale.setlocale(locale.LC_ALL) != _LOCALE:
        locale.setlocale(locale.LC_ALL, _LOCALE)
    if sys.getrecursionlimit() != _RECURSION:
        sys.setrecursionlimit(_RECURSION)
