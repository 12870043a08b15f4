"""The API under /api/v1, for programs: the same that the pages do, as JSON."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Body, Depends, HTTPException, Path, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import select

from grader.report import json as report_json
from grader.results.decisions import MOST_TEXT, Decision
from grader.service import access, actions, deciding, marks, own_data, results, revisions, rubric, setting_up
from grader.service.access import May, Role
from grader.service.deciding import Given
from grader.service.handing_in import left
from grader.service.lti import people
from grader.service.queue import State
from grader.service.releases import What, releases_of
from grader.service.schema import JobRow, Person, Revision
from grader.service.web import live
from grader.service.web.asking import Of, Program, download, worker
from grader.service.web.guards import framed
from grader.service.web.uploads import FORM, received, revision

REFUSALS: dict[int | str, dict[str, object]] = {
    401: {"description": "No good token was sent."},
    403: {"description": "The person of the token may not do that."},
    404: {"description": "There is no such thing that this person may see."},
    409: {"description": "Somebody else did that in between; the answer says what."},
    413: {"description": "The body is too long."},
    422: {"description": "What was sent cannot be used; the answer says why."},
    429: {"description": "Too many requests; wait."},
    502: {"description": "Another service did not answer as it should."},
    507: {"description": "The service has no room."},
}
"""What every call may answer."""
router = APIRouter(prefix="/api/v1", responses=REFUSALS)
Name = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9-]+$")]
Id = Annotated[str, Path(max_length=32, pattern=r"^[0-9a-f]+$")]
Login = Annotated[str, Path(max_length=200)]


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text with a zero in it cannot be stored")
    return text


Text = Annotated[str, AfterValidator(_storable)]


class Me(BaseModel):
    """The person of the token."""

    login: str
    name: str
    email: str
    admin: bool


class CourseOut(BaseModel):
    """A course, and what the person is in it."""

    name: str
    title: str
    role: str


class AssignmentOut(BaseModel):
    """An assignment as the person sees it."""

    name: str
    title: str
    deadline: str | None
    """With the person's extension."""
    closes: float | None
    attempts_left: int | None
    withheld: bool
    """Whether students see no mark; by task it is in `releases`."""
    revision: int | None
    newest_revision: int | None


class SubmissionOut(BaseModel):
    """A submission."""

    id: str
    attempt: int
    received: float
    files: int
    notes: list[str]
    state: str
    ahead: int
    progress: str
    score: float | None
    mark: float | None
    points: float | None
    final: bool | None
    later: list[str]
    """When the rest is shown, in sentences; the numbers are then those of a part, or None."""


class ReceivedOut(BaseModel):
    """An upload that is stored and will be graded."""

    id: str
    attempt: int
    received: float


class ClassLineOut(BaseModel):
    """A person of a class with the submission that counts."""

    login: str
    name: str
    submission: str | None
    attempt: int | None
    received: float | None
    state: str
    score: float | None
    mark: float | None
    points: float | None
    final: bool | None


class ReleaseIn(BaseModel):
    """What students see of all tasks; a field that is left out stays as it is."""

    withheld: bool | None = None
    answers_shown: bool | None = None


Moment = Annotated[float, Field(ge=0, lt=revisions.LAST_MOMENT)]
"""In seconds since 1970."""


class TaskReleaseIn(BaseModel):
    """From when students see marks and model answers of a task; a field that is left out stays as it is.

    0 is now, and null is not before somebody says so.
    """

    task: Text = Field(max_length=200)
    marks_from: Moment | None = None
    answers_from: Moment | None = None


class TaskReleaseOut(BaseModel):
    """From when students see marks and model answers of a task; null if that is not known."""

    task: str
    title: str
    marks_from: float | None
    marks_shown: bool
    answers_from: float | None
    answers_shown: bool


class RubricEntry(BaseModel):
    """A slip in code with its price, or an item of a question in words with its points."""

    task: str
    check: str
    """The number of the question; empty for a slip."""
    name: str
    is_repair: bool
    title: str
    points: float
    own: float | None
    """What the assignment says; null for an item that a person added."""
    students: int
    """How many have it in the submission that counts."""


class RubricOut(BaseModel):
    """The rubric of an assignment."""

    version: str
    entries: list[RubricEntry]


class PriceIn(BaseModel):
    """Another price of a slip, or other points of an item."""

    task: str = Field(max_length=200)
    check: str = Field(default="", max_length=200)
    name: str = Field(max_length=300)
    is_repair: bool = False
    points: float = Field(ge=-1000, le=1000)


