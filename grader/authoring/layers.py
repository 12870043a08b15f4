"""Which operators of torch's dispatcher compute the recurrent layers of `torch.nn`."""

RECURRENT: dict[str, tuple[str, ...]] = {
    "torch.nn.LSTM": ("lstm.input", "lstm.data", "mkldnn_rnn_layer"),
    "torch.nn.LSTMCell": ("lstm_cell",),
    "torch.nn.GRU": ("gru.input", "gru.data"),
    "torch.nn.GRUCell": ("gru_cell",),
    "torch.nn.RNN": ("rnn_tanh.input", "rnn_tanh.data", "rnn_relu.input", "rnn_relu.data"),
    "torch.nn.RNNCell": ("rnn_tanh_cell", "rnn_relu_cell"),
}


def functional_names(layer: str) -> set[str]:
    """Return the last part of every function of torch that computes `layer` as well."""
    return {operator.partition(".")[0] for operator in RECURRENT.get(layer, ())}


def family(layer: str) -> str:
    """Return what torch's own Python functions for a recurrent layer have in their names, else nothing."""
    return layer.rpartition(".")[2][:3].lower() if layer in RECURRENT else ""
