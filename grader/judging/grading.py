"""Grades a submission: asks the student's module and the solution the same questions and judges."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from grader.asking import conversation
from grader.asking.answer_cache import versions
from grader.asking.questions import Budget, Description, Ended, Question, Responses, Stop, everything, of_task
from grader.asking.reference import CachedAnswers, Progress, ReferenceAnswers, stopped
from grader.assignment.loader import Assignment, TaskSource
from grader.assignment.questions import WrittenTask
from grader.judging import follow_through, import_help, marks, pace, repair, withholding, written
from grader.judging.gates import Gates
from grader.judging.inputs import differing
from grader.judging.known_mistakes import Candidates
from grader.judging.unfinished import with_stage
from grader.judging.verdicts import Verdicts
from grader.results.explanation import Explanation
from grader.results.message import Message
from grader.results.report import (
    CheckResult,
    Provenance,
    Report,
    Stage,
    TaskResult,
    Verdict,
    defined_name,
)
from grader.sandbox.contract import Sandbox
from grader.submission.forbidden_scan import find_forbidden
from grader.submission.layout import stem_of
from grader.submission.loader import Submission, folders_above
from grader.wire import Failed, Frame, Raised

_NO_NAME = {"mistake": "", "mistake_title": "", "hint": ""}
_OUTPUT_SHOWN = 4000
"""Characters of a program's output that a report keeps."""


@dataclass
class Grader:
    """Grades submissions to `tasks` of `assignment` with one seed, with `workers` child processes at once."""

    assignment: Assignment
    tasks: tuple[TaskSource, ...]
    seed: int
    sandbox: Sandbox
    cache: CachedAnswers
    workers: int = 2
    progress: Progress = field(default=lambda task, step: None)
    written: tuple[WrittenTask, ...] = ()
    """The tasks in words."""
    trusted: ReferenceAnswers = field(init=False)
    with_another_seed: ReferenceAnswers = field(init=False)
    """Answers with the next seed, which have to bear out a repair as well."""
    candidates: Candidates = field(init=False)

    def __post_init__(self) -> None:
        """Prepare to ask the solution and the known mistakes."""
        self.trusted = ReferenceAnswers(self.seed, self.sandbox, self.cache, self.progress)
        self.with_another_seed = replace(self.trusted, seed=self.seed + 1)
        self.candidates = Candidates(self.trusted)

    def grade(
        self,
        submission: Submission,
        tasks: tuple[TaskSource, ...] = (),
        known: Mapping[str, Responses] = MappingProxyType({}),
    ) -> Report:
        """Return the marks of one submission, with reasons; `tasks` for some of them only.

        `known`: by task, what the submission answers, if that need not be asked.
        """
        tasks = tasks or self.tasks
        budget = Budget(self.assignment.limits.submission_seconds)
        begun = time.monotonic()
        # Here because they take 60 ms the first time, and the sandbox still starts.
        assignment_digest, facts_digest = self.assignment.digest, self.assignment.facts_digest
        pool = ThreadPoolExecutor(self.workers)
        try:
            ended: Ended | None = {} if self.assignment.imports == "go on" else None
            files = _with_data(submission.files, tasks[0].data if tasks else {})
            with self.sandbox.holding(files):
                # Those with the longest checks first, or one core would wait for them at the end.
                futures = {
                    task.name: pool.submit(
                        self._grade, task, submission, budget, ended, files, known.get(task.name)
                    )
                    for task in sorted(tasks, key=lambda task: -len(task.checks))
                }
                graded = [futures[task.name].result() for task in tasks]
        finally:
            # After Ctrl-C, closing the sandbox ends what still runs.
            pool.shutdown(wait=False, cancel_futures=True)
        results = (
            *(result for result, _ in graded),
            *(written.result(task, submission) for task in self.written),
        )
        timings = {task.name: seconds for task, (_, seconds) in zip(tasks, graded, strict=True)}
        verdicts = {check.verdict for result in results for check in result.checks}
        modules = [module for task in tasks for module in task.modules]
        used = {f"{module}{suffix}" for module in modules for suffix in (".py", ".ipynb")}
        return Report(
            submission=submission.name,
            score=marks.total(result.score for result in results),
            points=marks.total(result.points for result in results),
            final=not verdicts & {Verdict.BROKEN, Verdict.PENDING},
            tasks=results,
            notes=(
                *_of_kit(self.assignment, tasks),
                *(
                    Message.of("sentence", text=note)
                    for path, note in sorted(submission.notes.items())
                    if path not in used
                ),
            ),
            provenance=Provenance(
                assignment=self.assignment.title,
                assignment_digest=assignment_digest,
                facts_digest=facts_digest,
                submission_digest=submission.digest,
                seed=self.seed,
                sandbox=self.sandbox.level.value,
                not_isolated=self.sandbox.not_isolated,
                versions=versions(self.assignment.libraries),
            ),
            timings={**timings, "total": round(time.monotonic() - begun, 3)},
        )

    def _grade(
        self,
        task: TaskSource,
        submission: Submission,
        budget: Budget,
        ended: Ended | None,
        files: Mapping[str, bytes],
        known: Responses | None,
    ) -> tuple[TaskResult, float]:
        begun = time.monotonic()
        result = _TaskGrading(self, task, submission, budget, ended, files, known).result()
        return result, round(time.monotonic() - begun, 3)


