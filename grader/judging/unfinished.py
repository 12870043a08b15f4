"""Says of a task that it is not started, or not finished, where the failures come from work not yet done.

It changes what is said of failed checks, and never a mark.
"""

from collections.abc import Sequence

from grader.results.message import Message
from grader.results.report import CheckResult, Stage, Verdict
from grader.submission.loader import Submission
from grader.submission.unfinished import Stub, stubs

_NOTHING_MORE = {"hint": "", "diagnosis": None, "mistake": "", "mistake_title": ""}
"""What else a failed check says: riddles, where nothing is written yet."""
_RAISES = "NotImplementedError"


def with_stage(
    task: str, wanted: Sequence[str], submission: Submission, results: Sequence[CheckResult]
) -> tuple[Stage, list[CheckResult]]:
    """Return how far a task is, and its results with failures told as unfinished work where they are that."""
    path = submission.module(task)
    failed = [one for one in results if one.verdict is Verdict.FAILED]
    if path is None or not failed:
        return Stage.WRITTEN, list(results)
    found = stubs(submission.files[path], wanted)
    told = [_told(one, path, found, len(wanted), submission) for one in results]
    replaced = [
        result if message is None else result.model_copy(update={"message": message} | _NOTHING_MORE)
        for result, message in zip(results, told, strict=True)
    ]
    if sum(message is not None for message in told) < len(failed):
        return Stage.WRITTEN, replaced  # something else is wrong as well
    is_begun = not wanted or len(found) < len(wanted) or any(stub.is_begun for stub in found)
    return Stage.NOT_FINISHED if is_begun else Stage.NOT_STARTED, replaced


def _told(
    result: CheckResult, path: str, found: Sequence[Stub], wanted: int, submission: Submission
) -> Message | None:
    """Return which part of the program is not written yet, None if a check fails for another reason."""
    if result.verdict is not Verdict.FAILED:
        return None
    if (found and len(found) == wanted) or (len(found) == 1 and _has_nothing(result)):
        file, line = submission.place(path, found[0].line)
        return Message.of("not_written", name=found[0].name, file=file, line=line)
    raised = None if result.evidence is None else result.evidence.raised
    if raised is None or raised.type != _RAISES or not raised.excerpts:
        return None
    last = raised.excerpts[-1]
    for one in last.lines:
        if one.marked and _RAISES in one.text:
            return Message.of("not_written_here", file=last.file, line=one.number)
    return None


def _has_nothing(result: CheckResult) -> bool:
    """Whether a check got None, or nothing but the exception that stands for unwritten code."""
    seen = result.evidence
    if seen is None:
        return False
    if seen.raised is not None:
        return seen.raised.type == _RAISES or "NoneType" in seen.raised.message
    wrong = [one.actual for one in seen.comparisons if not one.agrees]
    return bool(wrong) and all(one is not None and one.text.startswith("None") for one in wrong)
