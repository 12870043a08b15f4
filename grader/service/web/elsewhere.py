"""Signing in at a provider of OpenID Connect, or at GitHub."""

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from grader.service import identities, openid, signed
from grader.service.access import NotThere
from grader.service.openid import Begun
from grader.service.options import Provider
from grader.service.outgoing import Unreachable
from grader.service.signed import NotAccepted
from grader.service.web.asking import Of, Service
from grader.service.web.pages import open_session, page, start_session

router = APIRouter(include_in_schema=False)


@router.get("/sign-in/with/{provider}")
async def begin(of: Of, provider: str) -> Response:
    """Send the browser to a provider."""
    return await to_thread.run_sync(_begin, of, provider, limiter=of.calling)


def _begin(of: Service, provider: str) -> Response:
    found = _provider(of, provider)
    try:
        where, begun = of.conversations.begin(found)
    except Unreachable as error:
        return _failed(of, str(error), 503)
    answer = RedirectResponse(where, 303)
    answer.set_cookie(
        _cookie(of),
        begun.text(),
        max_age=openid.MOST_SECONDS,
        secure=of.is_https,
        httponly=True,
        samesite="lax",
        path="/",
    )
    return answer


@router.get("/sign-in/with/{provider}/back")
async def back(request: Request, of: Of, provider: str) -> Response:
    """Open a session for whom a provider names; nothing of the address says where to go then."""
    return await to_thread.run_sync(_back, request, of, provider, limiter=of.calling)


def _back(request: Request, of: Service, provider: str) -> Response:
    found = _provider(of, provider)
    begun = Begun.read(request.cookies.get(_cookie(of), ""))
    try:
        known = of.conversations.finish(found, begun, dict(request.query_params))
        if begun is not None:
            signed.use_once(of.database, known.issuer, begun.state)
    except NotAccepted as error:
        return _failed(of, str(error), 403)
    except Unreachable as error:
        return _failed(of, str(error), 503)
    with of.database.write() as session:
        who = identities.person(session, known.issuer, known.subject, known.email)
        if who is None:
            said = f"{found.title} does not name anybody who is known here. Ask your instructor for a link."
            return _failed(of, said, 403)
        made = open_session(session, request, of, who, found.title)
    answer = start_session(of, made, "/")
    answer.delete_cookie(_cookie(of), path="/", secure=of.is_https, httponly=True, samesite="lax")
    return answer


def _provider(of: Service, name: str) -> Provider:
    found = of.options.provider(name)
    if found is None:
        raise NotThere(name)
    return found


def _cookie(of: Service) -> str:
    return f"{of.cookie}-begun"


def _failed(of: Service, said: str, status: int) -> Response:
    """Return the page to sign in; what the browser kept for this try is good for nothing more."""
    answer = page("sign_in.html", status, said=said, providers=of.options.sign_in)
    answer.delete_cookie(_cookie(of), path="/", secure=of.is_https, httponly=True, samesite="lax")
    return answer