class PricesIn(BaseModel):
    """Other prices; those that are not named stay as they are."""

    prices: list[PriceIn] = Field(max_length=1000)
    known: str = Field(default="", max_length=64)
    """The version that they are meant for: another one refuses the call with 409. A preview needs none."""
    preview: bool = False
    """Only say what they would change."""


class MarkChange(BaseModel):
    """A mark that changes with other prices."""

    login: str
    submission: str
    before: float
    after: float


class EffectOut(BaseModel):
    """What other prices change, of the marks that count."""

    marks: int
    up: int
    down: int
    changes: list[MarkChange]


class PublishIn(BaseModel):
    """The revision whose marks are to count."""

    revision: int = Field(ge=1, le=2**31 - 1)


class PointsFor(BaseModel):
    """What points are for."""

    task: str = Field(max_length=100)
    check: str = Field(default="", max_length=200)
    """Empty for the task as a whole."""
    known: str = Field(default="", max_length=64)
    """The id of the decision that counts now, empty for none; another one refuses the call with 409."""


class CourseIn(BaseModel):
    """A course to be made; `name` stands in addresses."""

    name: str = Field(max_length=64)
    title: Text = Field(default="", max_length=200)


class PersonIn(BaseModel):
    """A role in a course; name and address of somebody who is known are an administrator's to change.

    An address for somebody without one is taken from an administrator only, and left out otherwise.
    """

    role: Role = Role.STUDENT
    name: Text = Field(default="", max_length=200)
    email: Text = Field(default="", max_length=320)


class PersonOut(BaseModel):
    """A person of a course."""

    login: str
    name: str
    email: str
    role: Role


class RulesIn(BaseModel):
    """Rules of an assignment; a field that is left out stays as it is."""

    policy: Text | None = Field(default=None, max_length=20_000)
    """The text of a policy.toml."""
    attempts: int | None = Field(default=None, ge=0, le=10_000)
    """How often a student may hand in; 0 for no limit."""
    closes: float | None = Field(default=None, ge=0, lt=revisions.LAST_MOMENT)
    """When nothing more is accepted, in seconds since 1970."""


class RevisionOut(BaseModel):
    """A revision of an assignment."""

    revision: int
    new: bool
    """False if the same was stored before."""
    counts: bool
    """Whether its marks count; a later revision has to be published first."""


class TextIn(BaseModel):
    """A question, or an answer."""

    text: Text = Field(min_length=1, max_length=actions.LONGEST_TEXT)


class AnswerIn(TextIn):
    """An answer, with other points that come of it, if some do."""

    target: PointsFor | None = None
    points: float = Field(default=0, ge=0, le=10**6)


class PointsIn(BaseModel):
    """Other points for a check or a task."""

    target: PointsFor
    points: float = Field(ge=0, le=10**6)
    reason: Text = Field(min_length=1, max_length=MOST_TEXT)


class CommentIn(BaseModel):
    """A comment on a submission, or on a line of it."""

    text: Text = Field(min_length=1, max_length=MOST_TEXT)
    file: Text = Field(default="", max_length=300)
    line: int = Field(default=0, ge=0, le=10**6)


class DecisionOut(BaseModel):
    """What a person decided about a submission."""

    id: str
    when: str
    by: str
    kind: str
    task: str
    check: str
    points: float | None
    items: list[str]
    text: str
    file: str
    line: int


class RequestOut(BaseModel):
    """A question about a mark."""

    id: int
    submission: str
    question: str
    asked: float
    answer: str
    answered: float | None
    decision: str
    """The id of the decision that came of it, empty for none."""


class Done(BaseModel):
    """How many things a call began or changed."""

    count: int


@router.get("/me")
def me(who: Program) -> Me:
    """Return the person of the token."""
    return Me(login=who.login, name=who.name, email=who.email, admin=who.admin)


@router.get("/courses")
def list_courses(of: Of, who: Program) -> list[CourseOut]:
    """Return the courses of the person."""
    with of.database.read() as session:
        found = actions.courses_of(session, who)
    return [CourseOut(name=one.name, title=one.title, role=role) for one, role in found]


@router.post("/courses", status_code=201)
def new_course(of: Of, who: Program, sent: CourseIn) -> CourseOut:
    """Make a course; for administrators."""
    with of.database.write() as session:
        found = setting_up.new_course(session, who, sent.name, sent.title)
        return CourseOut(name=found.name, title=found.title, role=Role.INSTRUCTOR)


