"""How far gradients reach back in time, in a vanilla RNN and along the cell state of an LSTM."""

import torch
from torch import Tensor


def rnn_gradient_norms(weight_ih: Tensor, weight_hh: Tensor, bias_h: Tensor, x: Tensor, h0: Tensor) -> Tensor:
    """Return the spectral norms (T,) of the Jacobians of h_T with respect to h_{T-1}, ..., h_0.

    The Jacobian over d steps is the product of the d last ones, diag(1 - h_t^2) W_hh each, the
    latest step leftmost: Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural
    networks (2013), equation 5, for states that are kept after the tanh.
    """
    h = h0
    states = []
    for x_t in x:
        h = torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
        states.append(h)
    jacobian = torch.eye(len(h0), dtype=h0.dtype)
    norms = []
    for h_t in reversed(states):
        slope = 1 - h_t**2
        step = slope.unsqueeze(1) * weight_hh
        jacobian = jacobian @ step
        norms.append(torch.linalg.matrix_norm(jacobian, ord=2))
    return torch.stack(norms)


def cell_state_retention(forget_gates: Tensor) -> Tensor:
    """Return the derivatives (T, H) of c_T with respect to c_{T-1}, ..., c_0 along the cell state.

    With c_t = f_t c_{t-1} + i_t g_t and the gates held fixed, each step multiplies by its forget
    gate: Gers, Schmidhuber & Cummins, Learning to forget (2000).
    """
    last_first = forget_gates.flip(0)
    return last_first.cumprod(dim=0)
