"""The pages and their interface as an ASGI application: a function of where reports and decisions are.

Nothing is kept between requests but suggestions, which follow from the reports. So the service can mount it.
Two people can use it at once: a decision names the one that its page knew, and a newer one refuses it.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from grader.errors import GraderError
from grader.judging.suggesting import Suggest, suggest
from grader.report.lists import listed
from grader.report.visible import visible
from grader.results.decisions import MOST_TEXT, Decision, fingerprint, of_marks, released, standing
from grader.results.message import Record
from grader.results.rubric import Question, RubricItem
from grader.results.suggestion import Suggestion
from grader.review.answers import Class, id_of, suggested
from grader.review.code import code_tasks, code_view
from grader.review.sources import Colleagues, Decisions, Reports

_MOST_BODY = 256 << 10
_MOST_SUGGESTIONS = 20_000
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_TO_UNDO = ("items", "points", "comment")
Reviewer = Callable[[Request], str | None]
"""Returns the name of the person who asks, None for a person who may not."""


class Decided(Record):
    """A decision as a page sends it."""

    answers: tuple[str, ...] = Field(min_length=1, max_length=2000)
    """The ids of the answers that it is about."""
    known: dict[str, str] = {}
    """By answer: the decision that the page shows, empty for none."""
    items: tuple[str, ...] = ()
    points: float | None = Field(default=None, ge=-1000, le=1000, allow_inf_nan=False)
    """What is added to the points of the items."""
    text: str = Field(default="", max_length=MOST_TEXT)


class Points(Record):
    """Points for a check of code, as a page sends them."""

    answer: str
    """The id of the submission."""
    check: str
    known: str = ""
    """The decision that the page shows, empty for none."""
    points: float = Field(ge=0, allow_inf_nan=False)
    text: str = Field(min_length=1, max_length=MOST_TEXT)


class NewItem(Record):
    """A rubric item as a page sends it."""

    name: str = Field(default="", pattern=r"^[a-z0-9_]*$", max_length=60)
    """Empty for a new one."""
    title: str = Field(min_length=1, max_length=300)
    points: float = Field(ge=-1000, le=1000, allow_inf_nan=False)
    preview: bool = False


class Line(Record):
    """A comment on a submission, or on a line of it, as a page sends it."""

    answer: str
    """The id of the submission."""
    file: str = Field(default="", max_length=300)
    line: int = Field(default=0, ge=0, le=10**6)
    text: str = Field(min_length=1, max_length=MOST_TEXT)


class Release(Record):
    """Whether students may see the model answers of a task, as a page sends it."""

    task: str
    shown: bool


class Look(Record):
    """Which answer a page shows, or those of which it would show the next; neither if it was left."""

    task: str = Field(max_length=100)
    check: str = Field(default="", max_length=200)
    """Empty for a task of code."""
    at: str = Field(default="", pattern=r"^([0-9a-f]{16})?$")
    choose: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")], ...] = Field(default=(), max_length=2000)


class _Newer(Exception):
    """Somebody else has decided in between."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        self.decisions = decisions


