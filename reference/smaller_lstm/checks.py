"""Questions about `count_lstm_parameters` and `SmallerLSTMCell`.

The cell has many right answers, so what is asked are laws: a check returns raw results, and its
`compare=` says which law they break. Whatever the names and shapes of the parameters, `case.fill`
gives them random values. Sizes of one belong to `size_one`, and `fewer_parameters` is about sizes
of 2 and more. Where a law says that something changes the result, sixteen samples are asked at
once: a part that is switched off for one of them, as by a ReLU, is not taken for missing.
"""

import copy
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import Parameter
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map, tree_structure

from grader import Case, Plot, Task

task = Task()

State = tuple[Tensor, Tensor]


def number(count: Any) -> Any:
    """Return a whole number as an int: its type is the business of `count_is_exact` alone."""
    count = count.item() if isinstance(count, Tensor) else count
    return int(count) if isinstance(count, float) and count.is_integer() else count


@task.check(points=0.75)
def count(impl: Any, case: Case) -> dict[str, Any]:
    """The parameter count of an LSTM cell is right."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    return {"count": number(impl.count_lstm_parameters(inputs, hidden))}


@task.check(points=0.5, after=count, cases=2)
def count_is_exact(impl: Any, case: Case) -> dict[str, Any]:
    """The count is an int, even for a thousand units, and right when sizes are 1."""
    inputs, hidden = case.integer(900, 1500, name="inputs"), case.integer(900, 1500, name="hidden")
    return {
        f"count for {inputs} inputs and {hidden} hidden units": impl.count_lstm_parameters(inputs, hidden),
        "count for 1 input and 1 hidden unit": impl.count_lstm_parameters(1, 1),
    }


@task.check(points=0.25, after=count, cases=1)
def large_count(impl: Any, case: Case) -> dict[str, Any]:
    """The count is right for thousands of units.

    Code that counts the parameters of a real cell gets one without memory, on the device meta.
    """

    def counted(inputs: int, hidden: int) -> Any:
        try:
            with torch.device("meta"):
                return number(impl.count_lstm_parameters(inputs, hidden))
        except Exception:  # tensors of that device have no numbers to count with
            return number(impl.count_lstm_parameters(inputs, hidden))

    return {
        f"count for {inputs} inputs and {hidden} hidden units": counted(inputs, hidden)
        for inputs, hidden in ((4000, 4099), (30000, 30000))
    }


def drawn(case: Case, least: int = 2, samples: int = 0, name: str = "") -> tuple[Tensor, State]:
    """Return an input and a state; `name` goes before theirs."""
    batch = samples or case.size("batch", least)
    inputs, hidden = case.size("inputs", least), case.size("hidden", least)
    x = case.normal(batch, inputs, name=f"{name}x")
    h = case.uniform(-1, 1, batch, hidden, name=f"{name}h")
    return x, (h, case.normal(batch, hidden, name=f"{name}c"))


def call(cell: Any, x: Tensor, state: State | None = None) -> Any:
    """Call the cell with copies, so that what it writes into them is the business of `unchanged` alone.

    Chance is the same in every call: it is the business of `nothing_left_to_chance` alone.
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
    """Call a copy of the cell: what it remembers is the business of `second_call` alone."""
    return call(another(cell), x, state)


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


def differ(one: Tensor, other: Tensor) -> Tensor:
    """Return where two differ by more than rounding."""
    return ~torch.isclose(one, other, rtol=1e-12, atol=1e-12, equal_nan=True)


