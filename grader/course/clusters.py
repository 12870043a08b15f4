"""Signatures of unexplained failures: equal if the same cases have the same wrong answers."""

import builtins
import hashlib
import json
import math
import re

from grader.results.message import Message, parts
from grader.results.report import CheckResult, Comparison, RaisedException, Shown, Verdict

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)?")
# Programs with the same mistake differ by rounding only: about 1e-16 in float64 and 1e-7 in float32.
# With so few digits they almost never round to different numbers, and other mistakes still differ.
_DIGITS = {"float64": 5, "complex128": 5}
_FEWER_DIGITS = 3
_EXCEPTIONS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


def signature(task: str, result: CheckResult) -> str:
    """Return the signature of a failure that no known mistake explains, empty for other results."""
    if result.verdict is not Verdict.FAILED or result.mistake:
        return ""
    seen: list[object] = [task, result.check]
    evidence = result.evidence
    if evidence is None:
        seen += _kinds(result.message)
    else:
        seen += [evidence.case, evidence.failing_cases]
        if evidence.raised is not None:
            seen.append(_raised(evidence.raised))
        else:
            wrong = [_wrong(comparison) for comparison in evidence.comparisons if not comparison.agrees]
            seen += wrong or _kinds(result.message)
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16]


def head(result: CheckResult) -> Message:
    """Return what a group with such a failure is called.

    No word of it comes from a submission, because it is shown above the names of others.
    """
    evidence = result.evidence
    if evidence is not None and evidence.raised is not None:
        name = evidence.raised.type
        if name in _EXCEPTIONS:
            return Message.of("same_known_exception", kind=name)
        return Message.of("same_exception")
    if evidence is not None and any(not comparison.agrees for comparison in evidence.comparisons):
        return Message.of("same_wrong_answers")
    return Message.of("same_failure")


def _raised(raised: RaisedException) -> list[str]:
    return [raised.type, _kind(raised.message)]


def _kinds(message: Message | None) -> list[str]:
    """Return the identifiers in a message, and its texts without the numbers of one program."""
    found = []
    for part in parts(message):
        found.append(part.id)
        found += [_kind(value) for value in part.parameters.values() if isinstance(value, str)]
    return found


def _kind(text: str) -> str:
    """Return a text without the names and numbers that differ from one program to the next."""
    first = text.strip().partition("\n")[0]
    return _NUMBER.sub("#", _QUOTED.sub("'…'", first))


def _wrong(comparison: Comparison) -> list[object]:
    actual = comparison.actual
    if actual is None:
        return [comparison.name, "missing"]
    return [comparison.name, actual.kind, actual.dtype, actual.shape, *_values(actual)]


def _values(actual: Shown) -> list[object]:
    if actual.kind != "tensor":
        return [actual.text]
    digits = _DIGITS.get(actual.dtype, _FEWER_DIGITS)
    return [_rounded(value, digits) for value in actual.values]


def _rounded(value: object, digits: int) -> object:
    """Return a number with this many digits; for a small one after the decimal point."""
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    if abs(value) < 1:
        return round(value, digits) + 0.0  # no -0.0
    return float(f"{value:.{digits - 1}e}")
