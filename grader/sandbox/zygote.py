"""The warm process that children are forked from.

It imports torch once, then receives four descriptors at a time and forks: where the child reads its
job, where it writes its answers, where it prints, and where the zygote writes how it ended. It never
reads a job, so it holds no test, no reference and no other student's bytes.
"""

import array
import contextlib
import ctypes
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
from collections.abc import Iterator, Sequence
from types import ModuleType

from grader.sandbox import confine, landlock, rehearsal
from grader.sandbox.loading import import_worker, writer

STATUS = struct.Struct("<i")
_DESCRIPTORS = 4
_A_FEW = 24
"""Children after which it pays to make later ones cheaper."""
_HUGE_PAGE = 2 << 20
_MADV_COLLAPSE = 25


def main(control: int, readable: Sequence[str], isolated: bool) -> None:
    """Warm up, then fork a child for each order that arrives on `control`, until it closes."""
    orders = socket.socket(fileno=control)
    worker = _warm_up()
    collapsing = _collapse(_places())
    gc.freeze()  # so that a collection in a child does not copy every page
    gc.enable()
    rules = landlock.ruleset(readable) if isolated else None
    orders.send(b"ready")
    forked = 0
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
            forked += 1
            if forked > _A_FEW:
                next(collapsing, None)


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

    worker.rehearse(rehearsal.CHECKS)
    # Only its name is asked for: nothing can be written, so `tempfile` would find none by itself.
    tempfile.tempdir = "/tmp"
    return worker


def _places() -> list[int]:
    """Return where this process holds its objects, in huge pages counted from address 0."""
    return sorted({id(thing) // _HUGE_PAGE for thing in gc.get_objects()})


def _collapse(places: Sequence[int]) -> Iterator[None]:
    """Have the kernel turn one place a step into a huge page; a kernel that cannot leaves it as it is.

    A fork copies the tables of all pages, and the end of a child takes them down again. A step takes some
    milliseconds, so that a run of a few children is better off without.
    """
    libc = ctypes.CDLL(None)
    for place in places:
        libc.madvise(ctypes.c_void_p(place * _HUGE_PAGE), ctypes.c_size_t(_HUGE_PAGE), _MADV_COLLAPSE)
        yield


def start(control: int, readable: Sequence[str], isolated: bool) -> None:
    """Run `main` in a process that has just been started for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to handle
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(control, readable, isolated)
