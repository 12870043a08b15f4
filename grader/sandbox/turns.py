"""Turns: runs that share a sandbox, and one that needs it alone."""

import contextlib
import threading
from collections.abc import Iterator


class Turns:
    """Many threads may share; one that is alone waits for them to end, and lets no other begin."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sharing = 0
        self._alone = 0
        """The thread that is alone, 0 if none is."""

    @contextlib.contextmanager
    def sharing(self) -> Iterator[None]:
        """Take part, unless another thread is alone: then wait."""
        with self._changed:
            self._changed.wait_for(lambda: self._alone in (0, threading.get_ident()))
            self._sharing += 1
        try:
            yield
        finally:
            with self._changed:
                self._sharing -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no thread takes part; this one still may."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._alone = threading.get_ident()
            self._changed.wait_for(lambda: not self._sharing)
        try:
            yield
        finally:
            with self._changed:
                self._alone = 0
                self._changed.notify_all()