@router.get("/courses/{course}/people")
def list_people(of: Of, who: Program, course: Name) -> list[PersonOut]:
    """Return the people of a course."""
    with of.database.read() as session:
        found, _ = access.course(session, who, course, May.MANAGE)
        return [
            PersonOut(login=one.login, name=one.name, email=one.email, role=role)
            for one, role in access.members(session, found)
        ]


@router.put("/courses/{course}/people/{login}")
def set_person(of: Of, who: Program, course: Name, login: Login, sent: PersonIn) -> PersonOut:
    """Give somebody a role in a course; somebody who is not known yet is added."""
    with of.database.write() as session:
        found, _ = access.course(session, who, course, May.MANAGE)
        setting_up.set_person(session, who, found, login, name=sent.name, email=sent.email, role=sent.role)
        person = access.member(session, found, login)
        return PersonOut(login=login, name=person.name, email=person.email, role=sent.role)


@router.post("/courses/{course}/assignments/{assignment}/revisions", status_code=201, openapi_extra=FORM)
async def new_revision(request: Request, of: Of, who: Program, course: Name, assignment: Name) -> RevisionOut:
    """Add an assignment, or a new revision of one: its folder as files or as one zip file.

    It is refused if its solution fails its checks, which are run before the answer comes.
    """
    number, is_new, counts = await revision(request, of, who, course, assignment)
    return RevisionOut(revision=number, new=is_new, counts=counts)


@router.put("/courses/{course}/assignments/{assignment}/rules")
def set_rules(of: Of, who: Program, course: Name, assignment: Name, sent: RulesIn) -> Done:
    """Set deadline and late days, attempts, and when an assignment closes."""
    with of.database.write() as session:
        _, row, _ = access.assignment(session, who, course, assignment, May.MANAGE)
        setting_up.set_rules(
            session, who, row, policy=sent.policy, attempts=sent.attempts, closes=sent.closes
        )
    return Done(count=1)


@router.get("/courses/{course}/assignments")
def list_assignments(of: Of, who: Program, course: Name) -> list[AssignmentOut]:
    """Return the assignments of a course."""
    with of.database.read() as session:
        found, _ = access.course(session, who, course)
        listed = []
        for row in actions.assignments_of(session, found):
            deadline = results.deadline(session, row, who)
            newest = revisions.newest(session, row)
            counts = session.get(Revision, row.revision_id) if row.revision_id else None
            listed.append(
                AssignmentOut(
                    name=row.name,
                    title=row.title,
                    deadline=deadline.isoformat() if deadline else None,
                    closes=row.closes,
                    attempts_left=left(session, who, row),
                    withheld=releases_of(session, row).nothing,
                    revision=counts.number if counts else None,
                    newest_revision=newest.number if newest else None,
                )
            )
    return listed


@router.post("/courses/{course}/assignments/{assignment}/submissions", status_code=201, openapi_extra=FORM)
async def submit(request: Request, of: Of, who: Program, course: Name, assignment: Name) -> ReceivedOut:
    """Hand in files or a zip file. With 201 it is stored and will be graded.

    If no answer comes, send the same again with the same header `Idempotency-Key`: it is stored once.
    """
    found = await received(request, of, who, course, assignment)
    return ReceivedOut(id=found.id, attempt=found.attempt, received=found.received)


@router.get("/courses/{course}/assignments/{assignment}/submissions")
def list_submissions(of: Of, who: Program, course: Name, assignment: Name) -> list[SubmissionOut]:
    """Return what the person of the token handed in, the newest first."""
    with of.database.read() as session:
        _, row, _ = access.assignment(session, who, course, assignment)
        shown = releases_of(session, row)
        names = [one.submission.id for one in results.attempts(session, who, row, shown, whole=False)]
        return [_submission(actions.open_submission(session, who, name)) for name in names]


@router.get("/submissions/{submission}")
def get_submission(of: Of, who: Program, submission: Id) -> SubmissionOut:
    """Return a submission and how far it is."""
    with of.database.read() as session:
        return _submission(actions.open_submission(session, who, submission))


@router.get("/submissions/{submission}/events", response_class=StreamingResponse)
async def follow(of: Of, who: Program, submission: Id) -> Response:
    """Return server-sent events until the submission is graded."""
    return await live.events(of, who, submission)


