"""Finds out which checks a wrong program fails: known mistakes, and mutants of the solution."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.asking import conversation, properties
from grader.asking.questions import Ask, CheckInfo, Description, Responses, everything, of_task
from grader.assignment.loader import TaskSource
from grader.edits.mutants import Mutant
from grader.errors import SandboxError
from grader.judging import comparison
from grader.judging.grading import Grader
from grader.judging.known_mistakes import Answers
from grader.report.messages import text
from grader.sandbox.contract import Limits

Kills = dict[str, tuple[int, ...]]
"""By check: the cases in which a wrong program differs from the solution, at least the first of them."""
NOT_LOADED = "loads"
"""Stands for a check if a program cannot be imported."""
_FIRST = 2
"""Cases of each check that a mutant is asked first; most differ there, and are asked no more."""
_TIMES, _LEAST_SECONDS = 10, 1.0
"""A mutant may take this many times as long as the solution, and at least so many seconds."""


def limits_of_mutants(limits: Limits, seconds: float) -> Limits:
    """Return the limits of a mutant if the solution takes `seconds`: many mutants never end."""
    most = max(_LEAST_SECONDS, _TIMES * seconds)
    return replace(
        limits, wall_seconds=min(limits.wall_seconds, most), task_seconds=min(limits.task_seconds, most)
    )


@dataclass(frozen=True)
class MutantKills:
    """Asks mutants of one task."""

    grader: Grader
    task: TaskSource
    description: Description
    accepted: Sequence[Responses]
    limits: Limits

    def of(self, group: Sequence[Mutant]) -> list[Kills | None]:
        """Return the cases in which each mutant differs; None for one that is no slip.

        All are asked the first cases of each check, and those that differ in none of them the others.
        """
        whole = everything(self.description)
        found: list[Kills | None] = [*self._differing([mutant.source for mutant in group], _first(whole))]
        alive = [place for place, kills in enumerate(found) if not kills]
        for place, kills in zip(alive, self._in_other_cases([group[p].source for p in alive]), strict=True):
            found[place] = kills
        for place in alive:
            mutant = group[place]
            doubtful = mutant.control and not reason_of(self.task, mutant)
            if not found[place] and doubtful and not self._is_killed(mutant.control):
                found[place] = None
        return found

    def _in_other_cases(self, sources: Sequence[str]) -> list[Kills]:
        left = tuple((name, cases[_FIRST:]) for name, cases in everything(self.description) if cases[_FIRST:])
        return self._differing(sources, left) if left else [{} for _ in sources]

    def _is_killed(self, source: str) -> bool:
        first = self._differing([source], _first(everything(self.description)))
        return any(first) or any(self._in_other_cases([source]))

    def _differing(self, sources: Sequence[str], ask: Ask) -> list[Kills]:
        given = [self._asked(source, ask) for source in sources]
        loaded = [one for one in given if _is_loaded(one)]
        names = {name for name, _ in ask}
        expected = [
            {name: {case: one.answers[name][case] for case in cases} for name, cases in ask}
            for one in self.accepted
        ]
        checks = [check for check in self.description.checks if check.name in names]
        findings = iter(self._findings(checks, expected[0], [one.answers for one in loaded]))
        return [
            failing(checks, expected, one.answers, next(findings)) if _is_loaded(one) else {NOT_LOADED: (0,)}
            for one in given
        ]

    def _asked(self, source: str, ask: Ask) -> Responses:
        question = of_task(self.task, source, self.grader.seed, ask)
        given = conversation.ask(self.grader.sandbox, self.limits, question, self.description)
        if given.broken is not None:  # nothing was measured
            raise SandboxError(text(given.broken))
        return given

    def _findings(
        self, checks: Sequence[CheckInfo], expected: Answers, given: Sequence[Answers]
    ) -> Sequence[properties.PropertyResults]:
        """Return what the properties say, asked in one process; one that failed there is asked alone."""
        by_property = [check for check in checks if check.compare]
        limits = self.task.limits

        def examined(answers: Sequence[Answers]) -> Sequence[properties.PropertyResults]:
            return properties.examine(self.grader.sandbox, limits, self.task, by_property, expected, answers)

        if not by_property or not given:
            return [{} for _ in given]
        together = examined(given)
        return [
            examined([answers])[0] if len(given) > 1 and _has_failed(found) else found
            for answers, found in zip(given, together, strict=True)
        ]


def reason_of(task: TaskSource, mutant: Mutant) -> str:
    """Return why a mutant is no mistake, if the assignment says so."""
    fitting = (one.reason for one in task.equivalent if covers(one.line, one.becomes, mutant))
    return next(fitting, "")


def covers(line: str, becomes: str, mutant: Mutant) -> bool:
    """Whether an entry of `equivalent.toml` is about a mutant."""
    return mutant.old == line.strip() and becomes.strip() in ("", mutant.new)


def _first(whole: Ask) -> Ask:
    return tuple((name, cases[:_FIRST]) for name, cases in whole)


def _is_loaded(given: Responses) -> bool:
    return given.not_loaded is None and "" not in given.stops


def _has_failed(found: properties.PropertyResults) -> bool:
    return any(one.failed for by_case in found.values() for one in by_case.values())


def failing(
    checks: Sequence[CheckInfo],
    accepted: Sequence[Answers],
    given: Answers,
    findings: properties.PropertyResults,
) -> Kills:
    """Return, by check, the cases in which answers differ from all accepted ones."""
    kills: Kills = {}
    for check in checks:
        if check.compare:
            found = findings[check.name]
            # An exception in a property says nothing about the program.
            kills[check.name] = tuple(case for case in properties.violated(found) if not found[case].failed)
        else:
            answers = given.get(check.name, {})
            cases = [comparison.failing_cases(one[check.name], answers, check.accuracy) for one in accepted]
            kills[check.name] = min(cases, key=len)
    return {name: cases for name, cases in kills.items() if cases}
