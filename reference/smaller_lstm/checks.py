"""Questions about `count_lstm_parameters` and `SmallerLSTMCell`.

The cell has many right answers, so what is asked are laws: a check returns raw results, and its
`compare=` says which law they break. Whatever the names and shapes of the parameters, `case.fill`
gives them random values. Sizes of one belong to `all_sizes`, and `fewer_parameters` is about sizes
of 2 and more. If a law says that something changes the result, sixteen samples are asked at
once: a part that is switched off for one of them, as by a ReLU, is not taken for missing.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import Parameter
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map, tree_structure

from grader import Case, Plot, Task
from grader.authoring import shared_checks as shared

task = Task()

State = tuple[Tensor, Tensor]
Seen = Mapping[str, Any]


@task.check(points=0.75, cases=4)
def count(impl: Any, case: Case) -> dict[str, Any]:
    """The parameter count of an LSTM cell is right, an int, and exact for thousands of units.

    Code that counts the parameters of a real cell may make a large one: the device is meta, so it
    takes no memory.
    """
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    found = {"count": impl.count_lstm_parameters(inputs, hidden)}
    for inputs, hidden in ((1, 1), (1400, 907), (4000, 4099), (30000, 30000)):
        name = f"count for {inputs} inputs and {hidden} hidden units"
        try:
            with torch.device("meta"):
                found[name] = int(impl.count_lstm_parameters(inputs, hidden))
        except Exception:  # tensors of that device have no numbers to count with
            found[name] = int(impl.count_lstm_parameters(inputs, hidden))
    return found


def drawn(case: Case, least: int = 2, samples: int = 0, name: str = "") -> tuple[Tensor, State]:
    """Return an input and a state; `name` goes before theirs."""
    batch = samples or case.size("batch", least)
    inputs, hidden = case.size("inputs", least), case.size("hidden", least)
    x = case.normal(batch, inputs, name=f"{name}x")
    h = case.uniform(-1, 1, batch, hidden, name=f"{name}h")
    return x, (h, case.normal(batch, hidden, name=f"{name}c"))


def call(cell: Any, x: Tensor, state: State | None = None) -> Any:
    """Call the cell with copies, so that what it writes into them is the business of `calls` alone.

    Chance is the same in every call: it is the business of `calls` alone.
    """
    torch.default_generator.manual_seed(0)
    if state is None:
        return cell(x.clone())
    h, c = state
    return cell(x.clone(), (h.clone(), c.clone()))


def another(cell: Any) -> Any:
    """Return a copy of the cell, or the cell itself where it can't be copied."""
    try:
        return copy.deepcopy(cell)
    except Exception:  # as of a tensor with a history
        return cell


def step(cell: Any, x: Tensor, state: State | None = None) -> Any:
    """Call a copy of the cell: what it remembers is the business of `calls` alone."""
    return call(another(cell), x, state)


def new_cell(impl: Any, case: Case, scale: float = 0.5) -> Any:
    return case.fill(impl.SmallerLSTMCell(case.size("inputs"), case.size("hidden")), scale)


@task.check(points=0, cases=2)
def returned(impl: Any, case: Case) -> dict[str, Any]:
    """A step returns two tensors, h and c, of shape (batch, hidden)."""
    x, (h, c) = drawn(case)
    # Not filled: its parameters may have any shapes, and those of the results do not depend on their values.
    cell = impl.SmallerLSTMCell(case.size("inputs"), case.size("hidden")).to(case.dtype)
    return {"what a step returned": shared.described(cell(x.clone(), (h.clone(), c.clone())))}


def differ(one: Tensor, other: Tensor) -> Tensor:
    """Return where two differ by more than rounding."""
    return ~torch.isclose(one, other, rtol=1e-12, atol=1e-12, equal_nan=True)


def joined(result: Any) -> Tensor:
    h, c = result
    return torch.cat([h, c], dim=1)


def each_column_exchanged(tensor: Tensor, other: Tensor) -> list[Tensor]:
    """Return `tensor` as often as it has columns, each time with one of `other` instead."""
    columns = range(tensor.shape[1])
    return [torch.where(torch.tensor(columns) == column, other, tensor) for column in columns]


