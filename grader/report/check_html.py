"""Writes what `grade check` found as one page."""

from markupsafe import Markup

from grader.checking import AssignmentChecked
from grader.report import html


def render(checked: AssignmentChecked) -> str:
    """Return the page; it holds no script and no outside address."""
    css = html.file("page.css") + html.file("check.css")
    return (
        html.environment()
        .get_template("check.html")
        .render(checked=checked, css=Markup(css), css_digest=html.digest(css))
    )
