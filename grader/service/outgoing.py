"""Calls of other services over HTTP, within limits of time and size; no redirection is followed."""

import contextlib
import http.client
import ipaddress
import json
import re
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from functools import partial
from typing import IO, Any

from grader.errors import GraderError

_SECONDS = 10.0
_MOST_BYTES = 4 << 20
_BLOCK = 1 << 16
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]+)?")


class Unreachable(GraderError):
    """Another service did not answer as it should; please try again later."""


@dataclass(frozen=True)
class Answer:
    """What another service said."""

    status: int
    headers: Message
    body: bytes

    def record(self) -> dict[str, object]:
        """Return the body, a JSON object. Raises `Unreachable` for anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Unreachable("Another service sent what is no JSON object.")
        return found


class _Cut(threading.Timer):
    """Ends a connection at a moment: a limit per read is none for who sends a byte now and then."""

    def __init__(self, end: float) -> None:
        super().__init__(max(0.0, end - time.monotonic()), self._cut)
        self.daemon = True
        self.connection: socket.socket | None = None
        self.is_over = False

    def watch(self, connection: socket.socket) -> None:
        """End a connection in time. Raises `TimeoutError` if it came too late."""
        self.connection = connection
        if self.is_over:
            raise TimeoutError

    def _cut(self) -> None:
        self.is_over = True
        if self.connection is not None:
            with contextlib.suppress(OSError):
                # Not by the method of an encrypted one: another thread reads from it.
                socket.socket.shutdown(self.connection, socket.SHUT_RDWR)


class _Plain(http.client.HTTPConnection):
    """A connection that can be cut."""

    def __init__(self, cut: _Cut, host: str, **options: Any) -> None:
        super().__init__(host, **options)
        self._cut = cut

    def connect(self) -> None:
        super().connect()
        self._cut.watch(self.sock)


class _Encrypted(http.client.HTTPSConnection):
    """A connection over TLS that can be cut."""

    def __init__(self, cut: _Cut, host: str, **options: Any) -> None:
        super().__init__(host, **options)
        self._cut = cut

    def connect(self) -> None:
        super().connect()
        self._cut.watch(self.sock)


class _Handler(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
    """Opens connections that are cut."""

    def __init__(self, cut: _Cut) -> None:
        super().__init__()
        self._cut = cut

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_Plain, self._cut), req)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_Encrypted, self._cut), req)


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirection is an answer like any other: only the operator says where calls go."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        return None


def is_safe(url: str) -> bool:
    """Whether a call to an address is encrypted, or stays on this machine."""
    try:
        parts = urllib.parse.urlsplit(url)
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return bool(name) and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(name)))


def host(url: str) -> str:
    """Return the host of an address with its port; empty for what is no address."""
    try:
        return urllib.parse.urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def origin(url: str) -> str:
    """Return scheme and host of an address, as policies of pages name them; empty if it cannot be one."""
    if not is_safe(url) or not _HOST.fullmatch(host(url)):
        return ""
    return f"{urllib.parse.urlsplit(url).scheme}://{host(url)}"


def call(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask another service: POST with a body, GET without. Raises `Unreachable`."""
    if not is_safe(url):
        raise Unreachable(f"{host(url) or 'An address'} is not called without encryption.")
    request = urllib.request.Request(url, body, {"Accept": "application/json", **(headers or {})})
    end = time.monotonic() + _SECONDS
    cut = _Cut(end)
    cut.start()
    try:
        found = _answer(request, cut, end)
    finally:
        cut.cancel()
    if cut.is_over:  # what was cut off can look like an answer
        raise Unreachable("Another service sent too much, or too slowly.")
    return found


def _answer(request: urllib.request.Request, cut: _Cut, end: float) -> Answer:
    try:
        opener = urllib.request.build_opener(_Stay, _Handler(cut))
        with opener.open(request, timeout=_SECONDS) as answer:
            return Answer(answer.status, answer.headers, _read(answer, end))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, _read(error, end))
    except (OSError, http.client.HTTPException, ValueError) as error:
        name = host(request.full_url)
        raise Unreachable(f"{name} cannot be reached: {type(error).__name__}.") from None


def _read(answer: IO[bytes], end: float) -> bytes:
    whole = bytearray()
    try:
        while part := answer.read1(_BLOCK):  # type: ignore[attr-defined]
            whole += part
            if len(whole) > _MOST_BYTES or time.monotonic() > end:
                raise Unreachable("Another service sent too much, or too slowly.")
    except (OSError, http.client.HTTPException):
        raise Unreachable("Another service broke off its answer.") from None
    return bytes(whole)


def _is_here(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
