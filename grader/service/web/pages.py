"""The pages: plain HTML, of which each works without a script."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy.orm import Session

from grader.report.numbers import points
from grader.report.visible import visible
from grader.service import (
    access,
    actions,
    calendars,
    courses,
    extensions,
    handing_in,
    homes,
    marks,
    own_data,
    results,
    revisions,
    setting_up,
    tokens,
)
from grader.service.access import ALLOWED, May, Role
from grader.service.policies import clock_of, in_words, policy_of
from grader.service.releases import Supposed, releases_of
from grader.service.schema import AssignmentRow, Person, Revision
from grader.service.web import live
from grader.service.web.asking import Browser, Of, Service, SignedIn, download, limit
from grader.service.web.guards import MOST_BODY, address, framed
from grader.service.web.uploads import received

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
TOO_MANY = "Too many tries; wait a minute."
STATIC = {"style.css": "text/css", "page.js": "text/javascript"}
_SHOWN = 500
"""Lines of a class on one page."""
_LONGEST_TOKEN = 200
_ROLES = {Role.STUDENT: "a student", Role.ASSISTANT: "an assistant", Role.INSTRUCTOR: "an instructor"}
_NEW = "This login is new here: its owner needs a link to sign in."
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def _finalize(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _when(seconds: float | None, clock: tzinfo = UTC) -> str:
    return "" if seconds is None else in_words(seconds, clock)


def _moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M %Z")


def _due(deadline: datetime) -> str:
    """Return a deadline, and how far it is away."""
    seconds = (deadline - datetime.now(UTC)).total_seconds()
    length, unit = next(one for one in _UNITS if abs(seconds) >= one[0] or one[0] == 60)
    count = int(abs(seconds) // length)
    distance = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{_moment(deadline)}, {f'in {distance}' if seconds > 0 else f'{distance} ago'}"


_PAGES = Environment(
    loader=PackageLoader("grader.service.web", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_finalize,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters |= {"points": points, "when": _when, "due": _due, "moment": _moment}


def page(template: str, code: int = 200, /, **values: Any) -> HTMLResponse:
    """Return a page; `who` and `csrf` are those of its session, if there is one.

    `viewed` is the student whose view somebody else takes: then nothing can be changed.
    """
    whole = {"who": None, "csrf": "", "viewed": None, "supposed": "", **values}
    return HTMLResponse(_PAGES.get_template(template).render(**whole), code)


def failed(status: int, said: str, who: SignedIn | None = None) -> HTMLResponse:
    """Return a page that says why something cannot be done."""
    return page("error.html", status, said=said, status=status, who=who.person if who else None)


@dataclass(frozen=True)
class View:
    """The view of another person, perhaps with releases that are not stored, at a later moment."""

    person: Person
    supposed: Supposed | None = None
    clock: tzinfo = UTC
    """Of the assignment about which something is supposed."""

    @property
    def query(self) -> str:
        """What an address of the same view ends with."""
        then = f"&then={self.supposed.code}" if self.supposed else ""
        return f"?as={self.person.id}{then}"

    @property
    def words(self) -> str:
        """What is supposed, empty if nothing is."""
        if self.supposed is None:
            return ""
        what = " with releases that you have not stored" if self.supposed.changes else ""
        return f"would on {in_words(self.supposed.moment, self.clock)}{what}"


Viewed = View | None


def of_page(browser: SignedIn, viewed: Viewed = None, back: str = "") -> dict[str, Any]:
    """Return what each page needs to know; `back` ends the view of another person."""
    shown: dict[str, Any] = {"viewed": viewed.person if viewed else None, "back": back}
    shown |= {"seen": viewed.query if viewed else "", "supposed": viewed.words if viewed else ""}
    return {"who": browser.person, "csrf": "" if viewed else browser.csrf, **shown}


def to(where: str) -> RedirectResponse:
    """Return that a browser goes on at `where`."""
    return RedirectResponse(where, 303)


@router.get("/static/{name}")
def static(name: str) -> Response:
    """Return the style sheet or the script."""
    if name not in STATIC:
        raise HTTPException(404, "There is no such file.")
    data = files("grader.service.web").joinpath("static", name).read_bytes()
    return Response(data, media_type=STATIC[name], headers={"Cache-Control": "max-age=300"})


# Signing in


@router.get("/sign-in")
def sign_in_page(of: Of) -> Response:
    """Ask for a token; a link holds it behind `#`, where no server and no log sees it."""
    return page("sign_in.html", said="", providers=of.options.sign_in)


@router.post("/sign-in")
def sign_in(request: Request, of: Of, token: Annotated[str, Form(max_length=_LONGEST_TOKEN)]) -> Response:
    """Open a session for a token."""
    if not is_from_here(request):
        return failed(403, "This form is not from this page.")
    cookie = _session(request, of, token.strip())
    # A good link is let in whatever others behind the same address tried.
    if cookie is None and not of.sign_ins.take(address(request)):
        return failed(429, TOO_MANY)
    if cookie is None:
        said = "This link is not good, or not any more. Ask for a new one."
        return page("sign_in.html", 403, said=said, providers=of.options.sign_in)
    return start_session(of, cookie, "/")


def start_session(of: Service, cookie: str, where: str) -> RedirectResponse:
    """Return an answer that gives a browser its session, and leads to a page of ours."""
    answer = to(where)
    answer.set_cookie(
        of.cookie,
        cookie,
        max_age=int(tokens.DAYS[tokens.Kind.SESSION] * tokens.DAY),
        secure=of.is_https,
        httponly=True,
        samesite="lax",
        path="/",
    )
    return answer


def open_session(session: Session, request: Request, of: Service, who: Person, label: str = "") -> str:
    """Return the cookie of a new session; the one that the browser had before ends."""
    before = tokens.shown(session, request.cookies.get(of.cookie, ""), tokens.Kind.SESSION)
    if before is not None:
        tokens.revoke(session, before.id)
    return tokens.make(session, tokens.Kind.SESSION, who.id, label)


def _session(request: Request, of: Service, token: str) -> str | None:
    """Return the cookie of a new session for a token to sign in, None if it is not good."""
    with of.database.read() as session:
        if tokens.shown(session, token, tokens.Kind.SIGN_IN) is None:
            return None
    # Only who has a good token makes others wait for the database. It is looked up again: it may have ended.
    with of.database.write() as session:
        shown = tokens.shown(session, token, tokens.Kind.SIGN_IN)
        if shown is None or shown.person is None:
            return None
        return open_session(session, request, of, shown.person)


def is_from_here(request: Request) -> bool:
    """Whether a form was sent by a page of this service: there is no session yet that could say so.

    Browsers leave Sec-Fetch-Site out over plain HTTP, but not Origin. A program may send neither.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


