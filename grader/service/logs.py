"""Logs: a line of JSON each, with nothing that identifies a person."""

import json
import logging
import sys
import time
import traceback
from types import TracebackType

_FIELDS = ("method", "route", "status", "ms", "job", "error", "worker", "count")
"""What a line may hold beside its message: no names, no addresses, no paths of requests."""


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line; of an exception the places in our code, and not its message."""
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line |= {name: record.__dict__[name] for name in _FIELDS if name in record.__dict__}
        if record.exc_info and record.exc_info[2] is not None:
            line["kind"] = record.exc_info[0].__name__ if record.exc_info[0] else ""
            line["at"] = _places(record.exc_info[2])
        return json.dumps(line)


def _places(trace: TracebackType) -> list[str]:
    return [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(trace)[-8:]]


def begin() -> None:
    """Write the service's log to the standard error output."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_Lines())
    for name in ("grader", "uvicorn.error"):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [lines], False
        log.setLevel(logging.INFO)
