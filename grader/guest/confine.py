"""Confinement: resource limits, privileges and system calls, set by a child process for itself.

A child does this before it reads a stranger's program, and cannot undo it. The order matters: each step
needs something that the next one takes away.
"""

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
_USER_THREADS = 4096
"""Threads of this user on the whole machine, other submissions included."""

_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The kernel sends the signal for a later end only. If the parent ended before the call, this process
    # already has another parent.
    if os.getppid() != parent:
        os._exit(1)


def use_small_pages() -> None:
    """Have what this process takes for itself come in small pages; a kernel that cannot goes on as before.

    It is little, and a huge page is cleared whole.
    """
    _LIBC.prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)


def limit(limits: Mapping[str, int]) -> None:
    """Set the resource limits: `cpu` seconds, `address_space` and `data` bytes."""
    # At the soft limit the kernel sends SIGXCPU, which names the reason. A program that ignores it gets
    # SIGKILL at the hard limit.
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 1))
    for kind, value in (
        (resource.RLIMIT_AS, limits["address_space"]),
        (resource.RLIMIT_DATA, limits["data"]),
        # The kernel counts all threads of a user, other submissions included, so this cannot be the limit
        # for one program. It only bounds a thread bomb until the watcher outside counts and ends it.
        (resource.RLIMIT_NPROC, _USER_THREADS),
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
    """Give up privileges, files and system calls for good; change into `directory` if it is given.

    `rules` is a Landlock ruleset that all children share. Of its paths, only those in `beside` and
    `directory` stay readable. Raises `OSError` if the kernel refuses a step; nothing may run then.
    """
    give_up_privileges()  # first: Landlock and seccomp ask for no_new_privs, which this sets
    # Landlock layers intersect. The shared ruleset covers every submission directory; the second layer
    # narrows it down to this one.
    own = landlock.ruleset([*beside, directory] if directory else beside)
    for layer in (rules, own):
        landlock.apply(layer)
        os.close(layer)
    if directory:
        os.chdir(directory)
    seccomp.apply(os.getpid())  # last: it forbids the system calls that the lines above need


def give_up_privileges() -> None:
    """Drop all capabilities and the ways to new ones. Raises `OSError`."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            _prctl(_PR_CAPBSET_DROP, capability)
        except OSError:
            break  # this kernel has no more capabilities, or there are none to drop
    header = struct.pack("<Ii", _CAPABILITIES_V3, 0)
    if _LIBC.capset(header, bytes(24)) != 0:
        raise OSError(ctypes.get_errno(), "capabilities could not be dropped")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)  # no other process of this user can attach to it, or read its memory


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")
