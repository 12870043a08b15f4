"""The rehearsal: checks that the zygote runs once before it forks, so no child pays for first calls.

They grade no one. A small cell like a student's is asked as real checks ask, so torch and Python set up
what they set up at the first use. docs/decisions/performance.md has the figures.
"""

CHECKS = '''
import torch
from torch import nn

from grader.authoring.task import Task

task = Task()


class Cell(nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(4 * hidden, inputs))
        self.bias = nn.Parameter(torch.zeros(4 * hidden))
        self.recurrent = nn.Linear(hidden, 4 * hidden)

    def forward(self, x, state):
        h, c = state
        gates = x @ self.weight.T + self.bias + self.recurrent(h)
        one, two, three, four = gates.chunk(4, dim=-1)
        c = torch.sigmoid(one) * c + torch.sigmoid(two) * torch.tanh(three)
        return torch.sigmoid(four) * torch.tanh(c), c


@task.check(points=1, cases=8)
def values_and_gradients(impl, case):
    """Values and gradients of a few steps."""
    inputs, hidden, batch = case.size("inputs"), case.size("hidden"), case.size("batch")
    cell = case.fill(Cell(inputs, hidden))
    h = c = case.normal(batch, hidden)
    outputs = []
    for x in case.normal(3, batch, inputs):
        h, c = cell(x, (h, c))
        outputs.append(h)
    x = case.extreme(batch, inputs)
    return {
        "outputs": torch.stack(outputs),
        "h, c": (h.detach(), c.detach()),
        **case.gradients(lambda: cell(x, (h.detach(), c.detach())), cell, x=x),
    }


@task.check(points=1, cases=2)
def numbers(impl, case):
    """A number, and a name that is not there."""
    return {"count": sum(p.numel() for p in impl.Linear(2, 3).parameters()), "missing": impl.missing}
'''
