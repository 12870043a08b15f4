"""The smallest repair: one small change of the student's own program after which every check passes.

Changes come from `grader.edits`. The module is asked in the sandbox, once for each of them, about the
smallest failing cases; its answers are judged here. What passes is asked more, and the best is asked
everything in a fresh process, and again with another seed. So a repair is true by construction.

A repair may not choose among alternatives that the student wrote down: it uses all computed values that the
program used before; see `grader.judging.alternatives`. A program that looks at its own source gets no repair.
"""

import importlib.util
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from grader.asking import conversation
from grader.asking.questions import Ask, CheckInfo, Description, Question, Responses, everything
from grader.asking.reference import ReferenceAnswers
from grader.asking.search import Answers, search
from grader.assignment.loader import TaskSource
from grader.edits.changes import Change, Span, changes
from grader.edits.choices import KEPT, values
from grader.edits.table import Undo
from grader.errors import AssignmentError, UnreadableSource
from grader.judging import marks
from grader.judging.alternatives import Alternatives
from grader.judging.comparison import agree
from grader.judging.exceptions import is_of_memory
from grader.judging.follow_through import Supposition, is_too_slow
from grader.results.explanation import Repair
from grader.results.report import CheckResult, Verdict, is_picture
from grader.sandbox.contract import Limits, Sandbox
from grader.submission.imports import imported
from grader.submission.loader import Submission
from grader.syntax import decoded, parse_strangers
from grader.values import Number, Tensor, leaves
from grader.wire import Answer

_SECONDS = 30.0
"""For the whole search: a safety net, so that a mark depends on the number of changes alone."""
_MOST_FILES = 10
"""Files of a student that are searched."""
_FIRST_CHECKS = 2
"""Failed checks of which every change is asked the smallest failing case."""
_FIRST_CASES = 3
"""Cases of each check that a change is asked which passes the smallest one."""
_MOST_PROMISING = 60
"""Changes that are asked so."""
_MOST_TRIED = 5
"""Changes that are asked everything."""
_MOST_REWRITTEN = 8
"""Values of a program that are computed by other code, to see whether the program looks at its own."""
_MOST_ENTRIES = 50
"""Entries of a tensor that are looked at, to see whether it holds more than one number."""
_SMALL_LOSS = 0.1
"""Share of a task's points: a larger loss is searched, whatever a repair costs."""
_MOST_TEXT = 120
"""Characters of a change that are recorded."""

_TOO_MUCH = (SyntaxError, RecursionError, ValueError)
"""What looking at a stranger's program can raise: nested too deep, a number too long to be written."""


@dataclass(frozen=True)
class Found:
    """A repair, or two that belong together, and what is right after it."""

    repairs: tuple[Repair, ...]
    right: frozenset[str]
    """Checks that pass after it."""
    unchanged: frozenset[str]
    """Checks that fail after it as they did before."""
    edited: Mapping[str, str]
    """The student's files that it changes, as they are after it."""


@dataclass
class Searching:
    """What a search for a repair came to."""

    found: Found | None = None
    tried: int = 0
    """Changes that were asked."""
    given_up: bool = False
    """Whether it ended before its budget: the time was used up, or too many changes ended the process."""


def is_wanted(results: Sequence[CheckResult], given: Responses, supposed: Sequence[Supposition]) -> bool:
    """Whether to search: some check is lost, no limit was exceeded, and no known mistake explains it all."""
    lost = _lost_checks(results)
    answers = [given.answers.get(name, {}) for name in lost]
    if not lost or given.stops or _is_out_of_memory(answers) or not _says_something(answers):
        return False
    return not any(all(one.shares.get(name, 0) >= 1 for name in lost) for one in supposed)


def is_too_dear(results: Sequence[CheckResult], price: float) -> bool:
    """Whether no repair could give points: no more is lost than the cheapest one costs, `price`.

    Only if the loss is small, and known mistakes are named for all of it: else a repair says what is wrong.
    """
    loss = loss_with_names(results)
    return 0 < loss <= min(price, _SMALL_LOSS * marks.total(one.points for one in results))


def loss_with_names(results: Sequence[CheckResult]) -> float:
    """Return the points lost in checks if each failed one has the name of a mistake, infinity otherwise.

    As in a search, hidden checks and right answers that take too long are left out.
    """
    lost = [one for one in results if _is_lost(one) and not (one.hidden or is_too_slow(one))]
    if not all(one.mistake or one.verdict is Verdict.SKIPPED for one in lost):
        return math.inf
    return marks.total(one.points - one.score for one in lost)


