"""What computes a layer: the operators of torch's dispatcher, and the functions that stand for it.

`forbid=` refuses a layer together with these. It is a table, not a search, because the scan of the source
runs in a process without torch; a test compares it with the torch that is installed.
"""

RECURRENT: dict[str, tuple[str, ...]] = {
    "torch.nn.LSTM": ("lstm.input", "lstm.data", "mkldnn_rnn_layer"),
    "torch.nn.LSTMCell": ("lstm_cell",),
    "torch.nn.GRU": ("gru.input", "gru.data"),
    "torch.nn.GRUCell": ("gru_cell",),
    "torch.nn.RNN": ("rnn_tanh.input", "rnn_tanh.data", "rnn_relu.input", "rnn_relu.data"),
    "torch.nn.RNNCell": ("rnn_tanh_cell", "rnn_relu_cell"),
}

_NAMED_OTHERWISE: dict[str, tuple[str, ...]] = {
    "BCELoss": ("binary_cross_entropy",),
    "BCEWithLogitsLoss": ("binary_cross_entropy_with_logits",),
    "BatchNorm": ("batch_norm",),
    "CrossEntropyLoss": ("cross_entropy",),
    "InstanceNorm": ("instance_norm",),
    "KLDivLoss": ("kl_div",),
    "LeakyReLU": ("leaky_relu",),
    "LinearCrossEntropyLoss": ("linear_cross_entropy",),
    "LogSigmoid": ("logsigmoid",),
    "MultiLabelMarginLoss": ("multilabel_margin_loss",),
    "MultiLabelSoftMarginLoss": ("multilabel_soft_margin_loss",),
    # A course that forbids the layer wants attention written out. One that does not can forbid the function
    # `multi_head_attention_forward` instead.
    "MultiheadAttention": ("multi_head_attention_forward", "scaled_dot_product_attention"),
    "NLLLoss": ("nll_loss",),
    "PReLU": ("prelu",),
    "RReLU": ("rrelu",),
    "ReLU": ("relu",),
    "ReLU6": ("relu6",),
    "SiLU": ("silu",),
    "Softmax2d": ("softmax",),
    "SyncBatchNorm": ("batch_norm",),
    "TransformerEncoderLayer": ("_transformer_encoder_layer_fwd",),
    "Upsample": ("interpolate",),
    "UpsamplingBilinear2d": ("interpolate",),
    "UpsamplingNearest2d": ("interpolate",),
}
"""Functional forms whose name does not follow from the layer's, without `Lazy` and the number of axes."""
_PADDING = ("Circular", "Constant", "Reflection", "Replication", "Zero")
_CONVOLUTIONS = (
    *("convolution", "_convolution", "_convolution_mode", "convolution_overrideable"),
    *("mkldnn_convolution", "_nnpack_spatial_convolution", "thnn_conv2d", "_slow_conv2d_forward"),
    *("slow_conv3d", "slow_conv_dilated2d", "slow_conv_dilated3d"),
)
_TRANSPOSED = ("convolution", "_convolution", "slow_conv_transpose2d", "slow_conv_transpose3d")
_ATTENTION = (
    *("_scaled_dot_product_attention_math", "_scaled_dot_product_flash_attention"),
    *("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_efficient_attention"),
    *("_scaled_dot_product_cudnn_attention", "_scaled_dot_product_fused_attention_overrideable"),
)
_OPERATORS: dict[str, tuple[str, ...]] = {
    "batch_norm": (
        *("_batch_norm_impl_index", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training"),
        *("_batch_norm_no_update", "_batch_norm_with_update"),
    ),
    "conv1d": _CONVOLUTIONS,
    "conv2d": _CONVOLUTIONS,
    "conv3d": _CONVOLUTIONS,
    "conv_transpose1d": _TRANSPOSED,
    "conv_transpose2d": _TRANSPOSED,
    "conv_transpose3d": _TRANSPOSED,
    "cross_entropy": ("cross_entropy_loss",),
    "dropout1d": ("feature_dropout", "feature_dropout_"),
    "dropout2d": ("feature_dropout", "feature_dropout_"),
    "dropout3d": ("feature_dropout", "feature_dropout_"),
    "embedding_bag": ("_embedding_bag_forward_only",),
    "fold": ("col2im",),
    "logsigmoid": ("log_sigmoid", "log_sigmoid_forward"),
    "max_pool1d": ("max_pool1d_with_indices", "quantized_max_pool1d"),
    "max_pool2d": ("max_pool2d_with_indices", "mkldnn_max_pool2d"),
    "max_pool3d": ("max_pool3d_with_indices", "mkldnn_max_pool3d"),
    "multi_head_attention_forward": ("_native_multi_head_attention", "_transformer_encoder_layer_fwd"),
    "nll_loss": ("nll_loss_nd", "nll_loss_forward", "nll_loss2d", "nll_loss2d_forward"),
    "prelu": ("_prelu_kernel",),
    "rms_norm": ("_fused_rms_norm",),
    "scaled_dot_product_attention": _ATTENTION,
    "softmax": ("special_softmax", "_safe_softmax"),
    "log_softmax": ("special_log_softmax",),
    "unfold": ("im2col",),
}
"""Operators of the dispatcher that compute a function and have another name; see also `operator_names`."""

FAMILIES: dict[str, tuple[str, ...]] = {
    # Each computes the other: AdamW with a weight decay of 0, Adam with `decoupled_weight_decay`.
    "torch.optim.Adam": ("torch.optim.AdamW",),
    "torch.optim.AdamW": ("torch.optim.Adam",),
}
"""Optimizers that are refused together."""


def functions(layer: str) -> tuple[str, ...]:
    """Return the functions in `torch.nn.functional` that compute `layer`, a class of `torch.nn`."""
    if layer in RECURRENT or not layer.startswith("torch.nn.") or layer.count(".") != 2:
        return ()
    name = layer.rpartition(".")[2].removeprefix("Lazy")
    bare = name[:-2] if name[-2:] in ("1d", "2d", "3d") else name
    if name.startswith(_PADDING) and "Pad" in name:
        return ("pad",)
    return _NAMED_OTHERWISE.get(name) or _NAMED_OTHERWISE.get(bare) or (_snake(name),)


def operator_names(function: str) -> tuple[str, ...]:
    """Return the names that operators of the dispatcher for `function` may have; not all need to exist."""
    plain = function.rstrip("_")
    kin = (function, f"{plain}_", f"_{plain}", f"native_{plain}", f"{plain}_ex", f"_{plain}_ex")
    return tuple(dict.fromkeys((*kin, *_OPERATORS.get(plain, ()))))


def functional_names(layer: str) -> set[str]:
    """Return the names (last part) of all functions of torch that also compute `layer`."""
    if layer in RECURRENT:
        return {operator.partition(".")[0] for operator in RECURRENT[layer]}
    return {name for function in functions(layer) for name in operator_names(function)}


def family(layer: str) -> str:
    """Return the part of a name that torch's Python functions for a recurrent layer share, or nothing."""
    return layer.rpartition(".")[2][:3].lower() if layer in RECURRENT else ""


def _snake(name: str) -> str:
    """Return a name of a class as that of a function: `MSELoss` is `mse_loss`, `MaxPool1d` `max_pool1d`."""
    made = ""
    for at, letter in enumerate(name):
        after = name[at + 1 : at + 2]
        if (
            letter.isupper()
            and at
            and (not name[at - 1].isupper() or after.islower())
            and name[at - 1] != "_"
        ):
            made += "_"
        made += letter.lower()
    return made
