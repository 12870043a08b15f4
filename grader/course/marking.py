"""The rows of a class with the marks that follow from what people decided."""

from collections.abc import Callable, Sequence

from grader.course.rows import graded
from grader.course.summary import Summary
from grader.judging.deciding import decided
from grader.results.course import Row
from grader.results.decisions import Decision
from grader.results.report import Report, mark
from grader.results.rubric import Question


def marked(
    rows: Sequence[Row],
    decisions: Sequence[Decision],
    questions: Sequence[Question],
    read: Callable[[Row], Report | None],
    changed: Callable[[Row, Report], None],
) -> tuple[list[Row], Summary]:
    """Return rows with their marks, and their summary.

    `read` returns a student's report, None if there is none; `changed` is given each report that these
    decisions change.
    """
    summing = Summary()
    found = []
    for row in rows:
        before = read(row)
        if before is None:
            found.append(row)
            continue
        after = decided(before, decisions, questions)
        if after != before:
            changed(row, after)
        whole = summing.row(row, graded(after))
        left = mark(after.score, row.lateness)
        found.append(whole.model_copy(update={"mark": left, "lateness": row.lateness}))
    return found, summing