@router.post("/sign-out")
def sign_out(of: Of, browser: Browser) -> Response:
    """End the session."""
    with of.database.write() as session:
        tokens.revoke(session, browser.token)
    answer = to("/sign-in")
    answer.delete_cookie(of.cookie, path="/", secure=of.is_https, httponly=True)
    return answer


@router.get("/account")
def account(of: Of, browser: Browser) -> Response:
    """Show a person's tokens and sessions."""
    with of.database.read() as session:
        mine = tokens.of_person(session, browser.person.id)
    return page("account.html", tokens=mine, new="", this=browser.token, **of_page(browser))


@router.post("/account/tokens")
def new_token(of: Of, browser: Browser, label: Annotated[str, Form(max_length=60)] = "") -> Response:
    """Make a token for a program; it is shown once."""
    with of.database.write() as session:
        mine = tokens.of_person(session, browser.person.id)
        if sum(one.kind == tokens.Kind.API for one in mine) >= 20:
            return failed(422, "You have 20 tokens; end one first.", browser)
        made = tokens.make(session, tokens.Kind.API, browser.person.id, label)
        mine = tokens.of_person(session, browser.person.id)
    return page("account.html", tokens=mine, new=made, this=browser.token, **of_page(browser))


@router.post("/account/tokens/{name}/end")
def end_token(of: Of, browser: Browser, name: str) -> Response:
    """End a token or a session of one's own."""
    with of.database.write() as session:
        if not tokens.revoke(session, name, browser.person.id):
            raise access.NotThere(name)
    return to("/account")


