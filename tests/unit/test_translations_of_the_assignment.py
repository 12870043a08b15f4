"""The bundled assignment in German: its tasks have German titles."""

import tomllib

import pytest

from grader.assignment.loader import bundled
from grader.assignment.translations import read_translations

TASKS = tomllib.loads((bundled() / "assignment.toml").read_text())["tasks"]


@pytest.mark.parametrize("title", [task["title"] for task in TASKS])
def test_every_task_has_a_german_title(title: str) -> None:
    assert read_translations(bundled(), "de").get(title)
