"""Questions about byte-pair merges."""

from typing import Any

from grader import Case, Task

task = Task()


def words(case: Case, most: int = 5) -> dict[str, int]:
    """Return words with how often they occur."""
    drawn = [case.text(2 + place % 6, "abcd", name="a word") for place in range(3 + case.number)]
    return {one: case.integer(1, most, name=f"occurrences of {one}") for one in drawn}


@task.check(points=2)
def first_merge(impl: Any, case: Case) -> dict[str, Any]:
    """The first merge is the most frequent pair."""
    return {"merges": impl.learn_merges(words(case, most=50), 1)}


@task.check(points=3)
def merges(impl: Any, case: Case) -> dict[str, Any]:
    """Further merges are counted in the merged words, and the first of equals is taken."""
    return {"merges": impl.learn_merges(words(case), 4 + case.number)}


@task.check(points=1, cases=4)
def ends_early(impl: Any, case: Case) -> dict[str, Any]:
    """It ends when no pairs are left."""
    return {"merges": impl.learn_merges({case.text(4, "abcd", name="a word"): 2, "a": 7}, 9)}


@task.check(points=1, cases=4)
def repeated(impl: Any, case: Case) -> dict[str, Any]:
    """A letter that is repeated is merged from left to right, and each place counts."""
    long, short = "a" * case.integer(3, 7, name="a"), "b" * case.integer(3, 7, name="b")
    occurrences = {long + "c": case.integer(1, 3, name="occurrences"), short: 2}
    return {"merges": impl.learn_merges(occurrences, 4), "symbols": impl.split(long, [("a", "a")])}


@task.check(points=3)
def symbols(impl: Any, case: Case) -> dict[str, Any]:
    """A word is split by the merges, in their order."""
    pairs = case.shuffled([("a", "b"), ("b", "a"), ("ab", "c"), ("b", "c"), ("c", "ab"), ("d", "d")])
    drawn = [case.text(7, "abcd", name="a word"), case.text(7, "abx", name="another word"), "dddd", ""]
    found = {f"symbols of {one!r}": impl.split(one, pairs) for one in drawn}
    return {"symbols without merges": impl.split("ab", []), **found}
