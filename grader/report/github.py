"""Writes workflow commands for GitHub Actions: an annotation per cause, at the student's line.

A student's program can print workflow commands too. So everything but our own commands is printed between
`::stop-commands::TOKEN` and `::TOKEN::`, with a token that no program could know.
"""

from collections.abc import Iterator

from grader.report.causes import Cause, causes
from grader.report.language import _
from grader.report.messages import mark_message, text, told
from grader.report.visible import cut, visible
from grader.results.report import Report

MOST = 10
"""Annotations per step that GitHub shows of one level."""
_MOST = 1000
"""Characters of one annotation."""


def render(report: Report, summary: str, folder: str, token: str) -> str:
    """Return the `summary` with commands stopped, then the annotations.

    `folder` is the submission's path in the repository; annotations need paths that begin there.
    """
    return "\n".join([*_stopped(summary, token), *_commands(report, folder)]) + "\n"


def _stopped(summary: str, token: str) -> Iterator[str]:
    yield f"::stop-commands::{token}"
    yield summary.rstrip("\n")
    yield f"::{token}::"


def _commands(report: Report, folder: str) -> Iterator[str]:
    for cause in causes(report)[:MOST]:
        yield _annotation(
            "error",
            "\n".join(map(text, cause.said)),
            title=f"{cause.task.task}: {told(cause.check.title)}",
            **_place(cause, folder),
        )
    for task in report.tasks:
        if not task.handed_in:
            yield _annotation(
                "warning",
                text(task.why_missing) or _("{0} was not handed in.").format(task.wanted_file),
                title=told(task.title),
            )
    if report.is_broken:
        said = _("Some checks could not be decided, which is not the student's fault.")
        yield _annotation("warning", said)
    yield _annotation("notice", text(mark_message(report)), title=_("Mark"))


def _place(cause: Cause, folder: str) -> dict[str, str]:
    place = cause.place
    if place is None:
        file, line = cause.task.wanted_file, 1
    else:
        file, line = place.file, place.line
    return {"file": f"{folder.rstrip('/')}/{file}" if folder not in ("", ".") else file, "line": str(line)}


def _annotation(level: str, said: str, **properties: str) -> str:
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level}{' ' if listed else ''}{listed}::{_data(said)}"


def _data(said: str) -> str:
    """Return a text as the message of a command: `%`, CR and LF are encoded."""
    said = visible(cut(said, _MOST))
    return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(said: str) -> str:
    return _data(said).replace(":", "%3A").replace(",", "%2C")
