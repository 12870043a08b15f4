"""Global state of Python and torch, set to the same values before each case.

A mark must not depend on what a submission changed on import, nor on the machine: its number of
processors or its locale.
"""

import copy
import locale
import sys
import warnings
from collections.abc import Callable

import numpy as np
import torch

_MOST_THREADS = 4
"""Threads that torch may use, well below `Limits.threads`."""
_LOCALE = locale.setlocale(locale.LC_ALL)
_FILTERS = list(warnings.filters)
_RECURSION = sys.getrecursionlimit()
_NUMPY_PRINTING = np.get_printoptions()
_TORCH_PRINTING = copy.copy(vars(torch._tensor_str.PRINT_OPTS))
_PRECISION = torch.get_float32_matmul_precision()


def cap_threads() -> None:
    """Cap the threads of torch, whatever a program asks for: too many would end the program."""
    for name in ("set_num_threads", "set_num_interop_threads"):
        setattr(torch, name, _capped(getattr(torch, name)))


def _capped(through: Callable[[int], None]) -> Callable[[int], None]:
    def capped(number: int) -> None:
        through(min(number, _MOST_THREADS))

    return capped


def set_back() -> None:
    """Reset what a program may have changed. A comparison is faster than a setting, so it comes first."""
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
