"""Questions about `standardize`."""

from typing import Any

from grader import Case, Task

task = Task()


@task.check(points=3)
def values(impl: Any, case: Case) -> dict[str, Any]:
    """Every feature has mean 0 and variance 1."""
    batch, features = case.size("batch", least=2), case.size("features")
    return {"result": impl.standardize(case.normal(batch, features, name="x"))}


@task.check(points=2, after=values)
def gradient(impl: Any, case: Case) -> dict[str, Any]:
    """The gradient of the input is right."""
    batch, features = case.size("batch", least=2), case.size("features")
    x = case.normal(batch, features, name="x")
    return case.gradients(lambda: impl.standardize(x), x=x)
