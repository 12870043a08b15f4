"""The isolating back end, at both of its levels."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from grader.errors import SandboxError
from grader.sandbox import conformance, launch
from grader.sandbox.conformance import IDENTITY, BackEnd, Promise, promises, run, seen
from grader.sandbox.contract import End, Level, Sandbox
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.probe import layers


def missing(*names: str) -> str:
    """Return why one of the layers does not work on this machine, empty where all do."""
    return "; ".join(f"{one.name}: {one.reason}" for one in layers() if one.name in names and not one.works)


@pytest.fixture(scope="module")
def good(temporary: object) -> Iterator[Sandbox]:
    reason = missing("landlock", "seccomp", "Linux")
    if reason:
        pytest.skip(reason)
    with closing(LinuxSandbox(Level.GOOD)) as opened:
        yield opened


@pytest.fixture
def full(sandbox: Sandbox) -> Sandbox:
    reason = missing("namespaces", "landlock", "seccomp", "Linux")
    if reason:
        pytest.skip(reason)
    return sandbox


def kept_at(level: Level) -> list[object]:
    """Return the promises of a level, those that take seconds marked as slow."""
    slow = {conformance.a_program_that_ignores_the_end_of_its_processor_time_is_killed}
    return [
        pytest.param(promise, id=promise.__name__, marks=[pytest.mark.slow] if promise in slow else [])
        for promise in promises(level)
    ]


@pytest.mark.parametrize("promise", kept_at(Level.FULL))
def test_with_full_isolation_each_promise_is_kept(promise: Promise, full: Sandbox) -> None:
    promise(BackEnd(full, lambda: LinuxSandbox(Level.FULL)))


@pytest.mark.parametrize("promise", kept_at(Level.GOOD))
def test_with_good_isolation_each_promise_is_kept(promise: Promise, good: Sandbox) -> None:
    promise(BackEnd(good, lambda: LinuxSandbox(Level.GOOD)))


def test_with_full_isolation_nothing_is_left_open(full: Sandbox) -> None:
    assert (full.level, full.not_isolated) == (Level.FULL, ())


def test_with_good_isolation_it_says_what_it_lacks(good: Sandbox) -> None:
    found = (good.level, good.not_isolated)

    assert found == (Level.GOOD, ("process and network namespaces of its own",))


def test_with_full_isolation_the_parent_is_inside_the_box_as_well(full: Sandbox) -> None:
    assert seen(full, "import os\nreturn os.getppid()") in (1, 2)


def test_with_full_isolation_the_name_of_the_machine_is_not_visible(full: Sandbox) -> None:
    assert seen(full, "import os\nreturn os.uname().nodename") == "sandbox"


def test_a_zygote_that_does_not_start_is_an_error_with_its_words(temporary: object) -> None:
    zygote = launch.start(Level.GOOD, "import sys; sys.exit('no torch here')")
    with closing(LinuxSandbox(Level.GOOD, zygote)) as box, pytest.raises(SandboxError, match="no torch here"):
        run(box, IDENTITY)


def test_a_zygote_that_is_gone_is_a_lost_run(temporary: object) -> None:
    with closing(LinuxSandbox(Level.GOOD)) as box:
        run(box, IDENTITY)
        box._zygote.process.kill()
        box._zygote.process.wait()
        _, ending = run(box, IDENTITY)

        assert ending.end == End.LOST
