"""What the pages show of the answers to one question; pure, from reports and decisions."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.judging.alike import Grouped, grouped
from grader.judging.suggesting import Suggest
from grader.report.messages import text
from grader.results.decisions import Decision, fingerprint, of_marks, standing, with_changes
from grader.results.message import Message, Record
from grader.results.report import CheckResult, Report, Verdict
from grader.results.rubric import Question, RubricItem
from grader.results.suggestion import Suggestion

_MOST_COMMENTS = 9


class Made(Record):
    """A decision about one answer, as pages show it."""

    id: str
    by: str
    items: tuple[str, ...]
    points: float | None
    text: str
    score: float
    look_again: bool
    """Whether the answer or its rubric has changed since."""
    new_items: tuple[str, ...] = ()
    """Titles of the items that the rubric has got since."""


class Effect(Record):
    """What another price of an item, or a new one, changes."""

    holds: int
    """Answers for which the item holds."""
    changed: int
    """Answers whose points change."""
    change: float
    """The sum of these changes."""


class AnswerView(Record):
    """One answer, without a name."""

    id: str
    label: str
    who: str
    """Empty in an anonymous review."""
    text: str
    file: str
    placed: bool
    missing: bool
    """Whether there is no answer."""
    note: str
    suggested: float | None
    seen: tuple[str, ...]
    marks: tuple[tuple[int, int, str], ...]
    """Sentences that say an item: first and last character, and the item."""
    flags: tuple[str, ...]
    group: int
    made: Made | None


class QuestionView(Record):
    """A question with all its answers: those that are alike follow each other, the largest group first."""

    question: Question
    answers: tuple[AnswerView, ...]
    comments: tuple[str, ...]
    """What was written before, the most frequent first."""


class Progress(Record):
    """How far the review of a question is."""

    task: str
    check: str
    title: str
    points: float
    answers: int
    decided: int
    look_again: int


@dataclass(frozen=True)
class Class:
    """The answers of a class and what was decided."""

    questions: Sequence[Question]
    """With what people changed in the rubrics."""
    reports: Sequence[Report]
    decisions: Sequence[Decision]
    added: Mapping[tuple[str, str], Mapping[str, int]]
    """By question: the items that people added, with the place of that decision."""
    places: Mapping[str, int]
    """The place of each decision, by its id."""

    @classmethod
    def of(
        cls, questions: Sequence[Question], reports: Sequence[Report], made: Sequence[Decision]
    ) -> "Class":
        """Return the class with the rubrics as they are now."""
        return cls(
            with_changes(questions, made),
            reports,
            made,
            _added(questions, made),
            {one.id: place for place, one in enumerate(made)},
        )

    def question(self, task: str, check: str) -> Question | None:
        """Return a question, None if there is none of that name."""
        return next((one for one in self.questions if (one.task, one.check) == (task, check)), None)

    def progress(self) -> tuple[Progress, ...]:
        """Return how far each question is."""
        marks = of_marks(self.decisions)
        found = []
        for one in self.questions:
            checks = {name: check for name, check in self._checks(one) if check.verdict is Verdict.PENDING}
            made = [
                (check, marks[name, one.task, one.check])
                for name, check in checks.items()
                if (name, one.task, one.check) in marks
            ]
            found.append(
                Progress(
                    task=one.task,
                    check=one.check,
                    title=one.title,
                    points=one.points,
                    answers=len(checks),
                    decided=len(made),
                    look_again=sum(self._made(decision, check, one).look_again for check, decision in made),
                )
            )
        return tuple(found)

    def view(
        self, question: Question, suggestions: Mapping[str, Suggestion], people: Mapping[str, str]
    ) -> QuestionView:
        """Return a question with its answers; `people` are names to show, none in an anonymous review."""
        checks = dict(self._checks(question))
        texts = {name: check.answer.text for name, check in checks.items() if check.answer is not None}
        groups = grouped(texts, {name: suggestions[name] for name in texts})
        marks = of_marks(self.decisions)
        order = [name for group in groups.groups for name in group]
        order += [name for name in checks if name not in texts]
        group_of = {name: number for number, group in enumerate(groups.groups) for name in group}
        labels = {name: f"Answer {number}" for number, name in enumerate(order, 1)}
        answers = []
        for name in order:
            decision = marks.get((name, question.task, question.check))
            answers.append(
                _answer(
                    name,
                    checks[name],
                    question,
                    suggestions.get(name),
                    _flags(name, suggestions.get(name), groups, labels),
                    None if decision is None else self._made(decision, checks[name], question),
                ).model_copy(
                    update={
                        "label": labels[name],
                        "who": people.get(name, ""),
                        "group": group_of.get(name, -1),
                    }
                )
            )
        return QuestionView(question=question, answers=tuple(answers), comments=self._comments())

    def texts(self, question: Question) -> dict[str, str]:
        """Return the answers to a question by submission."""
        return {name: c.answer.text for name, c in self._checks(question) if c.answer is not None}

    def check(self, submission: str, task: str, check: str) -> CheckResult | None:
        """Return what the machine found about a check of a submission."""
        for report in self.reports:
            if report.submission == submission:
                for one in report.tasks:
                    if one.task == task:
                        return next((c for c in one.checks if c.check == check), None)
        return None

    def effect(self, question: Question, item: RubricItem) -> Effect:
        """Return what changes if a question has an item with these points."""
        items = {one.name: one for one in question.items} | {item.name: item}
        after = question.model_copy(update={"items": tuple(items.values())})
        about = {name for name, _ in self._checks(question)}
        holding = [
            one
            for one in of_marks(self.decisions).values()
            if one.submission in about
            and (one.task, one.check) == (question.task, question.check)
            and item.name in one.items
        ]
        changes = [round(score_of(one, after) - score_of(one, question), 6) for one in holding]
        return Effect(holds=len(holding), changed=sum(map(bool, changes)), change=round(sum(changes), 6))

    def _made(self, decision: Decision, check: CheckResult, question: Question) -> Made:
        added = self.added.get((question.task, question.check), {})
        # Points that a person gave by themselves do not depend on the rubric.
        new = [
            item.title
            for item in question.items
            if decision.kind == "items"
            and added.get(item.name, -1) > self.places[decision.id]
            and item.name not in decision.items
        ]
        return Made(
            id=decision.id,
            by=decision.by,
            items=decision.items,
            points=decision.points,
            text=decision.text,
            score=score_of(decision, question),
            look_again=_look_again(check, decision) or bool(new),
            new_items=tuple(new),
        )

    def _checks(self, question: Question) -> list[tuple[str, CheckResult]]:
        return [
            (report.submission, check)
            for report in self.reports
            for task in report.tasks
            if task.task == question.task
            for check in task.checks
            if check.check == question.check
        ]

    def _comments(self) -> tuple[str, ...]:
        said = Counter(one.text for one in standing(self.decisions) if one.text)
        return tuple(words for words, _ in said.most_common(_MOST_COMMENTS))


def id_of(submission: str) -> str:
    """Return what pages call a submission: nothing in it tells whose it is."""
    return hashlib.sha256(submission.encode("utf-8", "replace")).hexdigest()[:16]


def suggested(question: Question, texts: Mapping[str, str], suggest: Suggest) -> dict[str, Suggestion]:
    """Return suggestions by submission."""
    return {name: suggest(question, answer) for name, answer in texts.items()}


def _answer(
    name: str,
    check: CheckResult,
    question: Question,
    suggestion: Suggestion | None,
    flags: tuple[str, ...],
    made: Made | None,
) -> AnswerView:
    answer = check.answer
    # A text without headings holds answers to other questions too.
    trusted = suggestion if answer is not None and answer.placed else None
    sights = () if suggestion is None else suggestion.sights
    titles = {item.name: item.title for item in question.items}
    return AnswerView(
        id=id_of(name),
        label="",
        who="",
        text="" if answer is None else answer.text,
        file="" if answer is None else answer.file,
        placed=answer is None or answer.placed,
        missing=check.verdict is not Verdict.PENDING,
        note=text(check.message) if answer is None or not answer.placed else "",
        suggested=None if trusted is None else trusted.points,
        seen=() if trusted is None or trusted.points is None else trusted.seen,
        marks=tuple((start, end, titles[s.item]) for s in sights if s.seen for start, end in s.marks),
        flags=flags,
        group=-1,
        made=made,
    )


def _flags(
    name: str, suggestion: Suggestion | None, groups: Grouped, labels: Mapping[str, str]
) -> tuple[str, ...]:
    found = [] if suggestion is None else [text(flag) for flag in suggestion.flags]
    if name in groups.copies:
        found.append(text(Message.of("flag_copy", other=labels[groups.copies[name]])))
    return tuple(found)


def score_of(decision: Decision, question: Question) -> float:
    """Return the points that a decision about an answer gives."""
    more = decision.points or 0.0
    if decision.kind != "items":
        return more
    whole = sum(item.points for item in question.items if item.name in decision.items) + more
    return round(min(max(whole, 0.0), question.points), 6)


def _added(questions: Sequence[Question], made: Sequence[Decision]) -> dict[tuple[str, str], dict[str, int]]:
    known = {(one.task, one.check): {item.name for item in one.items} for one in questions}
    there = {one.id for one in standing(made)}
    found: dict[tuple[str, str], dict[str, int]] = {}
    for place, one in enumerate(made):
        key = one.task, one.check
        if one.kind == "rubric" and one.item and one.id in there and one.item.name not in known.get(key, ()):
            found.setdefault(key, {}).setdefault(one.item.name, place)
    return found


def _look_again(check: CheckResult, decision: Decision) -> bool:
    return bool(decision.seen) and decision.seen != fingerprint(check)
