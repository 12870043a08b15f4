"""Launches from learning platforms: LTI 1.3."""

import re
import secrets
import shlex
from collections.abc import Sequence

from anyio import to_thread
from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, QueryParams

from grader.errors import UsageError
from grader.service import access, actions, tokens
from grader.service.access import ALLOWED, May
from grader.service.lti import linking, people, platforms
from grader.service.lti.launching import LAUNCH, MOST_SECONDS, Came, page_of
from grader.service.outgoing import Unreachable, origin
from grader.service.schema import (
    AssignmentRow,
    Course,
    Person,
    Platform,
    PlatformCourse,
    PlatformLink,
    Revision,
)
from grader.service.signed import NotAccepted
from grader.service.web.asking import Of, Service
from grader.service.web.guards import POLICY
from grader.service.web.pages import failed, is_from_here, open_session, page, start_session

router = APIRouter(include_in_schema=False)
_BROWSER = re.compile(r"[A-Za-z0-9_-]{32}")


@router.get("/lti/keys.json")
def keys(of: Of) -> Response:
    """Return the public key of this service."""
    try:
        with of.database.read() as session:
            return JSONResponse(platforms.public_keys(session))
    except UsageError as error:
        raise HTTPException(404, str(error)) from None


@router.get("/lti/login")
def begin(request: Request, of: Of) -> Response:
    """Send a browser back to the platform that wants to launch something."""
    return _begin(request, of, request.query_params)


@router.post("/lti/login")
async def begin_by_form(request: Request, of: Of) -> Response:
    """Do the same for a platform that sends a form."""
    form = await request.form()
    return await run_in_threadpool(_begin, request, of, form)


def _begin(request: Request, of: Service, asked: QueryParams | FormData) -> Response:
    browser = _browser(request, of) or secrets.token_urlsafe(24)
    try:
        with of.database.read() as session:
            where = of.launches.begin(session, _texts(asked), browser)
    except NotAccepted as error:
        return failed(403, str(error))
    answer = RedirectResponse(where, 303)
    # The way back is a form from another site, maybe in its frame: only such a cookie comes along. With
    # `Partitioned` a browser keeps it apart per site, instead of blocking it as a third party's.
    kept = f"{_cookie(of)}={browser}; Path=/; Max-Age={MOST_SECONDS}; HttpOnly"
    answer.headers.append("set-cookie", f"{kept}; Secure; SameSite=None; Partitioned")
    return answer


@router.post(LAUNCH)
async def launch(request: Request, of: Of) -> Response:
    """Take a launch: open the page that it is for, or let an instructor choose one."""
    form = await request.form()
    return await to_thread.run_sync(_launch, request, of, _texts(form), limiter=of.calling)


def _launch(request: Request, of: Service, sent: dict[str, str]) -> Response:
    try:
        came = of.launches.finish(of.database, sent, _browser(request, of))
        with of.database.write() as session:
            return _opened(session, request, of, came)
    except NotAccepted as error:
        return failed(403, str(error))
    except Unreachable as error:
        return failed(503, str(error))


@router.post("/lti/open")
async def open_in_window(request: Request, of: Of) -> Response:
    """Open a session for a ticket of the page that a launch in a frame shows."""
    form = await request.form()
    return await run_in_threadpool(_open, request, of, _texts(form).get("ticket", ""))


def _open(request: Request, of: Service, ticket: str) -> Response:
    if not is_from_here(request):
        return failed(403, "This form is not from this page.")
    with of.database.write() as session:
        shown = tokens.shown(session, ticket, tokens.Kind.TICKET)
        if shown is None or shown.person is None or not tokens.revoke(session, shown.id):
            return failed(403, "This page was open for too long; begin again on your learning platform.")
        cookie = open_session(session, request, of, shown.person, "a learning platform")
        return start_session(of, cookie, shown.label)


def _opened(session: Session, request: Request, of: Service, came: Came) -> Response:
    bound = platforms.course_of(session, came.platform, came.launch.deployment, came.launch.context)
    if bound is None:
        return _framed(_unknown(came), came)
    course = session.get_one(Course, bound.course_id)
    row = _target(session, of, course, came)
    who = people.enrolled(session, came.platform, course, came.launch.member)
    _remember(session, bound, row, came)
    if came.launch.deep_linking is not None:
        return _choices(session, of, came, course, who)
    where = f"/courses/{course.name}/{row.name}" if row else "/"
    if came.is_same_browser and request.headers.get("sec-fetch-dest") == "document":
        return start_session(of, open_session(session, request, of, who, came.platform.name), where)
    # A frame of another site has no session of ours. And if the browser kept no cookie, somebody else may
    # have begun this launch: its person looks who it is for.
    ticket = tokens.make(session, tokens.Kind.TICKET, who.id, where)
    return _framed(page("platform_open.html", ticket=ticket, person=who, platform=came.platform), came)


