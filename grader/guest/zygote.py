"""The warm process that children are forked from.

It imports torch once, then receives four descriptors at a time and forks: where the child reads its
job, where it writes its answers, where it prints, and where the zygote writes how it ended. It never
reads a job, so it holds no test, no reference and no other student's bytes. One descriptor is where a
copy of it takes orders, for another core.
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

from grader.guest import confine, landlock, memory, seccomp, warmup
from grader.guest.loading import import_worker, writer

STATUS = struct.Struct("<i")
_DESCRIPTORS = 4


def main(control: int, readable: Sequence[str], submissions: str, isolated: bool) -> None:
    """Warm up, then do what is ordered on `control`, until it closes.

    In `submissions` lie the directories with the files of submissions.
    """
    worker = _warm_up()
    gc.freeze()  # so that a collection in a child does not copy every page
    gc.enable()
    rules = landlock.ruleset([*readable, submissions]) if isolated else None
    _Zygote(worker, rules, landlock.beside(readable, submissions)).serve(control)


@dataclass
class _Zygote:
    """What all that is forked has in common, and what was forked."""

    worker: ModuleType
    rules: int | None
    beside: list[str]
    """What a child may read beside its submission directory."""
    copied: bool = False
    running: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By pidfd: the process, and where its status goes."""

    def serve(self, control: int) -> NoReturn:
        """Do what is ordered on `control`: one descriptor is for a copy of this process, four for a child."""
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
        if not self.copied:  # each copy will have many children
            memory.collapse()
            self.copied = True
        if os.fork():
            os.close(control)
            return
        _close_all_but({control}, self.rules)
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
    """Return the descriptors that came with the next order; end where there is nobody to give any."""
    order, descriptors, _, _ = socket.recv_fds(orders, 16, _DESCRIPTORS)
    if not order:
        os._exit(0)
    return descriptors


def _reap(pidfd: int, pid: int, status: int) -> None:
    _, how = os.waitpid(pid, 0)
    os.close(pidfd)
    with contextlib.suppress(BrokenPipeError):  # whoever asked may have gone
        os.write(status, STATUS.pack(how))
    os.close(status)


def _be_child(zygote: _Zygote, parent: int, job: int, answers: int, printed: int) -> NoReturn:
    try:
        confine.die_with(parent)
        confine.use_small_pages()
        _close_all_but({job, answers, printed}, zygote.rules)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.close(printed)
        live(zygote.worker, job, answers, zygote.rules, zygote.beside)
        sys.stdout.flush()
    except BaseException as error:
        with contextlib.suppress(OSError):  # nobody may read any more
            os.write(2, f"the worker failed: {type(error).__name__}: {error}\n".encode())
        os._exit(70)
    os._exit(0)


def _reopen_output() -> None:
    """Make stdout and stderr anew, as they are for a child, where both are pipes and cannot seek."""
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


def _close_all_but(kept: set[int], rules: int | None) -> None:
    """Close what belongs to the zygote or to other children: where they report how they ended."""
    first = 3
    for descriptor in sorted(kept if rules is None else {*kept, rules}):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def live(worker: ModuleType, job: int, answers: int, rules: int | None, beside: Sequence[str]) -> None:
    """Be a child: read limits and job from `job`, lock up, work, write to `answers`."""
    chunks = []
    while chunk := os.read(job, 1 << 20):
        chunks.append(chunk)
    os.close(job)
    limits, order = worker.unpack(b"".join(chunks))
    confine.limit(limits.fields)
    directory = limits.fields["directory"]
    if rules is not None:
        confine.confine(rules, beside, directory)
    elif directory:
        os.chdir(directory)
    worker.serve(order, writer(answers), directory)


def _warm_up() -> ModuleType:
    os.environ.pop("GLIBC_TUNABLES", None)  # it was for this process
    gc.disable()  # imports make objects that stay
    import torch

    # -S left these names out; a student's `exit()` must be what it is elsewhere.
    site.setquit()
    site.sethelper()
    torch.set_num_threads(1)
    worker = import_worker()
    import numpy.random  # noqa: F401  numpy imports it when first asked for, unseeded

    worker.rehearse(warmup.CHECKS)
    # What each child would make for itself is made here.
    _reopen_output()
    if seccomp.supported():
        seccomp.program(os.getpid())
    # Only its name is asked for: nothing can be written, so `tempfile` would find none by itself.
    tempfile.tempdir = "/tmp"
    return worker


def start(control: int, readable: Sequence[str], submissions: str, isolated: bool) -> None:
    """Run `main` in a process that has just been started for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to handle
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(control, readable, submissions, isolated)