@router.get("/submissions/{submission}/report.json", response_class=Response)
def get_report(of: Of, who: Program, submission: Id) -> Response:
    """Return the report; its schema is docs/report.schema.json of the grader."""
    with of.database.read() as session:
        found = actions.report(session, actions.open_submission(session, who, submission))
    return Response(report_json.render(found).encode("utf-8", "replace"), media_type="application/json")


@router.get("/submissions/{submission}/report.html", response_class=Response)
def get_report_page(of: Of, who: Program, submission: Id) -> Response:
    """Return the report as a page."""
    with of.database.read() as session:
        return framed(actions.report_page(session, actions.open_submission(session, who, submission)))


@router.get("/submissions/{submission}/files.zip", response_class=Response)
def get_files(of: Of, who: Program, submission: Id) -> Response:
    """Return what was handed in."""
    with of.database.read() as session:
        path = actions.files_of(session, of.files, who, submission)
    return FileResponse(path, media_type="application/zip", headers=download(f"{submission}.zip"))


@router.post("/submissions/{submission}/requests", status_code=201)
def ask(of: Of, who: Program, submission: Id, sent: TextIn) -> Done:
    """Ask about the mark of one's own submission; the answer has the number of the question."""
    with of.database.write() as session:
        return Done(count=actions.ask(session, who, submission, sent.text))


@router.get("/submissions/{submission}/requests")
def list_requests(of: Of, who: Program, submission: Id) -> list[RequestOut]:
    """Return the questions about a submission with their answers."""
    with of.database.read() as session:
        opened = actions.open_submission(session, who, submission)
        return [
            RequestOut(
                id=one.id,
                submission=submission,
                question=one.question,
                asked=one.asked,
                answer=one.answer,
                answered=one.answered,
                decision=one.decision,
            )
            for one in actions.requests_about(session, opened.submission)
        ]


@router.post("/requests/{number}/answer")
def answer(of: Of, who: Program, number: Annotated[int, Path(ge=1, le=2**31 - 1)], sent: AnswerIn) -> Done:
    """Answer a question."""
    given = _given(sent.target, sent.points, sent.text) if sent.target else None
    with of.database.write() as session:
        actions.answer(session, who, number, sent.text, given, of.options.notices)
    return Done(count=1)


@router.get("/submissions/{submission}/decisions")
def list_decisions(of: Of, who: Program, submission: Id) -> list[DecisionOut]:
    """Return the decisions about a submission that stand, to those who decide."""
    with of.database.read() as session:
        _, row, found, _ = access.submission(session, who, submission, May.DECIDE)
        return [
            DecisionOut.model_validate(one.model_dump(include={*DecisionOut.model_fields}))
            for one in deciding.made_about(session, row, found)
        ]


@router.post("/submissions/{submission}/points", status_code=201)
def give_points(of: Of, who: Program, submission: Id, sent: PointsIn) -> DecisionOut:
    """Give other points for a check or a task of a submission."""
    given = _given(sent.target, sent.points, sent.reason)
    with of.database.write() as session:
        made = deciding.give(session, who, submission, given, of.options.notices)
    return _decision(made, who)


@router.post("/submissions/{submission}/comments", status_code=201)
def comment(of: Of, who: Program, submission: Id, sent: CommentIn) -> DecisionOut:
    """Comment on a submission, or on a line of it."""
    with of.database.write() as session:
        made = deciding.comment(session, who, submission, sent.text, sent.file, sent.line)
    return _decision(made, who)


@router.post("/submissions/{submission}/decisions/{decision}/take-back")
def take_back(of: Of, who: Program, submission: Id, decision: Id) -> Done:
    """Take a decision back."""
    with of.database.write() as session:
        deciding.take_back(session, who, submission, decision, of.options.notices)
    return Done(count=1)


def _given(target: PointsFor, points: float, reason: str) -> Given:
    return Given(target.task, target.check, target.known, points, reason)


def _decision(made: Decision, who: Person) -> DecisionOut:
    known = made.model_copy(update={"by": who.name or who.login})
    return DecisionOut.model_validate(known.model_dump(include={*DecisionOut.model_fields}))


@router.post("/submissions/{submission}/retry")
def retry(of: Of, who: Program, submission: Id) -> Done:
    """Grade a submission again, if its result is broken or it is parked; 0 if it is neither."""
    with of.database.write() as session:
        return Done(count=int(actions.retry(session, who, submission)))


