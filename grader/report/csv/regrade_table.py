"""Writes `compare.csv`: one line per student whose marks change."""

from collections.abc import Iterator

from grader.report.csv.class_table import MARK, cell, line
from grader.report.numbers import points
from grader.report.terminal.regrade_summary import causes
from grader.results.regrade import Regrade


def lines(compared: Regrade) -> Iterator[str]:
    """Yield the lines one by one."""
    yield MARK + line(["folder", "id", "name", "before", "after", "change", "other files", "because of"])
    for change in compared.changes:
        yield line(
            [
                *(cell(text) for text in (change.folder, change.id, change.name)),
                *(points(value) for value in (change.before, change.after, change.change)),
                "yes" if change.other_files else "no",
                cell("; ".join(causes(change))),
            ]
        )
