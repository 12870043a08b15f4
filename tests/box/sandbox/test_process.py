"""The back end without isolation keeps the promises that need none."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from grader.sandbox.conformance import (
    IDENTITY,
    BackEnd,
    Promise,
    all_ended,
    descendants,
    promises,
    run,
    seen,
)
from grader.sandbox.contract import End, Ending, Level, Limits
from grader.sandbox.process import ProcessSandbox


@pytest.fixture
def box() -> Iterator[ProcessSandbox]:
    with closing(ProcessSandbox()) as made:
        yield made


@pytest.mark.slow  # each run imports torch
@pytest.mark.parametrize("promise", promises(Level.NONE), ids=lambda promise: promise.__name__)
def test_without_isolation_each_promise_is_kept(promise: Promise) -> None:
    with closing(ProcessSandbox()) as box:
        promise(BackEnd(box, ProcessSandbox))


@pytest.mark.slow
def test_the_environment_of_the_grader_is_not_visible(
    box: ProcessSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_TEST_TOKEN", "secret")

    assert seen(box, "import os\nreturn os.environ.get('GRADER_TEST_TOKEN')") is None


def test_it_says_what_is_not_isolated(box: ProcessSandbox) -> None:
    assert (box.level, box.not_isolated) == (
        Level.NONE,
        ("files of this machine", "the network", "other processes"),
    )


# What a program has started

LEAVES = """
import os, signal, time

def leave(session, pipes):
    if os.fork():
        while not os.path.exists({path!r}):
            time.sleep(0.01)
        return
    if session:
        os.setsid()
        if os.fork():
            os._exit(0)
    if not pipes:
        os.closerange(0, 20)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with open({path!r} + "-", "w") as said:
        said.write(str(os.getpid()))
    os.rename({path!r} + "-", {path!r})
    time.sleep(999)

"""
"""Leaves a process in a session of its own or in ours, with the pipes of the run open or without."""


def is_over(path: Path) -> bool:
    """Wait a while until the process whose number is in `path` has ended; return whether it did."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            stat = Path("/proc", path.read_text(), "stat").read_bytes()
        except OSError:
            return True
        if stat.rpartition(b")")[2].split()[0] in b"ZX":
            return True
        time.sleep(0.01)
    return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="Linux only")
@pytest.mark.parametrize("session", [False, True], ids=["same session", "own session"])
@pytest.mark.parametrize(
    ("pipes", "then", "ending", "seconds"),
    [
        (True, "return number", End.DONE, 60),
        (False, "return number", End.DONE, 60),
        (True, "os._exit(3)", End.EXIT, 60),
        (True, "time.sleep(999)", End.WALL, 8),
    ],
    ids=["answers", "answers, pipes closed", "exits", "hangs"],
)
def test_what_a_program_has_started_ends_with_it(
    box: ProcessSandbox, tmp_path: Path, session: bool, pipes: bool, then: str, ending: End, seconds: int
) -> None:
    left = tmp_path / "left"
    source = LEAVES.format(path=str(left))
    source += f"def value(number):\n    leave({session}, {pipes})\n    {then}\n"
    _, ended = run(box, source, Limits(wall_seconds=seconds))

    assert (ended.end, left.exists(), is_over(left)) == (ending, True, True)


@pytest.mark.slow
def test_what_was_said_before_the_end_arrives_although_another_process_keeps_the_pipe(
    box: ProcessSandbox, tmp_path: Path
) -> None:
    source = LEAVES.format(path=str(tmp_path / "left"))
    source += "def value(number):\n    print('said', flush=True)\n    leave(True, True)\n    return number\n"
    heard, ended = run(box, source)

    assert (heard.values, ended) == ([0, 1], Ending(End.DONE, 0, b"said\nsaid\n"))


@pytest.mark.slow
def test_a_program_that_closes_its_pipes_and_goes_on_is_ended(box: ProcessSandbox) -> None:
    source = "import os, time\ndef value(number):\n    os.closerange(0, 20)\n    time.sleep(999)\n"
    _, ended = run(box, source, Limits(wall_seconds=1))

    assert ended.end == End.WALL


@pytest.mark.slow
def test_a_process_that_could_not_be_found_does_not_keep_the_run(box: ProcessSandbox, tmp_path: Path) -> None:
    # In a session of its own, with another environment and the pipes of the run: docs/security.md names it.
    left = tmp_path / "left"
    program = f"echo $$ > {left}; exec sleep 999"
    source = (
        "import os, time\n"
        "def value(number):\n"
        "    if number or os.fork():\n"
        f"        while not os.path.exists({str(left)!r}): time.sleep(0.01)\n"
        "        return number\n"
        "    os.setsid()\n"
        f"    os.execve('/bin/sh', ['sh', '-c', {program!r}], {{'PATH': '/bin:/usr/bin'}})\n"
    )
    heard, ended = run(box, source)
    os.kill(int(left.read_text()), 9)

    assert (heard.values, ended.end) == ([0, 1], End.DONE)


@pytest.mark.slow
def test_no_run_ends_what_another_one_has_started(box: ProcessSandbox) -> None:
    source = "import subprocess\ndef value(number):\n    return subprocess.run(['sleep', '3']).returncode\n"
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(run, box, source)
        while not other.done():
            run(box, IDENTITY)

    assert other.result()[0].values == [0, 0]


# Memory

TAKES = """
import subprocess, sys, time, torch

def value(number):
    {take}
    time.sleep(20)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "take",
    [
        "held = torch.ones(600 << 18)",
        "held = [b'x' * (1 << 20) for _ in range(600)]",
        "subprocess.Popen([sys.executable, '-c', \"x = b'x' * (600 << 20); import time; time.sleep(99)\"])",
    ],
    ids=["a tensor", "many objects", "in a second process"],
)
def test_a_program_that_takes_too_much_memory_is_ended(box: ProcessSandbox, take: str) -> None:
    _, ended = run(box, TAKES.format(take=take), Limits(memory=256 << 20))

    assert ended.end == End.MEMORY


@pytest.mark.slow
def test_the_libraries_that_every_program_has_do_not_count_as_its_memory(box: ProcessSandbox) -> None:
    heard, ended = run(box, IDENTITY, Limits(memory=64 << 20))

    assert (heard.values, ended.end) == ([0, 1], End.DONE)


@pytest.mark.slow
def test_what_was_started_ahead_ends_with_the_sandbox() -> None:
    before = descendants()
    with closing(ProcessSandbox(ahead=3)) as box:
        answered = [run(box, IDENTITY)[0].values for _ in range(2)]

    assert (answered, all_ended(before)) == ([[0, 1]] * 2, True)