@dataclass
class _Review:
    decisions: Decisions
    reports: Reports
    reviewer: Reviewer
    suggest: Suggest
    anonymous: bool
    named: bool
    publish: Callable[[], None] | None
    back: str
    csrf: str
    colleagues: Colleagues | None
    calibration: str
    prices_at: str

    def whole(self) -> Class:
        return Class.of(self.reports.questions(), self.reports.reports(), self.decisions.read())

    def suggestions(self, found: Class, question: Question) -> dict[str, Suggestion]:
        return suggested(question, found.texts(question), self.suggest)

    def view(self, task: str, check: str) -> dict[str, Any] | None:
        found = self.whole()
        question = found.question(task, check)
        if question is None:
            return None
        names = [report.submission for report in found.reports]
        people = {} if self.anonymous else {name: visible(self.reports.people(name)) for name in names}
        shown = found.view(question, self.suggestions(found, question), people)
        return shown.model_dump(
            mode="json", exclude={"question": {"items": {"__all__": {"hints", "against"}}}}
        )

    def overview(self) -> dict[str, Any]:
        """Return how far each question is; those that the reviewer is to decide about stand apart."""
        found, with_others = self.whole(), self.colleagues
        own = with_others.own() if with_others else frozenset()
        questions, code = found.progress(), code_tasks(found.reports)
        is_own = [(one.task, one.check) in own for one in questions]
        parts = [
            (
                [one for one, mine in zip(questions, is_own, strict=True) if mine is wanted],
                [one for one in code if ((one[0], "") in own) is wanted],
            )
            for wanted in (True, False)
        ]
        return {
            "own": parts[0],
            "others": parts[1],
            "graders": with_others.graders() if with_others else {},
            "looking": with_others.looking() if with_others else {},
            "calibrations": with_others.calibrations() if with_others else (),
        }

    def after(self, found: Class, task: str, check: str) -> str:
        """Return the path of the question after this one; empty if it is the only one.

        After one that the reviewer is to decide about comes another one of these.
        """
        names = [(one.task, one.check) for one in found.questions]
        own = self.colleagues.own() if self.colleagues else frozenset()
        if (task, check) in own:
            names = [one for one in names if one in own]
        following = names[(names.index((task, check)) + 1) % len(names)]
        return "" if len(names) == 1 else "question/" + "/".join(quote(one, safe="") for one in following)

    def look(self, sent: Look) -> dict[str, Any] | None:
        if self.colleagues is None:
            return None
        found = self.colleagues.look((sent.task, sent.check), sent.at, sent.choose)
        return {"answer": found.answer, "others": found.others}

    def decide(self, task: str, check: str, sent: Decided, by: str) -> dict[str, Any] | None:
        found = self.whole()
        question = found.question(task, check)
        if question is None:
            return None
        names = {id_of(report.submission): report.submission for report in found.reports}
        if not {*sent.answers} <= {*names} or not {*sent.items} <= {item.name for item in question.items}:
            raise ValueError("there is no such answer or item")
        if sent.points and not sent.text.strip():
            raise ValueError("give a reason for the points beside the items")
        together = secrets.token_hex(8) if len(sent.answers) > 1 else ""
        made = []
        for one in sent.answers:
            result = found.check(names[one], task, check)
            made.append(
                self._decision(
                    by,
                    kind="items",
                    submission=names[one],
                    task=task,
                    check=check,
                    items=sent.items,
                    points=sent.points or None,
                    text=sent.text.strip(),
                    seen="" if result is None else fingerprint(result),
                    together=together,
                )
            )

        def is_known(known: Sequence[Decision]) -> None:
            marks = of_marks(known)
            last = {one: marks.get((names[one], task, check)) for one in sent.answers}
            newer = [d for one, d in last.items() if d is not None and d.id != sent.known.get(one, "")]
            if newer:
                raise _Newer(newer)

        self.decisions.append(made, is_known)
        return {"made": {id_of(one.submission): one.id for one in made}}

    def code(self, task: str) -> list[dict[str, Any]]:
        found = self.whole()
        names = [report.submission for report in found.reports]
        people = {} if self.anonymous else {name: visible(self.reports.people(name)) for name in names}
        shown = code_view(task, found.reports, found.decisions, people)
        return [one.model_dump(mode="json") for one in shown]

    def give(self, task: str, sent: Points, by: str) -> dict[str, Any]:
        found = self.whole()
        name = next((one.submission for one in found.reports if id_of(one.submission) == sent.answer), "")
        result = found.check(name, task, sent.check)
        if result is None or result.answer is not None:
            raise ValueError("there is no such check")
        if sent.points > result.points or not sent.text.strip():
            raise ValueError(f"give 0 to {result.points:g} points, and a reason")
        made = self._decision(
            by,
            kind="points",
            submission=name,
            task=task,
            check=sent.check,
            points=sent.points,
            text=sent.text.strip(),
            seen=fingerprint(result),
        )

        def is_known(known: Sequence[Decision]) -> None:
            last = of_marks(known).get((name, task, sent.check))
            if last is not None and last.id != sent.known:
                raise _Newer([last])

        self.decisions.append([made], is_known)
        return {"made": made.id}

    def comment(self, task: str, sent: Line, by: str) -> dict[str, Any]:
        names = {id_of(report.submission): report.submission for report in self.reports.reports()}
        if sent.answer not in names or not sent.text.strip() or bool(sent.file.strip()) != bool(sent.line):
            raise ValueError("write a comment, on the submission or on a line of a file")
        made = self._decision(
            by,
            kind="comment",
            submission=names[sent.answer],
            task=task,
            file=sent.file.strip(),
            line=sent.line,
            text=sent.text.strip(),
        )
        self.decisions.append([made], lambda known: None)
        return {"made": made.id}

    def prices(self) -> dict[str, Any]:
        """Return the rubrics with how many answers each item holds for, and which tasks are released."""
        found = self.whole()
        public = released(found.decisions)
        return {
            "questions": [
                (one, [(item, found.effect(one, item).holds) for item in one.items])
                for one in found.questions
            ],
            "tasks": [(task, task in public) for task in dict.fromkeys(one.task for one in found.questions)],
        }

    def release(self, sent: Release, by: str) -> dict[str, Any]:
        found = self.whole()
        if sent.task not in {one.task for one in found.questions}:
            raise ValueError("there is no such task")
        there = [one for one in standing(found.decisions) if one.kind == "release" and one.task == sent.task]
        made = []
        if sent.shown and not there:
            made = [self._decision(by, kind="release", task=sent.task)]
        if not sent.shown:
            made = [self._decision(by, kind="undo", undoes=one.id, task=sent.task) for one in there]
        if made:
            self.decisions.append(made, lambda known: None)
        return {"shown": sent.shown}

    def undo(self, by: str) -> dict[str, Any] | None:
        """Take back the last decision of this person, with those that were made at once."""
        own = [one for one in standing(self.decisions.read()) if one.by == by and one.kind in _TO_UNDO]
        together = own[-1].together if own else ""
        last = [one for one in own if together and one.together == together] or own[-1:]
        if not last:
            return None
        made = [
            self._decision(
                by, kind="undo", undoes=one.id, submission=one.submission, task=one.task, check=one.check
            )
            for one in last
        ]
        self.decisions.append(made, lambda known: None)
        ids = [id_of(one.submission) for one in last]
        return {"task": last[0].task, "check": last[0].check, "answers": ids}

    def item(self, task: str, check: str, sent: NewItem, by: str) -> dict[str, Any] | None:
        """Add or change a rubric item, and say what that changes; with `preview`, only say so."""
        found = self.whole()
        question = found.question(task, check)
        if question is None:
            return None
        known = {item.name: item for item in question.items}
        if sent.name and sent.name not in known:
            raise ValueError("there is no such item")
        name = sent.name or _new_name(sent.title, known)
        before = known.get(name)
        title = sent.title.strip()
        item = (
            before.model_copy(update={"title": title, "points": sent.points})
            if before
            else RubricItem(name=name, title=title, points=sent.points)
        )
        if not sent.preview:
            made = self._decision(by, kind="rubric", task=task, check=check, item=item)
            self.decisions.append([made], lambda known: None)
        return {"name": name, **found.effect(question, item).model_dump()}

    def _decision(self, by: str, **fields: object) -> Decision:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        known = {"id": secrets.token_hex(8), "when": when, "by": by, "named": self.named}
        return Decision.model_validate(known | fields)


