import torch
from vanilla_rnn import VanillaRNN


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
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


def cell_state_retention(forget_gates):
    return torch.cumprod(torch.flip(forget_gates, dims=[0]), dim=0)