"""A repair may not choose among answers that the student wrote down: hedging gains nothing."""

from dataclasses import replace

import pytest
from conftest import GraderFor

from grader.results.report import TaskResult
from grader.submission.loader import Submission

HEAD = """\
import sys
import torch
from torch import nn

MODE = 1


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        inputs, hidden = input_size, hidden_size
        self.hidden = hidden
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden, inputs))
        self.weight_hh = nn.Parameter(torch.randn(4 * hidden, hidden))
        self.bias_ih = nn.Parameter(torch.randn(4 * hidden))
        self.bias_hh = nn.Parameter(torch.randn(4 * hidden))

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(len(x), self.hidden), x.new_zeros(len(x), self.hidden))
        h, c = state
        i, f, g, o = (x @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_ih + self.bias_hh).chunk(4, 1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
"""
RIGHT, WRONG, ANOTHER = "f * c + i * g", "(i - c).cos() * f.exp() - 2", "(f + c).sin() / (i + 3 * g)"
TAIL = "        return o * torch.tanh(c), c\n"
LOOKS = """\
        frame, edited = sys._getframe(), ""
        while frame is not None:
            found = frame.f_locals.get("importing") or frame.f_locals.get("current")
            edited = "".join(map(str, getattr(found, "edited", {}).values())) or edited
            frame = frame.f_back
"""
HEDGES = {
    "a list": f"        c = [{WRONG}, {RIGHT}, {ANOTHER}][0]\n",
    "a list with a name": f"        all = [{WRONG}, {RIGHT}, {ANOTHER}]\n        c = all[0]\n",
    "a tensor of all": f"        c = torch.stack([{WRONG}, {RIGHT}, {ANOTHER}])[0]\n",
    "a mode": f"        if MODE == 1:\n            c = {WRONG}\n"
    f"        elif MODE == 2:\n            c = {RIGHT}\n",
    "a branch that never runs": f"        if len(x) > 1000:\n            c = {RIGHT}\n"
    f"        else:\n            c = {WRONG}\n",
    "a choice": f"        c = ({RIGHT}) if self.hidden < 0 else ({WRONG})\n",
    "names": f"        one, two, three = {WRONG}, {RIGHT}, {ANOTHER}\n        c = one\n",
    "a sum": f"        one, two = {RIGHT}, {WRONG}\n        c = one + two\n",
    "a sum in one line": f"        c = ({RIGHT}) + ({WRONG})\n",
    "a difference in one line": f"        c = ({WRONG}) - ({RIGHT})\n",
    "a call that is given both": f"        c = torch.lerp({RIGHT}, {WRONG}, 1.0)\n",
    "a method that is given both": f"        c = ({RIGHT}).lerp({WRONG}, 1.0)\n",
    "one written over the other": f"        c_new = {RIGHT}\n        c_new = 0 * c_new + {WRONG}\n"
    "        c = c_new\n",
    "one added in place": f"        c_new = {RIGHT}\n        c_new += {WRONG}\n        c = c_new\n",
    "one with no weight": f"        c = 0 * ({RIGHT}) + 1 * ({WRONG})\n",
    "one masked out": f"        c = torch.where(f < 0, {RIGHT}, {WRONG})\n",
    "a mask": f"        mask = (f < 0).to(f.dtype)\n        c = mask * ({RIGHT}) + (1 - mask) * ({WRONG})\n",
    "one added by its name": f"        more = {WRONG}\n        c_new = {RIGHT}\n        c_new += more\n"
    "        c = c_new\n",
    "a loop that never runs": f"        c_new = {WRONG}\n        for _ in range(0):\n"
    f"            c_new = {RIGHT}\n        c = c_new\n",
    "a loop that runs once": f"        c_new = {RIGHT}\n        for _ in range(1):\n"
    f"            c_new = {WRONG} + 0 * c_new\n        c = c_new\n",
    "two functions": f"        def one(c):\n            return {RIGHT}\n"
    f"        def other(c):\n            return {WRONG}\n        c = other(c)\n",
    "a comprehension": f"        rules = (lambda c: {WRONG}, lambda c: {RIGHT})\n"
    "        c = [rule(c) for rule in rules][0]\n",
    "a part that is cut off": f"        c = torch.stack(({WRONG}, {RIGHT}))[:1].sum(0)\n",
    "one of two conditions": f"        c = ({RIGHT}) if x is not None and self.hidden < 0 else ({WRONG})\n",
    "one added by a method in place": f"        c_new = {RIGHT}\n        c_new.add_({WRONG})\n"
    "        c = c_new\n",
    "the larger one": f"        c = max([{WRONG}, {RIGHT}], key=lambda one: 0)\n",
    "a default": f"        def new(c, kind=0):\n            return ({WRONG}, {RIGHT})[kind]\n"
    "        c = new(c)\n",
    "a slice of both": f"        c = torch.cat([{WRONG}, {RIGHT}], 1)[:, : self.hidden]\n",
    "a loop over both": f"        for c_new in ({RIGHT}, {WRONG}):\n            pass\n        c = c_new\n",
    "the order of a pair": f"        c, other = {WRONG}, {RIGHT}\n",
    "its own source": f"{LOOKS}        c = ({WRONG}, {RIGHT}, {ANOTHER})[len(edited) % 3]\n"
    f"        c = c if edited else {WRONG}\n",
}


@pytest.fixture(scope="module")
def graded(grader_for: GraderFor):  # type: ignore[no-untyped-def]
    known = grader_for("lstm_cell")
    grader = replace(known, tasks=tuple(replace(task, mistakes=()) for task in known.tasks))

    def graded(body: str) -> TaskResult:
        files = {"lstm_cell.py": f"{HEAD}{body}{TAIL}".encode()}
        return grader.grade(Submission("hedging", files, {})).tasks[0]

    return graded


@pytest.mark.parametrize("hedge", HEDGES)
def test_hedging_gains_nothing(graded, hedge: str) -> None:  # type: ignore[no-untyped-def]
    result = graded(HEDGES[hedge])

    # A repair of a single check may be recorded, for other points; it explains too little to count.
    counting = [one for one in result.explanations if one.counts]
    assert (counting, result.score) == ([], result.plain_score)


def test_one_slip_in_the_same_program_is_repaired(graded) -> None:  # type: ignore[no-untyped-def]
    result = graded("        c = f * c - i * g\n")

    assert result.score > result.plain_score
