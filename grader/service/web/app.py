"""The web application of the service."""

import logging
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException as StarletteHTTPException

from grader.errors import GraderError, UsageError
from grader.report.visible import visible
from grader.service import deliveries
from grader.service.access import NotThere, Refused
from grader.service.database import now
from grader.service.decisions import DecidedMeanwhile
from grader.service.files import StorageFull
from grader.service.outgoing import Unreachable
from grader.service.web import (
    api,
    deciding,
    elsewhere,
    pages,
    platforms,
    pricing,
    releasing,
    review_api,
    reviewing,
)
from grader.service.web.asking import NotSignedIn, Of, Program, Service
from grader.service.web.guards import Guard

_LOG = logging.getLogger("grader.service.web")
_STATUS: dict[type[Exception], int] = {
    StorageFull: 507,
    Unreachable: 502,
    DecidedMeanwhile: 409,
    UsageError: 422,
    GraderError: 422,
}
ROUTERS = (
    api.router,
    review_api.router,
    elsewhere.router,
    platforms.router,
    pages.router,
    deciding.router,
    reviewing.router,
    releasing.router,
    pricing.router,
)
"""All that answers, besides what operators ask for."""


def make(service: Service) -> Guard:
    """Return the application."""
    app = FastAPI(
        title="torch-homework-grader",
        version=version("torch-homework-grader"),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    for router in ROUTERS:
        app.include_router(router)
    _add_operations(app)
    _add_errors(app)
    return Guard(app, service.metrics, service.is_https)


def _add_operations(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False)
    def alive() -> Response:
        """Say that this process answers."""
        return PlainTextResponse("ok\n")

    @app.get("/readyz", include_in_schema=False)
    def ready(of: Of) -> Response:
        """Say whether the database answers."""
        with of.database.read() as session:
            session.scalar(select(now()))
        return PlainTextResponse("ready\n")

    @app.get("/metrics", include_in_schema=False)
    def metrics(of: Of, who: Program) -> Response:
        """Return counts for Prometheus to who administers the service."""
        if not who.admin:
            raise Refused("metrics")
        gauges = {f'grade_jobs{{state="{state}"}}': float(n) for state, n in of.queue.counts().items()}
        with of.database.read() as session:
            sent = deliveries.counts(session)
        gauges |= {f'grade_deliveries{{state="{state}"}}': float(n) for state, n in sent.items()}
        return PlainTextResponse(of.metrics.text(gauges))


def _add_errors(app: FastAPI) -> None:
    def said(request: Request, status: int, text: str, headers: dict[str, str] | None = None) -> Response:
        wants_json = request.url.path.startswith("/api/") or "application/json" in request.headers.get(
            "accept", ""
        )
        answer = JSONResponse({"detail": visible(text)}, status) if wants_json else pages.failed(status, text)
        answer.headers.update(headers or {})
        return answer

    @app.exception_handler(NotSignedIn)
    def not_signed_in(request: Request, error: NotSignedIn) -> Response:
        if request.method == "GET" and "application/json" not in request.headers.get("accept", ""):
            return RedirectResponse("/sign-in", 303)
        return said(request, 401, "Sign in first.")

    @app.exception_handler(NotThere)
    def not_there(request: Request, error: NotThere) -> Response:
        return said(request, 404, "There is no such page, or it is not yours to see.")

    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> Response:
        return said(request, 403, "You may not do that.")

    @app.exception_handler(GraderError)
    def graders(request: Request, error: GraderError) -> Response:
        status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
        return said(request, status, str(error))

    @app.exception_handler(OperationalError)
    def away(request: Request, error: OperationalError) -> Response:
        _LOG.error("the database is away", extra={"error": type(error.orig).__name__})
        text = "The service cannot answer at the moment; nothing was stored. Try again in a minute."
        return said(request, 503, text, {"Retry-After": "5"})

    @app.exception_handler(StarletteHTTPException)
    def http(request: Request, error: StarletteHTTPException) -> Response:
        return said(request, error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return said(request, 422, f"{where}: {first['msg']}" if where else str(first["msg"]))

    @app.exception_handler(Exception)
    def bug(request: Request, error: Exception) -> Response:
        return said(request, 500, "A fault of ours; it was written down.")