@dataclass
class _TaskGrading:
    """Grades one task of one submission."""

    grader: Grader
    task: TaskSource
    submission: Submission
    budget: Budget
    ended: Ended | None
    files: Mapping[str, bytes]
    """Those of the submission, and the data files of the assignment."""
    known: Responses | None = None
    """What the submission answers, if it is not to be asked."""

    def result(self) -> TaskResult:
        """Return the result with no more of hidden checks than students are told: a report is theirs."""
        description, solution = self.grader.trusted.solve(self.task)
        if description is None:
            return self._graded(None, solution)
        told = withholding.with_titles(description)
        return withholding.told(self._graded(told, withholding.stops(solution, told)), told)

    def _graded(self, description: Description | None, solution: Responses) -> TaskResult:
        trusted, memory = self.grader.trusted, self.task.limits.memory
        gates = Gates(self.task, self.submission, memory)
        fault = our_fault(description, solution)
        if fault is not None or description is None:
            checks = marks.checks_of(description, self.task.name, self.task.title, self.task.points)
            undecided = fault or Message.of("no_checks")
            return self._whole([marks.broken(check, undecided) for check in checks])
        modules = self.task.modules
        if any(self.submission.module(module) is None for module in modules):
            gate = gates.missing({stem_of(m) for task in self.grader.assignment.tasks for m in task.modules})
            skipped = marks.skip_all(description.checks, gate)
            file = f"{gates.module}.py" if self.task.files else ""
            return self._whole([gate, *skipped]).model_copy(update={"handed_in": False, "file": file})
        findings = (
            find_forbidden(
                self.submission.seen_from(module), stem_of(module), self.task.wanted, description.forbid
            )
            for module in modules
        )
        finding = next((one for one in findings if one is not None), None)
        if finding is not None:
            gate = gates.found_in_source(finding)
            return self._whole([gates.loads(), gate, *marks.skip_all(description.checks, gate)])
        if not self.budget.left:
            gate = gates.not_reached(self.budget.used_up)
            return self._whole([gate, *marks.skip_all(description.checks, gate)])
        self.grader.progress(self.task.name, "asking the submission")
        public, hidden = self._part(description, hidden=False), self._part(description, hidden=True)
        shown = self.known or _placed(self._asked(public), self.submission)
        if shown.broken is not None:
            return self._whole([marks.broken(check, shown.broken) for check in description.checks])
        opened = gates.of_import(description, shown)
        if any(gate.verdict is Verdict.FAILED for gate in opened):
            return self._whole([*opened, *marks.skip_all(description.checks, opened[-1])], shown.output)
        given, unknown = shown, Responses()
        if hidden.description.checks and not self.known:
            unknown = _placed(self._asked(hidden), self.submission)
            given = _together(shown, unknown)
        accepted = trusted.accepted(self.task, description, solution)
        elsewhere = [] if self.task.key is None else differing(self.task.key.drawn, given.answers)
        verdicts = Verdicts(
            trusted,
            self.grader.candidates,
            self.task,
            self.submission,
            memory,
            description,
            solution,
            given,
            accepted,
            dict.fromkeys(elsewhere, Message.of("other_inputs_here")),
        )
        judged = verdicts.results()
        if unknown.broken is not None:
            faults = {c.name: marks.broken(c, unknown.broken) for c in hidden.description.checks}
            judged = [faults.get(one.check, one) for one in judged]
        after = {check.name: check.after for check in description.checks}
        notes = import_help.notes(
            shown.left_out, self.task.wanted, stem_of(modules[0]), self.submission.files
        )
        stage, judged = with_stage(modules[0], self.task.wanted, self.submission, judged)
        is_searched = self.grader.assignment.candidates > 0 and stage is not Stage.NOT_STARTED
        slow = self._too_slow(description, judged, {False: public, True: hidden}, shown)
        judged = [slow.get(one.check, one) for one in judged]
        supposed = list(verdicts.supposed)
        right_in_time = [one for one in judged if one.check not in slow]
        seen_by_all = [one for one in right_in_time if not one.hidden]
        too_dear = is_searched and repair.is_too_dear(seen_by_all, self.task.lowest_price_of_repair)
        if is_searched and not too_dear and repair.is_wanted(seen_by_all, shown, supposed):
            self.grader.progress(self.task.name, "looking for the smallest repair")
            searched = self._repairs(public.without(elsewhere), accepted, shown).search()
            if searched.found is not None:
                found = searched.found
                if hidden.description.checks:
                    found = self._repairs(hidden, accepted, given).judged(found)
                false = repair.false_names(found, judged)
                judged = [one.model_copy(update=_NO_NAME) if one.mistake in false else one for one in judged]
                supposed = [one for one in supposed if " + ".join(one.mistakes) not in false]
                supposed += repair.suppositions(found, right_in_time, supposed)
            elif searched.given_up:
                notes = (*notes, Message.of("repair_given_up"))
        # Nothing explains that a right answer takes too long.
        supposed = [
            replace(one, shares={name: share for name, share in one.shares.items() if name not in slow})
            for one in supposed
        ]
        explained = follow_through.explanations(self.task, judged, after, supposed)
        whole = self._whole([*opened, *judged], shown.output, notes, explained)
        return whole.model_copy(update={"stage": stage, "repair_too_dear": too_dear})

    def _too_slow(
        self,
        description: Description,
        judged: Sequence[CheckResult],
        parts: Mapping[bool, "_Part"],
        shown: Responses,
    ) -> dict[str, CheckResult]:
        """Return, by check, the results of right answers that take more than their budget."""
        passed = {one.check for one in judged if one.verdict is Verdict.PASSED}
        found = {}
        for check in description.checks:
            if check.budget is None or check.name not in passed or self.known:
                continue
            self.grader.progress(self.task.name, "measuring the processor time")
            question, going_on = parts[bool(check.hidden)].question, bool(shown.left_out)
            message = pace.too_slow(self.grader.sandbox, self.task, check, question, going_on)
            if message is not None:
                found[check.name] = marks.failed(check, message)
        return found

    def _part(self, description: Description, hidden: bool) -> "_Part":
        """Return the hidden checks with their question, or the public ones, whose process has no others."""
        part = description.only(hidden)
        (base, module), *more = [
            (self.submission.base(one).rstrip("/"), stem_of(one)) for one in self.task.modules
        ]
        return _Part(
            part,
            Question(
                self.task.checks,
                module,
                self.files,
                self.grader.seed,
                everything(part),
                record=self.task.key is not None,
                base=base,
                more=tuple(more),
                wanted=self.task.wanted,
                # What hidden checks end is no news for the next task: it would tell of them.
                ended=dict(self.ended) if hidden and self.ended is not None else self.ended,
                beside=self.task.beside if hidden else self.task.shared,
            ),
        )

    def _repairs(self, part: "_Part", accepted: tuple[Responses, ...], given: Responses) -> repair.Repairs:
        grader = self.grader
        return repair.Repairs(
            grader.sandbox,
            self.task.limits,
            grader.trusted,
            grader.with_another_seed,
            self.task,
            self.submission,
            part.description,
            accepted,
            part.question,
            given,
            grader.assignment.candidates,
        )

    def _asked(self, part: "_Part") -> Responses:
        """Return the responses of the submission, and find out whether it brings the sandbox down.

        A question whose sandbox was lost is asked again, with nothing else in the sandbox. If it is lost
        again, but holds for the solution in between, the submission is the cause: otherwise breaking things
        could keep a mark.
        """
        sandbox, limits = self.grader.sandbox, self.task.limits
        question, description = part.question, part.description
        given = conversation.ask(sandbox, limits, question, description, self.budget)
        if given.broken is None or self.task.key is not None:
            return given
        instead = replace(
            of_task(self.task, self.task.solution, question.seed, question.ask), beside=question.beside
        )
        with sandbox.alone():
            if conversation.ask(sandbox, limits, instead, description).broken is not None:
                return given
            given = conversation.ask(sandbox, limits, question, description, self.budget)
        if given.broken is not None:
            stop = Stop("", 0, Message.of("sandbox_brought_down"))
            given = replace(given, broken=None, stops={"": stop})
        return given

    def _whole(
        self,
        checks: Sequence[CheckResult],
        output: str = "",
        notes: Sequence[Message] = (),
        explained: tuple[Explanation, ...] = (),
    ) -> TaskResult:
        notes_of = (self.submission.notes.get(f"{module}.ipynb") for module in self.task.modules)
        notebook = next((note for note in notes_of if note is not None), None)
        return TaskResult(
            task=self.task.name,
            file=self.task.files[0] if self.task.files else "",
            title=self.task.title,
            score=follow_through.score(checks, explained),
            points=self.task.counted,
            explanations=explained,
            tell=self.task.tell,
            notes=(*([] if notebook is None else [Message.of("sentence", text=notebook)]), *notes),
            checks=tuple(checks),
            equations=_of_wrong_values(self.task.equations, checks),
            output=output[:_OUTPUT_SHOWN],
        )


