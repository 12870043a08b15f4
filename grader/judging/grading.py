"""Grades a submission: ask the student's module and the solution the same, judge, explain."""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from grader.asking import conversation, properties
from grader.asking.answer_cache import versions
from grader.asking.conversation import Budget, CheckInfo, Description, Ended, Question, Responses, Stop
from grader.asking.reference import CachedAnswers, Progress, ReferenceAnswers, stopped
from grader.assignment.loader import Assignment, TaskSource
from grader.judging import comparison, evidence, import_help, known_mistakes
from grader.judging.diagnosis import diagnose
from grader.judging.explanation import Explanations
from grader.judging.known_mistakes import Candidate, Candidates
from grader.judging.reproduction import snippet
from grader.results.report import (
    CheckResult,
    Evidence,
    Provenance,
    Report,
    TaskResult,
    Verdict,
    sizes_in_words,
)
from grader.sandbox.contract import Sandbox
from grader.submission.forbidden_scan import ForbiddenUse, Unscannable, find_forbidden
from grader.submission.loader import Submission, nearest
from grader.wire import Drawn, Failed, Frame, Raised

LOADS = "loads"
"""The check, made by the grader, that a module can be imported; worth no points."""
WRITTEN_OUT = "written_out"
"""The check, made by the grader, that no forbidden layer computes; worth no points."""

_MEMORY_ERRORS = {"MemoryError", "OutOfMemoryError"}
_OUTPUT_SHOWN = 4000


@dataclass
class Grader:
    """Grades submissions to `tasks` of `assignment` with one seed; `workers` children at a time.

    `progress` hears the task and what is done.
    """

    assignment: Assignment
    tasks: tuple[TaskSource, ...]
    seed: int
    sandbox: Sandbox
    key: CachedAnswers
    workers: int = 2
    progress: Progress = field(default=lambda task, step: None)
    trusted: ReferenceAnswers = field(init=False)
    candidates: Candidates = field(init=False)

    def __post_init__(self) -> None:
        """Get ready to ask the solution and the mistakes."""
        self.trusted = ReferenceAnswers(
            self.assignment.limits, self.seed, self.sandbox, self.key, self.progress
        )
        self.candidates = Candidates(self.trusted)

    def grade(self, submission: Submission, tasks: tuple[TaskSource, ...] = ()) -> Report:
        """Return the marks of one submission, with reasons; `tasks` for some of them only."""
        tasks = tasks or self.tasks
        budget = Budget(self.assignment.limits.submission_seconds)
        begun = time.monotonic()
        pool = ThreadPoolExecutor(self.workers)
        try:
            ended: Ended | None = {} if self.assignment.imports == "go on" else None
            with self.sandbox.holding(submission.files):
                graded = list(pool.map(lambda task: self._grade(task, submission, budget, ended), tasks))
        finally:
            # Where Ctrl-C arrives, whoever closes the sandbox ends what still runs.
            pool.shutdown(wait=False, cancel_futures=True)
        results = tuple(result for result, _ in graded)
        timings = {task.name: seconds for task, (_, seconds) in zip(tasks, graded, strict=True)}
        verdicts = {check.verdict for result in results for check in result.checks}
        used = {f"{task.name}{suffix}" for task in tasks for suffix in (".py", ".ipynb")}
        return Report(
            submission=submission.name,
            score=_sum(result.score for result in results),
            points=_sum(result.points for result in results),
            final=not verdicts & {Verdict.BROKEN, Verdict.PENDING},
            tasks=results,
            notes=tuple(n for path, n in sorted(submission.notes.items()) if path not in used),
            provenance=Provenance(
                assignment=self.assignment.title,
                assignment_digest=self.assignment.digest,
                submission_digest=submission.digest,
                seed=self.seed,
                sandbox=self.sandbox.level.value,
                not_isolated=self.sandbox.not_isolated,
                versions=versions(),
            ),
            timings={**timings, "total": round(time.monotonic() - begun, 3)},
        )

    def _grade(
        self, task: TaskSource, submission: Submission, budget: Budget, ended: Ended | None
    ) -> tuple[TaskResult, float]:
        begun = time.monotonic()
        result = _TaskGrading(self, task, submission, budget, ended).result()
        return result, round(time.monotonic() - begun, 3)


