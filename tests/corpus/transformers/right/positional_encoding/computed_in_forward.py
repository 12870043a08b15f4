import torch


class PositionalEncoding(torch.nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()
        self.d_model = d_model

    def forward(self, x):
        t = torch.arange(x.shape[1], dtype=torch.float64)[:, None]
        i = torch.arange(self.d_model // 2, dtype=torch.float64)[None]
        angle = t * torch.pow(10000.0, -2 * i / self.d_model)
        table = torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)
        return x + table.to(x)
