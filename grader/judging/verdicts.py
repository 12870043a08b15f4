"""Decides about the checks of a task: compares answers, names mistakes, collects evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.asking import properties
from grader.asking.questions import CheckInfo, Description, Responses
from grader.asking.reference import ReferenceAnswers
from grader.assignment.loader import TaskSource
from grader.judging import comparison, evidence, known_mistakes, marks
from grader.judging.diagnosis import diagnose
from grader.judging.exceptions import failure
from grader.judging.explanation import Explanations
from grader.judging.follow_through import Supposition
from grader.judging.known_mistakes import Candidate, Candidates
from grader.judging.reproduction import snippet
from grader.judging.running_sizes import where_it_runs
from grader.results.message import Message, parts
from grader.results.report import CheckResult, Evidence, Verdict, sizes_in_words
from grader.submission.layout import stem_of
from grader.submission.loader import Submission
from grader.wire import Drawn


@dataclass
class Verdicts:
    """Decides about the checks of one task from the answers of one module."""

    trusted: ReferenceAnswers
    candidates: Candidates
    task: TaskSource
    submission: Submission
    memory: int
    """The limit of memory in bytes."""
    description: Description
    solution: Responses
    given: Responses
    accepted: tuple[Responses, ...]
    """All answers that are right, the solution's first."""
    undecided: Mapping[str, Message] = field(default_factory=dict)
    """By check: why nothing can be said about it."""
    findings: properties.PropertyResults = field(init=False)
    """What the properties say about the submission."""
    nearest: dict[str, int] = field(default_factory=dict)
    """By check: which of the accepted answers is nearest to the submission's."""
    supposed: list[Supposition] = field(default_factory=list)
    """What the failures may come from, after `results`."""

    def results(self) -> list[CheckResult]:
        """Return the results of all checks."""
        trusted, task = self.trusted, self.task
        self.findings = trusted.property_results(
            task, self.description.checks, self.solution, [self.given.answers]
        )[0]
        faults = self._faults()
        self.nearest = {check.name: self._nearest(check) for check in self.description.checks}
        self.solution = replace(
            self.solution,
            answers={name: self.accepted[which].answers[name] for name, which in self.nearest.items()},
        )
        # A known mistake may show only in what float32 rounds away.
        checks = tuple(self._strict(check) for check in self.description.checks)
        self.description = self.description.model_copy(update={"checks": checks})
        judged = {check.name: self._judge(check) for check in checks if check.name not in faults}
        failed = {name for name, judgement in judged.items() if judgement.failing}
        asked_about = [
            check
            for check in checks
            if check.name in failed and not set(check.after) & failed and not marks.is_drawn_only(check)
        ]
        shown = [check for check in asked_about if check.hidden in ("", "all")]
        asked_about = [check for check in asked_about if not check.hidden]
        failing = {name: frozenset(judgement.failing) for name, judgement in judged.items()}
        failing |= {name: frozenset(self.solution.answers[name]) for name in faults}
        explaining = Explanations(
            self.candidates,
            task,
            self.description,
            self.solution,
            self.given,
            self.findings,
            failing,
            self.nearest,
        )
        named = _true(explaining.mistakes(asked_about), asked_about)
        self.supposed = explaining.suppositions(asked_about)
        drawn = self._drawn({c.name: judged[c.name].failing[0] for c in shown})
        results: dict[str, CheckResult] = {}
        for check in self.description.checks:
            before = [results[name] for name in check.after]
            needed = next((r for r in before if r.verdict is not Verdict.PASSED), None)
            if check.name in faults:
                results[check.name] = marks.broken(check, faults[check.name])
            elif needed is not None and needed.verdict is Verdict.BROKEN:
                undecided = Message.of("needed_check_undecided", needed=needed.title)
                results[check.name] = marks.broken(check, undecided)
            elif needed is not None:
                results[check.name] = marks.skipped(check, needed)
            elif check.name in failed:
                results[check.name] = self._failed(
                    check, judged[check.name], named.get(check.name), drawn.get(check.name, ())
                )
            elif check.counts_with and not any(self._something_right(name) for name in check.counts_with):
                results[check.name] = marks.nothing_right(check, [results[n] for n in check.counts_with])
            else:
                results[check.name] = self._with_picture(marks.passed(check), check)
        return without_chance_digits(list(results.values()))

    def _faults(self) -> dict[str, Message]:
        """Return, by check, why its property decides nothing, which only the author can correct."""
        found = dict(self.trusted.violated_by_solution(self.task, self.description.checks, self.solution))
        found |= self.undecided
        for name, findings in self.findings.items():
            for case in properties.faults(findings)[:1]:
                problem = findings[case].problem
                if name not in found and problem is not None:
                    found[name] = Message.of("property_fault", check=name, case=case, problem=problem)
        return found

    def _nearest(self, check: CheckInfo) -> int:
        """Return which of the accepted answers the submission fails the fewest cases of."""
        if len(self.accepted) == 1 or check.compare:
            return 0
        given = self.given.answers.get(check.name, {})
        failing = [
            len(comparison.failing_cases(one.answers[check.name], given, check.accuracy))
            for one in self.accepted
        ]
        return failing.index(min(failing))

    def _strict(self, check: CheckInfo) -> CheckInfo:
        """Return a passed check as a stricter one if only rounding hides a known mistake."""
        strict = check.model_copy(update={"strict": True})
        expected, given = self.solution.answers[check.name], self.given.answers.get(check.name, {})
        if check.compare or not given or comparison.failing_cases(expected, given, check.accuracy):
            return check
        failing = comparison.failing_cases(expected, given, strict.accuracy)
        if not failing:
            return check
        for mistake in self.task.mistakes:
            suspect = self.candidates.candidate(self.task, mistake, [strict], self.solution, self.nearest)
            if known_mistakes.matches(strict, suspect, set(failing), given):
                return strict
        return check

    def _judge(self, check: CheckInfo) -> comparison.Judgement:
        expected = self.solution.answers[check.name]
        actual = self.given.answers.get(check.name, {})
        if not check.compare:
            return comparison.judge(expected, actual, check.accuracy, check.axes)
        findings = self.findings[check.name]
        failing = properties.violated(findings)
        if not failing or failing[0] not in actual:
            return comparison.Judgement(failing)
        first = findings[failing[0]]
        if first.by_property:
            return comparison.Judgement(failing, problem=first.problem, shown=first.shown)
        return replace(comparison.judge_kinds(expected[failing[0]], actual[failing[0]]), failing=failing)

    def _something_right(self, name: str) -> bool:
        """Whether a case of a check was answered with values of the right names, types and shapes.

        Not whether the check was passed: one slip would then be paid for twice.
        """
        given = self.given.answers.get(name, {})
        expected = self.solution.answers[name]
        return any(
            case in given and given[case].raised is None and properties.of_one_form(one, given[case])
            for case, one in expected.items()
        )

    def _drawn(self, cases: Mapping[str, int]) -> dict[str, tuple[Drawn, ...]]:
        """Return what the failing cases drew; the solution is asked again with recording on."""
        if not cases:
            return {}
        ask = tuple((name, (case,)) for name, case in cases.items())
        task = self.task
        asked = self.trusted.ask(task, task.solution, self.description, ask, record=True)
        return {name: answer.drawn for name, by_case in asked.answers.items() for answer in by_case.values()}

    def _failed(
        self,
        check: CheckInfo,
        judgement: comparison.Judgement,
        suspect: Candidate | None,
        drawn: Sequence[Drawn],
    ) -> CheckResult:
        share = self._share_right(check) if check.partial else 0
        result = marks.failed(check, self._message(check, judgement), share)
        if not marks.is_drawn_only(check):
            explained = {
                "hint": check.about if check.hidden else suspect.hint if suspect else "",
                "diagnosis": None if suspect else self._diagnosis(check, judgement),
                "mistake": "" if suspect is None else " + ".join(suspect.names),
                "mistake_title": suspect.title if suspect else "",
                "evidence": self._evidence(check, judgement, drawn),
            }
            result = result.model_copy(update=explained)
        return self._with_picture(result, check)

    def _share_right(self, check: CheckInfo) -> float:
        """Return the share of a check's observations that are right in all cases."""
        expected, given = self.solution.answers[check.name], self.given.answers.get(check.name, {})
        return comparison.share_right(expected, given, check.accuracy)

    def _evidence(
        self, check: CheckInfo, judgement: comparison.Judgement, drawn: Sequence[Drawn]
    ) -> Evidence:
        expected = self.solution.answers[check.name]
        actual = self.given.answers.get(check.name, {})
        task, first = self.task, expected[judgement.failing[0]]
        program = (
            ""
            if check.hidden
            else snippet(
                task.title,
                task.modules[0].replace("/", "."),
                task.whole_checks,
                check.name,
                first,
                drawn,
                by_property=check.compare,
                seed=self.trusted.seed,
                atol=comparison.largest_allowed(first, check.accuracy),
            )
        )
        return evidence.evidence(judgement, expected, actual, drawn, program, self.submission, check.axes)

    def _diagnosis(self, check: CheckInfo, judgement: comparison.Judgement) -> Message | None:
        if judgement.raised is not None:
            public = {one.name for one in self.description.checks if not one.hidden}
            told = {
                name: by_case
                for name, by_case in self.given.answers.items()
                if check.hidden or name in public  # a public check says nothing about hidden ones
            }
            return where_it_runs(judgement.raised, self.solution.answers, told)
        if check.compare:
            return None
        return diagnose(
            self.solution.answers[check.name],
            self.given.answers.get(check.name, {}),
            judgement.failing,
            check.accuracy,
            check.axes,
        )

    def _message(self, check: CheckInfo, judgement: comparison.Judgement) -> Message:
        case = judgement.failing[0]
        stop = self.given.stops.get(check.name)
        if case not in self.given.answers.get(check.name, {}) and stop is not None:
            asked = None if stop.case is None else self.solution.answers[check.name].get(stop.case)
            if asked is None or not asked.sizes:
                return Message.of("sentence", text=stop.reason)
            sizes = sizes_in_words(asked.sizes)
            return Message.of("stopped_with_sizes", reason=stop.reason, sizes=sizes)
        if judgement.raised is not None:
            checks = self.task.checks.splitlines()
            return failure(
                judgement.raised,
                self.memory,
                checks,
                self.given.left_out,
                stem_of(self.task.modules[0]),
                self.submission.files,
            )
        return Message.of("sentence", text=judgement.problem or Message.of("no_answer_given"))

    def _with_picture(self, result: CheckResult, check: CheckInfo) -> CheckResult:
        plot = check.picture()
        if plot is None:
            return result
        expected = self.solution.answers[check.name]
        # Show the failing case, or the largest one: edge cases come before the last.
        case = result.evidence.case if result.evidence and result.evidence.case is not None else max(expected)
        actual = self.given.answers.get(check.name, {}).get(case)
        return result.model_copy(update={"picture": evidence.picture(plot, expected[case], actual)})


