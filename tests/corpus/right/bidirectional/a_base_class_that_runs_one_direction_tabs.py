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
