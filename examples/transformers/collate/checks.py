"""Questions about `collate`."""

from typing import Any

from grader import Case, Task

task = Task()

Examples = list[tuple[list[int], int]]


def drawn(case: Case) -> Examples:
    """Return examples of different lengths; tokens are 0 to 9."""
    lengths = case.shuffled([1 + (3 * place + case.number) % 7 for place in range(case.size("examples"))])
    examples = [([case.integer(0, 9) for _ in range(length)], case.integer(0, 4)) for length in lengths]
    return case.show("examples", examples)


@task.check(points=3)
def ids(impl: Any, case: Case) -> dict[str, Any]:
    """Tokens begin at the left, and padding follows up to the longest example."""
    ids, _, _ = impl.collate(drawn(case), **case.pick(({}, {"pad": 1})))
    return {"ids": ids.long()}


@task.check(points=2)
def mask(impl: Any, case: Case) -> dict[str, Any]:
    """The mask is True for tokens and False for padding, even if a token is equal to it."""
    _, mask, _ = impl.collate(drawn(case), pad=case.pick((3, 0)))
    return {"mask": mask.bool()}


@task.check(points=1, cases=4)
def labels(impl: Any, case: Case) -> dict[str, Any]:
    """The labels are in the order of the examples."""
    _, _, labels = impl.collate(drawn(case))
    return {"labels": labels.long()}


@task.check(points=2)
def cut(impl: Any, case: Case) -> dict[str, Any]:
    """Tokens after max_length are left out, and no room is kept for them."""
    ids, mask, _ = impl.collate(drawn(case), max_length=case.pick((3, 1, 5, 100)))
    return {"ids": ids.long(), "mask": mask.bool()}


@task.check(points=1, cases=4)
def dtypes(impl: Any, case: Case) -> dict[str, Any]:
    """Ids and labels are int64, the mask is bool."""
    return {"dtypes": [one.dtype for one in impl.collate(drawn(case))]}


@task.check(points=1, cases=4, counts_with=ids)
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The examples are not changed."""
    examples = drawn(case)
    impl.collate(examples, max_length=4)
    return {"examples": examples}
