"""The isolating back end, at both of its levels."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sandbox_contract import IDENTITY, IsolatingBackEnd, OpenBox, run, seen

from grader.errors import SandboxError
from grader.sandbox import launch
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


class TestFull(IsolatingBackEnd):
    @pytest.fixture
    def box(self, sandbox: Sandbox) -> Sandbox:
        reason = missing("namespaces", "landlock", "seccomp", "Linux")
        if reason:
            pytest.skip(reason)
        return sandbox

    @pytest.fixture
    def open_box(self, box: Sandbox) -> OpenBox:
        return lambda: LinuxSandbox(Level.FULL)

    def test_its_level_is_full_and_nothing_is_left_open(self, box: Sandbox) -> None:
        assert (box.level, box.not_isolated) == (Level.FULL, ())

    def test_the_parent_is_inside_the_box_as_well(self, box: Sandbox) -> None:
        found = seen(box, "import os\nreturn os.getppid()")

        assert found in (1, 2)

    def test_the_name_of_the_machine_is_not_visible(self, box: Sandbox) -> None:
        assert seen(box, "import os\nreturn os.uname().nodename") == "sandbox"


class TestGood(IsolatingBackEnd):
    @pytest.fixture
    def box(self, good: Sandbox) -> Sandbox:
        return good

    @pytest.fixture
    def open_box(self, good: Sandbox) -> OpenBox:
        return lambda: LinuxSandbox(Level.GOOD)

    def test_it_says_what_it_lacks(self, box: Sandbox) -> None:
        found = (box.level, box.not_isolated)

        assert found == (Level.GOOD, ("process and network namespaces of its own",))


def test_a_zygote_that_does_not_start_is_an_error_with_its_words(
    monkeypatch: pytest.MonkeyPatch, temporary: object
) -> None:
    monkeypatch.setattr(launch, "_PROGRAM", "import sys; sys.exit('no torch here')")
    with closing(LinuxSandbox(Level.GOOD)) as box, pytest.raises(SandboxError, match="no torch here"):
        run(box, IDENTITY)


def test_a_zygote_that_is_gone_is_a_lost_run(temporary: object) -> None:
    with closing(LinuxSandbox(Level.GOOD)) as box:
        run(box, IDENTITY)
        box._zygote.process.kill()
        box._zygote.process.wait()
        _, ending = run(box, IDENTITY)

        assert ending.end == End.LOST
