"""The rehearsal goes where a student's program will go, and nothing of it stays."""

import linecache
import random
import sys

import numpy.random
import pytest
import torch

from grader.asking.conversation import ask
from grader.asking.questions import Question, Responses
from grader.guest import worker
from grader.guest.warmup import CHECKS
from grader.sandbox.contract import Limits, Sandbox


@pytest.fixture(scope="module")
def rehearsed(sandbox: Sandbox) -> Responses:
    return ask(sandbox, Limits(), Question(CHECKS, "m", {"m.py": b"from torch.nn import Linear\n"}, 0))


def test_it_calculates_all_that_it_asks_for(rehearsed: Responses) -> None:
    answers = rehearsed.answers["values_and_gradients"].values()

    assert [(answer.raised, None in (answer.observed or {}).values()) for answer in answers] == 8 * [
        (None, False)
    ]


def test_it_goes_through_an_exception_too(rehearsed: Responses) -> None:
    answers = rehearsed.answers["numbers"].values()

    assert [answer.raised and answer.raised.kinds[0] for answer in answers] == 2 * ["MissingName"]


def test_nothing_of_it_stays() -> None:
    worker.rehearse(CHECKS)
    before = (set(sys.modules), set(linecache.cache))
    worker.rehearse(CHECKS)

    assert (set(sys.modules), set(linecache.cache)) == before


def test_after_it_all_processes_draw_the_same() -> None:
    drawn = []
    for _ in range(2):
        worker.rehearse(CHECKS)
        drawn.append((random.random(), numpy.random.rand(), torch.rand(()).item()))

    assert drawn[0] == drawn[1]
