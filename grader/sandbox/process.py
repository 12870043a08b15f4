"""The back end without isolation: a fresh process and a time limit, for self-check.

It runs wherever Python runs. Nothing keeps a program from the machine's files or network.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import IO

from grader.errors import MalformedMessage
from grader.guest.own_files import without_paths
from grader.sandbox.contract import OUTPUT_KEPT, End, Ending, Level, Limits
from grader.sandbox.folders import Folders, Place

_START_SECONDS = 60.0  # the import of torch is not the student's
_PROGRAM = (
    "import sys, json; order = json.loads(sys.argv.pop()); sys.path[:] = order['path']; "
    "from grader.sandbox.process import live; live(order['folder'])"
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

    def __init__(self) -> None:
        self._place = Place()
        self._folders = Folders(self._place.path)

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[str]:
        """See `grader.sandbox.contract.Sandbox`."""
        return self._folders.holding(files)

    def run(
        self, job: bytes, limits: Limits, hear: Callable[[bytes], bool], files: Mapping[str, bytes]
    ) -> Ending:
        """See `grader.sandbox.contract.Sandbox`."""
        with self.holding(files) as name:
            folder = os.path.join(self._place.path, name)
            ending = self._run(job, limits, hear, folder)
        return replace(ending, output=without_paths(ending.output, folder))

    def _run(self, job: bytes, limits: Limits, hear: Callable[[bytes], bool], folder: str) -> Ending:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, json.dumps({"path": sys.path, "folder": folder})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=_environment(),
        )
        with process:
            try:
                return self._watch(process, job, limits, hear)
            finally:
                process.kill()

    def _watch(
        self,
        process: "subprocess.Popen[bytes]",
        job: bytes,
        limits: Limits,
        hear: Callable[[bytes], bool],
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
        deadline = time.monotonic() + limits.wall_seconds + _START_SECONDS
        while streams:
            try:
                name, data = heard.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return Ending(End.WALL, 0, bytes(output))
            if not data:
                streams -= 1
            elif name == "printed":
                printed += len(data)
                output += data[: OUTPUT_KEPT - len(output)]
                if printed > limits.output:
                    return Ending(End.OUTPUT, 0, bytes(output))
            else:
                try:
                    if hear(data):
                        deadline = time.monotonic() + limits.wall_seconds
                except MalformedMessage:
                    return Ending(End.REFUSED, 0, bytes(output))
        code = process.wait()
        if code < 0:
            return Ending(End.SIGNAL, -code, bytes(output))
        return Ending(End.EXIT if code else End.DONE, code, bytes(output))

    def close(self) -> None:
        """Remove what was written for programs."""
        self._place.close()


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


def live(folder: str) -> None:
    """Be the process, at work in `folder`: a job on standard input, answers on the original output."""
    import torch

    from grader.guest.loading import import_worker, writer
    from grader.wire import unpack

    answers = os.dup(1)
    os.dup2(2, 1)  # what a student prints goes with the errors
    torch.set_num_threads(1)
    worker = import_worker()
    (order,) = unpack(sys.stdin.buffer.read())
    sys.dont_write_bytecode = True
    os.chdir(folder)
    worker.serve(order, writer(answers), folder)
    sys.stdout.flush()
