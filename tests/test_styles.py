"""Right solutions in many styles: all of them get full marks, whatever they look like."""

import json
import textwrap
from pathlib import Path

import pytest
from conftest import Grade

from grader.results.report import Report
from grader.submission.loader import read_submission


def text(source: str) -> str:
    return textwrap.dedent(source).lstrip("\n")


def lost(report: Report) -> dict[str, str]:
    """Return what costs a mark, and why."""
    (task,) = report.tasks
    costly = ("failed", "pending", "broken")
    found = {check.check: check.message for check in task.checks if check.verdict in costly}
    return found or ({} if task.score == task.points else {task.task: f"{task.score} points"})


# An LSTM cell as most would begin it; what a style is about is the rest of `forward`.
CELL = text(
    """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F


    class LSTMCell(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.input_size = input_size
            self.hidden_size = hidden_size
            self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size))
            self.weight_hh = nn.Parameter(torch.randn(4 * hidden_size, hidden_size))
            self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size))
            self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))

        def start(self, x, state):
            if state is not None:
                return state
            zeros = torch.zeros(x.size(0), self.hidden_size, dtype=x.dtype, device=x.device)
            return zeros, zeros

        def forward(self, x, state=None):
            h, c = self.start(x, state)
    """
)


def cell(forward: str, before: str = "", after: str = "", method: str = "") -> str:
    """Return a cell whose `forward` goes on like `forward` from `x`, `h` and `c`."""
    body = textwrap.indent(text(forward), " " * 8)
    if method:
        body += "\n" + textwrap.indent(text(method), " " * 4)
    return text(before) + CELL + body + text(after)


PLAIN = """
    gates = x @ self.weight_ih.t() + self.bias_ih + h @ self.weight_hh.t() + self.bias_hh
    i, f, g, o = gates.chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c
"""

