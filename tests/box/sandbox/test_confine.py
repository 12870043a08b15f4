"""What a child gives up it does not get back, tried in a process that ends at once."""

import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from forked import inside

from grader.guest import confine, landlock

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or not Path("/proc").is_dir(), reason="Linux only")

LIMITS = {"cpu": 30, "address_space": 1 << 36, "data": 1 << 35}


def status(*names: str) -> list[str]:
    """Return what the kernel says of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    known = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return [known[name] for name in names]


# Memory


def test_a_child_takes_small_pages() -> None:
    def act() -> object:
        confine.use_small_pages()
        return status("THP_enabled")

    assert inside(act) == "['0']"


# Limits


def limited(kind: int, **changes: int) -> str:
    """Return the soft and the hard limit after `limit`."""

    def act() -> object:
        confine.limit(LIMITS | changes)
        return resource.getrlimit(kind)

    return inside(act)


@pytest.mark.parametrize(
    ("kind", "soft", "hard"),
    [
        (resource.RLIMIT_CPU, 30, 31),
        (resource.RLIMIT_AS, 1 << 36, 1 << 36),
        (resource.RLIMIT_DATA, 1 << 35, 1 << 35),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
    ],
    ids=["cpu", "address space", "data", "descriptors", "files", "cores", "locked memory"],
)
def test_a_limit_is_soft_and_hard_at_once(kind: int, soft: int, hard: int) -> None:
    assert limited(kind) == str((soft, hard))


def test_a_harder_limit_that_was_there_stays() -> None:
    def act() -> object:
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
        confine.limit(LIMITS)
        return resource.getrlimit(resource.RLIMIT_NOFILE)

    assert inside(act) == "(32, 32)"


def test_more_memory_than_allowed_is_not_to_be_had() -> None:
    def act() -> object:
        confine.limit(LIMITS | {"address_space": 1 << 31})
        return len(bytearray(1 << 32))

    assert inside(act) == "MemoryError"


def test_not_even_an_empty_file_can_be_filled(tmp_path: Path) -> None:
    def act() -> object:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        confine.limit(LIMITS)
        return (tmp_path / "file").write_text("x")

    assert inside(act) == "OSError"


# Privileges


def test_no_capability_is_left() -> None:
    def act() -> object:
        confine.give_up_privileges()
        return {int(mask, 16) for mask in status("CapEff", "CapPrm", "CapInh")}

    assert inside(act) == "{0}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only who has capabilities can drop them for good")
def test_no_program_gives_a_capability_back() -> None:
    def act() -> object:
        confine.give_up_privileges()
        return int(*status("CapBnd"), 16)

    assert inside(act) == "0"


def test_no_program_brings_new_privileges() -> None:
    def act() -> object:
        confine.give_up_privileges()
        return status("NoNewPrivs")

    assert inside(act) == "['1']"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could become somebody else")
def test_root_is_nobody_special_any_more() -> None:
    def act() -> object:
        confine.give_up_privileges()
        os.setuid(12345)

    assert inside(act) == "PermissionError"


# All of it


@pytest.mark.skipif(landlock.version() < 3, reason="this kernel has no Landlock")
def test_rules_that_are_none_let_nothing_run() -> None:
    def act() -> object:
        reading, _ = os.pipe()
        confine.confine(reading)
        return "ran"

    assert inside(act) == "OSError"


@pytest.mark.skipif(landlock.version() < 3, reason="this kernel has no Landlock")
@pytest.mark.parametrize(
    ("what", "act"),
    [
        ("reads a file", lambda: Path("/etc/passwd").read_text()),
        ("forks", os.fork),
        ("lists a folder", lambda: os.listdir("/")),
        ("kills its parent", lambda: os.kill(os.getppid(), 0)),
        ("becomes another program", lambda: os.execv("/bin/true", ["true"])),
    ],
)
def test_a_confined_process_does_nothing_outside_itself(what: str, act: Callable[[], object]) -> None:
    def confined() -> object:
        confine.confine(landlock.ruleset([]))
        return act()

    assert inside(confined) == "PermissionError"


@pytest.mark.skipif(landlock.version() < 3, reason="this kernel has no Landlock")
def test_a_confined_process_still_computes() -> None:
    def confined() -> object:
        confine.confine(landlock.ruleset([]))
        return sum(number * number for number in range(1000))

    assert inside(confined) == "332833500"


# Whose end is its end


def test_a_child_whose_parent_has_gone_ends_at_once() -> None:
    pid = os.fork()
    if not pid:
        confine.die_with(1 << 22)  # nobody's number, so not its parent's
        os._exit(0)
    _, how = os.waitpid(pid, 0)

    assert os.waitstatus_to_exitcode(how) == 1


def test_a_child_ends_with_its_parent() -> None:
    reading, writing = os.pipe()
    parent = os.fork()
    if not parent:
        mine = os.getpid()
        if not os.fork():
            confine.die_with(mine)
            os.write(writing, b"here")
            signal.pause()
        signal.pause()
    os.close(writing)
    with open(reading, "rb", buffering=0) as heard:
        said = heard.read(4)
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)

        assert (said, heard.read(1)) == (b"here", b"")  # nobody holds the other end any more
