"""Zygotes are started, copied and ended, and what they say is kept."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from grader.asking.conversation import ask
from grader.asking.questions import Question
from grader.sandbox import launch, probe
from grader.sandbox.contract import Level, Limits
from grader.sandbox.launch import Zygotes
from grader.sandbox.linux import LinuxSandbox

WORKING = {layer.name for layer in probe.layers() if layer.works}
pytestmark = pytest.mark.skipif(not {"landlock", "seccomp"} <= WORKING, reason="no isolation here")

CHECKS = '''
from grader import Task

task = Task()


@task.check(points=1, cases=1)
def value(impl, case):
    """The value."""
    return {"value": impl.value()}
'''


def value(box: LinuxSandbox) -> object:
    question = Question(CHECKS, "m", {"m.py": b"def value(): return 7\n"}, seed=1)
    observed = ask(box, Limits(), question).answers["value"][0].observed
    return None if observed is None else observed["value"]


@pytest.fixture(scope="module")
def zygotes() -> Iterator[Zygotes]:
    with closing(Zygotes(Level.FULL if "namespaces" in WORKING else Level.GOOD)) as opened:
        yield opened


def box(zygotes: Zygotes) -> closing[LinuxSandbox]:
    return closing(LinuxSandbox(Level.GOOD, zygotes.take()))


def test_each_that_is_taken_grades_by_itself(zygotes: Zygotes) -> None:
    with box(zygotes) as one, box(zygotes) as other:
        values = [value(one), value(other), value(one)]

    assert values == [7, 7, 7]


def test_where_one_was_closed_the_others_go_on(zygotes: Zygotes) -> None:
    with box(zygotes) as other:
        with box(zygotes) as one:
            value(one)

        assert value(other) == 7


def test_one_can_be_passed_on_to_another_process(zygotes: Zygotes) -> None:
    taken = zygotes.take()
    program = (
        "import sys\n"
        "from grader.sandbox.launch import Zygote\n"
        "zygote = Zygote.of(*map(int, sys.argv[1:]), '', '')\n"
        "zygote.control.settimeout(60)\n"
        "print(zygote.control.recv(16), zygote.said())\n"
    )
    command = [sys.executable, "-c", program, *map(str, taken.descriptors)]
    said = subprocess.run(command, pass_fds=taken.descriptors, capture_output=True, text=True, check=True)
    taken.let_go()

    assert said.stdout == "b'ready' \n"


def test_one_that_is_taken_where_the_first_has_gone_is_lost() -> None:
    with closing(Zygotes(Level.GOOD)) as zygotes:
        zygotes._first.process.kill()  # type: ignore[union-attr]
        zygotes._first.process.wait(30)  # type: ignore[union-attr]
        taken = zygotes.take()
        said = taken.control.recv(16)
        taken.let_go()

    assert said == b""


def test_what_it_says_is_told_by_whoever_has_it() -> None:
    with closing(Zygotes(Level.GOOD, "import sys; sys.exit('no torch here')")) as zygotes:
        zygotes._first.process.wait(30)  # type: ignore[union-attr]
        taken = zygotes.take()
        said = taken.said()
        taken.let_go()

    assert said == "no torch here"


def test_one_that_looks_at_nothing_is_killed() -> None:
    zygote = launch.start(Level.GOOD, "import time; time.sleep(600)")
    assert zygote.process is not None
    zygote.close(patient=False)

    assert zygote.process.returncode == -9


def test_starting_does_not_wait_for_torch() -> None:
    zygote = launch.start(Level.GOOD)
    ready, _, _ = select.select([zygote.control], [], [], 0)
    zygote.close(patient=False)

    assert ready == []


def test_the_system_s_bubblewrap_is_preferred(tmp_path: Path) -> None:
    (tmp_path / "bwrap").touch(mode=0o755)

    assert launch.bubblewrap(str(tmp_path)) == str(tmp_path / "bwrap")


def test_without_one_of_the_system_the_installed_one_is_taken(tmp_path: Path) -> None:
    found = launch.bubblewrap(str(tmp_path))

    assert found is None or os.access(found, os.X_OK)
