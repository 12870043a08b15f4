"""Right cells in many styles: each gets full marks for `gru_cell`, whatever it looks like."""

import textwrap

import pytest
from conftest import Grade
from test_styles import files, lost, text

# A cell as most would begin it; what a style is about is the rest of `forward`.
CELL = text(
    """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F


    class GRUCell(nn.Module):
        def __init__(self, input_size, hidden_size):
            super().__init__()
            self.hidden_size = hidden_size
            self.weight_ih = nn.Parameter(torch.randn(3 * hidden_size, input_size))
            self.weight_hh = nn.Parameter(torch.randn(3 * hidden_size, hidden_size))
            self.bias_ih = nn.Parameter(torch.zeros(3 * hidden_size))
            self.bias_hh = nn.Parameter(torch.zeros(3 * hidden_size))

        def forward(self, x, h=None):
            H = self.hidden_size
            if h is None:
                h = x.new_zeros(x.size(0), H)
    """
)


def cell(forward: str, before: str = "", after: str = "") -> str:
    """Return a cell whose `forward` goes on like `forward` from `x` and `h`."""
    return text(before) + CELL + textwrap.indent(text(forward), " " * 8) + text(after)


PLAIN = """
    gi = x @ self.weight_ih.t() + self.bias_ih
    gh = h @ self.weight_hh.t() + self.bias_hh
    i_r, i_z, i_n = gi.chunk(3, 1)
    h_r, h_z, h_n = gh.chunk(3, 1)
    r, z = (i_r + h_r).sigmoid(), (i_z + h_z).sigmoid()
    n = (i_n + r * h_n).tanh()
    return n + z * (h - n)
"""

