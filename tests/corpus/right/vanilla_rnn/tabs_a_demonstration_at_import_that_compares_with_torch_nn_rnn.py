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
		ys = []
		for x_t in x:
			h = torch.tanh(x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h)
			ys.append(h @ self.weight_ho.T + self.bias_o)
		return torch.stack(ys), h
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
