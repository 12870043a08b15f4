import torch


def count_lstm_parameters(input_size: int, hidden_size: int) -> int:
    return sum(p.numel() for p in torch.nn.LSTMCell(input_size, hidden_size).parameters())


class SmallerLSTMCell(torch.nn.LSTMCell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size, bias=False)