CELLS: dict[str, str | bytes | dict[str, str | bytes]] = {
    "F.linear": cell(
        """
        gates = F.linear(x, self.weight_ih, self.bias_ih)
        gates = gates + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = gates.chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, c
        """
    ),
    "einsum": cell(
        """
        gates = torch.einsum("bi,gi->bg", x, self.weight_ih) + self.bias_ih
        gates = gates + torch.einsum("bh,gh->bg", h, self.weight_hh) + self.bias_hh
        i, f, g, o = torch.split(gates, self.hidden_size, dim=1)
        c_next = F.sigmoid(f) * c + F.sigmoid(i) * F.tanh(g)
        return F.sigmoid(o) * F.tanh(c_next), c_next
        """
    ),
    "weights side by side": cell(
        """
        both = torch.cat([x, h], dim=1)
        weight = torch.cat([self.weight_ih, self.weight_hh], dim=1)
        gates = both.matmul(weight.transpose(0, 1)) + (self.bias_ih + self.bias_hh)
        i, f, g, o = gates.view(x.shape[0], 4, self.hidden_size).unbind(1)
        c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
        return o.sigmoid().mul(c.tanh()), c
        """
    ),
    "a slice for each gate": cell(
        """
        H = self.hidden_size
        def gate(k, activation):
            rows = slice(k * H, (k + 1) * H)
            from_x = torch.mm(x, self.weight_ih[rows].T) + self.bias_ih[rows]
            from_h = torch.mm(h, self.weight_hh[rows, :].T) + self.bias_hh[rows]
            return activation(from_x + from_h)

        i_t = gate(0, torch.sigmoid)
        f_t = gate(1, torch.sigmoid)
        g_t = gate(2, torch.tanh)
        o_t = gate(3, torch.sigmoid)
        c_t = f_t * c + i_t * g_t
        h_t = o_t * torch.tanh(c_t)
        return (h_t, c_t)
        """
    ),
    "a loop over samples and units": cell(
        """
        H = self.hidden_size
        hs, cs = [], []
        for b in range(x.shape[0]):
            for u in range(H):
                i, f, g, o = [
                    self.weight_ih[r].dot(x[b]) + self.bias_ih[r]
                    + self.weight_hh[r].dot(h[b]) + self.bias_hh[r]
                    for r in range(u, 4 * H, H)
                ]
                new = f.sigmoid() * c[b, u] + i.sigmoid() * g.tanh()
                cs.append(new)
                hs.append(o.sigmoid() * new.tanh())
        return torch.stack(hs).reshape(-1, H), torch.stack(cs).reshape(-1, H)
        """
    ),
    "a TorchScript function": cell(
        "return step(x, h, c, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)",
        before="""
        import warnings
        from typing import Tuple

        import torch

        warnings.simplefilter("ignore", DeprecationWarning)


        @torch.jit.script
        def step(
            x: torch.Tensor, h: torch.Tensor, c: torch.Tensor, w_ih: torch.Tensor,
            w_hh: torch.Tensor, b_ih: torch.Tensor, b_hh: torch.Tensor,
        ) -> Tuple[torch.Tensor, torch.Tensor]:
            gates = torch.mm(x, w_ih.t()) + b_ih + torch.mm(h, w_hh.t()) + b_hh
            i, f, g, o = gates.chunk(4, 1)
            cy = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            return torch.sigmoid(o) * torch.tanh(cy), cy


        """,
    ),
    "results written into new tensors": cell(
        """
        gates = x.new_empty(x.shape[0], 4 * self.hidden_size)
        for k in range(4 * self.hidden_size):
            gates[:, k] = x @ self.weight_ih[k] + h @ self.weight_hh[k]
        gates += self.bias_ih
        gates += self.bias_hh
        H = self.hidden_size
        i, f, g, o = (gates[:, k : k + H] for k in range(0, 4 * H, H))
        new_c = torch.empty_like(c)
        new_c[...] = torch.sigmoid(f) * c
        new_c += torch.sigmoid(i) * torch.tanh(g)
        new_h = torch.zeros_like(h)
        new_h.copy_(torch.sigmoid(o) * torch.tanh(new_c))
        return new_h, new_c
        """
    ),
    "addmm": cell(
        """
        gates = torch.addmm(self.bias_ih, x, self.weight_ih.t())
        gates = torch.addmm(gates, h, self.weight_hh.t()).add(self.bias_hh)
        i, f, g, o = gates.tensor_split(4, dim=1)
        c = torch.addcmul(torch.sigmoid(f) * c, torch.sigmoid(i), torch.tanh(g))
        return torch.sigmoid(o) * torch.tanh(c), c
        """
    ),
    "baddbmm with the gates as a batch": cell(
        """
        batch, H = x.shape[0], self.hidden_size
        w_x = self.weight_ih.reshape(4, H, -1).transpose(1, 2)
        w_h = self.weight_hh.reshape(4, H, H).transpose(1, 2)
        bias = (self.bias_ih + self.bias_hh).reshape(4, 1, H)
        gates = torch.baddbmm(bias, x.expand(4, *x.shape), w_x)
        gates = gates.baddbmm(h.expand(4, batch, H), w_h)
        i, f, o = torch.sigmoid(gates[[0, 1, 3]])
        c = f * c + i * torch.tanh(gates[2])
        return o * torch.tanh(c), c
        """
    ),
    "bmm with vectors": cell(
        """
        def times(weight, vectors):
            stacked = weight.unsqueeze(0).expand(len(vectors), -1, -1)
            return torch.bmm(stacked, vectors.unsqueeze(2)).squeeze(2)

        gates = times(self.weight_ih, x) + self.bias_ih + times(self.weight_hh, h) + self.bias_hh
        i, f, g, o = gates.unflatten(1, (4, self.hidden_size)).movedim(1, 0)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
        """
    ),
    "columns instead of rows": cell(
        """
        gates = (self.weight_ih @ x.T + self.weight_hh @ h.T).T + self.bias_ih + self.bias_hh
        i, f, g, o = gates.hsplit(4)
        c = torch.lerp(torch.zeros_like(c), c, f.sigmoid()) + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
        """
    ),
    "sigmoid from its formula": cell(PLAIN.replace(".sigmoid()", ".neg().exp().add(1).reciprocal()")),
    "sigmoid from tanh": cell(
        PLAIN.replace("f.sigmoid()", "s(f)").replace("i.sigmoid()", "s(i)").replace("o.sigmoid()", "s(o)"),
        before="""
        def s(z):
            return 0.5 * (1 + (0.5 * z).tanh())

        """,
    ),
    "sigmoid in two halves": cell(
        PLAIN.replace("f.sigmoid()", "s(f)")
        .replace("i.sigmoid()", "s(i)")
        .replace("o.sigmoid()", "s(o)")
        .replace("g.tanh()", "(2 * s(2 * g) - 1)"),
        before="""
        import torch

        def s(z):
            e = torch.exp(-z.abs())
            return torch.where(z >= 0, 1 / (1 + e), e / (1 + e))

        """,
    ),
    "a list of gates": cell(
        """
        gates = []
        for k, act in enumerate([nn.Sigmoid(), nn.Sigmoid(), nn.Tanh(), nn.Sigmoid()]):
            lo, hi = k * self.hidden_size, (k + 1) * self.hidden_size
            z = F.linear(x, self.weight_ih[lo:hi], self.bias_ih[lo:hi])
            z = z + F.linear(h, self.weight_hh[lo:hi], self.bias_hh[lo:hi])
            gates.append(act(z))
        c = gates[1] * c + gates[0] * gates[2]
        return [gates[3] * torch.tanh(c), c]
        """
    ),
    "a named tuple returned": cell(
        PLAIN.replace("return", "return State(").replace("c.tanh(), c", "c.tanh(), c)"),
        before="""
        from typing import NamedTuple

        import torch


        class State(NamedTuple):
            h: torch.Tensor
            c: torch.Tensor


        """,
    ),
    "a collections.namedtuple taken and returned": cell(
        """
        state = State(h, c)
        gates = x @ self.weight_ih.t() + self.bias_ih + state.h @ self.weight_hh.t() + self.bias_hh
        i, f, g, o = gates.chunk(4, 1)
        state = state._replace(c=f.sigmoid() * state.c + i.sigmoid() * g.tanh())
        return state._replace(h=o.sigmoid() * state.c.tanh())
        """,
        before="""
        from collections import namedtuple
        State = namedtuple("State", "h c")
        """,
    ),
    "a dataclass for the gates": cell(
        """
        z = x @ self.weight_ih.t() + self.bias_ih + h @ self.weight_hh.t() + self.bias_hh
        gates = Gates(*z.chunk(4, 1))
        c = gates.forget.sigmoid() * c + gates.input.sigmoid() * gates.candidate.tanh()
        return gates.output.sigmoid() * c.tanh(), c
        """,
        before="""
        from __future__ import annotations

        from dataclasses import dataclass

        import torch


        @dataclass(frozen=True, slots=True)
        class Gates:
            input: torch.Tensor
            forget: torch.Tensor
            candidate: torch.Tensor
            output: torch.Tensor


        """,
    ),
    "annotated, registered in another order, with reset_parameters": text(
        '''
        """A cell."""

        from __future__ import annotations

        import math
        from typing import Optional, Tuple

        import torch
        from torch import Tensor, nn
        from torch.nn import Parameter, init

        __all__ = ["LSTMCell"]
        __author__ = "a student"


        class LSTMCell(nn.Module):
            """One step."""

            weight_ih: Tensor
            weight_hh: Tensor
            bias_ih: Tensor
            bias_hh: Tensor
            __constants__ = ["input_size", "hidden_size"]

            def __init__(self, input_size: int, hidden_size: int) -> None:
                self.input_size: int
                self.hidden_size: int
                super().__init__()
                self.input_size, self.hidden_size = input_size, hidden_size
                shapes = {
                    "bias_hh": (4 * hidden_size,),
                    "bias_ih": (4 * hidden_size,),
                    "weight_hh": (4 * hidden_size, hidden_size),
                    "weight_ih": (4 * hidden_size, input_size),
                }
                for name, shape in shapes.items():
                    self.register_parameter(name, Parameter(torch.empty(*shape)))
                self.reset_parameters()

            def reset_parameters(self) -> None:
                init.xavier_uniform_(self.weight_ih)
                for block in self.weight_hh.chunk(4):
                    init.orthogonal_(block)
                init.zeros_(self.bias_hh)
                init.uniform_(self.bias_ih, -1 / math.sqrt(self.hidden_size), 1)
                with torch.no_grad():
                    self.bias_ih[self.hidden_size : 2 * self.hidden_size].fill_(1.0)

            def extra_repr(self) -> str:
                return f"{self.input_size}, {self.hidden_size}"

            def forward(
                self, x: Tensor, state: Optional[Tuple[Tensor, Tensor]] = None
            ) -> Tuple[Tensor, Tensor]:
                assert x.dim() == 2, "the inputs have a batch axis"
                match state:
                    case None:
                        h = c = torch.zeros((len(x), self.hidden_size)).to(x)
                    case (h, c):
                        pass
                projected = x @ self.weight_ih.mT + self.bias_ih
                projected = projected + (h @ self.weight_hh.mT + self.bias_hh)
                i, f, g, o = projected.chunk(4, dim=1)
                c = (f.sigmoid() * c) + (i.sigmoid() * g.tanh())
                return o.sigmoid() * c.tanh(), c
        '''
    ),
    "a name used for torch.nn.LSTMCell in another method": cell(
        """
        cell = F.linear
        z = cell(x, self.weight_ih, self.bias_ih) + cell(h, self.weight_hh, self.bias_hh)
        i, f, g, o = z.chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
        """,
        method="""
        def compared(self, x):
            cell = nn.LSTMCell(self.input_size, self.hidden_size)
            return cell(x)
        """,
    ),
    "a method called step that compares with torch.nn.LSTMCell": cell(
        PLAIN,
        method="""
        def step(self, x):
            other = nn.LSTMCell(self.input_size, self.hidden_size)
            return other(x)
        """,
    ),
    "a variable with the name of a demonstration": cell(
        PLAIN,
        after="""


        def gates():
            cell = nn.LSTMCell(2, 3)
            return cell(torch.zeros(1, 2))
        """,
    ),
    "a helper called decompose": {
        "lstm_cell.py": cell(
            PLAIN.replace("gates.chunk(4, 1)", "linear_algebra.decompose(gates)"),
            before="import linear_algebra\n",
        ),
        "linear_algebra.py": "def decompose(z):\n    return z.chunk(4, 1)\n",
    },
    "parameters copied from torch.nn.LSTMCell": text(
        """
        import torch
        from torch import nn


        class LSTMCell(nn.Module):
            def __init__(self, input_size, hidden_size):
                super().__init__()
                # start as torch does
                start = nn.LSTMCell(input_size, hidden_size)
                for name, value in start.named_parameters():
                    setattr(self, name, nn.Parameter(value.detach().clone()))
                self.hidden_size = hidden_size

            def forward(self, x, state=None):
                h, c = state if state else [x.new_zeros(len(x), self.hidden_size)] * 2
                gates = x @ self.weight_ih.t() + h @ self.weight_hh.t()
                i, f, g, o = (gates + self.bias_ih + self.bias_hh).chunk(4, 1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                return o.sigmoid() * c.tanh(), c
        """
    ),
    "a demonstration at import that compares with torch.nn.LSTMCell": cell(
        PLAIN,
        after="""


        print("comparing …")
        torch.manual_seed(0)
        theirs = torch.nn.LSTMCell(3, 4)
        ours = LSTMCell(3, 4)
        ours.load_state_dict(theirs.state_dict())
        x = torch.randn(2, 3)
        h = c = torch.zeros(2, 4)
        assert torch.allclose(theirs(x, (h, c))[0], ours(x, (h, c))[0], atol=1e-6)
        print("same h:", theirs(x)[0], "✓")
        """,
    ),
    "a test under __main__ and a test function": cell(
        PLAIN,
        after="""

        def test():
            reference = nn.LSTMCell(3, 4)
            mine = LSTMCell(3, 4)
            mine.load_state_dict(reference.state_dict())
            x = torch.randn(2, 3)
            for a, b in zip(reference(x), mine(x)):
                torch.testing.assert_close(a, b)


        if __name__ == "__main__":
            import unittest
            import matplotlib.pyplot as plt
            test()
            plt.plot([1, 2])
        """,
    ),
    "a method that compares with torch.nn.LSTMCell": cell(
        PLAIN,
        method="""
        def agrees_with_torch(self, x):
            other = nn.LSTMCell(self.input_size, self.hidden_size)
            other.load_state_dict(self.state_dict())
            return torch.allclose(other(x)[0], self(x)[0])
        """,
    ),
    "helper modules": {
        "lstm_cell.py": cell(
            """
            i, f, g, o = gates_of(x, h, self)
            c = f * c + i * g
            return o * torch.tanh(c), c
            """,
            before="from parts.gates import gates_of\nimport utils\nassert utils.ready\n",
        ),
        "utils.py": "ready = True\n",
        "parts/gates.py": text(
            """
            from . import linear
            from .linear import affine as _affine
            import torch

            def gates_of(x, h, cell):
                z = _affine(x, cell.weight_ih, cell.bias_ih)
                z = z + linear.affine(h, cell.weight_hh, cell.bias_hh)
                i, f, g, o = z.chunk(4, 1)
                return i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
            """
        ),
        "parts/linear.py": "def affine(x, weight, bias):\n    return x @ weight.T + bias\n",
    },
    "help and exit of the interactive Python": cell(
        PLAIN,
        after="""


        if torch.__version__ < "1":
            help(LSTMCell)
            exit()
        INTERACTIVE = help, exit, quit
        """,
    ),
    "a helper module called checks": {
        "lstm_cell.py": cell(PLAIN, before="from checks import size\n").replace(
            "self.input_size = input_size", "self.input_size = size(input_size)"
        ),
        "checks.py": "def size(number):\n    assert number >= 1\n    return number\n",
    },
    "a base class of their own": text(
        """
        import torch
        from torch import nn


        class Recurrent(nn.Module):
            gates = 1

            def __init__(self, input_size, hidden_size):
                super(Recurrent, self).__init__()
                n = self.gates * hidden_size
                self.weight_ih = nn.Parameter(torch.randn(n, input_size) * 0.1)
                self.weight_hh = nn.Parameter(torch.randn(n, hidden_size) * 0.1)
                self.bias_ih = nn.Parameter(torch.zeros(n))
                self.bias_hh = nn.Parameter(torch.zeros(n))

            def project(self, x, h):
                return (
                    nn.functional.linear(x, self.weight_ih, self.bias_ih)
                    + nn.functional.linear(h, self.weight_hh, self.bias_hh)
                ).chunk(self.gates, dim=1)


        class LSTMCell(Recurrent):
            gates = 4

            @staticmethod
            def combine(i, f, g, o, c):
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                return torch.sigmoid(o) * torch.tanh(c), c

            def forward(self, x, state=None):
                if state is None:
                    state = (torch.zeros_like(x[:, :1]).repeat(1, self.weight_hh.size(1)),) * 2
                h, c = state
                return self.combine(*self.project(x, h), c)
        """
    ),
    "a gradient of their own": cell(
        """
        z = x @ self.weight_ih.t() + self.bias_ih + h @ self.weight_hh.t() + self.bias_hh
        return Step.apply(z, c)
        """,
        before="""
        import torch


        class Step(torch.autograd.Function):
            @staticmethod
            def forward(ctx, z, c):
                i, f, g, o = z.chunk(4, 1)
                i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
                new = f * c + i * g
                ctx.save_for_backward(i, f, g, o, c, new.tanh())
                return o * new.tanh(), new

            @staticmethod
            def backward(ctx, grad_h, grad_c):
                i, f, g, o, c, t = ctx.saved_tensors
                grad_c = grad_c + grad_h * o * (1 - t * t)
                grads = [
                    grad_c * g * i * (1 - i), grad_c * c * f * (1 - f),
                    grad_c * i * (1 - g * g), grad_h * t * o * (1 - o),
                ]
                return torch.cat(grads, 1), grad_c * f


        """,
    ),
    "vmap over the samples": cell(
        """
        def one(x, h, c):
            z = self.weight_ih @ x + self.bias_ih + self.weight_hh @ h + self.bias_hh
            i, f, g, o = z.chunk(4)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            return o.sigmoid() * c.tanh(), c

        return torch.vmap(one)(x, h, c)
        """
    ),
    "the layers of torch.nn that are not forbidden": cell(
        """
        H = self.hidden_size
        z = F.linear(x, self.weight_ih, self.bias_ih)
        z = z.add_(F.linear(h, self.weight_hh, self.bias_hh))
        first, g, o = z.split([2 * H, H, H], 1)
        i, f = nn.Sigmoid()(first).chunk(2, 1)
        c = torch.stack([f * c, i * nn.Tanh()(g)]).sum(0)
        return nn.Sigmoid()(o) * nn.Tanh()(c), c
        """
    ),
    "settings at the top": cell(
        PLAIN,
        before="""
        import os, random, logging, warnings, multiprocessing, tempfile, pathlib, json, pickle
        import numpy as np
        import torch

        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        warnings.filterwarnings("ignore")
        logging.basicConfig(level=logging.INFO)
        log = logging.getLogger(__name__)
        SEED = 42
        random.seed(SEED)
        np.random.seed(SEED)
        torch.manual_seed(SEED)
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
        torch.set_printoptions(precision=3)
        torch.set_num_threads(2)
        torch.set_default_dtype(torch.float64)
        torch.autograd.set_detect_anomaly(True)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        log.info("running on %s", device)
        if torch.backends.mps.is_available():
            device = torch.device("mps")
        HERE = pathlib.Path(__file__).parent
        """,
    ),
    "its own folder looked for": {
        "lstm_cell.py": cell(
            PLAIN,
            before="""
            import contextlib, os, sys
            from pathlib import Path

            os.chdir(os.path.dirname(os.path.abspath(__file__)))
            sys.path.insert(0, os.path.join(os.path.dirname(__file__), "tools"))
            sys.path.append(str(Path(__file__).parent.joinpath("more")))
            import gates
            SOURCE = Path(__file__).read_text()
            LINES = len(open(__file__).readlines())
            assert gates.READY and "gates.READY" in SOURCE
            with open(os.devnull, "w") as silence, contextlib.redirect_stdout(silence):
                print("not shown")
            """,
        ),
        "tools/gates.py": "READY = True\n",
    },
    "a figure and a bar at import": cell(
        PLAIN,
        before="""
        import matplotlib.pyplot as plt
        from tqdm import tqdm
        """,
        after="""


        losses = [float(LSTMCell(2, 3)(torch.ones(1, 2))[0].sum()) for _ in tqdm(range(3), desc="steps")]
        fig, ax = plt.subplots(figsize=(3, 3))
        ax.plot(losses)
        plt.show()
        """,
    ),
    "a place to stop that was forgotten": cell(PLAIN, after="\n\nbreakpoint()\n"),
    "one thread between operations": cell(PLAIN, before="import torch\ntorch.set_num_interop_threads(1)\n"),
    "warnings as errors": cell(PLAIN, before="import warnings\nwarnings.simplefilter('error')\n"),
    "an optimizer tried at import": cell(
        PLAIN,
        after="""


        def train():
            model = LSTMCell(2, 3)
            optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
            for _ in range(3):
                optimizer.zero_grad()
                loss = model(torch.randn(4, 2))[0].pow(2).mean()
                loss.backward()
                optimizer.step()
            return loss.item()


        print(f"loss {train():.3f}")
        """,
    ),
    "torch.compile, eager": cell(PLAIN).replace(
        "    def forward", '    @torch.compile(backend="eager")\n    def forward'
    ),
    "torch.compile": cell(PLAIN).replace("    def forward", "    @torch.compile\n    def forward"),
    "an empty ModuleList and a buffer": cell(PLAIN).replace(
        "        self.bias_hh =",
        "        self.register_buffer('scale', torch.ones(1), persistent=False)\n"
        "        self.drop = nn.Dropout(0.0)\n"
        "        self.extra = nn.ModuleList()\n"
        "        self.bias_hh =",
    ),
    "traced at import": cell(
        PLAIN,
        method="""
        @torch.jit.ignore
        def debug(self):
            return "debug"
        """,
        after="""


        traced = torch.jit.trace(LSTMCell(2, 3), torch.zeros(1, 2))
        """,
    ),
    "Windows line ends": cell(PLAIN).replace("\n", "\r\n"),
    "old Macintosh line ends": cell(PLAIN).replace("\n", "\r"),
    "a byte order mark": b"\xef\xbb\xbf" + cell(PLAIN).encode(),
    "tabs": cell(PLAIN).replace("    ", "\t"),
    "Latin-1 with a coding line": (
        "# -*- coding: latin-1 -*-\n# Größe\n" + cell(PLAIN, before="é = 'ü'\nassert len(é) == 1\n")
    ).encode("latin-1"),
    "names that are not ASCII": cell(
        """
        σ, tanh = torch.sigmoid, torch.tanh
        Wx, Wh, bₓ = self.weight_ih, self.weight_hh, self.bias_ih + self.bias_hh
        входной, забывания, ĝ, 出力 = (x @ Wx.T + h @ Wh.T + bₓ).chunk(4, 1)
        c = σ(забывания) * c + σ(входной) * tanh(ĝ)  # ƒ ⊙ c + i ⊙ g
        return σ(出力) * tanh(c), c
        """
    ),
    "no line end at the end, form feeds": cell(PLAIN).replace("\n\n\nclass", "\n\f\n\nclass").rstrip(),
}

