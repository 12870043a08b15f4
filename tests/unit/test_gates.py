"""Before any check counts, a module has to be there, to be imported, and to be written out."""

from dataclasses import replace

import pytest
from arithmetic import DESCRIPTION, task

from grader.asking.questions import Responses, Stop
from grader.judging.gates import Gates
from grader.report.messages import text
from grader.results.message import Message
from grader.results.report import CheckResult
from grader.submission.forbidden_scan import ForbiddenUse, Unscannable
from grader.submission.loader import Submission
from grader.wire import Answer, Frame, Raised

CHECKS = "def step(impl, case):\n    return {'h': impl.Cell(1)}\n"
SOURCE = b"import torch\nclass Cell(torch.nn.LSTM): pass\n"
REASON = Message.of("no_answer", seconds=10)
FORBIDDING = DESCRIPTION.model_copy(update={"forbid": ("torch.nn.LSTM",)})


def gates(**files: bytes) -> Gates:
    named = {f"{name}.py": data for name, data in files.items()}
    return Gates(replace(task(), checks=CHECKS), Submission("anna", named, {}), 1 << 30)


def said(result: CheckResult) -> str:
    return text(result.message)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "sums.py"),
        ({"summs": b"x = 1\n"}, "summs.py"),
        ({"means": b"x = 1\n"}, "sums.py"),
        ({"homework": SOURCE}, "Cell"),
    ],
)
def test_a_missing_file_is_told_with_what_may_be_it(files: dict[str, bytes], words: str) -> None:
    made = gates(**files)
    made.submission.files["notes.txt"] = b"class Cell: pass"
    found = made.missing({"sums", "means"})

    assert (found.check, found.verdict.value, words in said(found)) == ("loads", "failed", True)


def test_what_is_noted_of_a_file_says_why_it_is_missing() -> None:
    made = gates()
    made.submission.notes["sums.py"] = REASON

    assert said(made.missing(set())) == "No answer within 10 s."


def test_time_that_is_used_up_is_told() -> None:
    assert text(REASON) in said(gates(sums=SOURCE).not_reached(REASON))


@pytest.mark.parametrize(
    ("finding", "words", "lines"),
    [
        (ForbiddenUse("sums.py", 2, "torch.nn.LSTM", "a subclass"), ["torch.nn.LSTM", "line 2"], 1),
        (Unscannable("sums.py", "it is nested too deep"), ["sums.py", "it is nested too deep"], 0),
    ],
)
def test_a_use_in_the_source_is_shown_and_one_that_cannot_be_searched_is_named(
    finding: ForbiddenUse | Unscannable, words: list[str], lines: int
) -> None:
    found = gates(sums=SOURCE).found_in_source(finding)

    assert [word in said(found) for word in words] == [True] * len(words)
    assert len(found.evidence.source if found.evidence else ()) == lines


def test_a_file_beside_the_module_is_named_by_its_path_in_the_submission() -> None:
    made = Gates(
        replace(task(), checks=CHECKS),
        Submission("anna", {"hw/sums.py": SOURCE}, {}, bases={"sums": "hw/"}),
        1 << 30,
    )

    assert "hw/sums.py" in said(made.found_in_source(Unscannable("sums.py", "it is nested too deep")))


def verdicts(results: list[CheckResult]) -> list[tuple[str, str]]:
    return [(one.check, one.verdict.value) for one in results]


def test_an_import_that_ends_or_raises_fails_with_its_reason() -> None:
    made = gates(sums=SOURCE)
    stopped = made.of_import(FORBIDDING, Responses(stops={"": Stop("", 0, REASON)}))
    raised = Raised(("ZeroDivisionError",), "division by zero", (Frame("sums.py", 1, "<module>"),))
    helped = Raised(("ModuleNotFoundError", "ImportError"), "No module named 'utils'", raised.frames)
    failed = [made.of_import(FORBIDDING, Responses(not_loaded=one)) for one in (raised, helped)]

    assert [verdicts(found) for found in (stopped, *failed)] == [[("loads", "failed")]] * 3
    assert text(REASON) in said(stopped[0])
    assert ["division by zero" in said(failed[0][0]), "utils" in said(failed[1][0])] == [True, True]


@pytest.mark.parametrize(
    ("raised", "written_out", "words"),
    [
        (None, "passed", ""),
        (Raised(("ValueError",), "no"), "passed", ""),
        (Raised(("ForbiddenLayer",), "`torch.lstm` is refused"), "failed", "`torch.lstm` is refused"),
        (Raised(("ForbiddenLayer",), "refused", (Frame("sums.py", 2, "f"),)), "failed", "sums.py, line 2"),
    ],
)
def test_a_forbidden_layer_that_is_called_fails_although_the_source_hides_it(
    raised: Raised | None, written_out: str, words: str
) -> None:
    answers = {"other": {}, "step": {0: Answer("step", 0, {}), 1: Answer("step", 1, raised=raised)}}
    found = gates(sums=SOURCE).of_import(FORBIDDING, Responses(answers=answers))

    assert verdicts(found) == [("loads", "passed"), ("written_out", written_out)]
    assert not words or words in said(found[1])


def test_without_anything_forbidden_there_is_no_second_gate() -> None:
    assert verdicts(gates(sums=SOURCE).of_import(DESCRIPTION, Responses())) == [("loads", "passed")]
