"""Says which slip explains the failures of a task, and what follows from it for the points."""

from grader.report.messages import text
from grader.results.explanation import Explanation, Repair, Tell
from grader.results.message import Message
from grader.results.report import CheckResult, TaskResult, Verdict, is_picture

_MOST_TITLES = 3
"""Checks that one sentence lists."""

KINDS = {
    "activation": Message.of("edit_activation"),
    "call": Message.of("edit_call"),
    "clamped": Message.of("edit_clamped"),
    "comparison": Message.of("edit_comparison"),
    "conversion": Message.of("edit_conversion"),
    "copy": Message.of("edit_copy"),
    "detach": Message.of("edit_detach"),
    "dim": Message.of("edit_dim"),
    "factor": Message.of("edit_factor"),
    "function": Message.of("edit_function"),
    "in_place": Message.of("edit_in_place"),
    "index": Message.of("edit_index"),
    "none_test": Message.of("edit_none_test"),
    "number": Message.of("edit_number"),
    "one_minus": Message.of("edit_one_minus"),
    "operator": Message.of("edit_operator"),
    "order": Message.of("edit_order"),
    "reversed": Message.of("edit_reversed"),
    "sign": Message.of("edit_sign"),
    "statement": Message.of("edit_statement"),
    "term": Message.of("edit_term"),
    "transpose": Message.of("edit_transpose"),
    "variable": Message.of("edit_variable"),
}
"""By kind of a repair: what it changes. The kinds are those of the table of edits."""


def slips(explanation: Explanation, tell: Tell) -> tuple[Message, ...]:
    """Return what each slip is called: the titles of known mistakes, then the repairs; nothing twice."""
    titles = [Message.of("authors_words", text=title.rstrip(".")) for title in explanation.titles]
    said = [*titles, *(_repair(repair, tell) for repair in repairs_of(explanation))]
    return tuple(one for number, one in enumerate(said) if one not in said[:number])


def kind_in_words(repair: Repair) -> str:
    """Return what a repair changes: `an activation`."""
    return text(KINDS.get(repair.kind)) or repair.kind


def repairs_of(explanation: Explanation) -> tuple[Repair, ...]:
    """Return the repairs of an explanation: none, one or two."""
    return () if explanation.repair is None else (explanation.repair, *explanation.also)


def _repair(repair: Repair, tell: Tell) -> Message:
    """Return what is told of a repair. Without a line there is little to say: other changes do it, too."""
    if not repair.told:
        return Message.of("repair_somewhere")
    file, line, what = repair.file, repair.line, KINDS.get(repair.kind)
    if tell == "line" or what is None:
        return Message.of("repair_at", file=file, line=line)
    if tell == "kind":
        return Message.of("repair_kind", file=file, line=line, what=what)
    before, after = repair.before, repair.after
    return Message.of("repair_change", file=file, line=line, what=what, before=before, after=after)


def repair_found(task: TaskResult) -> Message | None:
    """Return which repair was found, if `follow_through` does not say it already and a line is known."""
    told = None if task.explanation is None else task.explanation.repair
    found = next((one for one in task.explanations if one.repair is not None and one.counts), None)
    if found is None or told is not None:
        return None
    return Message.of("repair_found", slips=slips(found, task.tell))


def follow_through(task: TaskResult) -> Message | None:
    """Return what the slip of a task costs and what it gives back, None if the checks are just added up."""
    explanation, said = task.explanation, price(task)
    if explanation is None or said is None:
        return None
    return Message.of("follow_through", slips=slips(explanation, task.tell), price=said)


def price(task: TaskResult) -> Message | None:
    """Return the same without what the slip is, for a place that has said it."""
    explanation = task.explanation
    if explanation is None:
        return None
    return Message.of(
        "price",
        price=explanation.price,
        points=task.points or task.most,
        mark=explanation.mark,
        plain=task.plain_score,
    )


def looks_like(check: CheckResult) -> Message | None:
    """Return which known mistake has the same answers; None without one."""
    return Message.of("looks_like", title=check.mistake_name.rstrip(".")) if check.mistake else None


def not_explained(task: TaskResult, check: CheckResult) -> Message | None:
    """Return which failed checks the mistake that `check` shows does not explain; None if there are none.

    What is said of a public check says nothing of hidden ones, which may be shown later.
    """
    if not check.mistake:
        return None
    names = set(check.mistake.split(" + "))
    explained = {
        name for one in task.explanations if names <= set(one.mistakes) for name in one.right_given
    } | {other.check for other in task.checks if names <= set(other.mistake.split(" + "))}
    others = [
        other.title.rstrip(".")
        for other in task.checks
        if other.verdict is Verdict.FAILED
        and other.check not in explained
        and not is_picture(other)
        and (check.hidden or not other.hidden)
    ]
    if not others:
        return None
    return Message.of(
        "does_not_explain", titles=tuple(others[:_MOST_TITLES]), more=len(others[_MOST_TITLES:])
    )
