"""Writes `compare.html`: whose mark changes, from what to what, and why."""

from markupsafe import Markup

from grader.report.html import submission_page
from grader.report.numbers import signed_points
from grader.report.terminal.regrade_summary import causes
from grader.results.regrade import Regrade


def render(compared: Regrade) -> str:
    """Return the page; it holds no script and no outside address."""
    css = "".join(submission_page.file(name) for name in ("page.css", "check.css", "class.css"))
    return (
        submission_page.environment()
        .get_template("compare.html")
        .render(
            compared=compared,
            causes=causes,
            signed=signed_points,
            css=Markup(css),
            css_digest=submission_page.digest(css),
        )
    )
