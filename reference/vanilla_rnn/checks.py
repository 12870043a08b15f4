"""Questions about `VanillaRNN`.

The states are asked for apart from the outputs, so that a slip in the output layer costs its own points.
Values are asked for in float32, torch's default, and again in float64: a network that collects its
results in float32 tensors, whatever the input, keeps the points for the values. Sizes of one belong to
`all_sizes` and `training`: all other checks draw 2 and more. Inputs and states are handed over as copies,
so that a network that writes into them fails `unchanged` and keeps the points for right values.
"""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task
from grader.authoring import shared_checks as shared

task = Task(forbid=["torch.nn.RNN", "torch.nn.RNNCell"])

PARAMETERS = ("weight_ih", "weight_hh", "bias_h", "weight_ho", "bias_o")
FIRST = {"steps": 2, "batch": 3, "inputs": 1, "hidden": 2, "outputs": 3}  # to follow by hand
ONES = ((1, 3, 2, 4, 5), (3, 1, 2, 4, 5), (3, 2, 1, 4, 5), (3, 2, 5, 1, 4), (3, 2, 5, 4, 1))
LARGE = ((70, 2, 3, 4, 2), (2, 20, 3, 4, 5), (3, 2, 35, 34, 36))


def sized(case: Case) -> None:
    if case.number == 0:
        case.sizes = FIRST | case.sizes
    for name in FIRST:
        case.size(name, least=2)


def network(impl: Any, case: Case, scale: float = 0.4) -> Any:
    """Return a network with weights that neither vanish nor explode."""
    sized(case)
    rnn = impl.VanillaRNN(case.size("inputs"), case.size("hidden"), case.size("outputs"))
    return case.fill(rnn, scale=scale)


def sequence(case: Case, name: str = "x") -> Tensor:
    return case.normal(case.size("steps"), case.size("batch"), case.size("inputs"), name=name)


def state(case: Case, name: str = "h0") -> Tensor:
    return case.normal(case.size("batch"), case.size("hidden"), name=name)


def run(rnn: Any, *arguments: Any) -> Any:
    return rnn(*shared.copied(arguments))


@task.check(points=0, cases=2)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes that the task gives them."""
    sized(case)
    rnn = impl.VanillaRNN(case.size("inputs"), case.size("hidden"), case.size("outputs"))
    return shared.shapes_of_parameters(rnn, PARAMETERS)


@task.check(points=0, after=parameters, cases=2, dtype="float32")
def returned(impl: Any, case: Case) -> dict[str, Any]:
    """A sequence gives two tensors, y and h_n."""
    result = run(network(impl, case), sequence(case), state(case))
    return {"what was returned": shared.described(result, with_shapes=False)}


@task.check(points=2.5, after=returned, cases=4, dtype="float32", depth="steps")
def last_state(impl: Any, case: Case) -> dict[str, Any]:
    """h_n, the state after the last step, is right."""
    _, h_n = run(network(impl, case), sequence(case), state(case))
    return {"h_n": h_n}


@task.check(points=1, after=returned, cases=4, dtype="float32")
def output_layer(impl: Any, case: Case) -> dict[str, Any]:
    """The last output is the output layer applied to the last state, whether or not that state is right."""
    rnn = network(impl, case)
    named = dict(rnn.named_parameters())
    y, h_n = run(rnn, sequence(case), state(case))
    made = h_n @ named["weight_ho"].T + named["bias_o"]
    return {"last y - (weight_ho h_n + bias_o)": y[-1] - made}


@task.check(points=1, after=output_layer, cases=4, dtype="float32", depth="steps")
def outputs(impl: Any, case: Case) -> dict[str, Any]:
    """The outputs of all steps are right."""
    y, _ = run(network(impl, case), sequence(case), state(case))
    return {"y": y}


# Asked in both dtypes, which tells zeros that have a dtype of their own.
@task.check(points=0.75, after=returned, cases=4, dtype="float32", depth="steps")
def every_call(impl: Any, case: Case) -> dict[str, Any]:
    """Without h0 every call starts from zeros, in both modes, and leaves earlier results alone."""
    rnn, h0 = network(impl, case), state(case)
    first, second, third = (sequence(case, f"{name} x") for name in ("first", "second", "third"))
    results = shared.one_after_another(case, rnn, (first,), (second, h0), (third,))
    (_, h_first), (_, h_second), (_, h_third) = results
    _, h_double = rnn.double()(first.double())
    return {
        "h_n of the first call, h_n of the second call from h0, h_n of the third call": shared.in_dtype(
            torch.float32, [h_first, h_second, h_third]
        ),
        "h_n in float64": shared.in_dtype(torch.float64, [h_double])[0],
    }


# In float32 exponentials overflow sooner, and sums of numbers around 10000 are too coarse to compare.
@task.check(points=0.75, after=[last_state, outputs], cases=4, depth="steps", digits=9)
def float64(impl: Any, case: Case) -> dict[str, Any]:
    """With float64 inputs, y and h_n are float64 and accurate, for inputs as large as 10000 too."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    found = run(rnn, x, h0)
    large = case.extreme(*x.shape, name="large x"), case.extreme(*h0.shape, name="large h0")
    _, from_large = run(rnn, *large)
    hundreds = 150 * sequence(case, "x in hundreds and a half").float()
    _, in_float32 = rnn.float()(hundreds, h0.sign().float())
    return {"y, h_n": found, "h_n of large x": from_large, "h_n in float32 of some hundreds": in_float32}