def two_live_states(expected: Seen, actual: Seen) -> str | None:
    """The input and the previous c have an influence, and over three steps on h, the first input on c too."""
    for cause in ("the input", "the previous c"):
        if not any(differ(actual[one][0], actual[f"{one} changed by {cause}"][0]).any() for one in "hc"):
            return f"{cause} has no influence on h and c"
    for state, cause in (("h", "the input"), ("h", "the previous c"), ("c", "the input")):
        if not differ(actual[state], actual[f"{state} changed by {cause}"]).any():
            return f"{cause} has no influence on {state}, neither at once nor in the two steps after"
    return None


@task.check(points=0.75, after=returned, cases=4, compare=two_live_states)
def two_states(impl: Any, case: Case) -> dict[str, Any]:
    """An LSTM has two states: the input and the previous c change h and c within three steps."""
    x, (h, c) = drawn(case, samples=16)
    later = [case.normal(*x.shape, name="second x"), case.normal(*x.shape, name="third x")]
    other_x, other_c = case.normal(*x.shape, name="other x"), case.normal(*c.shape, name="other c")
    cell = new_cell(impl, case)

    def three_steps(x: Tensor, c: Tensor) -> State:
        states = [call(cell, x, (h, c))]
        for following in later:
            h_now, c_now = (one.to(x.dtype) for one in states[-1])  # their dtype is for `all_sizes`
            states.append(call(cell, following, (h_now, c_now)))
        hs, cs = zip(*states, strict=True)
        return torch.stack(hs), torch.stack(cs)

    return {
        "h, c": three_steps(x, c),
        "h changed by the previous c, c changed by the previous c": three_steps(x, other_c),
        "h changed by the input, c changed by the input": three_steps(other_x, c),
    }


def each_matters(expected: Seen, actual: Seen) -> str | None:
    """Each input and each unit of the previous h change the result."""
    for name, one in (("inputs", "input {}"), ("units", "unit {} of the previous h")):
        changed = differ(actual[f"other {name}"], actual["result"]).flatten(1).any(dim=1)
        for index, matters in enumerate(changed.tolist()):
            if not changed.any():
                return f"all {name} together have no influence on h and c"
            if not matters:
                return f"{one.format(index)} has no influence on h and c"
    return None


@task.check(points=0.75, after=two_states, cases=6, compare=each_matters)
def inputs_and_units_matter(impl: Any, case: Case) -> dict[str, Any]:
    """Each input, and each unit of the previous h, can change the result."""
    x, (h, c) = drawn(case, samples=16)
    other_x, other_h = case.normal(*x.shape, name="other x"), case.uniform(-1, 1, *h.shape, name="other h")
    cell = new_cell(impl, case)
    inputs = [joined(call(cell, one, (h, c))) for one in each_column_exchanged(x, other_x)]
    units = [joined(call(cell, x, (one, c))) for one in each_column_exchanged(h, other_h)]
    result = joined(call(cell, x, (h, c)))
    return {"result": result, "other inputs": torch.stack(inputs), "other units": torch.stack(units)}


PRODUCTS = {
    f"aten::{name}"
    for name in ("mul", "mm", "addmm", "bmm", "baddbmm", "mv", "addmv", "dot", "matmul", "linear")
}


