"""Right networks in many styles: each gets full marks for `bidirectional`, whatever it looks like."""

import textwrap

import pytest
from conftest import Grade
from test_styles import CELLS, files, lost, text

# A network as most would begin it; what a style is about is the rest of `forward`.
NETWORK = text(
    """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F


    class BiLSTM(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.hidden_size = hidden_size
            for suffix in ("", "_reverse"):
                for name, shape in (
                    ("weight_ih_l0", (4 * hidden_size, input_size)),
                    ("weight_hh_l0", (4 * hidden_size, hidden_size)),
                    ("bias_ih_l0", (4 * hidden_size,)),
                    ("bias_hh_l0", (4 * hidden_size,)),
                ):
                    self.register_parameter(name + suffix, nn.Parameter(torch.randn(shape) * 0.1))

        def weights(self, suffix):
            names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
            return [getattr(self, name + suffix) for name in names]

        def forward(self, x):
            T, B, I = x.shape
            H = self.hidden_size
    """
)


def network(forward: str, before: str = "", after: str = "") -> str:
    """Return a network whose `forward` goes on like `forward` from `x` and the sizes."""
    return text(before) + NETWORK + textwrap.indent(text(forward), " " * 8) + text(after)


STEP = """
    def step(x_t, h, c, W, U, b, d):
        i, f, g, o = (x_t @ W.T + b + h @ U.T + d).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c

"""

