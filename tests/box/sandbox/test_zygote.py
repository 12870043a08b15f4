"""The warm process forks a child an order, hands it its descriptors only, and says how each ended."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.asking.questions import Question
from grader.guest.zygote import STATUS
from grader.sandbox import mounts
from grader.wire import WireMessage, pack, parse_answer, unpack

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux only")

PROGRAM = "import json, sys; from grader.guest.zygote import start; start(*json.loads(sys.argv[1]))"
READABLE = [*mounts.standard(), *mounts.packages()]
CHECKS = '''
from grader import Task

task = Task()


@task.check(points=1, cases=1)
def value(impl, case):
    """The value."""
    return {"value": impl.value()}
'''


def started(control: socket.socket) -> "subprocess.Popen[bytes]":
    descriptor = control.fileno()
    given = json.dumps([descriptor, READABLE, tempfile.gettempdir()])
    return subprocess.Popen([sys.executable, "-c", PROGRAM, given], pass_fds=[descriptor])


def limits(directory: str = "") -> bytes:
    return pack("limits", {"cpu": 30, "address_space": 1 << 40, "data": 1 << 40, "directory": directory})


LIMITS = limits()


@dataclass
class Ran:
    """What a child sent, what it printed, and how it ended."""

    sent: bytes
    printed: str
    code: int

    @property
    def messages(self) -> list[WireMessage]:
        return unpack(self.sent)


class Zygote:
    """A zygote of this test's own, whose children may read the folder for temporary files."""

    def __init__(self, start: Callable[[socket.socket], object]) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = start(theirs)
        self.greeting = self.control.recv(16)

    @contextmanager
    def copied(self) -> Iterator["Zygote"]:
        """Have it make a copy of itself."""
        copy = Zygote(lambda theirs: socket.send_fds(self.control, [b"copy"], [theirs.fileno()]))
        with copy.control:
            yield copy

    def order(self) -> list[int]:
        """Have a child forked; return our ends of job, answers, output and status, and its pidfd."""
        pipes = [os.pipe() for _ in range(4)]
        theirs = [pipes[0][0], *(writing for _, writing in pipes[1:])]
        socket.send_fds(self.control, [b"fork"], theirs)
        answer, (pidfd,), _, _ = socket.recv_fds(self.control, 16, 1)
        assert answer == b"forked"
        for descriptor in theirs:
            os.close(descriptor)
        return [pipes[0][1], *(reading for reading, _ in pipes[1:]), pidfd]

    def run(self, job: bytes) -> Ran:
        return self.finish(self.order(), job)

    def finish(self, ends: list[int], job: bytes) -> Ran:
        writing, *reading, pidfd = ends
        with open(writing, "wb") as order:
            order.write(job)
        said = []
        for descriptor in reading:
            with open(descriptor, "rb") as heard:
                said.append(heard.read())
        os.close(pidfd)
        how, _ = STATUS.unpack(said[2])
        return Ran(said[0], said[1].decode(), os.waitstatus_to_exitcode(how))

    def ask(self, source: str) -> Ran:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "m.py").write_text(source)
            return self.run(limits(folder) + Question(CHECKS, "m", {}, seed=1).job(()))


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    made = Zygote(started)
    yield made
    made.control.close()
    made.process.wait(30)


def value(ran: Ran) -> object:
    (answer,) = [parse_answer(message) for message in ran.messages if message.kind == "answer"]
    return (answer.observed or {}).get("value")


def test_it_says_when_it_is_ready(zygote: Zygote) -> None:
    assert zygote.greeting == b"ready"


def test_a_child_answers_and_ends_well(zygote: Zygote) -> None:
    ran = zygote.ask("def value(): return 7\n")

    assert (value(ran), ran.printed, ran.code) == (7, "", 0)


def test_what_a_child_prints_arrives_apart_from_its_answers(zygote: Zygote) -> None:
    ran = zygote.ask("import sys\nprint('one')\nprint('two', file=sys.stderr)\ndef value(): return 7\n")

    assert (ran.printed, value(ran)) == ("one\ntwo\n", 7)