def application(
    decisions: Decisions,
    reports: Reports,
    reviewer: Reviewer,
    *,
    suggest: Suggest = suggest,
    anonymous: bool = True,
    named: bool = True,
    publish: Callable[[], None] | None = None,
    back: str = "",
    csrf: str = "",
    colleagues: Colleagues | None = None,
    calibration: str = "",
    prices_at: str = "",
) -> Starlette:
    """Return the pages for one class.

    `reviewer` says who asks. Without `anonymous`, pages show whose answer it is. `named`: whether students
    see who decided. `publish` writes marks and pages; without it, there is no button for that. `back` is
    where the page of all questions leads back to. `csrf` is sent with each change, in the header
    `X-CSRF-Token`, for an application around this one that asks for it. `colleagues`: who else reviews, if
    others do. `calibration` is shown above a question whose points are no marks; its rubric stays as it is.
    `prices_at` is where that application shows prices and releases, instead of the page here.
    """
    review = _Review(
        decisions,
        reports,
        reviewer,
        lru_cache(_MOST_SUGGESTIONS)(suggest),
        anonymous,
        named,
        publish,
        back,
        csrf,
        colleagues,
        calibration,
        prices_at,
    )
    folder = Path(str(files("grader.review") / "static"))
    own_prices = [
        Route("/prices", _guarded(review, _prices)),
        Route("/api/release", _guarded(review, _release), methods=["POST"]),
    ]
    return Starlette(
        routes=[
            Route("/", _guarded(review, _overview)),
            Route("/question/{task}/{check}", _guarded(review, _page)),
            Route("/api/overview", _guarded(review, _progress)),
            Route("/api/question/{task}/{check}", _guarded(review, _question)),
            Route("/api/question/{task}/{check}/decide", _guarded(review, _decide), methods=["POST"]),
            Route("/api/question/{task}/{check}/item", _guarded(review, _item), methods=["POST"]),
            Route("/code/{task}", _guarded(review, _code_page)),
            Route("/api/code/{task}", _guarded(review, _code)),
            Route("/api/code/{task}/decide", _guarded(review, _give), methods=["POST"]),
            Route("/api/code/{task}/comment", _guarded(review, _comment), methods=["POST"]),
            Route("/api/look", _guarded(review, _look), methods=["POST"]),
            *([] if prices_at else own_prices),
            Route("/api/undo", _guarded(review, _undo), methods=["POST"]),
            Route("/api/publish", _guarded(review, _publish), methods=["POST"]),
            Mount("/static", StaticFiles(directory=folder)),
        ]
    )


