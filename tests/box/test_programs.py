"""What a program is started from never depends on the working directory."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import grader
from grader import programs

HOME = str(Path(grader.__file__).resolve().parent.parent)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "spelled",
    [
        lambda here: "",
        lambda here: ".",
        lambda here: "./",
        lambda here: "sub",
        lambda here: str(here),
        lambda here: f"{here}/",
        lambda here: f"{here}/sub/..",
        lambda here: str(here / "link"),
    ],
    ids=["empty", "dot", "dot and slash", "below", "in full", "with a slash", "and back", "through a link"],
)
def test_the_working_directory_is_on_no_path_however_it_is_spelled(
    here: Path, monkeypatch: pytest.MonkeyPatch, spelled: Callable[[Path], str]
) -> None:
    (here / "sub").mkdir()
    (here / "link").symlink_to(here)
    monkeypatch.setattr(sys, "path", [HOME, spelled(here), "/elsewhere"])
    monkeypatch.setenv("PATH", os.pathsep.join([spelled(here), "/elsewhere"]))

    assert (programs.import_path(), programs.search_path()) == ([HOME, "/elsewhere"], "/elsewhere")


@pytest.mark.parametrize("before", [["/a", HOME, "/b"], ["/a", "/b"]], ids=["was there", "was not"])
@pytest.mark.parametrize("cwd", ["/", HOME])
def test_the_folder_of_this_package_stays_and_is_the_last_if_it_was_not_there(
    monkeypatch: pytest.MonkeyPatch, before: list[str], cwd: str
) -> None:
    monkeypatch.chdir(cwd)
    monkeypatch.setattr(sys, "path", before)

    assert programs.import_path() == (before if HOME in before else [*before, HOME])


def test_the_folder_of_this_package_stays_where_it_is_the_working_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(HOME)
    monkeypatch.setattr(sys, "path", ["", "/a"])

    assert programs.import_path() == [HOME, "/a"]


def test_where_the_working_directory_is_gone_there_is_a_path(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", ["", "/a"])
    here.rmdir()

    assert programs.import_path() == ["/a", HOME]


def test_a_python_of_ours_imports_what_we_can_and_has_its_arguments() -> None:
    program = "print(json.dumps([sys.path, sys.argv[1:], sys.flags.isolated]))"
    said = subprocess.run(programs.python(program, "one", "two"), capture_output=True, check=True).stdout

    assert json.loads(said) == [programs.import_path(), ["one", "two"], 1]


@pytest.mark.parametrize("name", ["json.py", "sitecustomize.py", "usercustomize.py"])
def test_a_python_of_ours_runs_nothing_that_the_environment_names(here: Path, name: str) -> None:
    (here / name).write_text("raise SystemExit('planted')")
    environment = os.environ | {"PYTHONPATH": str(here), "PYTHONSTARTUP": str(here / name)}
    command = programs.python("print('ours')")
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (said.stdout, said.stderr) == ("ours\n", "")


def program(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    made = folder / name
    made.write_text("#!/bin/sh\n")
    made.chmod(0o755)
    return made


def test_a_program_is_found_in_a_full_entry_of_path_only(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(here, "known")
    wanted = program(here / "bin", "known")
    monkeypatch.setenv("PATH", f":.:bin:{here}:{here / 'bin'}")

    assert programs.find("known") == str(wanted)


def test_a_program_that_is_in_the_working_directory_only_is_not_found(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(here, "known")
    monkeypatch.setenv("PATH", f":.:{here}")

    assert programs.find("known") is None
