"""Makes the evidence of a failure: windows of tensors, lines of code, a program that shows it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from grader.authoring.task import Plot
from grader.judging.comparison import Difference, Judgement, axes
from grader.results.report import Comparison, Evidence, Excerpt, Line, Picture, Shown, SourceLine
from grader.results.report import RaisedException as RaisedResult
from grader.submission.loader import Submission
from grader.values import Number, Other, Tensor, Value, around, describe, literal
from grader.wire import Answer, Drawn, Frame, Raised

_WINDOW = 64
"""Entries along the longest side of the part of a large tensor that is kept."""
_LONGEST = 1000
"""Characters of a value that is shown on one line."""
_AROUND = 2
"""Lines shown before and after a marked one."""
_MAX_EXCERPTS = 4
_MAX_LINE = 400
_LONGER = 2
"""A line is drawn if it is at most this many times as long as the expected one."""

_Drawable = tuple[float | None, ...]


def shown(
    name: str, value: Value, axis_names: Sequence[str] = (), keep: tuple[int, ...] | None = None
) -> Shown:
    """Return `value` in a form that people can read; of a large tensor the window with the index `keep`."""
    if not isinstance(value, Tensor):
        held = value.value if isinstance(value, Number) else value
        numbers = (bool, int, float, complex)
        kind = "nothing" if value is None else "number" if isinstance(held, numbers) else "text"
        return Shown.model_validate({"name": name, "kind": kind, "text": _in_words(value, keep)})
    array = value.array
    names = tuple(axis_names[: array.ndim]) + ("",) * (array.ndim - len(axis_names))
    origin, window = _window(array.shape, keep or (0,) * array.ndim)
    part = array[tuple(slice(o, o + w) for o, w in zip(origin, window, strict=True))]
    sizes = ", ".join(f"{n} {size}".strip() for n, size in zip(names, array.shape, strict=True))
    dtype = f"NumPy {value.dtype}" if value.numpy else value.dtype
    noun = "array" if value.numpy else "tensor"
    return Shown(
        name=name,
        kind="tensor",
        text=f"{dtype} {noun} ({sizes})" if array.ndim else f"{dtype} number",
        dtype=value.dtype,
        shape=array.shape,
        axes=names,
        origin=origin,
        window=window,
        values=tuple(_plain(entry) for entry in part.ravel().tolist()),
    )


def _in_words(value: Value, keep: tuple[int, ...] | None) -> str:
    """Return a value on one line; of a long text the part around the position `keep`."""
    if isinstance(value, (str, bytes)) and keep:
        return around(value, keep[0])
    if isinstance(value, (str, Other)):
        return describe(value)
    return literal(value, _LONGEST)


def _window(shape: tuple[int, ...], keep: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if math.prod(shape) <= _WINDOW:
        return (0,) * len(shape), shape
    # A heat map shows the last two axes, so of the other axes only the slice with the entry is kept.
    origin, window = [], []
    for axis, size in enumerate(shape):
        whole = min(size, _WINDOW) if axis >= len(shape) - 2 else 1
        start = 0 if size <= whole else min(max(0, keep[axis] - whole // 2), size - whole)
        origin.append(start)
        window.append(whole)
    return tuple(origin), tuple(window)


def _plain(entry: Any) -> float | int | bool | str:
    if isinstance(entry, complex):
        return str(entry)
    if isinstance(entry, float) and not math.isfinite(entry):
        return "nan" if math.isnan(entry) else "inf" if entry > 0 else "-inf"
    return entry  # type: ignore[no-any-return]


def comparisons(
    expected: Answer,
    actual: Answer,
    names: Mapping[str, tuple[str, ...]],
    found: Sequence[Difference],
) -> tuple[Comparison, ...]:
    """Return every value of a case beside the expected one, the wrong ones first."""
    assert expected.observed is not None and actual.observed is not None
    wrong = {difference.observation for difference in found}
    results = [_compared(difference, names.get(difference.name, ())) for difference in found]
    for name, value in expected.observed.items():
        if name not in wrong and name in actual.observed:
            axis_names = names.get(name, ())
            results.append(
                Comparison(
                    name=name,
                    expected=shown(name, value, axis_names),
                    actual=shown(name, actual.observed[name], axis_names),
                    agrees=True,
                )
            )
    return tuple(results)


def _compared(difference: Difference, axis_names: Sequence[str]) -> Comparison:
    first = difference.first
    expected = None
    if difference.kind == "missing" and difference.expected is None:
        actual = shown(difference.name, Other(describe(difference.actual)))  # its numbers do not matter
    else:
        actual = shown(difference.name, difference.actual, axis_names, first)
    if difference.kind != "missing" or difference.expected is not None:
        expected = shown(difference.name, difference.expected, axis_names, first)
    wrong: tuple[int, ...] = ()
    count = 0
    if difference.wrong is not None:
        part = tuple(slice(o, o + w) for o, w in zip(actual.origin, actual.window, strict=True))
        wrong = tuple(int(position) for position in np.flatnonzero(difference.wrong[part]))
        count = int(difference.wrong.sum())
    return Comparison(
        name=difference.name,
        expected=expected,
        actual=actual,
        agrees=False,
        problem=difference.problem,
        wrong=wrong,
        wrong_count=count,
        total=0 if difference.wrong is None else difference.wrong.size,
        first_wrong=first,
        error=difference.error,
        tolerance=difference.allowed,
    )


def evidence(
    judgement: Judgement,
    expected: Mapping[int, Answer],
    actual: Mapping[int, Answer],
    drawn: Sequence[Drawn],
    snippet: str,
    submission: Submission,
    named: Mapping[str, tuple[str, ...]],
) -> Evidence:
    """Return what to show of a failed check: its smallest failing case.

    `named`: what the author calls the axes of observations.
    """
    case = judgement.failing[0]
    names = axes(expected, named)
    compared: tuple[Comparison, ...] = ()
    seen: tuple[Shown, ...] = ()
    if case in actual and actual[case].observed is not None and expected[case].observed is not None:
        if judgement.by_property:
            seen = tuple(_seen(expected[case], actual[case], names, judgement.shown))
        else:
            compared = comparisons(expected[case], actual[case], names, judgement.differences)
    sizes = dict(expected[case].sizes)
    # An answer with a property may have other parameters than the solution.
    left_out = ("cotangent", "order", *(("fill",) if judgement.by_property else ()))
    return Evidence(
        case=case,
        sizes=sizes,
        inputs=tuple(_input(d, sizes) for d in drawn if d.how not in left_out),
        comparisons=compared,
        seen=seen,
        raised=None if judgement.raised is None else raised(judgement.raised, submission),
        failing_cases=judgement.failing,
        cases=len(expected),
        snippet=snippet,
    )


def _seen(
    expected: Answer, actual: Answer, names: Mapping[str, tuple[str, ...]], named: str
) -> Iterator[Shown]:
    """Yield what a property was tested on, or what it asks to show; with axes if the shapes are equal."""
    for name, value in (actual.observed or {}).items():
        if named and name != named:
            continue
        solutions = (expected.observed or {}).get(name)
        yield shown(name, value, names.get(name, ()) if _shape(value) == _shape(solutions) else ())


def _shape(value: Value) -> tuple[int, ...] | None:
    return value.array.shape if isinstance(value, Tensor) else None


def _input(drawn: Drawn, sizes: Mapping[str, int]) -> Shown:
    name, value = drawn.name or drawn.how, drawn.value
    if isinstance(value, str):  # in quotes: 84 may be a text, and a text may end with a blank
        return Shown(name=name, kind="text", text=literal(value, _LONGEST))
    return shown(name, value, _input_axes(value, sizes))


def _input_axes(value: Value, sizes: Mapping[str, int]) -> tuple[str, ...]:
    """Return the names of the axes of one tensor if the sizes of its case leave no doubt."""
    if not isinstance(value, Tensor):
        return ()
    named = []
    for size in value.array.shape:
        fitting = [name for name, known in sizes.items() if known == size]
        multiples = [f"{n}·{name}" for n in (2, 3, 4) for name, known in sizes.items() if n * known == size]
        candidates = fitting or multiples
        named.append(candidates[0] if len(candidates) == 1 else "")
    return tuple(named)


def raised(error: Raised, submission: Submission) -> RaisedResult:
    """Return an exception with the lines of the student's files that it passed through."""
    frames = [frame for frame in error.frames if submission.holds(frame.file)]
    if len(frames) > _MAX_EXCERPTS:
        frames = [*frames[: _MAX_EXCERPTS - 1], frames[-1]]
    return RaisedResult(
        type=error.kinds[0],
        message=error.message,
        excerpts=tuple(excerpt(frame, submission) for frame in frames),
    )


