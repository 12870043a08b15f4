"""Explains what became of the import of a module, and what may help."""

import platform
import re
import sys
from collections.abc import Collection, Sequence

from grader.asking.questions import LeftOut
from grader.results.message import Message
from grader.submission.loader import Submission
from grader.wire import Raised

_PYTHON = ".".join(platform.python_version_tuple()[:2])
_NOTES_SHOWN = 8
_QUOTED = re.compile(r"['\"`]([^\W\d]\w{0,99})['\"`]")
_ABOUT_A_NAME = {"NameError", "AttributeError", "ImportError", "MissingName"}
_DEVICE = re.compile(r"compiled with CUDA|CUDA driver|NVIDIA|linked with support for mps|\bMPS\b")
_LATER_PYTHON = (
    (re.compile(r"^\s*type\s+\w+(?:\[[^\]]*\])?\s*="), (3, 12), "the `type` statement"),
    (re.compile(r"^\s*(?:def|class)\s+\w+\["), (3, 12), "type parameters in square brackets"),
    (re.compile(r"""\bf(["'])[^"']*\{[^}"']*\1[^}]*\}"""), (3, 12), "the same quotes within an f-string"),
    (re.compile(r"^\s*except\s+[\w.]+\s*,[\w., ]*:"), (3, 14), "`except` without parentheses"),
    (re.compile(r"""\bt["'][^"']*\{"""), (3, 14), "t-strings"),
)
"""What older Pythons call a syntax error: how a line shows it, since when it is allowed, and its name."""
_LONGEST_LINE = 400  # characters
_NAMES_OF_LIBRARIES = sys.stdlib_module_names | {"torch", "numpy", "tqdm"}


def notes(
    left_out: Sequence[LeftOut], wanted: Sequence[str], module: str = "", files: Collection[str] = ()
) -> tuple[Message, ...]:
    """Return a note per statement that was left out, first those that define what is wanted."""
    first = sorted(left_out, key=lambda one: not set(wanted) & {*one.statement.names, *one.statement.older})
    found = [_note(one, module, files) for one in first[:_NOTES_SHOWN]]
    if len(first) > _NOTES_SHOWN:
        found.append(Message.of("more_statements_left_out", count=len(first) - _NOTES_SHOWN))
    return tuple(found)


def _note(one: LeftOut, module: str, files: Collection[str]) -> Message:
    statement = one.statement
    note = Message.of("statement_left_out", file=statement.file, line=statement.line, reason=_reason(one))
    if statement.older:
        note = Message.of("older_definition_graded", note=note, names=statement.older)
    advice = _of_name(statement.raised, module, files) if statement.raised is not None else None
    return note if advice is None else Message.of("note_with_advice", note=note, advice=advice)


def because(
    error: Raised, left_out: Sequence[LeftOut], module: str = "", files: Collection[str] = ()
) -> Message | None:
    """Return why the name that an exception is about is missing, None if no statement was to define it."""
    one = _missing(error, left_out)
    if one is None:
        return None
    raised = one.statement.raised
    first = (_missing(raised, left_out) if raised else None) or one
    cause = Message.of(
        "definition_left_out", file=first.statement.file, line=first.statement.line, reason=_reason(first)
    )
    advice = _of_name(first.statement.raised, module, files) if first.statement.raised else None
    return cause if advice is None else Message.of("with_advice", message=cause, advice=advice)


def _missing(error: Raised, left_out: Sequence[LeftOut]) -> LeftOut | None:
    """Return the statement that would have defined the name that an exception is about."""
    if not _ABOUT_A_NAME & set(error.kinds):
        return None
    names = _QUOTED.findall(error.message)
    return next(
        (
            one
            for name in names
            for one in left_out
            if name in one.statement.names and one.statement.raised != error
        ),
        None,
    )


def of_import(error: Raised, module: str, submission: Submission) -> Message | None:
    """Return what to do about an import that failed, None if nothing is known."""
    files = submission.files
    if "SyntaxError" in error.kinds:
        about_syntax = _of_syntax(error, submission)
        if about_syntax is not None:
            return about_syntax
        if "Missing parentheses in call to" in error.message:
            return Message.of("python_two", version=_PYTHON)
        return Message.of("python_version", version=_PYTHON)
    about_name = _of_name(error, module, files)
    if about_name is not None:
        return about_name
    if error.kinds[0] == "SystemExit":
        return Message.of("move_what_exits")
    if "ImportError" not in error.kinds:
        return Message.of("move_to_main") if out_of_reach(error) else None
    if error.kinds[0] == "ModuleNotFoundError":
        return Message.of("library_missing")
    return None


def _of_syntax(error: Raised, submission: Submission) -> Message | None:
    """Return what the lines show about a syntax error: the marks of a merge, or a later Python."""
    if not error.frames:
        return None
    place = error.frames[-1]
    lines = submission.lines(place.file)
    for number, line in enumerate(lines, 1):
        if line.startswith("<<<<<<< "):
            return Message.of("merge_conflict", file=place.file, line=number)
    line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    for pattern, since, feature in _LATER_PYTHON:
        if sys.version_info < since and pattern.search(line[:_LONGEST_LINE]):
            version = ".".join(map(str, since))
            return Message.of("later_python", feature=feature, since=version, version=_PYTHON)
    return None


def _of_name(error: Raised, module: str, files: Collection[str]) -> Message | None:
    """Return what to do about a name that a module does not have."""
    if "attempted relative import" in error.message:
        return Message.of("relative_import")
    for path in files:
        stem = path.rsplit("/", 1)[-1].removesuffix(".py")
        if stem != module and stem in _NAMES_OF_LIBRARIES and f"'{stem}'" in error.message:
            return Message.of("named_like_library", path=path)
    if error.kinds[0] == "ImportError" and set(_QUOTED.findall(error.message)) & sys.stdlib_module_names:
        return Message.of("python_version", version=_PYTHON)
    return None


def out_of_reach(error: Raised) -> Message | None:
    """Return which part of a machine is not available while a program is graded, if that was the cause."""
    if _DEVICE.search(error.message):
        return Message.of("no_device")
    if "PermissionError" in error.kinds or "Operation not permitted" in error.message:
        return Message.of("not_permitted")
    if "FileNotFoundError" in error.kinds:
        return Message.of("file_not_handed_in")
    if "EOFError" in error.kinds and "reading a line" in error.message:
        return Message.of("no_input")
    return None


def _reason(one: LeftOut) -> Message:
    """Return why a statement was left out: its exception, or how it ended the process."""
    raised = one.statement.raised
    if raised is None:
        return one.reason
    message = raised.message.strip().partition("\n")[0].rstrip(".")
    if not message:
        return Message.of("exception", kind=raised.kinds[0])
    return Message.of("exception_saying", kind=raised.kinds[0], text=message)
