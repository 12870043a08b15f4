"""Finds the known mistakes that a submission makes, by asking each what it answers."""

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from grader.asking import properties
from grader.asking.questions import CheckInfo, Description, Responses
from grader.assignment.loader import TaskSource
from grader.assignment.mistakes import Mistake, apply
from grader.judging import comparison, known_mistakes
from grader.judging.known_mistakes import Candidate, Candidates


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

    def mistakes(self, checks: Sequence[CheckInfo]) -> dict[str, Candidate]:
        """Return, by check, the known mistake that explains each of the failed `checks`, if one does."""
        if not checks:
            return {}
        self.candidates.trusted.progress(self.task.name, "looking for known mistakes")
        plain = [check for check in checks if not check.compare]
        suspects = [(mistake, self._suspect(mistake, plain)) for mistake in self.task.mistakes]
        fitting = self._fitting_properties([check for check in checks if check.compare])
        for check in plain:
            given = self.given.answers.get(check.name, {})
            failing = self.failing[check.name]
            fitting[check.name] = [m for m, s in suspects if known_mistakes.matches(check, s, failing, given)]
        named = {}
        for name, mistakes in fitting.items():
            likely = self._likeliest(mistakes)
            if likely:
                named[name] = likely
        return named | self._combined([check for check in plain if check.name not in named])

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
            case in given and case in theirs and comparison.agree(theirs[case], given[case], check.accuracy)
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
        passed = {name for name, failing in self.failing.items() if not failing}
        suspect = self._suspect(mistake, [check for check in self.description.checks if not check.compare])
        (results,) = self.candidates.trusted.properties_of_mistakes(
            self.task, [mistake], self.description.checks, self.solution
        )
        broken = {name for name, found in results.items() if properties.violated(found)}
        failed = broken | {name for name, telling in suspect.telling.items() if telling}
        return None if failed & passed else suspect

    def _combined(self, unexplained: Sequence[CheckInfo]) -> dict[str, Candidate]:
        """Return, by check, the two known mistakes that together explain it, if two do.

        Each of them must fail the check by itself, or else the other alone would explain it. A pair is
        first asked about the smallest failing case, which few pairs pass.
        """
        named: dict[str, Candidate] = {}
        if not unexplained:
            return named
        possible = [(m, s) for m in self.task.mistakes if m.changes and (s := self._possible(m))]
        for check in unexplained:
            given = self.given.answers.get(check.name, {})
            failing = self.failing[check.name]
            case = min(failing)
            if case not in given or given[case].raised is not None:
                continue
            showing = [mistake for mistake, suspect in possible if suspect.telling[check.name]]
            for names, hint, source in pairs_of(self.task.solution, showing):
                first = self.candidates.trusted.ask(self.task, source, ((check.name, (case,)),))
                answer = first.answers.get(check.name, {}).get(case)
                if answer is None or not comparison.agree(answer, given[case], check.accuracy):
                    continue
                pair = self.candidates.candidate(
                    self.task, Mistake(" + ".join(names), hint, source), [check], self.solution, self.nearest
                )
                if known_mistakes.matches(check, pair, failing, given):
                    named[check.name] = Candidate(names, hint, pair.answers, pair.telling)
                    break
        return named


def pairs_of(solution: str, mistakes: Sequence[Mistake]) -> Iterator[tuple[tuple[str, str], str, str]]:
    """Yield each pair of mistakes that can be combined: names, hints and the source."""
    for one, other in itertools.combinations(mistakes, 2):
        if one.name == other.name or not (one.changes and other.changes):
            continue
        # If one removes the lines that the other changes, the two cannot be combined.
        with contextlib.suppress(ValueError):
            source = apply(other.changes, apply(one.changes, solution))
            yield (one.name, other.name), f"{one.hint} {other.hint}", source