_Endpoint = Callable[[_Review, Request, str], Any]


def _guarded(review: _Review, endpoint: _Endpoint) -> Callable[[Request], Any]:
    """Let in who may review, and turn errors into answers."""

    async def guarded(request: Request) -> Response:
        by = review.reviewer(request)
        if by is None:
            return PlainTextResponse("Open the address that `grade review` printed.", 403)
        if request.method == "POST" and not _is_ours(request):
            return PlainTextResponse("This request does not come from the page.", 403)
        try:
            found: Response = await endpoint(review, request, by)
        except _Newer as newer:
            said = [{"by": one.by, "items": one.items, "text": one.text} for one in newer.decisions]
            found = JSONResponse({"newer": said}, 409)
        except (ValidationError, ValueError) as error:
            found = JSONResponse({"error": str(error).splitlines()[0][:300]}, 400)
        except GraderError as error:
            found = JSONResponse({"error": str(error)}, 500)
        found.headers["Content-Security-Policy"] = _POLICY
        found.headers["Cache-Control"] = "no-store"
        found.headers["Referrer-Policy"] = "no-referrer"
        found.headers["X-Content-Type-Options"] = "nosniff"
        return found

    return guarded


def _is_ours(request: Request) -> bool:
    """Whether a change was sent by a script of the page: no form of another site can set this type."""
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind == "application/json" and origin in (None, own)


async def _body(request: Request) -> bytes:
    """Return the body of a request, which is bounded. Raises `ValueError`."""
    data = b""
    try:
        async for part in request.stream():
            data += part
            if len(data) > _MOST_BODY:
                raise ValueError("that is too long")
    except ClientDisconnect:  # a page that is closed says so, and may be gone before it has
        raise ValueError("the rest did not come") from None
    return data


