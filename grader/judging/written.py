"""Results of questions in words: an answer waits for a person, and one that is not there is said to be."""

from grader.assignment.questions import QuestionSource, WrittenTask
from grader.judging.marks import total
from grader.judging.suggesting import suggest
from grader.results.message import Message
from grader.results.report import CheckResult, TaskResult, Verdict, WrittenAnswer
from grader.submission.loader import Submission
from grader.submission.written import Placed, Written, is_blank, place


def result(task: WrittenTask, submission: Submission) -> TaskResult:
    """Return the result of a task in words: each question is pending, or failed if it has no answer."""
    found = submission.written.get(task.file)
    numbers = [question.number for question in task.questions]
    statements = {question.number: question.statement for question in task.questions}
    placed = Placed({}) if found is None else place(found.text, numbers, statements)
    checks = [_question(one, task, found, placed) for one in task.questions]
    return TaskResult(
        task=task.name,
        title=task.title,
        score=total(check.score for check in checks),
        points=task.counted,
        file=task.file,
        handed_in=found is not None,
        notes=() if found is None or found.note is None else (Message.of("sentence", text=found.note),),
        checks=tuple(checks),
    )


def _question(
    question: QuestionSource, task: WrittenTask, found: Written | None, placed: Placed
) -> CheckResult:
    number = question.number
    if found is None:
        return _check(question, Verdict.FAILED, Message.of("written_file_missing", file=task.file))
    if found.problem is not None:
        unread = Message.of("written_unreadable", file=found.path, what=found.problem)
        return _check(question, Verdict.PENDING, unread)
    text = placed.answers.get(number, "")
    if not is_blank(text):
        answer = WrittenAnswer(file=found.path, text=text)
        return _automatic(question, answer) or _check(
            question, Verdict.PENDING, Message.of("waits_for_a_person"), answer
        )
    if number not in placed.answers and placed.rest:
        rest = WrittenAnswer(file=found.path, text=placed.rest, placed=False)
        without = Message.of("written_without_heading", file=found.path, number=number)
        return _check(question, Verdict.PENDING, without, rest)
    missing = Message.of("written_not_answered", file=found.path, number=number)
    return _check(question, Verdict.FAILED, missing)


def _automatic(question: QuestionSource, answer: WrittenAnswer) -> CheckResult | None:
    """Return what the machine decides by itself, None if its author leaves the question to a person.

    So does an answer that a person should look at first.
    """
    if not question.automatic:
        return None
    made = suggest(question.record, answer.text)
    if made.points is None or made.flags:
        return None
    verdict = Verdict.PASSED if made.points >= question.points else Verdict.FAILED
    seen = tuple(item.title for item in question.items if item.name in made.seen)
    said = Message.of("decided_by_machine", titles=seen) if seen else Message.of("nothing_seen_by_machine")
    return _check(question, verdict, said, answer).model_copy(update={"score": made.points})


def marked_again(question: QuestionSource, check: CheckResult) -> CheckResult:
    """Return a result with the points that the question and its items have now."""
    again = None
    if check.answer is not None and check.verdict is not Verdict.PENDING:
        again = _automatic(question, check.answer)
    return again or check.model_copy(update={"points": question.points})


def _check(
    question: QuestionSource, verdict: Verdict, message: Message, answer: WrittenAnswer | None = None
) -> CheckResult:
    return CheckResult(
        check=question.number,
        title=f"{question.number} {question.title}",
        verdict=verdict,
        score=0,
        points=question.points,
        message=message,
        answer=answer,
    )