def _unknown(came: Came) -> Response:
    """Return a page with the command that says which course this is."""
    named = ["--deployment", came.launch.deployment, "--context", came.launch.context]
    command = shlex.join(
        ["grade", "admin", "platform-course", "DATA_DIR", came.platform.name, "COURSE", *named]
    )
    return page("platform_unknown.html", 403, platform=came.platform, launch=came.launch, command=command)


def _target(session: Session, of: Service, course: Course, came: Came) -> AssignmentRow | None:
    """Return the assignment that a launch is for. Raises `NotAccepted` for one that is not in the course."""
    named, assignment = page_of(of.public, came.launch.target) or ("", "")
    if not named:
        return None
    row = session.scalar(
        select(AssignmentRow).where(AssignmentRow.course_id == course.id, AssignmentRow.name == assignment)
    )
    if named != course.name or row is None:
        raise NotAccepted("This link is for an assignment that is not in this course.")
    return row


def _remember(session: Session, bound: PlatformCourse, row: AssignmentRow | None, came: Came) -> None:
    """Keep where the platform's services are, if they are where the operator expects them."""
    if platforms.serves(came.platform, came.launch.memberships_url):
        bound.memberships_url = came.launch.memberships_url
    if (
        row is None
        or not came.launch.resource_link
        or not platforms.serves(came.platform, came.launch.lineitem)
    ):
        return
    link = session.scalar(
        select(PlatformLink).where(
            PlatformLink.platform_course_id == bound.id,
            PlatformLink.resource_link_id == came.launch.resource_link,
        )
    )
    if link is None:
        link = PlatformLink(platform_course_id=bound.id, resource_link_id=came.launch.resource_link)
        session.add(link)
    link.assignment_id, link.lineitem = row.id, came.launch.lineitem


def _choices(session: Session, of: Service, came: Came, course: Course, who: Person) -> Response:
    """Return a page with a button per assignment; each sends the platform its signed answer."""
    asked = came.launch.deep_linking
    held = access.role(session, who, course.id)
    assert asked is not None
    if held is None or May.MANAGE not in ALLOWED[held]:
        raise NotAccepted("Only instructors place links.")
    if not origin(asked.return_url):
        raise NotAccepted("The platform does not say where the answer goes.")
    key = platforms.signing_key(session)
    found = [
        (
            row,
            linking.response(
                came.platform,
                key,
                came.launch.deployment,
                asked,
                url=f"{of.public}/courses/{course.name}/{row.name}",
                name=row.name,
                title=row.title,
                points=_points(session, row),
            ),
        )
        for row in actions.assignments_of(session, course)
    ]
    shown = page("platform_choose.html", course=course, choices=found, return_url=asked.return_url)
    return _framed(shown, came, origin(asked.return_url))


def _points(session: Session, row: AssignmentRow) -> float:
    revision = session.get(Revision, row.revision_id) if row.revision_id else None
    return sum(float(str(task["points"])) for task in revision.tasks) if revision else 0.0


def _framed(answer: Response, came: Came, form_target: str = "") -> Response:
    """Let the pages of the platform, and no others, show an answer in a frame."""
    linking_to = came.launch.deep_linking.return_url if came.launch.deep_linking else ""
    inside = " ".join(_origins(came.platform, [came.launch.return_url, linking_to]))
    policy = POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {inside}")
    policy = policy.replace("form-action 'self'", f"form-action 'self' {form_target}".rstrip())
    answer.headers["Content-Security-Policy"] = policy
    return answer


def _origins(platform: Platform, more: Sequence[str]) -> list[str]:
    named = [platform.issuer, platform.auth_url, platform.token_url, platform.jwks_url, *more]
    named += [f"https://{one}" for one in platform.hosts]
    return sorted({origin(one) for one in named} - {""})


def _cookie(of: Service) -> str:
    return f"{of.cookie}-launch"


def _browser(request: Request, of: Service) -> str:
    found = request.cookies.get(_cookie(of), "")
    return found if _BROWSER.fullmatch(found) else ""


def _texts(form: QueryParams | FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}
