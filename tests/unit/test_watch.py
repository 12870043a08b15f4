"""`--watch` grades what a saved file concerns; tests/box/test_kit.py watches with a real sandbox."""

from dataclasses import replace
from pathlib import Path

import pytest
from arithmetic import SOLUTION, Arithmetic, task

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import Assignment
from grader.assignment.questions import QuestionSource, WrittenTask
from grader.cli.watch import Watch, look
from grader.judging.grading import Grader
from grader.results.report import TaskResult, Verdict
from grader.sandbox.contract import Limits
from grader.submission.loader import read_submission

ANSWERS = "# 1.1\n\nBecause a sum is linear.\n"
QUESTIONS = tuple(
    QuestionSource("words", number, f"Question {number}", 1, "Why?", "Because.", ())
    for number in ("1.1", "1.2")
)
WORDS = WrittenTask("words", "In words", "words.md", 2, QUESTIONS)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """A watch that has graded a wrong `layers.py` and one answer of two."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "layers.py").write_text(SOLUTION.replace("b = 2", "b = 4"))
    (folder / "words.md").write_text(ANSWERS)
    sums = replace(task(), checks="def step(impl, case):\n    return impl.a\n", files=("layers.py",))
    assignment = Assignment(tmp_path, "Sums", 1, Limits(), (sums,), candidates=0, written=(WORDS,))
    cache = AnswerCache(tmp_path / "cache")
    grader = Grader(assignment, (sums,), 1, Arithmetic(), cache, workers=1, written=(WORDS,))
    files = read_submission(folder, ("layers",), written=("words.md",))
    return Watch(grader, folder, tmp_path / "report", False, look(folder), files, grader.grade(files))


def verdicts(watch: Watch, name: str) -> list[Verdict]:
    found: dict[str, TaskResult] = {task.task: task for task in watch.report.tasks}
    return [check.verdict for check in found[name].checks]


def test_a_save_of_a_file_with_a_name_of_its_own_is_graded(watch: Watch) -> None:
    before = verdicts(watch, "sums")
    (watch.folder / "layers.py").write_text(SOLUTION)
    watch.read_and_grade()

    assert (Verdict.FAILED in before, {*verdicts(watch, "sums")}) == (True, {Verdict.PASSED})


def test_answers_in_words_stay_handed_in_after_a_save_of_a_program(watch: Watch) -> None:
    before = verdicts(watch, "words")
    (watch.folder / "layers.py").write_text(SOLUTION)
    watch.read_and_grade()

    assert before == verdicts(watch, "words") == [Verdict.PENDING, Verdict.FAILED]


def test_a_save_of_an_answer_in_words_is_noticed(watch: Watch) -> None:
    (watch.folder / "words.md").write_text(f"{ANSWERS}\n# 1.2\n\nBecause it is so.\n")
    watch.read_and_grade()

    assert verdicts(watch, "words") == [Verdict.PENDING] * 2


def test_only_programs_are_said_to_pass_checks(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    (watch.folder / "layers.py").write_text(SOLUTION)
    watch.read_and_grade()
    said = capsys.readouterr().out

    assert ("sums: 3 of 3 checks passed" in said, "words: 0 of" in said) == (True, False)