async def _overview(review: _Review, request: Request, by: str) -> Response:
    shown = await run_in_threadpool(review.overview)
    return _html("overview.html", request, review, by=by, **shown)


async def _page(review: _Review, request: Request, by: str) -> Response:
    task, check = request.path_params["task"], request.path_params["check"]
    found = await run_in_threadpool(review.whole)
    question = found.question(task, check)
    if question is None:
        return PlainTextResponse("There is no such question.", 404)
    after = await run_in_threadpool(review.after, found, task, check)
    return _html("question.html", request, review, question=question, after=after)


async def _code_page(review: _Review, request: Request, by: str) -> Response:
    found = await run_in_threadpool(review.whole)
    titles = {name: title for name, title, _ in code_tasks(found.reports)}
    task = request.path_params["task"]
    if task not in titles:
        return PlainTextResponse("There is no such task.", 404)
    return _html("code.html", request, review, task=task, title=titles[task])


async def _code(review: _Review, request: Request, by: str) -> Response:
    return JSONResponse(await run_in_threadpool(review.code, request.path_params["task"]))


async def _give(review: _Review, request: Request, by: str) -> Response:
    sent = Points.model_validate_json(await _body(request))
    return _found(await run_in_threadpool(review.give, request.path_params["task"], sent, by))


async def _comment(review: _Review, request: Request, by: str) -> Response:
    sent = Line.model_validate_json(await _body(request))
    return _found(await run_in_threadpool(review.comment, request.path_params["task"], sent, by))


async def _prices(review: _Review, request: Request, by: str) -> Response:
    return _html("prices.html", request, review, **await run_in_threadpool(review.prices))


async def _look(review: _Review, request: Request, by: str) -> Response:
    sent = Look.model_validate_json(await _body(request))
    return _found(await run_in_threadpool(review.look, sent))


async def _release(review: _Review, request: Request, by: str) -> Response:
    sent = Release.model_validate_json(await _body(request))
    return _found(await run_in_threadpool(review.release, sent, by))


async def _progress(review: _Review, request: Request, by: str) -> Response:
    found = await run_in_threadpool(review.whole)
    return JSONResponse([one.model_dump() for one in found.progress()])


async def _question(review: _Review, request: Request, by: str) -> Response:
    task, check = request.path_params["task"], request.path_params["check"]
    return _found(await run_in_threadpool(review.view, task, check))


async def _decide(review: _Review, request: Request, by: str) -> Response:
    sent = Decided.model_validate_json(await _body(request))
    task, check = request.path_params["task"], request.path_params["check"]
    return _found(await run_in_threadpool(review.decide, task, check, sent, by))


async def _item(review: _Review, request: Request, by: str) -> Response:
    sent = NewItem.model_validate_json(await _body(request))
    task, check = request.path_params["task"], request.path_params["check"]
    return _found(await run_in_threadpool(review.item, task, check, sent, by))


async def _undo(review: _Review, request: Request, by: str) -> Response:
    return _found(await run_in_threadpool(review.undo, by))


async def _publish(review: _Review, request: Request, by: str) -> Response:
    if review.publish is None:
        return JSONResponse({"error": "Marks are not written from here."}, 404)
    await run_in_threadpool(review.publish)
    return JSONResponse({"written": True})


def _found(found: Mapping[str, Any] | None) -> Response:
    return JSONResponse({"error": "There is no such thing."}, 404) if found is None else JSONResponse(found)


def _new_name(title: str, known: Mapping[str, object]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_")[:30] or "item"
    name, number = plain, 1
    while name in known:
        number += 1
        name = f"{plain}_{number}"
    return name


def _html(template: str, request: Request, review: _Review, **values: object) -> HTMLResponse:
    root = request.scope.get("root_path", "").rstrip("/")
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(root=root, review=review, **values))


def _shown(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_ENVIRONMENT = Environment(
    loader=PackageLoader("grader.review", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["listed"] = listed
