"""The warm process that children are forked from.

It imports torch once, then receives four descriptors at a time and forks: where the child reads its
job, where it writes its answers, where it prints, and where the zygote writes how it ended. It never
reads a job, so it holds no test, no reference and no other student's bytes.
"""

import array
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
from types import ModuleType

from grader.sandbox import confine, landlock
from grader.sandbox.loading import import_worker, writer

STATUS = struct.Struct("<i")
_DESCRIPTORS = 4


def main(control: int, readable: Sequence[str], isolated: bool) -> None:
    """Warm up, then fork a child for each order that arrives on `control`, until it closes."""
    orders = socket.socket(fileno=control)
    worker = _warm_up()
    rules = landlock.ruleset(readable) if isolated else None
    orders.send(b"ready")
    running: dict[int, tuple[int, int]] = {}  # pidfd: (pid, where its status goes)
    poll = select.poll()
    poll.register(orders, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor != orders.fileno():
                poll.unregister(descriptor)
                _reap(descriptor, *running.pop(descriptor))
                continue
            order, ancillary, _, _ = socket.socket.recvmsg(
                orders, 16, socket.CMSG_SPACE(_DESCRIPTORS * array.array("i").itemsize)
            )
            if not order:
                os._exit(0)
            received = array.array("i")
            for _, _, data in ancillary:
                received.frombytes(data)
            job, answers, printed, status = received
            pid = _fork(worker, job, answers, printed, rules)
            for descriptor_given in (job, answers, printed):
                os.close(descriptor_given)
            pidfd = os.pidfd_open(pid)
            running[pidfd] = (pid, status)
            poll.register(pidfd, select.POLLIN)
            socket.send_fds(orders, [b"forked"], [pidfd])


def _reap(pidfd: int, pid: int, status: int) -> None:
    _, how = os.waitpid(pid, 0)
    os.close(pidfd)
    with contextlib.suppress(BrokenPipeError):  # whoever asked may have gone
        os.write(status, STATUS.pack(how))
    os.close(status)


def _fork(
    worker: ModuleType,
    job: int,
    answers: int,
    printed: int,
    rules: int | None,
) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        confine.die_with(parent)
        _close_all_but({job, answers, printed} | ({rules} if rules is not None else set()))
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.close(printed)
        _reopen_output()
        live(worker, job, answers, rules)
        sys.stdout.flush()
    except BaseException as error:
        with contextlib.suppress(OSError):  # nobody may read any more
            os.write(2, f"the worker failed: {type(error).__name__}: {error}\n".encode())
        os._exit(70)
    os._exit(0)


def _reopen_output() -> None:
    """Make stdout and stderr anew: those of the zygote believe that they can seek, a pipe cannot."""
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        stream = io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False)),
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=True,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _close_all_but(kept: set[int]) -> None:
    """Close what belongs to the zygote or to other children: where they report how they ended."""
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def live(worker: ModuleType, job: int, answers: int, rules: int | None) -> None:
    """Be a child: read limits and job from `job`, lock up, work, write to `answers`."""
    from grader.observation import unpack

    chunks = []
    while chunk := os.read(job, 1 << 20):
        chunks.append(chunk)
    os.close(job)
    limits, order = unpack(b"".join(chunks))
    confine.limit(limits.fields)
    if rules is not None:
        confine.confine(rules)
    worker.serve(order, writer(answers))


def _warm_up() -> ModuleType:
    gc.disable()  # imports make objects that stay
    import torch

    # -S left these names out; a student's `exit()` must be what it is elsewhere.
    site.setquit()
    site.sethelper()
    torch.set_num_threads(1)
    worker = import_worker()
    import numpy.random  # noqa: F401  numpy imports it when first asked for, unseeded

    # What the first use of autograd and of the checks' usual calls would set up in every child.
    leaf = torch.ones(2, 2, dtype=torch.float64, requires_grad=True)
    torch.autograd.grad(torch.tanh(leaf @ leaf.T).sum(), leaf)
    # Only its name is asked for: nothing can be written, so `tempfile` would find none by itself.
    tempfile.tempdir = "/tmp"
    gc.freeze()  # so that a collection in a child does not copy every page
    gc.enable()
    return worker


def start(control: int, readable: Sequence[str], isolated: bool) -> None:
    """Run `main` in a process that has just been started for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to handle
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(control, readable, isolated)