COUNTERS: dict[str, str | bytes | dict[str, str | bytes]] = {
    "one formula": text(
        """
        def count_rnn_parameters(
            input_size: int, hidden_size: int, output_size: int, time_steps: int
        ) -> int:
            if min(input_size, hidden_size, output_size, time_steps) < 1:
                raise ValueError
            hidden = hidden_size * (input_size + hidden_size + 1)
            return hidden + output_size * (hidden_size + 1)
        """
    ),
    "the sum of a list": text(
        """
        def _check(**sizes):
            for name, size in sizes.items():
                if not size >= 1:
                    raise ValueError(f"{name} must be positive, got {size!r}")


        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps=1):
            _check(**locals())
            shapes = [
                (hidden_size, input_size),
                (hidden_size, hidden_size),
                (hidden_size,),
                (output_size, hidden_size),
                (output_size,),
            ]
            total = 0
            for shape in shapes:
                n = 1
                for side in shape:
                    n *= side
                total += n
            return total
        """
    ),
    "math.prod": text(
        """
        import math
        from typing import NamedTuple


        class Sizes(NamedTuple):
            input: int
            hidden: int
            output: int


        class NotASize(ValueError):
            pass


        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            sizes = input_size, hidden_size, output_size, time_steps
            *sizes, steps = sizes
            if any(size <= 0 for size in [*sizes, steps]):
                raise NotASize("sizes start at 1")
            s = Sizes(*sizes)
            weights = map(math.prod, [(s.input, s.hidden), (s.hidden,) * 2, (s.hidden, s.output)])
            return sum(weights) + s.hidden + s.output
        """
    ),
    "a lambda and functools": text(
        """
        from functools import reduce
        from operator import add, mul

        _terms = lambda i, h, o: (i * h, h ** 2, h * o, h, o)

        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            if not all(n > 0 for n in (input_size, hidden_size, output_size, time_steps)):
                raise ValueError("bad size")
            return reduce(add, _terms(input_size, hidden_size, output_size))
        """
    ),
    "numpy with whole numbers of Python": text(
        """
        import numpy as np

        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            sizes = np.array([input_size, hidden_size, output_size], dtype=object)
            if (sizes < 1).any() or time_steps < 1:
                raise ValueError("sizes must be >= 1")
            i, h, o = sizes
            return int(np.dot([i, h, o, 1, 1], np.array([h, h, h, h, o], dtype=object)))
        """
    ),
    "a class with properties": text(
        """
        from dataclasses import dataclass


        @dataclass
        class RNN:
            inputs: int
            hidden: int
            outputs: int
            steps: int

            def __post_init__(self):
                for key, value in vars(self).items():
                    if value < 1:
                        raise ValueError(f"{key}={value}")

            @property
            def recurrent(self):
                return (self.inputs + self.hidden + 1) * self.hidden

            @property
            def readout(self):
                return (self.hidden + 1) * self.outputs

            def __int__(self):
                return self.recurrent + self.readout


        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            return int(RNN(input_size, hidden_size, output_size, time_steps))
        """
    ),
    "a module on the meta device, counted": text(
        """
        import torch
        from torch import nn


        class Net(nn.Module):
            def __init__(self, i, h, o):
                super().__init__()
                self.i2h = nn.Linear(i, h, bias=False, device="meta")
                self.h2h = nn.Linear(h, h, device="meta")
                self.h2o = nn.Linear(h, o, device="meta")


        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            if input_size < 1 or hidden_size < 1 or output_size < 1 or time_steps < 1:
                raise ValueError("must be at least 1")
            return sum(p.numel() for p in Net(input_size, hidden_size, output_size).parameters())
        """
    ),
    "a module built and counted": text(
        """
        import torch.nn as nn

        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            if min(input_size, hidden_size, output_size, time_steps) < 1:
                raise ValueError("must be at least 1")
            net = nn.ModuleList([
                nn.Linear(input_size, hidden_size, bias=False),
                nn.Linear(hidden_size, hidden_size),
                nn.Linear(hidden_size, output_size),
            ])
            return sum(p.numel() for p in net.parameters() if p.requires_grad)
        """
    ),
    "torch.nn.RNN less a bias": text(
        """
        from torch import nn

        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            if min(input_size, hidden_size, output_size, time_steps) < 1:
                raise ValueError("must be at least 1")
            rnn, out = nn.RNN(input_size, hidden_size), nn.Linear(hidden_size, output_size)
            count = sum(p.numel() for m in (rnn, out) for p in m.parameters())
            return count - hidden_size
        """
    ),
    "numpy ints": text(
        """
        import numpy as np

        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            if min(input_size, hidden_size, output_size, time_steps) < 1:
                raise ValueError("must be at least 1")
            i, h, o = input_size, hidden_size, output_size
            return np.sum([np.prod(shape) for shape in [(i, h), (h, h), (h, o), (h,), (o,)]])
        """
    ),
    "a numpy int of a Python sum": text(
        """
        import numpy as np

        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            if min(input_size, hidden_size, output_size, time_steps) < 1:
                raise ValueError("must be at least 1")
            hidden = hidden_size * (input_size + hidden_size + 1)
            return np.int64(hidden + output_size * (hidden_size + 1))
        """
    ),
    "a cache": text(
        """
        from functools import cache

        @cache
        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            if min(input_size, hidden_size, output_size, time_steps) < 1:
                raise ValueError("must be at least 1")
            hidden = hidden_size * (input_size + hidden_size + 1)
            return hidden + output_size * (hidden_size + 1)
        """
    ),
    "imported from a package": {
        "param_counter.py": "from lib.count import *\n",
        "lib/__init__.py": "",
        "lib/count.py": text("""
        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            if min(input_size, hidden_size, output_size, time_steps) < 1:
                raise ValueError("must be at least 1")
            hidden = hidden_size * (input_size + hidden_size + 1)
            return hidden + output_size * (hidden_size + 1)
        """),
    },
    "prints and asks about itself": text(
        """
        def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
            print("counting", input_size, hidden_size, output_size)
            for name in ("input_size", "hidden_size", "output_size", "time_steps"):
                if eval(name) < 1:
                    raise ValueError(name)
            hidden = hidden_size * (input_size + hidden_size + 1)
            return hidden + output_size * (hidden_size + 1)

        assert count_rnn_parameters(20, 128, 10, 5) == 20362
        assert count_rnn_parameters(20, 128, output_size=10, time_steps=10) == 20362
        try:
            count_rnn_parameters(0, 1, 1, 1)
        except ValueError as error:
            print("good:", error)
        """
    ),
    "an object that can be called": text("""
        class Counter:
            def __call__(self, input_size, hidden_size, output_size, time_steps):
                if min(input_size, hidden_size, output_size, time_steps) < 1:
                    raise ValueError("must be at least 1")
                hidden = hidden_size * (input_size + hidden_size + 1)
                return hidden + output_size * (hidden_size + 1)

        count_rnn_parameters = Counter()
    """),
}