CELLS: dict[str, str | bytes | dict[str, str | bytes]] = {
    "F.linear and the difference": cell(
        """
        gi = F.linear(x, self.weight_ih, self.bias_ih)
        gh = F.linear(h, self.weight_hh, self.bias_hh)
        i_r, i_z, i_n = gi.split(H, dim=-1)
        h_r, h_z, h_n = gh.split(H, dim=-1)
        reset = torch.sigmoid(i_r + h_r)
        update = torch.sigmoid(i_z + h_z)
        new = torch.tanh(i_n + reset * h_n)
        return new + update * (h - new)
        """
    ),
    "einsum": cell(
        """
        gates_x = torch.einsum("bi,gi->bg", x, self.weight_ih) + self.bias_ih
        gates_h = torch.einsum("bh,gh->bg", h, self.weight_hh) + self.bias_hh
        rz = torch.sigmoid(gates_x[:, : 2 * H] + gates_h[:, : 2 * H])
        r, z = rz[:, :H], rz[:, H:]
        n = torch.tanh(gates_x[:, 2 * H :] + torch.einsum("bh,bh->bh", r, gates_h[:, 2 * H :]))
        return torch.einsum("bh,bh->bh", 1 - z, n) + torch.einsum("bh,bh->bh", z, h)
        """
    ),
    "gates from input and state side by side": cell(
        """
        both = torch.cat([x, h], 1)
        weight = torch.cat([self.weight_ih[: 2 * H], self.weight_hh[: 2 * H]], 1)
        bias = self.bias_ih[: 2 * H] + self.bias_hh[: 2 * H]
        r, z = torch.sigmoid(both.mm(weight.t()) + bias).chunk(2, dim=1)
        from_h = h.mm(self.weight_hh[2 * H :].t()) + self.bias_hh[2 * H :]
        n = torch.tanh(x.mm(self.weight_ih[2 * H :].t()) + self.bias_ih[2 * H :] + r * from_h)
        return z * h + (1 - z) * n
        """
    ),
    "a slice for each gate": cell(
        """
        W_ir, W_iz, W_in = self.weight_ih[0:H], self.weight_ih[H:2*H], self.weight_ih[2*H:3*H]
        W_hr, W_hz, W_hn = self.weight_hh[0:H], self.weight_hh[H:2*H], self.weight_hh[2*H:3*H]
        b_ir, b_iz, b_in = self.bias_ih[0:H], self.bias_ih[H:2*H], self.bias_ih[2*H:3*H]
        b_hr, b_hz, b_hn = self.bias_hh[0:H], self.bias_hh[H:2*H], self.bias_hh[2*H:3*H]
        r_t = torch.sigmoid(torch.matmul(x, W_ir.T) + b_ir + torch.matmul(h, W_hr.T) + b_hr)
        z_t = torch.sigmoid(torch.matmul(x, W_iz.T) + b_iz + torch.matmul(h, W_hz.T) + b_hz)
        n_t = torch.tanh(torch.matmul(x, W_in.T) + b_in + r_t * (torch.matmul(h, W_hn.T) + b_hn))
        h_t = torch.mul(torch.sub(1, z_t), n_t) + torch.mul(z_t, h)
        return h_t
        """
    ),
    "loops over samples and units": cell(
        """
        rows = []
        for x_b, h_b in zip(x, h):
            units = []
            for k in range(H):
                def z(gate, weight, v, bias):
                    return weight[gate * H + k].dot(v) + bias[gate * H + k]
                i = [z(g, self.weight_ih, x_b, self.bias_ih) for g in range(3)]
                s = [z(g, self.weight_hh, h_b, self.bias_hh) for g in range(3)]
                r, u = torch.sigmoid(i[0] + s[0]), torch.sigmoid(i[1] + s[1])
                units.append((1 - u) * torch.tanh(i[2] + r * s[2]) + u * h_b[k])
            rows.append(torch.stack(units))
        return torch.stack(rows)
        """
    ),
    "written into new tensors": cell(
        """
        out = torch.empty_like(h)
        gi, gh = torch.empty(2, x.shape[0], 3 * H, dtype=x.dtype).unbind(0)
        gi = torch.zeros_like(gi)
        gi += x @ self.weight_ih.T
        gi += self.bias_ih
        gh = h @ self.weight_hh.T
        gh += self.bias_hh
        r = torch.sigmoid(gi[:, :H] + gh[:, :H])
        z = torch.sigmoid(gi[:, H : 2 * H] + gh[:, H : 2 * H])
        n = torch.tanh(torch.addcmul(gi[:, 2 * H :], r, gh[:, 2 * H :]))
        out[:] = torch.lerp(n, h, z)
        return out
        """
    ),
    "addmm": cell(
        """
        gi = torch.addmm(self.bias_ih, x, self.weight_ih.t()).view(-1, 3, H)
        gh = torch.addmm(self.bias_hh, h, self.weight_hh.t()).view(-1, 3, H)
        r, z = (gi[:, :2] + gh[:, :2]).sigmoid().unbind(1)
        n = gi[:, 2].addcmul(r, gh[:, 2]).tanh()
        return (1 - z).mul(n).addcmul(z, h)
        """
    ),
    "columns instead of rows": cell(
        """
        i_r, i_z, i_n = (self.weight_ih @ x.T + self.bias_ih[:, None]).tensor_split(3)
        h_r, h_z, h_n = (self.weight_hh @ h.T + self.bias_hh[:, None]).tensor_split(3)
        r, z = torch.sigmoid(i_r + h_r), torch.sigmoid(i_z + h_z)
        n = torch.tanh(i_n + r * h_n)
        return ((1 - z) * n + z * h.T).T
        """
    ),
    "bmm with the gates as a batch": cell(
        """
        W = self.weight_ih.reshape(3, H, -1).transpose(1, 2)
        U = self.weight_hh.reshape(3, H, H).transpose(1, 2)
        i_r, i_z, i_n = torch.bmm(x.expand(3, -1, -1), W) + self.bias_ih.reshape(3, 1, H)
        h_r, h_z, h_n = torch.baddbmm(self.bias_hh.reshape(3, 1, H), h.expand(3, -1, -1), U)
        r, z = (i_r + h_r).sigmoid(), (i_z + h_z).sigmoid()
        return (1 - z) * (i_n + r * h_n).tanh() + z * h
        """
    ),
    "torch.vmap over the samples": cell(
        """
        def one(x, h):
            i_r, i_z, i_n = (self.weight_ih @ x + self.bias_ih).chunk(3)
            h_r, h_z, h_n = (self.weight_hh @ h + self.bias_hh).chunk(3)
            z = torch.sigmoid(i_z + h_z)
            return (1 - z) * torch.tanh(i_n + torch.sigmoid(i_r + h_r) * h_n) + z * h

        return torch.vmap(one)(x, h)
        """
    ),
    "sigmoid from tanh": cell(
        PLAIN.replace("(i_r + h_r).sigmoid()", "s(i_r + h_r)").replace(
            "(i_z + h_z).sigmoid()", "s(i_z + h_z)"
        ),
        before="s = lambda a: (1 + (a / 2).tanh()) / 2\n",
    ),
    "sigmoid from its formula": cell(
        PLAIN.replace("(i_r + h_r).sigmoid()", "1 / (1 + torch.exp(-(i_r + h_r)))").replace(
            "(i_z + h_z).sigmoid()", "1 / (1 + torch.exp(-(i_z + h_z)))"
        )
    ),
    "the update gate from the other side": cell(
        PLAIN.replace(
            "z = (i_r + h_r).sigmoid(), (i_z + h_z).sigmoid()", "keep = (i_r + h_r).sigmoid(), -(i_z + h_z)"
        ).replace(
            "return n + z * (h - n)", "write = torch.sigmoid(keep)\n    return write * n + (1 - write) * h"
        )
    ),
    "activations as modules": text(
        """
        import torch
        from torch import nn


        class GRUCell(nn.Module):
            def __init__(self, input_size: int, hidden_size: int):
                super().__init__()
                make = lambda *shape: nn.Parameter(nn.init.xavier_normal_(torch.empty(*shape)))
                self.weight_ih = make(3 * hidden_size, input_size)
                self.weight_hh = make(3 * hidden_size, hidden_size)
                for name in ("bias_ih", "bias_hh"):
                    self.register_parameter(name, nn.Parameter(torch.zeros(3 * hidden_size)))
                self.gate, self.squash = nn.Sigmoid(), nn.Tanh()

            def forward(self, x, h=None):
                x_parts = (x @ self.weight_ih.T + self.bias_ih).chunk(3, dim=1)
                if h is None:
                    h = torch.zeros_like(x_parts[0])
                h_parts = (h @ self.weight_hh.T + self.bias_hh).chunk(3, dim=1)
                r, z = [self.gate(a + b) for a, b in list(zip(x_parts, h_parts))[:2]]
                n = self.squash(x_parts[2] + r * h_parts[2])
                return (1.0 - z) * n + z * h
        """
    ),
    "torch.nn.Linear whose weights have the names of the task": text(
        """
        import torch
        import torch.nn as nn


        class GRUCell(nn.Module):
            def __init__(self, input_size, hidden_size):
                super().__init__()
                self.x2h = nn.Linear(input_size, 3 * hidden_size)
                self.h2h = nn.Linear(hidden_size, 3 * hidden_size)
                self.weight_ih, self.bias_ih = self.x2h.weight, self.x2h.bias
                self.weight_hh, self.bias_hh = self.h2h.weight, self.h2h.bias

            def forward(self, x, h=None):
                if h is None:
                    h = torch.zeros(x.size(0), self.h2h.in_features).to(x.dtype)
                x_r, x_z, x_n = self.x2h(x).chunk(3, 1)
                h_r, h_z, h_n = self.h2h(h).chunk(3, 1)
                z = torch.sigmoid(x_z + h_z)
                return (1 - z) * torch.tanh(x_n + torch.sigmoid(x_r + h_r) * h_n) + z * h
        """
    ),
    "properties for the gates": text(
        """
        import torch
        from torch import nn


        def part(name, gate):
            def get(self):
                whole = getattr(self, name)
                size = whole.shape[0] // 3
                return whole.narrow(0, gate * size, size)

            return property(get)


        class GRUCell(nn.Module):
            W_r, W_z, W_n = (part("weight_ih", k) for k in range(3))
            U_r, U_z, U_n = (part("weight_hh", k) for k in range(3))
            b_r, b_z, b_n = (part("bias_ih", k) for k in range(3))
            d_r, d_z, d_n = (part("bias_hh", k) for k in range(3))

            def __init__(self, input_size, hidden_size):
                super().__init__()
                torchs = nn.GRUCell(input_size, hidden_size)  # its first values
                self.weight_ih = nn.Parameter(torchs.weight_ih.detach().clone())
                self.weight_hh = nn.Parameter(torchs.weight_hh.detach().clone())
                self.bias_ih = nn.Parameter(torchs.bias_ih.detach().clone())
                self.bias_hh = nn.Parameter(torchs.bias_hh.detach().clone())

            def forward(self, x, h=None):
                if h is None:
                    h = x @ torch.zeros_like(self.W_r).T
                r = torch.sigmoid(x @ self.W_r.T + self.b_r + h @ self.U_r.T + self.d_r)
                z = torch.sigmoid(x @ self.W_z.T + self.b_z + h @ self.U_z.T + self.d_z)
                n = torch.tanh(x @ self.W_n.T + self.b_n + r * (h @ self.U_n.T + self.d_n))
                return z * h + (1 - z) * n
        """
    ),
    "a gradient written by hand for the last line": cell(
        PLAIN.replace("n + z * (h - n)", "Mix.apply(n, z, h)"),
        before="""
        import torch


        class Mix(torch.autograd.Function):
            @staticmethod
            def forward(ctx, n, z, h):
                ctx.save_for_backward(n, z, h)
                return (1 - z) * n + z * h

            @staticmethod
            def backward(ctx, g):
                n, z, h = ctx.saved_tensors
                return g * (1 - z), g * (h - n), g * z


        """,
    ),
    "a TorchScript function": cell(
        "return step(x, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)",
        before="""
        import warnings

        import torch
        from torch import Tensor

        warnings.simplefilter("ignore", DeprecationWarning)


        @torch.jit.script
        def step(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor, d: Tensor) -> Tensor:
            i_r, i_z, i_n = (torch.mm(x, w.t()) + b).chunk(3, 1)
            h_r, h_z, h_n = (torch.mm(h, u.t()) + d).chunk(3, 1)
            z = torch.sigmoid(i_z + h_z)
            n = torch.tanh(i_n + torch.sigmoid(i_r + h_r) * h_n)
            return (1 - z) * n + z * h


        """,
    ),
    "the gates in another file, a comparison with torch.nn.GRUCell at import": {
        "gru_cell.py": cell(
            """
            r, z, n_x, n_h = gates(x, h, self)
            candidate = torch.tanh(n_x + r * n_h)
            return torch.where(z > 2, h, (1 - z) * candidate + z * h)
            """,
            before="from helpers.gates import gates\n",
            after="""


            if True:
                theirs, ours = nn.GRUCell(3, 4), GRUCell(3, 4)
                ours.load_state_dict(theirs.state_dict())
                x = torch.randn(2, 3)
                print("difference", (theirs(x) - ours(x)).abs().max().item())
            """,
        ),
        "helpers/gates.py": text(
            """
            import torch


            def gates(x, h, cell):
                x = torch.nn.functional.linear(x, cell.weight_ih, cell.bias_ih).chunk(3, 1)
                h = torch.nn.functional.linear(h, cell.weight_hh, cell.bias_hh).chunk(3, 1)
                return torch.sigmoid(x[0] + h[0]), torch.sigmoid(x[1] + h[1]), x[2], h[2]
            """
        ),
    },
}


@pytest.mark.parametrize("style", CELLS)
def test_a_right_gru_cell_gets_full_marks_written_with(style: str, grade: Grade) -> None:
    assert lost(grade(files("gru_cell", CELLS[style]), "gru_cell")) == {}