class OtherTensorsExchanged(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Exchanges the numbers of every tensor that a call computes with, except for known ones.

    Known are the tensors given here and what the call makes from them. What it makes from no
    numbers, or from whole numbers that it keeps, is fixed: such a matrix is exchanged where the
    known is multiplied by it. Whole numbers may be places to look at, so they stay as they are.
    Tensors of no more than two different numbers stay as well: zeros, ones, a mask and the
    identity are no weights.
    """

    def __init__(self, *known: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept = list(known)  # as long as they live no other tensor gets their place in memory
        self.known = {place(tensor) for tensor in known}
        self.fixed: set[int] = set()

    def exchanged(self, value: Any, in_product: bool) -> Any:
        if not isinstance(value, Tensor) or value.dtype == torch.bool or place(value) in self.known:
            return value
        if not value.is_floating_point() or place(value) in self.fixed:
            is_matrix = sum(size > 1 for size in value.shape) > 1
            if not (is_matrix and in_product):
                return value
        return value if len(set(value.flatten().tolist())) <= 2 else 0.5 - 1.5 * value

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here; to make sure of that, torch would import its whole compiler."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        given = [one for one in tree_leaves((args, kwargs)) if isinstance(one, Tensor)]
        from_known = any(place(one) in self.known for one in given)
        in_product = from_known and func._schema.name in PRODUCTS
        new_args, new_kwargs = tree_map(lambda one: self.exchanged(one, in_product), (args, kwargs))
        result = func(*new_args, **new_kwargs)
        if given or torch.Tag.nondeterministic_seeded not in func.tags:
            made = [one for one in tree_leaves(result) if isinstance(one, Tensor)]
            fixed = all(place(one) in self.fixed or not one.is_floating_point() for one in given)
            self.kept += made
            (self.fixed if fixed else self.known).update(place(tensor) for tensor in made)
        return result


def place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def is_structure(value: Any) -> bool:
    """Whether this is no weight, wherever it comes from: whole numbers, or a mask."""
    if not isinstance(value, Tensor):
        return isinstance(value, int)
    if not value.is_floating_point():
        return True
    numbers = set(value.flatten().tolist())
    return len(numbers) <= 2 and 0.0 in numbers


def give_structure(cell: nn.Module, other: nn.Module) -> None:
    """Give to `other` the masks and whole numbers of `cell`, which may have been drawn at random."""
    own = vars(nn.Module()).keys() - {"_buffers"}
    for giving, taking in zip(cell.modules(), other.modules(), strict=False):
        for name in (vars(giving).keys() & vars(taking).keys()) - own:
            one, another_one = vars(giving)[name], vars(taking)[name]
            if tree_structure(one) == tree_structure(another_one):
                vars(taking)[name] = tree_map(
                    lambda its, old: its if is_structure(its) else old, one, another_one
                )


def independent(expected: Seen, actual: Seen) -> str | None:
    """The result does not depend on tensors that are not parameters."""
    if not actual["plain parameters"]:
        return "a parameter is of a custom class, so its contents cannot be verified"
    if actual["parameters after a call"] != actual["parameters"]:
        return "the number of parameters changes with the first call"
    if not torch.equal(actual["result"], actual["result without other tensors"]):
        return "h and c depend on a tensor that is not a parameter"
    if differ(actual["result"], actual["result of another cell"]).any():
        return "two cells with the same parameters give different h and c"
    return None


@task.check(points=0.5, after=two_states, cases=6, compare=independent)
def weights_are_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """All weights are registered parameters; none are in buffers, plain tensors or lists."""
    x, (h, c) = drawn(case)
    torch.default_generator.manual_seed(1)
    cell = new_cell(impl, case)
    torch.default_generator.manual_seed(2)
    other_cell = new_cell(impl, case)
    give_structure(cell, other_cell)
    with torch.no_grad():
        result, of_other = joined(step(cell, x, (h, c))), joined(step(other_cell, x, (h, c)))
        registered = list(cell.parameters())
        x, h, c = x.clone(), h.clone(), c.clone()
        torch.default_generator.manual_seed(0)
        with OtherTensorsExchanged(x, h, c, *registered):
            without = joined(cell(x, (h, c)))
    return {
        "plain parameters": all(type(parameter) is Parameter for parameter in registered),
        "parameters": len(registered),
        "parameters after a call": sum(1 for _ in cell.parameters()),
        "result": result,
        "result without other tensors": without,
        "result of another cell": of_other,
    }


def fewer(expected: Seen, actual: Seen) -> str | None:
    """The cell has fewer parameters than an LSTM cell at all sizes."""
    for name, most in expected.items():
        if name.startswith("LSTMCell") and (has := actual[name.replace("LSTMCell", "yours")]) >= most:
            return f"{name.replace('LSTMCell', 'your cell')} has {has} parameters, an LSTMCell {most}"
    return None


def parameters_of(impl: Any, inputs: int, hidden: int) -> int:
    """Return how many numbers the parameters hold, whatever they say of themselves."""
    cell = impl.SmallerLSTMCell(inputs, hidden)
    with torch._C.DisableTorchFunctionSubclass():
        return sum(prod(Tensor.size(parameter)) for parameter in cell.parameters())


@task.check(points=1, after=weights_are_parameters, cases=4, compare=fewer)
def fewer_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The cell has fewer parameters than an LSTM cell at all sizes of 2 and more."""
    sizes = [(case.size("inputs", least=2), case.size("hidden", least=2))]
    if case.number == 0:
        sizes += [(2, 2), (2, 40), (40, 2), (40, 40), (2, 1000), (1000, 2), (300, 300)]
    found = {}
    for inputs, hidden in sizes:
        found[f"LSTMCell with {inputs} inputs and {hidden} hidden units"] = 4 * hidden * (inputs + hidden + 2)
        found[f"yours with {inputs} inputs and {hidden} hidden units"] = parameters_of(impl, inputs, hidden)
    return found


def each_trained(expected: Seen, actual: Seen) -> str | None:
    """Every parameter has a gradient that is not zero."""
    trainable, changes, largest = (
        actual[name].tolist() for name in ("trainable", "changes of the result", "gradients")
    )
    if not trainable:
        return "the cell has no parameters"
    if not any(changes):
        return "no parameter has an influence on the result"
    if not all(trainable):
        return "some parameters are frozen (`requires_grad` is False)"
    for index, gradient in enumerate(largest):
        which = f"parameter number {index + 1} of {len(largest)}"
        if not gradient > 0:
            used = "though it changes the result" if changes[index] else "and has no influence"
            return f"{which} gets no gradient, {used}"
    return None


@task.check(points=2, after=two_states, cases=6, compare=each_trained)
def every_parameter_is_trained(impl: Any, case: Case) -> dict[str, Any]:
    """Every parameter gets a gradient."""
    x, state = drawn(case, samples=16)
    cell = new_cell(impl, case)
    trainable = [parameter.requires_grad for parameter in cell.parameters()]
    changes = []
    with torch.no_grad():
        result = joined(call(cell, x, state))
        for parameter in cell.parameters():
            before = parameter.clone()
            parameter.add_(1.0)
            changes.append((joined(call(cell, x, state)) - result).abs().max())
            parameter.copy_(before)

    def largest(cell: Any) -> Tensor:
        found = case.gradients(lambda: call(cell, x, state), cell).values()
        entries = [0.0 if gradient is None else gradient.abs().max().item() for gradient in found]
        return torch.tensor(entries, dtype=torch.float64)

    either_sign = [largest(new_cell(impl, case, scale)) for scale in (0.5, -0.5)]
    return {
        "trainable": torch.tensor(trainable),
        "changes of the result": torch.tensor(changes),
        "gradients": torch.stack(either_sign).amax(dim=0),
    }


LEAVES = ("x", "h", "c", "the parameters")


def same_slopes(expected: Seen, actual: Seen) -> str | None:
    """What autograd says agrees with a small step ahead or back: at a kink they are not the same."""
    if actual["dtype"] != "torch.float64":
        return "the result is not float64, so a small step is lost in rounding"
    ahead, back = actual["slopes by a step ahead"], actual["slopes by a step back"]
    found = actual["slopes by gradients"]
    allowed = 1e-4 * found.abs().clamp(min=1)
    right = ((found - ahead).abs() <= allowed) | ((found - back).abs() <= allowed)
    for name, agrees, any_gradient in zip(LEAVES, right.tolist(), found.ne(0).tolist(), strict=True):
        if not any_gradient and (name == "x" or not agrees):
            return f"no gradient flows back into {name}"
        if not agrees:
            return f"the gradient with respect to {name} is not what a small step does to the result"
    return None


@task.check(points=3, after=two_states, cases=6, compare=same_slopes)
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the input, both states and the parameters are right.

    A gradient is right when it foresees what a small step along a random direction does to the result.
    """
    x, (h, c) = drawn(case)
    x, h, c = x.clone(), h.clone(), c.clone()  # that is where steps are taken
    cell = new_cell(impl, case)
    weights = case.normal(x.shape[0], 2 * h.shape[1], name="weights of the results")

    def total() -> Tensor:
        return (weights * joined(call(cell, x, (h, c)))).sum()

    def at_rest() -> Tensor:
        with torch.enable_grad():  # what changes without it is the business of `calls` alone
            return total().detach()

    # Those that get no gradient are the business of `every_parameter_is_trained`.
    found = case.gradients(total, cell)
    trained = [leaf for name, leaf in cell.named_parameters() if found.get(name) is not None]
    slopes = []
    for leaves in ([x], [h], [c], trained):
        along = [case.normal(*leaf.shape, name="direction") for leaf in leaves]
        by_gradients = slope(total, leaves, along)
        with torch.no_grad():
            value = at_rest()
            ahead = (moved(at_rest, leaves, along, 1e-8) - value) / 1e-8
            back = (value - moved(at_rest, leaves, along, -1e-8)) / 1e-8
        slopes.append((by_gradients, ahead, back))
    names = ("slopes by gradients", "slopes by a step ahead", "slopes by a step back")
    columns = [torch.stack(column) for column in zip(*slopes, strict=True)]
    return {"dtype": str(value.dtype)} | dict(zip(names, columns, strict=True))


def slope(total: Callable[[], Tensor], leaves: list[Tensor], along: list[Tensor]) -> Tensor:
    for leaf in leaves:
        leaf.requires_grad_(True)
    value = total()
    if not (value.requires_grad and leaves):
        return torch.zeros_like(value)
    found = backward(value, leaves)
    products = [
        (gradient * direction).sum()
        for gradient, direction in zip(found, along, strict=True)
        if gradient is not None
    ]
    return sum(products, torch.zeros_like(value)).detach()


def backward(value: Tensor, leaves: list[Tensor]) -> list[Tensor | None]:
    """Return the gradients of `value`, None for a leaf it does not depend on.

    Not by `autograd.grad`: torch's older checkpoints refuse that.
    """
    for leaf in leaves:
        leaf.grad = None
    value.backward()  # type: ignore[no-untyped-call]
    found = [leaf.grad for leaf in leaves]
    for leaf in leaves:
        leaf.grad = None
    return found


def moved(total: Callable[[], Tensor], leaves: list[Tensor], along: list[Tensor], step: float) -> Tensor:
    """Return `total()` with the leaves moved, and move them back."""
    before = [leaf.clone() for leaf in leaves]
    for leaf, direction in zip(leaves, along, strict=True):
        leaf.add_(step * direction)
    value = total()
    for leaf, old in zip(leaves, before, strict=True):
        leaf.copy_(old)
    return value


def copies(result: Any) -> Any:
    h, c = result
    return h.clone(), c.clone()


def bound_and_finite(expected: Seen, actual: Seen) -> str | None:
    """No entry of h is larger than 1, all are finite, and h agrees in both dtypes up to rounding."""
    for name, size in (("h from small c", "small"), ("h from large c", "large")):
        largest = actual[name].abs().max().item()
        if not largest <= 1 + 1e-9:
            return f"an entry of h is {largest:.6g} in size, with a {size} c"
    for name, value in actual.items():
        if not value.isfinite().all():
            return f"{name} is not finite"
    single, h = actual["h from inputs up to 10000 in float32"], actual["h from inputs up to 10000"]
    if single.shape != h.shape or not torch.allclose(single.double(), h.double(), rtol=0, atol=0.01):
        return "h from inputs up to 10000 differs between float32 and float64"
    return None


@task.check(points=0.5, after=two_states, cases=4, compare=bound_and_finite)
def bounded_and_finite(impl: Any, case: Case) -> dict[str, Any]:
    """No entry of h is larger than 1, for any c; h and c are finite for inputs up to 10000 and for zeros.

    If all inputs are zero, the parameters that start as zeros, as biases often do, are zero as well.
    """
    x, (h, _) = drawn(case)
    c, large_c = case.normal(*h.shape, name="large c", scale=20.0), case.extreme(*h.shape, name="extreme c")
    extreme = [case.extreme(*x.shape, name="extreme x"), (case.extreme(*h.shape, name="extreme h"), large_c)]
    begun = impl.SmallerLSTMCell(case.size("inputs"), case.size("hidden"))
    zero = [not parameter.detach().any() for parameter in begun.parameters()]
    wide, cell = case.fill(copy.deepcopy(begun), scale=2.0), case.fill(begun)
    from_small, _ = step(wide, x, (h.sign(), c.tanh()))
    from_large, _ = step(wide, x, (h.sign(), c))
    found = {"h from small c": from_small, "h from large c": from_large}
    found["h from inputs up to 10000, c from inputs up to 10000"] = step(cell, extreme[0], extreme[1])
    single = another(cell).float()
    state = h.float(), large_c.float()
    for _ in range(8):
        state = step(single, x.float(), state)
    found["h after 8 steps in float32, c after 8 steps in float32"] = state
    found["h from inputs up to 10000 in float32"], _ = step(
        single, extreme[0].float(), (extreme[1][0].float(), large_c.float())
    )
    with torch.no_grad():
        for parameter, at_zero in zip(cell.parameters(), zero, strict=True):
            parameter.mul_(0.0 if at_zero else 1.0)
    zeros = torch.zeros_like(h)
    found["h of zeros, c of zeros"] = step(cell, torch.zeros_like(x), (zeros, zeros))
    return found


def pairs(actual: Seen, problems: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with results that come in pairs that agree, `h, WAY` and `h, WAY again`."""
    for name, value in actual.items():
        again = actual.get(f"{name} again")
        if again is None:
            continue
        if not value.isfinite().all():
            yield f"{name} is not finite"
        tolerance = 1e-9 if value.dtype == again.dtype == torch.float64 else 1e-4
        if value.shape != again.shape or not torch.allclose(
            value.double(), again.double(), rtol=tolerance, atol=tolerance
        ):
            problem = next((said for way, said in problems.items() if way in name), "is not what it was")
            yield f"{name} {problem}"


CALLS = {
    "from zeros": "are not what no state gives",
    "of the same call later": "are not what the call gave before: something is remembered",
    "without a state later": "do not start from zeros in a later call",
    "with another random seed": "are left to chance",
    "looked at later": "were changed by a later call",
    "in evaluation mode": "are not what they are in training mode",
    "without gradients": "are not what they are with gradients",
    "after a training step": "do not come from the new parameters and the new input",
}


def alike_in_all_calls(expected: Seen, actual: Seen) -> str | None:
    """The same call gives the same result, whenever and in whatever mode."""
    return next(pairs(actual, CALLS), None)


@task.check(points=0.5, after=two_states, cases=4, compare=alike_in_all_calls)
def calls(impl: Any, case: Case) -> dict[str, Any]:
    """Without a state a step starts from zeros, and a call gives the same later and in evaluation mode.

    The same holds without gradients. After a training step the result comes from the new parameters. No call
    changes what it was given, or what an earlier one gave.
    """
    x, (h, c) = drawn(case)
    other = case.normal(*x.shape, name="other x")
    cell, zeros = new_cell(impl, case), torch.zeros_like(h)
    found: dict[str, Any] = {}

    def same(way: str, result: Any, again: Any) -> None:
        found[f"h {way}, c {way}"] = result
        found[f"h {way} again, c {way} again"] = again

    same("from zeros", step(cell, x, (zeros, zeros)), step(cell, x))
    usual = step(cell, x, (h, c))
    one = another(cell)
    first = one(x.clone(), (h.clone(), c.clone()))
    before = copies(first)
    call(one, other, (-h, -c))
    call(one, other)
    same("of the same call later", call(one, x, (h, c)), usual)
    same("looked at later", first, before)
    same("without a state later", call(one, x), step(cell, x))
    seeded = another(cell)
    torch.default_generator.manual_seed(1)
    same("with another random seed", seeded(x.clone(), (h.clone(), c.clone())), usual)
    same("in evaluation mode", call(another(cell).eval(), x, (h, c)), usual)
    given = h.clone(), c.clone()
    with torch.no_grad():
        result = another(cell).train(case.pick((True, False)))(x.clone(), given)
    same("without gradients", result, usual)
    same("given without gradients and looked at later", given, (h, c))
    with torch.no_grad():
        new, trained = another(cell), one.train(case.pick((True, False)))
        for module in (new, trained):
            for parameter in module.parameters():
                parameter.mul_(-0.5)
        if new is not trained:
            same("after a training step", trained(-x, (h.clone(), c.clone())), call(new, -x, (h, c)))
    cell(x, (h, c))  # what it writes into them is noticed
    return found


def gradients_of(cell: Any, weights: Tensor, x: Tensor, state: State | None) -> Tensor:
    """Return the gradients of the first sample and of all parameters, one after the other."""
    x = x.clone().requires_grad_(True)
    leaves = [x, *(one for one in cell.parameters() if one.requires_grad)]
    total = (weights.to(x.dtype) * joined(call(cell, x, state))[:1]).sum()
    if not total.requires_grad:
        return torch.zeros(1, dtype=x.dtype)
    found = backward(total, leaves)
    filled = [torch.zeros_like(leaf) if one is None else one for one, leaf in zip(found, leaves, strict=True)]
    return torch.cat([filled[0][0], *(one.flatten() for one in filled[1:])]).nan_to_num()


SIZES_OF_ONE = ((3, 2, 4), (1, 3, 2), (3, 1, 2), (2, 3, 1), (1, 1, 1))
ELSEWHERE = {
    "in float32": "are far from those in float64",
    "among others": "are changed by another sample in the batch",
    "in a batch of 40": "are not those in a small batch",
    "alone": "are not those of a sample in a batch",
    "in a batch of one": "are not the same as in a larger batch",
}


def alike_everywhere(expected: Seen, actual: Seen) -> str | None:
    """The results have the right shapes and dtypes, and do not depend on the rest of the batch."""
    for name, value in expected.items():
        found = actual[name]
        if name.startswith(("h", "c")) and found.shape != value.shape:
            return f"{name} has shape {tuple(found.shape)}, not {tuple(value.shape)}"
        if name.startswith(("h", "c")) and found.dtype != value.dtype:
            return f"{name} has dtype {found.dtype}, not {value.dtype}".replace("torch.", "")
    return next(pairs(actual, ELSEWHERE), None)


@task.check(points=0.25, after=two_states, cases=len(SIZES_OF_ONE), compare=alike_everywhere)
def all_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """A sample gets the same h, c and gradients alone, among 40 and in float32, at sizes of one too."""
    case.sizes.update(zip(("batch", "inputs", "hidden"), case.pick(SIZES_OF_ONE), strict=True))
    x, (h, c) = drawn(case, least=1)
    other, (other_h, other_c) = drawn(case, least=1, samples=40, name="other ")
    other, other_c = other.clone(), other_c.clone()
    other[20], other_c[20] = 1e4, -1e4
    cell = new_cell(impl, case)
    usual = step(cell, x, (h, c))
    first = [one[:1] for one in usual]
    some, many = (
        [torch.cat([one[:1], more[:size]]) for one, more in ((x, other), (h, other_h), (c, other_c))]
        for size in (len(x) - 1, 39)
    )
    weights = case.normal(1, 2 * h.shape[1], name="weights of the results")
    gradient = gradients_of(cell, weights, x, (h, c))
    zeros = torch.zeros_like(h)
    found = {"h, c": usual}
    for way, batch in (("among others", some), ("in a batch of 40", many)):
        found[f"h {way}, c {way}"] = [one[:1] for one in step(cell, batch[0], (batch[1], batch[2]))]
    found["h alone, c alone"] = step(cell, x[:1], (h[:1], c[:1]))
    for way in ("among others", "in a batch of 40", "alone"):
        found[f"h {way} again, c {way} again"] = first
    found["gradients in a batch of one"] = gradients_of(cell, weights, x[:1], (h[:1], c[:1]))
    found["gradients in a batch of one again"] = gradient
    found["gradients without a state"] = gradients_of(cell, weights, x, None)
    found["gradients without a state again"] = gradients_of(cell, weights, x, (zeros, zeros))
    single = another(cell).float()
    found["h in float32, c in float32"] = step(single, x.float(), (h.float(), c.float()))
    found["h in float32 again, c in float32 again"] = usual
    found["gradients in float32"] = gradients_of(single, weights, x.float(), (h.float(), c.float()))
    found["gradients in float32 again"] = gradient
    return found


SIZES = (8, 16, 32, 64)


def nothing(expected: Seen, actual: Seen) -> str | None:
    """A picture is no question."""
    return None


@task.check(
    points=0,
    cases=1,
    compare=nothing,
    plot=Plot(
        "Parameters of a cell",
        x="inputs, and as many hidden units",
        y="parameters",
        bars=True,
        ticks=[str(size) for size in SIZES],
        beside=["LSTM", "GRU"],
    ),
)
def picture(impl: Any, case: Case) -> dict[str, Any]:
    """A picture of the number of parameters, beside those of an LSTM cell and a GRU cell."""
    return {
        "LSTM": torch.tensor([4 * size * (2 * size + 2) for size in SIZES]),
        "GRU": torch.tensor([3 * size * (2 * size + 2) for size in SIZES]),
        "your cell": torch.tensor([parameters_of(impl, size, size) for size in SIZES]),
    }