@router.post("/account/calendar")
def new_calendar(of: Of, browser: Browser) -> Response:
    """Make the secret address of a person's calendar; it is shown once, and an earlier one ends."""
    with of.database.write() as session:
        tokens.revoke_kind(session, browser.person.id, tokens.Kind.CALENDAR)
        made = tokens.make(session, tokens.Kind.CALENDAR, browser.person.id)
        mine = tokens.of_person(session, browser.person.id)
    where = f"{of.public}/calendar/{made}.ics"
    return page("account.html", tokens=mine, new=where, this=browser.token, **of_page(browser))


@router.get("/calendar/{secret}.ics")
def calendar(of: Of, secret: str) -> Response:
    """Return the deadlines of whom a secret address belongs to."""
    with of.database.read() as session:
        shown = tokens.shown(session, secret, tokens.Kind.CALENDAR)
        if shown is None or shown.person is None:
            raise access.NotThere("calendar")
        limit(of, shown.person)
        found = calendars.calendar(session, shown.person, of.public, datetime.now(UTC))
    return Response(found.encode("utf-8", "replace"), media_type="text/calendar; charset=utf-8")


@router.get("/account/data.zip")
def my_data(of: Of, browser: Browser) -> Response:
    """Return all that is held about a person."""
    data = own_data.archive(of.database, of.files, browser.person, sees_withheld=False)
    return StreamingResponse(data, media_type="application/zip", headers=download("my-data.zip"))


# Courses


@dataclass(frozen=True)
class Asked:
    """Whose view is asked for."""

    number: int | None
    then: str

    @classmethod
    def of(
        cls,
        number: Annotated[int | None, Query(alias="as", ge=1, le=2**31 - 1)] = None,
        then: Annotated[str, Query(max_length=20_000)] = "",
    ) -> "Asked":
        """Return what an address asks for: the number of a student, and what is supposed."""
        return cls(number, then)


As = Annotated[Asked, Depends(Asked.of)]


@router.get("/")
def home(of: Of, browser: Browser) -> Response:
    """Show what waits for a person, and the courses with their assignments."""
    with of.database.read() as session:
        return page(
            "home.html",
            courses=homes.courses_of(session, browser.person),
            waiting=homes.waiting(session, browser.person),
            title="Your courses",
            **of_page(browser),
        )


@router.get("/courses/{course}")
def course_page(of: Of, browser: Browser, course: str, asked: As) -> Response:
    """Show one course."""
    with of.database.read() as session:
        found, _ = access.course(session, browser.person, course)
        person, viewed = _eyes(session, browser, course, asked)
        enrolled = homes.course_of(session, person, found, viewed.supposed if viewed else None)
        waiting = [one for one in homes.waiting(session, person) if one.course.id == found.id]
        return page(
            "home.html",
            courses=[enrolled],
            waiting=waiting,
            title=found.title,
            **of_page(browser, viewed, f"/courses/{course}"),
        )


@router.get("/people/{course}")
def people_page(of: Of, browser: Browser, course: str) -> Response:
    """Show who is in a course."""
    return _people(of, browser, course)


def _people(of: Service, browser: SignedIn, course: str, said: str = "") -> Response:
    with of.database.read() as session:
        found, _ = access.course(session, browser.person, course, May.MANAGE)
        members = access.members(session, found)
        members.sort(key=lambda one: (one[1] is Role.STUDENT, one[0].name or one[0].login))
        return page("people.html", course=found, members=members, said=said, **of_page(browser))


