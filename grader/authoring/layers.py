"""The operators of torch's dispatcher that compute the recurrent layers of `torch.nn`."""

RECURRENT: dict[str, tuple[str, ...]] = {
    "torch.nn.LSTM": ("lstm.input", "lstm.data", "mkldnn_rnn_layer"),
    "torch.nn.LSTMCell": ("lstm_cell",),
    "torch.nn.GRU": ("gru.input", "gru.data"),
    "torch.nn.GRUCell": ("gru_cell",),
    "torch.nn.RNN": ("rnn_tanh.input", "rnn_tanh.data", "rnn_relu.input", "rnn_relu.data"),
    "torch.nn.RNNCell": ("rnn_tanh_cell", "rnn_relu_cell"),
}


def functional_names(layer: str) -> set[str]:
    """Return the names (last part) of all functions of torch that also compute `layer`."""
    return {operator.partition(".")[0] for operator in RECURRENT.get(layer, ())}


def family(layer: str) -> str:
    """Return the part of a name that torch's Python functions for a recurrent layer share, or nothing."""
    return layer.rpartition(".")[2][:3].lower() if layer in RECURRENT else ""