@dataclass
class _TaskGrading:
    """Grades one task of one submission."""

    grader: Grader
    task: TaskSource
    submission: Submission
    budget: Budget
    ended: Ended | None

    def result(self) -> TaskResult:
        trusted = self.grader.trusted
        description, solution = trusted.solve(self.task)
        fault = our_fault(description, solution)
        if fault or description is None:
            return self._whole([_broken(check, fault) for check in _checks(description, self.task)])
        file = self.submission.module(self.task.name)
        if file is None:
            return self._missing(description)
        seen = self.submission.seen_from(self.task.name)
        finding = find_forbidden(seen, self.task.name, self.task.wanted, description.forbid)
        if finding is not None:
            gate = self._not_seen(finding) if isinstance(finding, Unscannable) else self._refused(finding)
            return self._whole([_passed_gate(LOADS, self._loads_title), gate, *_skip_all(description, gate)])
        if not self.budget.left:
            gate = _failed_gate(LOADS, self._loads_title, f"Not reached: {self.budget.used_up}.")
            return self._whole([gate, *_skip_all(description, gate)])
        self.grader.progress(self.task.name, "asking the submission")
        question = Question(
            self.task.checks,
            self.task.name,
            self.submission.files,
            self.grader.seed,
            conversation.everything(description),
            base=self.submission.bases.get(self.task.name, "").rstrip("/"),
            wanted=self.task.wanted,
            ended=self.ended,
        )
        given = _placed(self._asked(question, description), self.submission)
        if given.broken:
            return self._whole([_broken(check, given.broken) for check in description.checks])
        gates = self._gates(description, given)
        if any(gate.verdict is Verdict.FAILED for gate in gates):
            return self._whole([*gates, *_skip_all(description, gates[-1])], given.output)
        accepted = trusted.accepted(self.task, description, solution)
        judged = _Judging(self, description, solution, given, accepted).results()
        notes = import_help.notes(given.failed, self.task.wanted, self.task.name, self.submission.files)
        return self._whole([*gates, *judged], given.output, notes)

    def _asked(self, question: Question, description: Description) -> Responses:
        """Return what the submission answers; whoever brings the sandbox down is found out.

        A box that was lost is asked again. Where it is lost again, and holds for the solution in
        between, the submission did it: otherwise a mark could be kept by breaking things.
        """
        sandbox, limits = self.grader.sandbox, self.grader.assignment.limits
        given = conversation.ask(sandbox, limits, question, description, self.budget)
        if not given.broken:
            return given
        trusted = {f"{self.task.name}.py": self.task.solution.encode()}
        instead = replace(question, files=trusted, base="", ended=None)
        if conversation.ask(sandbox, limits, instead, description).broken:
            return given
        given = conversation.ask(sandbox, limits, question, description, self.budget)
        if given.broken:
            stop = Stop("", 0, "it brought the sandbox down twice, which the solution did not")
            given = replace(given, broken="", stops={"": stop})
        return given

    @property
    def _loads_title(self) -> str:
        return f"`{self.task.name}.py` is there and can be imported."

    def _whole(
        self, checks: Sequence[CheckResult], output: str = "", notes: Sequence[str] = ()
    ) -> TaskResult:
        names = (f"{self.task.name}.py", f"{self.task.name}.ipynb")
        return TaskResult(
            task=self.task.name,
            title=self.task.title,
            score=_sum(check.score for check in checks),
            points=self.task.points,
            notes=(*(n for path, n in self.submission.notes.items() if path == names[1]), *notes),
            checks=tuple(checks),
            output=output[:_OUTPUT_SHOWN],
        )

    def _missing(self, description: Description) -> TaskResult:
        file = f"{self.task.name}.py"
        message = self.submission.notes.get(file)
        if message is None:
            message = f"{not_there(self.task.name)} in the submission, so this task could not be looked at."
            paths = [path for path in self.submission.files if path.endswith(".py")]
            stems = {path.rsplit("/", 1)[-1].removesuffix(".py"): path for path in paths}
            near = nearest(self.task.name, list(stems))
            known = {task.name for task in self.grader.assignment.tasks}
            if near is not None and near not in known:
                message += f" Is `{stems[near]}` meant to be it?"
        else:
            message = f"{message}."
        gate = _failed_gate(LOADS, self._loads_title, message)
        return self._whole([gate, *_skip_all(description, gate)])

    def _as_handed_in(self, file: str) -> str:
        """Return the path in the submission of a file that was looked at as the module sees it."""
        base = self.submission.bases.get(self.task.name, "")
        return base + file if base + file in self.submission.files else file

    def _refused(self, finding: ForbiddenUse) -> CheckResult:
        file, line = self.submission.place(self._as_handed_in(finding.file), finding.line)
        message = (
            f"`{finding.layer}` may not compute the result here, it is to be written out: "
            f"{finding.what} ({file}, line {line})."
        )
        place = evidence.excerpt(Frame(file, line, ""), self.submission)
        return _failed_gate(WRITTEN_OUT, _WRITTEN_OUT_TITLE, message, Evidence(source=(place,)))

    def _not_seen(self, unseen: Unscannable) -> CheckResult:
        file = self._as_handed_in(unseen.file)
        file = self.submission.notebooks.get(file, file)
        message = f"`{file}` could not be looked at for layers that are to be written out: {unseen.why}."
        return _failed_gate(WRITTEN_OUT, _WRITTEN_OUT_TITLE, message)

    def _gates(self, description: Description, given: Responses) -> list[CheckResult]:
        loads = self._loads(given)
        if loads.verdict is Verdict.FAILED or not description.forbid:
            return [loads]
        for answers in given.answers.values():
            for answer in answers.values():
                if answer.raised is not None and answer.raised.kinds[0] == "ForbiddenLayer":
                    return [loads, self._caught(answer.raised)]
        return [loads, _passed_gate(WRITTEN_OUT, _WRITTEN_OUT_TITLE)]

    def _caught(self, error: Raised) -> CheckResult:
        where = error.frames[-1] if error.frames else None
        place = f" It was called in {where.file}, line {where.line}." if where else ""
        return _failed_gate(
            WRITTEN_OUT,
            _WRITTEN_OUT_TITLE,
            f"{error.message}{place}",
            Evidence(raised=evidence.raised(error, self.submission)),
        )

    def _loads(self, given: Responses) -> CheckResult:
        if "" in given.stops:
            message = f"While it was imported: {given.stops[''].reason}."
            return _failed_gate(LOADS, self._loads_title, message)
        error = given.not_loaded
        if error is None:
            return _passed_gate(LOADS, self._loads_title)
        return _failed_gate(
            LOADS,
            self._loads_title,
            f"Importing it raised {said(error, self.grader.assignment.limits.memory)}"
            f"{import_help.of_import(error, self.task.name, self.submission.files)}",
            Evidence(raised=evidence.raised(error, self.submission)),
        )


