"""Questions about `count_lstm_parameters` and `SmallerLSTMCell`.

The cell has many right answers, so what is asked are laws: a check returns raw results, and its
`compare=` says which law they break. Whatever the names and shapes of the parameters, `case.fill`
gives them random values. Sizes of one belong to `size_one`, and `fewer_parameters` is about sizes
of 2 and more. Where a law says that something changes the result, sixteen samples are asked at
once: a part that is switched off for one of them, as by a ReLU, is not taken for missing.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from grader import Case, Task
from grader.task import Plot

task = Task()

State = tuple[Tensor, Tensor]


def number(count: Any) -> Any:
    """Return a whole number as an int: its type is the business of `count_is_exact` alone."""
    count = count.item() if isinstance(count, Tensor) else count
    return int(count) if isinstance(count, float) and count.is_integer() else count


@task.check(points=1)
def count(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters of an LSTM cell are counted right."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    return {"count": number(impl.count_lstm_parameters(inputs, hidden))}


@task.check(points=0.5, after=count, cases=4)
def count_is_exact(impl: Any, case: Case) -> dict[str, Any]:
    """The count is an int, for a thousand units as well, and right at sizes of 1."""
    inputs, hidden = case.integer(900, 1500, name="inputs"), case.integer(900, 1500, name="hidden")
    return {
        f"count for {inputs} inputs and {hidden} hidden units": impl.count_lstm_parameters(inputs, hidden),
        "count for 1 input and 1 hidden unit": impl.count_lstm_parameters(1, 1),
    }


def drawn(case: Case, least: int = 2, samples: int = 0, name: str = "") -> tuple[Tensor, State]:
    """Return an input and a state; `name` goes before theirs."""
    batch = samples or case.size("batch", least)
    inputs, hidden = case.size("inputs", least), case.size("hidden", least)
    x = case.normal(batch, inputs, name=f"{name}x")
    h = case.uniform(-1, 1, batch, hidden, name=f"{name}h")
    return x, (h, case.normal(batch, hidden, name=f"{name}c"))


def step(cell: Any, x: Tensor, state: State | None = None) -> Any:
    """Call the cell with copies, so that what it writes into them is the business of `unchanged` alone.

    Chance is the same in every call: it is the business of `nothing_left_to_chance` alone.
    """
    torch.default_generator.manual_seed(0)
    if state is None:
        return cell(x.clone())
    h, c = state
    return cell(x.clone(), (h.clone(), c.clone()))


def new_cell(impl: Any, case: Case, scale: float = 0.5) -> Any:
    return case.fill(impl.SmallerLSTMCell(case.size("inputs"), case.size("hidden")), scale)


@task.check(points=0)
def returned(impl: Any, case: Case) -> dict[str, Any]:
    """A step returns two tensors, h and c, of shape (batch, hidden)."""
    x, state = drawn(case)
    result = step(new_cell(impl, case), x, state)
    found = list(result) if isinstance(result, (tuple, list)) else [result]
    return {
        "how many": len(found),
        "shapes": " and ".join(
            str(tuple(one.shape)) if isinstance(one, Tensor) else type(one).__name__ for one in found[:2]
        ),
    }


Law = Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]


def influence(one: str, none: str) -> Law:
    """Return the law that each of the other results differs from the first one."""

    def each_matters(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
        changed = (actual["others"] != actual["result"]).flatten(1).any(dim=1)
        if not changed.any():
            return f"{none} no influence on h and c"
        for index, matters in enumerate(changed.tolist()):
            if not matters:
                return f"{one.format(index)} no influence on h and c"
        return None

    return each_matters


def joined(result: Any) -> Tensor:
    h, c = result
    return torch.cat([h, c], dim=1)


def each_column_exchanged(tensor: Tensor, other: Tensor) -> list[Tensor]:
    """Return `tensor` as often as it has columns, each time with one of `other` instead."""
    columns = range(tensor.shape[1])
    return [torch.where(torch.tensor(columns) == column, other, tensor) for column in columns]


@task.check(points=0, after=returned, compare=influence("", "the input has"))
def reacts(impl: Any, case: Case) -> dict[str, Any]:
    """Another input gives another result."""
    x, state = drawn(case, samples=16)
    cell, other = new_cell(impl, case), case.normal(*x.shape, name="other x")
    others = [joined(step(cell, other, state))]
    return {"result": joined(step(cell, x, state)), "others": torch.stack(others)}


@task.check(points=0.5, after=reacts, compare=influence("input {} has", "the input has"))
def inputs_matter(impl: Any, case: Case) -> dict[str, Any]:
    """Each input can change the result."""
    x, state = drawn(case, samples=16)
    cell, other = new_cell(impl, case), case.normal(*x.shape, name="other x")
    others = [joined(step(cell, exchanged, state)) for exchanged in each_column_exchanged(x, other)]
    return {"result": joined(step(cell, x, state)), "others": torch.stack(others)}


@task.check(
    points=0.5,
    after=reacts,
    compare=influence("unit {} of the previous h has", "all units of the previous h have"),
)
def hidden_state_matters(impl: Any, case: Case) -> dict[str, Any]:
    """Each unit of the previous h can change the result."""
    x, (h, c) = drawn(case, samples=16)
    cell, other = new_cell(impl, case), case.uniform(-1, 1, *h.shape, name="other h")
    others = [joined(step(cell, x, (exchanged, c))) for exchanged in each_column_exchanged(h, other)]
    return {"result": joined(step(cell, x, (h, c))), "others": torch.stack(others)}


@task.check(points=0.5, after=reacts, compare=influence("", "the previous c has"))
def cell_state_matters(impl: Any, case: Case) -> dict[str, Any]:
    """The previous c can change the result: an LSTM has two states."""
    x, (h, c) = drawn(case, samples=16)
    cell, other = new_cell(impl, case), case.normal(*c.shape, name="other c")
    others = [joined(step(cell, x, (h, other)))]
    return {"result": joined(step(cell, x, (h, c))), "others": torch.stack(others)}


class OtherTensorsExchanged(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Exchanges the numbers of every tensor that a call computes with, except for known ones.

    Known are the tensors given here and what the call makes, other than from random numbers alone.
    Tensors of no more than two different numbers stay as they are: zeros, ones, a mask and the
    identity are no weights.
    """

    def __init__(self, *known: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept = list(known)  # as long as they live no other tensor gets their place in memory
        self.known = {tensor.untyped_storage().data_ptr() for tensor in known}

    def exchanged(self, value: Any) -> Any:
        if not isinstance(value, Tensor) or not value.is_floating_point():
            return value
        known = value.untyped_storage().data_ptr() in self.known
        return value if known or len(set(value.flatten().tolist())) <= 2 else 0.5 - 1.5 * value

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here; to make sure of that, torch would import its whole compiler."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*tree_map(self.exchanged, args), **tree_map(self.exchanged, kwargs or {}))
        given = any(isinstance(one, Tensor) for one in tree_leaves(args))
        if given or torch.Tag.nondeterministic_seeded not in func.tags:
            made = [one for one in tree_leaves(result) if isinstance(one, Tensor)]
            self.kept += made
            self.known |= {tensor.untyped_storage().data_ptr() for tensor in made}
        return result


def independent(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """The result stays the same when all tensors that are no parameters are exchanged."""
    if actual["parameters after a call"] != actual["parameters"]:
        return "the number of parameters changes with the first call"
    if not torch.equal(actual["result"], actual["result without other tensors"]):
        return "h and c depend on a tensor that is no parameter"
    return None


@task.check(points=0.5, after=reacts, compare=independent)
def weights_are_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """All weights are registered parameters, none are in buffers or plain tensors."""
    x, (h, c) = drawn(case)
    cell = new_cell(impl, case)
    registered = list(cell.parameters())
    with torch.no_grad():
        result = joined(step(cell, x, (h, c)))
        x, h, c = x.clone(), h.clone(), c.clone()
        torch.default_generator.manual_seed(0)
        with OtherTensorsExchanged(x, h, c, *registered):
            without = joined(cell(x, (h, c)))
    return {
        "parameters": len(registered),
        "parameters after a call": sum(1 for _ in cell.parameters()),
        "result": result,
        "result without other tensors": without,
    }


def fewer(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """The cell has fewer parameters than an LSTM cell at all sizes."""
    for name, most in expected.items():
        if name.startswith("LSTMCell") and (has := actual[name.replace("LSTMCell", "yours")]) >= most:
            return f"{name.replace('LSTMCell', 'your cell')} has {has} parameters, an LSTMCell {most}"
    return None


def parameters_of(impl: Any, inputs: int, hidden: int) -> int:
    """Count after a step, when parameters that are made late are there as well."""
    cell = impl.SmallerLSTMCell(inputs, hidden)
    cell(torch.zeros(2, inputs))
    return sum(parameter.numel() for parameter in cell.parameters())


@task.check(points=2.5, after=weights_are_parameters, compare=fewer)
def fewer_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The cell has fewer parameters than an LSTM cell, at all sizes from 2 on."""
    sizes = [(case.size("inputs", least=2), case.size("hidden", least=2))]
    if case.number == 0:
        sizes += [(2, 2), (2, 40), (40, 2), (40, 40)]
    found = {}
    for inputs, hidden in sizes:
        found[f"LSTMCell with {inputs} inputs and {hidden} hidden units"] = 4 * hidden * (inputs + hidden + 2)
        found[f"yours with {inputs} inputs and {hidden} hidden units"] = parameters_of(impl, inputs, hidden)
    return found


def each_trained(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """Every parameter has a gradient that is not zero."""
    trainable, changes, largest = (
        actual[name].tolist() for name in ("trainable", "changes of the result", "gradients")
    )
    if not trainable:
        return "the cell has no parameters"
    if not any(changes):
        return "no parameter has an influence on the result"
    for index, gradient in enumerate(largest):
        which = f"parameter number {index + 1} of {len(largest)}"
        if not trainable[index]:
            return f"{which} is frozen"
        if not gradient > 0:
            used = "though it changes the result" if changes[index] else "and has no influence"
            return f"{which} gets no gradient, {used}"
    return None


@task.check(points=0.5, after=reacts, compare=each_trained)
def every_parameter_is_trained(impl: Any, case: Case) -> dict[str, Any]:
    """Every parameter gets a gradient."""
    x, state = drawn(case, samples=16)
    cell = new_cell(impl, case)
    trainable = [parameter.requires_grad for parameter in cell.parameters()]
    changes = []
    with torch.no_grad():
        result = joined(step(cell, x, state))
        for parameter in cell.parameters():
            before = parameter.clone()
            parameter.add_(1.0)
            changes.append((joined(step(cell, x, state)) - result).abs().max())
            parameter.copy_(before)

    def largest(cell: Any) -> Tensor:
        found = case.gradients(lambda: step(cell, x, state), cell).values()
        entries = [0.0 if gradient is None else gradient.abs().max().item() for gradient in found]
        return torch.tensor(entries, dtype=torch.float64)

    either_sign = [largest(new_cell(impl, case, scale)) for scale in (0.5, -0.5)]
    return {
        "trainable": torch.tensor(trainable),
        "changes of the result": torch.tensor(changes),
        "gradients": torch.stack(either_sign).amax(dim=0),
    }


def within_one(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """No entry of h is larger than 1."""
    for name, where in (("h from small c", "small"), ("h from large c", "large")):
        largest = actual[name].abs().max().item()
        if not largest <= 1 + 1e-9:
            return f"an entry of h is {largest:.6g} in size, where c is {where}"
    return None


@task.check(points=0.5, after=reacts, compare=within_one)
def bounded(impl: Any, case: Case) -> dict[str, Any]:
    """No entry of h is larger than 1, for a previous h within 1 and any c."""
    x, (h, _) = drawn(case)
    cell, c = new_cell(impl, case, scale=2.0), case.normal(*h.shape, name="large c", scale=20.0)
    from_small, _ = step(cell, x, (h.sign(), c.tanh()))
    from_large, _ = step(cell, x, (h.sign(), c))
    return {"h from small c": from_small, "h from large c": from_large}


def finite(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """All entries are numbers."""
    for name in ("h", "c"):
        if not actual[name].isfinite().all():
            return f"{name} is not finite"
    return None


@task.check(points=0.25, after=reacts, compare=finite)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give finite h and c."""
    batch, hidden = case.size("batch", least=2), case.size("hidden", least=2)
    x = case.extreme(batch, case.size("inputs", least=2), name="x")
    h, c = case.extreme(batch, hidden, name="h"), case.extreme(batch, hidden, name="c")
    return {"h, c": step(new_cell(impl, case), x, (h, c))}


def same(problem: str) -> Law:
    """Return the law that results come in pairs that agree, `this` and `this again`."""

    def agrees(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
        for name, value in actual.items():
            if not value.isfinite().all():
                return f"{name} is not finite"
            again = actual.get(f"{name} again")
            tolerance = 1e-9 if value.dtype == torch.float64 else 1e-4
            if again is not None and (
                value.shape != again.shape or not torch.allclose(value, again, rtol=tolerance, atol=tolerance)
            ):
                return f"{name}: {problem}"
        return None

    return agrees


@task.check(points=0.5, after=reacts, dtype="float32", compare=same("no state is not the same as zeros"))
def default_state(impl: Any, case: Case) -> dict[str, Any]:
    """Without a state the cell starts from zeros."""
    x, (h, _) = drawn(case)
    cell, zeros = new_cell(impl, case), torch.zeros_like(h)
    return {"h, c": step(cell, x), "h again, c again": step(cell, x, (zeros, zeros))}


@task.check(
    points=0.25, after=reacts, dtype="float32", compare=same("the same call gives another result later")
)
def second_call(impl: Any, case: Case) -> dict[str, Any]:
    """Nothing is remembered: the same call gives the same result later on."""
    x, state = drawn(case)
    other, other_state = drawn(case, name="other ")
    cell = new_cell(impl, case)
    first, from_nothing = step(cell, x, state), step(cell, x)
    step(cell, other, other_state)
    return {
        "h, c": first,
        "h without a state, c without a state": from_nothing,
        "h without a state again, c without a state again": step(cell, x),
        "h again, c again": step(cell, x, state),
    }


@task.check(points=0.25, after=reacts, dtype="float32", compare=same("the result is left to chance"))
def nothing_left_to_chance(impl: Any, case: Case) -> dict[str, Any]:
    """The same call gives the same result, whatever the random numbers of torch are."""
    x, (h, c) = drawn(case)
    cell = new_cell(impl, case)

    def called(seed: int) -> Any:
        torch.default_generator.manual_seed(seed)
        return cell(x.clone(), (h.clone(), c.clone()))

    return {"h, c": called(1), "h again, c again": called(2)}


def of_their_dtype(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """The results have the dtype of the input and agree as far as float32 goes."""
    for name in ("h", "c", "h without a state", "c without a state"):
        for dtype in ("float32", "float64"):
            found = str(actual[f"{name} in {dtype}"].dtype).removeprefix("torch.")
            if found != dtype:
                return f"{name} is {found} where the input is {dtype}"
    for name in ("h", "c"):
        single, double = actual[f"{name} in float32"].double(), actual[f"{name} in float64"]
        if single.shape != double.shape or not torch.allclose(single, double, rtol=1e-4, atol=1e-4):
            return f"{name} in float32 is far from that in float64"
    return None


@task.check(points=0.5, after=reacts, dtype="float32", compare=of_their_dtype)
def dtypes(impl: Any, case: Case) -> dict[str, Any]:
    """In float32 and in float64, h and c have the dtype of the input, and agree."""
    x, (h, c) = drawn(case)
    cell = new_cell(impl, case)
    single, from_nothing = step(cell, x, (h, c)), step(cell, x)
    cell.double()
    x, h, c = x.double(), h.double(), c.double()
    return {
        "h in float32, c in float32": single,
        "h without a state in float32, c without a state in float32": from_nothing,
        "h in float64, c in float64": step(cell, x, (h, c)),
        "h without a state in float64, c without a state in float64": step(cell, x),
    }


LEAVES = ("x", "h", "c", "the parameters")


def same_slopes(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """What autograd says agrees with a small step ahead or back: at a kink they are not the same."""
    ahead, back = actual["slopes by a step ahead"], actual["slopes by a step back"]
    found = actual["slopes by gradients"]
    allowed = 1e-4 * found.abs().clamp(min=1)
    right = ((found - ahead).abs() <= allowed) | ((found - back).abs() <= allowed)
    for name, agrees in zip(LEAVES, right.tolist(), strict=True):
        if not agrees:
            return f"the gradient with respect to {name} is not what a small step does to the result"
    return None


@task.check(points=0.5, after=dtypes, compare=same_slopes)
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the input, both states and the parameters are right.

    A gradient is right when it foresees what a small step along a random direction does to the result.
    """
    x, (h, c) = drawn(case)
    x, h, c = x.clone(), h.clone(), c.clone()  # that is where steps are taken
    cell = new_cell(impl, case)
    weights = case.normal(x.shape[0], 2 * h.shape[1], name="weights of the results")

    def total() -> Tensor:
        return (weights * joined(step(cell, x, (h, c)))).sum()

    # Those that get no gradient are the business of `every_parameter_is_trained`.
    found = case.gradients(total, cell)
    trained = [leaf for name, leaf in cell.named_parameters() if found.get(name) is not None]
    slopes = []
    for leaves in ([x], [h], [c], trained):
        along = [case.normal(*leaf.shape, name="direction") for leaf in leaves]
        by_gradients = slope(total, leaves, along)
        with torch.no_grad():
            value = total()
            ahead = (moved(total, leaves, along, 1e-8) - value) / 1e-8
            back = (value - moved(total, leaves, along, -1e-8)) / 1e-8
        slopes.append((by_gradients, ahead, back))
    names = ("slopes by gradients", "slopes by a step ahead", "slopes by a step back")
    return {name: torch.stack(column) for name, column in zip(names, zip(*slopes, strict=True), strict=True)}


def slope(total: Callable[[], Tensor], leaves: list[Tensor], along: list[Tensor]) -> Tensor:
    for leaf in leaves:
        leaf.requires_grad_(True)
    value = total()
    if not (value.requires_grad and leaves):
        return torch.zeros_like(value)
    found: tuple[Tensor | None, ...] = torch.autograd.grad(value, leaves, allow_unused=True)
    products = [
        (gradient * direction).sum()
        for gradient, direction in zip(found, along, strict=True)
        if gradient is not None
    ]
    return sum(products, torch.zeros_like(value)).detach()


def moved(total: Callable[[], Tensor], leaves: list[Tensor], along: list[Tensor], step: float) -> Tensor:
    """Return `total()` with the leaves moved, and move them back."""
    before = [leaf.clone() for leaf in leaves]
    for leaf, direction in zip(leaves, along, strict=True):
        leaf.add_(step * direction)
    value = total()
    for leaf, old in zip(leaves, before, strict=True):
        leaf.copy_(old)
    return value


@task.check(points=0.25, after=reacts, compare=same("another sample in the batch changes this one"))
def samples_apart(impl: Any, case: Case) -> dict[str, Any]:
    """The samples of a batch do not influence each other."""
    x, state = drawn(case)
    other, other_state = drawn(case, name="other ")
    # The first sample as it was, among others.
    mixed = torch.cat([x[:1], other[1:]])
    mixed_h, mixed_c = (
        torch.cat([one[:1], another[1:]]) for one, another in zip(state, other_state, strict=True)
    )
    cell = new_cell(impl, case)
    h, c = step(cell, x, state)
    h_again, c_again = step(cell, mixed, (mixed_h, mixed_c))
    return {
        "h of the first sample": h[0],
        "c of the first sample": c[0],
        "h of the first sample again": h_again[0],
        "c of the first sample again": c_again[0],
    }


def of_right_shape(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """The results have the shapes of those of the solution, and are finite."""
    for name, value in expected.items():
        if actual[name].shape != value.shape:
            return f"{name} has shape {tuple(actual[name].shape)}, not {tuple(value.shape)}"
    return finite(expected, actual)


@task.check(points=0.25, after=reacts, cases=7, compare=of_right_shape)
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """A batch of one, a single input and a single hidden unit work like any other size."""
    x, state = drawn(case, least=1)
    return {"h, c": step(new_cell(impl, case), x, state)}


@task.check(points=0.25, after=reacts, compare=finite)
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The input and the state are left as they are."""
    x, state = drawn(case)
    return {"h, c": new_cell(impl, case)(x, state)}


def nothing(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """A picture is no question."""
    return None


@task.check(
    points=0,
    after=fewer_parameters,
    cases=1,
    compare=nothing,
    plot=Plot(
        "Parameters of a cell",
        x="as many inputs as hidden units: 8, 16, 32, 64",
        y="parameters",
        bars=True,
    ),
)
def picture(impl: Any, case: Case) -> dict[str, Any]:
    """A picture of the number of parameters, beside those of an LSTM cell and a GRU cell."""
    sizes = (8, 16, 32, 64)
    return {
        "LSTM": torch.tensor([4 * size * (2 * size + 2) for size in sizes]),
        "GRU": torch.tensor([3 * size * (2 * size + 2) for size in sizes]),
        "yours": torch.tensor([parameters_of(impl, size, size) for size in sizes]),
    }
