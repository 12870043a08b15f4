"""docs/reference.md names every method and option that an author may use."""

import dataclasses
import inspect
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import TypeAdapter

import grader
from grader import Case, Plot, Task
from grader.assignment import loader
from grader.authoring.task import Check
from grader.sandbox.contract import Limits

PAGE = (Path(__file__).parents[2] / "docs" / "reference.md").read_text()
PROSE = re.sub(r"^```.*?^```", "", PAGE, flags=re.MULTILINE | re.DOTALL)
NAMED = {name for code in re.findall(r"`([^`]+)`", PROSE) for name in re.findall(r"\w+", code)}
TOML, *_ = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def options(function: object) -> list[str]:
    """Return the keyword arguments of a function."""
    return [name for name in inspect.signature(function).parameters if name != "self"]  # type: ignore[arg-type]


def case_members() -> list[str]:
    one = Case("check", 0, 0, dtype=None)  # type: ignore[arg-type]
    return [name for name in {*dir(Case), *vars(one)} if not name.startswith("_")]


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("case", case_members()),
        (
            "arguments",
            [n for name in case_members() if callable(m := getattr(Case, name, None)) for n in options(m)],
        ),
        ("task", options(Task)),
        ("check", options(Task.check)),
        ("plot", [field.name for field in dataclasses.fields(Plot)]),
        ("limits", [field.name for field in dataclasses.fields(Limits)]),
        ("package", grader.__all__),
    ],
)
def test_the_reference_names_everything(what: str, names: list[str]) -> None:
    assert names
    assert sorted(set(names) - NAMED) == []


def test_the_reference_gives_the_defaults_of_a_check() -> None:
    section = PROSE.partition("## `task.check`")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)`(?:, `\w+`)? \| [^|]* \| ([^|]*) \|", section, re.MULTILINE))
    parameters = inspect.signature(Task.check).parameters
    written = {
        name: {"none": None, "required": inspect.Parameter.empty}.get(rows[name], rows[name].strip("`"))
        for name in parameters
        if name in rows
    }
    defaults = {name: parameters[name].default for name in written}
    plain = {n: v if v in (None, inspect.Parameter.empty) else str(v).strip('"') for n, v in defaults.items()}

    assert {n: v.strip('"') if isinstance(v, str) else v for n, v in written.items()} == {
        name: value or None for name, value in plain.items()
    }
    assert len(written) > 10


def test_the_reference_shows_every_key_of_an_assignment() -> None:
    shown = tomllib.loads(TOML)
    TypeAdapter(loader.AssignmentFile).validate_python(shown)

    assert set(shown) == set(loader.AssignmentFile.model_fields)
    assert {key for task in shown["tasks"] for key in task} == set(loader.TaskEntry.model_fields)


def test_a_check_has_no_option_that_is_not_declared_there() -> None:
    assert {field.name for field in dataclasses.fields(Check)} - set(options(Task.check)) == {
        "name", "title", "about", "question",
    }  # fmt: skip
