"""Says in words what became of the import of a module, and what may help."""

import platform
import re
import sys
from collections.abc import Collection, Sequence

from grader.wire import Failed, Raised

_VERSION = ".".join(platform.python_version_tuple()[:2])
_MOST_NOTES = 8
_QUOTED = re.compile(r"['\"`]([^\W\d]\w{0,99})['\"`]")
_ABOUT_A_NAME = {"NameError", "AttributeError", "ImportError", "MissingName"}
_FOR_MAIN = ' Code like that belongs under `if __name__ == "__main__":`.'
_DEVICE = re.compile(r"compiled with CUDA|CUDA driver|NVIDIA|linked with support for mps|\bMPS\b")
_NAMES_OF_LIBRARIES = sys.stdlib_module_names | {"torch", "numpy", "tqdm"}


def notes(
    failed: Sequence[Failed], wanted: Sequence[str], module: str = "", files: Collection[str] = ()
) -> list[str]:
    """Return a sentence for each statement that was left out, first those that define what is wanted."""
    first = sorted(failed, key=lambda one: not set(wanted) & {*one.names, *one.older})
    told = []
    for one in first[:_MOST_NOTES]:
        help_ = _of_name(one.raised, module, files) if one.raised is not None else ""
        end = f".{help_.rstrip('.')}" if help_ else ""
        told.append(f"{_place(one)} was left out: {_said(one)}{_older(one)}{end}")
    if len(first) > _MOST_NOTES:
        told.append(f"{len(first) - _MOST_NOTES} more statements were left out because they failed")
    return told


def because(error: Raised, failed: Sequence[Failed]) -> str:
    """Return why a name is not there that an exception is about, empty if no statement was to define it."""
    one = _missing(error, failed)
    if one is None:
        return ""
    first = (_missing(one.raised, failed) if one.raised else None) or one
    return f" {_place(first)}, which should have defined it, was left out: {_said(first)}."


def _missing(error: Raised, failed: Sequence[Failed]) -> Failed | None:
    """Return the statement that would have defined the name that an exception is about."""
    if not _ABOUT_A_NAME & set(error.kinds):
        return None
    names = _QUOTED.findall(error.message)
    return next((one for name in names for one in failed if name in one.names and one.raised != error), None)


def of_import(error: Raised, module: str, files: Collection[str]) -> str:
    """Return what to do about an import that failed, empty if nothing is known."""
    if "SyntaxError" in error.kinds:
        old = " That is Python 2." if "Missing parentheses in call to" in error.message else ""
        return f"{old} This is graded with Python {_VERSION}."
    about_name = _of_name(error, module, files)
    if about_name:
        return about_name
    if error.kinds[0] == "SystemExit":
        return ' Code that ends the program belongs under `if __name__ == "__main__":`.'
    if "ImportError" not in error.kinds:
        return _FOR_MAIN if out_of_reach(error) else ""
    if error.kinds[0] == "ModuleNotFoundError":
        return (
            " Only torch, numpy, tqdm and Python's own modules are installed, beside your own files: import "
            "what is not needed for the result where it is used."
        )
    return ""


def _of_name(error: Raised, module: str, files: Collection[str]) -> str:
    """Return what to do about a name that a module does not have."""
    if "attempted relative import" in error.message:
        return " A relative import needs a package: write `from gates import …` for a file beside this one."
    for path in files:
        stem = path.rsplit("/", 1)[-1].removesuffix(".py")
        if stem != module and stem in _NAMES_OF_LIBRARIES and f"'{stem}'" in error.message:
            return (
                f" Your file `{path}` has the name of a library, and the library was found "
                "first: give your file another name."
            )
    if error.kinds[0] == "ImportError" and set(_QUOTED.findall(error.message)) & sys.stdlib_module_names:
        return f" This is graded with Python {_VERSION}."
    return ""


def out_of_reach(error: Raised) -> str:
    """Return what of a machine is not there while a program is graded, if that was the trouble."""
    if _DEVICE.search(error.message):
        return (
            " Grading runs on the processor only: use the device of what you are given (`x.device`), or "
            "`'cuda' if torch.cuda.is_available() else 'cpu'`."
        )
    if "PermissionError" in error.kinds or "Operation not permitted" in error.message:
        return " Other files, other programs and the network are out of reach while this is graded."
    if "FileNotFoundError" in error.kinds:
        return " Only the files that you handed in are there while this is graded."
    if "EOFError" in error.kinds and "reading a line" in error.message:
        return " Nobody answers `input()` while this is graded."
    return ""


def _place(one: Failed) -> str:
    return f"{one.file}, line {one.line}"


def _said(one: Failed) -> str:
    if one.raised is None:
        return one.why
    message = one.raised.message.strip().partition("\n")[0].rstrip(".")
    return f"{one.raised.kinds[0]}: {message}" if message else one.raised.kinds[0]


def _older(one: Failed) -> str:
    if not one.older:
        return ""
    names = ", ".join(f"`{name}`" for name in one.older)
    return f"; {names} as defined before is graded"