def excerpt(frame: Frame, submission: Submission) -> Excerpt:
    """Return the lines around a place in a student's file, that place marked."""
    lines = submission.lines(frame.file)
    first = max(1, frame.line - _AROUND)
    last = min(len(lines), frame.line + _AROUND)
    return Excerpt(
        file=frame.file,
        function=frame.function,
        lines=tuple(
            SourceLine(
                number=number,
                text=lines[number - 1][:_MAX_LINE],
                marked=number == frame.line,
            )
            for number in range(first, last + 1)
        ),
    )


def picture(plot: Plot, expected: Answer, actual: Answer | None) -> Picture | None:
    """Return the picture of a case, None if the solution gave nothing to draw."""
    if expected.observed is None:
        return None
    given = {} if actual is None or actual.observed is None else actual.observed
    lines = []
    for name, value in expected.observed.items():
        numbers = _numbers(value)
        if numbers is not None:
            own = _numbers(given.get(name))
            fits = own is not None and len(own) <= _LONGER * len(numbers)
            lines.append(_line(plot, name, numbers, own if fits else None))
    if not lines:
        return None
    return Picture(
        title=plot.title,
        x=plot.x,
        y=plot.y,
        log=plot.log,
        bars=plot.bars,
        first=plot.first,
        ticks=tuple(plot.ticks),
        lines=tuple(lines),
    )


def _line(plot: Plot, name: str, expected: _Drawable, own: _Drawable | None) -> Line:
    if name in plot.beside:
        return Line(name=name, expected=expected, actual=None, beside=True)
    return Line(name=name, expected=expected if plot.expected else None, actual=own)


def _numbers(value: Value) -> _Drawable | None:
    if not isinstance(value, Tensor) or value.array.ndim != 1 or value.array.dtype.kind == "c":
        return None
    return tuple(float(x) if math.isfinite(x) else None for x in value.array.tolist())