def _true(named: Mapping[str, Candidate], failed: Sequence[CheckInfo]) -> dict[str, Candidate]:
    """Return the known mistakes by check, with hints that are true of a submission that fails all `failed`.

    If a mistake does not explain them all, something else is wrong as well, and its hint may call that right.
    """
    explained = {
        check.name: set(named[check.name].names) if check.name in named else set() for check in failed
    }
    return {
        name: suspect
        if all(set(suspect.names) <= names for names in explained.values())
        else replace(suspect, hint=known_mistakes.without_claims(suspect.hint))
        for name, suspect in named.items()
    }


_COARSE = {"float32_accuracy", "too_few_digits", "dtype_wrong", "float32_result", "float32_part"}


def without_chance_digits(results: list[CheckResult]) -> list[CheckResult]:
    """Return results without "six digits are right" if other wrong values are farther off.

    A slip that changes values by more may still leave some digits of others, as where few inputs matter.
    """
    told = [one for one in results if one.diagnosis is not None and one.diagnosis.id == "float32_part"]
    farther = any(
        one.verdict is Verdict.FAILED
        and one.evidence is not None
        and bool(one.evidence.comparisons)
        and not {part.id for said in (one.message, one.diagnosis) for part in parts(said)} & _COARSE
        for one in results
    )
    if not (told and farther):
        return results
    return [one.model_copy(update={"diagnosis": None}) if one in told else one for one in results]
