"""Cells of many designs: each gets full marks for `smaller_lstm`, for its laws have many right answers."""

import textwrap

import pytest
from conftest import Grade
from test_styles import files, lost, text

COUNT = """
    def count_lstm_parameters(input_size, hidden_size):
        return 4 * hidden_size * (input_size + hidden_size + 2)


"""


def design(init: str, forward: str, before: str = "", count: str = COUNT) -> str:
    """Return a cell made from `n_in` and `n`, whose `forward` goes on from `x`, `h` and `c`."""
    head = text(
        """
        import torch
        import torch.nn as nn
        import torch.nn.functional as F


        """
    )
    cell = text(
        """
        class SmallerLSTMCell(nn.Module):
            def __init__(self, n_in, n):
                super().__init__()
                self.n = n
        """
    )
    start = text(
        """
            def forward(self, x, state=None):
                if state is None:
                    state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
                h, c = state
        """
    )
    return (
        text(before)
        + head
        + text(count)
        + cell
        + textwrap.indent(text(init), " " * 8)
        + "\n"
        + textwrap.indent(start, " " * 4)
        + textwrap.indent(text(forward), " " * 8)
    )


DESIGNS = {
    "coupled gates": design(
        """
        self.x2h = nn.Linear(n_in, 3 * n)
        self.h2h = nn.Linear(n, 3 * n)
        """,
        """
        f, g, o = (self.x2h(x) + self.h2h(h)).chunk(3, 1)
        f = torch.sigmoid(f)
        c = f * c + (1 - f) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
        """,
    ),
    "one bias": design(
        """
        self.weight_ih = nn.Parameter(torch.randn(4 * n, n_in))
        self.weight_hh = nn.Parameter(torch.randn(4 * n, n))
        self.bias = nn.Parameter(torch.zeros(4 * n))
        """,
        """
        i, f, g, o = (x @ self.weight_ih.T + h @ self.weight_hh.T + self.bias).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
        """,
    ),
    "one Linear for input and state side by side": design(
        "self.gates = nn.Linear(n_in + n, 4 * n)",
        """
        i, f, g, o = self.gates(torch.cat([x, h], dim=1)).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
        """,
    ),
    "torch.nn.LSTMCell without biases": design(
        "self.cell = nn.LSTMCell(n_in, n, bias=False)", "return self.cell(x, (h, c))"
    ),
    "a subclass of torch.nn.LSTMCell without biases": text(
        """
        import torch


        def count_lstm_parameters(input_size: int, hidden_size: int) -> int:
            return sum(p.numel() for p in torch.nn.LSTMCell(input_size, hidden_size).parameters())


        class SmallerLSTMCell(torch.nn.LSTMCell):
            def __init__(self, input_size, hidden_size):
                super().__init__(input_size, hidden_size, bias=False)
        """
    ),
    "torch.nn.GRUCell for the candidate": design(
        "self.gru = nn.GRUCell(n_in, n)",
        """
        c = (c + self.gru(x, h)) / 2
        return torch.tanh(c), c
        """,
    ),
    "torch.nn.GRUCell whose state is bounded, the old c mixed in": design(
        "self.gru = nn.GRUCell(n_in, n)\nself.keep = nn.Parameter(torch.zeros(n))",
        """
        keep = torch.sigmoid(self.keep)
        new = self.gru(x, torch.tanh(h + c))
        return new, keep * c + (1 - keep) * new
        """,
    ),
    "torch.nn.GRUCell that goes on from c": design(
        "self.gru = nn.GRUCell(n_in, n, bias=False)\nself.mix = nn.Parameter(torch.ones(n))",
        """
        c = self.gru(x, torch.sigmoid(self.mix) * h + torch.tanh(c))
        return c.tanh(), c
        """,
    ),
    "a minimal gated unit": design(
        """
        self.forget = nn.Linear(n_in + n, n)
        self.new = nn.Linear(n_in + n, n)
        """,
        """
        f = torch.sigmoid(self.forget(torch.cat((x, h), 1)))
        g = torch.tanh(self.new(torch.cat((x, f * h), 1)))
        c = (1 - f) * c + f * g
        return torch.tanh(c), c
        """,
    ),
    "no output gate": design(
        """
        self.W = nn.ParameterDict({k: nn.Parameter(torch.randn(n, n_in)) for k in "ifg"})
        self.U = nn.ParameterDict({k: nn.Parameter(torch.randn(n, n)) for k in "ifg"})
        self.b = nn.ParameterDict({k: nn.Parameter(torch.zeros(n)) for k in "ifg"})
        """,
        """
        z = {k: x @ self.W[k].T + h @ self.U[k].T + self.b[k] for k in self.W}
        c = torch.sigmoid(z["f"]) * c + torch.sigmoid(z["i"]) * torch.tanh(z["g"])
        return torch.tanh(c), c
        """,
    ),
    "no input gate, lists of parameters": design(
        """
        self.W = nn.ParameterList(torch.randn(n, n_in) for _ in range(3))
        self.U = nn.ParameterList(torch.randn(n, n) for _ in range(3))
        self.b = nn.ParameterList(torch.randn(n) for _ in range(3))
        """,
        """
        f, g, o = [x @ W.T + h @ U.T + b for W, U, b in zip(self.W, self.U, self.b)]
        c = c * torch.sigmoid(f) + torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
        """,
    ),
    "no forget gate": design(
        "self.x2h, self.h2h = nn.Linear(n_in, 3 * n, bias=False), nn.Linear(n, 3 * n)",
        """
        i, g, o = torch.split(self.x2h(x) + self.h2h(h), self.n, dim=1)
        c = c + F.sigmoid(i) * F.tanh(g)
        return F.sigmoid(o) * F.tanh(c), c
        """,
    ),
    "low rank for input and state together": design(
        """
        rank = max(1, n // 4)
        self.down = nn.Linear(n_in + n, rank, bias=False)
        self.up = nn.Linear(rank, 4 * n)
        """,
        """
        i, f, g, o = self.up(self.down(torch.cat([x, h], 1))).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
        """,
    ),
    "low rank for the state, a Sequential": design(
        """
        self.x2h = nn.Linear(n_in, 4 * n)
        self.h2h = nn.Sequential(nn.Linear(n, max(1, n // 2), bias=False),
                                 nn.Linear(max(1, n // 2), 4 * n, bias=False))
        """,
        """
        i, f, g, o = (self.x2h(x) + self.h2h(h)).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
        """,
    ),
    "weights tied for all gates, a bias for each": design(
        """
        self.weight_ih = nn.Parameter(torch.randn(n, n_in))
        self.weight_hh = nn.Parameter(torch.randn(n, n))
        self.bias = nn.Parameter(torch.zeros(4, n))
        """,
        """
        shared = F.linear(x, self.weight_ih) + F.linear(h, self.weight_hh)
        i, f, g, o = (shared + b for b in self.bias)
        c = i.sigmoid() * g.tanh() + f.sigmoid() * c
        return o.sigmoid() * c.tanh(), c
        """,
    ),
    "two modules that share their weights": design(
        """
        self.input_gate = nn.Linear(n_in + n, n)
        self.output_gate = nn.Linear(n_in + n, n)
        self.output_gate.weight = self.input_gate.weight
        self.forget_gate, self.candidate = nn.Linear(n_in + n, n), nn.Linear(n_in + n, n)
        """,
        """
        z = torch.cat([x, h], 1)
        i, f, o = (g(z).sigmoid() for g in (self.input_gate, self.forget_gate, self.output_gate))
        c = f * c + i * self.candidate(z).tanh()
        return o * c.tanh(), c
        """,
    ),
    "diagonal recurrent weights": design(
        """
        self.W = nn.Linear(n_in, 4 * n)
        self.u = nn.Parameter(torch.randn(4, n))
        """,
        """
        i, f, g, o = (z + u * h for z, u in zip(self.W(x).chunk(4, 1), self.u))
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
        """,
    ),
    "gates that look at c instead of h, the candidate looks at h": design(
        """
        self.x2h = nn.Linear(n_in, 4 * n)
        self.h2g = nn.Linear(n, n, bias=False)
        self.peep = nn.Parameter(torch.randn(3, n))
        """,
        """
        i, f, g, o = self.x2h(x).chunk(4, 1)
        i, f = torch.sigmoid(i + self.peep[0] * c), torch.sigmoid(f + self.peep[1] * c)
        c = f * c + i * torch.tanh(g + self.h2g(h))
        return torch.sigmoid(o + self.peep[2] * c) * torch.tanh(c), c
        """,
    ),
    "a module of its own for each gate": {
        "smaller_lstm.py": design(
            "self.forget, self.output, self.new = Gate(n_in, n), Gate(n_in, n), Gate(n_in, n, torch.tanh)",
            """
            f = self.forget(x, h)
            c = f * c + (1 - f) * self.new(x, h)
            return self.output(x, h) * torch.tanh(c), c
            """,
            before="from gate import Gate\n",
        ),
        "gate.py": text(
            """
            import torch
            from torch import nn


            class Gate(nn.Module):
                def __init__(self, n_in, n, activation=torch.sigmoid):
                    super().__init__()
                    self.x, self.h = nn.Linear(n_in, n), nn.Linear(n, n, bias=False)
                    self.activation = activation

                def forward(self, x, h):
                    return self.activation(self.x(x) + self.h(h))
            """
        ),
    },
    "biases alone for the gates": design(
        """
        self.candidate = nn.Linear(n_in + n, n)
        self.gates = nn.Parameter(torch.zeros(3, n))
        """,
        """
        i, f, o = torch.sigmoid(self.gates)
        c = f * c + i * torch.tanh(self.candidate(torch.cat([x, h], 1)))
        return o * torch.tanh(c), c
        """,
    ),
    "scalar gates": design(
        """
        self.gates = nn.Linear(n_in + n, 3)
        self.candidate = nn.Linear(n_in + n, n)
        """,
        """
        z = torch.cat([x, h], -1)
        i, f, o = self.gates(z).sigmoid().split(1, dim=1)
        c = f * c + i * self.candidate(z).tanh()
        return o * c.tanh(), c
        """,
    ),
    "hard gates": design(
        "self.all = nn.Linear(n_in + n, 3 * n)",
        """
        f, g, o = self.all(torch.cat([x, h], 1)).chunk(3, 1)
        f = F.hardsigmoid(f)
        c = f * c + (1 - f) * F.hardtanh(g)
        return F.hardsigmoid(o) * torch.tanh(c), c
        """,
    ),
    "a ReLU candidate, softsign, c cut off": design(
        "self.all = nn.Linear(n_in + n, 3 * n)",
        """
        f, g, o = self.all(torch.cat([x, h], 1)).chunk(3, 1)
        c = torch.sigmoid(f) * c + torch.relu(g)
        return torch.sigmoid(o) * c.clamp(-1, 1), c
        """,
    ),
    "gates by a softmax": design(
        "self.all = nn.Linear(n_in + n, 3 * n)",
        """
        z = self.all(torch.cat([x, h], 1)).view(-1, 3, self.n)
        keep, write, rest = z.softmax(dim=1).unbind(1)
        c = keep * c + write * torch.tanh(z[:, 1]) + rest * h
        return torch.tanh(c), c
        """,
    ),
    "h mixed with its new value": design(
        """
        self.W = nn.Parameter(torch.randn(3 * n, n_in) / n)
        self.U = nn.Parameter(torch.randn(3 * n, n) / n)
        self.b = nn.Parameter(torch.zeros(3 * n))
        """,
        """
        f, o, g = torch.tensor_split(torch.addmm(self.b, x, self.W.T).addmm(h, self.U.T), 3, dim=1)
        f, o = f.sigmoid(), o.sigmoid()
        c = torch.lerp(g.tanh(), c, f)
        return torch.lerp(c.tanh(), h, o), c
        """,
    ),
    "multiplicative": design(
        """
        self.mx, self.mh = nn.Linear(n_in, n, bias=False), nn.Linear(n, n, bias=False)
        self.out = nn.Linear(n, 2 * n)
        """,
        """
        f, o = self.out(self.mx(x) + (1 + self.mx(x)) * self.mh(h)).sigmoid().chunk(2, 1)
        c = f * c + (1 - f) * self.mx(x).tanh()
        return o * c.tanh(), c
        """,
        count="""
        def count_lstm_parameters(input_size, hidden_size):
            gates = ["input", "forget", "cell", "output"]
            return sum(hidden_size * (input_size + hidden_size + 2) for _ in gates)


        """,
    ),
    "halves of the state in two groups, shuffled": design(
        """
        self.x2h = nn.Linear(n_in, 3 * n)
        self.u = nn.Parameter(torch.randn(3, n))
        self.v = nn.Parameter(torch.randn(3, n))
        self.register_buffer("order", torch.arange(n).flip(0))
        """,
        """
        z = self.x2h(x).view(-1, 3, self.n) + self.u * h[:, None] + self.v * h[:, None, self.order]
        f, g, o = z.unbind(1)
        f = f.sigmoid()
        c = f * c + (1 - f) * g.tanh()
        return o.sigmoid() * c.tanh(), c
        """,
    ),
    "a convolution over the units": design(
        """
        self.x2h = nn.Linear(n_in, 3 * n)
        self.conv = nn.Conv1d(1, 3, kernel_size=3, padding=1)
        """,
        """
        z = self.x2h(x).view(-1, 3, self.n) + self.conv(h.unsqueeze(1))
        f, g, o = z[:, 0].sigmoid(), z[:, 1].tanh(), z[:, 2].sigmoid()
        c = f * c + (1 - f) * g
        return o * c.tanh(), c
        """,
    ),
    "a layer norm of the gates": design(
        """
        self.all = nn.Linear(n_in + n, 3 * n, bias=False)
        self.norm = nn.LayerNorm(3 * n)
        """,
        """
        f, g, o = self.norm(self.all(torch.cat([x, h], 1))).chunk(3, 1)
        f = f.sigmoid()
        c = f * c + (1 - f) * g.tanh()
        return o.sigmoid() * c.tanh(), c
        """,
    ),
    "a smaller torch.nn.LSTMCell between two projections": design(
        """
        r = max(1, n // 4)
        self.down = nn.Linear(n, r, bias=False)
        self.cell = nn.LSTMCell(n_in, r)
        self.up_h, self.up_c = nn.Linear(r, n, bias=False), nn.Linear(r, n, bias=False)
        """,
        """
        h, c = self.cell(x, (self.down(h), self.down(c)))
        return torch.tanh(self.up_h(h)), self.up_c(c)
        """,
    ),
    "a TorchScript function": design(
        """
        self.w = nn.Parameter(torch.randn(3 * n, n_in))
        self.u = nn.Parameter(torch.randn(3 * n, n))
        """,
        "return step(x, h, c, self.w, self.u)",
        before="""
        import warnings
        from typing import Tuple

        import torch
        from torch import Tensor

        warnings.simplefilter("ignore", DeprecationWarning)


        @torch.jit.script
        def step(x: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor) -> Tuple[Tensor, Tensor]:
            f, g, o = (x @ w.t() + h @ u.t()).chunk(3, 1)
            f = torch.sigmoid(f)
            c = f * c + (1 - f) * torch.tanh(g)
            return torch.sigmoid(o) * torch.tanh(c), c


        """,
    ),
    "a hidden layer that all gates share, a list returned": design(
        """
        self.encode = nn.Sequential(nn.Linear(n_in + n, n), nn.Tanh())
        self.gate = nn.Linear(n, 2 * n)
        """,
        """
        new = self.encode(torch.cat((x, h), dim=1))
        f, o = torch.sigmoid(self.gate(new)).chunk(2, dim=1)
        c = f * c + (1 - f) * new
        return [o * torch.tanh(c), c]
        """,
    ),
    "weight_norm on a layer": design(
        "self.all = nn.utils.parametrizations.weight_norm(nn.Linear(n_in + n, 2 * n))",
        """
        f, g = self.all(torch.cat([x, h], 1)).chunk(2, 1)
        f = f.sigmoid()
        c = f * c + (1 - f) * g.tanh()
        return c.tanh(), c
        """,
    ),
    "constants of time that are fixed by rule, two values": design(
        "self.all = nn.Linear(n_in + n, 3 * n)",
        """
        rate = torch.where(torch.arange(self.n) % 2 == 0, 1.0, 0.5).to(x.dtype)
        f, g, o = self.all(torch.cat([x, h], 1)).chunk(3, 1)
        f = torch.sigmoid(rate * f)
        c = f * c + (1 - f) * g.tanh()
        return o.sigmoid() * c.tanh(), c
        """,
    ),
    "an orthogonal rotation made from angles": design(
        """
        self.x2h = nn.Linear(n_in, 3 * n)
        self.skew = nn.Parameter(torch.randn(n, n) * 0.1)
        """,
        """
        rotation = torch.linalg.matrix_exp(self.skew - self.skew.T)
        f, g, o = self.x2h(x).chunk(3, 1)
        turned = h @ rotation.T
        f = torch.sigmoid(f + turned)
        c = f * c + (1 - f) * torch.tanh(g + turned)
        return torch.sigmoid(o) * torch.tanh(c), c
        """,
    ),
}


@pytest.mark.parametrize("style", DESIGNS)
def test_a_smaller_cell_gets_full_marks_designed_with(style: str, grade: Grade) -> None:
    assert lost(grade(files("smaller_lstm", DESIGNS[style]), "smaller_lstm")) == {}
