"""The back end without isolation: a fresh process and a time limit, for self-check.

It runs wherever Python runs. Nothing keeps a program from the machine's files or network.
"""

import contextlib
import json
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import IO

from grader.errors import MalformedMessage
from grader.sandbox.contract import OUTPUT_KEPT, End, Ending, Level, Limits

_START_SECONDS = 60.0  # the import of torch is not the student's
_PROGRAM = (
    "import sys, json; sys.path[:] = json.loads(sys.argv.pop()); "
    "from grader.sandbox.process import live; live()"
)


class ProcessSandbox:
    """Starts a fresh interpreter for each job. Level `none`."""

    level: Level = Level.NONE
    not_isolated: tuple[str, ...] = (
        "files of this machine",
        "the network",
        "other processes",
        "memory and processor time beyond the time limit",
    )

    def run(self, job: bytes, limits: Limits, hear: Callable[[bytes], bool]) -> Ending:
        """See `grader.sandbox.contract.Sandbox`."""
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=_environment(),
        )
        clock = _Clock(limits)
        with process:
            try:
                ending = self._watch(process, job, limits, hear, clock)
            finally:
                process.kill()
        return replace(ending, seconds=clock.seconds)

    def _watch(
        self,
        process: "subprocess.Popen[bytes]",
        job: bytes,
        limits: Limits,
        hear: Callable[[bytes], bool],
        clock: "_Clock",
    ) -> Ending:
        assert process.stdin and process.stdout and process.stderr
        heard: queue.Queue[tuple[str, bytes]] = queue.Queue(maxsize=64)
        for name, stream in (("answers", process.stdout), ("printed", process.stderr)):
            threading.Thread(target=_pump, args=(name, stream, heard), daemon=True).start()
        try:
            process.stdin.write(job)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it ended already; how is seen below
        output, printed, streams = bytearray(), 0, 2
        while streams:
            try:
                name, data = heard.get(timeout=max(0.0, clock.deadline - time.monotonic()))
            except queue.Empty:
                return Ending(clock.end, 0, bytes(output))
            if not data:
                streams -= 1
            elif name == "printed":
                printed += len(data)
                output += data[: OUTPUT_KEPT - len(output)]
                if printed > limits.output:
                    return Ending(End.OUTPUT, 0, bytes(output))
            else:
                clock.start()
                try:
                    if hear(data):
                        clock.begin_check()
                except MalformedMessage:
                    return Ending(End.REFUSED, 0, bytes(output))
        code = process.wait()
        if code < 0:
            return Ending(End.SIGNAL, -code, bytes(output))
        return Ending(End.EXIT if code else End.DONE, code, bytes(output))

    def close(self) -> None:
        """Nothing is kept ready."""


class _Clock:
    """Says when a program has had its time, which begins with its first message."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._began = math.inf
        self._check_ends = time.monotonic() + limits.wall_seconds + _START_SECONDS

    @property
    def deadline(self) -> float:
        """When the program is to be ended, as time.monotonic() counts."""
        return min(self._check_ends, self._began + self._limits.task_seconds)

    @property
    def end(self) -> End:
        """Why it is ended then."""
        return End.WALL if self._check_ends == self.deadline else End.TASK

    @property
    def seconds(self) -> float:
        """How long it has worked."""
        return max(0.0, time.monotonic() - self._began)

    def start(self) -> None:
        """A message is there."""
        self._began = min(self._began, time.monotonic())

    def begin_check(self) -> None:
        """A check begins."""
        self._check_ends = time.monotonic() + self._limits.wall_seconds


def _environment() -> dict[str, str]:
    """Return what a process needs of ours to start; tokens and the like are not in it."""
    needed = ("PATH", "HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in needed if name in os.environ}


def _pump(name: str, stream: IO[bytes], heard: "queue.Queue[tuple[str, bytes]]") -> None:
    """Move what arrives on `stream` to the queue; an empty piece marks its end."""
    with contextlib.suppress(ValueError, OSError):  # closed under its hands: the run is over
        while data := stream.read1(1 << 16):  # type: ignore[attr-defined]
            heard.put((name, data))
    heard.put((name, b""))


def live() -> None:
    """Be the process: a job on standard input, answers on the original standard output."""
    import torch

    from grader.guest.loading import import_worker, writer
    from grader.wire import unpack

    answers = os.dup(1)
    os.dup2(2, 1)  # what a student prints goes with the errors
    torch.set_num_threads(1)
    worker = import_worker()
    (order,) = unpack(sys.stdin.buffer.read())
    worker.serve(order, writer(answers))
    sys.stdout.flush()
