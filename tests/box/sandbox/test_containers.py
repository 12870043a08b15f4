"""Which level is left under the system calls of a container, and that `grade doctor` asks for enough."""

import json
import subprocess
import sys
from pathlib import Path

import container
import pytest

from grader.assignment.loader import bundled
from grader.sandbox.probe import layers
from grader.sandbox.refusals import NEEDED_FOR_FULL

FULL = all(layer.works for layer in layers())
pytestmark = pytest.mark.skipif(not FULL, reason="this machine lacks a layer, so none can be taken away")


def in_container(
    *command: str, granted: tuple[str, ...] = ("landlock",)
) -> "subprocess.CompletedProcess[str]":
    """Run a command with the system calls that Docker leaves by default, and those that are granted."""
    under = [sys.executable, container.__file__, ",".join(granted), "--"]
    return subprocess.run([*under, *command], capture_output=True, text=True, check=False)


def doctor(*granted: str) -> str:
    return in_container(sys.executable, "-I", "-m", "grader", "doctor", granted=granted).stdout


def test_docker_leaves_good_and_the_doctor_says_what_to_grant() -> None:
    said = " ".join(doctor("landlock").split())

    assert "level: good" in said
    assert "a seccomp filter refuses new namespaces" in said
    assert f"allow the container these system calls: {', '.join(NEEDED_FOR_FULL)}" in said


def test_what_the_doctor_asks_for_is_enough_for_full() -> None:
    assert "level: full" in doctor("landlock", *NEEDED_FOR_FULL)


@pytest.mark.parametrize("call", NEEDED_FOR_FULL)
def test_each_call_that_the_doctor_asks_for_is_needed(call: str) -> None:
    submission = [sys.executable, "-I", "-m", "grader", "doctor"]
    rest = tuple(name for name in NEEDED_FOR_FULL if name != call)

    assert "level: full" not in in_container(*submission, granted=("landlock", *rest)).stdout


def test_an_old_engine_without_landlock_leaves_nothing_and_the_doctor_says_why() -> None:
    found = in_container(sys.executable, "-I", "-m", "grader", "doctor", granted=())

    assert found.returncode == 2
    assert "level: refused" in found.stdout
    assert "update the container engine" in " ".join(found.stdout.split())


@pytest.mark.parametrize("granted, level", [((), "good"), (NEEDED_FOR_FULL, "full")])
def test_a_submission_is_graded_at_the_level_that_is_left(
    granted: tuple[str, ...], level: str, tmp_path: Path
) -> None:
    (tmp_path / "param_counter.py").write_text((bundled() / "param_counter" / "solution.py").read_text())
    command = [sys.executable, "-I", "-m", "grader", "run", str(tmp_path), "--task", "param_counter"]
    out = tmp_path / "out"
    found = in_container(*command, "--out", str(out), granted=("landlock", *granted))

    assert found.returncode == 0, found.stderr
    assert json.loads((out / "report.json").read_text())["provenance"]["sandbox"] == level
