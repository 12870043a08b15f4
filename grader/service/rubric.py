"""The rubric of an assignment with its prices: what slips cost, and what items of questions in words give.

Another price is arithmetic on what reports hold: no program is run again. What it changes can be seen before
it is stored.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.judging.deciding import decided
from grader.report.slips import kind_in_words, repairs_of
from grader.results.decisions import Decision, of_marks, prices, standing, with_changes
from grader.results.explanation import Explanation
from grader.results.report import Report, TaskResult, mark
from grader.results.rubric import Question, RubricItem
from grader.service import courses, decisions, marks, notices, results
from grader.service.deciding import Prepared, decision
from grader.service.decisions import DecidedMeanwhile
from grader.service.results import ClassLine
from grader.service.schema import AssignmentRow, Course, Person, Revision

_DEAREST = 1000.0
"""Points."""


@dataclass(frozen=True)
class Key:
    """What a price is of: a slip in code, or an item of a question in words."""

    task: str
    check: str
    """The number of the question; empty for a slip."""
    name: str
    is_repair: bool = False

    @property
    def text(self) -> str:
        """What a form calls it."""
        return json.dumps([self.task, self.check, self.name, self.is_repair])


@dataclass(frozen=True)
class Entry:
    """A line of the rubric."""

    key: Key
    task_title: str
    title: str
    own: float | None
    """What the assignment says, None for an item that a person added."""
    points: float
    """What counts: the price of a slip, or the points of an item."""
    students: int
    """How many have it in the submission that counts."""


@dataclass(frozen=True)
class Change:
    """A mark that would be another one."""

    person: Person
    submission: str
    before: float
    after: float


@dataclass(frozen=True)
class Effect:
    """What other prices change, of the marks that count."""

    marks: int
    changes: Sequence[Change]

    @property
    def up(self) -> int:
        """How many go up."""
        return sum(one.after > one.before for one in self.changes)

    @property
    def words(self) -> str:
        """The same in words: `8 of 60 marks change: 8 up, 0 down`."""
        down = len(self.changes) - self.up
        return f"{len(self.changes)} of {self.marks} marks change: {self.up} up, {down} down"


@dataclass(frozen=True)
class Rubric:
    """The rubric of an assignment, with what marks depend on."""

    entries: Sequence[Entry]
    version: str
    """What it was made from: another one once somebody has set a price, or published a revision."""
    graded: Sequence[tuple[ClassLine, Report]]
    known: Sequence[Decision]
    questions: Sequence[Question]

    def changed(self, wanted: Mapping[str, float]) -> dict[Key, float]:
        """Return the prices that differ from those that count, from what forms call them.

        Raises `UsageError` for one that cannot be.
        """
        by_text = {one.key.text: one for one in self.entries}
        found = {}
        for text, points in wanted.items():
            entry = by_text.get(text)
            if entry is None:
                raise UsageError("There is no such line in the rubric; reload the page.")
            least = -_DEAREST if entry.key.check else 0.0
            if not least <= points <= _DEAREST:
                raise UsageError(f"{entry.title.rstrip('.')}: give {least:g} to {_DEAREST:g} points.")
            if round(points, 6) != entry.points:
                found[entry.key] = round(points, 6)
        return found

    def effect(self, changes: Mapping[Key, float]) -> Effect:
        """Return whose marks other prices change."""
        made = _by_submission([*self.known, *self._decisions(changes)])
        found = []
        for line, report in self.graded:
            assert line.submission is not None and line.mark is not None
            after = mark(decided(report, made(report), self.questions).score, line.lateness)
            if after != line.mark:
                found.append(Change(line.person, line.submission.id, line.mark, after))
        return Effect(len(self.graded), found)

    def refuse_old(self, known: str) -> None:
        """Raise `DecidedMeanwhile` if a page showed another version."""
        _refuse_old(self.version, self.known, known)

    def _decisions(self, changes: Mapping[Key, float]) -> list[Decision]:
        return [self._decision(key, points) for key, points in changes.items()]

    def _decision(self, key: Key, points: float) -> Decision:
        if not key.check:
            return decision("price", "", task=key.task, slip=key.name, is_repair=key.is_repair, points=points)
        item = _items(with_changes(self.questions, self.known))[key]
        return decision(
            "rubric",
            "",
            task=key.task,
            check=key.check,
            item=item.model_copy(update={"points": points}),
        )

    def store(
        self,
        session: Session,
        who: Person,
        row: AssignmentRow,
        wanted: Mapping[str, float],
        known: str,
        notice: Sequence[str] = (),
    ) -> None:
        """Store the prices that differ.

        `known` is the version that the person saw: another one raises `DecidedMeanwhile`.
        `marks.keep_all` is to be called after the transaction.
        """

        def is_known(there: Sequence[Decision]) -> None:
            fresh = session.get_one(AssignmentRow, row.id, populate_existing=True)
            _refuse_old(_version(fresh, there), there, known)

        self.refuse_old(known)  # before prices that belong to another state are looked up
        notices.may_change(session, row, notice)
        decisions.add(session, row, who, self._decisions(self.changed(wanted)), is_known)
        courses.note(session, who.id, "prices", f"assignment {row.id}")


def read(session: Session, prepared: Prepared, course: Course, row: AssignmentRow) -> Rubric:
    """Return the rubric of the revision that counts, with who has what in the submission that counts."""
    revision = session.get(Revision, row.revision_id) if row.revision_id else None
    known = decisions.of_assignment(session, row)
    if revision is None:
        return Rubric((), _version(row, known), (), known, ())
    lines = results.class_lines(session, course, row, revision.id)
    graded = [(line, prepared.report(session, line.result.row)) for line in lines if line.result is not None]
    questions = marks.questions(revision)
    titles = {str(task["name"]): str(task["title"]) for task in revision.tasks}
    entries = [
        *_slips([report for _, report in graded], known, questions, titles),
        *_items_of({report.submission for _, report in graded}, known, questions, titles),
    ]
    order = [*titles]
    entries.sort(key=lambda one: order.index(one.key.task))
    return Rubric(entries, _version(row, known), graded, known, questions)


def _slips(
    reports: Sequence[Report],
    known: Sequence[Decision],
    questions: Sequence[Question],
    titles: Mapping[str, str],
) -> Iterator[Entry]:
    """Yield the slips that somebody's mark depends on, and those with a price that a person set."""
    facts: dict[Key, tuple[str, float, float]] = {}
    count: Counter[Key] = Counter()
    made = _by_submission(known)
    for report in reports:
        for task in decided(report, made(report), questions).tasks:
            for one in task.explanations:
                facts |= _facts(task, one)
            first = task.explanations[:1] if task.decided is None else ()
            count.update({key for one in first if one.counts for key in _facts(task, one)})
    set_by_people = {
        Key(task, "", name, is_repair)
        for task, by_slip in prices(known).items()
        for name, is_repair in by_slip
    }
    for key in sorted(facts, key=lambda key: (-count[key], key.name)):
        if key.task in titles and (count[key] or key in set_by_people):
            title, own, price = facts[key]
            yield Entry(key, titles[key.task], title, own, price, count[key])


