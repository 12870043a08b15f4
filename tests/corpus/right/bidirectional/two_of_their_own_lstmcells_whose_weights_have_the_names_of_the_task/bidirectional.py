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
