"""Withholds what students are not told of hidden checks: before a report is made, so that no format can tell.

The title is withheld with the description already, because messages about other checks quote it. The name of
a check whose title is withheld, `hidden 1`, is none that a check can have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.asking.questions import CheckInfo, Description, Responses
from grader.report.messages import text
from grader.results.explanation import Explanation
from grader.results.message import Message
from grader.results.report import CheckResult, TaskResult, Verdict


def with_titles(description: Description) -> Description:
    """Return what `checks.py` declares, with a number for each title that is withheld."""
    hidden = [check.name for check in description.checks if check.hidden]
    titles = {name: text(Message.of("title_hidden", number=n)) for n, name in enumerate(hidden, 1)}
    checks = tuple(
        check.model_copy(update={"title": titles[check.name]}) if check.hidden == "nothing" else check
        for check in description.checks
    )
    return description.model_copy(update={"checks": checks})


def stops(solution: Responses, description: Description) -> Responses:
    """Return a solution's responses with stops that call each check what students know it by."""
    names = told_names(description.checks)
    found = (replace(stop, check=names.get(stop.check, stop.check)) for stop in solution.stops.values())
    return replace(solution, stops={stop.check: stop for stop in found})


def told_names(checks: Sequence[CheckInfo]) -> dict[str, str]:
    """Return what students know each check by."""
    hidden = [check.name for check in checks if check.hidden]
    return {
        check.name: hidden_name(hidden.index(check.name)) if check.hidden == "nothing" else check.name
        for check in checks
    }


def hidden_name(place: int) -> str:
    """Return what a report calls a hidden check, given its place in `hidden_checks.py`, from 0."""
    return f"hidden {place + 1}"


def told(whole: TaskResult, description: Description) -> TaskResult:
    """Return the result of a task with no more of its hidden checks than students are told."""
    names = told_names(description.checks)
    infos = {check.name: check for check in description.checks}
    return whole.model_copy(
        update={
            "checks": tuple(
                _told(one, infos[one.check], names[one.check]) if one.check in infos else one
                for one in whole.checks
            ),
            "explanations": tuple(_renamed(one, names) for one in whole.explanations),
        }
    )


def _renamed(one: Explanation, names: Mapping[str, str]) -> Explanation:
    return one.model_copy(
        update={
            "right_given": tuple(names[name] for name in one.right_given),
            "given_in_part": {names[name]: share for name, share in one.given_in_part.items()},
        }
    )


def _told(result: CheckResult, check: CheckInfo, name: str) -> CheckResult:
    if check.hidden in ("", "all"):
        return result
    told = result.model_copy(update={"check": name, "message": _message(result), "diagnosis": None})
    told = told.model_copy(update={"evidence": None, "picture": None})
    return told if check.hidden == "hint" else told.model_copy(update={"hint": ""})


def _message(result: CheckResult) -> Message | None:
    match result.verdict:
        case Verdict.FAILED:
            return Message.of("hidden_failed")
        case Verdict.BROKEN:
            return Message.of("broken", fault=Message.of("hidden_undecided"))
    return result.message  # of a skipped check: titles as they are told