@router.get("/courses/{course}/assignments/{assignment}/class")
def get_class(of: Of, who: Program, course: Name, assignment: Name) -> list[ClassLineOut]:
    """Return each student with the submission that counts."""
    with of.database.read() as session:
        found, row, _ = access.assignment(session, who, course, assignment, May.SEE_CLASS)
        lines = results.class_lines(session, found, row, row.revision_id)
    return [
        ClassLineOut(
            login=line.person.login,
            name=line.person.name,
            submission=line.submission.id if line.submission else None,
            attempt=line.submission.attempt if line.submission else None,
            received=line.submission.received if line.submission else None,
            state=line.state,
            score=line.result.score if line.result else None,
            mark=line.mark,
            points=line.result.points if line.result else None,
            final=line.result.final if line.result else None,
        )
        for line in lines
    ]


@router.get("/courses/{course}/assignments/{assignment}/grades.csv", response_class=PlainTextResponse)
def get_grades(of: Of, who: Program, course: Name, assignment: Name) -> Response:
    """Return the marks of a class as CSV."""
    with of.database.read() as session:
        found, row, _ = access.assignment(session, who, course, assignment, May.MANAGE)
        data = actions.grades(session, found, row)
    return PlainTextResponse(data, media_type="text/csv", headers=download("grades.csv"))


@router.get("/courses/{course}/assignments/{assignment}/everything.zip", response_class=StreamingResponse)
def get_everything(of: Of, who: Program, course: Name, assignment: Name) -> Response:
    """Return the marks, and each student's newest files and report."""
    with of.database.read() as session:
        found, row, _ = access.assignment(session, who, course, assignment, May.MANAGE)
    return StreamingResponse(
        actions.everything(of.database, of.files, found, row),
        media_type="application/zip",
        headers=download(f"{course}-{assignment}.zip"),
    )


@router.post("/courses/{course}/assignments/{assignment}/release")
def release(of: Of, who: Program, course: Name, assignment: Name, sent: ReleaseIn) -> Done:
    """Show or withhold marks and solutions."""
    if sent.withheld is None and sent.answers_shown is None:
        raise HTTPException(422, "Say what to change: withheld, answers_shown, or both.")
    with of.database.write() as session:
        _, row, _ = access.assignment(session, who, course, assignment, May.MANAGE)
        actions.release(session, who, row, sent.withheld, sent.answers_shown, of.options.notices)
    return Done(count=1)


@router.get("/courses/{course}/assignments/{assignment}/releases")
def list_releases(of: Of, who: Program, course: Name, assignment: Name) -> list[TaskReleaseOut]:
    """Return from when students see marks and model answers of each task."""
    with of.database.read() as session:
        _, row, _ = access.assignment(session, who, course, assignment)
        shown = releases_of(session, row)
    return [
        TaskReleaseOut(
            task=one.task,
            title=one.title,
            marks_from=one.marks,
            marks_shown=shown.is_past(one.marks),
            answers_from=one.answers,
            answers_shown=shown.is_past(one.answers),
        )
        for one in shown.tasks
    ]


@router.put("/courses/{course}/assignments/{assignment}/releases")
def set_releases(
    of: Of,
    who: Program,
    course: Name,
    assignment: Name,
    sent: Annotated[list[TaskReleaseIn], Body(max_length=200)],
) -> Done:
    """Release or withhold marks and model answers of some tasks, now or from a time on."""
    changes = {
        (one.task, what): when
        for one in sent
        for what, when in ((What.MARKS, one.marks_from), (What.ANSWERS, one.answers_from))
        if f"{what}_from" in one.model_fields_set
    }
    with of.database.write() as session:
        _, row, _ = access.assignment(session, who, course, assignment, May.MANAGE)
        actions.release_tasks(session, who, row, changes, notice=of.options.notices)
    return Done(count=len(changes))


@router.get("/courses/{course}/assignments/{assignment}/rubric")
def get_rubric(of: Of, who: Program, course: Name, assignment: Name) -> RubricOut:
    """Return the rubric with its prices, to those who decide."""
    with of.database.read() as session:
        found, row, _ = access.assignment(session, who, course, assignment, May.DECIDE)
        whole = rubric.read(session, of.prepared, found, row)
    return RubricOut(
        version=whole.version,
        entries=[
            RubricEntry(
                task=one.key.task,
                check=one.key.check,
                name=one.key.name,
                is_repair=one.key.is_repair,
                title=one.title,
                points=one.points,
                own=one.own,
                students=one.students,
            )
            for one in whole.entries
        ],
    )


