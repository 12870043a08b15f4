"""`grade submit`: hands in a folder or a zip file, waits, and says what came of it."""

import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.service.archives import MOST_BYTES
from grader.service.watching import pause
from grader.submission.loader import left_by_a_program

_SECONDS = 60
_TRIES = 5
_MOST_FILES = 1000


@dataclass(frozen=True)
class Assignment:
    """The assignment at an address that a browser shows: https://…/courses/COURSE/ASSIGNMENT."""

    server: str
    course: str
    name: str

    @classmethod
    def at(cls, address: str) -> "Assignment":
        """Raises `UsageError` for another address."""
        parts = urllib.parse.urlsplit(address)
        path = [part for part in parts.path.split("/") if part]
        if parts.scheme not in ("http", "https") or len(path) < 3 or path[-3] != "courses":
            raise UsageError(f"{address} is no assignment's page; copy the address from your browser.")
        return cls(f"{parts.scheme}://{parts.netloc}", path[-2], path[-1])


class Client:
    """Talks to a service as one person."""

    def __init__(self, server: str, token: str) -> None:
        self._server = server
        self._token = token

    def submit(self, assignment: Assignment, submission: Path) -> dict[str, Any]:
        """Hand in; return what the service answers. Raises `UsageError` with the service's reason."""
        mark = secrets.token_hex(16)
        body = b"".join(_form(_files(submission), mark))
        headers = {
            "Content-Type": f"multipart/form-data; boundary={mark}",
            # If an answer is lost, the same upload is sent again, and stored once.
            "Idempotency-Key": secrets.token_hex(16),
        }
        path = f"/api/v1/courses/{assignment.course}/assignments/{assignment.name}/submissions"
        return self._asked(path, body, headers)

    def wait(self, name: str) -> dict[str, Any]:
        """Return a submission once it is graded, or will not be."""
        while True:
            found = self._asked(f"/api/v1/submissions/{name}")
            if found["state"] not in ("queued", "running"):
                return found
            time.sleep(pause(found["ahead"]))

    def _asked(
        self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        request = urllib.request.Request(
            self._server + path, body, {"Authorization": f"Bearer {self._token}", **(headers or {})}
        )
        for left in reversed(range(_TRIES)):
            try:
                with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
                    found: dict[str, Any] = json.load(answer)
                    return found
            except urllib.error.HTTPError as error:
                if error.code == 503 and left:
                    time.sleep(1)
                    continue
                raise UsageError(f"{self._server} says: {_reason(error)}") from None
            except OSError as error:
                if not left:
                    raise UsageError(f"{self._server} cannot be reached: {error}.") from None
                time.sleep(1)
        raise AssertionError


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"


def _files(submission: Path) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents. Raises `UsageError` if there is too much."""
    if submission.is_file():
        yield submission.name, submission.read_bytes()
        return
    if not submission.is_dir():
        raise UsageError(f"{submission} does not exist.")
    count = size = 0
    for path in sorted(submission.rglob("*")):
        parts = path.relative_to(submission).parts
        if path.is_symlink() or not path.is_file() or any(map(left_by_a_program, parts)):
            continue
        count, size = count + 1, size + path.stat().st_size
        if count > _MOST_FILES or size > MOST_BYTES:
            raise UsageError(
                f"{submission} holds more than {_MOST_FILES} files or {MOST_BYTES >> 20} MiB; "
                "hand in the folder of this assignment only."
            )
        yield "/".join(parts), path.read_bytes()


def _form(files: Iterator[tuple[str, bytes]], mark: str) -> Iterator[bytes]:
    for name, data in files:
        shown = name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
        head = f'Content-Disposition: form-data; name="files"; filename="{shown}"'
        yield f"--{mark}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode(
            "utf-8", "replace"
        )
        yield data + b"\r\n"
    yield f"--{mark}--\r\n".encode()