SIGNATURE = "def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):"
RANGE = """
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
"""


def ablated(body: str, before: str = "") -> str:
    lines = "import torch\n" + text(before) + SIGNATURE + RANGE
    return lines + textwrap.indent(text(body), "    ")


GATES: dict[str, str | bytes | dict[str, str | bytes]] = {
    "a loop of their own": ablated(
        """
        T, B, I = x.shape
        H = h0.shape[1]
        h, c = h0, c0
        hs = []
        cs = []
        for t in range(T):
            z = x[t].mm(weight_ih.t()) + bias_ih + h.mm(weight_hh.t()) + bias_hh
            i = torch.sigmoid(z[:, 0:H])
            f = torch.sigmoid(z[:, H:2 * H])
            g = torch.tanh(z[:, 2 * H:3 * H])
            o = torch.sigmoid(z[:, 3 * H:])
            if forget_gate is not None:
                f = torch.full_like(f, forget_gate)
            c = f * c + i * g
            h = o * torch.tanh(c)
            hs.append(h)
            cs.append(c)
        return torch.stack(hs, dim=0), torch.stack(cs, dim=0)
        """
    ),
    "torch.lstm_cell for the ordinary one": ablated(
        """
        h, c = h0, c0
        hs, cs = (), ()
        for x_t in x.unbind():
            if forget_gate is None:
                h, c = torch.lstm_cell(x_t, (h, c), weight_ih, weight_hh, bias_ih, bias_hh)
            else:
                z = F.linear(x_t, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
                i, _, g, o = z.chunk(4, -1)
                c = forget_gate * c + F.sigmoid(i) * F.tanh(g)
                h = F.sigmoid(o) * F.tanh(c)
            hs += (h,)
            cs += (c,)
        return torch.stack(hs), torch.stack(cs)
        """,
        before="import torch.nn.functional as F\n\n",
    ),
    "all inputs projected at once": ablated(
        """
        projected = (x.flatten(0, 1) @ weight_ih.T).view(*x.shape[:2], -1) + (bias_ih + bias_hh)
        h, c = h0, c0
        states = []
        for z in projected:
            i, f, g, o = (z + h @ weight_hh.T).chunk(4, dim=1)
            f = f.sigmoid() if forget_gate is None else f * 0 + forget_gate
            c = f * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            states.append(torch.stack([h, c]))
        hs, cs = torch.stack(states, dim=1)
        return hs, cs
        """
    ),
    "results written into new tensors": ablated(
        """
        T, B, H = x.size(0), x.size(1), h0.size(1)
        hs = x.new_zeros(T, B, H)
        cs = torch.empty((T, B, H), dtype=x.dtype)
        for t in range(T):
            h = hs[t - 1].clone() if t else h0
            c = cs[t - 1].clone() if t else c0
            z = x[t] @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
            i, f, g, o = z.view(B, 4, H).transpose(0, 1)
            keep = torch.sigmoid(f)
            if forget_gate is not None:
                keep = torch.tensor(float(forget_gate), dtype=x.dtype)
            cs[t] = keep * c + torch.sigmoid(i) * torch.tanh(g)
            hs[t] = torch.sigmoid(o) * torch.tanh(cs[t].clone())
        return hs, cs
        """
    ),
    "torch.nn.LSTMCell called with given weights": ablated(
        """
        given = dict(locals())
        if forget_gate is None:
            cell = nn.LSTMCell(x.shape[2], h0.shape[1], dtype=x.dtype)
            weights = {name: value for name, value in given.items() if name[0] in "wb"}
            step = lambda x, s: functional_call(cell, weights, (x, s))
        else:
            def step(x, s):
                h, c = s
                i, _, g, o = (x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh).chunk(4, 1)
                c = forget_gate * c + torch.sigmoid(i) * torch.tanh(g)
                return torch.sigmoid(o) * torch.tanh(c), c
        state, outputs = (h0, c0), []
        for x_t in x:
            state = step(x_t, state)
            outputs.append(state)
        hs, cs = zip(*outputs)
        return torch.stack(hs), torch.stack(cs)
        """,
        before="from torch import nn\nfrom torch.func import functional_call\n\n",
    ),
    "the forget gate's rows cut out": ablated(
        """
        H = h0.size(1)
        if forget_gate is not None:
            rows = torch.cat([torch.arange(H), torch.arange(2 * H, 4 * H)])
            weight_ih, weight_hh = weight_ih[rows], weight_hh[rows]
            bias_ih, bias_hh = bias_ih[rows], bias_hh[rows]
        h, c, hs, cs = h0, c0, [], []
        for x_t in x:
            gates = list((x_t @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh).split(H, 1))
            f = forget_gate if forget_gate is not None else gates.pop(1).sigmoid()
            i, g, o = gates
            c = c * f + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            hs += [h]
            cs += [c]
        return torch.stack(hs), torch.stack(cs)
        """
    ),
    "itertools.accumulate": ablated(
        """
        def step(state, x_t):
            h, c = state
            z = torch.cat((x_t, h), 1) @ torch.cat((weight_ih, weight_hh), 1).T + bias_ih + bias_hh
            i, f, g, o = torch.tensor_split(z, 4, 1)
            keep = torch.sigmoid(f) if forget_gate is None else forget_gate
            c = keep * c + torch.sigmoid(i) * torch.tanh(g)
            return State(torch.sigmoid(o) * torch.tanh(c), c)

        states = list(accumulate(x, step, initial=State(h0, c0)))[1:]
        return State(*map(torch.stack, zip(*states)))
        """,
        before="""
        from collections import namedtuple
        from itertools import accumulate

        State = namedtuple("State", "h c")


        """,
    ),
    "their own LSTMCell imported": {
        "forget_gate.py": ablated(
            """
            cell = LSTMCell(x.shape[-1], h0.shape[-1])
            weights = {"weight_ih": weight_ih, "weight_hh": weight_hh}
            weights |= {"bias_ih": bias_ih, "bias_hh": bias_hh}
            h, c, hs, cs = h0, c0, [], []
            for x_t in x:
                if forget_gate is None:
                    h, c = torch.func.functional_call(cell, weights, (x_t, (h, c)))
                else:
                    z = x_t @ weight_ih.T + h @ weight_hh.T + bias_ih + bias_hh
                    i, _, g, o = z.chunk(4, 1)
                    c = forget_gate * c + i.sigmoid() * g.tanh()
                    h = o.sigmoid() * c.tanh()
                hs.append(h)
                cs.append(c)
            return torch.stack(hs), torch.stack(cs)
            """,
            before="from lstm_cell import LSTMCell\n\n",
        ),
        "lstm_cell.py": CELLS["F.linear"],
    },
    "TorchScript all through": ablated(
        """
        keep = -1.0 if forget_gate is None else float(forget_gate)
        return run(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, keep)
        """,
        before="""
        from typing import List, Tuple

        import torch
        from torch import Tensor


        @torch.jit.script
        def run(x: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor, a: Tensor, b: Tensor,
                keep: float) -> Tuple[Tensor, Tensor]:
            hs: List[Tensor] = []
            cs: List[Tensor] = []
            for t in range(x.size(0)):
                i, f, g, o = (x[t] @ w.t() + a + h @ u.t() + b).chunk(4, 1)
                f = torch.sigmoid(f)
                if keep >= 0:
                    f = torch.full_like(f, keep)
                c = f * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
                hs.append(h)
                cs.append(c)
            return torch.stack(hs), torch.stack(cs)


        """,
    ),
    "recursion over the steps": ablated(
        """
        def go(t, h, c):
            if t == len(x):
                return [], []
            i, f, g, o = (x[t] @ weight_ih.T + h @ weight_hh.T + bias_ih + bias_hh).chunk(4, 1)
            c = (f.sigmoid() if forget_gate is None else forget_gate) * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            hs, cs = go(t + 1, h, c)
            return [h, *hs], [c, *cs]

        hs, cs = go(0, h0, c0)
        return torch.stack(hs), torch.cat([c[None] for c in cs])
        """
    ),
    "torch.nn.LSTM for hs, a loop for cs": ablated(
        """
        if forget_gate is None:
            flat = [weight_ih, weight_hh, bias_ih, bias_hh]
            hs, cs, state = [], [], (h0[None], c0[None])
            for x_t in x:
                out, *state = torch.lstm(
                    x_t[None], tuple(state), flat, True, 1, 0.0, False, False, False
                )
                hs.append(state[0][0])
                cs.append(state[1][0])
            return torch.stack(hs), torch.stack(cs)
        h, c, hs, cs = h0, c0, [], []
        for x_t in x:
            i, _, g, o = (x_t @ weight_ih.T + h @ weight_hh.T + bias_ih + bias_hh).chunk(4, 1)
            c = i.sigmoid() * g.tanh() + c.mul(forget_gate)
            h = o.sigmoid() * c.tanh()
            hs.append(h)
            cs.append(c)
        return torch.stack(hs), torch.stack(cs)
        """
    ),
}


