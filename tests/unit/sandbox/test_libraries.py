"""The box holds Python, torch and the worker, and nothing that an answer could be read from."""

import ast
import os
import sys
from pathlib import Path

import pytest

import grader
from grader.assignment.loader import bundled
from grader.sandbox import mounts

PACKAGE = Path(grader.__file__).parent


def within(path: str, folders: list[str]) -> bool:
    real = os.path.realpath(path)
    return any(real == folder or real.startswith(f"{folder}/") for folder in map(os.path.realpath, folders))


def test_the_interpreter_is_a_program_and_no_link() -> None:
    found = mounts.interpreter()

    assert (os.access(found, os.X_OK), os.path.realpath(found) == found) == (True, True)


def test_ours_are_files_of_this_package() -> None:
    assert mounts.ours() == {name: str(PACKAGE / name) for name in mounts.ours()}


def test_ours_are_all_there() -> None:
    assert [name for name, path in mounts.ours().items() if not os.path.exists(path)] == []


@pytest.mark.parametrize("name", ["asking", "assignment", "judging", "results", "signing.py", "bundled"])
def test_what_knows_the_answers_is_not_in_the_box(name: str) -> None:
    assert name not in mounts.ours()


def test_the_standard_library_is_readable() -> None:
    assert [module.__file__ for module in (os, ast) if not within(module.__file__, mounts.standard())] == []


def test_what_is_readable_is_there() -> None:
    paths = [*mounts.standard(), *mounts.packages()]

    assert [path for path in paths if not os.path.exists(path)] == []


def test_torch_and_numpy_and_what_they_need_are_readable() -> None:
    names = {Path(path).name for path in mounts.packages()}

    assert {"torch", "numpy", "sympy", "mpmath"} - names == set()


@pytest.mark.parametrize("name", ["pytest", "_pytest", "pydantic", "click", "hypothesis", "grader"])
def test_what_torch_does_not_need_is_not_readable(name: str) -> None:
    assert name not in {Path(path).name for path in mounts.packages()}


def test_neither_the_grader_nor_the_assignment_is_readable() -> None:
    readable = [*mounts.standard(), *mounts.packages()]

    assert [path for path in (str(PACKAGE), str(bundled())) if within(path, readable)] == []


def test_no_folder_of_packages_is_readable_as_a_whole() -> None:
    readable = {os.path.realpath(path) for path in [*mounts.standard(), *mounts.packages()]}

    assert (
        readable & {os.path.realpath(path) for path in [*mounts.site_folders(), "/", "/home", "/tmp"]}
        == set()
    )


def test_folders_of_packages_are_those_on_the_path() -> None:
    found = mounts.site_folders()

    assert (len(found) > 0, [folder for folder in found if folder not in sys.path]) == (True, [])
