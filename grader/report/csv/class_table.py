"""Writes `grades.csv`: one line per student, safe to open as a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Mapping

from grader.report.messages import lateness_message, text
from grader.report.numbers import points
from grader.report.visible import visible
from grader.results.course import ClassResult, Row
from grader.results.message import Message

_FORMULA = tuple("=+-@＝＋－＠\t\r\n")


def lines(result: ClassResult, folders: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines one by one; `folders` holds, by alias, the folder of a student."""
    tasks = [task.task for task in result.tasks]
    yield line(
        ["folder", "id", "name", "email", "score", "points", "mark", *tasks, "final", "note", "report"]
    )
    for row in result.students:
        yield line(_cells(row, folders.get(row.folder, row.folder), tasks))
    for person in result.missing:
        problem = Message.of("nothing_handed_in")
        row = Row(folder="", **person.model_dump(), points=result.points, problem=problem)
        yield line(_cells(row, "", tasks))


def _cells(row: Row, folder: str, tasks: list[str]) -> list[str]:
    late = lateness_message(row.score, row.points, row.lateness)
    note = " ".join(text(message) for message in (row.problem, late) if message is not None)
    return [
        *(cell(stranger) for stranger in (folder, row.id, row.name, row.email)),
        *(points(value) for value in (row.score, row.points, row.mark)),
        *(points(row.tasks.get(task, 0)) for task in tasks),
        "yes" if row.final else "no",
        cell(note),
        cell(f"{row.out}/report.html" if row.out else ""),
    ]


def line(cells: list[str]) -> str:
    """Return one line of CSV with its end."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()


def cell(stranger: str) -> str:
    """Return a stranger's text as a cell that no spreadsheet takes for a formula."""
    shown = visible(stranger)
    return f"'{shown}" if shown.startswith(_FORMULA) or shown.lstrip().startswith(_FORMULA) else shown
