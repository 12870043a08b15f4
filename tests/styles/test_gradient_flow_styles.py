"""Right functions in many styles: each gets full marks for `gradient_flow`, whatever it looks like."""

import textwrap

import pytest
from conftest import Grade
from test_styles import files, lost, text


def norms(body: str, before: str = "import torch\n") -> str:
    signature = "\n\ndef rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):\n"
    return text(before) + signature + textwrap.indent(text(body), " " * 4)


def retention(body: str) -> str:
    signature = "\n\ndef cell_state_retention(forget_gates):\n"
    return signature + textwrap.indent(text(body), " " * 4)


PLAIN_NORMS = norms(
    """
    h, jacobians = h0, []
    for x_t in x:
        h = torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
        jacobians.append(torch.diag(1 - h * h) @ weight_hh)
    total, result = torch.eye(len(h), dtype=h.dtype), []
    for J in jacobians[::-1]:
        total = total @ J
        result.append(torch.linalg.norm(total, ord=2))
    return torch.stack(result)
    """
)
PLAIN_RETENTION = retention("return torch.cumprod(torch.flip(forget_gates, dims=[0]), dim=0)")

# The products of the Jacobians in `products`, nearest distance first; what is left is the norm.
PRODUCTS = """
    products, total, h = [], None, h0
    states = []
    for x_t in x:
        h = torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
        states.append(h)
    for h in reversed(states):
        step = (1 - h.pow(2))[:, None] * weight_hh
        total = step if total is None else total @ step
        products.append(total)
"""

