"""The pages show no names, answers that are alike together, and no suggestion for a text without headings."""

import pytest
from graded_classes import QUESTIONS, graded_report

from grader.judging.suggesting import suggest
from grader.results.decisions import Decision
from grader.results.report import Report
from grader.results.rubric import RubricItem
from grader.review.answers import Class, QuestionView, id_of, suggested
from grader.review.code import code_tasks


def shown(*reports: Report, decisions: tuple[Decision, ...] = ()) -> QuestionView:
    found = Class.of(QUESTIONS, reports, decisions)
    question = found.questions[0]
    return found.view(question, suggested(question, found.texts(question), suggest), {})


def without_headings(name: str, said: str) -> Report:
    whole = graded_report(name, said)
    code, answers = whole.tasks
    first, *others = answers.checks
    assert first.answer is not None
    loose = first.model_copy(update={"answer": first.answer.model_copy(update={"placed": False})})
    return whole.model_copy(update={"tasks": (code, answers.model_copy(update={"checks": (loose, *others)}))})


def test_answers_that_are_alike_follow_each_other_the_largest_group_first() -> None:
    view = shown(
        graded_report("ana", "Perhaps it grows a little."),
        graded_report("bob", "No, the weights are shared."),
        graded_report("cyd", "No, the weights are shared!"),
    )
    assert [(one.label, one.group, one.id) for one in view.answers] == [
        ("Answer 1", 0, id_of("bob")),
        ("Answer 2", 0, id_of("cyd")),
        ("Answer 3", 1, id_of("ana")),
    ]


def test_a_task_of_code_is_shown_whatever_its_file_is_called() -> None:
    whole = graded_report("ana")
    code, answers = whole.tasks
    named = whole.model_copy(update={"tasks": (code.model_copy(update={"file": "rnn.py"}), answers)})
    assert code_tasks([named]) == (("cell", "An LSTM cell", 1),)


def test_no_name_is_shown() -> None:
    view = shown(graded_report("ana-maria-1234", "No."))
    assert "ana-maria-1234" not in view.model_dump_json()


def test_a_text_without_headings_gets_marks_and_no_suggestion() -> None:
    (one,) = shown(without_headings("ana", "No, the weights are shared.")).answers
    assert (one.suggested, one.seen, len(one.marks)) == (None, (), 2)


def test_what_was_decided_is_shown_with_its_score() -> None:
    made = Decision(
        id="1", when="", by="Tina", kind="items", submission="ana", task="answers", check="1.1.2",
        items=("stays",), points=0.25, text="Why?",
    )  # fmt: skip
    view = shown(graded_report("ana"), decisions=(made,))
    (one,) = view.answers
    assert one.made is not None
    assert (one.made.score, one.made.by, view.comments) == (1.25, "Tina", ("Why?",))


def test_progress_counts_what_waits_and_what_is_decided() -> None:
    made = Decision(id="1", when="", by="T", kind="items", submission="ana", task="answers", check="1.1.2")
    found = Class.of(QUESTIONS, (graded_report("ana"), graded_report("bob")), (made,))
    assert [(one.check, one.answers, one.decided) for one in found.progress()] == [
        ("1.1.2", 2, 1),
        ("2.1.1", 2, 0),
    ]


def about_ana(number: int, **fields: object) -> Decision:
    known = {"id": str(number), "when": "", "by": "T", "kind": "items", "submission": "ana"}
    return Decision.model_validate({**known, "task": "answers", "check": "1.1.2", **fields})


def new_item(number: int, name: str, points: float = 1) -> Decision:
    item = RubricItem(name=name, title=f"Says {name}", points=points)
    return about_ana(number, kind="rubric", submission="", item=item)


def flagged(*decisions: Decision) -> tuple[bool, tuple[str, ...], int]:
    """Return whether ana's answer is to be looked at again, for which items, and how many there are."""
    (one,) = shown(graded_report("ana"), decisions=decisions).answers
    assert one.made is not None
    progress = Class.of(QUESTIONS, (graded_report("ana"),), decisions).progress()[0]
    return one.made.look_again, one.made.new_items, progress.look_again


def test_a_new_item_flags_the_answers_that_were_decided_before() -> None:
    first, added = about_ana(1, items=("stays",)), new_item(2, "recurrence")
    again = about_ana(3, items=("stays",))
    points = about_ana(1, kind="points", points=1.0)
    assert flagged(first) == (False, (), 0)
    assert flagged(first, added) == (True, ("Says recurrence",), 1)
    assert flagged(first, added, again) == (False, (), 0)
    assert flagged(points, added) == (False, (), 0)
    assert flagged(first, added, about_ana(4, kind="undo", undoes="2")) == (False, (), 0)


def test_another_price_of_an_item_that_was_there_flags_nothing() -> None:
    assert flagged(about_ana(1, items=("stays",)), new_item(2, "shared", 2)) == (False, (), 0)


@pytest.mark.parametrize(
    ("name", "points", "effect"),
    [
        ("stays", 1, (2, 0, 0)),
        ("stays", 0.5, (2, 2, -1)),
        ("stays", 4, (2, 1, 1.5)),
        ("shared", 0, (1, 1, -1.5)),
        ("mixes", 5, (0, 0, 0)),
        ("new", 1, (0, 0, 0)),
    ],
)
def test_the_effect_of_a_price_counts_within_the_points_of_a_question(
    name: str, points: float, effect: tuple[int, int, float]
) -> None:
    made = (
        about_ana(1, items=("stays",)),
        about_ana(2, items=("stays", "shared"), submission="bob"),
        about_ana(3, items=("stays",), submission="gone"),
    )
    found = Class.of(QUESTIONS, (graded_report("ana"), graded_report("bob")), made)
    item = RubricItem(name=name, title="x", points=points)
    told = found.effect(found.questions[0], item)
    assert (told.holds, told.changed, told.change) == effect
