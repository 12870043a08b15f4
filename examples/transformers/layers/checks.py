"""Questions about layers in NumPy."""

from typing import Any

import numpy as np

from grader import Case, Task

task = Task(allow_imports=["numpy"])


def arguments(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x with one, two or three axes after the first, w and b."""
    sizes = [case.size(name) for name in ("samples", "d1", "outputs", "d2")]
    inputs = [sizes[1], sizes[3], 2][: case.pick((1, 2, 3))]
    return (
        case.normal(sizes[0], *inputs, name="x").numpy(),
        case.normal(int(np.prod(inputs)), sizes[2], name="w").numpy(),
        case.normal(sizes[2], name="b").numpy(),
    )


def scores(case: Case, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and the right classes."""
    samples, classes = case.size("samples"), case.size("classes")
    y = case.classes(classes, samples, name="y")
    return case.normal(samples, classes, name="x", scale=scale).numpy(), y.numpy()


@task.check(points=1)
def forward(impl: Any, case: Case) -> dict[str, Any]:
    """Samples of any shape are flattened, multiplied and shifted."""
    return {"out": impl.affine_forward(*arguments(case))[0]}


@task.check(points=4, partial=True)
def backward(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients with respect to x, w and b are right."""
    out, cache = impl.affine_forward(*arguments(case))
    dout = case.normal(*out.shape, name="dout").numpy()
    return {"dx, dw, db": impl.affine_backward(dout, cache)}


@task.check(points=1)
def loss(impl: Any, case: Case) -> dict[str, Any]:
    """The softmax loss is right."""
    return {"loss": float(impl.softmax_loss(*scores(case))[0])}


@task.check(points=3)
def gradient(impl: Any, case: Case) -> dict[str, Any]:
    """The gradient of the softmax loss is right."""
    return {"dx": impl.softmax_loss(*scores(case))[1]}


@task.check(points=1, cases=4)
def large_scores(impl: Any, case: Case) -> dict[str, Any]:
    """Scores as large as 10000 give a right and finite loss and gradient."""
    loss, dx = impl.softmax_loss(*scores(case, scale=3000.0))
    return {"loss": float(loss), "dx": dx}