NETWORKS: dict[str, str | bytes | dict[str, str | bytes]] = {
    "one loop, both directions": network(
        STEP
        + """
    h = c = hb = cb = torch.zeros(B, H, dtype=x.dtype)
    ahead, back = [], []
    for t in range(T):
        h, c = step(x[t], h, c, *self.weights(""))
        hb, cb = step(x[T - 1 - t], hb, cb, *self.weights("_reverse"))
        ahead.append(h)
        back.insert(0, hb)
    return torch.cat((torch.stack(ahead), torch.stack(back)), dim=-1)
    """
    ),
    "results written into a new tensor": network(
        STEP
        + """
    y = x.new_empty(T, B, 2 * H)
    ahead, back = ("", range(T), slice(0, H)), ("_reverse", reversed(range(T)), slice(H, None))
    for suffix, order, part in (ahead, back):
        h, c = x.new_zeros(2, B, H)
        for t in order:
            h, c = step(x[t], h, c, *self.weights(suffix))
            y[t, :, part] = h
    return y
    """
    ),
    "both directions as a batch of two": network(
        """
        W, U, b, d = map(torch.stack, zip(self.weights(""), self.weights("_reverse")))
        both = torch.stack([x, x.flip(0)], dim=1)
        projected = torch.einsum("tkbi,kgi->tkbg", both, W) + (b + d)[:, None]
        h = c = torch.zeros(2, B, H, dtype=x.dtype)
        hs = []
        for p in projected:
            i, f, g, o = torch.baddbmm(p, h, U.mT).chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            hs.append(h)
        ahead, back = torch.stack(hs, dim=1)
        return torch.cat([ahead, back.flipud()], 2)
        """
    ),
    "F.linear and all inputs projected at once": network(
        """
        def run(x, W, U, b, d):
            projected = F.linear(x.reshape(-1, I), W, b).reshape(T, B, 4 * H)
            h, c, out = x.new_zeros(B, H), x.new_zeros(B, H), []
            for t in range(T):
                i, f, g, o = torch.split(projected[t] + F.linear(h, U, d), H, dim=1)
                c = F.sigmoid(f) * c + F.sigmoid(i) * F.tanh(g)
                h = F.sigmoid(o) * F.tanh(c)
                out.append(h)
            return torch.stack(out)

        forward = run(x, *self.weights(""))
        backward = torch.flip(run(torch.flip(x, (0,)), *self.weights("_reverse")), (0,))
        return torch.concat((forward, backward), -1)
        """
    ),
    "the batch first inside, one sample at a time": network(
        """
        def run(xs, W, U, b, d):
            h = c = xs.new_zeros(H)
            for x_t in xs:
                i, f, g, o = (W @ x_t + b + U @ h + d).view(4, H)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
                yield h

        samples = []
        for xs in x.transpose(0, 1):
            ahead = list(run(xs, *self.weights("")))
            back = list(run(xs.flip(0), *self.weights("_reverse")))[::-1]
            samples.append(torch.stack([torch.cat(pair) for pair in zip(ahead, back)]))
        return torch.stack(samples).transpose(0, 1)
        """
    ),
    "itertools.accumulate": network(
        STEP
        + """
    def states(xs, weights):
        zeros = torch.zeros(B, H).to(x)
        run = accumulate(xs, lambda s, x_t: step(x_t, *s, *weights), initial=(zeros, zeros))
        return [h for h, _ in run][1:]

    ahead = states(x.unbind(), self.weights(""))
    back = states(x.unbind()[::-1], self.weights("_reverse"))
    return torch.stack([torch.hstack(both) for both in zip(ahead, reversed(back))])
    """,
        before="from itertools import accumulate\n",
    ),
    "recursion": network(
        STEP
        + """
    def run(xs, h, c, weights):
        if not len(xs):
            return []
        h, c = step(xs[0], h, c, *weights)
        return [h, *run(xs[1:], h, c, weights)]

    zeros = torch.zeros_like(x[0, :, :1]).repeat(1, H)
    ahead = torch.stack(run(x, zeros, zeros, self.weights("")))
    back = torch.stack(run(x.flip(0), zeros, zeros, self.weights("_reverse"))[::-1])
    return torch.cat((ahead, back), 2)
    """
    ),
    "indices instead of turning round": network(
        STEP
        + """
    backwards = torch.arange(T - 1, -1, -1)
    h = c = torch.zeros(x[0].shape[0], H, dtype=x.dtype)
    hb, cb, ahead, back = h, c, {}, {}
    for t, s in enumerate(backwards.tolist()):
        ahead[t] = h, c = step(x[t], h, c, *self.weights(""))
        back[s] = hb, cb = step(x[s], hb, cb, *self.weights("_reverse"))
    return torch.stack([torch.cat([ahead[t][0], back[t][0]], 1) for t in range(T)])
    """
    ),
    "a TorchScript function": network(
        """
        W, U, b, d = self.weights("")
        ahead = run(x, W, U, b, d, False)
        W, U, b, d = self.weights("_reverse")
        return torch.cat([ahead, run(x, W, U, b, d, True)], dim=2)
        """,
        before="""
        import warnings
        from typing import List

        import torch
        from torch import Tensor

        warnings.simplefilter("ignore", DeprecationWarning)


        @torch.jit.script
        def run(x: Tensor, w: Tensor, u: Tensor, a: Tensor, b: Tensor, reverse: bool) -> Tensor:
            if reverse:
                x = x.flip(0)
            h = torch.zeros(x.size(1), u.size(1), dtype=x.dtype)
            c = torch.zeros_like(h)
            hs: List[Tensor] = []
            for t in range(x.size(0)):
                i, f, g, o = (x[t] @ w.t() + a + h @ u.t() + b).chunk(4, 1)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
                hs.append(h)
            if reverse:
                hs.reverse()
            return torch.stack(hs)


        """,
    ),
    "two of their own LSTMCells, whose weights have the names of the task": {
        "bidirectional.py": text(
            """
            import torch
            from torch import nn

            from lstm_cell import LSTMCell


            class BiLSTM(nn.Module):
                def __init__(self, input_size, hidden_size):
                    super().__init__()
                    self.forward_cell = LSTMCell(input_size, hidden_size)
                    self.backward_cell = LSTMCell(input_size, hidden_size)
                    for name, parameter in self.forward_cell.named_parameters():
                        setattr(self, f"{name}_l0", parameter)
                    for name, parameter in self.backward_cell.named_parameters():
                        setattr(self, f"{name}_l0_reverse", parameter)

                def forward(self, x):
                    forward, state = [], None
                    for x_t in x:
                        state = self.forward_cell(x_t, state)
                        forward.append(state[0])
                    backward, state = [], None
                    for x_t in reversed(x):
                        state = self.backward_cell(x_t, state)
                        backward.append(state[0])
                    return torch.cat([torch.stack(forward), torch.stack(backward[::-1])], dim=2)
            """
        ),
        "lstm_cell.py": CELLS["F.linear"],
    },
    "their own LSTMCell called with given weights": {
        "bidirectional.py": network(
            """
            cell = LSTMCell(I, H)

            def run(xs, suffix):
                weights = {f"{n}": getattr(self, f"{n}_l0{suffix}") for n, _ in cell.named_parameters()}
                state, hs = None, []
                for x_t in xs:
                    state = functional_call(cell, weights, (x_t, state))
                    hs.append(state[0])
                return hs

            ahead, back = run(x, ""), run(x.flip(0), "_reverse")
            return torch.stack([torch.cat([a, b], 1) for a, b in zip(ahead, back[::-1])])
            """,
            before="from torch.func import functional_call\nfrom lstm_cell import LSTMCell\n",
        ),
        "lstm_cell.py": CELLS["einsum"],
    },
    "the function of their own forget_gate.py": {
        "bidirectional.py": network(
            """
            zeros = torch.zeros(B, H, dtype=x.dtype)
            forward, _ = ablated_lstm(x, zeros, zeros, *self.weights(""))
            backward, _ = ablated_lstm(x.flip(0), zeros, zeros, *self.weights("_reverse"))
            return torch.cat((forward, backward.flip(0)), 2)
            """,
            before="from forget_gate import ablated_lstm\n",
        ),
        "forget_gate.py": text(
            """
            import torch


            def ablated_lstm(x, h, c, W, U, b, d, forget_gate=None):
                hs, cs = [], []
                for x_t in x:
                    i, f, g, o = (x_t @ W.T + b + h @ U.T + d).chunk(4, 1)
                    f = torch.sigmoid(f) if forget_gate is None else forget_gate
                    c = f * c + torch.sigmoid(i) * torch.tanh(g)
                    h = torch.sigmoid(o) * torch.tanh(c)
                    hs.append(h)
                    cs.append(c)
                return torch.stack(hs), torch.stack(cs)
            """
        ),
    },
    "parameters copied from torch.nn.LSTM, a comparison under __main__": text(
        """
        import torch
        from torch import nn


        class BiLSTM(nn.Module):
            def __init__(self, input_size, hidden_size):
                super().__init__()
                start = nn.LSTM(input_size, hidden_size, bidirectional=True)
                for name, value in start.named_parameters():
                    self.register_parameter(name, nn.Parameter(value.detach().clone()))

            def one_way(self, xs, s=""):
                W, U = getattr(self, "weight_ih_l0" + s), getattr(self, "weight_hh_l0" + s)
                b = getattr(self, "bias_ih_l0" + s) + getattr(self, "bias_hh_l0" + s)
                h = torch.zeros(xs[0].shape[0], U.shape[1], dtype=U.dtype)
                c = h.clone()
                result = []
                for x in xs:
                    i, f, g, o = torch.addmm(b, torch.cat([x, h], 1), torch.cat([W, U], 1).T).chunk(4, 1)
                    c = torch.addcmul(torch.sigmoid(f) * c, torch.sigmoid(i), torch.tanh(g))
                    h = torch.sigmoid(o) * torch.tanh(c)
                    result.append(h)
                return result

            def forward(self, x):
                steps = list(x)
                ahead = self.one_way(steps)
                back = self.one_way(steps[::-1], "_reverse")[::-1]
                return torch.stack([torch.cat(pair, dim=1) for pair in zip(ahead, back)])


        if __name__ == "__main__":
            ours, theirs = BiLSTM(3, 4), nn.LSTM(3, 4, bidirectional=True)
            ours.load_state_dict(theirs.state_dict())
            x = torch.randn(5, 2, 3)
            torch.testing.assert_close(ours(x), theirs(x)[0])
        """
    ),
    "a base class that runs one direction, tabs": text(
        """
        import torch
        from torch import nn


        class OneWay(nn.Module):
            suffixes = ("",)

            def __init__(self, input_size, hidden_size):
                super().__init__()
                p = lambda *shape: nn.Parameter(torch.rand(*shape))
                for s in self.suffixes:
                    setattr(self, f"bias_hh_l0{s}", p(4 * hidden_size))
                    setattr(self, f"bias_ih_l0{s}", p(4 * hidden_size))
                    setattr(self, f"weight_hh_l0{s}", p(4 * hidden_size, hidden_size))
                    setattr(self, f"weight_ih_l0{s}", p(4 * hidden_size, input_size))

            def run(self, x, s):
                get = lambda name: getattr(self, f"{name}_l0{s}")
                z = torch.tensordot(x, get("weight_ih"), dims=([2], [1])) + get("bias_ih")
                h = c = z[0, :, : z.shape[-1] // 4] * 0
                for z_t in z:
                    gates = z_t + torch.tensordot(h, get("weight_hh"), dims=([1], [1])) + get("bias_hh")
                    i, f, g, o = gates.unflatten(1, (4, -1)).unbind(1)
                    c = c * f.sigmoid() + g.tanh() * i.sigmoid()
                    h = c.tanh() * o.sigmoid()
                    yield h


        class BiLSTM(OneWay):
            suffixes = ("_reverse", "")

            def forward(self, x):
                ahead = [*self.run(x, "")]
                back = [*self.run(x.flip(0), "_reverse")]
                back.reverse()
                return torch.cat([torch.stack(ahead), torch.stack(back)], dim=x.dim() - 1)
        """
    ).replace("    ", "\t"),
}


@pytest.mark.parametrize("style", NETWORKS)
def test_a_right_network_gets_full_marks_written_with(style: str, grade: Grade) -> None:
    assert lost(grade(files("bidirectional", NETWORKS[style]), "bidirectional")) == {}
