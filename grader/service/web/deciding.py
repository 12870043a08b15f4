"""Pages on which people decide: the review of a class, and forms on the page of a submission."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from grader.results.decisions import MOST_TEXT
from grader.review.app import application
from grader.service import access, actions, deciding, decisions, reviewing
from grader.service.access import May
from grader.service.deciding import Given
from grader.service.web.asking import Browser, Of
from grader.service.web.pages import to

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Reason = Annotated[str, Form(max_length=MOST_TEXT)]
Target = Annotated[str, Form(max_length=300)]


class Within(Response):
    """The answer of another application, `app`, below the address `root`."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        super().__init__()
        self._app, self._root = app, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the other application answer."""
        root = scope.get("root_path", "") + self._root
        await self._app({**scope, "root_path": root, "path_params": {}}, receive, send)


@router.api_route("/courses/{course}/{assignment}/review/{path:path}", methods=["GET", "POST"])
def review(request: Request, of: Of, browser: Browser, course: str, assignment: str, path: str) -> Response:
    """Show the pages of `grade review` for the class."""
    who = browser.person
    with of.database.read() as session:
        found, row, role = access.assignment(session, who, course, assignment, May.DECIDE)
        name = decisions.name_of(session, row, who)
    here = f"/courses/{quote(course)}/{quote(assignment)}"
    pages = application(
        deciding.ReviewedDecisions(of.database, row, who, of.options.notices),
        deciding.ReviewedReports(of.database, of.prepared, found, row, who, role),
        lambda request: name,
        suggest=of.prepared.suggest,
        back=f"{here}/class",
        csrf=browser.csrf,
        colleagues=reviewing.ClassColleagues(of.database, found, row, who),
        prices_at=f"{here}/rubric",
    )
    # Its router alone: errors are answered as on all other pages.
    return Within(pages.router, f"{here}/review")


@router.post("/submissions/{name}/points")
def give_points(
    of: Of,
    browser: Browser,
    name: str,
    target: Target,
    points: Annotated[float, Form(allow_inf_nan=False)],
    reason: Reason,
) -> Response:
    """Give other points for a check or a task."""
    with of.database.write() as session:
        deciding.give(session, browser.person, name, Given.of(target, points, reason), of.options.notices)
    return to(f"/submissions/{quote(name)}#decisions")


@router.post("/submissions/{name}/comments")
def comment(
    of: Of,
    browser: Browser,
    name: str,
    text: Reason,
    file: Annotated[str, Form(max_length=300)] = "",
    line: Annotated[int, Form(ge=0, le=10**6)] = 0,
) -> Response:
    """Comment on a submission, or on a line of it."""
    with of.database.write() as session:
        deciding.comment(session, browser.person, name, text, file, line)
    return to(f"/submissions/{quote(name)}#decisions")


@router.post("/submissions/{name}/decisions/{decision}/take-back")
def take_back(of: Of, browser: Browser, name: str, decision: str) -> Response:
    """Take a decision back."""
    with of.database.write() as session:
        deciding.take_back(session, browser.person, name, decision, of.options.notices)
    return to(f"/submissions/{quote(name)}#decisions")


@router.post("/requests/{number}/answer")
def answer(
    of: Of,
    browser: Browser,
    number: int,
    text: Annotated[str, Form(max_length=actions.LONGEST_TEXT)],
    target: Target = "",
    points: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Answer a question about a mark, with other points if a form gives some."""
    given = None
    if target:
        given = Given.of(target, actions.number(points), text)
    with of.database.write() as session:
        about = actions.answer(session, browser.person, number, text, given, of.options.notices)
    return to(f"/submissions/{about}#questions")