def _is_out_of_memory(given: Iterable[Mapping[int, Answer]]) -> bool:
    """Whether the limit of memory was exceeded, which is an exception in the program."""
    raised = [answer.raised for by_case in given for answer in by_case.values()]
    return any(one is not None and is_of_memory(one) for one in raised)


def _says_something(given: Iterable[Mapping[int, Answer]]) -> bool:
    """Whether answers raise something, or hold more than one number.

    A program that returns zeros, a constant or nothing may be one change away from right in a task of one
    line, and shows nothing that was understood: no repair makes up for that.
    """
    seen: set[complex] = set()
    for answer in (answer for by_case in given for answer in by_case.values()):
        if answer.raised is not None:
            return True
        for value in leaves(answer.observed or {}).values():
            if isinstance(value, Tensor):
                if value.array.dtype.kind in "bifuc":
                    seen.update(map(complex, value.array.ravel()[:_MOST_ENTRIES].tolist()))
            elif isinstance(value, (int, float, complex)):
                seen.add(value)
            elif isinstance(value, Number):
                seen.add(value.value)
        if len(seen) > 1:
            return True
    return False


def suppositions(
    found: Found, results: Sequence[CheckResult], supposed: Sequence[Supposition]
) -> list[Supposition]:
    """Return a repair and what it explains: alone, or with the mistake that explains the rest.

    `supposed` says what is right given each mistake; of hidden checks, nothing else does.
    """
    public = [one for one in results if not one.hidden]
    lost = set(_lost_checks(public))
    left = lost - found.right
    names = {one.mistake for one in public if one.check in left & found.unchanged}
    shares = dict.fromkeys(found.right, 1.0)
    if left and left <= found.unchanged and len(names) == 1 and "" not in names:
        mistakes = tuple(names.pop().split(" + "))
        given = next((one.shares for one in supposed if one.mistakes == mistakes), {})
        shares |= {name: share for name, share in given.items() if name in found.unchanged}
        shares |= dict.fromkeys(lost, 1.0)
        return [Supposition(mistakes, found.repairs[0], shares, found.repairs[1:])]
    return [Supposition((), found.repairs[0], shares, found.repairs[1:])]


def false_names(found: Found, results: Sequence[CheckResult]) -> frozenset[str]:
    """Return the names of mistakes that a repair shows to be false.

    If one change at a line that can be told sets everything right, there is one slip. A mistake that explains
    only some of what it causes is another one, whose answers happen to be the same there.
    """
    failed = [one for one in results if one.verdict is Verdict.FAILED and not is_picture(one)]
    names = {one.mistake for one in failed}
    if (
        len(found.repairs) > 1
        or not found.repairs[0].told
        or not found.right.issuperset(_lost_checks(results))
    ):
        return frozenset()
    return frozenset(names - {""}) if len(names) > 1 else frozenset()


def _lost_checks(results: Sequence[CheckResult]) -> list[str]:
    return [one.check for one in results if _is_lost(one)]


def _is_lost(one: CheckResult) -> bool:
    return one.verdict in (Verdict.FAILED, Verdict.SKIPPED) and not is_picture(one)