@task.check(points=0.75, after=[last_state, outputs], cases=8, dtype="float32", depth="steps")
def all_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """At all sizes y and h_n are right: one step, a batch of one, a single unit, or dozens."""
    case.sizes.update(zip(FIRST, case.pick((*ONES, *LARGE)), strict=True))
    rnn = network(impl, case, scale=0.8 / case.size("hidden") ** 0.5)
    return {"y, h_n": run(rnn, sequence(case), state(case))}


@task.check(points=0.75, after=[last_state, outputs], cases=2, dtype="float32", depth="steps")
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """A call by the names x and h0 changes neither the input nor the state."""
    return shared.unchanged(network(impl, case), x=sequence(case), h0=state(case))


# Of a tanh made from sign and absolute value the gradient is 0 at 0, which is let pass.
@task.check(points=2, after=[last_state, outputs], cases=4, depth="steps", digits=9)
def gradients_through_time(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the inputs of all steps and of h0 are right, over forty steps too."""
    if case.number == 3:
        case.sizes.update(zip(FIRST, (40, 2, 2, 3, 2), strict=True))
    rnn, x, h0 = network(impl, case, scale=0.5), sequence(case), state(case)
    found = shared.gradients(case, lambda: run(rnn, x, h0), x=x, h0=h0)
    with torch.no_grad():
        dict(rnn.named_parameters())["bias_h"].zero_()
    zeros = torch.zeros_like(x)
    at_zero = case.gradients(lambda: run(rnn, zeros), x=zeros)["x"]
    return found | {"gradient of x at 0 is finite": None if at_zero is None else torch.isfinite(at_zero)}


@task.check(points=3, after=[last_state, outputs], cases=4, depth="steps")
def gradients_of_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of all parameters are right, and nothing else is trained."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    found = shared.gradients(case, lambda: run(rnn, x, h0), rnn)
    return found | {"parameters afterwards": sum(1 for _ in rnn.parameters())}


GRADIENTS = [gradients_through_time, gradients_of_parameters]


@task.check(points=2.5, after=GRADIENTS, cases=6, dtype="float32", depth="steps")
def training(impl: Any, case: Case) -> dict[str, Any]:
    """Trained for two steps, the network gives the right y and h_n, with and without h0.

    The loss is large, so gradients that are clipped in the network are not right. Every result comes from the
    new parameters.
    """
    case.sizes.update(zip(FIRST, case.pick(((3, 2, 3, 4, 2), *ONES)), strict=True))
    rnn, x, h0 = network(impl, case), sequence(case), state(case)

    def large() -> list[Tensor]:
        return [50 * one for one in (*run(rnn, x, h0), *run(rnn, x))]

    names = "50 y, 50 h_n, 50 y without h0, 50 h_n without h0"
    return {names: shared.trained(case, rnn, large, rate=0.0005)}
