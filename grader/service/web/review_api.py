"""The API about several people who review: how far it is, who decides about what, and calibrations."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from grader.results.decisions import MOST_TEXT
from grader.review.answers import Class
from grader.service import access, calibrating, deciding, reviewing
from grader.service.access import May
from grader.service.calibrating import Opened
from grader.service.schema import Person
from grader.service.web.api import REFUSALS, Done, Name, Text
from grader.service.web.asking import Of, Program

router = APIRouter(prefix="/api/v1", responses=REFUSALS)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Answer = Annotated[str, Path(max_length=16, pattern=r"^[0-9a-f]+$")]
Logins = Annotated[list[Annotated[Text, Field(max_length=200)]], Field(max_length=200)]


class About(BaseModel):
    """A question in words, or a task of code."""

    task: Text = Field(max_length=100)
    check: Text = Field(default="", max_length=200)
    """Empty for a task of code."""


class PartOut(BaseModel):
    """How far the review of a question is; of a task of code, who decides and looks."""

    task: str
    check: str
    title: str
    answers: int | None
    decided: int | None
    look_again: int | None
    graders: list[str]
    """Logins of those who are to decide about it; empty for all."""
    looking: list[str]
    """Logins of those who have an answer to it open now."""


class GradersIn(About):
    """Who is to decide about a question or a task."""

    graders: Logins


class CalibrationIn(BaseModel):
    """A calibration to be started."""

    task: Text = Field(max_length=100)
    check: Text = Field(min_length=1, max_length=200)
    answers: int = Field(default=calibrating.ANSWERS, ge=1, le=calibrating.MOST_ANSWERS)
    """How many are drawn, or all that there are."""
    graders: Logins


class GraderOut(BaseModel):
    """A grader of a calibration."""

    login: str
    graded: int
    more: float | None
    """How much more than the others, per answer on average; null while it is open, or alone."""


class GaveOut(BaseModel):
    """What a grader gave for an answer."""

    login: str
    points: float
    items: list[str]
    text: str


class ComparedOut(BaseModel):
    """An answer with what each grader gave."""

    answer: str
    text: str
    difference: float | None
    gave: list[GaveOut]
    decision: str
    """The id of the decision that counts, empty for none."""


class CalibrationOut(BaseModel):
    """A calibration."""

    number: int
    task: str
    check: str
    seed: int
    created: float
    closed: float | None
    answers: int
    graders: list[GraderOut]


class ComparisonOut(CalibrationOut):
    """A calibration with its points, which are shown once it is closed."""

    difference: float | None
    compared: list[ComparedOut]
    """The largest difference first."""


class OwnAnswerOut(BaseModel):
    """An answer that the person of the token is to grade."""

    answer: str
    text: str
    graded: bool
    items: list[str]
    points: float
    """Beside those of the items."""
    comment: str


class GradeIn(BaseModel):
    """What a grader gives for an answer."""

    items: list[Annotated[Text, Field(max_length=60)]] = Field(default=[], max_length=100)
    """Names of the rubric items that hold."""
    points: float = Field(default=0, ge=-1000, le=1000)
    """Beside those of the items, with a reason."""
    text: Text = Field(default="", max_length=MOST_TEXT)


class ChoiceIn(BaseModel):
    """Whose points become the decision."""

    grader: Text = Field(max_length=200)
    known: Text = Field(default="", max_length=64)
    """The id of the decision that counts now, empty for none; another one refuses the call with 409."""


@router.get("/courses/{course}/assignments/{assignment}/review")
def get_review(of: Of, who: Program, course: Name, assignment: Name) -> list[PartOut]:
    """Return how far the review of each question is, who is to decide about it, and who looks at it now."""
    with of.database.read() as session:
        found, row, role = access.assignment(session, who, course, assignment, May.DECIDE)
        parts = reviewing.parts(session, row)
        graders = reviewing.graders(session, found, row)
        looking = reviewing.looking(session, row)
    reports = deciding.ReviewedReports(of.database, of.prepared, found, row, who, role)
    made = deciding.ReviewedDecisions(of.database, row, who).read()
    whole = Class.of(reports.questions(), reports.reports(), made)
    progress = {(one.task, one.check): one for one in whole.progress()}
    shown = []
    for part in parts:
        far = progress.get(part.about)
        shown.append(
            PartOut(
                task=part.task,
                check=part.check,
                title=part.title,
                answers=far.answers if far else None,
                decided=far.decided if far else None,
                look_again=far.look_again if far else None,
                graders=[one.login for one in graders.get(part.about, [])],
                looking=[person.login for one, person in looking if (one.task, one.check) == part.about],
            )
        )
    return shown


@router.put("/courses/{course}/assignments/{assignment}/graders")
def set_graders(of: Of, who: Program, course: Name, assignment: Name, sent: GradersIn) -> Done:
    """Say who is to decide about a question or a task; an empty list means all."""
    with of.database.write() as session:
        found, row, _ = access.assignment(session, who, course, assignment, May.MANAGE)
        people = {one.login: one.id for one in reviewing.deciders(session, found)}
        wanted = {people.get(one, 0) for one in sent.graders}
        reviewing.assign(session, who, found, row, {(sent.task, sent.check): wanted})
    return Done(count=len(wanted))


@router.get("/courses/{course}/assignments/{assignment}/calibrations")
def list_calibrations(of: Of, who: Program, course: Name, assignment: Name) -> list[CalibrationOut]:
    """Return the calibrations of an assignment, the newest first."""
    with of.database.read() as session:
        found, row, role = access.assignment(session, who, course, assignment, May.DECIDE)
        return [_calibration(one, {}) for one in calibrating.of_assignment(session, found, row, role)]


@router.post("/courses/{course}/assignments/{assignment}/calibrations", status_code=201)
def start_calibration(
    of: Of, who: Program, course: Name, assignment: Name, sent: CalibrationIn
) -> CalibrationOut:
    """Start a calibration: answers are drawn at random from those that are not decided yet."""
    about = sent.task, sent.check
    place = course, assignment
    number = calibrating.start(of.database, of.prepared, who, place, about, sent.answers, sent.graders)
    with of.database.read() as session:
        return _calibration(calibrating.opened(session, who, number), {})


@router.get("/calibrations/{number}")
def get_calibration(of: Of, who: Program, number: Number) -> ComparisonOut:
    """Return a calibration, with the points once it is closed."""
    with of.database.read() as session:
        opened = calibrating.opened(session, who, number)
        found = calibrating.comparison(session, of.prepared, opened)
    bare = _calibration(opened, found.of_graders if found else {})
    compared = [
        ComparedOut(
            answer=one.answer.id,
            text=one.answer.text,
            difference=one.difference,
            gave=[
                GaveOut(login=g.grader.person.login, points=g.points, items=[*g.items], text=g.text)
                for g in one.gave
            ],
            decision=one.answer.made.id if one.answer.made else "",
        )
        for one in (found.answers if found else ())
    ]
    return ComparisonOut(
        **bare.model_dump(), difference=found.difference if found else None, compared=compared
    )


@router.get("/calibrations/{number}/answers")
def list_own_answers(of: Of, who: Program, number: Number) -> list[OwnAnswerOut]:
    """Return the answers of a calibration with what the person of the token gave; for its graders."""
    return [
        OwnAnswerOut(
            answer=one.id,
            text=one.text,
            graded=one.made is not None,
            items=[*one.made.items] if one.made else [],
            points=(one.made.points or 0) if one.made else 0,
            comment=one.made.text if one.made else "",
        )
        for one in calibrating.own_answers(of.database, of.prepared, who, number)
    ]


@router.put("/calibrations/{number}/answers/{answer}")
def grade_answer(of: Of, who: Program, number: Number, answer: Answer, sent: GradeIn) -> Done:
    """Give points for an answer of a calibration, as one of its graders; they are no mark."""
    calibrating.grade(of.database, of.prepared, who, number, answer, sent.items, sent.points, sent.text)
    return Done(count=1)


@router.post("/calibrations/{number}/close")
def close_calibration(of: Of, who: Program, number: Number) -> Done:
    """Show the points though some are missing, and accept no more."""
    with of.database.write() as session:
        calibrating.close(session, who, number)
    return Done(count=1)


@router.post("/calibrations/{number}/answers/{answer}/decide")
def decide(of: Of, who: Program, number: Number, answer: Answer, sent: ChoiceIn) -> Done:
    """Make what a grader gave for an answer the decision."""
    with of.database.write() as session:
        opened = calibrating.opened(session, who, number, May.MANAGE)
        grader = _grader(opened, sent.grader)
        calibrating.decide(session, who, number, answer, grader.id, sent.known, of.options.notices)
    return Done(count=1)


def _grader(opened: Opened, login: str) -> Person:
    found = next((one.person for one in opened.graders if one.person.login == login), None)
    if found is None:
        raise access.NotThere(login)
    return found


def _calibration(opened: Opened, more: Mapping[int, float]) -> CalibrationOut:
    row = opened.row
    return CalibrationOut(
        number=row.id,
        task=row.task,
        check=row.check,
        seed=row.seed,
        created=row.created,
        closed=row.closed,
        answers=opened.answers,
        graders=[
            GraderOut(login=one.person.login, graded=one.graded, more=more.get(one.person.id))
            for one in opened.graders
        ],
    )
