"""Writes `grades.csv`: one line per student, safe to open as a spreadsheet.

Excel reads UTF-8 only if a byte-order mark comes first. Commas separate the cells, and numbers have a
decimal point whatever the language.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from grader.report.messages import lateness_message, text
from grader.report.numbers import points
from grader.report.visible import visible
from grader.results.course import ClassResult, Member, Row
from grader.results.message import Message

MARK = "\ufeff"
"""The byte-order mark, which begins a table."""
_COLUMNS = ("folder", "id", "name", "email", "score", "points", "mark")
_LAST = ("final", "note", "report")
_FORMULA = tuple("=+-@＝＋－＠\t\r\n")
_LATER_FORMULA = re.compile(r'([;\t|,][\s"]*)(?=[=+\-@＝＋－＠])')


def lines(result: ClassResult, folders: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines one by one; `folders` holds, by alias, the folder of a student."""
    tasks = [task.task for task in result.tasks]
    titles = [*_COLUMNS, *tasks, *_LAST]
    further = [cell(f"{title} (roster)" if title in titles else title) for title in result.further]
    yield MARK + line([*titles, *further])
    for row in result.students:
        for person in row.people:
            yield line(_cells(row, person, folders.get(row.folder, row.folder), tasks, result.further))
    for person in result.missing:
        row = Row(folder="", points=result.points, problem=Message.of("nothing_handed_in"))
        yield line(_cells(row, person, "", tasks, result.further))


def _cells(row: Row, person: Member, folder: str, tasks: Sequence[str], further: Sequence[str]) -> list[str]:
    late = lateness_message(row.score, row.points, row.lateness)
    marked = Message.of("marked_late") if row.marked_late else None
    waiting = Message.of("points_wait", waiting=row.waiting) if row.waiting else None
    by_people = Message.of("decided_by_people", count=len(row.decided)) if row.decided else None
    again = sum(one.another_look for one in row.decided)
    look = Message.of("look_again", count=again) if again else None
    said = (row.problem, late, marked, waiting, by_people, look)
    note = " ".join(text(message) for message in said if message is not None)
    return [
        *(cell(stranger) for stranger in (folder, person.id, person.name, person.email)),
        *(points(value) for value in (row.score, row.points, row.mark)),
        *(points(row.tasks.get(task, 0)) for task in tasks),
        "yes" if row.final else "no",
        cell(note),
        cell(f"{row.out}/report.html" if row.out else ""),
        *(cell(person.further.get(title, "")) for title in further),
    ]


def line(cells: list[str]) -> str:
    """Return one line of CSV with its end."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()


def cell(stranger: str) -> str:
    """Return a stranger's text as a cell that no spreadsheet takes for a formula."""
    # Where a comma is the decimal point, a spreadsheet separates cells by semicolons, within quotes too.
    shown = _LATER_FORMULA.sub(r"\1'", visible(stranger))
    return f"'{shown}" if shown.startswith(_FORMULA) or shown.lstrip().startswith(_FORMULA) else shown