NORMS = {
    "torch.func.jacrev": norms(
        """
        states = [h0]
        step = lambda h, x_t: torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
        for x_t in x:
            states.append(step(states[-1], x_t))
        J, result = torch.eye(h0.numel()).to(h0), []
        for h, x_t in zip(states[-2::-1], x.flip(0)):
            J = J @ jacrev(step)(h, x_t)
            result.append(torch.linalg.matrix_norm(J, 2))
        return torch.stack(result)
        """,
        before="import torch\nfrom torch.func import jacrev\n",
    ),
    "torch.func.jacfwd over all steps at once": norms(
        """
        T, H = len(x), len(h0)

        def last(nudges):
            h = h0
            for x_t, nudge in zip(x, nudges):
                h = torch.tanh(weight_ih @ x_t + weight_hh @ (h + nudge) + bias_h)
            return h

        jacobians = torch.func.jacfwd(last)(x.new_zeros(T, H))
        return torch.linalg.svdvals(jacobians.transpose(0, 1)).amax(dim=1).flip(0)
        """
    ),
    "torch.autograd.functional.jacobian, again for every distance": norms(
        """
        from torch.autograd.functional import jacobian

        T = x.shape[0]
        hs = [h0]
        for t in range(T):
            hs.append(torch.tanh(weight_ih @ x[t] + weight_hh @ hs[t] + bias_h))

        def run(h, start):
            for t in range(start, T):
                h = torch.tanh(weight_ih @ x[t] + weight_hh @ h + bias_h)
            return h

        norms = x.new_empty(T)
        for d in range(1, T + 1):
            norms[d - 1] = torch.linalg.norm(jacobian(lambda h: run(h, T - d), hs[T - d]), 2)
        return norms
        """
    ),
    "torch.autograd.grad, a row at a time": norms(
        """
        h = h0.clone().requires_grad_()
        states = [h]
        for x_t in x:
            h = torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
            states.append(h)
        rows = [torch.autograd.grad(unit, states[:-1], retain_graph=True) for unit in h]
        result = []
        for d in range(1, len(states)):
            jacobian = torch.stack([row[-d] for row in rows])
            result.append(torch.linalg.svdvals(jacobian)[0])
        return torch.stack(result).detach()
        """
    ),
    "backward() into retained gradients": norms(
        """
        T, H = x.size(0), h0.size(0)
        jacobians = torch.zeros(T, H, H, dtype=x.dtype)
        for row in range(H):
            h = h0.detach().clone().requires_grad_(True)
            states = []
            for t in range(T):
                states.append(h)
                h.retain_grad()
                h = torch.tanh(weight_ih.mv(x[t]) + weight_hh.mv(h) + bias_h)
            h[row].backward()
            for d in range(1, T + 1):
                jacobians[d - 1, row] = states[T - d].grad
        return torch.linalg.matrix_norm(jacobians, ord=2)
        """
    ),
    "autograd with a batch of rows": norms(
        """
        with torch.enable_grad():
            start = h0.detach().requires_grad_()
            states = [start]
            for x_t in x.detach():
                states.append((weight_ih @ x_t + weight_hh @ states[-1] + bias_h).tanh())
            eye = torch.eye(len(h0), dtype=h0.dtype)
            last = states.pop()
            found = torch.autograd.grad(last, states, eye, is_grads_batched=True)
        return torch.stack([torch.linalg.matrix_norm(J, 2) for J in found[::-1]])
        """
    ),
    "torch.func.vjp and vmap": norms(
        """
        from torch.func import vjp, vmap

        pulls, h = [], h0
        for x_t in x:
            h, pull = vjp(lambda h: torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h), h)
            pulls.append(pull)
        J, result = torch.eye(h.shape[0], dtype=h.dtype), []
        for pull in reversed(pulls):
            (J,) = vmap(pull)(J)
            result.append(torch.linalg.norm(J, 2))
        return torch.stack(result)
        """
    ),
    "svdvals of all at once": norms(
        PRODUCTS + "    return torch.linalg.svdvals(torch.stack(products))[:, 0]\n"
    ),
    "the whole svd": norms(
        PRODUCTS + "    return torch.stack([torch.linalg.svd(p).S.max() for p in products])\n"
    ),
    "Tensor.svd": norms(PRODUCTS + "    return torch.stack([p.svd()[1][0] for p in products])\n"),
    "torch.linalg.norm of a stack": norms(
        PRODUCTS + "    return torch.linalg.norm(torch.stack(products), ord=2, dim=(1, 2))\n"
    ),
    "the root of the largest eigenvalue": norms(
        PRODUCTS
        + """
    gram = torch.stack(products).mT @ torch.stack(products)
    return torch.linalg.eigvalsh(gram).amax(-1).clamp(min=0).sqrt()
    """
    ),
    "numbers back into a tensor of the right dtype": norms(
        PRODUCTS
        + "    return torch.tensor([torch.linalg.norm(p, 2).item() for p in products], dtype=x.dtype)\n"
    ),
    "numpy": norms(
        """
        W, U, b, xs, h = (t.detach().numpy() for t in (weight_ih, weight_hh, bias_h, x, h0))
        steps = []
        for x_t in xs:
            h = np.tanh(W @ x_t + U @ h + b)
            steps.insert(0, np.diag(1 - h**2) @ U)
        products = accumulate(steps, np.matmul)
        return torch.from_numpy(np.array([np.linalg.norm(P, 2) for P in products], dtype=xs.dtype))
        """,
        before="from itertools import accumulate\n\nimport numpy as np\nimport torch\n",
    ),
    "multi_dot": norms(
        """
        h, steps = h0, []
        for x_t in x:
            h = torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
            steps.append(torch.einsum("i,ij->ij", 1 - h.square(), weight_hh))
        result = []
        for d in range(1, len(steps) + 1):
            latest_first = steps[::-1][:d]
            product = latest_first[0] if d == 1 else torch.linalg.multi_dot(latest_first)
            result.append(torch.linalg.matrix_norm(product, ord=2))
        return torch.stack(result)
        """
    ),
    "transposed, from the gradient's side": norms(
        """
        with torch.no_grad():
            h, hs = h0, []
            for t in range(x.shape[0]):
                h = torch.tanh(F.linear(x[t], weight_ih, bias_h) + F.linear(h, weight_hh))
                hs.append(h)
            back = torch.eye(h.numel(), dtype=h.dtype)
            out = torch.zeros(x.shape[0], dtype=x.dtype)
            for d, h in enumerate(hs[::-1]):
                back = weight_hh.t() @ ((1 - h ** 2).unsqueeze(1) * back)
                out[d] = torch.linalg.svdvals(back).max()
            return out
        """,
        before="import torch\nimport torch.nn.functional as F\n",
    ),
    "their own VanillaRNN imported": {
        "gradient_flow.py": norms(
            """
            O, I, H = 1, x.shape[1], h0.shape[0]
            rnn = VanillaRNN(I, H, O).to(x.dtype)
            weights = {"weight_ih": weight_ih, "weight_hh": weight_hh, "bias_h": bias_h}
            def last(h, t):
                y, h = torch.func.functional_call(rnn, weights, (x[t:, None], h[None]))
                return h[0]
            hs = [h0] + [torch.func.functional_call(rnn, weights, (x[:t, None], h0[None]))[1][0]
                         for t in range(1, len(x))]
            result = [torch.linalg.norm(torch.func.jacrev(last)(hs[-d], len(x) - d), 2)
                      for d in range(1, len(x) + 1)]
            return torch.stack(result)
            """,
            before="import torch\nfrom vanilla_rnn import VanillaRNN\n",
        )
        + PLAIN_RETENTION,
        "vanilla_rnn.py": text(
            """
            import torch
            from torch import nn


            class VanillaRNN(nn.Module):
                def __init__(self, input_size, hidden_size, output_size):
                    super().__init__()
                    self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size))
                    self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
                    self.bias_h = nn.Parameter(torch.randn(hidden_size))
                    self.weight_ho = nn.Parameter(torch.randn(output_size, hidden_size))
                    self.bias_o = nn.Parameter(torch.randn(output_size))

                def forward(self, x, h0=None):
                    h = x.new_zeros(x.shape[1], len(self.bias_h)) if h0 is None else h0
                    ys = []
                    for x_t in x:
                        h = torch.tanh(x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h)
                        ys.append(h @ self.weight_ho.T + self.bias_o)
                    return torch.stack(ys), h
            """
        ),
    },
}