@dataclass(frozen=True)
class _Part:
    """Checks that are asked in one process, and their question to the submission."""

    description: Description
    question: Question

    def without(self, names: Sequence[str]) -> "_Part":
        """Return the same question, and a description without some of the checks."""
        checks = tuple(check for check in self.description.checks if check.name not in names)
        return replace(self, description=self.description.model_copy(update={"checks": checks}))


def _together(shown: Responses, unknown: Responses) -> Responses:
    """Return the responses to all checks; what else is known of the hidden ones' process is withheld."""
    return replace(
        shown, answers={**shown.answers, **unknown.answers}, stops={**unknown.stops, **shown.stops}
    )


def _of_wrong_values(equations: Mapping[str, str], checks: Sequence[CheckResult]) -> dict[str, str]:
    """Return the equations of the values that are wrong in a failing case."""
    compared = [one for check in checks if check.evidence for one in check.evidence.comparisons]
    wrong = {defined_name(one.name) for one in compared if not one.agrees}
    return {name: equation for name, equation in equations.items() if name in wrong}


def _with_data(files: Mapping[str, bytes], data: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a submission with the data of the assignment, which win where both cannot lie."""
    folders = {folder for path in data for folder in folders_above(path)}
    kept = {path: held for path, held in files.items() if path not in folders}
    return {path: held for path, held in kept.items() if not folders_above(path) & data.keys()} | dict(data)


def _placed(given: Responses, submission: Submission) -> Responses:
    """Return responses with lines as their author knows them: in a notebook, by cell."""

    def frame(one: Frame) -> Frame:
        file, line = submission.place(one.file, one.line)
        return Frame(file, line, one.function)

    def raised(one: Raised | None) -> Raised | None:
        return one and replace(one, frames=tuple(map(frame, one.frames)))

    def statement(one: Failed) -> Failed:
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
        left_out=tuple(replace(one, statement=statement(one.statement)) for one in given.left_out),
    )


def _of_kit(assignment: Assignment, tasks: Sequence[TaskSource]) -> Iterator[Message]:
    """Yield what a report that was made with a kit says of itself."""
    if assignment.is_kit:
        yield Message.of("provisional")
    headers = [task.key.header for task in tasks if task.key is not None]
    count = sum(header.hidden for header in headers)
    if count:
        worth = marks.total(header.hidden_points for header in headers)
        yield Message.of("hidden_elsewhere", count=count, points=worth)


def our_fault(description: Description | None, solution: Responses) -> Message | None:
    """Return why no submission can be judged by a solution's answers, None if it can."""
    if solution.broken is not None:
        return solution.broken
    if solution.stops or description is None:
        return Message.of("solution_did_not_answer", reason=stopped(solution))
    return None
