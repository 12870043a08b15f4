"""The pages on this machine only: an address with a token, and a server that ends with the command."""

import contextlib
import secrets
import signal
import socket
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse

from grader.course.deciding import GradedClass
from grader.course.regrade import read_class
from grader.review.app import application
from grader.review.sources import FolderReports

_HOST = "127.0.0.1"
_COOKIE = "grade-review"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Local:
    """Lets in requests that know the token and are addressed to this machine by its own name.

    The second keeps away a page of another site whose name was made to lead here.
    """

    def __init__(self, app: App, token: str, port: int) -> None:
        self._app, self._token = app, token
        self._hosts = (f"{_HOST}:{port}", f"localhost:{port}")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if request.headers.get("host") not in self._hosts:
            await PlainTextResponse("Open the address that `grade review` printed.", 421)(
                scope, receive, send
            )
            return
        given = request.query_params.get("token", "")
        if given and secrets.compare_digest(given.encode(), self._token.encode()):
            answer = RedirectResponse(request.url.path, 303)
            answer.set_cookie(_COOKIE, self._token, httponly=True, samesite="strict")
            answer.headers["Referrer-Policy"] = "no-referrer"
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def serve(
    course: GradedClass,
    by: str,
    *,
    anonymous: bool,
    named: bool,
    port: int,
    show: bool,
    say: Callable[[str], None],
) -> None:
    """Serve the pages until the command is stopped, then write marks and pages.

    `say` is called with the address; `show` opens it in a browser.
    """
    token = secrets.token_urlsafe(24)

    def reviewer(request: Request) -> str | None:
        given = request.cookies.get(_COOKIE, "")
        if not secrets.compare_digest(given.encode(), token.encode()):
            return None
        return request.cookies.get("grade-reviewer", "")[:100].strip() or by

    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((_HOST, port))
        port = listening.getsockname()[1]
        reports = FolderReports(course)
        reports.reports()  # a report that is not ours is told now
        pages = application(
            course.decisions,
            reports,
            reviewer,
            anonymous=anonymous,
            named=named,
            publish=lambda: _publish(course),
        )
        server = _Server(
            uvicorn.Config(Local(pages, token, port), log_level="warning", access_log=False, lifespan="off")
        )
        address = f"http://{_HOST}:{port}/?token={token}"
        say(address)
        if show:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        server.run(sockets=[listening])
    _publish(course)


class _Server(uvicorn.Server):
    """A server that ends without an exception when it is stopped, so that marks can be written then."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End at Ctrl-C or SIGTERM."""
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def _publish(course: GradedClass) -> None:
    """Write the marks; the class may have been graded again in the meantime."""
    GradedClass(course.folder, read_class(course.folder), course.signer).publish()