NOTEBOOKS = {
    "magics and commands": ["%matplotlib inline\n!pip install torch\n%load_ext autoreload", cell(PLAIN)],
    "a command in a condition": ["if 'x' in 'y':\n    !pip install torch\n    %cd /content", cell(PLAIN)],
    "a cell that is timed": ["import torch", "%%time\n" + cell(PLAIN), "%%bash\nls"],
    "help on a function": [cell(PLAIN), "torch.sigmoid?", "?torch.tanh"],
    "what a command says": [cell(PLAIN), "files = !ls\ntime = %timeit -o 1 + 1"],
    "a line that is timed": [
        cell(PLAIN),
        "%time h, c = LSTMCell(2, 3)(torch.ones(1, 2))\nassert h.shape == c.shape",
    ],
    "a command of several lines": ["!pip install torch \\\n    numpy \\\n  tqdm\nimport os", cell(PLAIN)],
    "packages of a notebook": [
        "import matplotlib.pyplot as plt\nfrom IPython.display import clear_output\n%matplotlib inline",
        cell(PLAIN),
        "plt.plot([1])\nplt.show()\ndisplay(LSTMCell(1, 1))",
        "if 'google.colab' in str(get_ipython()):\n    clear_output()",
    ],
    "what comes late from the future": ["import os", "from __future__ import annotations\n" + cell(PLAIN)],
    "a cell that is written to a file": ["%%writefile lstm_cell.py\n" + cell(PLAIN)],
    "lines that begin with a percent sign but are Python": [
        cell(PLAIN, after='\n\nREST = (7\n    % 4)\nTEXT = """\n%d percent\n!"""\nassert "%d" in TEXT')
    ],
}