RETENTIONS = {
    "cumprod between two flips": "return forget_gates.flip(0).cumprod(0)",
    "flipud": "return torch.cumprod(torch.flipud(forget_gates), 0)",
    "a product for each distance": """
        T = forget_gates.shape[0]
        return torch.stack([forget_gates[T - d:].prod(dim=0) for d in range(1, T + 1)])
        """,
    "a loop back in time": """
        kept = torch.ones_like(forget_gates[0])
        rows = []
        for t in range(len(forget_gates) - 1, -1, -1):
            kept = kept * forget_gates[t]
            rows.append(kept)
        return torch.stack(rows, dim=0)
        """,
    "loops over distances, steps and units": """
        T, H = forget_gates.shape
        out = torch.empty(T, H, dtype=forget_gates.dtype)
        for d in range(1, T + 1):
            for j in range(H):
                p = 1.0
                for t in range(T - d, T):
                    p = p * forget_gates[t, j]
                out[d - 1, j] = p
        return out
        """,
    "itertools.accumulate": """
        from itertools import accumulate
        from operator import mul
        return torch.stack(list(accumulate(reversed(forget_gates), mul)))
        """,
    "written into a new tensor": """
        result = torch.zeros_like(forget_gates)
        result[0] = forget_gates[-1]
        for d in range(1, result.size(0)):
            result[d] = result[d - 1].clone() * forget_gates[-1 - d]
        return result
        """,
    "a mask and one product": """
        T = len(forget_gates)
        step, distance = torch.arange(T), torch.arange(1, T + 1)
        counts = step[None, :] >= T - distance[:, None]
        ones = torch.ones((), dtype=forget_gates.dtype)
        return torch.where(counts[:, :, None], forget_gates[None], ones).prod(dim=1)
        """,
    "recursion": """
        last = forget_gates[-1:]
        if forget_gates.size(0) == 1:
            return last.clone()
        return torch.cat([last, last * cell_state_retention(forget_gates[:-1])])
        """,
    "autograd with a graph": """
        with torch.enable_grad():
            T, H = forget_gates.shape
            c = torch.zeros(H, dtype=forget_gates.dtype, requires_grad=True)
            states = [c]
            for f in forget_gates:
                states.append(f * states[-1] + 0.5)
            total = states.pop().sum()
            found = torch.autograd.grad(total, states, create_graph=True)
        return torch.stack(found[::-1])
        """,
    "products of diagonal matrices": """
        product, rows = torch.eye(forget_gates.shape[1]).to(forget_gates), []
        for gate in forget_gates.flip(0):
            product = product @ torch.diag(gate)
            rows.append(torch.diagonal(product))
        return torch.stack(rows)
        """,
    "each unit by itself": """
        columns = [torch.cumprod(unit.flip(-1), -1) for unit in forget_gates.unbind(dim=1)]
        return torch.stack(columns, dim=-1)
        """,
    "doubling": """
        kept, width = forget_gates.flip(0), 1
        while width < len(kept):
            kept = torch.cat([kept[:width], kept[width:] * kept[:-width]])
            width *= 2
        return kept
        """,
    "a list of rows": """
        kept = forget_gates.flip(0).contiguous().clone()
        parts = list(kept.unbind(0))
        for t in range(1, len(parts)):
            parts[t] = torch.mul(parts[t - 1], parts[t])
        return torch.vstack([part[None] for part in parts])
        """,
}


# What imports much, or takes the derivative again for every distance.
SLOW = {
    "torch.func.jacrev",
    "torch.func.jacfwd over all steps at once",
    "torch.autograd.functional.jacobian, again for every distance",
    "torch.func.vjp and vmap",
    "autograd with a batch of rows",
    "their own VanillaRNN imported",
}
STYLES = [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in NORMS]


@pytest.mark.parametrize("style", STYLES)
def test_right_norms_get_full_marks_written_with(style: str, grade: Grade) -> None:
    written = NORMS[style]
    whole = written if isinstance(written, dict) else written + PLAIN_RETENTION
    assert lost(grade(files("gradient_flow", whole), "gradient_flow")) == {}


@pytest.mark.parametrize("style", RETENTIONS)
def test_a_right_retention_gets_full_marks_written_with(style: str, grade: Grade) -> None:
    whole = PLAIN_NORMS + retention(RETENTIONS[style])
    assert lost(grade(files("gradient_flow", whole), "gradient_flow")) == {}
