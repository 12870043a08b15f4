"""Nothing is gained by follow-through except by a program that is right apart from a slip."""

from collections.abc import Callable

import pytest
from attack import honest
from conftest import GraderFor

from grader.results.report import TaskResult
from grader.submission.loader import Submission

CELL = honest("lstm_cell").decode()
Marked = Callable[[str], TaskResult]


@pytest.fixture(scope="module")
def marked(grader_for: GraderFor) -> Marked:
    grader = grader_for("lstm_cell")

    def marked(source: str) -> TaskResult:
        (task,) = grader.grade(Submission("a hedge", {"lstm_cell.py": source.encode()}, {})).tasks
        return task

    return marked


RESULT = "o.sigmoid() * c.tanh(), c"
ZEROS = "state or (x.new_zeros(len(x), self.width), x.new_zeros(len(x), self.width))"


def changed(*changes: tuple[str, str]) -> str:
    """Return the honest cell with other texts in some places."""
    source = CELL
    for old, new in changes:
        assert source.count(old) == 1
        source = source.replace(old, new)
    return source


def returning(expression: str) -> str:
    """Return the honest cell with another result."""
    return changed((RESULT, expression))


NOTHING = {
    "zeros of the right shapes": returning("torch.zeros_like(h), torch.zeros_like(c)"),
    "zeros with a gradient": returning("0 * h, 0 * c"),
    "a constant": returning("torch.full_like(h, 0.5), torch.full_like(c, 0.5)"),
    "its argument": returning("state if state else (h, h)"),
    "nothing": returning("None"),
    "garbage, one of the two": returning("torch.zeros_like(h)"),
    "garbage, exchanged": returning("torch.ones_like(c), torch.zeros_like(h)"),
    "garbage in float64": returning("torch.zeros_like(h).double(), torch.ones_like(c).double()"),
    "garbage in place": returning("(h.zero_(), c.zero_())"),
    "an exception": returning("x.no_such_method()"),
    "an exception of a known mistake": returning("next(iter([(h,)]))"),
}


@pytest.mark.parametrize("source", NOTHING.values(), ids=list(NOTHING))
def test_a_program_without_a_right_value_gains_nothing(marked: Marked, source: str) -> None:
    task = marked(source)

    assert (task.explanation, task.score) == (None, task.plain_score)
    assert task.score <= 2


def test_a_known_mistake_that_was_copied_pays_its_price(marked: Marked) -> None:
    task = marked(changed(("g.tanh()", "g.sigmoid()")))
    (explanation,) = task.explanations

    assert task.score == task.points - explanation.price


def test_two_known_mistakes_pay_both_prices(marked: Marked) -> None:
    task = marked(changed(("g.tanh()", "g.sigmoid()"), ("c.tanh(), c", "c, c")))
    first = task.explanations[0]

    assert (len(first.mistakes), len(first.prices)) == (2, 2)
    assert task.score == task.points - sum(first.prices)


def test_a_slip_beside_garbage_gives_back_what_is_right_given_the_slip_alone(marked: Marked) -> None:
    # Without a state it makes zeros of the wrong dtype, as a known mistake does; the rest is garbage.
    zeros = "state or (torch.zeros(len(x), self.width), torch.zeros(len(x), self.width))"
    garbage = changed((ZEROS, zeros), (RESULT, "torch.sin(h), torch.cos(c)"))
    task = marked(garbage)

    assert task.score == task.plain_score


def test_a_task_never_gets_less_than_its_checks(marked: Marked) -> None:
    detached = "[one.detach() for one in state] if state else " + ZEROS.removeprefix("state or ")
    task = marked(changed((ZEROS, detached)))

    assert task.explanations
    assert task.score >= task.plain_score > 0
