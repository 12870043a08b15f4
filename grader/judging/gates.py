"""The grader's own checks, worth no points: that a module can be imported, and writes its layers out."""

from dataclasses import dataclass

from grader.asking.questions import Description, Responses
from grader.assignment.loader import TaskSource
from grader.judging import evidence, import_help
from grader.judging.exceptions import raised_message
from grader.judging.marks import failed_gate, passed_gate
from grader.results.message import Message
from grader.results.report import LOADS, WRITTEN_OUT, CheckResult, Evidence, Verdict
from grader.submission.forbidden_scan import ForbiddenUse, Unscannable
from grader.submission.layout import stem_of
from grader.submission.loader import Submission
from grader.submission.unfinished import defined
from grader.suggestions import nearest
from grader.wire import Frame, Raised

_WRITTEN_OUT_TITLE = Message.of("title_written_out")


@dataclass(frozen=True)
class Gates:
    """The checks of the grader's own for one task of one submission."""

    task: TaskSource
    submission: Submission
    memory: int
    """The limit of memory in bytes."""

    @property
    def module(self) -> str:
        """The module that is missing, or else the first one that the task asks for."""
        missing = (name for name in self.task.modules if self.submission.module(name) is None)
        return next(missing, self.task.modules[0])

    @property
    def _loads_title(self) -> Message:
        return Message.of("title_loads", file=f"{self.module}.py")

    def loads(self) -> CheckResult:
        """Return that the module can be imported."""
        return passed_gate(LOADS, self._loads_title)

    def missing(self, tasks: set[str]) -> CheckResult:
        """Return that there is no module; `tasks` are the names of all tasks."""
        file = f"{self.module}.py"
        note = self.submission.notes.get(file)
        if note is not None:
            return failed_gate(LOADS, self._loads_title, Message.of("sentence", text=note))
        paths = [path for path in self.submission.files if path.endswith(".py")]
        stems = {path.rsplit("/", 1)[-1].removesuffix(".py"): path for path in paths}
        near = nearest(stem_of(self.module), list(stems))
        elsewhere = self._defined_elsewhere()
        if elsewhere is not None:
            message = Message.of("file_missing_defined", file=file, path=elsewhere[0], name=elsewhere[1])
        elif near is not None and near not in tasks:
            message = Message.of("file_missing_similar", file=file, similar=stems[near])
        else:
            message = Message.of("file_missing", file=file)
        return failed_gate(LOADS, self._loads_title, message)

    def _defined_elsewhere(self) -> tuple[str, str] | None:
        """Return which file defines a name that this task asks for, and the name."""
        for path, data in self.submission.files.items():
            if path.endswith(".py"):
                for name in defined(data, self.task.wanted):
                    return path, name
        return None

    def not_reached(self, reason: Message) -> CheckResult:
        """Return that no time was left to import the module."""
        message = Message.of("sentence", text=Message.of("not_reached", reason=reason))
        return failed_gate(LOADS, self._loads_title, message)

    def found_in_source(self, finding: ForbiddenUse | Unscannable) -> CheckResult:
        """Return that the source uses a forbidden layer, or cannot be searched for one."""
        if isinstance(finding, Unscannable):
            file = self._as_handed_in(finding.file)
            file = self.submission.notebooks.get(file, file)
            message = Message.of("source_not_searched", file=file, reason=finding.why)
            return failed_gate(WRITTEN_OUT, _WRITTEN_OUT_TITLE, message)
        file, line = self.submission.place(self._as_handed_in(finding.file), finding.line)
        message = Message.of("layer_used", layer=finding.layer, how=finding.what, file=file, line=line)
        place = evidence.excerpt(Frame(file, line, ""), self.submission)
        return failed_gate(WRITTEN_OUT, _WRITTEN_OUT_TITLE, message, Evidence(source=(place,)))

    def of_import(self, description: Description, given: Responses) -> list[CheckResult]:
        """Return what the import of the module, and its answers, say about these checks."""
        loads = self._imported(given)
        if loads.verdict is Verdict.FAILED or not description.forbid:
            return [loads]
        for answers in given.answers.values():
            for answer in answers.values():
                if answer.raised is not None and answer.raised.kinds[0] == "ForbiddenLayer":
                    return [loads, self._called(answer.raised)]
        return [loads, passed_gate(WRITTEN_OUT, _WRITTEN_OUT_TITLE)]

    def _imported(self, given: Responses) -> CheckResult:
        if "" in given.stops:
            message = Message.of("stopped_at_import", reason=given.stops[""].reason)
            return failed_gate(LOADS, self._loads_title, message)
        error = given.not_loaded
        if error is None:
            return self.loads()
        message = Message.of("import_raised", error=raised_message(error, self.memory))
        advice = import_help.of_import(error, stem_of(self.module), self.submission)
        if advice is not None:
            message = Message.of("with_advice", message=message, advice=advice)
        seen = Evidence(raised=evidence.raised(error, self.submission))
        return failed_gate(LOADS, self._loads_title, message, seen)

    def _called(self, error: Raised) -> CheckResult:
        message = Message.of("layer_refused", text=error.message)
        if error.frames:
            last = error.frames[-1]
            message = Message.of("layer_refused_at", text=error.message, file=last.file, line=last.line)
        seen = Evidence(raised=evidence.raised(error, self.submission))
        return failed_gate(WRITTEN_OUT, _WRITTEN_OUT_TITLE, message, seen)

    def _as_handed_in(self, file: str) -> str:
        """Return the path in the submission of a file that the module sees by another path."""
        base = self.submission.base(self.module)
        return base + file if base + file in self.submission.files else file
