"""Who asks: the session of a browser, or the token of a program."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from anyio import CapacityLimiter
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from grader.service import tokens
from grader.service.database import Database
from grader.service.deciding import Prepared
from grader.service.files import Files
from grader.service.lti.launching import Launches
from grader.service.lti.services import Services
from grader.service.openid import Conversations
from grader.service.options import Options
from grader.service.queue import Queue
from grader.service.schema import Person
from grader.service.setting_up import Assignments
from grader.service.web.guards import Metrics, Places, Rate

COOKIE, SECURE_COOKIE = "grade", "__Host-grade"
_BEARER = HTTPBearer(
    auto_error=False, description="A token from the page `Account`, or from `grade admin token`."
)


@dataclass(frozen=True)
class Service:
    """What every request can reach."""

    database: Database
    files: Files
    queue: Queue
    metrics: Metrics
    is_https: bool
    requests: Rate
    """Of a person."""
    sign_ins: Rate
    """Of an address; only tries that failed."""
    uploads: Rate
    """Of a person, refused ones too."""
    uploading: Places
    """Of a person."""
    streams: Places
    """Of a person: pages that follow a submission."""
    prepared: Prepared
    public: str
    """What people write to reach the service, without a slash at its end."""
    options: Options
    conversations: Conversations
    """With providers where people sign in."""
    launches: Launches
    """From learning platforms."""
    platform_services: Services
    calling: CapacityLimiter
    """Threads that may wait for other services at once: others answer meanwhile."""
    assignments: Assignments | None
    """Takes in new ones; None if this process has no place for their answers."""

    @property
    def cookie(self) -> str:
        """The name of the cookie; the prefix makes browsers refuse one that another host set."""
        return SECURE_COOKIE if self.is_https else COOKIE


@dataclass(frozen=True)
class SignedIn:
    """A person with a browser."""

    person: Person
    csrf: str
    token: str
    """The id of the session."""


class NotSignedIn(Exception):
    """A page needs a session."""


async def service(request: Request) -> Service:
    """Return what the application was made with; as a coroutine, since a function would take a thread."""
    found: Service = request.app.state.service
    return found


Of = Annotated[Service, Depends(service)]


def signed_in(request: Request, of: Of) -> SignedIn:
    """Return who uses the browser. Raises `NotSignedIn`; for a form without this session's mark, 403."""
    with of.database.read() as session:
        shown = tokens.shown(session, request.cookies.get(of.cookie, ""), tokens.Kind.SESSION)
    if shown is None or shown.person is None:
        raise NotSignedIn
    limit(of, shown.person)
    if request.method not in ("GET", "HEAD"):
        given = request.headers.get("x-csrf-token") or request.query_params.get("csrf", "")
        if not tokens.same(given, shown.csrf):
            raise HTTPException(403, "This form is not from this session; reload the page and try again.")
    return SignedIn(shown.person, shown.csrf, shown.id)


def program(of: Of, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Person:
    """Return for whom a program acts; 401 without a good token. A cookie counts for nothing here."""
    with of.database.read() as session:
        shown = tokens.shown(session, given.credentials if given else "", tokens.Kind.API)
    if shown is None or shown.person is None:
        raise HTTPException(
            401, "Send a token: `Authorization: Bearer grade_…`.", {"WWW-Authenticate": "Bearer"}
        )
    limit(of, shown.person)
    return shown.person


def worker(of: Of, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
    """Let workers pass; 401 for others."""
    with of.database.read() as session:
        shown = tokens.shown(session, given.credentials if given else "", tokens.Kind.WORKER)
    if shown is None:
        raise HTTPException(401, "Send a worker's token.", {"WWW-Authenticate": "Bearer"})


def limit(of: Service, who: Person) -> None:
    """Count a request of a person; 429 for too many at once."""
    if not of.requests.take(str(who.id)):
        raise HTTPException(429, "That is too much at once; wait a moment.", {"Retry-After": "5"})


def download(name: str) -> dict[str, str]:
    """Return the headers of a file that a browser saves."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}


Browser = Annotated[SignedIn, Depends(signed_in)]
Program = Annotated[Person, Depends(program)]
