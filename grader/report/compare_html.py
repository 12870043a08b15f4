"""Writes `compare.html`: whose mark changes, from what to what, and why."""

from markupsafe import Markup

from grader.comparing import Compared
from grader.report import html
from grader.report.compare_terminal import cause, signed


def render(compared: Compared) -> str:
    """Return the page; it holds no script and no outside address."""
    css = "".join(html.file(name) for name in ("page.css", "check.css", "class.css"))
    return (
        html.environment()
        .get_template("compare.html")
        .render(compared=compared, cause=cause, signed=signed, css=Markup(css), css_digest=html.digest(css))
    )
