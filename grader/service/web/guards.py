"""What stands before every request: limits of size and rate, headers, a log line, and metrics.

A body that is too long is refused by its announced length before a byte of it is read, and cut off if the
announced length was wrong or missing.
"""

import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.service.archives import MOST_BYTES

LOG = logging.getLogger("grader.service.web")
MOST_BODY = 1 << 16
"""Bytes of a request that uploads nothing."""
MOST_UPLOAD = MOST_BYTES + (1 << 20)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer" a browser would not say in Origin either where our own forms come from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""The Content-Security-Policy of a page of the service."""
FRAMED_POLICY = "sandbox allow-scripts; frame-ancestors 'self'"
"""That of a report, beside the one in it: it has an origin of its own, and reaches nothing of the service."""
_MOST_KNOWN = 50_000
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class TooLong(Exception):
    """A body is longer than what is accepted."""


class Rate:
    """A bucket of tokens per key: `burst` at once, then `per_second`."""

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> bool:
        """Return whether one more is allowed now."""
        moment = self._clock()
        with self._lock:
            left, then = self._buckets.pop(key, (self._burst, moment))
            left = min(self._burst, left + (moment - then) * self._per_second)
            allowed = left >= 1
            self._buckets[key] = (left - 1 if allowed else left, moment)
            if len(self._buckets) > _MOST_KNOWN:
                self._buckets.popitem(last=False)
        return allowed


class Places:
    """At most `most` at once per key."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, key: str) -> bool:
        """Return whether there was a place; it is taken until `release`."""
        with self._lock:
            is_free = self._taken[key] < self._most
            self._taken[key] += is_free
            return is_free

    def release(self, key: str) -> None:
        """Give a place back."""
        with self._lock:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]


class Metrics:
    """What happened since this process began, in the format that Prometheus reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._seconds: Counter[str] = Counter()
        self._buckets: Counter[tuple[str, float]] = Counter()

    def seen(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]
            for limit in _BUCKETS:
                if seconds <= limit:
                    self._buckets[route, limit] += 1

    def text(self, gauges: dict[str, float]) -> str:
        """Return all counts, and `gauges` by name."""
        lines = []
        with self._lock:
            lines.append("# TYPE grade_requests_total counter")
            for (method, route, status), count in sorted(self._requests.items()):
                lines.append(
                    f'grade_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
                )
            lines.append("# TYPE grade_request_seconds histogram")
            totals: Counter[str] = Counter()
            for (_, route, _), count in self._requests.items():
                totals[route] += count
            for route, total in sorted(totals.items()):
                for limit in _BUCKETS:
                    at_most = self._buckets[route, limit]
                    lines.append(f'grade_request_seconds_bucket{{route="{route}",le="{limit}"}} {at_most}')
                lines.append(f'grade_request_seconds_bucket{{route="{route}",le="+Inf"}} {total}')
                lines.append(f'grade_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}')
                lines.append(f'grade_request_seconds_count{{route="{route}"}} {total}')
        for name in dict.fromkeys(key.partition("{")[0] for key in gauges):
            lines.append(f"# TYPE {name} gauge")
            lines += [f"{key} {value}" for key, value in gauges.items() if key.partition("{")[0] == name]
        return "\n".join(lines) + "\n"


_BUCKETS = (0.05, 0.1, 0.3, 1.0, 3.0, 10.0)


class Guard:
    """The outermost application."""

    def __init__(self, inner: ASGIApp, metrics: Metrics, is_https: bool) -> None:
        self.inner = inner
        self._metrics = metrics
        self._is_https = is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        begun, status, left = time.monotonic(), 500, self._most(scope)
        announced = Headers(scope=scope).get("content-length", "0")
        is_too_long = not announced.isdigit() or int(announced) > left

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(MutableHeaders(scope=message))
            await send(message)

        async def receiving() -> Message:
            nonlocal left, is_too_long
            message = await receive()
            left -= len(message.get("body", b""))
            is_too_long = left < 0
            if is_too_long:
                raise TooLong
            return message

        async def sending_if_read(message: Message) -> None:
            # What reads a body answers to every exception, and has no name for this one.
            if is_too_long:
                raise TooLong
            await sending(message)

        try:
            if is_too_long:
                raise TooLong
            refused = _refused_form(scope)
            if refused:
                await JSONResponse({"detail": refused}, 415, {"Connection": "close"})(scope, receive, sending)
            else:
                await self.inner(scope, receiving, sending_if_read)
        except TooLong:
            refusal = {"detail": f"More than {self._most(scope) >> 10} KiB were sent."}
            await JSONResponse(refusal, 413, {"Connection": "close"})(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            seconds = time.monotonic() - begun
            # Anybody can invent a method, and each would be a line more for ever.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.seen(method if route != "none" else "any", route, status, seconds)
            # The route and not the address: that names a course and a submission.
            LOG.info(
                "request",
                extra={
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1e3),
                },
            )

    @staticmethod
    def _most(scope: Scope) -> int:
        return MOST_UPLOAD if _is_upload(scope) else MOST_BODY

    def _add_headers(self, headers: MutableHeaders) -> None:
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("Cache-Control", "no-store")
        if self._is_https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def _is_upload(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.endswith(("/submissions", "/revisions"))


def _refused_form(scope: Scope) -> str:
    """Return why a form is not read, empty if it may be.

    The framework reads a form before it asks who sends it. It decodes the fields of a multipart form on the
    event loop with the charset that the sender names, and some of Python's take quadratic time.
    """
    kind, options = parse_options_header(Headers(scope=scope).get("content-type", ""))
    if not kind.startswith(b"multipart/"):
        return ""
    if not _is_upload(scope):
        return "Send this form as application/x-www-form-urlencoded."
    if options.get(b"charset", b"utf-8").lower() != b"utf-8":
        return "Send this form in UTF-8."
    return ""


def address(request: Request) -> str:
    """Return where a request comes from, for limits only."""
    return request.client.host if request.client else ""


def framed(page: str) -> Response:
    """Return a page that has an origin of its own."""
    return Response(
        page.encode("utf-8", "replace"),
        media_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": FRAMED_POLICY},
    )
