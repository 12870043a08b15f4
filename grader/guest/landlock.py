"""Landlock rulesets: a process may read the listed paths and nothing else (landlock(7))."""

import ctypes
import os
import struct
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3

# Each version of the interface added file access rights. A right that a ruleset does not handle stays
# allowed, so the ruleset must handle all that this kernel knows: the count for versions 1, 2, 3 and so on.
_FILE_RIGHTS = (13, 14, 15, 15, 16)
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6
_NETWORK_RIGHTS = 0b11  # bind and connect of TCP
_SCOPES = 0b11  # abstract unix sockets, signals

_LIBC = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the version of the kernel's Landlock interface, 0 if it has none."""
    return max(0, _call(_CREATE_RULESET, None, 0, _VERSION))


def ruleset(readable: Iterable[str]) -> int:
    """Return the descriptor of a ruleset that allows reading below `readable` and nothing else.

    Raises `OSError` if the kernel refuses.
    """
    known = version()
    files = (1 << _FILE_RIGHTS[min(known, len(_FILE_RIGHTS)) - 1]) - 1
    network = _NETWORK_RIGHTS if known >= _NETWORK_SINCE else 0
    scopes = _SCOPES if known >= _SCOPES_SINCE else 0
    attributes = struct.pack("<QQQ", files, network, scopes)
    size = 24 if scopes else 16 if network else 8  # an older kernel refuses a longer struct than it knows
    rules = _checked(_CREATE_RULESET, attributes, size, 0)
    for path in readable:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # a path that does not exist needs no rule
        try:
            allowed = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)
            rule = struct.pack("<Qi", allowed, descriptor)
            _checked(_ADD_RULE, rules, _PATH_BENEATH, rule, 0)
        finally:
            os.close(descriptor)
    return rules


def beside(readable: Iterable[str], directory: str) -> list[str]:
    """Return a few paths that contain all of `readable` and nothing of `directory`.

    Each child makes a second ruleset from them, so they should be few: each path is cut off one
    component below what it has in common with `directory`. The first ruleset keeps the exact paths.
    """
    cut = set()
    for path in readable:
        shared = os.path.commonpath([path, directory])
        first = os.path.relpath(path, shared).partition("/")[0]
        cut.add(os.path.join(shared, first))
    return sorted(cut)


def apply(rules: int) -> None:
    """Put this process under a ruleset for good; needs no_new_privs. Raises `OSError`."""
    _checked(_RESTRICT_SELF, rules, 0)


def _call(number: int, *arguments: object) -> int:
    return int(_LIBC.syscall(number, *arguments))


def _checked(number: int, *arguments: object) -> int:
    result = _call(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock was refused")
    return result