@router.post("/people/{course}")
def set_person(
    of: Of,
    browser: Browser,
    course: str,
    login: Annotated[str, Form(max_length=200)],
    role: Annotated[Role, Form()],
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Give somebody a role in a course."""
    with of.database.write() as session:
        found, _ = access.course(session, browser.person, course, May.MANAGE)
        plain, called = courses.storable(login), courses.storable(name)
        is_new = setting_up.set_person(
            session, browser.person, found, plain, name=called, email="", role=role
        )
    said = f"{plain} is {_ROLES[role]} of this course now."
    return _people(of, browser, course, said + (f" {_NEW}" if is_new else ""))


@router.post("/people/{course}/roster")
def add_roster(
    of: Of, browser: Browser, course: str, text: Annotated[str, Form(max_length=MOST_BODY)]
) -> Response:
    """Add the people of a roster as students."""
    with of.database.write() as session:
        found, _ = access.course(session, browser.person, course, May.MANAGE)
        new, whole = setting_up.add_roster(session, browser.person, found, courses.storable(text))
    return _people(of, browser, course, f"{new} of {whole} people are new in this course.")


@router.get("/courses/{course}/{assignment}")
def assignment_page(of: Of, browser: Browser, course: str, assignment: str, asked: As) -> Response:
    """Show where to hand in, and what was handed in."""
    with of.database.read() as session:
        person, viewed = _eyes(session, browser, course, asked)
        found, row, role = access.assignment(session, person, course, assignment)
        sees_class = May.SEE_CLASS in ALLOWED[role]
        shown = releases_of(session, row, viewed.supposed if viewed else None)
        return page(
            "assignment.html",
            course=found,
            assignment=row,
            asked_for=_asked_for(session.get(Revision, row.revision_id or 0)),
            deadline=results.deadline(session, row, person),
            left=handing_in.left(session, person, row),
            is_open=handing_in.is_open(session, person, row),
            attempts=results.attempts(session, person, row, shown, whole=sees_class),
            shown=shown,
            clock=clock_of(row),
            rules=policy_of(row),
            sees_class=sees_class,
            **of_page(browser, viewed, f"/courses/{course}/{assignment}/class"),
        )


def _eyes(session: Session, browser: SignedIn, course: str, asked: Asked) -> tuple[Person, Viewed]:
    """Return through whose eyes a page is seen, and the view if it is that of another person.

    What is supposed counts in such a view only: a student's own page is never one of what is not released.
    """
    if asked.number is None:
        return browser.person, None
    found, _ = access.course(session, browser.person, course, May.SEE_CLASS)
    person = homes.viewed(session, asked.number, found)
    if not asked.then:
        return person, View(person)
    supposed = Supposed.of(asked.then)
    row = session.get(AssignmentRow, supposed.assignment_id)
    if row is None or row.course_id != found.id:
        raise access.NotThere(asked.then)
    return person, View(person, supposed, clock_of(row))


def _asked_for(revision: Revision | None) -> list[str]:
    return revisions.asked_for(revision) if revision else []


@router.post("/courses/{course}/{assignment}/submissions")
async def upload(request: Request, of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Take an upload; a script gets the address of its page as JSON, a form is led there."""
    found = await received(request, of, browser.person, course, assignment)
    where = f"/submissions/{found.id}"
    if "application/json" in request.headers.get("accept", ""):
        return Response(f'{{"page": "{where}"}}', 201, media_type="application/json")
    return to(where)


@router.get("/submissions/{name}")
def submission_page(of: Of, browser: Browser, name: str, as_whom: As) -> Response:
    """Show how far a submission is, then its report, and the attempts before it."""
    with of.database.read() as session:
        opened, viewed = _opened(session, browser, name, as_whom)
        asked = actions.requests_about(session, opened.submission)
        own = viewed is not None or opened.owner.id == browser.person.id
        return page(
            "submission.html",
            opened=opened,
            status=opened.status,
            attempts=results.attempts(
                session, opened.owner, opened.assignment, opened.shown, whole=opened.sees_class
            ),
            clock=clock_of(opened.assignment),
            requests=asked,
            decided=actions.decided_about(session, opened, asked),
            own=own,
            is_open=own and handing_in.is_open(session, opened.owner, opened.assignment),
            is_student=access.role(session, opened.owner, opened.course.id) is Role.STUDENT,
            may_manage=May.MANAGE in ALLOWED[opened.role],
            may_answer=May.ANSWER in ALLOWED[opened.role],
            **of_page(browser, viewed, f"/submissions/{name}"),
        )


def _opened(session: Session, browser: SignedIn, name: str, asked: Asked) -> tuple[actions.Opened, Viewed]:
    """Return a submission as the person sees it, or as the student whose view is taken."""
    if asked.number is None:
        return actions.open_submission(session, browser.person, name), None
    course = access.submission(session, browser.person, name, May.SEE_CLASS)[0]
    person, viewed = _eyes(session, browser, course.name, asked)
    supposed = viewed.supposed if viewed else None
    return actions.open_submission(session, person, name, supposed), viewed


@router.get("/submissions/{name}/report.html")
def report(of: Of, browser: Browser, name: str, asked: As) -> Response:
    """Return the report, which has an origin of its own."""
    with of.database.read() as session:
        return framed(actions.report_page(session, _opened(session, browser, name, asked)[0]))


@router.get("/submissions/{name}/events")
async def follow(of: Of, browser: Browser, name: str) -> Response:
    """Return live progress."""
    return await live.events(of, browser.person, name)


@router.get("/submissions/{name}/files.zip")
def handed_in(of: Of, browser: Browser, name: str) -> Response:
    """Return what was handed in."""
    with of.database.read() as session:
        path = actions.files_of(session, of.files, browser.person, name)
    return FileResponse(path, media_type="application/zip", headers=download(f"{name}.zip"))


@router.post("/submissions/{name}/requests")
def ask(
    of: Of, browser: Browser, name: str, text: Annotated[str, Form(max_length=actions.LONGEST_TEXT)]
) -> Response:
    """Ask about a mark."""
    with of.database.write() as session:
        actions.ask(session, browser.person, name, text)
    return to(f"/submissions/{quote(name)}#questions")


@router.post("/submissions/{name}/retry")
def retry(of: Of, browser: Browser, name: str) -> Response:
    """Grade a broken or a parked submission again."""
    with of.database.write() as session:
        actions.retry(session, browser.person, name)
    return to(f"/submissions/{quote(name)}")


# The class


@router.get("/courses/{course}/{assignment}/class")
def class_page(of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Show each student with the submission that counts."""
    with of.database.read() as session:
        found, row, role = access.assignment(session, browser.person, course, assignment, May.SEE_CLASS)
        lines = results.class_lines(session, found, row, row.revision_id)
        newest = revisions.newest(session, row)
        newer = newest if newest and newest.id != row.revision_id else None
        shown = releases_of(session, row)
        return page(
            "class.html",
            course=found,
            assignment=row,
            lines=lines[:_SHOWN],
            more=len(lines) - _SHOWN,
            graded=sum(line.result is not None for line in lines),
            handed_in=sum(line.submission is not None for line in lines),
            answers=sum(line.result is not None and line.result.waits for line in lines),
            look_again=sum(line.result.look_again for line in lines if line.result is not None),
            students=results.students(session, found),
            parked=[line for line in lines if line.state == "parked"],
            requests=actions.open_requests(session, row),
            revision=session.get(Revision, row.revision_id or 0),
            newer=newer,
            regraded=results.count(session, newer.id) if newer else 0,
            shown=shown,
            withheld=homes.withheld(shown),
            submissions=results.submissions(session, row),
            rules=policy_of(row),
            clock=clock_of(row),
            may_manage=May.MANAGE in ALLOWED[role],
            **of_page(browser),
        )


@router.get("/courses/{course}/{assignment}/deadline")
def deadline_page(of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Show the rules for late submissions, and who has more time."""
    with of.database.read() as session:
        found, row, role = access.assignment(session, browser.person, course, assignment, May.SEE_CLASS)
        return page(
            "deadline.html",
            course=found,
            assignment=row,
            rules=policy_of(row),
            clock=clock_of(row),
            extended=extensions.extended(session, row),
            students=[one for one, held in access.members(session, found) if held is Role.STUDENT],
            may_manage=May.MANAGE in ALLOWED[role],
            **of_page(browser),
        )


@router.post("/courses/{course}/{assignment}/extensions")
def extend(
    of: Of,
    browser: Browser,
    course: str,
    assignment: str,
    person: Annotated[int, Form(ge=1, le=2**31 - 1)],
    until: Annotated[datetime, Form()],
) -> Response:
    """Give a student more time."""
    with of.database.write() as session:
        found, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        extensions.give(session, browser.person, found, row, person, until)
    return to(f"/courses/{quote(course)}/{quote(assignment)}/deadline")


@router.post("/courses/{course}/{assignment}/extensions/take-back")
def take_extension_back(
    of: Of, browser: Browser, course: str, assignment: str, key: Annotated[str, Form(max_length=400)]
) -> Response:
    """Take an extension back."""
    with of.database.write() as session:
        _, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        extensions.take_back(session, browser.person, row, key)
    return to(f"/courses/{quote(course)}/{quote(assignment)}/deadline")


@router.get("/courses/{course}/{assignment}/class.html")
def analysis(of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Show checks, mistakes and groups of a class."""
    with of.database.read() as session:
        found, row, _ = access.assignment(session, browser.person, course, assignment, May.SEE_CLASS)
        return framed(actions.analysis_page(session, found, row))


@router.get("/courses/{course}/{assignment}/compare.html")
def compare(of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Show what the newest revision would change."""
    with of.database.read() as session:
        found, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        return framed(actions.compare_page(session, found, row))


@router.get("/courses/{course}/{assignment}/grades.csv")
def grades(of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Return the marks."""
    with of.database.read() as session:
        found, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        data = actions.grades(session, found, row)
    return PlainTextResponse(data, media_type="text/csv", headers=download(f"{course}-{assignment}.csv"))


@router.get("/courses/{course}/{assignment}/everything.zip")
def everything(of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Return marks, files and reports."""
    with of.database.read() as session:
        found, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
    return StreamingResponse(
        actions.everything(of.database, of.files, found, row),
        media_type="application/zip",
        headers=download(f"{course}-{assignment}.zip"),
    )


@router.get("/courses/{course}/{assignment}/solutions")
def solutions(of: Of, browser: Browser, course: str, assignment: str, asked: As) -> Response:
    """Show the solutions, to students once they are released."""
    with of.database.read() as session, tempfile.TemporaryDirectory(prefix="grade-") as temporary:
        person, viewed = _eyes(session, browser, course, asked)
        found, row, role = access.assignment(session, person, course, assignment)
        shown = releases_of(session, row, viewed.supposed if viewed else None)
        sees_class = May.SEE_CLASS in ALLOWED[role]
        if not (sees_class or shown.answers):
            raise access.NotThere(assignment)
        known = actions.solutions(session, of.files, row, None if sees_class else shown, Path(temporary))
        back = of_page(browser, viewed, f"/courses/{course}/{assignment}/class")
    return page("solutions.html", course=found, assignment=row, solutions=known, **back)


@router.post("/courses/{course}/{assignment}/release")
def release(
    of: Of,
    browser: Browser,
    course: str,
    assignment: str,
    marks: Annotated[str, Form(pattern="^(shown|withheld|)$")] = "",
    answers: Annotated[str, Form(pattern="^(shown|hidden|)$")] = "",
) -> Response:
    """Show or withhold marks and solutions."""
    with of.database.write() as session:
        _, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        if marks or answers:
            actions.release(
                session,
                browser.person,
                row,
                marks == "withheld" if marks else None,
                answers == "shown" if answers else None,
                of.options.notices,
            )
    return to(f"/courses/{quote(course)}/{quote(assignment)}/class")


@router.post("/courses/{course}/{assignment}/regrade")
def regrade(of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Grade all submissions with the newest revision."""
    with of.database.write() as session:
        _, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        actions.regrade(session, browser.person, row)
    return to(f"/courses/{quote(course)}/{quote(assignment)}/class")


@router.post("/courses/{course}/{assignment}/publish")
def publish(
    of: Of,
    browser: Browser,
    course: str,
    assignment: str,
    revision: Annotated[int, Form(ge=1, le=2**31 - 1)],
) -> Response:
    """Let the marks of a revision count."""
    with of.database.write() as session:
        _, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        actions.publish(session, browser.person, row, revision, of.options.notices)
    marks.keep_all(of.database, row)
    return to(f"/courses/{quote(course)}/{quote(assignment)}/class")
