"""The page of a rubric with its prices: what other prices would change is shown before they are stored."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from grader.errors import UsageError
from grader.service import access, actions, marks, rubric
from grader.service.access import ALLOWED, May
from grader.service.web.asking import Browser, Of, SignedIn
from grader.service.web.pages import of_page, page, to

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_SHOWN = 200
"""Marks that change, on one page."""
Names = Annotated[list[str], Form()]


@router.get("/courses/{course}/{assignment}/rubric")
def show(of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Show what slips and items cost, and how many students have each."""
    return _page(of, browser, course, assignment, None)


@router.post("/courses/{course}/{assignment}/rubric")
def change(
    of: Of,
    browser: Browser,
    course: str,
    assignment: str,
    key: Names,
    points: Names,
    known: Annotated[str, Form(max_length=64)],
    action: Annotated[str, Form(pattern="^(preview|store)$")] = "preview",
) -> Response:
    """Show what other prices would change, or store them."""
    if len(key) != len(points):
        raise UsageError("This form is not whole; reload the page.")
    wanted = {name: actions.number(text) for name, text in zip(key, points, strict=True)}
    if action == "preview":
        return _page(of, browser, course, assignment, wanted, known)
    with of.database.read() as session:
        found, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        whole = rubric.read(session, of.prepared, found, row)
    with of.database.write() as session:
        whole.store(session, browser.person, row, wanted, known, of.options.notices)
    marks.keep_all(of.database, row)
    return to(f"/courses/{quote(course)}/{quote(assignment)}/rubric")


def _page(
    of: Of,
    browser: SignedIn,
    course: str,
    assignment: str,
    wanted: Mapping[str, float] | None,
    known: str = "",
) -> Response:
    """Show the rubric; `wanted` are the prices in its form, of which it says what they change."""
    need = May.DECIDE if wanted is None else May.MANAGE
    with of.database.read() as session:
        found, row, role = access.assignment(session, browser.person, course, assignment, need)
        whole = rubric.read(session, of.prepared, found, row)
    effect = None
    if wanted is not None:
        whole.refuse_old(known)
        effect = whole.effect(whole.changed(wanted))
    return page(
        "rubric.html",
        course=found,
        assignment=row,
        rubric=whole,
        wanted=wanted or {},
        effect=effect,
        most=_SHOWN,
        may_manage=May.MANAGE in ALLOWED[role],
        **of_page(browser),
    )
