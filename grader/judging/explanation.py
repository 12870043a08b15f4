"""Finds the known mistakes that a submission makes, by asking each what it answers."""

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from grader.asking import properties
from grader.asking.questions import CheckInfo, Description, Responses
from grader.assignment.loader import TaskSource
from grader.assignment.mistakes import Mistake, apply
from grader.judging import comparison, known_mistakes
from grader.judging.follow_through import Supposition
from grader.judging.known_mistakes import Candidate, Candidates
from grader.values import Tensor, Value, leaves


@dataclass
class Explanations:
    """Explains the checks of one task that one submission failed."""

    candidates: Candidates
    task: TaskSource
    description: Description
    solution: Responses
    given: Responses
    findings: properties.PropertyResults
    """What the properties say about the submission."""
    failing: Mapping[str, Set[int]]
    """The cases of each check that the submission fails."""
    nearest: Mapping[str, int] = field(default_factory=dict)
    """By check: which of the accepted answers `solution` holds."""
    _pairs: dict[tuple[str, str], "Pair"] = field(default_factory=dict)
    """Those that `mistakes` found."""

    @property
    def _public(self) -> tuple[CheckInfo, ...]:
        """The checks that an explanation is found by: hidden ones may only be right given it."""
        return self.description.only(hidden=False).checks

    def mistakes(self, checks: Sequence[CheckInfo]) -> dict[str, Candidate]:
        """Return, by check, the known mistake that explains each of the failed `checks`, if one does."""
        if not checks:
            return {}
        self.candidates.trusted.progress(self.task.name, "looking for known mistakes")
        named = {}
        for name, mistakes in self._fitting(checks).items():
            likely = self._likeliest(mistakes)
            if likely and not self._is_doubtful(name, likely, checks):
                named[name] = likely
        return named | self._combined([c for c in checks if not c.compare and c.name not in named])

    def suppositions(self, checks: Sequence[CheckInfo]) -> list[Supposition]:
        """Return the known mistakes, and pairs of them, that explain at least one of the failed `checks`.

        Each comes with what is right given it. Pairs are those that `mistakes` found, and those of the
        mistake that makes most checks right with another one.
        """
        fitting = [one for found in self._fitting(checks).values() for one in found]
        possible = [mistake for mistake in dict.fromkeys(fitting) if self._possible(mistake)]
        pairs = list(self._pairs.values())
        singles = [(mistake, self._shares(mistake)) for mistake in possible]
        if singles:
            first, shares = max(singles, key=lambda single: self._worth(single[1]))
            pairs += self._with_another(first, shares)
        return [
            *(Supposition((mistake.name,), shares=shares) for mistake, shares in singles),
            *(Supposition(pair.names, shares=self._shares(pair.mistake)) for pair in dict.fromkeys(pairs)),
        ]

    def _fitting(self, checks: Sequence[CheckInfo]) -> dict[str, list[Mistake]]:
        """Return, by check, the mistakes that answer it like the submission."""
        plain = [check for check in checks if not check.compare]
        suspects = [(mistake, self._suspect(mistake, plain)) for mistake in self.task.mistakes]
        fitting = self._fitting_properties([check for check in checks if check.compare])
        for check in plain:
            given = self.given.answers.get(check.name, {})
            failing = self.failing[check.name]
            fitting[check.name] = [m for m, s in suspects if known_mistakes.matches(check, s, failing, given)]
        return fitting

    def _is_doubtful(self, name: str, suspect: Candidate, checks: Sequence[CheckInfo]) -> bool:
        """Whether equal answers to a check may be chance: the mistake fails another one, with other answers.

        Two programs rarely give the same real numbers by chance, but often the same exception, truth values,
        small numbers or short texts.
        """
        given = self.given.answers.get(name, {})
        seen = [given[case].observed or {} for case in self.failing[name] if case in given]
        if any(_is_real(value) for observed in seen for value in leaves(observed).values()):
            return False
        others = [check for check in checks if check.name in suspect.telling and check.name != name]
        return any(
            suspect.telling[check.name]
            and not known_mistakes.matches(
                check, suspect, self.failing[check.name], self.given.answers.get(check.name, {})
            )
            for check in others
        )

    def _shares(self, mistake: Mistake) -> dict[str, float]:
        """Return 1 for each check that is right given a mistake: both give the same answers.

        A mistake that raises an exception in every case says nothing about what would be right without
        it. Nor does a check that did not end.
        """
        checks = [check for check in self.description.checks if check.name not in self.given.stops]
        suspect = self._suspect(mistake, [check for check in checks if not check.compare])
        (findings,) = self.candidates.trusted.properties_of_mistakes(
            self.task, [mistake], self.description.checks, self.solution
        )
        return {
            check.name: 1.0
            for check in checks
            if (
                self._same_by_property(check, mistake, findings[check.name])
                if check.compare
                else self._same(check, suspect)
            )
        }

    def _same(self, check: CheckInfo, suspect: Candidate) -> bool:
        telling, failing = suspect.telling[check.name], self.failing[check.name]
        if not telling and not failing:
            return True
        observed = any(suspect.answers[check.name][case].raised is None for case in telling)
        given = self.given.answers.get(check.name, {})
        return observed and known_mistakes.matches(check, suspect, failing, given)

    def _same_by_property(
        self, check: CheckInfo, mistake: Mistake, findings: Mapping[int, properties.PropertyResult]
    ) -> bool:
        broken = properties.violated(findings)
        if not broken and not self.failing[check.name]:
            return True
        theirs = self.candidates.trusted.ask_mistake(self.task, mistake, [check])[check.name]
        observed = any(case in theirs and theirs[case].raised is None for case in broken)
        return observed and self._answers_alike(check, mistake, findings)

    def _worth(self, shares: Mapping[str, float]) -> float:
        return sum(check.points * shares.get(check.name, 0) for check in self._public)

    def _with_another(self, first: Mistake, shares: Mapping[str, float]) -> "list[Pair]":
        """Return the pairs of `first` and another mistake that explain the next check left unexplained."""
        right = {name for name, failing in self.failing.items() if not failing} | set(shares)
        left = (
            check
            for check in self._public
            if check.name not in right and not check.compare and right.issuperset(check.after)
        )
        check = next(left, None)
        if check is None:
            return []
        others = [
            other
            for other in self.task.mistakes
            if other.changes and self._suspect(other, [check]).telling[check.name]
        ]
        pairs = (pair for other in others for pair in pairs_of(self.task.solution, [first, other]))
        found = self._that_explain(check, pairs)
        return [] if found is None or not self._possible(found[0].mistake) else [found[0]]

    def _suspect(self, mistake: Mistake, checks: Sequence[CheckInfo]) -> Candidate:
        return self.candidates.candidate(self.task, mistake, checks, self.solution, self.nearest)

    def _fitting_properties(self, checks: Sequence[CheckInfo]) -> dict[str, list[Mistake]]:
        if not checks:
            return {}
        found = self.candidates.trusted.properties_of_mistakes(
            self.task, self.task.mistakes, checks, self.solution
        )
        fitting = {}
        for check in checks:
            same, alike = [], []
            for mistake, findings in zip(self.task.mistakes, found, strict=True):
                if self._answers_alike(check, mistake, findings[check.name]):
                    same.append(mistake)
                elif properties.same_violation(findings[check.name], self.findings[check.name]):
                    alike.append(mistake)
            if not same:
                alike = [mistake for mistake in alike if self._possible(mistake)]
                # A message that several mistakes have in common identifies none of them.
                same = alike if len({mistake.name for mistake in alike}) == 1 else []
            fitting[check.name] = same
        return fitting

    def _answers_alike(
        self, check: CheckInfo, mistake: Mistake, findings: Mapping[int, properties.PropertyResult]
    ) -> bool:
        """Whether a mistake violates the property on the same cases with the same answers."""
        broken = properties.violated(findings)
        if not broken or set(broken) != self.failing[check.name]:
            return False
        theirs = self.candidates.trusted.ask_mistake(self.task, mistake, [check])[check.name]
        given = self.given.answers.get(check.name, {})
        return all(
            case in given
            and case in theirs
            and comparison.agree(theirs[case], given[case], check.accuracy)
            and known_mistakes.worded_alike(theirs[case].raised, given[case].raised)
            for case in broken
        )

    def _likeliest(self, mistakes: Sequence[Mistake]) -> Candidate | None:
        """Return the mistake whose answers to the whole task are most like the submission's."""
        possible = [suspect for mistake in mistakes if (suspect := self._possible(mistake))]
        if len(possible) == 1:
            return possible[0]
        return max(
            possible, key=lambda s: known_mistakes.agreement(self.given.answers, s.answers), default=None
        )

    def _possible(self, mistake: Mistake) -> Candidate | None:
        """Return the mistake's answers to the whole task; None if the submission cannot have made it.

        A mistake that fails a check which the submission passed was not made.
        """
        public = {check.name for check in self._public}
        passed = {name for name in public if not self.failing[name]}
        suspect = self._suspect(mistake, [check for check in self._public if not check.compare])
        (results,) = self.candidates.trusted.properties_of_mistakes(
            self.task, [mistake], self._public, self.solution
        )
        broken = {name for name, found in results.items() if properties.violated(found)}
        failed = broken | {name for name, telling in suspect.telling.items() if telling}
        return None if failed & passed else suspect

    def _combined(self, unexplained: Sequence[CheckInfo]) -> dict[str, Candidate]:
        """Return, by check, the two known mistakes that together explain it, if two do.

        Each of them must fail the check by itself, or else the other alone would explain it.
        """
        named: dict[str, Candidate] = {}
        if not unexplained:
            return named
        possible = [(m, s) for m in self.task.mistakes if m.changes and (s := self._possible(m))]
        for check in unexplained:
            showing = [mistake for mistake, suspect in possible if suspect.telling[check.name]]
            found = self._that_explain(check, pairs_of(self.task.solution, showing))
            if found is not None:
                pair, named[check.name] = found
                self._pairs[pair.names] = pair
        return named

    def _that_explain(self, check: CheckInfo, pairs: "Iterable[Pair]") -> "tuple[Pair, Candidate] | None":
        """Return the first pair that explains a check, and its answers to it.

        A pair is first asked about the smallest failing case, which few pairs pass.
        """
        given = self.given.answers.get(check.name, {})
        failing = self.failing[check.name]
        case = min(failing)
        if case not in given or given[case].raised is not None:
            return None
        for pair in pairs:
            ask = ((check.name, (case,)),)
            first = self.candidates.trusted.ask(self.task, pair.mistake.source, self.description, ask)
            answer = first.answers.get(check.name, {}).get(case)
            if answer is None or not comparison.agree(answer, given[case], check.accuracy):
                continue
            suspect = self._suspect(pair.mistake, [check])
            if known_mistakes.matches(check, suspect, failing, given):
                return pair, replace(suspect, names=pair.names)
        return None


def _is_real(value: Value) -> bool:
    return isinstance(value, float) or (isinstance(value, Tensor) and value.array.dtype.kind in "fc")


@dataclass(frozen=True)
class Pair:
    """Two known mistakes made in one program."""

    names: tuple[str, str]
    mistake: Mistake
    """Both as one mistake, with both hints."""


def pairs_of(solution: str, mistakes: Sequence[Mistake]) -> Iterator[Pair]:
    """Yield each pair of mistakes that can be combined."""
    for one, other in itertools.combinations(mistakes, 2):
        if one.name == other.name or not (one.changes and other.changes):
            continue
        # If one removes the lines that the other changes, the two cannot be combined.
        with contextlib.suppress(ValueError):
            source = apply(other.changes, apply(one.changes, solution))
            both = Mistake(
                f"{one.name} + {other.name}",
                f"{one.hint}\n\n{other.hint}",
                source,
                own_title=f"{one.title} + {other.title}",
            )
            yield Pair((one.name, other.name), both)