def influence(one: str, none: str) -> Law:
    """Return the law that each of the other results differs from the first one."""

    def each_matters(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
        changed = differ(actual["others"], actual["result"]).flatten(1).any(dim=1)
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
    """The result depends on the input."""
    x, state = drawn(case, samples=16)
    cell, other = new_cell(impl, case), case.normal(*x.shape, name="other x")
    others = [joined(call(cell, other, state))]
    return {"result": joined(call(cell, x, state)), "others": torch.stack(others)}


@task.check(points=0.5, after=reacts, compare=influence("input {} has", "the input has"))
def inputs_matter(impl: Any, case: Case) -> dict[str, Any]:
    """Each input can change the result."""
    x, state = drawn(case, samples=16)
    cell, other = new_cell(impl, case), case.normal(*x.shape, name="other x")
    others = [joined(call(cell, exchanged, state)) for exchanged in each_column_exchanged(x, other)]
    return {"result": joined(call(cell, x, state)), "others": torch.stack(others)}


@task.check(
    points=0.5,
    after=reacts,
    compare=influence("unit {} of the previous h has", "all units of the previous h have"),
)
def hidden_state_matters(impl: Any, case: Case) -> dict[str, Any]:
    """Each unit of the previous h can change the result."""
    x, (h, c) = drawn(case, samples=16)
    cell, other = new_cell(impl, case), case.uniform(-1, 1, *h.shape, name="other h")
    others = [joined(call(cell, x, (exchanged, c))) for exchanged in each_column_exchanged(h, other)]
    return {"result": joined(call(cell, x, (h, c))), "others": torch.stack(others)}


@task.check(points=0.25, after=reacts, compare=influence("", "the previous c has"))
def cell_state_matters(impl: Any, case: Case) -> dict[str, Any]:
    """The previous c can change the result: an LSTM has two states."""
    x, (h, c) = drawn(case, samples=16)
    cell, other = new_cell(impl, case), case.normal(*c.shape, name="other c")
    others = [joined(call(cell, x, (h, other)))]
    return {"result": joined(call(cell, x, (h, c))), "others": torch.stack(others)}


def two_live_states(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """Over three steps, the first c changes some h, and the first x changes some h and some c."""
    for state, cause in (("h", "the input"), ("h", "the previous c"), ("c", "the input")):
        if not differ(actual[state], actual[f"{state} changed by {cause}"]).any():
            return f"{cause} has no influence on {state}, neither at once nor in the two steps after"
    return None


@task.check(points=0.25, after=cell_state_matters, cases=4, compare=two_live_states)
def two_states(impl: Any, case: Case) -> dict[str, Any]:
    """Both states are used: within three steps the first c changes h, and the first input changes h and c."""
    x, (h, c) = drawn(case, samples=16)
    later = [case.normal(*x.shape, name="second x"), case.normal(*x.shape, name="third x")]
    other_x, other_c = case.normal(*x.shape, name="other x"), case.normal(*c.shape, name="other c")
    cell = new_cell(impl, case)

    def three_steps(x: Tensor, c: Tensor) -> State:
        states = [call(cell, x, (h, c))]
        for following in later:
            states.append(call(cell, following, states[-1]))
        hs, cs = zip(*states, strict=True)
        return torch.stack(hs), torch.stack(cs)

    usual, with_c, with_x = three_steps(x, c), three_steps(x, other_c), three_steps(other_x, c)
    return {
        "h": usual[0],
        "c": usual[1],
        "h changed by the previous c": with_c[0],
        "h changed by the input": with_x[0],
        "c changed by the input": with_x[1],
    }


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


def independent(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
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


@task.check(points=0.5, after=reacts, compare=independent)
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


def fewer(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
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


@task.check(points=1.5, after=weights_are_parameters, compare=fewer)
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


def within_one(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """No entry of h is larger than 1."""
    for name, where in (("h from small c", "small"), ("h from large c", "large")):
        largest = actual[name].abs().max().item()
        if not largest <= 1 + 1e-9:
            return f"an entry of h is {largest:.6g} in size, where c is {where}"
    return None


@task.check(points=0.25, after=reacts, compare=within_one)
def bounded(impl: Any, case: Case) -> dict[str, Any]:
    """No entry of h is larger than 1, for a previous h within 1 and any c."""
    x, (h, _) = drawn(case)
    cell, c = new_cell(impl, case, scale=2.0), case.normal(*h.shape, name="large c", scale=20.0)
    from_small, _ = step(cell, x, (h.sign(), c.tanh()))
    from_large, _ = step(cell, x, (h.sign(), c))
    return {"h from small c": from_small, "h from large c": from_large}


def finite(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """All entries are finite."""
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


@task.check(points=0.25, after=reacts, dtype="float32", compare=same("no state is not the same as zeros"))
def default_state(impl: Any, case: Case) -> dict[str, Any]:
    """Without a state the cell starts from zeros."""
    x, (h, _) = drawn(case)
    cell, zeros = new_cell(impl, case), torch.zeros_like(h)
    return {"h, c": step(cell, x), "h again, c again": step(cell, x, (zeros, zeros))}


def copies(result: Any) -> Any:
    h, c = result
    return h.clone(), c.clone()


@task.check(
    points=0.25, after=reacts, dtype="float32", compare=same("the same call gives another result later")
)
def second_call(impl: Any, case: Case) -> dict[str, Any]:
    """Nothing is remembered: the same call gives the same result later."""
    x, state = drawn(case)
    other, other_state = drawn(case, name="other ")
    cell = new_cell(impl, case)
    first = copies(call(cell, x, state))
    call(cell, other, other_state)
    return {"h, c": first, "h again, c again": call(cell, x, state)}


# In float64, which tells zeros of the default dtype.
@task.check(
    points=0.25,
    after=[default_state, second_call],
    compare=same("a later call without a state does not start from zeros"),
)
def default_state_later(impl: Any, case: Case) -> dict[str, Any]:
    """A later call without a state starts from zeros again, in float64 too."""
    x, state = drawn(case)
    other, other_state = drawn(case, name="other ")
    cell, zeros = new_cell(impl, case), torch.zeros_like(state[0])
    from_zeros = step(cell, x, (zeros, zeros))
    call(cell, other, other_state)
    call(cell, other)
    return {"h, c": call(cell, x), "h again, c again": from_zeros}


# In float64, which tells little noise.
@task.check(points=0.25, after=reacts, compare=same("the result is left to chance"))
def nothing_left_to_chance(impl: Any, case: Case) -> dict[str, Any]:
    """The same call gives the same result, whatever the random seed is."""
    x, (h, c) = drawn(case)
    cell = new_cell(impl, case)

    def called(seed: int) -> Any:
        one = another(cell)
        torch.default_generator.manual_seed(seed)
        return one(x.clone(), (h.clone(), c.clone()))

    return {"h, c": called(1), "h again, c again": called(2)}


def kept(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """A later call does not change an earlier result."""
    if any(differ(actual[name], actual[f"{name} looked at later"]).any() for name in ("h", "c")):
        return "a later call changes an earlier result"
    return finite(expected, actual)


@task.check(points=0.25, after=reacts, compare=kept)
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """A call changes neither the input, nor the state, nor the result of an earlier call."""
    x, state = drawn(case)
    cell = new_cell(impl, case)
    result = cell(x, state)
    found = {"h, c": copies(result)}
    call(cell, case.normal(*x.shape, name="other x"), state)
    return found | {"h looked at later, c looked at later": copies(result)}


@task.check(
    points=0.25,
    after=[default_state_later, nothing_left_to_chance, unchanged],
    cases=2,
    compare=same("not what it is else"),
)
def evaluation(impl: Any, case: Case) -> dict[str, Any]:
    """h and c are the same in training, in evaluation and under no_grad(), and later calls keep them."""
    x, (h, c) = drawn(case)
    other = case.normal(*x.shape, name="other x")
    cell = new_cell(impl, case)
    usual = [*step(cell, x), *step(cell, other), *step(cell, other, (h, c)), h, c]

    def called(cell: Any) -> list[Tensor]:
        """Return what three calls gave, and the state that was handed over, looked at after the last."""
        given_h, given_c = h.clone(), c.clone()
        results = [cell(x.clone()), cell(other.clone()), cell(other.clone(), (given_h, given_c))]
        return [one for result in results for one in result] + [given_h, given_c]

    ways = {"in evaluation mode": called(another(cell).eval())}
    with torch.no_grad():
        ways["without gradients"] = called(another(cell).train(case.pick((True, False))))
    names = ("h", "c", "next h", "next c", "h from a state", "c from a state", "given h", "given c")
    found = {}
    for way, results in ways.items():
        for name, one, again in zip(names, results, usual, strict=True):
            found[f"{name} {way}"], found[f"{name} {way} again"] = one, again
    return found


@task.check(
    points=0.25,
    after=[second_call, nothing_left_to_chance, weights_are_parameters],
    cases=2,
    compare=same("it does not come from the new parameters and the new input"),
)
def follows_its_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """After a training step, h and c are computed from the new parameters and the new input."""
    x, (h, c) = drawn(case)
    cell = new_cell(impl, case).train(case.pick((True, False)))
    uncalled, x_now = another(cell), x.clone()
    with torch.set_grad_enabled(case.pick((True, False))):
        cell(x_now, (h.clone(), c.clone()))
    with torch.no_grad():
        x_now.copy_(-x)
        for one in (cell, uncalled):
            for parameter in one.parameters():
                parameter.mul_(-0.5)
        again = call(uncalled, -x, (h, c)) if uncalled is not cell else None
        found = {"h, c": cell(x_now, (h.clone(), c.clone()))}
    return found | {"h again, c again": again or copies(found["h, c"])}


def of_their_dtype(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """The results have the dtype of the input and agree to float32 accuracy."""
    for name in ("h", "c"):
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
    single = step(cell, x, (h, c))
    double = step(cell.double(), x.double(), (h.double(), c.double()))
    return {"h in float32, c in float32": single, "h in float64, c in float64": double}


def finite_and_close(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """All entries are finite, and h agrees in both dtypes up to rounding."""
    for name, value in actual.items():
        if not value.isfinite().all():
            return f"{name} is not finite"
    h, other = actual["h from a large c in float32"], actual["h from a large c in float64"]
    if h.shape != other.shape or not torch.allclose(h.double(), other.double(), rtol=0, atol=0.01):
        return "h from a large c differs between float32 and float64"
    return None


@task.check(points=0.25, after=[extreme_inputs, dtypes], cases=4, dtype="float32", compare=finite_and_close)
def zeros_and_steps(impl: Any, case: Case) -> dict[str, Any]:
    """h and c are finite for zero inputs and states, and over some steps from a large c, in float32 too.

    Where all is zero the parameters that begin with zeros, as biases often do, are zero as well.
    """
    x, (h, _) = drawn(case)
    c = case.extreme(*h.shape, name="c")
    begun = impl.SmallerLSTMCell(case.size("inputs"), case.size("hidden"))
    zero = [not parameter.detach().any() for parameter in begun.parameters()]
    cell = case.fill(begun)
    single, _ = state = step(cell, x, (h, c))
    for _ in range(7):
        state = step(cell, x, state)
    double, _ = step(another(cell).double(), x.double(), (h.double(), c.double()))
    with torch.no_grad():
        for parameter, at_zero in zip(cell.parameters(), zero, strict=True):
            parameter.mul_(0.0 if at_zero else 1.0)
    zeros = torch.zeros_like(h)
    return {
        "h where all is zero, c where all is zero": step(cell, torch.zeros_like(x), (zeros, zeros)),
        "h from a large c in float32": single,
        "h from a large c in float64": double,
        "h after 8 steps from a large c, c after 8 steps from a large c": state,
    }


LEAVES = ("x", "h", "c", "the parameters")


def same_slopes(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
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


@task.check(points=0.5, after=[dtypes, second_call], compare=same_slopes)
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
        with torch.enable_grad():  # what changes without it is the business of `evaluation` alone
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


@task.check(points=0.25, after=reacts, compare=same("another sample in the batch changes this one"))
def samples_apart(impl: Any, case: Case) -> dict[str, Any]:
    """The samples of a batch do not influence each other."""
    x, state = drawn(case)
    other, other_state = drawn(case, name="other ")
    return first_sample(new_cell(impl, case), x, state, other, other_state)


def first_sample(cell: Any, x: Tensor, state: State, other: Tensor, other_state: State) -> dict[str, Any]:
    """Return what the first sample gives among its own and, again, among the others."""
    mixed, mixed_h, mixed_c = (
        torch.cat([one[:1], another_one[1:]])
        for one, another_one in zip((x, *state), (other, *other_state), strict=True)
    )
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
    """A batch of one, a single input and a single hidden unit work."""
    x, state = drawn(case, least=1)
    return {"h, c": step(new_cell(impl, case), x, state)}


@task.check(
    points=0.25,
    after=[samples_apart, nothing_left_to_chance, size_one],
    cases=3,
    compare=same("another one alone or in a batch of 40"),
)
def large_batch(impl: Any, case: Case) -> dict[str, Any]:
    """A sample gives the same result alone, in a small batch, and among 40 with a very large one."""
    x, state = drawn(case)
    other, other_state = drawn(case, samples=40, name="other ")
    other, other_c = other.clone(), other_state[1].clone()
    other[20], other_c[20] = 1e4, -1e4
    cell = new_cell(impl, case)
    found = first_sample(cell, x, state, other, (other_state[0], other_c))
    h, c = step(cell, x[:1], (state[0][:1], state[1][:1]))
    return found | {
        "h of the sample alone": h[0],
        "c of the sample alone": c[0],
        "h of the sample alone again": found["h of the first sample"],
        "c of the sample alone again": found["c of the first sample"],
    }


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


@task.check(
    points=0.25,
    after=[gradients, default_state_later, large_batch],
    cases=3,
    compare=same("not the same as in a larger batch in float64"),
)
def gradients_elsewhere(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients are the same in a batch of one, with no state instead of zeros, and in float32."""
    x, (h, c) = drawn(case)
    cell, zeros = new_cell(impl, case), torch.zeros_like(h)
    weights = case.normal(1, 2 * h.shape[1], name="weights of the results")
    usual = gradients_of(cell, weights, x, (h, c))
    return {
        "the gradient in a batch of one": gradients_of(cell, weights, x[:1], (h[:1], c[:1])),
        "the gradient in a batch of one again": usual,
        "the gradient without a state": gradients_of(cell, weights, x, None),
        "the gradient without a state again": gradients_of(cell, weights, x, (zeros, zeros)),
        "the gradient in float32": gradients_of(cell.float(), weights, x.float(), (h.float(), c.float())),
        "the gradient in float32 again": usual.float(),
    }


SIZES = (8, 16, 32, 64)


def nothing(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
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
