"""Questions about `PositionalEncoding`."""

from typing import Any

import torch

from grader import Case, Task

task = Task()


@task.check(points=4)
def encoding(impl: Any, case: Case) -> dict[str, Any]:
    """What is added to zeros is the encoding."""
    width = case.size("width", multiple_of=2)
    encode = impl.PositionalEncoding(width).to(case.dtype)
    return {"encoding": encode(torch.zeros(1, case.size("steps"), width, dtype=case.dtype))}


@task.check(points=2)
def added(impl: Any, case: Case) -> dict[str, Any]:
    """It is added to each sample of a batch."""
    x = case.normal(case.size("batch"), case.size("steps"), case.size("width", multiple_of=2), name="x")
    return {"output": impl.PositionalEncoding(x.shape[2]).to(case.dtype)(x)}


@task.check(points=1, cases=2, dtype="float32")
def long_sequences(impl: Any, case: Case) -> dict[str, Any]:
    """The last positions of long sequences are right, in float32, up to max_len and its default."""
    width, steps, named = case.pick(((10, 200, {"max_len": 200}), (2, 5000, {})))
    x = case.normal(1, steps, width, name="x")
    return {"last steps": impl.PositionalEncoding(width, **named)(x)[:, -3:]}


@task.check(points=2, cases=3)
def moves(impl: Any, case: Case) -> dict[str, Any]:
    """There is nothing to train, and the module can be moved to another dtype."""
    encode = impl.PositionalEncoding(case.size("width", multiple_of=2))
    trained = [name for name, _ in encode.named_parameters()]
    dtype = case.pick((torch.float64, torch.float32, torch.bfloat16))
    x = case.normal(2, case.size("steps"), case.size("width", multiple_of=2), name="x").to(dtype)
    return {"parameters": trained, "output": encode.to(dtype)(x)}


@task.check(points=1, after=added, cases=2)
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """Gradients flow to x."""
    x = case.normal(case.size("batch"), case.size("steps"), case.size("width", multiple_of=2), name="x")
    encode = impl.PositionalEncoding(x.shape[2]).to(case.dtype)
    return case.gradients(lambda: encode(x), x=x)
