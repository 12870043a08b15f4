"""What a child does to itself before it reads a stranger's program; there is no way back."""

import ctypes
import os
import resource
import signal
import struct
from collections.abc import Mapping, Sequence

from grader.guest import landlock, seccomp

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP = 1, 4, 38, 24
_PR_SET_THP_DISABLE = 41
_CAPABILITIES_V3 = 0x20080522
_LAST_CAPABILITY = 63
_MOST_OF_A_USER = 4096

_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def use_small_pages() -> None:
    """Have what this process takes for itself come in small pages; a kernel that cannot goes on as before.

    It is little, and a huge page is cleared whole.
    """
    _LIBC.prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)


def limit(limits: Mapping[str, int]) -> None:
    """Set the resource limits: `cpu` seconds, `address_space` and `data` bytes."""
    # The soft limit ends a program with a signal that tells why; the hard one ends all others.
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 1))
    for kind, value in (
        (resource.RLIMIT_AS, limits["address_space"]),
        (resource.RLIMIT_DATA, limits["data"]),
        # The kernel counts all of a user's threads, those of other submissions too: this only keeps
        # a flood away until the watcher outside, which counts them one by one, ends it.
        (resource.RLIMIT_NPROC, _MOST_OF_A_USER),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))


def confine(rules: int, beside: Sequence[str] = (), directory: str = "") -> None:
    """Give up privileges, files beyond `rules`, and system calls; work in `directory`, if there is one.

    Of what `rules` allow, only `beside` and `directory` stay. Raises `OSError` where the kernel refuses
    any of it; nothing may run then.
    """
    give_up_privileges()
    own = landlock.ruleset([*beside, directory] if directory else beside)
    for layer in (rules, own):
        landlock.apply(layer)
        os.close(layer)
    if directory:
        os.chdir(directory)
    seccomp.apply(os.getpid())


def give_up_privileges() -> None:
    """Drop all capabilities and the ways to new ones. Raises `OSError`."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            _prctl(_PR_CAPBSET_DROP, capability)
        except OSError:
            break  # beyond the last one this kernel knows, or none to drop
    header = struct.pack("<Ii", _CAPABILITIES_V3, 0)
    if _LIBC.capset(header, bytes(24)) != 0:
        raise OSError(ctypes.get_errno(), "capabilities could not be dropped")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")
