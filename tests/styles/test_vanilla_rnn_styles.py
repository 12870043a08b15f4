"""Right networks in many styles: each gets full marks for `vanilla_rnn`, whatever it looks like."""

import textwrap

import pytest
from conftest import Grade
from test_styles import files, lost, text

# A network as most would begin it; what a style is about is the rest of `forward`.
NETWORK = text(
    """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F


    class VanillaRNN(nn.Module):
        def __init__(self, input_size, hidden_size, output_size):
            super().__init__()
            self.hidden_size = hidden_size
            self.output_size = output_size
            self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size))
            self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
            self.bias_h = nn.Parameter(torch.zeros(hidden_size))
            self.weight_ho = nn.Parameter(torch.randn(output_size, hidden_size))
            self.bias_o = nn.Parameter(torch.zeros(output_size))

        def forward(self, x, h0=None):
            T, B, I = x.shape
            H, O = self.hidden_size, self.output_size
            h = torch.zeros(B, H, dtype=x.dtype) if h0 is None else h0
    """
)


def network(forward: str, before: str = "", after: str = "") -> str:
    """Return a network whose `forward` goes on like `forward` from `x`, `h` and the sizes."""
    return text(before) + NETWORK + textwrap.indent(text(forward), " " * 8) + text(after)


LOOP = """
    ys = []
    for x_t in x:
        h = torch.tanh(x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h)
        ys.append(h @ self.weight_ho.T + self.bias_o)
    return torch.stack(ys), h
"""