def files(module: str, style: str | bytes | dict[str, str | bytes]) -> dict[str, str | bytes]:
    return style if isinstance(style, dict) else {f"{module}.py": style}


@pytest.mark.parametrize("style", CELLS)
def test_a_right_lstm_cell_gets_full_marks_written_with(style: str, grade: Grade) -> None:
    assert lost(grade(files("lstm_cell", CELLS[style]), "lstm_cell")) == {}


@pytest.mark.parametrize("style", COUNTERS)
def test_a_right_count_gets_full_marks_written_with(style: str, grade: Grade) -> None:
    assert lost(grade(files("param_counter", COUNTERS[style]), "param_counter")) == {}


@pytest.mark.parametrize("style", GATES)
def test_a_right_forget_gate_gets_full_marks_written_with(style: str, grade: Grade) -> None:
    assert lost(grade(files("forget_gate", GATES[style]), "forget_gate")) == {}


@pytest.mark.parametrize("style", NOTEBOOKS)
def test_a_right_notebook_gets_full_marks_written_with(style: str, grade: Grade, tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": source} for source in NOTEBOOKS[style]]
    (tmp_path / "lstm_cell.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    read = read_submission(tmp_path, ("lstm_cell",))
    assert lost(grade(read.files, "lstm_cell")) == {}
