"""A restarting sandbox: if the sandbox is lost, the next run gets a new one."""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from grader.errors import SandboxError
from grader.sandbox.contract import End, Ending, Hear, Limits, Sandbox
from grader.sandbox.turns import Turns


class RestartingSandbox:
    """Runs jobs in a sandbox made by `open_box`, and makes a new one when that is lost."""

    def __init__(self, open_box: Callable[[], Sandbox]) -> None:
        self._open = open_box
        self._lock = threading.Lock()
        self._turns = Turns()
        self._box = open_box()
        self._closed = False
        self.level = self._box.level
        self.not_isolated = self._box.not_isolated

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        """See `grader.sandbox.contract.Sandbox`."""
        with self._turns.sharing():
            box = self._box
            try:
                ending = box.run(job, limits, hear, files)
            except SandboxError:
                with self._lock:
                    if self._box is box:
                        raise
                return Ending(End.LOST)  # another thread has replaced it already
            if ending.end is End.LOST:
                self._replace(box)
            return ending

    def alone(self) -> AbstractContextManager[object]:
        """See `grader.sandbox.contract.Sandbox`."""
        return self._turns.alone()

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[object]:
        """See `grader.sandbox.contract.Sandbox`; a sandbox that replaces this one writes them itself."""
        return self._box.holding(files)

    def _replace(self, lost: Sandbox) -> None:
        with self._lock:
            if self._box is lost and not self._closed:  # only the first thread that notices replaces it
                lost.close()
                self._box = self._open()

    def close(self) -> None:
        """End the processes that wait for the next run."""
        with self._lock:
            self._closed = True
            self._box.close()
