"""The zygote: a process with torch loaded, from which each child is forked.

For each child it receives four descriptors: the child's job, its answers, its printed output, and a pipe
on which the zygote reports how the child ended. It never reads a job, so a fork inherits no check, no
reference answer and no byte of another student. An order with a single descriptor asks for a copy of the
zygote itself, which takes its orders from that descriptor and serves another worker.
"""

import contextlib
import gc
import io
import os
import resource
import select
import signal
import site
import socket
import struct
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import NoReturn

from grader.guest import confine, landlock, memory
from grader.guest.loading import import_worker, writer

STATUS = struct.Struct("<id")
"""How a child ended, as `os.wait` says it, and its processor time in seconds."""
_DESCRIPTORS = 4
"""Descriptors in one order, at most."""


def main(control: int, readable: Sequence[str], submissions: str) -> None:
    """Warm up, then serve orders on `control` until it closes.

    `submissions` is the directory of all submission directories.
    """
    worker = _warm_up()
    # A garbage collection writes to the header of every object, and each write in a child copies a page.
    # Frozen objects are left out of collections.
    gc.freeze()
    gc.enable()
    rules = landlock.ruleset([*readable, submissions])
    _Zygote(worker, rules, landlock.beside(readable, submissions)).serve(control)


@dataclass
class _Zygote:
    """The common state of all children, and the children that run."""

    worker: ModuleType
    rules: int
    beside: list[str]
    """Paths that a child may read besides its submission directory."""
    copied: bool = False
    running: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By pidfd: the process, and the descriptor for its status."""

    def serve(self, control: int) -> NoReturn:
        """Serve orders on `control`: one descriptor asks for a copy of this process, four for a child."""
        orders = socket.socket(fileno=control)
        orders.send(b"ready")
        poll = select.poll()
        poll.register(orders, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor != orders.fileno():
                    poll.unregister(descriptor)
                    _reap(descriptor, *self.running.pop(descriptor))
                    continue
                given = _received(orders)
                if len(given) == 1:
                    self._copy(*given)
                else:
                    pidfd = self._fork(*given)
                    poll.register(pidfd, select.POLLIN)
                    socket.send_fds(orders, [b"forked"], [pidfd])

    def _copy(self, control: int) -> None:
        if not self.copied:  # a copy serves a class, so it has many children
            memory.collapse()
            self.copied = True
        if os.fork():
            os.close(control)
            return
        _close_all_but({control, self.rules})
        _Zygote(self.worker, self.rules, self.beside).serve(control)

    def _fork(self, job: int, answers: int, printed: int, status: int) -> int:
        parent = os.getpid()
        pid = os.fork()
        if not pid:
            _be_child(self, parent, job, answers, printed)
        for descriptor in (job, answers, printed):
            os.close(descriptor)
        pidfd = os.pidfd_open(pid)
        self.running[pidfd] = (pid, status)
        return pidfd


def _received(orders: socket.socket) -> list[int]:
    """Return the descriptors of the next order; end this process if the other end has closed."""
    order, descriptors, _, _ = socket.recv_fds(orders, 16, _DESCRIPTORS)
    if not order:
        os._exit(0)
    return descriptors


def _reap(pidfd: int, pid: int, status: int) -> None:
    _, how, used = os.wait4(pid, 0)
    os.close(pidfd)
    with contextlib.suppress(BrokenPipeError):  # the grader may have ended
        os.write(status, STATUS.pack(how, used.ru_utime + used.ru_stime))
    os.close(status)


def _be_child(zygote: _Zygote, parent: int, job: int, answers: int, printed: int) -> NoReturn:
    try:
        confine.die_with(parent)
        confine.use_small_pages()
        _close_all_but({job, answers, printed, zygote.rules})
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.close(printed)
        live(zygote.worker, job, answers, zygote.rules, zygote.beside)
        sys.stdout.flush()
    except BaseException as error:
        with contextlib.suppress(OSError):  # the grader may have ended
            os.write(2, f"the worker failed: {type(error).__name__}: {error}\n".encode())
        os._exit(70)
    os._exit(0)


def _reopen_output() -> None:
    """Replace stdout and stderr by streams for pipes, which cannot seek, as children need them."""
    reading, writing = os.pipe()
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        own = os.dup(descriptor)
        os.dup2(writing, descriptor)
        stream = io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False)),
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=True,
        )
        os.dup2(own, descriptor)
        os.close(own)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.close(reading)
    os.close(writing)


def _close_all_but(kept: set[int]) -> None:
    """Close all other descriptors: a child must not reach the zygote's socket or other children's pipes."""
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def live(worker: ModuleType, job: int, answers: int, rules: int, beside: Sequence[str]) -> None:
    """Run as a child: read limits and job from `job`, confine this process, and write to `answers`."""
    chunks = []
    while chunk := os.read(job, 1 << 20):
        chunks.append(chunk)
    os.close(job)
    limits, order = worker.unpack(b"".join(chunks))
    confine.limit(limits.fields)
    directory = limits.fields["directory"]
    confine.confine(rules, beside, directory)
    worker.serve(order, writer(answers), directory)


def _warm_up() -> ModuleType:
    os.environ.pop("GLIBC_TUNABLES", None)  # it has had its effect; children do not need it
    gc.disable()  # imports make objects that stay, so collections would be wasted
    import torch

    # Python ran with -S, which leaves these names out; a student may call `exit()`.
    site.setquit()
    site.sethelper()
    torch.set_num_threads(1)
    worker = import_worker()
    import numpy.random  # noqa: F401  numpy imports it when first asked for, unseeded

    _reopen_output()  # here once, instead of in each child
    # `tempfile` looks for a folder that it can write to, and finds none in here.
    tempfile.tempdir = "/tmp"
    return worker


def start(control: int, readable: Sequence[str], submissions: str) -> None:
    """Run `main` in a new process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to handle
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(control, readable, submissions)
