"""The `assignment.toml` of a kit: what marks depend on, without comments."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from grader.assignment.loader import Assignment, TaskSource


def published_settings(assignment: Assignment) -> str:
    """Return the text of the file."""
    return "\n".join(_lines(assignment))


def _lines(assignment: Assignment) -> Iterator[str]:
    whole = {"title": assignment.title, "seed": assignment.seed, "imports": assignment.imports}
    yield from _table("", whole | {"libraries": list(assignment.libraries)})
    yield from _table("[limits]", {k: v for k, v in asdict(assignment.limits).items() if v is not None})
    yield from _table("[repair]", {"candidates": assignment.candidates})
    for task in assignment.tasks:
        yield from _table("[[tasks]]", _of_task(task))
        if task.prices:
            yield from _table("[tasks.prices]", task.prices)
        of_all = asdict(assignment.limits)
        own = {name: value for name, value in asdict(task.limits).items() if value != of_all[name]}
        if own:
            yield from _table("[tasks.limits]", own)


def _of_task(task: TaskSource) -> dict[str, Any]:
    return {
        "name": task.name,
        "title": task.title,
        "points": task.points,
        "bonus": task.bonus,
        "files": list(task.files),
        "slip": task.slip,
        "tell": task.tell,
    }


def _table(heading: str, values: Mapping[str, Any]) -> Iterator[str]:
    if heading:
        yield heading
    for name, value in values.items():
        yield f"{name} = {_written(value)}"
    yield ""


def _written(value: Any) -> str:
    """Return a value as TOML; its strings are those of JSON, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