NETWORKS: dict[str, str | bytes | dict[str, str | bytes]] = {
    "F.linear": network(
        """
        hs = []
        for t in range(T):
            h = F.tanh(F.linear(x[t], self.weight_ih) + F.linear(h, self.weight_hh, self.bias_h))
            hs.append(h)
        y = F.linear(torch.stack(hs), self.weight_ho, self.bias_o)
        return y, h
        """
    ),
    "einsum": network(
        """
        hs = []
        for x_t in x.unbind(0):
            a = torch.einsum("bi,hi->bh", x_t, self.weight_ih)
            a = a + torch.einsum("bk,hk->bh", h, self.weight_hh)
            h = (a + self.bias_h[None, :]).tanh()
            hs.append(h)
        y = torch.einsum("tbh,oh->tbo", torch.stack(hs), self.weight_ho) + self.bias_o
        return y, hs[-1]
        """
    ),
    "input and state side by side": network(
        """
        weight = torch.cat((self.weight_ih, self.weight_hh), dim=1).t()
        y = []
        for t in range(x.size(0)):
            combined = torch.cat((x[t], h), 1)
            h = torch.tanh(combined.mm(weight).add(self.bias_h))
            y.append(torch.addmm(self.bias_o, h, self.weight_ho.t()).unsqueeze(0))
        return torch.cat(y, 0), h
        """
    ),
    "loops over steps, samples and units": network(
        """
        rows = []
        state = [[h[b, j] for j in range(H)] for b in range(B)]
        for t in range(T):
            new = []
            for b in range(B):
                units = []
                for j in range(H):
                    total = self.bias_h[j]
                    for i in range(I):
                        total = total + self.weight_ih[j, i] * x[t, b, i]
                    for k in range(H):
                        total = total + self.weight_hh[j, k] * state[b][k]
                    units.append(torch.tanh(total))
                new.append(units)
                rows.append(self.weight_ho.mv(torch.stack(units)) + self.bias_o)
            state = new
        return torch.stack(rows).view(T, B, O), torch.stack([torch.stack(u) for u in state])
        """
    ),
    "results written into new tensors": network(
        """
        y = torch.empty(T, B, O, dtype=x.dtype, device=x.device)
        hs = x.new_zeros((T + 1, B, H))
        hs[0] = h
        for t in range(T):
            hs[t + 1] = torch.tanh(
                x[t] @ self.weight_ih.T + hs[t].clone() @ self.weight_hh.T + self.bias_h
            )
            y[t] = hs[t + 1].clone() @ self.weight_ho.T + self.bias_o
        return y, hs[T].clone()
        """
    ),
    "all inputs projected at once, all outputs at the end": network(
        """
        projected = (x.reshape(T * B, I) @ self.weight_ih.t() + self.bias_h).view(T, B, H)
        states = [h]
        for p in projected:
            states.append(torch.tanh(p + states[-1] @ self.weight_hh.t()))
        y = torch.stack(states[1:]) @ self.weight_ho.t() + self.bias_o
        return y, states[-1]
        """
    ),
    "the batch first inside": network(
        """
        x = x.permute(1, 0, 2).contiguous()
        outputs = []
        for t in range(x.shape[1]):
            h = torch.tanh(x[:, t, :] @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h)
            outputs.append(h @ self.weight_ho.T + self.bias_o)
        return torch.stack(outputs, dim=1).transpose(0, 1), h
        """
    ),
    "columns instead of rows": network(
        """
        h = h.T
        ys = []
        for x_t in x.transpose(1, 2):
            h = torch.tanh(self.weight_ih @ x_t + self.weight_hh @ h + self.bias_h.unsqueeze(1))
            ys.append((self.weight_ho @ h + self.bias_o.view(-1, 1)).mT)
        return torch.stack(ys), h.mT
        """
    ),
    "in place on fresh tensors": network(
        """
        ys = []
        for x_t in x:
            a = x_t.matmul(self.weight_ih.t())
            a += h.matmul(self.weight_hh.t())
            a += self.bias_h
            h = a.tanh_()
            y = h.matmul(self.weight_ho.t())
            y.add_(self.bias_o)
            ys.append(y)
        return torch.stack(ys, 0), h
        """
    ),
    "itertools.accumulate": network(
        """
        def step(h, x_t):
            return torch.tanh(x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h)

        hs = torch.stack([*accumulate(x, step, initial=h)][1:])
        return hs @ self.weight_ho.T + self.bias_o, hs[-1]
        """,
        before="from itertools import accumulate\n",
    ),
    "recursion": network(
        """
        def states(t, h):
            if t == T:
                return []
            h = torch.tanh(x[t] @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h)
            return [h] + states(t + 1, h)

        hs = states(0, h)
        return torch.stack([h @ self.weight_ho.T + self.bias_o for h in hs]), hs[-1]
        """
    ),
    "torch.vmap over the samples": network(
        """
        def one(xs, h):
            ys = []
            for x_t in xs:
                h = torch.tanh(self.weight_ih @ x_t + self.weight_hh @ h + self.bias_h)
                ys.append(self.weight_ho @ h + self.bias_o)
            return torch.stack(ys), h

        return torch.vmap(one, in_dims=(1, 0), out_dims=(1, 0))(x, h)
        """
    ),
    "tanh from the sigmoid": network(
        LOOP.replace("torch.tanh(", "squash("),
        before="""
        def squash(z):
            return 2 * (2 * z).sigmoid() - 1


        """,
    ),
    "tanh from its formula, safe for large inputs": network(
        LOOP.replace("torch.tanh(", "squash("),
        before="""
        import torch


        def squash(z):
            e = torch.exp(-2 * z.abs())
            return z.sign() * (1 - e) / (1 + e)


        """,
    ),
    "a gradient written by hand": network(
        LOOP.replace("torch.tanh(", "Tanh.apply("),
        before="""
        import torch


        class Tanh(torch.autograd.Function):
            @staticmethod
            def forward(ctx, z):
                h = z.tanh()
                ctx.save_for_backward(h)
                return h

            @staticmethod
            def backward(ctx, gradient):
                (h,) = ctx.saved_tensors
                return gradient * (1 - h * h)


        """,
    ),
    "checkpoints": network(
        """
        def step(x_t, h):
            return torch.tanh(x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h)

        ys = []
        for x_t in x:
            h = checkpoint(step, x_t, h, use_reentrant=False)
            ys.append(h @ self.weight_ho.T + self.bias_o)
        return torch.stack(ys), h
        """,
        before="from torch.utils.checkpoint import checkpoint\n",
    ),
    "a TorchScript function": network(
        "return run(x, h, self.weight_ih, self.weight_hh, self.bias_h, self.weight_ho, self.bias_o)",
        before="""
        import warnings
        from typing import List, Tuple

        import torch
        from torch import Tensor

        warnings.simplefilter("ignore", DeprecationWarning)


        @torch.jit.script
        def run(
            x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor, v: Tensor, d: Tensor
        ) -> Tuple[Tensor, Tensor]:
            ys: List[Tensor] = []
            for t in range(x.size(0)):
                h = torch.tanh(torch.mm(x[t], w.t()) + torch.mm(h, u.t()) + b)
                ys.append(torch.mm(h, v.t()) + d)
            return torch.stack(ys), h


        """,
    ),
    "a ScriptModule": text(
        """
        from typing import List, Optional, Tuple

        import torch
        from torch import Tensor, nn


        class VanillaRNN(torch.jit.ScriptModule):
            def __init__(self, input_size: int, hidden_size: int, output_size: int):
                super().__init__()
                self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size))
                self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
                self.bias_h = nn.Parameter(torch.randn(hidden_size))
                self.weight_ho = nn.Parameter(torch.randn(output_size, hidden_size))
                self.bias_o = nn.Parameter(torch.randn(output_size))

            @torch.jit.script_method
            def forward(self, x: Tensor, h0: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
                if h0 is None:
                    h = torch.zeros(x.size(1), self.weight_hh.size(0), dtype=x.dtype)
                else:
                    h = h0
                ys: List[Tensor] = []
                for x_t in x.unbind(0):
                    h = torch.tanh(x_t @ self.weight_ih.t() + h @ self.weight_hh.t() + self.bias_h)
                    ys.append(h @ self.weight_ho.t() + self.bias_o)
                return torch.stack(ys), h
        """
    ),
    "torch.nn.Linear whose weights have the names of the task": text(
        """
        import torch
        from torch import nn


        class VanillaRNN(nn.Module):
            def __init__(self, input_size, hidden_size, output_size):
                super().__init__()
                self.i2h = nn.Linear(input_size, hidden_size)
                self.h2h = nn.Linear(hidden_size, hidden_size, bias=False)
                self.h2o = nn.Linear(hidden_size, output_size)
                self.weight_ih, self.bias_h = self.i2h.weight, self.i2h.bias
                self.weight_hh = self.h2h.weight
                self.weight_ho, self.bias_o = self.h2o.weight, self.h2o.bias

            def forward(self, x, h0=None):
                h = h0 if h0 is not None else x.new_zeros(x.size(1), self.h2h.in_features)
                outputs = []
                for x_t in x:
                    h = torch.tanh(self.i2h(x_t) + self.h2h(h))
                    outputs.append(self.h2o(h))
                return torch.stack(outputs), h
        """
    ),
    "a network that is a ParameterDict": text(
        """
        import torch
        from torch import nn


        class VanillaRNN(nn.ParameterDict):
            __call__ = nn.Module.__call__

            def __init__(self, input_size, hidden_size, output_size):
                super().__init__({
                    "weight_ih": torch.randn(hidden_size, input_size),
                    "weight_hh": torch.randn(hidden_size, hidden_size),
                    "bias_h": torch.zeros(hidden_size),
                    "weight_ho": torch.randn(output_size, hidden_size),
                    "bias_o": torch.zeros(output_size),
                })

            def forward(self, x, h0=None):
                h = x.new_zeros(x.size(1), len(self["bias_h"])) if h0 is None else h0
                y = []
                for x_t in x:
                    h = torch.tanh(x_t @ self["weight_ih"].T + h @ self["weight_hh"].T + self["bias_h"])
                    y.append(h @ self["weight_ho"].T + self["bias_o"])
                return torch.stack(y), h
        """
    ),
    "registered by name in another order, annotated": text(
        '''
        """A vanilla RNN."""

        from __future__ import annotations

        import math
        from typing import NamedTuple, Optional

        import torch
        from torch import Tensor, nn

        __all__ = ("VanillaRNN",)


        class Result(NamedTuple):
            y: Tensor
            h_n: Tensor


        class VanillaRNN(nn.Module):
            """Elman's network."""

            weight_ih: Tensor
            weight_hh: Tensor
            bias_h: Tensor
            weight_ho: Tensor
            bias_o: Tensor

            def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
                super(VanillaRNN, self).__init__()
                shapes = dict(
                    bias_o=(output_size,), bias_h=(hidden_size,), weight_ho=(output_size, hidden_size),
                    weight_hh=(hidden_size, hidden_size), weight_ih=(hidden_size, input_size),
                )
                for name, shape in shapes.items():
                    self.register_parameter(name, nn.Parameter(torch.empty(shape)))
                self.reset_parameters()

            def reset_parameters(self) -> None:
                for name, parameter in self.named_parameters():
                    if name.startswith("weight"):
                        nn.init.kaiming_uniform_(parameter, a=math.sqrt(5))
                    else:
                        nn.init.zeros_(parameter)

            def forward(self, x: Tensor, h0: Optional[Tensor] = None) -> Result:
                assert x.ndim == 3
                *_, hidden = self.weight_hh.shape
                h = h0 if isinstance(h0, Tensor) else torch.zeros(x.shape[1], hidden).type_as(x)
                ys: list[Tensor] = []
                for x_t in x:
                    h = (x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h).tanh()
                    ys += [h @ self.weight_ho.T + self.bias_o]
                return Result(torch.stack(ys), h)
        '''
    ),
    "no zeros: the first step leaves the state out": text(
        """
        import torch
        from torch.nn import Module, Parameter


        class VanillaRNN(Module):
            def __init__(self, n_in, n_hidden, n_out):
                super().__init__()
                W = lambda *shape: Parameter(torch.rand(*shape) - 0.5)
                self.weight_ih, self.weight_hh = W(n_hidden, n_in), W(n_hidden, n_hidden)
                self.weight_ho, self.bias_h, self.bias_o = W(n_out, n_hidden), W(n_hidden), W(n_out)

            def forward(self, x, h0=None):
                h, ys = h0, []
                for x_t in x:
                    a = x_t @ self.weight_ih.T + self.bias_h
                    if h is not None:
                        a = a + h @ self.weight_hh.T
                    h = a.tanh()
                    ys.append(h @ self.weight_ho.T + self.bias_o)
                return [torch.stack(ys), h]
        """
    ),
    "states kept for a plot": network(
        """
        self.history, self.last = [], None
        ys = []
        for x_t in x:
            h = torch.tanh(x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h)
            self.history.append(h.detach().numpy().mean())
            ys.append(h @ self.weight_ho.T + self.bias_o)
        self.last = h
        return torch.stack(ys), h
        """
    ),
    "Greek letters, CRLF and a BOM": b"\xef\xbb\xbf"
    + network(LOOP.replace("x_t", "χ").replace("ys", "ŷ"), before='"""Ein Netz für Übungen."""\n')
    .replace("\n", "\r\n")
    .encode(),
    "tabs, a demonstration at import that compares with torch.nn.RNN": network(
        LOOP,
        after="""


        torch.manual_seed(1)
        mine, theirs = VanillaRNN(3, 4, 2), nn.RNN(3, 4)
        with torch.no_grad():
            theirs.weight_ih_l0.copy_(mine.weight_ih)
            theirs.weight_hh_l0.copy_(mine.weight_hh)
            theirs.bias_ih_l0.copy_(mine.bias_h)
            theirs.bias_hh_l0.zero_()
            x = torch.randn(5, 2, 3)
            assert torch.allclose(mine(x)[1], theirs(x)[1][0], atol=1e-6)
        print("✓ same as torch.nn.RNN")
        optimizer = torch.optim.SGD(mine.parameters(), lr=0.1)
        for epoch in range(3):
            optimizer.zero_grad()
            loss = mine(x)[0].pow(2).mean()
            loss.backward()
            optimizer.step()
        """,
    ).replace("    ", "\t"),
    "a step module and a layer of their own, in other files": {
        "vanilla_rnn.py": text(
            """
            import torch
            from torch import nn

            from common import Affine, unroll


            class VanillaRNN(nn.Module):
                def __init__(self, input_size, hidden_size, output_size):
                    super().__init__()
                    self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size))
                    self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
                    self.bias_h = nn.Parameter(torch.randn(hidden_size))
                    self.weight_ho = nn.Parameter(torch.randn(output_size, hidden_size))
                    self.bias_o = nn.Parameter(torch.randn(output_size))
                    self.affine, self.activation = Affine(), nn.Tanh()

                def forward(self, x, h0=None):
                    if h0 is None:
                        h0 = torch.zeros_like(x[0, :, :1]).expand(-1, len(self.bias_h))
                    hs = unroll(self.cell, x, h0)
                    return self.affine(hs, self.weight_ho, self.bias_o), hs[-1]

                def cell(self, x, h):
                    from_input = self.affine(x, self.weight_ih)
                    return self.activation(from_input + self.affine(h, self.weight_hh, self.bias_h))
            """
        ),
        "common/__init__.py": "from .affine import Affine\nfrom .loop import unroll\n",
        "common/affine.py": text(
            """
            from torch import nn


            class Affine(nn.Module):
                def forward(self, x, weight, bias=0):
                    return x @ weight.T + bias
            """
        ),
        "common/loop.py": text(
            """
            import torch


            def unroll(cell, xs, h):
                hs = []
                for x in xs:
                    h = cell(x, h)
                    hs.append(h)
                return torch.stack(hs)
            """
        ),
    },
}


SLOW = {"loops over steps, samples and units", "torch.vmap over the samples", "checkpoints"}
STYLES = [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in NETWORKS]


@pytest.mark.parametrize("style", STYLES)
def test_a_right_network_gets_full_marks_written_with(style: str, grade: Grade) -> None:
    assert lost(grade(files("vanilla_rnn", NETWORKS[style]), "vanilla_rnn")) == {}
