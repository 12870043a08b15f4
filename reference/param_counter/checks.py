"""Questions about `count_rnn_parameters`.

The terms of the sum are asked for one at a time, by how the count grows, so that a term that is
missing costs its own points and those of the whole count. A count that grows with the number of
steps fails `any_number_of_steps` alone: what the others ask about one step follows from two steps
and three. Sizes of one belong to `size_one`, for the same reason; it and `exact` compare a count with
what the student's own small counts foresee.
"""

from functools import partial
from itertools import combinations, product
from numbers import Integral, Real
from typing import Any

from torch import Tensor

from grader import Case, Task

task = Task()


def number(count: Any) -> Any:
    """Return a whole number as an int: its type is the business of `exact` alone."""
    return int(count) if float(count).is_integer() else float(count)


def kind(count: Any) -> str:
    """Return what a count is, in words."""
    name = "float" if isinstance(count, float) else type(count).__name__
    return "an int" if isinstance(count, Integral) else f"a {name}"


def for_one_step(impl: Any, inputs: int, hidden: int, outputs: int) -> Any:
    """Return the count for one step, as it follows from those for two and for three."""
    two, three = (number(impl.count_rnn_parameters(inputs, hidden, outputs, steps)) for steps in (2, 3))
    return two - (three - two)


def foreseen(impl: Any, *sizes: int) -> Any:
    """Return the count for `sizes` and two steps, as it follows from counts of small networks.

    A sum of products of two sizes at most is known from three sizes of each kind, whatever the
    sum is.
    """
    more = [size - least for size, least in zip(sizes, (2, 5, 8), strict=True)]
    weights = [((one - 1) * (one - 2) // 2, -one * (one - 2), one * (one - 1) // 2) for one in more]
    small = product((2, 3, 4), (5, 6, 7), (8, 9, 10))
    counts = [impl.count_rnn_parameters(*three, 2) for three in small]
    return sum(number(one) * a * b * c for one, (a, b, c) in zip(counts, product(*weights), strict=True))


def sizes_of(case: Case) -> list[int]:
    """Return the numbers of inputs, hidden units and outputs, each at least 2."""
    return [case.size(name, least=2) for name in ("inputs", "hidden", "outputs")]


@task.check(points=0)
def a_count(impl: Any, case: Case) -> dict[str, Any]:
    """The function returns a number that grows with the hidden units."""
    inputs, hidden, outputs = sizes_of(case)
    count, more = (impl.count_rnn_parameters(inputs, units, outputs, 2) for units in (hidden, hidden + 1))
    is_number = isinstance(count, (Real, Tensor)) and isinstance(more, (Real, Tensor))
    return {
        "returned": "a number" if isinstance(count, (Real, Tensor)) else type(count).__name__,
        "greater for more hidden units": is_number and float(more) > float(count),
    }


@task.check(points=0, cases=1, after=a_count)
def example(impl: Any, case: Case) -> dict[str, Any]:
    """20 inputs, 128 hidden units and 10 outputs make 20362 parameters, for 5 and for 10 steps."""
    return {
        "count for 5 steps": number(impl.count_rnn_parameters(20, 128, 10, 5)),
        "count for 10 steps": number(impl.count_rnn_parameters(20, 128, 10, 10)),
    }


@task.check(points=1, after=a_count, cases=5)
def input_weights(impl: Any, case: Case) -> dict[str, Any]:
    """One more input adds a weight for each hidden unit."""
    inputs, hidden, outputs = sizes_of(case)
    count = for_one_step(impl, inputs, hidden, outputs)
    return {"parameters added": for_one_step(impl, inputs + 1, hidden, outputs) - count}


@task.check(points=1, after=a_count, cases=5)
def hidden_weights(impl: Any, case: Case) -> dict[str, Any]:
    """All connections between hidden units are counted.

    Every further hidden unit adds some parameters more than the unit before it did: the weights
    between hidden units are the only ones whose number grows like that.
    """
    inputs, hidden, outputs = sizes_of(case)
    count, one_more, two_more = (for_one_step(impl, inputs, hidden + more, outputs) for more in range(3))
    return {"how much more the second unit adds": (two_more - one_more) - (one_more - count)}


@task.check(points=1, after=a_count, cases=5)
def output_units(impl: Any, case: Case) -> dict[str, Any]:
    """One more output adds a weight for each hidden unit, and a bias."""
    inputs, hidden, outputs = sizes_of(case)
    count = for_one_step(impl, inputs, hidden, outputs)
    return {"parameters added": for_one_step(impl, inputs, hidden, outputs + 1) - count}


@task.check(points=2, after=a_count)
def total(impl: Any, case: Case) -> dict[str, Any]:
    """The whole count for a few time steps is right."""
    return {"count": for_one_step(impl, *sizes_of(case))}


STEPS = ((2, 9), (1, 1), (10, 99), (100, 1000), (10_000, 100_000), (100_000, 1_000_000))


@task.check(points=2, after=a_count, cases=len(STEPS))
def any_number_of_steps(impl: Any, case: Case) -> dict[str, Any]:
    """The weights are shared by all time steps: the count is the same for one step and for a million."""
    inputs, hidden, outputs = sizes_of(case)
    steps = case.integer(*case.pick(STEPS), name="time_steps")
    unrolled = number(impl.count_rnn_parameters(inputs, hidden, outputs, steps))
    return {"parameters added by the steps": unrolled - for_one_step(impl, inputs, hidden, outputs)}


@task.check(points=0.5, after=a_count, cases=4)
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """Sizes of exactly 1 are allowed and counted correctly."""
    sizes = case.pick(((1, 4, 3), (3, 1, 4), (4, 3, 1), (1, 1, 1)))
    count = number(impl.count_rnn_parameters(*sizes, 2))
    return {"more than larger sizes foresee": count - foreseen(impl, *sizes)}


ARGUMENTS = ("input size", "hidden size", "output size", "number of steps")


# Legal arguments are asked for among the others: a program that says the same to all fails.
@task.check(points=0.75, cases=4)
def below_one(impl: Any, case: Case) -> dict[str, Any]:
    """A size or a number of time steps below 1 is refused, and two of them at once as well."""
    sizes = [*sizes_of(case), 2]
    low, legal = case.pick((0, -1, -7, -128)), case.integer(2, 99, name="a legal size, or number of steps")
    count = impl.count_rnn_parameters
    count(*sizes)
    one_changed = [{place: size} for place, size in product(range(4), (low, legal))]
    two_changed = [{one: low - 1, other: low - 2} for one, other in combinations(range(4), 2)]
    asked, found = case.shuffled([*one_changed, *two_changed]), {}
    for changes in asked:
        name = " and ".join(f"{ARGUMENTS[place]} {size}" for place, size in changes.items())
        arguments = [changes.get(place, size) for place, size in enumerate(sizes)]
        raised = case.raises(Exception, partial(count, *arguments))
        found[name] = "refused" if raised == "Exception" else "accepted"
    return found


# What is not refused at all is the business of the check above.
@task.check(points=0.25, cases=2)
def value_error(impl: Any, case: Case) -> dict[str, Any]:
    """What is refused raises ValueError."""
    sizes = [*sizes_of(case), 2]
    low, legal = case.pick((-1, 0)), case.integer(2, 9, name="a legal size, or number of steps")
    count = impl.count_rnn_parameters
    count(*sizes)
    raised: dict[int, set[str]] = {low: set(), legal: set()}
    asked = case.shuffled(list(product(range(4), (low, legal))))
    for place, size in asked:
        arguments = [*sizes[:place], size, *sizes[place + 1 :]]
        raised[size].add(case.raises(ValueError, partial(count, *arguments)))
    return {
        f"raised for {size}": " and ".join(sorted(names - {"no exception"})) or "nothing"
        for size, names in raised.items()
    }


@task.check(points=1, cases=2, after=a_count)
def exact(impl: Any, case: Case) -> dict[str, Any]:
    """The result is an int, exact for thousands of units.

    The count is so large that single precision cannot represent it if it is odd.
    """
    inputs = case.integer(1001, 1200, name="inputs")
    hidden = 2 * case.integer(2100, 2300, name="half of the hidden units")
    outputs = 2 * case.integer(501, 600, name="half of the outputs, but one") + 1
    count = impl.count_rnn_parameters(inputs, hidden, outputs, 2)
    return {
        "the result": kind(count),
        "more than small counts foresee": number(count) - foreseen(impl, inputs, hidden, outputs),
    }


@task.check(points=0.5, after=a_count, cases=1)
def called_by_name(impl: Any, case: Case) -> dict[str, Any]:
    """The argument names are those in the task."""
    (inputs, hidden, outputs), count = sizes_of(case), impl.count_rnn_parameters
    named = count(input_size=inputs, hidden_size=hidden, output_size=outputs, time_steps=2)
    return {"more than without names": number(named) - number(count(inputs, hidden, outputs, 2))}
