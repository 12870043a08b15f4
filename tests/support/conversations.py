"""Descriptions of checks, and what of a conversation was believed."""

from typing import Any

from grader.asking.questions import Description, Responses


def check(name: str, *after: str, cases: int = 2, **options: Any) -> dict[str, Any]:
    return {
        "name": name, "title": f"{name}.", "about": "", "points": 1.0, "after": list(after),
        "cases": cases, "dtype": "float64", "depth": "", "compare": False, "plot": None, **options,
    }  # fmt: skip


def described(*checks: dict[str, Any]) -> Description:
    return Description.model_validate({"forbid": [], "checks": checks})


def believed(asked: Responses) -> list[tuple[str, int]]:
    return [(name, case) for name, by_case in asked.answers.items() for case in by_case]
