"""Writes `report.json`: the result model as it is. Its schema is in docs/report.md."""

from grader.results.report import Report


def render(report: Report) -> str:
    """Return the report as JSON; the same report gives the same text."""
    return report.model_dump_json(indent=1) + "\n"
