"""Makes a wheel of the grader as it is installed here, so that another machine grades with the same code.

The grader may not be on a package index, or not in this version. A wheel is a zip file with the modules and a
folder of metadata (PEP 427); pip installs it with its dependencies.
"""

import base64
import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from types import MappingProxyType

import grader
from grader.report.write import zipped

_NAME = "torch-homework-grader"
_PACKAGE = Path(grader.__file__).resolve().parent
_ASSIGNMENT = "bundled"
"""The bundled assignment, which is left out: it holds solutions."""
_WHEEL = "Wheel-Version: 1.0\nGenerator: grade pack\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def name() -> str:
    """Return the name of the wheel, as pip wants it."""
    return f"{_stem()}-py3-none-any.whl"


def wheel(beside: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """Return the wheel with more files by path; the same installation gives the same bytes."""
    files = dict(sorted((*_files(), *beside.items())))
    record = f"{_stem()}.dist-info/RECORD"
    lines = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in files.items()]
    return zipped({**files, record: "\n".join([*lines, f"{record},,", ""]).encode()})


def pinned() -> dict[str, str]:
    """Return the version of each library that the grader needs, as `public_version` gives it."""
    found = {}
    for requirement in distribution(_NAME).requires or ():
        if "extra ==" in requirement:
            continue
        (library,) = re.findall(r"^[\w.-]+", requirement)
        with contextlib.suppress(PackageNotFoundError):  # it is for other systems than this one
            found[library] = public_version(library)
    return found


def public_version(library: str) -> str:
    """Return the version of a library that is installed here, without a local part as in `2.13.0+cpu`.

    PyPI has no versions with one. Raises `PackageNotFoundError`.
    """
    return version(library).partition("+")[0]


def _files() -> Iterator[tuple[str, bytes]]:
    for path in sorted(_PACKAGE.rglob("*")):
        inside = path.relative_to(_PACKAGE)
        if path.is_file() and "__pycache__" not in inside.parts and inside.parts[0] != _ASSIGNMENT:
            yield f"grader/{inside.as_posix()}", path.read_bytes()
    installed = distribution(_NAME)
    # A folder that setuptools left beside the sources calls it PKG-INFO.
    metadata = installed.read_text("METADATA") or installed.read_text("PKG-INFO") or ""
    yield f"{_stem()}.dist-info/METADATA", metadata.encode()
    yield f"{_stem()}.dist-info/entry_points.txt", (installed.read_text("entry_points.txt") or "").encode()
    yield f"{_stem()}.dist-info/WHEEL", _WHEEL.encode()


def _stem() -> str:
    return f"{_NAME.replace('-', '_')}-{version(_NAME)}"


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
