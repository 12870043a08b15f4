"""What a task forbids computes nothing, by whatever name and through whatever door."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json
import sys

import numpy as np
import torch
from torch._dispatch.python import enable_python_dispatcher
from torch.fx.experimental.proxy_tensor import make_fx
from torch.library import get_kernel

from grader.errors import AssignmentError, ForbiddenLayer
from grader.guest.forbid import operators, refuse, relatives

x, h = torch.zeros(1, 3), torch.zeros(1, 2)
cell = torch.nn.LSTMCell(3, 2)
weights = list(cell.parameters())
default, keys = torch.ops.aten.lstm_cell.default, torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
free = torch.ops.aten.add.Tensor
COMPOSITE = torch._C.DispatchKey.CompositeImplicitAutograd
gru_weights = list(torch.nn.GRU(3, 2).parameters())
gru_arguments = x[None], h[None], gru_weights, True, 1, 0.0, False, False, False
ih, hh, bias_ih, bias_hh = gru_weights
gru_step = torch.zeros(1, 6), h[None], ih, bias_ih, hh, bias_hh
gru_in_python = torch.ops.aten.gru.input.py_kernels[COMPOSITE]


def sparse_in_inference():
    with torch.inference_mode():
        torch.lstm_cell(x.to_sparse(), (h.clone(), h.clone()), *(w.clone() for w in weights))


def dispatched_in_python():
    with enable_python_dispatcher():
        torch.gru(*gru_arguments)


class Mine(torch.nn.LSTMCell):
    pass


TRIED = {
    "layer": lambda: cell(x),
    "subclass": lambda: Mine(3, 2)(x),
    "function": lambda: torch._VF.lstm_cell(x, (h, h), *weights),
    "operator": lambda: torch.ops.aten.lstm_cell(x, (h, h), *weights),
    "redispatch": lambda: default.redispatch(keys, x, (h, h), *weights),
    "redispatch of the handle": lambda: default._handle.redispatch_boxed(keys, x, (h, h), *weights),
    "decompose": lambda: default.decompose(x, (h, h), *weights),
    "kernel": lambda: get_kernel("aten::lstm_cell", "CPU").call_boxed(keys, x, (h, h), *weights),
    "meta": lambda: torch.lstm_cell(x.to("meta"), [h.to("meta")] * 2, *(w.to("meta") for w in weights)),
    "sparse": lambda: sparse_in_inference(),
    "traced on meta": lambda: make_fx(lambda x: torch._VF.lstm_cell(x, (h, h), *weights))(x),
    "kept kernel in Python": lambda: gru_in_python(*gru_arguments),
    "kernel in Python": lambda: torch.ops.aten.gru.input.py_kernels[COMPOSITE](*gru_arguments),
    "part of it in Python": lambda: torch._decomp.decompositions.gru_cell(*gru_step),
    "Python dispatcher": lambda: dispatched_in_python(),
    "whole layer": lambda: torch.nn.LSTM(3, 2)(x),
    "free layer": lambda: torch.nn.Linear(3, 2)(x),
    "free redispatch": lambda: free.redispatch(keys, x, x),
    "free decompose": lambda: torch.ops.aten.linear.default.decompose(x, torch.zeros(2, 3)),
    "gradient": lambda: torch.nn.GRUCell(3, 2)(x).sum().backward(),
    "softmax": lambda: torch.softmax(x, 0),
    "softmax method": lambda: x.softmax(0),
    "softmax in a layer": lambda: torch.nn.Softmax(0)(x),
    "softmax beneath": lambda: torch._softmax(x, 0, False),
    "softmax in Python": lambda: torch._refs.softmax(x, 0),
    "softmax in Python, unwrapped": lambda: torch._refs.softmax.__wrapped__(x, 0),
    "softmax in Python's layers": lambda: torch._refs.nn.functional.softmax(x, 0),
    "in place": lambda: torch.relu_(x.clone()),
    "batch norm": lambda: torch.nn.BatchNorm1d(3)(torch.ones(2, 3)),
}


def outcomes():
    found = {}
    for name, attempt in TRIED.items():
        try:
            attempt()
            found[name] = "computed"
        except ForbiddenLayer as error:
            found[name] = str(error)
        except Exception as error:
            found[name] = type(error).__name__
    return found


def refused(*names):
    try:
        refuse(names)
    except AssignmentError as error:
        return str(error)


stages = {"before": outcomes()}
refuse([])
stages["nothing"] = outcomes()
refuse(["torch.nn.LSTMCell", "torch.nn.GRU", "torch.softmax", "torch.relu", "torch.nn.BatchNorm1d"])
stages["after"] = outcomes()
stages["unknown"] = [refused(name) for name in ("torch.nn.LayrNorm", "torch.pi", "np.linalg.solve", "")]
stages["operators"] = [operators(name) for name in ("torch.nn.LSTMCell", "torch.nn.Linear")]

layer = h, h, False, [], 2, 2, 1, True, False, False, False
BY_KEY = {
    "lstm_cell": (x, (h, h), *weights),
    "mkldnn_rnn_layer": (x[None], *weights, *layer),
    "lstm.input": (x[None], [h[None], h[None]], weights, True, 1, 0.0, False, False, False),
    "softmax.int": (x, 0),
    "_softmax": (x, 0, False),
    "relu": (x,),
    "cumsum": (x, 0),
    "cumsum_": (x.clone(), 0),
}
refuse(["torch.nn.LSTM", "torch.cumsum"])
stages["by key"] = []
for name, arguments in BY_KEY.items():
    packet, _, overload = name.partition(".")
    operator = getattr(getattr(torch.ops.aten, packet), overload or "default")
    for key, value in torch._C.DispatchKey.__members__.items():
        if key.startswith("FuncTorchDynamicLayer"):  # these end the process outside of `torch.func`
            continue
        try:
            operator._handle.redispatch_boxed(torch._C.DispatchKeySet(value), *arguments)
            stages["by key"].append(f"{name} at {key}")
        except Exception:
            pass

x, image, q, at = torch.randn(2, 4), torch.randn(1, 1, 5, 5), torch.randn(1, 2, 3, 4), torch.tensor([0, 1])
kernel, F, one = torch.randn(1, 1, 2, 2), torch.nn.functional, torch.tensor(1.0)
adamw = sys.modules["torch.optim.adamw"].adamw
bound = dict(amsgrad=False, beta1=0.9, beta2=0.9, lr=0.1, weight_decay=0.1, eps=1e-8, maximize=False)
TRIED = {
    "layer_norm of torch": lambda: torch.layer_norm(x, (4,)),
    "layer_norm of functional": lambda: F.layer_norm(x, (4,)),
    "native_layer_norm": lambda: torch.native_layer_norm(x, (4,), None, None, 1e-5),
    "cross entropy": lambda: F.cross_entropy(x, at),
    "convolution": lambda: F.conv2d(image, kernel),
    "attention": lambda: F.scaled_dot_product_attention(q, q, q),
    "pooling": lambda: F.max_pool2d(image, 2),
    "AdamW": lambda: torch.optim.AdamW([x]),
    "subclass of AdamW": lambda: type("Mine", (torch.optim.AdamW,), {})([x]),
    "Adam": lambda: torch.optim.Adam([x]),
    "adamw": lambda: adamw([], [], [], [], [], [], **bound),
    "fused AdamW": lambda: torch._fused_adamw_([x], [x], [x], [x], [], [one], **bound),
    "einsum": lambda: torch.einsum("ij->ji", x),
    "solve of torch": lambda: torch.linalg.solve(torch.eye(2), torch.eye(2)),
    "solve of NumPy": lambda: np.linalg.solve(np.eye(2), np.eye(2)),
    "dot of NumPy": lambda: np.dot(np.eye(2), np.eye(2)),
    "Dropout": lambda: F.dropout(x),
    "Embedding": lambda: F.embedding(at, x),
    "ReLU": lambda: x.relu(),
    "MSELoss": lambda: F.mse_loss(x, x),
    "Linear": lambda: torch.nn.Linear(4, 2)(x),
    "SGD": lambda: torch.optim.SGD([x], lr=0.1),
    "inverse of NumPy": lambda: np.linalg.inv(np.eye(2)),
    "softmax": lambda: x.log_softmax(1),
}
stages["relatives"] = relatives("torch.nn.LayerNorm")
layers = ["LayerNorm", "CrossEntropyLoss", "Conv2d", "MultiheadAttention", "MaxPool2d", "Dropout"]
layers += ["Embedding", "ReLU", "MSELoss"]
functions = ["torch.optim.AdamW", "torch.einsum", "torch.linalg.solve", "numpy.linalg.solve", "numpy.dot"]
refuse([*(f"torch.nn.{layer}" for layer in layers), *functions])
stages["family"] = outcomes()
print(json.dumps(stages))
"""