@router.post("/courses/{course}/assignments/{assignment}/rubric")
def set_prices(of: Of, who: Program, course: Name, assignment: Name, sent: PricesIn) -> EffectOut:
    """Set other prices, or say what they would change. No program is run again."""
    wanted = {
        rubric.Key(one.task, one.check, one.name, one.is_repair).text: one.points for one in sent.prices
    }
    with of.database.read() as session:
        found, row, _ = access.assignment(session, who, course, assignment, May.MANAGE)
        whole = rubric.read(session, of.prepared, found, row)
    if not sent.preview:
        with of.database.write() as session:
            whole.store(session, who, row, wanted, sent.known, of.options.notices)
        marks.keep_all(of.database, row)
    effect = whole.effect(whole.changed(wanted))
    changes = [
        MarkChange(login=one.person.login, submission=one.submission, before=one.before, after=one.after)
        for one in effect.changes
    ]
    return EffectOut(marks=effect.marks, up=effect.up, down=len(changes) - effect.up, changes=changes)


@router.post("/courses/{course}/assignments/{assignment}/regrade")
def regrade(of: Of, who: Program, course: Name, assignment: Name) -> Done:
    """Grade all submissions with the newest revision; what counts changes only when it is published."""
    with of.database.write() as session:
        _, row, _ = access.assignment(session, who, course, assignment, May.MANAGE)
        return Done(count=actions.regrade(session, who, row))


@router.get("/courses/{course}/assignments/{assignment}/compare.html", response_class=Response)
def compare(of: Of, who: Program, course: Name, assignment: Name) -> Response:
    """Return what the newest revision would change, as a page."""
    with of.database.read() as session:
        found, row, _ = access.assignment(session, who, course, assignment, May.MANAGE)
        return framed(actions.compare_page(session, found, row))


@router.post("/courses/{course}/assignments/{assignment}/publish")
def publish(of: Of, who: Program, course: Name, assignment: Name, sent: PublishIn) -> Done:
    """Let the marks of a revision count."""
    with of.database.write() as session:
        _, row, _ = access.assignment(session, who, course, assignment, May.MANAGE)
        actions.publish(session, who, row, sent.revision, of.options.notices)
    marks.keep_all(of.database, row)
    return Done(count=1)


@router.get("/me/data.zip", response_class=StreamingResponse)
def my_data(of: Of, who: Program) -> Response:
    """Return all that is held about the person of the token."""
    data = own_data.archive(of.database, of.files, who, sees_withheld=False)
    return StreamingResponse(data, media_type="application/zip", headers=download("my-data.zip"))


@router.get("/courses/{course}/people/{login}/data.zip", response_class=StreamingResponse)
def data_of(of: Of, who: Program, course: Name, login: Login) -> Response:
    """Return all that is held about a person in a course."""
    with of.database.read() as session:
        found, _ = access.course(session, who, course, May.MANAGE)
        person = access.member(session, found, login)
    data = own_data.archive(of.database, of.files, person, sees_withheld=True, course=found)
    return StreamingResponse(data, media_type="application/zip", headers=download(f"{login}.zip"))


@router.post("/courses/{course}/people/from-platforms")
async def enrol_from_platforms(of: Of, who: Program, course: Name) -> Done:
    """Enrol the members that learning platforms list for this course; return how many are new."""

    def enrol() -> int:
        with of.database.read() as session:
            found, _ = access.course(session, who, course, May.MANAGE)
        return people.from_platforms(of.database, of.platform_services, found)

    return Done(count=await to_thread.run_sync(enrol, limiter=of.calling))


@router.get(
    "/worker/files/{digest}", response_class=Response, include_in_schema=False, dependencies=[Depends(worker)]
)
def worker_file(of: Of, digest: str, job: int, lease: str) -> Response:
    """Return a file to the worker that holds a job which needs it."""
    with of.database.read() as session:
        needed = session.execute(
            select(JobRow.upload, JobRow.archive).where(
                JobRow.id == job, JobRow.lease == lease, JobRow.state == State.RUNNING
            )
        ).first()
    if needed is None or digest not in needed:
        raise HTTPException(404, "No job of this lease needs that.")
    return FileResponse(of.files.whole(digest), media_type="application/octet-stream")


def _submission(opened: actions.Opened) -> SubmissionOut:
    row, status = opened.submission, opened.status
    return SubmissionOut(
        id=row.id,
        attempt=row.attempt,
        received=row.received,
        files=row.files,
        notes=row.notes,
        state=status.state,
        ahead=status.ahead,
        progress=status.progress,
        score=status.score,
        mark=status.mark,
        points=status.points,
        final=status.final,
        later=list(status.later),
    )
