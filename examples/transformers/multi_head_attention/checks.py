"""Questions about `MultiHeadAttention`."""

from typing import Any

from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.MultiheadAttention"])


def layer(impl: Any, case: Case) -> Any:
    """Return a layer with parameters from the case."""
    heads = case.size("heads")
    return case.fill(impl.MultiHeadAttention(case.size("d_model", multiple_of=heads), heads), scale=0.2)


def sequence(case: Case, name: str, length: str) -> Tensor:
    """Return a batch of sequences that the layer can take."""
    return case.normal(case.size("batch"), case.size(length), case.size("d_model"), name=name)


def allowed(case: Case) -> Tensor:
    """Return a mask with a True in each row."""
    return case.mask(case.size("batch"), case.size("queries"), case.size("keys"), name="mask")


@task.check(points=0)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes that the task asks for."""
    return {name: list(one.shape) for name, one in layer(impl, case).named_parameters()}


@task.check(points=3, after=parameters)
def self_attention(impl: Any, case: Case) -> dict[str, Any]:
    """A sequence that looks at itself gives the right output."""
    attend, x = layer(impl, case), sequence(case, "x", "queries")
    return {"output": attend(x, x, x)}


@task.check(points=1, after=parameters, dtype="float32")
def other_sequence(impl: Any, case: Case) -> dict[str, Any]:
    """Queries that look at a sequence of another length give the right output, in float32."""
    attend, x = layer(impl, case), sequence(case, "query", "queries")
    return {"output": attend(x, sequence(case, "key", "keys"), sequence(case, "value", "keys"))}


@task.check(points=2, after=parameters)
def masked(impl: Any, case: Case) -> dict[str, Any]:
    """A mask holds for all heads, and for its own sample alone."""
    attend, x, other = layer(impl, case), sequence(case, "query", "queries"), sequence(case, "key", "keys")
    return {"output": attend(x, other, other, allowed(case))}


@task.check(points=3, after=parameters, cases=6)
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the inputs and of all parameters are right, with a mask too."""
    attend, x = layer(impl, case), sequence(case, "query", "queries")
    key, value = sequence(case, "key", "keys"), sequence(case, "value", "keys")
    mask = case.pick((None, allowed(case)))
    return case.gradients(lambda: attend(x, key, value, mask), attend, query=x, key=key, value=value)


@task.check(points=1, cases=4, counts_with=parameters)
def divisible(impl: Any, case: Case) -> dict[str, Any]:
    """A number of heads that does not divide the width raises ValueError, and no other does."""
    heads = case.integer(2, 5, name="heads")
    make = impl.MultiHeadAttention
    widths = case.shuffled((heads, heads + 1, 3 * heads, 3 * heads - 1))
    return {f"width {width}": case.raises(ValueError, lambda w=width: make(w, heads)) for width in widths}