def test_a_program_cannot_seek_in_what_it_prints(zygote: Zygote) -> None:
    ran = zygote.ask("import sys\ndef value(): return sys.stdout.seekable() or sys.stderr.seekable()\n")

    assert value(ran) is False


def test_what_was_printed_and_not_yet_written_arrives(zygote: Zygote) -> None:
    assert zygote.ask("print('no line end', end='')\ndef value(): return 7\n").printed == "no line end"


@pytest.mark.parametrize(
    ("source", "code"),
    [("import os\nos._exit(5)\n", 5), ("import ctypes\nctypes.string_at(0)\n", -11)],
)
def test_it_says_how_a_child_ended(zygote: Zygote, source: str, code: int) -> None:
    assert zygote.ask(source).code == code


@pytest.mark.parametrize("job", [b"", b"no job", LIMITS, pack("limits", {}) + pack("ask", {})])
def test_a_job_that_is_none_is_a_worker_that_failed(zygote: Zygote, job: bytes) -> None:
    ran = zygote.run(job)

    assert (ran.code, ran.printed.startswith("the worker failed: ")) == (70, True)


def test_what_one_child_did_the_next_one_does_not_see(zygote: Zygote) -> None:
    zygote.ask("import builtins, torch\nbuiltins.left = torch.left = 1\ndef value(): return 1\n")
    ran = zygote.ask(
        "import builtins, torch\ndef value(): return hasattr(builtins, 'left') or hasattr(torch, 'left')\n"
    )

    assert value(ran) is False


def test_a_child_holds_no_descriptor_but_its_own(zygote: Zygote) -> None:
    waiting = zygote.order()
    ran = zygote.ask(
        "import os, stat\ndef is_pipe(d):\n"
        "    try: return stat.S_ISFIFO(os.fstat(d).st_mode)\n"
        "    except OSError: return None\n"
        "def value(): return repr([p for d in range(3, 4096) if (p := is_pipe(d)) is not None])\n"
    )
    for descriptor in waiting:
        os.close(descriptor)

    assert value(ran) == "[True]"


def test_several_children_run_at_once(zygote: Zygote) -> None:
    first, second = zygote.order(), zygote.order()
    codes = [zygote.finish(ends, b"no job").code for ends in (second, first)]

    assert codes == [70, 70]


def test_a_child_can_be_killed_by_its_descriptor(zygote: Zygote) -> None:
    writing, *reading, pidfd = zygote.order()
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    with open(reading[2], "rb") as heard:
        how = os.waitstatus_to_exitcode(STATUS.unpack(heard.read())[0])
    for descriptor in (writing, *reading[:2], pidfd):
        os.close(descriptor)

    assert how == -9


@pytest.mark.slow  # imports torch once more
def test_it_ends_when_nobody_can_give_orders_any_more() -> None:
    made = Zygote(started)
    made.control.close()

    assert made.process.wait(30) == 0


# Copies


def test_a_copy_takes_orders_by_itself(zygote: Zygote) -> None:
    with zygote.copied() as copy:
        ran = copy.ask("def value(): return 7\n")

    assert (copy.greeting, value(ran)) == (b"ready", 7)


def test_a_copy_ends_with_its_children_when_nobody_can_give_it_orders(zygote: Zygote) -> None:
    with zygote.copied() as copy, zygote.copied() as other:
        ends = copy.order()
        copy.control.close()
        ended, _, _ = select.select(ends[-1:], [], [], 30)
        ran = other.ask("def value(): return 7\n")
    for descriptor in ends:
        os.close(descriptor)

    assert (ended, value(ran)) == (ends[-1:], 7)


def test_what_a_child_of_one_copy_did_a_child_of_another_does_not_see(zygote: Zygote) -> None:
    with zygote.copied() as copy, zygote.copied() as other:
        copy.ask("import torch\ntorch.left = 1\ndef value(): return 1\n")
        ran = other.ask("import torch\ndef value(): return hasattr(torch, 'left')\n")

    assert value(ran) is False
