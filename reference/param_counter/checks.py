"""Questions about `count_rnn_parameters`.

The terms of the sum are asked for one at a time, by how the count grows, so that a term that is
missing costs its own points and those of the whole count. They are asked for at one time step:
a count that grows with the number of steps fails `any_number_of_steps` alone. All sizes but
those of `sizes_below_one` are 2 and more, for the same reason.
"""

from numbers import Integral, Real
from typing import Any

from torch import Tensor

from grader import Case, Task

task = Task()


def number(count: Any) -> Any:
    """Return a whole number as an int: its type is the business of `exact` alone."""
    count = count.item() if isinstance(count, Tensor) else count
    return int(count) if float(count).is_integer() else count


@task.check(points=0)
def a_count(impl: Any, case: Case) -> dict[str, Any]:
    """The function returns a number, and a greater one for more hidden units."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    outputs = case.size("outputs", least=2)
    count = impl.count_rnn_parameters(inputs, hidden, outputs, 1)
    if not isinstance(count, (Real, Tensor)):
        return {"returned": type(count).__name__}
    more = number(impl.count_rnn_parameters(inputs, hidden + 1, outputs, 1))
    return {"returned": "a number", "greater for more hidden units": bool(more > number(count))}


@task.check(points=0, cases=1, after=a_count)
def example(impl: Any, case: Case) -> dict[str, Any]:
    """20 inputs, 128 hidden units and 10 outputs make 20362 parameters, for 5 and for 10 steps."""
    return {
        "count for 5 steps": number(impl.count_rnn_parameters(20, 128, 10, 5)),
        "count for 10 steps": number(impl.count_rnn_parameters(20, 128, 10, 10)),
    }


@task.check(points=1, after=a_count)
def input_weights(impl: Any, case: Case) -> dict[str, Any]:
    """One more input adds as many parameters as it should."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    outputs = case.size("outputs", least=2)
    count = number(impl.count_rnn_parameters(inputs, hidden, outputs, 1))
    more = number(impl.count_rnn_parameters(inputs + 1, hidden, outputs, 1))
    return {"parameters added": more - count}


@task.check(points=1, after=a_count)
def hidden_weights(impl: Any, case: Case) -> dict[str, Any]:
    """The connections among the hidden units are all counted.

    Every further hidden unit adds some parameters more than the unit before it did: the weights
    between hidden units are the only ones whose number grows like that.
    """
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    outputs = case.size("outputs", least=2)
    count, one_more, two_more = (
        number(impl.count_rnn_parameters(inputs, hidden + more, outputs, 1)) for more in range(3)
    )
    return {"how much more the second unit adds": (two_more - one_more) - (one_more - count)}


@task.check(points=1, after=a_count)
def output_units(impl: Any, case: Case) -> dict[str, Any]:
    """One more output adds as many parameters as it should."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    outputs = case.size("outputs", least=2)
    count = number(impl.count_rnn_parameters(inputs, hidden, outputs, 1))
    more = number(impl.count_rnn_parameters(inputs, hidden, outputs + 1, 1))
    return {"parameters added": more - count}


@task.check(points=2, after=a_count)
def total(impl: Any, case: Case) -> dict[str, Any]:
    """The whole count is right for a network of one time step."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    outputs = case.size("outputs", least=2)
    return {"count": number(impl.count_rnn_parameters(inputs, hidden, outputs, 1))}


@task.check(points=2, after=a_count)
def any_number_of_steps(impl: Any, case: Case) -> dict[str, Any]:
    """The count for many time steps is right, compared with the count for one."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    outputs, steps = case.size("outputs", least=2), case.integer(2, 1000, name="time_steps")
    once = number(impl.count_rnn_parameters(inputs, hidden, outputs, 1))
    unrolled = number(impl.count_rnn_parameters(inputs, hidden, outputs, steps))
    return {"parameters added by the steps": unrolled - once}


@task.check(points=1, cases=4)
def sizes_below_one(impl: Any, case: Case) -> dict[str, Any]:
    """A size below 1 raises ValueError, and sizes of exactly 1 are accepted."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    outputs = case.size("outputs", least=2)
    low = case.pick((0, -1, -7, -128))
    count = impl.count_rnn_parameters
    count(1, 1, 1, 1)
    return {
        f"input size {low}": case.raises(ValueError, lambda: count(low, hidden, outputs, 5)),
        f"hidden size {low}": case.raises(ValueError, lambda: count(inputs, low, outputs, 5)),
        f"output size {low}": case.raises(ValueError, lambda: count(inputs, hidden, low, 5)),
    }


@task.check(points=1, cases=4)
def steps_below_one(impl: Any, case: Case) -> dict[str, Any]:
    """Fewer than one time step raises ValueError, and one step is accepted."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    outputs = case.size("outputs", least=2)
    low = case.pick((0, -1, -5, -10))
    count = impl.count_rnn_parameters
    count(inputs, hidden, outputs, 1)
    return {f"{low} steps": case.raises(ValueError, lambda: count(inputs, hidden, outputs, low))}


@task.check(points=1, cases=4, after=a_count)
def exact(impl: Any, case: Case) -> dict[str, Any]:
    """The result is an int, for networks of a thousand units as well.

    Seen from four counts of nearly the same size, whose difference is lost where they are rounded.
    """
    inputs = case.integer(1000, 1500, name="inputs")
    hidden = case.integer(1000, 1500, name="hidden")
    outputs = case.integer(1000, 1500, name="outputs")
    counts = [
        impl.count_rnn_parameters(inputs + more_inputs, hidden + more_hidden, outputs, 1)
        for more_inputs in (0, 1)
        for more_hidden in (0, 1)
    ]
    neither, taller, wider, both = (number(count) for count in counts)
    return {
        "an int": all(isinstance(count, Integral) for count in counts),
        "weights from the last input to the last hidden unit": (both - wider) - (taller - neither),
    }