@dataclass
class Repairs:
    """Searches for the repair of one task of one submission; `again` answers with a second seed."""

    sandbox: Sandbox
    limits: Limits
    trusted: ReferenceAnswers
    again: ReferenceAnswers
    task: TaskSource
    submission: Submission
    description: Description
    accepted: tuple[Responses, ...]
    question: Question
    given: Responses
    budget: int
    """Changes to try at most, in their fixed order."""
    _seconds: float = field(default=_SECONDS, init=False)
    _searching: Searching = field(default_factory=Searching, init=False)

    def search(self) -> Searching:
        """Return the repair that is found within the budget, if one is."""
        sources = self._sources()
        if sources and self._is_steady(sources):
            first = self._round(sources, self.given.answers)
            if first is not None:
                self._searching.found = self._told(sources, first)
        return self._searching

    def judged(self, found: Found) -> Found:
        """Return a repair that other checks led to, with what it makes of these."""
        question = replace(self.question, edited=found.edited)
        given = conversation.ask(self.sandbox, self.limits, question, self.description)
        if given.broken:
            return found  # nothing is known of the other checks
        right, unchanged = self._outcome(given.answers)
        return replace(found, right=found.right | right, unchanged=found.unchanged | unchanged)

    def _outcome(self, given: Answers) -> tuple[frozenset[str], frozenset[str]]:
        """Return which checks pass, and which fail as they did before."""
        lost = self._lost(given)
        right = frozenset(check.name for check in self._checks if check.name not in lost)
        return right, frozenset(name for name in lost if self._same(name, given))

    def _told(self, sources: Mapping[str, str], first: "_Candidate") -> Found:
        """Return the record of a repair; of one that does not explain everything, after a second search."""
        repairs: tuple[Repair, ...] = (self._record(sources, first),)
        best, after = first, self._applied(sources, first.change)
        edited = self._edited(sources, first.change)
        if self._lost(first.given):
            second = self._round(after, first.given)
            if second is not None and not self._lost(second.given):
                repairs = (*repairs, self._record(after, second, sources, first.change))
                best, edited = second, self._edited(after, second.change)
        return Found(repairs, *self._outcome(best.given), edited)

    def _round(self, sources: Mapping[str, str], base: Answers) -> "_Candidate | None":
        """Return the best change of `sources`, which answer `base`, None if there is none."""
        lost = self._lost(base)
        possible = self._parsed(sources)
        left = self.budget - self._searching.tried
        found: list[_Candidate] = []
        for undo in Undo:
            some = [change for change in possible[:left] if change.undo is undo]
            if some:
                found += self._promising(sources, some, base, lost)
            whole = [one for one in found if one.broken == 0 and one.lost == 0]
            best = self._confirmed(sources, whole, base, lost)
            if best is not None:
                return best
        part = [one for one in found if one.broken == 0 and one.gained and one.lost]
        part.sort(key=lambda one: (-one.gained, one.change.rank))
        return self._confirmed(sources, part, base, lost)

    def _parsed(self, sources: Mapping[str, str]) -> list[Change]:
        try:
            return changes(sources, self.task.wanted)
        except _TOO_MUCH:
            return []

    # Asking

    def _is_steady(self, sources: Mapping[str, str]) -> bool:
        """Whether the program fails, and answers alike however its source is written.

        One that looks at its own source could choose among many answers: each change would be another try.
        """
        lost = self._lost(self.given.answers)
        ask: Ask = tuple((name, (lost[name][0],)) for name in self._first(lost))
        try:
            found = list(values(sources, self.task.wanted, KEPT))
        except _TOO_MUCH:
            return False
        some = found[:: len(found) // _MOST_REWRITTEN + 1]
        answers = self._asked(sources, some, ask)
        return bool(lost) and all(
            name in answers.get(at, {}) and agree(answers[at][name][case], self.given.answers[name][case])
            for at in range(len(some))
            for name, cases in ask
            for case in cases
            if case in self.given.answers.get(name, {})
        )

    def _promising(
        self, sources: Mapping[str, str], some: Sequence[Change], base: Answers, lost: Mapping[str, list[int]]
    ) -> "list[_Candidate]":
        """Return the changes that pass one of the smallest failing cases, with what more cases say."""
        names = self._first(lost)
        ask: Ask = tuple((name, (lost[name][0],)) for name in names)
        answers = self._asked(sources, some, ask)
        self._searching.tried += len(some)
        passing = self._passing_each([answers.get(n, {}) for n in range(len(some))], ask)
        hopeful = [change for change, right in zip(some, passing, strict=True) if right]
        hopeful = hopeful[:_MOST_PROMISING]
        if not hopeful:
            return []
        more: Ask = tuple(
            (check.name, tuple(sorted({*lost[check.name][:_FIRST_CASES]})))
            if check.name in lost
            else (check.name, tuple(range(min(check.cases, _FIRST_CASES))))
            for check in self._checks
        )
        answers = self._asked(sources, hopeful, more)
        whole = [answers.get(n, {}) for n in range(len(hopeful))]
        found = []
        for change, right in zip(hopeful, self._passing_each(whole, more), strict=True):
            failed = {name for name, cases in more if not right >= {(name, case) for case in cases}}
            gained = len(lost.keys() - failed)
            found.append(_Candidate(change, gained, len(failed & lost.keys()), len(failed - lost.keys())))
        return found

    def _confirmed(
        self,
        sources: Mapping[str, str],
        hopeful: "Sequence[_Candidate]",
        base: Answers,
        lost: Mapping[str, list[int]],
    ) -> "_Candidate | None":
        """Return the first change that passes everything in a fresh process, and with another seed."""
        choices = Alternatives(
            lambda some, ask: self._asked(sources, some, ask),
            self._checks,
            sources,
            self.task.wanted,
            base,
            lost,
        )
        for one in hopeful[:_MOST_TRIED]:
            if choices.chooses(one.change):
                continue
            edited = self._edited(sources, one.change)
            given = conversation.ask(
                self.sandbox, self.limits, replace(self.question, edited=edited), self.description
            )
            after = self._lost(given.answers)
            self._searching.given_up |= given.broken is not None
            if given.broken or given.stops or after.keys() - lost.keys() or after.keys() >= lost.keys():
                continue
            if one.lost == 0 and after:
                continue
            if not self._with_another_seed(edited, after):
                continue
            like = [
                other
                for other in hopeful
                if other.change.undo is one.change.undo
                and len(other.change.spans) == len(one.change.spans)
                and (other.lost, other.gained) == (one.lost, one.gained)
            ]
            return replace(one, given=given.answers, like=tuple(other.change for other in like))
        return None

    def _with_another_seed(self, edited: Mapping[str, str], lost: Mapping[str, list[int]]) -> bool:
        """Whether the changed program passes the same checks with a second seed; a kit has none."""
        if self.task.key is not None:
            return True
        solution = self.again.ask(self.task, self.task.solution, self.description)
        if solution.broken or solution.stops:
            self._searching.given_up = True
            return False
        try:
            accepted = self.again.accepted(self.task, self.description, solution)
        except AssignmentError:
            return True  # `grade check` tells the author; another seed says nothing here
        question = replace(self.question, edited=edited, seed=self.again.seed)
        given = conversation.ask(self.sandbox, self.limits, question, self.description)
        if given.broken or given.stops:
            return False
        return not self._lost(given.answers, accepted).keys() - lost.keys()

    def _asked(self, sources: Mapping[str, str], some: Sequence[Change], ask: Ask) -> dict[int, Answers]:
        limits = replace(self.limits, task_seconds=max(self._seconds, 0.001))
        going_on = bool(self.given.left_out)
        searched = search(self.sandbox, limits, self.question, ask, sources, some, going_on)
        self._seconds -= searched.seconds
        self._searching.given_up |= searched.given_up
        return searched.answers

    # Judging

    @cached_property
    def _checks(self) -> tuple[CheckInfo, ...]:
        return tuple(check for check in self.description.checks if not marks.is_drawn_only(check))

    @cached_property
    def _is_open(self) -> bool:
        """Whether many answers to a lost check are right: another design passes as well as the meant one."""
        lost = self._lost(self.given.answers)
        return any(check.compare for check in self._checks if check.name in lost)

    def _first(self, lost: Mapping[str, list[int]]) -> list[str]:
        """Return the checks whose smallest failing case comes first: those that depend on no failed one."""
        roots = [c for c in self._checks if c.name in lost and not set(c.after) & lost.keys()]
        roots = roots or [c for c in self._checks if c.name in lost]
        # What a property says has to be asked in the sandbox once more.
        roots.sort(key=lambda check: check.compare)
        return [check.name for check in roots[:_FIRST_CHECKS]]

    def _lost(
        self, given: Mapping[str, Mapping[int, object]], accepted: Sequence[Responses] = ()
    ) -> dict[str, list[int]]:
        """Return the failing cases of each failed check, smallest first."""
        right = self._passing(given, everything(self.description), accepted or self.accepted)
        return {
            check.name: cases
            for check in self._checks
            if (cases := [case for case in range(check.cases) if (check.name, case) not in right])
        }

    def _passing(
        self, given: Mapping[str, Mapping[int, object]], ask: Ask, accepted: Sequence[Responses]
    ) -> set[tuple[str, int]]:
        return self._passing_each([given], ask, accepted)[0]

    def _passing_each(
        self,
        given: Sequence[Mapping[str, Mapping[int, object]]],
        ask: Ask,
        accepted: Sequence[Responses] = (),
    ) -> list[set[tuple[str, int]]]:
        """Return, for each of `given`, the checks and cases that pass."""
        accepted = accepted or self.accepted
        infos = {check.name: check for check in self._checks}
        ask = tuple((name, cases) for name, cases in ask if name in infos)
        found: list[set[tuple[str, int]]] = [set() for _ in given]
        for name, cases in ask:
            check = infos[name]
            if check.compare:
                continue
            for answers, right in zip(given, found, strict=True):
                for one in accepted:
                    passing = {
                        (name, case)
                        for case in cases
                        if case in answers.get(name, {})
                        and agree(one.answers[name][case], answers[name][case], check.accuracy)  # type: ignore[arg-type]
                    }
                    # All cases have to agree with the same accepted solution.
                    if len(passing) > sum(place[0] == name for place in right):
                        right -= {place for place in right if place[0] == name}
                        right |= passing
        self._add_properties(given, ask, accepted[0], infos, found)
        return found

    def _add_properties(
        self,
        given: Sequence[Mapping[str, Mapping[int, object]]],
        ask: Ask,
        solution: Responses,
        infos: Mapping[str, CheckInfo],
        found: list[set[tuple[str, int]]],
    ) -> None:
        wanted = {name: cases for name, cases in ask if infos[name].compare}
        some = [at for at, answers in enumerate(given) if any(name in answers for name in wanted)]
        if not wanted or not some:
            return
        part = Responses(
            answers={n: {c: solution.answers[n][c] for c in cases} for n, cases in wanted.items()}
        )
        checks = [infos[name] for name in wanted]
        results = self.trusted.property_results(self.task, checks, part, [given[at] for at in some])  # type: ignore[misc]
        for at, findings in zip(some, results, strict=True):
            found[at] |= {
                (name, case)
                for name, by_case in findings.items()
                for case, finding in by_case.items()
                if finding.problem is None
            }

    def _same(self, name: str, given: Answers) -> bool:
        """Whether a check is answered as before."""
        before, after = self.given.answers.get(name, {}), given.get(name, {})
        return before.keys() == after.keys() and all(agree(before[case], after[case]) for case in before)

    # Sources and records

    def _sources(self) -> dict[str, str]:
        """Return the student's files that the task's module imports, its own first."""
        waiting = [start for name in self.task.modules if (start := self.submission.module(name))]
        found: dict[str, str] = {}
        while waiting and len(found) < _MOST_FILES:
            path = waiting.pop(0)
            if path in found:
                continue
            try:
                source = decoded(self.submission.files[path])
                tree = parse_strangers(source)
                if importlib.util.decode_source(source.encode()) != source:
                    continue  # the file says another encoding, which a changed source would have as well
            except (SyntaxError, UnreadableSource):
                continue
            found[path] = source
            waiting += imported(tree, path, self.submission.files)
        return found

    def _edited(self, sources: Mapping[str, str], change: Change) -> dict[str, str]:
        after = self._applied(sources, change)
        return {
            path: source for path, source in after.items() if source.encode() != self.submission.files[path]
        }

    def _applied(self, sources: Mapping[str, str], change: Change) -> dict[str, str]:
        changed = change.applied(sources[change.file].encode()).decode()
        return {**sources, change.file: changed}

    def _record(
        self,
        sources: Mapping[str, str],
        one: "_Candidate",
        student: Mapping[str, str] | None = None,
        earlier: Change | None = None,
    ) -> Repair:
        """Return the record of a change of `sources`, which are the `student`'s after an `earlier` change."""
        student = student or sources
        lines = {self._place(student, change, earlier)[:2] for change in one.like}
        file, line, column, end_line, end_column = self._place(student, one.change, earlier)
        source = sources[one.change.file].encode()
        first, last = one.change.spans[0], one.change.spans[-1]
        before = source[first.begin : first.end].decode()
        after = first.text
        if len(one.change.spans) > 1 and source.count(b"\n", first.begin, last.end) == 0:
            before = source[first.begin : last.end].decode()
            moved = tuple(Span(s.begin - first.begin, s.end - first.begin, s.text) for s in one.change.spans)
            after = replace(one.change, spans=moved).applied(before.encode()).decode()
        return Repair(
            file=file,
            line=line,
            end_line=end_line,
            column=column,
            end_column=end_column,
            kind=one.change.kind,
            before=_short(before),
            after=_short(after),
            alternatives=len(one.like) - 1,
            told=len(lines) == 1 and (one.change.undo is Undo.TAKE_AWAY or not self._is_open),
        )

    def _place(
        self, student: Mapping[str, str], change: Change, earlier: Change | None
    ) -> tuple[str, int, int, int, int]:
        """Return where a change is in the student's file: file, line, column, last line, last column."""
        data = student[change.file].encode()
        begin, end = min(s.begin for s in change.spans), max(s.end for s in change.spans)
        if earlier is not None:
            begin, end = earlier.before(change.file, begin), earlier.before(change.file, end)
        line, end_line = data.count(b"\n", 0, begin) + 1, data.count(b"\n", 0, end) + 1
        column = len(data[data.rfind(b"\n", 0, begin) + 1 : begin].decode())
        end_column = len(data[data.rfind(b"\n", 0, end) + 1 : end].decode())
        file, placed = self.submission.place(change.file, line)
        return file, placed, column, placed + end_line - line, end_column


@dataclass(frozen=True)
class _Candidate:
    """A change, and what is known of it."""

    change: Change
    gained: int
    """Failed checks that it makes pass."""
    lost: int
    """Failed checks that still fail."""
    broken: int
    """Checks that fail only with it."""
    given: Answers = field(default_factory=dict)
    like: tuple[Change, ...] = ()
    """Changes of the same rank that do the same, itself too."""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"