@pytest.fixture(scope="module")
def stages() -> dict[str, dict[str, str]]:
    """What became of each attempt before anything was forbidden, where nothing was named, and after."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, dict[str, str]] = json.loads(ran.stdout)
    return found


def test_where_nothing_is_forbidden_everything_computes(stages: dict[str, dict[str, str]]) -> None:
    assert set(stages["before"].values()) == {"computed"}


LSTM_CELL = ["layer", "subclass", "function", "operator", "redispatch", "redispatch of the handle"]
LSTM_CELL += ["decompose", "kernel", "meta", "sparse", "traced on meta"]
GRU = ["kept kernel in Python", "kernel in Python", "part of it in Python", "Python dispatcher"]


@pytest.mark.parametrize("name", LSTM_CELL)
def test_a_forbidden_layer_computes_by_none_of_its_names(
    stages: dict[str, dict[str, str]], name: str
) -> None:
    assert stages["after"][name].startswith("`torch.nn.LSTMCell` computed here")


@pytest.mark.parametrize("name", GRU)
def test_a_forbidden_layer_computes_by_none_of_its_forms_in_python(
    stages: dict[str, dict[str, str]], name: str
) -> None:
    assert stages["after"][name].startswith("`torch.nn.GRU` computed here")


def test_no_key_of_the_dispatcher_leads_to_what_is_forbidden(stages: dict[str, dict[str, str]]) -> None:
    assert stages["by key"] == []


@pytest.mark.parametrize(
    "name", ["whole layer", "free layer", "gradient", "free redispatch", "free decompose"]
)
def test_what_is_not_forbidden_computes(stages: dict[str, dict[str, str]], name: str) -> None:
    assert stages["after"][name] == "computed"


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in (
            "softmax",
            "softmax method",
            "softmax in a layer",
            "softmax beneath",
            "softmax in Python",
            "softmax in Python, unwrapped",
            "softmax in Python's layers",
        )
    ],
)
def test_a_forbidden_function_computes_by_none_of_its_names(
    stages: dict[str, dict[str, str]], name: str
) -> None:
    assert stages["after"][name].startswith("`torch.softmax` computed here")


def test_a_forbidden_function_computes_in_place_no_more_than_else(
    stages: dict[str, dict[str, str]],
) -> None:
    assert stages["after"]["in place"].startswith("`torch.relu` computed here")


def test_a_forbidden_layer_without_an_operator_of_its_own_is_refused(
    stages: dict[str, dict[str, str]],
) -> None:
    assert (
        stages["after"]["batch norm"]
        == "`torch.nn.BatchNorm1d` computed here; this task asks to write it out."
    )


def test_without_a_name_nothing_is_set_up(stages: dict[str, dict[str, str]]) -> None:
    assert set(stages["nothing"].values()) == {"computed"}


NEITHER = "is neither a layer nor an optimizer nor a function of torch or NumPy"


def test_a_name_that_does_not_exist_is_refused_with_the_nearest(stages: dict[str, list[str]]) -> None:
    assert stages["unknown"] == [
        f"forbid: 'torch.nn.LayrNorm' {NEITHER}; is torch.nn.LayerNorm what you mean?",
        "forbid: 'torch.pi' cannot be refused; name a layer, an optimizer, or a function of torch or NumPy",
        f"forbid: 'np.linalg.solve' {NEITHER}; is numpy.linalg.solve what you mean?",
        f"forbid: '' {NEITHER}",
    ]


def test_a_layer_has_the_operators_of_the_table(stages: dict[str, list[list[str]]]) -> None:
    assert stages["operators"] == [["lstm_cell"], ["linear", "linear.out"]]


def test_the_relatives_of_a_layer_are_named(stages: dict[str, list[str]]) -> None:
    assert stages["relatives"] == [
        "torch.layer_norm", "torch.native_layer_norm", "torch.nn.functional.layer_norm",
    ]  # fmt: skip


FAMILY = [
    *("layer_norm of torch", "layer_norm of functional", "native_layer_norm", "cross entropy", "convolution"),
    *("attention", "pooling", "AdamW", "subclass of AdamW", "Adam", "adamw", "fused AdamW", "einsum"),
    *("solve of torch", "solve of NumPy", "dot of NumPy", "Dropout", "Embedding", "ReLU", "MSELoss"),
]


@pytest.mark.parametrize("name", FAMILY)
def test_functional_forms_optimizers_and_functions_are_refused(
    stages: dict[str, dict[str, str]], name: str
) -> None:
    assert "computed here" in stages["family"][name]


@pytest.mark.parametrize("name", ["Linear", "SGD", "inverse of NumPy", "softmax"])
def test_relatives_of_nothing_forbidden_compute(stages: dict[str, dict[str, str]], name: str) -> None:
    assert stages["family"][name] == "computed"
