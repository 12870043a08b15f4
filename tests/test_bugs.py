"""Wrong submissions with one bug each, in other words than the solutions': caught, and called by name.

Each is a right module, written in a style of its own, in which some text is exchanged. Where
`mistakes/` knows the bug, one of `names` is what the report should say. Bad input, which no mark can be
had for, is at the end: it costs its own task alone, and the report says in a sentence what is wrong.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from conftest import GraderFor
from test_styles import text

from grader.assignment.loader import Assignment
from grader.judging.grading import Grader
from grader.results.report import TaskResult, Verdict
from grader.submission.loader import Submission, read_submission


@dataclass(frozen=True)
class Bug:
    """A bug in a right module: what is exchanged, and how `mistakes/` calls it, where it does."""

    names: tuple[str, ...]
    changes: tuple[tuple[str, str], ...]

    def put_into(self, right: str) -> str:
        wrong = right
        for old, new in self.changes:
            assert old in wrong, f"{old!r} is not in the right module"
            wrong = wrong.replace(old, new)
        return wrong


def known(*names: str) -> Callable[..., Bug]:
    """Return what makes a bug that `mistakes/` knows by one of `names`."""
    return lambda *changes: Bug(names, changes)


def unknown(*changes: tuple[str, str]) -> Bug:
    """Return a bug that `mistakes/` does not list."""
    return Bug((), changes)


COUNTER = text(
    """
    import math


    def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
        for size in (input_size, hidden_size, output_size, time_steps):
            if size < 1:
                raise ValueError(f"{size} is too small")
        shapes = [(input_size, hidden_size), (hidden_size, hidden_size), (hidden_size, output_size)]
        total = sum(math.prod(shape) for shape in shapes)
        total += hidden_size
        total += output_size
        return total
    """
)
COUNTERS = {
    "a copy of the network for each step": known("times steps")(
        ("return total", "return time_steps * total")
    ),
    "recurrent weights for each step": known("hidden weights times steps")(
        ("total += hidden_size\n", "total += hidden_size + (time_steps - 1) * hidden_size ** 2\n")
    ),
    "two biases as in torch": known("two hidden biases")(("+= hidden_size", "+= 2 * hidden_size")),
    "no bias at all": known("no biases")(("    total += hidden_size\n    total += output_size\n", "")),
    "the bias of the outputs forgotten": known("no output bias")(("    total += output_size\n", "")),
    "one recurrent weight a unit": known("hidden to itself")(
        ("(hidden_size, hidden_size)", "(hidden_size, 1)")
    ),
    "no recurrent weights": known("no hidden weights")((" (hidden_size, hidden_size),", "")),
    "numpy's float": known("float result")(("sum(math.prod(shape)", "math.fsum(math.prod(shape)")),
    "printed": known("nothing returned")(("return total", "print(total)")),
    "return forgotten": known("nothing returned")(("    return total\n", "")),
    "a tensor": known("tensor result")(
        ("import math", "import math\nimport torch"), ("return total", "return torch.tensor(total)")
    ),
    "an assertion": known("assertion")(
        ('if size < 1:\n            raise ValueError(f"{size} is too small")', "assert size >= 1")
    ),
    "zero let through": known("size of zero")(("size < 1", "size < 0")),
    "steps not looked at": known("steps not checked")(
        ("in (input_size, hidden_size, output_size, time_steps)", "in (input_size, hidden_size, output_size)")
    ),
    "outputs not looked at": unknown(
        ("in (input_size, hidden_size, output_size, time_steps)", "in (input_size, hidden_size, time_steps)")
    ),
    "a TypeError": unknown(("ValueError", "TypeError")),
    "equal shapes counted once": unknown(
        ("prod(shape) for shape in shapes", "prod(shape) for shape in {*shapes}")
    ),
    "remembered by two sizes alone": unknown(
        ("def count", "KEPT = {}\n\n\ndef count"),
        ("return total", "return KEPT.setdefault((input_size, hidden_size), total)"),
    ),
    "rounded in float32": unknown(
        ("import math", "import math\nimport numpy as np"), ("return total", "return int(np.float32(total))")
    ),
    "one less when there is a single step": unknown(("return total", "return total - (time_steps == 1)")),
}

NETWORK = text(
    """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F


    class VanillaRNN(nn.Module):
        def __init__(self, input_size, hidden_size, output_size):
            super().__init__()
            self.H, self.O = hidden_size, output_size
            self.weight_ih = nn.Parameter(torch.rand(hidden_size, input_size))
            self.weight_hh = nn.Parameter(torch.rand(hidden_size, hidden_size))
            self.bias_h = nn.Parameter(torch.rand(hidden_size))
            self.weight_ho = nn.Parameter(torch.rand(output_size, hidden_size))
            self.bias_o = nn.Parameter(torch.rand(output_size))

        def forward(self, x, h0=None):
            T, B, I = x.shape
            if h0 is None:
                h0 = torch.zeros(B, self.H, dtype=x.dtype)
            projected = F.linear(x, self.weight_ih, self.bias_h)
            states = [h0]
            for t in range(T):
                recurrent = F.linear(states[-1], self.weight_hh)
                states.append(torch.tanh(projected[t] + recurrent))
            hs = torch.stack(states[1:])
            y = F.linear(hs, self.weight_ho, self.bias_o)
            return y, hs[-1]
    """
)
NETWORKS = {
    "the recurrent weights not transposed": known("weight not transposed")(
        ("F.linear(states[-1], self.weight_hh)", "states[-1].mm(self.weight_hh)")
    ),
    "a sigmoid": known("sigmoid for tanh")(("torch.tanh(", "torch.sigmoid(")),
    "no bias in the hidden layer": known("no hidden bias")((", self.bias_h)", ")")),
    "a tanh of the outputs": known("output through tanh")(("return y,", "return y.tanh(),")),
    "the last output": known("last output only")(("return y,", "return y[-1],")),
    "all states returned": known("all states for the last")(("y, hs[-1]", "y, hs")),
    "h0 thrown away": known("given state ignored")(("if h0 is None:", "if True:")),
    "a state kept": known("state remembered")(
        (
            "torch.zeros(B, self.H, dtype=x.dtype)",
            "getattr(self, 'last', torch.zeros(B, self.H, dtype=x.dtype))",
        ),
        ("return y,", "self.last = hs[-1].detach()\n        return y,"),
    ),
    "each step from h0": known("state not carried on")(("F.linear(states[-1]", "F.linear(states[0]")),
    "outputs one step late": known("output from state before")(
        ("F.linear(hs,", "F.linear(torch.stack(states[:-1]),")
    ),
    "steps cut apart": known("steps detached")(("F.linear(states[-1],", "F.linear(states[-1].detach(),")),
    "float32 zeros": known("zeros of default dtype")((", dtype=x.dtype)", ")")),
    "squeezed": known("squeezed")(("y, hs[-1]", "y.squeeze(), hs[-1].squeeze()")),
    "the batch taken for time": known("batch first")(
        ("T, B, I = x.shape", "B, T, I = x.shape\n        x = x.transpose(0, 1)"),
        ("states = [h0]", "states = [h0[:1].expand(B, -1)]"),
        ("return y,", "return y.transpose(0, 1),"),
    ),
    "read from the end": known("backwards in time")(
        ("F.linear(x,", "F.linear(torch.flip(x, [0]),"), ("return y,", "return y.flip(0),")
    ),
    "a tanh of large numbers": known("tanh overflows")(
        ("torch.tanh(projected[t] + recurrent)", "(a.exp() - (-a).exp()) / (a.exp() + (-a).exp())"),
        ("            states.append", "            a = projected[t] + recurrent\n            states.append"),
    ),
    "square weights not transposed": unknown(
        (
            "F.linear(x, self.weight_ih, self.bias_h)",
            "(x @ self.weight_ih if I == self.H else x @ self.weight_ih.T) + self.bias_h",
        )
    ),
    "the first row of h0 for all": unknown(("states = [h0]", "states = [h0[:1].expand(B, -1)]")),
    "one step without a time axis": unknown(("return y,", "return (y if T > 1 else y[0]),")),
    "a batch of one without its axis": unknown(("return y,", "return (y if B > 1 else y[:, 0]),")),
    "rounded by float32": unknown(("return y,", "return y.float().to(x.dtype),")),
    "the states rounded by float32": unknown(("torch.tanh(projected[t]", "torch.tanh(projected[t].float()")),
    "inputs cut off at five": unknown(("F.linear(x,", "F.linear(x.clamp(-5, 5),")),
    "no gradient for one bias": unknown(
        ("self.weight_ho, self.bias_o)", "self.weight_ho, self.bias_o.data)")
    ),
    "no gradient at the first step": unknown(("F.linear(x,", "F.linear(torch.cat([x[:1].detach(), x[1:]]),")),
    "weights that fade with each call": unknown(
        ("return y,", "self.weight_hh.data *= 0.99\n        return y,")
    ),
    "x scaled in place": unknown(
        ("projected =", "x.mul_(1.0)\n        x[0, 0, 0] += 1e-3\n        projected =")
    ),
}

FLOW = text(
    """
    import torch


    def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
        def step(h, x_t):
            return torch.tanh(x_t @ weight_ih.t() + h @ weight_hh.t() + bias_h)

        hidden, T = [h0], x.size(0)
        for t in range(T):
            hidden.append(step(hidden[t], x[t]))
        local = [torch.diag(1 - hidden[t + 1].pow(2)).mm(weight_hh) for t in range(T)]
        result = x.new_zeros(T)
        for d in range(1, T + 1):
            J = torch.eye(h0.numel(), dtype=x.dtype)
            for t in range(T - d, T):
                J = local[t].mm(J)
            result[d - 1] = torch.linalg.svdvals(J)[0]
        return result


    def cell_state_retention(forget_gates):
        rows, kept = [], 1
        for gate in forget_gates.unbind(0)[::-1]:
            kept = kept * gate
            rows.append(kept)
        return torch.stack(rows)
    """
)
FLOWS = {
    "no slope": known("no slope of tanh")(
        ("torch.diag(1 - hidden[t + 1].pow(2)).mm(weight_hh)", "weight_hh")
    ),
    "the slope one step early": known("slope of the state before")(("hidden[t + 1].pow", "hidden[t].pow")),
    "the slope on the other side": known("slopes scale columns")(
        (
            "torch.diag(1 - hidden[t + 1].pow(2)).mm(weight_hh)",
            "weight_hh.mm(torch.diag(1 - hidden[t + 1].pow(2)))",
        )
    ),
    "the slope of a sigmoid": known("slope of sigmoid")(
        ("1 - hidden[t + 1].pow(2)", "hidden[t + 1] - hidden[t + 1].pow(2)")
    ),
    "products the other way round": known("product in wrong order")(("local[t].mm(J)", "J.mm(local[t])")),
    "Frobenius": known("frobenius norm")(("torch.linalg.svdvals(J)[0]", "J.pow(2).sum().sqrt()")),
    "eigenvalues": known("spectral radius")(
        ("torch.linalg.svdvals(J)[0]", "torch.linalg.eigvals(J).abs().amax()")
    ),
    "the smallest singular value": known("smallest singular value")(("svdvals(J)[0]", "svdvals(J)[-1]")),
    "no root": known("squared")(("svdvals(J)[0]", "svdvals(J)[0] ** 2")),
    "norms multiplied": known("norms multiplied")(
        ("torch.linalg.svdvals(J)[0]", "torch.stack([torch.linalg.norm(L, 2) for L in local[T - d:]]).prod()")
    ),
    "the farthest first": known("farthest first")(("result[d - 1]", "result[T - d]")),
    "steps by themselves": known("not multiplied")(("svdvals(J)", "svdvals(local[T - d])")),
    "from the first step on": known("from the first state")(("range(T - d, T)", "range(d)")),
    "h0 for zeros": known("initial state ignored")(("hidden, T = [h0]", "hidden, T = [h0 * 0]")),
    "float32 norms": known("norms of default dtype")(("x.new_zeros(T)", "torch.zeros(T)")),
    "W transposed": known("weight transposed")((".mm(weight_hh) for", ".mm(weight_hh.T) for")),
    "gates from the first on": known("products from the first gate")((".unbind(0)[::-1]", ".unbind(0)")),
    "gates in order of time": known("retention in order of time")(
        ("torch.stack(rows)", "torch.stack(rows[::-1])")
    ),
    "gates summed": known("gates added")(("kept = kept * gate", "kept = kept * (len(rows) > 0) + gate")),
    "gates cut from the graph": known("retention detached")(
        ("torch.stack(rows)", "torch.tensor(torch.stack(rows).tolist(), dtype=forget_gates.dtype)")
    ),
    "logarithms": known("sum of logarithms")(
        ("rows, kept = [], 1", "rows, kept = [], 0"),
        ("kept = kept * gate", "kept = kept + gate.log()"),
        ("rows.append(kept)", "rows.append(kept.exp())"),
    ),
    "norms that saturate": known("explosion cut off")(("svdvals(J)[0]", "svdvals(J)[0].clamp(max=10)")),
    "wrong with as many inputs as units": unknown(
        ("x_t @ weight_ih.t()", "x_t @ (weight_ih if len(weight_ih) == len(x_t) else weight_ih.t())")
    ),
    "one step without its axis": unknown(("return result\n", "return result if T > 1 else result[0]\n")),
    "the states rounded by float32": unknown(
        ("local = [", "hidden = [h.float().to(x.dtype) for h in hidden]\n    local = [")
    ),
    "gates of less than 1e-6 taken for zero": unknown(
        ("kept = kept * gate", "kept = (kept * gate) * (kept * gate > 1e-6)")
    ),
    "no gradient for the last gate": unknown(
        ("kept = kept * gate", "kept = kept * (gate if rows else gate.detach())")
    ),
    "a norm that is never zero": unknown(("svdvals(J)[0]", "svdvals(J)[0].clamp(min=1e-7)")),
    "a single unit without its axis": unknown(
        ("torch.stack(rows)", "torch.stack(rows) if gate.numel() > 1 else torch.cat(rows)")
    ),
    "the gates written into": unknown(
        ("    rows, kept = [], 1", "    forget_gates.clamp_(1e-3, 1 - 1e-3)\n    rows, kept = [], 1")
    ),
}

GRU = text(
    """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F


    class GRUCell(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            H = self.H = hidden_size
            self.bias_ih, self.bias_hh = (nn.Parameter(torch.zeros(3 * H)) for _ in range(2))
            self.weight_ih = nn.Parameter(torch.randn(3 * H, input_size))
            self.weight_hh = nn.Parameter(torch.randn(3 * H, H))

        def gate(self, k, x, h):
            rows = slice(k * self.H, (k + 1) * self.H)
            from_x = F.linear(x, self.weight_ih[rows], self.bias_ih[rows])
            from_h = F.linear(h, self.weight_hh[rows], self.bias_hh[rows])
            return from_x, from_h

        def forward(self, x, h=None):
            if h is None:
                h = torch.zeros(len(x), self.H, dtype=x.dtype)
            reset = torch.sigmoid(sum(self.gate(0, x, h)))
            update = torch.sigmoid(sum(self.gate(1, x, h)))
            from_x, from_h = self.gate(2, x, h)
            new = torch.tanh(from_x + reset * from_h)
            result = torch.lerp(new, h, update)
            return result
    """
)
GRUS = {
    "the update gate turned round": known("update gate reversed")(
        ("lerp(new, h, update)", "lerp(h, new, update)")
    ),
    "gates exchanged": known("gate order")(
        ("gate(0,", "gate(9,"), ("gate(1,", "gate(0,"), ("gate(9,", "gate(1,")
    ),
    "reset before the product": known("reset before product")(
        ("self.gate(2, x, h)", "self.gate(2, x, reset * h)"), ("reset * from_h", "from_h")
    ),
    "no reset": known("no reset")(("reset * from_h", "from_h")),
    "the reset gate for everything": known("reset of everything")(
        ("from_x + reset * from_h", "reset * (from_x + from_h)")
    ),
    "a sigmoid for the new state": known("new state sigmoid")(("torch.tanh(from_x", "torch.sigmoid(from_x")),
    "one bias": known("no bias hh")((", self.bias_hh[rows])", ")")),
    "a bias outside": known("bias outside reset")(
        ("reset * from_h", "reset * (from_h - self.bias_hh[2 * self.H:]) + self.bias_hh[2 * self.H:]")
    ),
    "the state cut off": known("state detached")(("        reset =", "        h = h.data\n        reset =")),
    "the state written into": known("written into state")(
        ("torch.lerp(new, h, update)", "h.mul_(update).add_(new - update * new)")
    ),
    "a pair": known("returned as pair")(("return result", "return result, result")),
    "squeezed": known("squeezed")(("return result", "return result.squeeze()")),
    "float64": known("result in float64")(("return result", "return result.to(torch.float64)")),
    "float32 zeros": known("zeros of default dtype")((", dtype=x.dtype)", ")")),
    "a state kept": known("state remembered")(
        (
            "torch.zeros(len(x), self.H, dtype=x.dtype)",
            "self.__dict__.get('old', torch.zeros(len(x), self.H, dtype=x.dtype))",
        ),
        ("return result", "self.old = result.detach()\n        return result"),
    ),
    "the weights cut off": known("weight detached")(
        ("self.weight_hh[rows]", "self.weight_hh.detach()[rows]")
    ),
    "a sigmoid that overflows": unknown(
        (
            "reset = torch.sigmoid(sum(self.gate(0, x, h)))",
            "e = sum(self.gate(0, x, h)).exp()\n        reset = e / (1 + e)",
        )
    ),
    "no gradient for one bias": unknown(("self.bias_ih[rows])", "self.bias_ih[rows].detach())")),
    "no gradient for the rows of one gate": unknown(
        ("self.gate(1, x, h)))", "self.gate(1, x, h))).detach()")
    ),
    "square weights not transposed": unknown(
        (
            "self.weight_ih[rows], self",
            "(lambda w: w.T if w.shape[0] == w.shape[1] else w)(self.weight_ih[rows]), self",
        )
    ),
    "a batch of one without its axis": unknown(
        ("return result", "return result if len(x) > 1 else result[0]")
    ),
    "a single unit doubled": unknown(("return result", "return result if self.H > 1 else 2 * result")),
    "inputs cut off at ten": unknown(("        reset =", "        x = x.clamp(-10, 10)\n        reset =")),
    "inputs rounded by float32": unknown(
        ("        reset =", "        x = x.float().to(x.dtype)\n        reset =")
    ),
    "batch normalization": unknown(("new = torch.tanh(", "new = torch.tanh(x.mean() * 1e-4 + ")),
}

LSTM = text(
    """
    import torch
    from torch import nn


    class LSTMCell(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.hidden = hidden_size
            for name, width in {"weight_ih": (input_size,), "weight_hh": (hidden_size,)}.items():
                self.register_parameter(name, nn.Parameter(torch.randn(4 * hidden_size, *width)))
            for name in ("bias_ih", "bias_hh"):
                self.register_parameter(name, nn.Parameter(torch.zeros(4 * hidden_size)))

        def forward(self, x, state=None):
            if state is None:
                state = [torch.zeros(x.shape[0], self.hidden).to(x)] * 2
            h_old, c_old = state
            weight = torch.cat([self.weight_ih, self.weight_hh], dim=1)
            total = torch.einsum("bk,gk->bg", torch.cat([x, h_old], dim=1), weight)
            total = total + self.bias_ih + self.bias_hh
            i, f, g, o = total.view(-1, 4, self.hidden).unbind(dim=1)
            c_new = torch.sigmoid(f) * c_old + torch.sigmoid(i) * torch.tanh(g)
            h_new = torch.sigmoid(o) * torch.tanh(c_new)
            return h_new, c_new
    """
)
LSTMS = {
    "output before cell": known("gate order")(("i, f, g, o =", "i, f, o, g =")),
    "forget before input": known("forget and input swapped")(("i, f, g, o =", "f, i, g, o =")),
    "a candidate between 0 and 1": known("candidate sigmoid")(("torch.tanh(g)", "torch.sigmoid(g)")),
    "h from the old c": known("hidden from old cell")(("torch.tanh(c_new)", "torch.tanh(c_old)")),
    "h from c itself": known("no tanh of cell")(("torch.tanh(c_new)", "c_new")),
    "one bias": known("no bias hh")((" + self.bias_hh", "")),
    "c before h": known("returned in wrong order")(("return h_new, c_new", "return c_new, h_new")),
    "h alone": known("only h returned")(("return h_new, c_new", "return h_new")),
    "the pair taken the other way": known("state in wrong order")(
        ("h_old, c_old = state", "c_old, h_old = state")
    ),
    "squeezed": known("squeezed")(
        ("return h_new, c_new", "return tuple(s.squeeze() for s in (h_new, c_new))")
    ),
    "cut off": known("state detached")(
        ("h_old, c_old = state", "h_old, c_old = (s.detach() for s in state)")
    ),
    "c written into": known("written into state")(
        ("c_new = torch.sigmoid(f) * c_old + ", "c_new = c_old.mul_(torch.sigmoid(f)).add_("),
        (" * torch.tanh(g)", " * torch.tanh(g))"),
    ),
    "a state kept": known("state remembered")(
        ("state = [torch", "state = self.kept if hasattr(self, 'kept') else [torch"),
        ("return h_new", "self.kept = h_new.detach(), c_new.detach()\n        return h_new"),
    ),
    "a bias that is not registered": known("bias not registered")(
        (
            'for name in ("bias_ih", "bias_hh"):',
            'self.bias_hh = torch.zeros(4 * hidden_size)\n        for name in ("bias_ih",):',
        )
    ),
    "a tanh of c returned": known("cell returned through tanh")(
        ("return h_new, c_new", "return h_new, c_new.tanh()")
    ),
    "sigmoids that overflow": known("sigmoid overflows")(
        ("torch.sigmoid(f)", "(f.exp() / (f.exp() + 1))"), ("torch.sigmoid(i)", "(i.exp() / (i.exp() + 1))")
    ),
    "one sigmoid that overflows": unknown(("torch.sigmoid(o)", "(o.exp() / (o.exp() + 1))")),
    "only c cut off": unknown(("h_old, c_old = state", "h_old, c_old = state[0], state[1].detach()")),
    "no gradient for one bias": unknown(("self.bias_ih +", "self.bias_ih.data +")),
    "square weights not transposed": unknown(
        (
            "weight = ",
            "W = self.weight_ih\n        if x.shape[1] == self.hidden:\n"
            "            W = torch.cat([w.T for w in W.chunk(4)])\n        weight = ",
        ),
        ("cat([self.weight_ih,", "cat([W,"),
    ),
    "a batch of one without its axis": unknown(
        ("return h_new, c_new", "return (h_new, c_new) if len(x) > 1 else (h_new[0], c_new[0])")
    ),
    "a single unit without gates": unknown(
        ("torch.sigmoid(o) *", "(torch.sigmoid(o) if self.hidden > 1 else 1) *")
    ),
    "c cut off at three": unknown(("return h_new", "c_new = c_new.clamp(-3, 3)\n        return h_new")),
    "gates rounded by float32": unknown(("unbind(dim=1)", "float().to(x.dtype).unbind(dim=1)")),
    "weights that fade with each call": unknown(
        ("return h_new", "self.weight_hh.data *= 0.999\n        return h_new")
    ),
    "zeros that are ones": unknown(("torch.zeros(x.shape", "torch.ones(x.shape")),
}

GATE = text(
    """
    import math

    import torch
    import torch.nn.functional as F


    def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
        if forget_gate is not None:
            if forget_gate < 0 or forget_gate > 1 or math.isnan(forget_gate):
                raise ValueError("not between 0 and 1")
        T, B, _ = x.shape
        H = h0.shape[1]
        hs, cs = [h0], [c0]
        from_x = F.linear(x, weight_ih, bias_ih)
        for t in range(T):
            z = from_x[t] + F.linear(hs[-1], weight_hh, bias_hh)
            i, f, g, o = (z[:, k * H : (k + 1) * H] for k in range(4))
            keep = F.sigmoid(f)
            if forget_gate is not None:
                keep = torch.full_like(keep, forget_gate)
            c = keep * cs[-1] + F.sigmoid(i) * F.tanh(g)
            cs.append(c)
            hs.append(F.sigmoid(o) * F.tanh(c))
        return torch.stack(hs[1:]), torch.stack(cs[1:])
    """
)
GATES = {
    "zero taken for nothing": known("zero taken for none")(
        ("if forget_gate is not None:\n            keep", "if forget_gate:\n            keep")
    ),
    "fixed before the sigmoid": known("fixed before sigmoid")(
        ("torch.full_like(keep, forget_gate)", "torch.full_like(keep, forget_gate).sigmoid()")
    ),
    "the gate scaled": known("gate scaled")(("torch.full_like(keep, forget_gate)", "keep * forget_gate")),
    "the wrong gate fixed": known("input gate fixed")(
        ("keep = F.sigmoid(f)", "keep = F.sigmoid(i)"),
        ("c = keep * cs[-1] + F.sigmoid(i) *", "c = F.sigmoid(f) * cs[-1] + keep *"),
    ),
    "not checked": known("range not checked")(('raise ValueError("not between 0 and 1")', "pass")),
    "NaN let through": known("nan accepted")((" or math.isnan(forget_gate)", "")),
    "0 and 1 refused": known("borders refused")(("< 0 or forget_gate > 1", "<= 0 or forget_gate >= 1")),
    "whole numbers ignored": known("int ignored")(
        (
            "if forget_gate is not None:\n            keep",
            "if isinstance(forget_gate, float):\n            keep",
        )
    ),
    "the last step": known("last step only")(("torch.stack(hs[1:]), torch.stack(cs[1:])", "hs[-1], cs[-1]")),
    "cs before hs": known("returned in wrong order")(
        ("torch.stack(hs[1:]), torch.stack(cs[1:])", "torch.stack(cs[1:]), torch.stack(hs[1:])")
    ),
    "from zeros": known("initial state ignored")(
        ("[h0], [c0]", "[torch.zeros_like(h0)], [torch.zeros_like(c0)]")
    ),
    "steps cut apart": known("steps detached")(
        ("F.linear(hs[-1],", "F.linear(hs[-1].detach() if t else h0,"),
        ("keep * cs[-1]", "keep * (cs[-1].detach() if t else c0)"),
    ),
    "the batch first": known("batch first")(
        ("torch.stack(hs[1:]), torch.stack(cs[1:])", "torch.stack(hs[1:], 1), torch.stack(cs[1:], 1)")
    ),
    "h erased as well": known("past erased")(
        ("F.linear(hs[-1],", "F.linear(hs[-1] if forget_gate != 0 else 0 * h0,")
    ),
    "float32 results": known("results in float32")(
        (
            "torch.stack(hs[1:]), torch.stack(cs[1:])",
            "torch.stack(hs[1:]).float(), torch.stack(cs[1:]).float()",
        )
    ),
    "a gate fixed from the second step on": unknown(
        (
            "if forget_gate is not None:\n            keep",
            "if forget_gate is not None and t:\n            keep",
        )
    ),
    "one step without its axis": unknown(
        ("torch.stack(hs[1:]), torch", "torch.stack(hs[1:])[0 if T == 1 else slice(None)], torch")
    ),
    "a fixed gate rounded to tenths": unknown(
        ("full_like(keep, forget_gate)", "full_like(keep, round(forget_gate, 1))")
    ),
    "an error of another kind": unknown(("raise ValueError", "raise RuntimeError")),
    "no gradient for one bias": unknown(("weight_hh, bias_hh)\n", "weight_hh, bias_hh.detach())\n")),
    "no gradient for c0": unknown(("[h0], [c0]", "[h0], [c0.detach()]")),
    "c cut off at ten": unknown(("cs.append(c)", "c = c.clamp(-10, 10)\n        cs.append(c)")),
    "c0 scaled in place": unknown(("    T, B, _", "    c0 *= 0.5\n    c0 *= 2\n    c0 += 1e-3\n    T, B, _")),
    "square weights not transposed": unknown(
        (
            "from_x = F.linear(x, weight_ih, bias_ih)",
            "W = torch.cat([w.T for w in weight_ih.chunk(4)]) if x.shape[2] == H else weight_ih\n"
            "    from_x = F.linear(x, W, bias_ih)",
        )
    ),
    "a tanh that overflows": unknown(("F.tanh(g)", "(1 - (-2 * g).exp()) / (1 + (-2 * g).exp())")),
}

BOTH = text(
    """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F


    class BiLSTM(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.H = H = hidden_size
            for s in ("", "_reverse"):
                setattr(self, "weight_ih_l0" + s, nn.Parameter(torch.rand(4 * H, input_size)))
                setattr(self, "weight_hh_l0" + s, nn.Parameter(torch.rand(4 * H, H)))
                setattr(self, "bias_ih_l0" + s, nn.Parameter(torch.rand(4 * H)))
                setattr(self, "bias_hh_l0" + s, nn.Parameter(torch.rand(4 * H)))

        def run(self, x, steps, s):
            W, U = getattr(self, "weight_ih_l0" + s), getattr(self, "weight_hh_l0" + s)
            b, d = getattr(self, "bias_ih_l0" + s), getattr(self, "bias_hh_l0" + s)
            h = torch.zeros(x.shape[1], self.H, dtype=x.dtype)
            c, found = h, {}
            for t in steps:
                i, f, g, o = torch.split(F.linear(x[t], W, b) + F.linear(h, U, d), self.H, dim=1)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
                found[t] = h
            return torch.stack([found[t] for t in range(len(found))])

        def forward(self, x):
            order = range(x.shape[0])
            ahead = self.run(x, order, "")
            back = self.run(x, reversed(order), "_reverse")
            return torch.cat((ahead, back), -1)
    """
)
BOTHS = {
    "backward states as they were made": known("backward states not turned back")(
        ('"_reverse")\n        return', '"_reverse").flip(0)\n        return')
    ),
    "the same weights": known("same weights both ways")(
        ('reversed(order), "_reverse")', 'reversed(order), "")')
    ),
    "both ahead": known("both read forward")(("reversed(order)", "order")),
    "halves exchanged": known("halves exchanged")(("(ahead, back)", "(back, ahead)")),
    "added": known("halves added")(("torch.cat((ahead, back), -1)", "ahead + back")),
    "interleaved": known("halves interleaved")(
        ("torch.cat((ahead, back), -1)", "torch.stack((ahead, back), -1).flatten(2)")
    ),
    "one bias": known("no bias hh")(("F.linear(h, U, d)", "F.linear(h, U)")),
    "gates in another order": known("gate order")(("i, f, g, o =", "i, f, o, g =")),
    "no tanh": known("no tanh of cell")(("* torch.tanh(c)", "* c")),
    "c returned": known("cell states returned")(("found[t] = h", "found[t] = c")),
    "backward goes on": known("backward goes on from forward")(
        (
            "h = torch.zeros(x.shape[1], self.H, dtype=x.dtype)\n        c, found = h, {}",
            "h, c = self.last if s else [torch.zeros(x.shape[1], self.H, dtype=x.dtype)] * 2\n"
            "        found = {}",
        ),
        ("        return torch.stack", "        self.last = h, c\n        return torch.stack"),
    ),
    "the last backward state everywhere": known("last backward state everywhere")(
        ("(ahead, back)", "(ahead, back[:1].expand_as(back))")
    ),
    "steps cut apart": known("steps detached")(
        ("found[t] = h", "found[t] = h\n            h, c = h.detach(), c.detach()")
    ),
    "float32 zeros and results": known("zeros of default dtype", "result of default dtype")(
        (", dtype=x.dtype)", ")")
    ),
    "squeezed": known("squeezed")(("-1)\n", "-1).squeeze()\n")),
    "the backward half cut off": known("backward detached")(("(ahead, back)", "(ahead, back.detach())")),
    "states returned as well": known("returned with states")(
        ("return torch.cat((ahead, back), -1)", "return torch.cat((ahead, back), -1), (ahead[-1], back[0])")
    ),
    "one step without its axis": unknown(("-1)\n", "-1)[0 if len(order) == 1 else slice(None)]\n")),
    "a batch of one without its axis": unknown(("-1)\n", "-1)[:, 0 if x.shape[1] == 1 else slice(None)]\n")),
    "the backward weights without a gradient": unknown(
        ("        b, d =", "        U = U.detach() if s else U\n        b, d =")
    ),
    "no gradient for one backward bias": unknown(
        ("F.linear(h, U, d)", "F.linear(h, U, d.detach() if s else d)")
    ),
    "square weights not transposed": unknown(
        (
            "        b, d =",
            "        if x.shape[2] == self.H:\n            W = torch.cat([w.T for w in W.chunk(4)])\n"
            "        b, d =",
        )
    ),
    "rounded by float32": unknown(("-1)\n", "-1).float().to(x.dtype)\n")),
    "c cut off at one": unknown(
        (
            "            h = torch.sigmoid(o)",
            "            c = c.clamp(-1, 1)\n            h = torch.sigmoid(o)",
        )
    ),
    "a backward sigmoid that overflows": unknown(
        ("h = torch.sigmoid(o) *", "h = (o.exp() / (1 + o.exp()) if s else torch.sigmoid(o)) *")
    ),
    "weights that fade with each call": unknown(
        ("        order =", "        self.weight_hh_l0.data *= 0.99\n        order =")
    ),
    "backward leaves out the last step": unknown(
        ("reversed(order)", "reversed(order[:-1] if len(order) > 1 else order)"),
        ("(ahead, back)", "(ahead, F.pad(back, (0, 0, 0, 0, 0, len(ahead) - len(back))))"),
    ),
}

SMALLER = text(
    """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F


    def count_lstm_parameters(input_size, hidden_size):
        return sum(hidden_size * (input_size + hidden_size + 2) for gate in "ifgo")


    class SmallerLSTMCell(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.H = hidden_size
            self.gates = nn.Linear(input_size + hidden_size, 2 * hidden_size)
            self.new = nn.Linear(input_size + hidden_size, hidden_size, bias=False)

        def forward(self, x, state=None):
            if state is None:
                state = torch.zeros(2, len(x), self.H, dtype=x.dtype)
            h, c = state[0], state[1]
            both = torch.cat((x, h), dim=1)
            forget, output = self.gates(both).sigmoid().chunk(2, 1)
            c = torch.lerp(self.new(both).tanh(), c, forget)
            h = output * c.tanh()
            return h, c
    """
)
SMALLERS = {
    "one bias counted": known("one bias counted")(("+ hidden_size + 2)", "+ hidden_size + 1)")),
    "no biases counted": known("biases not counted")(("+ hidden_size + 2)", "+ hidden_size)")),
    "three gates counted": known("three blocks counted")(('"ifgo"', '"ifo"')),
    "one gate counted": known("one block counted")(('"ifgo"', '"i"')),
    "a float": known("count is a float")(("return sum(hidden_size *", "return sum(1.0 * hidden_size *")),
    "no recurrent weights counted": known("recurrent weights not counted")(
        ("(input_size + hidden_size + 2)", "(input_size + 2)")
    ),
    "as large as an LSTM": known("an ordinary lstm cell")(
        ("self.new = nn", "self.cell = nn.LSTMCell(input_size, hidden_size)\n        self.new = nn"),
        ("        both =", "        return self.cell(x, (h, c))\n        both ="),
        ("        self.gates = nn.Linear(input_size + hidden_size, 2 * hidden_size)\n", ""),
        ("        self.new = nn.Linear(input_size + hidden_size, hidden_size, bias=False)\n", ""),
    ),
    "h left out": known("hidden state ignored")(("torch.cat((x, h), dim=1)", "torch.cat((x, 0 * h), dim=1)")),
    "c left out": known("cell state ignored")(("tanh(), c, forget)", "tanh(), h, forget)")),
    "h without a bound": known("h not bounded")(("output * c.tanh()", "output * c")),
    "h alone": known("only h returned")(("return h, c", "return h")),
    "the old state": known("old state returned")(("return h, c", "return state[0], state[1]")),
    "weights in a buffer": known("weights not registered")(
        (
            "self.new = nn.Linear(input_size + hidden_size, hidden_size, bias=False)",
            "self.register_buffer('w', torch.randn(hidden_size, input_size + hidden_size))",
        ),
        ("self.new(both)", "F.linear(both, self.w)"),
    ),
    "frozen weights": known("weights frozen")(
        ("    def forward", "        self.new.weight.requires_grad = False\n\n    def forward")
    ),
    "a layer too many": known("parameter not used")(
        ("self.H = hidden_size", "self.H = hidden_size\n        self.rest = nn.Linear(2, 1, bias=False)")
    ),
    "dropout": known("left to chance")(("(x, h), dim", "(x, F.dropout(h, 0.3)), dim")),
    "a state kept": known("state remembered")(
        (
            "state = torch.zeros(2, len(x), self.H, dtype=x.dtype)",
            "state = getattr(self, 'kept', torch.zeros(2, len(x), self.H, dtype=x.dtype))",
        ),
        ("return h, c", "self.kept = torch.stack((h, c)).detach()\n        return h, c"),
    ),
    "float32 zeros": known("zeros of default dtype")((", dtype=x.dtype)", ")")),
    "squeezed": known("squeezed")(("return h, c", "return h.squeeze(), c.squeeze()")),
    "samples mixed": known("normalized over the batch")(
        ("forget, output =", "forget_, output ="),
        ("        c =", "        forget = forget_.softmax(0)\n        c ="),
    ),
    "c cut off": known("cell state detached")(("tanh(), c, forget", "tanh(), c.detach(), forget")),
    "written into c": known("written into state")(
        (
            "c = torch.lerp(self.new(both).tanh(), c, forget)",
            "c.mul_(forget).add_((1 - forget) * self.new(both).tanh())",
        )
    ),
    "the first two inputs alone": unknown(("torch.cat((x, h)", "torch.cat((x[:, :2], 0 * x[:, 2:], h)")),
    "half of the units of h": known("some hidden units ignored")(
        ("torch.cat((x, h)", "torch.cat((x, h[:, ::2], 0 * h[:, 1::2])")
    ),
    "a sigmoid that overflows": known("exponential overflows")(
        (".sigmoid().chunk", ".exp().div(1 + self.gates(both).exp()).chunk")
    ),
    "no gradient for one layer": unknown(("self.new(both)", "self.new(both).detach()")),
    "not for a single input": unknown(("        h, c =", "        assert x.shape[1] > 1\n        h, c =")),
    "a batch of one without its axis": unknown(
        ("return h, c", "return (h, c) if len(x) > 1 else (h[0], c[0])")
    ),
    "only smaller than an LSTM of the same width": unknown(
        (
            "self.H = hidden_size",
            "self.H = hidden_size\n        self.big = nn.Linear(input_size, 30)\n"
            "        self.out = nn.Linear(30, hidden_size)",
        ),
        ("output * c.tanh()", "output * (c + self.out(self.big(x))).tanh()"),
    ),
    "parameters that say they hold one number": known("parameters of another class")(
        (
            "class SmallerLSTMCell",
            "class Lying(nn.Parameter):\n    def numel(self):\n        return 1\n\n\nclass SmallerLSTMCell",
        ),
        ("    def forward", "        self.gates.weight = Lying(self.gates.weight.data)\n\n    def forward"),
    ),
    "weights as plain tensors": known("weights not registered")(
        (
            "self.new = nn.Linear(input_size + hidden_size, hidden_size, bias=False)",
            "self.w = [torch.randn(hidden_size, input_size + hidden_size)]",
        ),
        ("self.new(both)", "F.linear(both, self.w[0].to(x.dtype))"),
    ),
    "a parameter made without being registered": known("weights not registered")(
        (
            "self.new = nn.Linear(input_size + hidden_size, hidden_size, bias=False)",
            "self.w = {'new': nn.Parameter(torch.randn(hidden_size, input_size + hidden_size))}",
        ),
        ("self.new(both)", "F.linear(both, self.w['new'].to(x.dtype))"),
    ),
    "random weights with a seed": known("weights not registered")(
        (
            "self.new(both)",
            "F.linear(both, torch.randn(self.H, both.shape[1], "
            "generator=torch.Generator().manual_seed(1)).to(x.dtype))",
        ),
        ("        self.new = nn.Linear(input_size + hidden_size, hidden_size, bias=False)\n", ""),
    ),
}

RIGHT = {
    "param_counter": COUNTER,
    "vanilla_rnn": NETWORK,
    "gradient_flow": FLOW,
    "gru_cell": GRU,
    "lstm_cell": LSTM,
    "forget_gate": GATE,
    "bidirectional": BOTH,
    "smaller_lstm": SMALLER,
}
BUGS = {
    "param_counter": COUNTERS,
    "vanilla_rnn": NETWORKS,
    "gradient_flow": FLOWS,
    "gru_cell": GRUS,
    "lstm_cell": LSTMS,
    "forget_gate": GATES,
    "bidirectional": BOTHS,
    "smaller_lstm": SMALLERS,
}

# Where `mistakes/` has a name for the bug and the report says another one, or none.
UNNAMED = {
    ("bidirectional", "steps cut apart"),  # the mistake cuts h alone, not c
    ("smaller_lstm", "h without a bound"),  # breaks the law in other cases than the mistake
    # The laws say which parameter or unit it is, and in the mistake it is another one.
    ("smaller_lstm", "frozen weights"),
    ("smaller_lstm", "a layer too many"),
    ("smaller_lstm", "half of the units of h"),
}

ALL = [(task, bug) for task, bugs in BUGS.items() for bug in bugs]
NAMED = [(task, bug) for task, bug in ALL if BUGS[task][bug].names]


def graded(task: str, bug: str, grader_for: GraderFor) -> TaskResult:
    source = BUGS[task][bug].put_into(RIGHT[task])
    (result,) = grader_for(task).grade(Submission("a bug", {f"{task}.py": source.encode()}, {})).tasks
    return result


@pytest.fixture
def nameless(grader_for: GraderFor) -> GraderFor:
    """Return a grader that knows no mistakes: marks do not depend on names, which take time."""

    def grader_without_mistakes(*tasks: str) -> Grader:
        known = grader_for(*tasks)
        return replace(known, tasks=tuple(replace(task, mistakes=()) for task in known.tasks))

    return grader_without_mistakes


@pytest.mark.parametrize("task", RIGHT)
def test_without_a_bug_the_module_gets_full_marks(task: str, nameless: GraderFor) -> None:
    right = Submission("right", {f"{task}.py": RIGHT[task].encode()}, {})
    report = nameless(task).grade(right)
    assert (report.score, report.final) == (report.points, True)


@pytest.mark.parametrize(("task", "bug"), ALL)
def test_a_bug_costs_marks(task: str, bug: str, nameless: GraderFor) -> None:
    result = graded(task, bug, nameless)
    verdicts = {check.verdict for check in result.checks}
    assert Verdict.BROKEN not in verdicts
    assert result.score < result.points


@pytest.mark.slow
@pytest.mark.parametrize(("task", "bug"), NAMED)
def test_a_bug_that_mistakes_know_is_called_by_its_name(
    task: str, bug: str, grader_for: GraderFor, request: pytest.FixtureRequest
) -> None:
    if (task, bug) in UNNAMED:
        request.applymarker(pytest.mark.xfail(strict=True, reason="the report says another name, or none"))
    named = {check.mistake for check in graded(task, bug, grader_for).checks}
    assert named & set(BUGS[task][bug].names)


def test_at_least_nine_of_ten_bugs_that_mistakes_know_are_called_by_their_names() -> None:
    assert set(NAMED) >= UNNAMED
    assert len(UNNAMED) <= len(NAMED) / 10


def test_the_names_of_the_bugs_are_names_of_mistakes(assignment: Assignment) -> None:
    mistakes = {task.name: {mistake.name for mistake in task.mistakes} for task in assignment.tasks}
    unknown = {
        (task, name) for task, bug in NAMED for name in BUGS[task][bug].names if name not in mistakes[task]
    }
    assert unknown == set()


def returning(value: str) -> str:
    """Return an LSTM cell that returns `value` instead of h and c."""
    return LSTM.replace("return h_new, c_new", f"return {value}")


@dataclass(frozen=True)
class Bad:
    """A bad `lstm_cell.py`: what the report says about it, and the marks that are left."""

    source: str | bytes
    says: str
    score: float = 0


BAD = {
    "None returned": Bad(returning("None"), "`what a step returned`: None (is `return` missing?);"),
    "lists of numbers returned": Bad(returning("h_new.tolist(), c_new.tolist()"), "list and list;"),
    "three tensors returned": Bad(
        returning("h_new, c_new, o"), "a tensor (2, 4) and a tensor (2, 4) and a tensor (2, 4);"
    ),
    "a dict returned": Bad(returning("dict(h=h_new, c=c_new)"), "`what a step returned`: dict;"),
    "numpy returned": Bad(
        returning("h_new.detach().numpy(), c_new.detach().numpy()"), "ndarray and ndarray;"
    ),
    "complex numbers returned": Bad(
        returning("h_new + 0j, c_new + 0j"), "`c` has dtype complex128; float64 was expected."
    ),
    "sparse tensors returned": Bad(
        returning("h_new.to_sparse(), c_new.to_sparse()"), "`c` is a sparse_coo tensor on cpu;"
    ),
    "whole numbers returned": Bad(
        returning("h_new.int(), c_new.int()"), "`c` has dtype int32; float64 was expected."
    ),
    "NaN returned": Bad(returning("h_new * float('nan'), c_new"), "`h` is nan at batch 0, hidden 0;", 3),
    "a tensor without entries returned": Bad(
        returning("h_new.to('meta'), c_new"), "`h` is a strided tensor on meta;", 3
    ),
    "nothing that requires a gradient returned": Bad(
        returning("h_new.detach(), c_new.detach()"), "`gradient of x` is None;", 15.25
    ),
    "no gradients at all": Bad(
        LSTM.replace("    def forward", "    @torch.no_grad()\n    def forward"),
        "`gradient of x` is None;",
        15.25,
    ),
    "one size": Bad(
        LSTM.replace("self, input_size, hidden_size", "self, hidden_size"),
        "TypeError: LSTMCell.__init__() takes 2 positional arguments but 3 were given.",
    ),
    "no state taken": Bad(
        LSTM.replace("x, state=None", "x").replace("state is None", "True"),
        "TypeError: LSTMCell.forward() takes 2 positional arguments but 3 were given.",
    ),
    "a state that cannot be left out": Bad(
        LSTM.replace("state=None", "state"), "missing 1 required positional argument: 'state'", 16.25
    ),
    "h and c apart": Bad(
        LSTM.replace("state=None", "h, c").replace("state is None", "False").replace("= state", "= h, c"),
        "missing 1 required positional argument: 'c'",
    ),
    "a function instead of a class": Bad(
        "def LSTMCell(x, state=None):\n    return x, x\n", "has no attribute 'named_parameters'"
    ),
    "no call of super().__init__": Bad(
        LSTM.replace("        super().__init__()\n", ""), "before Module.__init__() call"
    ),
    "forward misspelt": Bad(
        LSTM.replace("def forward", "def foward"), 'missing the required "forward" function'
    ),
    "a package that is not installed": Bad(
        f"import pandas as pd\n{LSTM}",
        "No module named 'pandas'. Only torch, numpy and Python's own modules are installed",
    ),
    "an import of itself": Bad(
        "from lstm_cell import LSTMCell\n", "cannot import name 'LSTMCell' from partially initialized"
    ),
    "NUL bytes": Bad(
        LSTM.encode().replace(b"\n", b"\n\0", 1), "source code string cannot contain null bytes"
    ),
    "5 MB of source": Bad(f"{LSTM}# {'x' * (5 << 20)}\n", "", 20),
    "9 MB of source": Bad(f"{LSTM}# {'x' * (9 << 20)}\n", "`lstm_cell.py` is longer than 8 MiB."),
    "10 MB of prints": Bad(f"{LSTM}\nprint('x' * (10 << 20))\n", "", 20),
    "an empty file": Bad("", "lstm_cell.py defines nothing called `LSTMCell`."),
    "tabs and spaces mixed": Bad(
        LSTM.replace("            state = [", "\tstate = ["), "TabError: inconsistent use of tabs and spaces"
    ),
    "Latin-1": Bad(f"# für\n{LSTM}".encode("latin-1"), "SyntaxError: the file is not UTF-8 text"),
    "Python 2": Bad(f"{LSTM}print 'done'\n", "SyntaxError: Missing parentheses in call to 'print'"),
    "a merge conflict": Bad(f"<<<<<<< HEAD\n{LSTM}", "SyntaxError: invalid syntax (lstm_cell.py, line 1)."),
    "too many brackets": Bad(
        f"{LSTM}x = {'(' * 500}{')' * 500}\n", "SyntaxError: too many nested parentheses"
    ),
    "a question to the user": Bad(f"n = int(input('size? '))\n{LSTM}", "EOFError"),
    "arguments of a command line": Bad(
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--n', required=True)\n"
        f"p.parse_args()\n{LSTM}",
        'SystemExit: 2. Code that ends the program belongs under `if __name__ == "__main__":`.',
    ),
    "a graphics card": Bad(
        LSTM.replace("h_old, c_old = state", "h_old, c_old = state[0].cuda(), state[1].cuda()"),
        "Torch not compiled with CUDA enabled",
    ),
}


def told(folder: Path, grader_for: GraderFor) -> tuple[float, float, str]:
    """Return the marks of `param_counter` and of `lstm_cell`, and what is said about the latter."""
    read = read_submission(folder, ("param_counter", "lstm_cell"))
    counter, cell = grader_for("param_counter", "lstm_cell").grade(read).tasks
    failed = [check.message for check in cell.checks if check.verdict is Verdict.FAILED]
    return counter.score, cell.score, " ".join(failed)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission whose `param_counter.py` is right."""
    (tmp_path / "param_counter.py").write_text(COUNTER)
    return tmp_path


@pytest.mark.parametrize("what", BAD)
def test_a_bad_module_costs_its_own_task_and_is_told_why(
    what: str, folder: Path, nameless: GraderFor
) -> None:
    bad = BAD[what]
    source = bad.source if isinstance(bad.source, bytes) else bad.source.encode()
    (folder / "lstm_cell.py").write_bytes(source)
    counter, cell, said = told(folder, nameless)
    assert (counter, cell) == (10, bad.score)
    assert bad.says in said and bool(bad.says) == bool(said)


def test_a_folder_with_the_name_of_the_file_is_told(folder: Path, nameless: GraderFor) -> None:
    (folder / "lstm_cell.py").mkdir()
    (folder / "lstm_cell.py" / "lstm_cell.py").write_text(LSTM)
    assert told(folder, nameless) == (10, 0, "`lstm_cell.py` is a folder, not a Python file.")


def test_a_package_stands_for_the_module(folder: Path, nameless: GraderFor) -> None:
    (folder / "lstm_cell").mkdir()
    (folder / "lstm_cell" / "__init__.py").write_text("from .cell import LSTMCell\n")
    (folder / "lstm_cell" / "cell.py").write_text(LSTM)
    assert told(folder, nameless) == (10, 20, "")


def test_a_link_that_leads_to_itself_is_told(folder: Path, nameless: GraderFor) -> None:
    (folder / "lstm_cell.py").symlink_to("lstm_cell.py")
    counter, cell, said = told(folder, nameless)
    assert (counter, cell) == (10, 0)
    assert said == "`lstm_cell.py` is a link; links are not followed, hand in the file itself."


def test_a_folder_that_links_to_itself_costs_nothing(folder: Path, nameless: GraderFor) -> None:
    (folder / "lstm_cell.py").write_text(LSTM)
    (folder / "more").symlink_to(folder)
    assert told(folder, nameless) == (10, 20, "")


def test_a_pipe_in_place_of_the_module_is_told(folder: Path, nameless: GraderFor) -> None:
    os.mkfifo(folder / "lstm_cell.py")
    assert told(folder, nameless) == (10, 0, "`lstm_cell.py` is not a plain file.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_cannot_be_read_is_told(folder: Path, nameless: GraderFor) -> None:
    (folder / "lstm_cell.py").touch(mode=0)
    counter, cell, said = told(folder, nameless)
    assert (counter, cell) == (10, 0)
    assert "`lstm_cell.py` cannot be read (Permission denied)" in said


@pytest.mark.parametrize("library", ["torch", "types", "random", "numpy"])
def test_a_file_with_the_name_of_a_library_is_told(library: str, folder: Path, nameless: GraderFor) -> None:
    (folder / f"{library}.py").write_text("def helper():\n    pass\n")
    (folder / "lstm_cell.py").write_text(f"from {library} import helper\n{LSTM}")
    counter, cell, said = told(folder, nameless)
    assert (counter, cell) == (10, 0)
    assert f"Your file `{library}.py` has the name of a library" in said


@pytest.mark.parametrize("library", ["torch", "types", "random", "numpy"])
def test_a_file_with_the_name_of_a_library_that_nobody_imports_costs_nothing(
    library: str, folder: Path, nameless: GraderFor
) -> None:
    (folder / f"{library}.py").write_text("raise RuntimeError('not the library')\n")
    (folder / "lstm_cell.py").write_text(LSTM)
    assert told(folder, nameless) == (10, 20, "")