_WRITTEN_OUT_TITLE = "The layer is written out, not taken from torch."


@dataclass
class _Judging:
    """Judges what one module answered to one task's checks."""

    grading: _TaskGrading
    description: Description
    solution: Responses
    given: Responses
    accepted: tuple[Responses, ...]
    """All answers that are right, those of `solution` first."""
    findings: properties.PropertyResults = field(init=False)
    """What the laws say about the submission."""
    nearest: dict[str, int] = field(default_factory=dict)
    """By check: which of the accepted answers the submission comes nearest to."""

    def results(self) -> list[CheckResult]:
        trusted, task = self.grading.grader.trusted, self.grading.task
        self.findings = trusted.look(task, self.description.checks, self.solution, [self.given.answers])[0]
        faults = self._faults()
        self.nearest = {check.name: self._nearest(check) for check in self.description.checks}
        self.solution = replace(
            self.solution,
            answers={name: self.accepted[which].answers[name] for name, which in self.nearest.items()},
        )
        # A known mistake may show in no more than what float32 rounds away.
        checks = tuple(self._strict(check) for check in self.description.checks)
        self.description = self.description.model_copy(update={"checks": checks})
        judged = {check.name: self._judge(check) for check in checks if check.name not in faults}
        failed = {name for name, judgement in judged.items() if judgement.failing}
        asked_about = [
            check
            for check in checks
            if check.name in failed and not set(check.after) & failed and not _is_drawn_only(check)
        ]
        failing = {name: frozenset(judgement.failing) for name, judgement in judged.items()}
        failing |= {name: frozenset(self.solution.answers[name]) for name in faults}
        candidates = self.grading.grader.candidates
        named = Explanations(
            candidates,
            task,
            self.description,
            self.solution,
            self.given,
            self.findings,
            failing,
            self.nearest,
        ).mistakes(asked_about)
        drawn = self._drawn({c.name: judged[c.name].failing[0] for c in asked_about})
        results: dict[str, CheckResult] = {}
        for check in self.description.checks:
            before = [results[name] for name in check.after]
            standing_on = next((r for r in before if r.verdict is not Verdict.PASSED), None)
            if check.name in faults:
                results[check.name] = _broken(check, faults[check.name])
            elif standing_on is not None and standing_on.verdict is Verdict.BROKEN:
                results[check.name] = _broken(
                    check, f"it depends on “{standing_on.title}”, which is undecided"
                )
            elif standing_on is not None:
                results[check.name] = _skipped(check, standing_on)
            elif check.name in failed:
                results[check.name] = self._failed(
                    check, judged[check.name], named.get(check.name), drawn.get(check.name, ())
                )
            else:
                results[check.name] = self._with_picture(_passed(check), check)
        return list(results.values())

    def _faults(self) -> dict[str, str]:
        """Return why the laws of some checks decide nothing: they are the author's to mend."""
        found = dict(
            self.grading.grader.trusted.broken_laws(self.grading.task, self.description.checks, self.solution)
        )
        for name, findings in self.findings.items():
            cases = properties.faults(findings)
            if cases and name not in found:
                found[name] = f"check {name}, case {cases[0]}: {findings[cases[0]].problem}"
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
        """Return a check that is passed, as a stricter one where only rounding hides a known mistake."""
        strict = check.model_copy(update={"strict": True})
        expected, given = self.solution.answers[check.name], self.given.answers.get(check.name, {})
        if check.compare or not given or comparison.failing_cases(expected, given, check.accuracy):
            return check
        failing = comparison.failing_cases(expected, given, strict.accuracy)
        if not failing:
            return check
        for mistake in self.grading.task.mistakes:
            suspect = self.grading.grader.candidates.candidate(
                self.grading.task, mistake, [strict], self.solution, self.nearest
            )
            if known_mistakes.matches(strict, suspect, set(failing), given):
                return strict
        return check

    def _judge(self, check: CheckInfo) -> comparison.Judgement:
        expected = self.solution.answers[check.name]
        actual = self.given.answers.get(check.name, {})
        if not check.compare:
            return comparison.judge(expected, actual, check.accuracy)
        findings = self.findings[check.name]
        failing = properties.violated(findings)
        if not failing or failing[0] not in actual:
            return comparison.Judgement(failing)
        first = findings[failing[0]]
        if first.by_law:
            return comparison.Judgement(failing, problem=first.problem, shown=first.shown)
        return replace(comparison.judge_kinds(expected[failing[0]], actual[failing[0]]), failing=failing)

    def _drawn(self, cases: Mapping[str, int]) -> dict[str, tuple[Drawn, ...]]:
        """Return what the failing cases drew; the solution is asked again, to be told."""
        if not cases:
            return {}
        ask = tuple((name, (case,)) for name, case in cases.items())
        task = self.grading.task
        asked = self.grading.grader.trusted.ask(task, task.solution, ask, record=True)
        return {name: answer.drawn for name, by_case in asked.answers.items() for answer in by_case.values()}

    def _failed(
        self,
        check: CheckInfo,
        judgement: comparison.Judgement,
        suspect: Candidate | None,
        drawn: Sequence[Drawn],
    ) -> CheckResult:
        result = CheckResult(
            check=check.name,
            title=check.title,
            verdict=Verdict.FAILED,
            score=0,
            points=check.points,
            message=self._message(check, judgement),
        )
        if not _is_drawn_only(check):
            explained = {
                "hint": suspect.hint if suspect else self._diagnosis(check, judgement),
                "mistake": "" if suspect is None else " + ".join(suspect.names),
                "evidence": self._evidence(check, judgement, drawn),
            }
            result = result.model_copy(update=explained)
        return self._with_picture(result, check)

    def _evidence(
        self, check: CheckInfo, judgement: comparison.Judgement, drawn: Sequence[Drawn]
    ) -> Evidence:
        expected = self.solution.answers[check.name]
        actual = self.given.answers.get(check.name, {})
        task, first = self.grading.task, expected[judgement.failing[0]]
        program = snippet(task.title, task.name, task.checks, check.name, first, drawn, check.compare)
        return evidence.evidence(judgement, expected, actual, drawn, program, self.grading.submission)

    def _diagnosis(self, check: CheckInfo, judgement: comparison.Judgement) -> str:
        if check.compare:
            return ""
        return diagnose(
            self.solution.answers[check.name],
            self.given.answers.get(check.name, {}),
            judgement.failing,
            check.accuracy,
        )

    def _message(self, check: CheckInfo, judgement: comparison.Judgement) -> str:
        case = judgement.failing[0]
        stop = self.given.stops.get(check.name)
        if case not in self.given.answers.get(check.name, {}) and stop is not None:
            asked = None if stop.case is None else self.solution.answers[check.name].get(stop.case)
            sizes = sizes_in_words(asked.sizes) if asked else ""
            return f"{stop.reason[:1].upper()}{stop.reason[1:]}{f', with {sizes}' if sizes else ''}."
        if judgement.raised is not None:
            limit = self.grading.grader.assignment.limits.memory
            lines = self.grading.task.checks.splitlines()
            because = import_help.because(judgement.raised, self.given.failed)
            asked_in = _asked_in(judgement.raised, lines)
            return f"Your program raised {said(judgement.raised, limit)}{asked_in}{because}"
        first, _, rest = judgement.problem.partition(" ")
        # A single letter is a tensor's name, which is not H where it is h.
        return f"{first if len(first) == 1 else first[:1].upper() + first[1:]} {rest}."

    def _with_picture(self, result: CheckResult, check: CheckInfo) -> CheckResult:
        plot = check.picture()
        if plot is None:
            return result
        expected = self.solution.answers[check.name]
        # The picture of the failing case, or the largest: edge cases come before the last.
        case = result.evidence.case if result.evidence and result.evidence.case is not None else max(expected)
        actual = self.given.answers.get(check.name, {}).get(case)
        return result.model_copy(update={"picture": evidence.picture(plot, expected[case], actual)})