def _by_submission(known: Sequence[Decision]) -> Callable[[Report], list[Decision]]:
    """Return what finds the decisions that a report depends on, in their order."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(known):
        places.setdefault(one.submission, []).append(place)

    def of(report: Report) -> list[Decision]:
        wanted = sorted([*places.get("", []), *places.get(report.submission, [])])
        return [known[place] for place in wanted]

    return of


def _facts(task: TaskResult, one: Explanation) -> dict[Key, tuple[str, float, float]]:
    """Return title, own price and price of each slip of an explanation."""
    names = [*one.titles, *(f"A repair: {kind_in_words(repair)}" for repair in repairs_of(one))]
    facts = zip(one.slips, names, one.own_prices or one.prices, one.prices, strict=False)
    return {
        Key(task.task, "", slip, is_repair): (title, own, price)
        for (slip, is_repair), title, own, price in facts
    }


def _items_of(
    submissions: set[str], known: Sequence[Decision], questions: Sequence[Question], titles: Mapping[str, str]
) -> Iterator[Entry]:
    """Yield the items of questions in words, with how many answers each holds for."""
    holds = Counter(
        Key(one.task, one.check, item)
        for one in of_marks(known).values()
        if one.kind == "items" and one.submission in submissions
        for item in one.items
    )
    own = {Key(one.task, one.check, item.name): item.points for one in questions for item in one.items}
    for key, item in _items(with_changes(questions, known)).items():
        if key.task in titles:
            title = f"{key.check}: {item.title}"
            yield Entry(key, titles[key.task], title, own.get(key), item.points, holds[key])


def _items(questions: Sequence[Question]) -> dict[Key, RubricItem]:
    return {Key(one.task, one.check, item.name): item for one in questions for item in one.items}


def _of_rubric(there: Sequence[Decision]) -> list[Decision]:
    return [one for one in standing(there) if one.kind in ("price", "rubric")]


def _refuse_old(version: str, there: Sequence[Decision], known: str) -> None:
    if version != known:
        last = _of_rubric(there)
        by = f" The last price was set by {last[-1].by}." if last else ""
        raise DecidedMeanwhile(f"The rubric has changed in between.{by} Look at it again.")


def _version(row: AssignmentRow, there: Sequence[Decision]) -> str:
    facts = json.dumps([row.revision_id, *(one.id for one in _of_rubric(there))])
    return hashlib.sha256(facts.encode()).hexdigest()[:16]
