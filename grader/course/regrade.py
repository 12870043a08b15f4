"""Compares two gradings of a class: whose mark changes, and because of which check."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from grader import untrusted_files
from grader.errors import UsageError
from grader.results.course import ClassResult, Lost, Row
from grader.results.message import Message
from grader.results.regrade import Cause, MarkChange, Regrade, SlipChange, WholeTask
from grader.results.report import Verdict

_LONGEST = 64 << 20
"""Bytes; no class.json is longer, with about 2 KB per student."""
_Key = tuple[str, str]


def read_class(folder: Path) -> ClassResult:
    """Return what `grade class` wrote into `folder`. Raises `UsageError`."""
    path = folder / "class.json"
    try:
        return ClassResult.model_validate_json(untrusted_files.read(folder, path.name, _LONGEST))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except ValidationError:
        raise UsageError(f"{path} is not what this version of grade writes; grade the class again.") from None


def compare_classes(before: ClassResult, after: ClassResult) -> Regrade:
    """Return what changes from `before` to `after`."""
    olds = {row.folder: row for row in before.students}
    news = {row.folder: row for row in after.students}
    titles = _titles(before) | _titles(after)
    called = _called(before) | _called(after)
    worth = _worth(before), _worth(after)
    both = [name for name in olds if name in news]
    changes = [_change(olds[name], news[name], titles, called, worth) for name in both]
    found = [one for one in changes if one.causes or one.whole_tasks or one.change or one.late_days_change]
    found.sort(key=lambda change: (-abs(change.change), -len(change.causes), change.folder))
    return Regrade(
        assignment=after.assignment,
        differences=tuple(_differences(before, after)),
        students=len(both),
        changes=tuple(found),
        only_before=tuple(name for name in olds if name not in news),
        only_after=tuple(name for name in news if name not in olds),
    )


def _differences(before: ClassResult, after: ClassResult) -> Iterator[Message]:
    if before.assignment != after.assignment:
        yield Message.of("other_assignment", before=before.assignment, after=after.assignment)
    if before.seed != after.seed:
        yield Message.of("other_seed", before=before.seed, after=after.seed)
    if before.points != after.points:
        yield Message.of("other_points", before=before.points, after=after.points)
    absent = Message.of("absent")
    for name in sorted({*before.versions, *after.versions}):
        old, new = before.versions.get(name, absent), after.versions.get(name, absent)
        if old != new:
            yield Message.of("other_version", name=name, before=old, after=new)
    for key in sorted({*before.policy, *after.policy}):
        old, new = before.policy.get(key, absent), after.policy.get(key, absent)
        if old != new:
            yield Message.of("policy_of_late_days", key=key, before=old, after=new)
    if before.sandbox != after.sandbox:
        yield Message.of("other_isolation", before=before.sandbox, after=after.sandbox)


def _titles(result: ClassResult) -> dict[_Key, str]:
    return {(count.task, count.check): count.title for count in result.checks}


def _called(result: ClassResult) -> dict[_Key, str]:
    """Return the title of each mistake, by task and name."""
    return {(count.task, count.mistake): count.title for count in result.mistakes if count.title}


def _worth(result: ClassResult) -> dict[_Key, float]:
    return {(count.task, count.check): count.points for count in result.checks}


def _change(
    old: Row,
    new: Row,
    titles: Mapping[_Key, str],
    called: Mapping[_Key, str],
    worth: tuple[Mapping[_Key, float], Mapping[_Key, float]],
) -> MarkChange:
    before, after = _lost(old), _lost(new)
    causes = []
    whole = {one.task for row in (old, new) for one in row.decided if not one.check}
    for key, title in titles.items():
        if key[0] in whole:
            continue  # its checks have no influence on the mark
        one = _outcome(key, old, before, worth[0])
        other = _outcome(key, new, after, worth[1])
        if one != other:
            task, check = key
            causes.append(
                Cause(
                    task=task,
                    check=check,
                    title=title,
                    before=one[0],
                    after=other[0],
                    change=round(other[1] - one[1], 6),
                    mistake_before=called.get((task, one[2]), one[2]),
                    mistake_after=called.get((task, other[2]), other[2]),
                    decided=_decided(new, task, check),
                )
            )
    causes.sort(key=lambda cause: -abs(cause.change))
    return MarkChange(
        folder=new.folder,
        id=new.id,
        name=new.who if new.name else "",
        before=old.mark,
        after=new.mark,
        causes=tuple(causes),
        whole_tasks=tuple(_whole_tasks(old, new, whole)),
        slips=tuple(_slips(old, new)),
        other_files=old.submission_digest != new.submission_digest,
        late_before=old.lateness,
        late_after=new.lateness,
    )


def _whole_tasks(old: Row, new: Row, tasks: Collection[str]) -> Iterator[WholeTask]:
    """Yield those of `tasks` whose points, or what is decided about them, change."""
    for task in sorted(tasks):
        before, after = (_decided(row, task, "") for row in (old, new))
        change = round(new.tasks.get(task, 0.0) - old.tasks.get(task, 0.0), 6)
        if change or before != after:
            yield WholeTask(task=task, change=change, decided=after)


def _slips(old: Row, new: Row) -> Iterator[SlipChange]:
    """Yield the slips with another price in tasks with another score."""
    before, after = ({(s.task, s.slip, s.is_repair): s for s in row.slips} for row in (old, new))
    for key in sorted({*before, *after}):
        one, other = before.get(key), after.get(key)
        known = other or one
        if known is None or old.tasks.get(known.task) == new.tasks.get(known.task):
            continue
        price_before, price_after = (slip.price if slip else None for slip in (one, other))
        if price_before != price_after:
            yield SlipChange(task=known.task, title=known.title, before=price_before, after=price_after)


def _lost(row: Row) -> dict[_Key, Lost]:
    return {(one.task, one.check): one for one in row.lost}


def _decided(row: Row, task: str, check: str) -> str:
    """Return the reason, or else the name, of what a person decided; empty if the machine did."""
    found = next((one for one in row.decided if (one.task, one.check) == (task, check)), None)
    return "" if found is None else found.reason or found.by or "a person"


def _outcome(
    key: _Key, row: Row, lost: Mapping[_Key, Lost], worth: Mapping[_Key, float]
) -> tuple[Verdict | None, float, str]:
    """Return verdict, score and mistake; no verdict if there is no such check, or no report."""
    if row.problem is not None or key not in worth:
        return None, 0.0, ""
    if key in lost:
        return lost[key].verdict, lost[key].earned, lost[key].mistake
    return Verdict.PASSED, worth[key], ""