def said(error: Raised, memory: int) -> str:
    """Return an exception as the end of a sentence."""
    if _MEMORY_ERRORS & set(error.kinds) or "DefaultCPUAllocator" in error.message:
        return f"{error.kinds[0]}: it used more than {conversation.size(memory)} of memory."
    if error.kinds[0] == "MissingName":
        return f"an error: {error.message}"
    message = error.message.strip().rstrip(".")
    first = message.splitlines()[0] if message else ""
    sentence = f"{error.kinds[0]}: {first}." if first else f"{error.kinds[0]}."
    return sentence + import_help.out_of_reach(error)


def _asked_in(error: Raised, lines: Sequence[str]) -> str:
    """Return the line of the check, where the exception came from no line of the student's."""
    if error.frames or not 0 < error.check_line <= len(lines):
        return ""
    nothing = " Is `return` missing?" if "NoneType" in error.message else ""
    return f" The check could not go on at `{lines[error.check_line - 1].strip()}`.{nothing}"


def _placed(given: Responses, submission: Submission) -> Responses:
    """Return what came back with the places that an author knows: the cells of a notebook."""

    def frame(one: Frame) -> Frame:
        file, line = submission.place(one.file, one.line)
        return Frame(file, line, one.function)

    def raised(one: Raised | None) -> Raised | None:
        return one and replace(one, frames=tuple(map(frame, one.frames)))

    def failed(one: Failed) -> Failed:
        file, line = submission.place(one.file, one.line)
        return replace(one, file=file, line=line, raised=raised(one.raised))

    if not submission.notebooks:
        return given
    answers = {
        name: {case: replace(answer, raised=raised(answer.raised)) for case, answer in by_case.items()}
        for name, by_case in given.answers.items()
    }
    return replace(
        given,
        answers=answers,
        not_loaded=raised(given.not_loaded),
        failed=tuple(map(failed, given.failed)),
    )


