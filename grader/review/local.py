"""The pages on this machine only: addresses with a token, and a server that ends with the command.

All users of a machine can reach its ports and see what programs are called with. So a token is in no command
line, lets in one browser, and is worth nothing afterwards; the browser is known by a cookie.
"""

import contextlib
import html
import secrets
import signal
import socket
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from grader import untrusted_files
from grader.course.deciding import GradedClass
from grader.course.regrade import read_class
from grader.errors import UsageError
from grader.review.app import application
from grader.review.sources import FolderReports

_HOST = "127.0.0.1"
_FORWARD = '<!doctype html><meta charset="utf-8"><title>grade review</title>{}\n'
_REFRESH = '<meta http-equiv="refresh" content="0; url={0}"><a href="{0}">Review</a>'

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Access:
    """Knows who is let in to the pages at `base`, as `http://127.0.0.1:8000`."""

    def __init__(self, base: str, port: int) -> None:
        self.base = base
        self.cookie = f"grade-review-{port}"
        """Its name; a browser sends cookies to all ports of a machine."""
        self.value = secrets.token_urlsafe(24)
        self._unused: dict[str, Callable[[], None]] = {}

    def address(self, used: Callable[[], None] = lambda: None) -> str:
        """Return an address that lets in one browser; `used` is called then."""
        token = secrets.token_urlsafe(24)
        self._unused[token] = used
        return f"{self.base}/?token={token}"

    def take(self, token: str) -> bool:
        """Use a token up; whether it was good."""
        known = [one for one in self._unused if secrets.compare_digest(one.encode(), token.encode())]
        for one in known:
            self._unused.pop(one)()
        return bool(known)

    def has_cookie(self, request: Request) -> bool:
        """Whether a browser was let in before."""
        given = request.cookies.get(self.cookie, "")
        return secrets.compare_digest(given.encode(), self.value.encode())


class Local:
    """Lets in requests that know a token and are addressed to this machine by its own name.

    The second keeps away a page of another site whose name was made to lead here.
    """

    def __init__(self, app: App, access: Access, port: int) -> None:
        self._app, self._access = app, access
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
        await (self._entrance(request, given) if given else self._app)(scope, receive, send)

    def _entrance(self, request: Request, token: str) -> Response:
        is_new = self._access.take(token)
        if not is_new and not self._access.has_cookie(request):
            return PlainTextResponse(
                "This address was used before, or is of another run. Go on in the browser that used it "
                f"({self._access.base}), or open the newest address that `grade review` printed.",
                403,
            )
        # A strict cookie is not sent where a page of another site, as a file, leads; from this page it is.
        answer = HTMLResponse(_forward(request.url.path), headers={"Referrer-Policy": "no-referrer"})
        if is_new:
            answer.set_cookie(self._access.cookie, self._access.value, httponly=True, samesite="strict")
        return answer


def _forward(address: str) -> str:
    """Return a page that leads to an address at once."""
    return _FORWARD.format(_REFRESH.format(html.escape(address)))


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

    `say` is called with an address that lets in one browser, and with another one as soon as it is used;
    `show` opens the pages in a browser.
    """

    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((_HOST, port))
        listening.listen()  # an address that is printed can be opened
        port = listening.getsockname()[1]
        reports = FolderReports(course)
        reports.reports()  # a report that is not ours is told now
        access = Access(f"http://{_HOST}:{port}", port)
        pages = application(
            course.decisions,
            reports,
            lambda request: by if access.has_cookie(request) else None,
            anonymous=anonymous,
            named=named,
            publish=lambda: _publish(course),
        )
        server = _Server(
            uvicorn.Config(Local(pages, access, port), log_level="warning", access_log=False, lifespan="off")
        )

        def say_another() -> None:
            say(access.address(used=say_another))

        say_another()
        with _shown(course.folder, access, port) if show else contextlib.nullcontext():
            server.run(sockets=[listening])
    _publish(course)


@contextlib.contextmanager
def _shown(folder: Path, access: Access, port: int) -> Iterator[None]:
    """Open the pages in a browser by a file in `folder`, which is removed at the end.

    Only its owner can read it; an address in the browser's command line could be read by all. A browser in a
    container often sees no temporary folder, but it sees where the reports are.
    """
    name = f"review-{port}.html"
    try:
        untrusted_files.write(folder, name, [_forward(access.address()).encode()], mode=0o600)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}.") from None
    try:
        threading.Timer(0.5, webbrowser.open, [(folder / name).resolve().as_uri()]).start()
        yield
    finally:
        untrusted_files.remove(folder, (name,))


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
