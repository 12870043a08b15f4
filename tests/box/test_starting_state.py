"""Each case begins with the same state, whatever a program did before."""

import locale
import sys
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from forked import inside

from grader.guest.starting_state import cap_threads, set_back

CHANGES: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
    "dtype": (lambda: torch.set_default_dtype(torch.float64), torch.get_default_dtype),
    "device": (lambda: torch.set_default_device("meta"), lambda: torch.empty(1).device),
    "threads": (lambda: torch.set_num_threads(3), torch.get_num_threads),
    "gradients": (lambda: torch.set_grad_enabled(False), torch.is_grad_enabled),
    "anomalies": (lambda: torch.autograd.set_detect_anomaly(True), torch.is_anomaly_enabled),
    "determinism": (
        lambda: torch.use_deterministic_algorithms(True),
        torch.are_deterministic_algorithms_enabled,
    ),
    "precision": (lambda: torch.set_float32_matmul_precision("medium"), torch.get_float32_matmul_precision),
    "printing": (lambda: torch.set_printoptions(precision=1), lambda: str(torch.tensor(0.123456))),
    "printing of NumPy": (lambda: np.set_printoptions(precision=1), lambda: str(np.array([0.123456]))),
    "warnings": (lambda: warnings.simplefilter("error"), lambda: list(warnings.filters)),
    "language": (lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8"), lambda: locale.setlocale(locale.LC_ALL)),
    "recursion": (lambda: sys.setrecursionlimit(1234), sys.getrecursionlimit),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_program_changed_is_set_back(what: str) -> None:
    change, seen = CHANGES[what]

    def act() -> object:
        set_back()
        before = seen()
        change()
        changed = seen()
        set_back()
        return before != changed, seen() == before

    assert inside(act) == "(True, True)"


def test_a_program_gets_few_threads_however_many_it_asks_for() -> None:
    def act() -> object:
        cap_threads()
        torch.set_num_threads(64)
        return torch.get_num_threads()

    assert inside(act) == "4"