def our_fault(description: Description | None, solution: Responses) -> str:
    """Return why nobody can be judged by a solution's answers, empty where one can."""
    if solution.broken:
        return solution.broken
    if solution.stops or description is None:
        return f"the solution did not answer ({stopped(solution)})"
    return ""


def not_there(task: str) -> str:
    """Return how the message about a missing file begins."""
    return f"There is no `{task}.py`"


def _checks(description: Description | None, task: TaskSource) -> tuple[CheckInfo, ...]:
    if description is not None:
        return description.checks
    whole = {
        "name": task.name,
        "title": task.title,
        "about": "",
        "points": task.points,
        "after": (),
        "cases": 1,
        "dtype": "float64",
        "depth": "",
        "compare": False,
        "plot": None,
    }
    return (CheckInfo.model_validate(whole),)


def _is_drawn_only(check: CheckInfo) -> bool:
    """Whether a check is a picture: what is wrong in it is told elsewhere."""
    return check.plot is not None and not check.points


def _passed(check: CheckInfo) -> CheckResult:
    return CheckResult(
        check=check.name,
        title=check.title,
        verdict=Verdict.PASSED,
        score=check.points,
        points=check.points,
    )


def _skipped(check: CheckInfo, standing_on: CheckResult) -> CheckResult:
    return CheckResult(
        check=check.name,
        title=check.title,
        verdict=Verdict.SKIPPED,
        score=0,
        points=check.points,
        message=f"Not looked at, because it stands on “{standing_on.title}”",
    )


def _broken(check: CheckInfo, fault: str) -> CheckResult:
    return CheckResult(
        check=check.name,
        title=check.title,
        verdict=Verdict.BROKEN,
        score=check.points,
        points=check.points,
        message=f"The grader could not decide this, which is not your fault: {fault}.",
    )


def _skip_all(description: Description, gate: CheckResult) -> list[CheckResult]:
    return [_skipped(check, gate) for check in description.checks]


def _passed_gate(name: str, title: str) -> CheckResult:
    return CheckResult(check=name, title=title, verdict=Verdict.PASSED, score=0, points=0)


def _failed_gate(name: str, title: str, message: str, seen: Evidence | None = None) -> CheckResult:
    return CheckResult(
        check=name,
        title=title,
        verdict=Verdict.FAILED,
        score=0,
        points=0,
        message=message,
        evidence=seen,
    )


def _sum(numbers: Iterable[float]) -> float:
    return round(sum(numbers), 6)
