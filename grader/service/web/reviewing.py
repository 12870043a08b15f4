"""Pages for several people who review: who decides about what, and calibrations."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Path
from fastapi.responses import HTMLResponse, Response

from grader.results.decisions import MOST_TEXT
from grader.review.app import application
from grader.service import access, calibrating, reviewing
from grader.service.access import May, NotThere
from grader.service.web.asking import Browser, Of
from grader.service.web.deciding import Within
from grader.service.web.pages import of_page, page, to

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_NOTE = (
    "Calibration: others grade the same answers. No grader sees another grader's points before all are done, "
    "and the points are no marks."
)
Part = Annotated[str, Form(max_length=MOST_TEXT)]
"""What a form calls a question or a task: its name and, after a slash, its number."""
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/courses/{course}/{assignment}/graders")
def graders(of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Show who decides about what, and the calibrations."""
    with of.database.read() as session:
        found, row, role = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        return page(
            "graders.html",
            course=found,
            assignment=row,
            parts=reviewing.parts(session, row),
            people=reviewing.deciders(session, found),
            graders=reviewing.graders(session, found, row),
            calibrations=calibrating.of_assignment(session, found, row, role),
            answers=calibrating.ANSWERS,
            most=calibrating.MOST_ANSWERS,
            **of_page(browser),
        )


@router.post("/courses/{course}/{assignment}/graders")
def assign(
    of: Of,
    browser: Browser,
    course: str,
    assignment: str,
    grader: Annotated[list[Part], Form(max_length=2000)] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Say who decides about what: the boxes that are ticked, `person/task/number` each."""
    with of.database.write() as session:
        found, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        assigned: dict[tuple[str, str], set[int]] = {
            one.about: set() for one in reviewing.parts(session, row)
        }
        for one in grader:
            person, about = _first(one)
            if about not in assigned or not person.isdecimal() or len(person) > 9:
                raise NotThere(one)
            assigned[about].add(int(person))
        reviewing.assign(session, browser.person, found, row, assigned)
    return to(f"/courses/{quote(course)}/{quote(assignment)}/graders")


@router.post("/courses/{course}/{assignment}/calibrations")
def start(
    of: Of,
    browser: Browser,
    course: str,
    assignment: str,
    question: Part,
    answers: Annotated[int, Form(ge=1, le=calibrating.MOST_ANSWERS)] = calibrating.ANSWERS,
    grader: Annotated[list[Annotated[str, Form(max_length=200)]], Form(max_length=200)] = [],  # noqa: B006
) -> Response:
    """Start a calibration; `grader` are logins."""
    task, _, check = question.partition("/")
    number = calibrating.start(
        of.database, of.prepared, browser.person, (course, assignment), (task, check), answers, grader
    )
    return to(f"/calibrations/{number}")


@router.get("/calibrations/{number}")
def calibration(of: Of, browser: Browser, number: Number) -> Response:
    """Show how far the graders are, and once it is closed what they gave."""
    with of.database.read() as session:
        opened = calibrating.opened(session, browser.person, number)
        return page(
            "calibration.html",
            opened=opened,
            own=opened.graded_by(browser.person),
            comparison=calibrating.comparison(session, of.prepared, opened),
            **of_page(browser),
        )


@router.api_route("/calibrations/{number}/review/{path:path}", methods=["GET", "POST"])
def grade(of: Of, browser: Browser, number: Number, path: str) -> Response:
    """Show the pages of `grade review` for the answers of a calibration, with one's own points."""
    own = calibrating.own_grades(of.database, browser.person, number)
    here = f"/calibrations/{number}"
    is_page = not path.startswith(("api/", "static/"))
    if not path or (is_page and own.opened.row.closed is not None):
        return to(here)
    pages = application(
        own,
        calibrating.DrawnReports(of.database, of.prepared, own.opened),
        lambda request: own.name,
        suggest=of.prepared.suggest,
        csrf=browser.csrf,
        calibration=_NOTE,
    )
    return Within(pages.router, f"{here}/review")


@router.post("/calibrations/{number}/close")
def close(of: Of, browser: Browser, number: Number) -> Response:
    """Show the points now, and accept no more."""
    with of.database.write() as session:
        calibrating.close(session, browser.person, number)
    return to(f"/calibrations/{number}")


@router.post("/calibrations/{number}/answers/{answer}/decide")
def decide(
    of: Of,
    browser: Browser,
    number: Number,
    answer: str,
    grader: Annotated[int, Form(ge=1, le=2**31 - 1)],
    known: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Make what a grader gave for an answer the decision."""
    with of.database.write() as session:
        calibrating.decide(session, browser.person, number, answer, grader, known, of.options.notices)
    return to(f"/calibrations/{number}#{quote(answer)}")


def _first(text: str) -> tuple[str, tuple[str, str]]:
    first, _, rest = text.partition("/")
    task, _, check = rest.partition("/")
    return first, (task, check)
