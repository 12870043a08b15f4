"""Writes what `grade check` found as one page."""

from markupsafe import Markup

from grader.report.html import submission_page
from grader.results.audit import AssignmentAudit


def render(checked: AssignmentAudit) -> str:
    """Return the page; it holds no script and no outside address."""
    css = submission_page.file("page.css") + submission_page.file("check.css")
    return (
        submission_page.environment()
        .get_template("check.html")
        .render(checked=checked, css=Markup(css), css_digest=submission_page.digest(css))
    )
