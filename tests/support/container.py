"""Runs a command under a seccomp filter that refuses what the default profile of Docker refuses.

The profile allows a list of calls. For a process without CAP_SYS_ADMIN these are missing in it, and `clone`
may not make namespaces; `clone3` does not exist, so that libraries fall back to `clone`.

As a program: `python container.py ALLOWED,ALLOWED -- COMMAND ...`, with calls that are granted nevertheless.
"""

import ctypes
import os
import platform
import struct
import sys

_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NAMESPACES = 0x7E020000
"""The flags of `clone` that make namespaces."""

# Numbers on x86_64 and aarch64.
REFUSED = {
    "bpf": (321, 280),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "quotactl": (179, 60),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
}
LANDLOCK = {"landlock": (444, 444)}
"""What engines refuse that are older than Landlock."""
_CLONE, _CLONE3 = (56, 220), (435, 435)


def program(granted: set[str]) -> bytes:
    """Return the filter, without what is `granted`; `landlock` is taken away if it is not."""
    column = 0 if platform.machine() == "x86_64" else 1
    code = [(_LOAD, 0, 0, 0)]
    for name, numbers in {**REFUSED, **LANDLOCK}.items():
        if name not in granted:
            code += [(_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _EPERM)]
    code += [(_EQUAL, 0, 1, _CLONE3[column]), (_RETURN, 0, 0, _ENOSYS)]
    if "clone" not in granted:
        code += [(_EQUAL, 0, 3, _CLONE[column]), (_LOAD, 0, 0, 16), (_ANY_BIT, 0, 1, _NAMESPACES)]
        code += [(_RETURN, 0, 0, _EPERM)]
    code += [(_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def main() -> None:
    granted, _, *command = sys.argv[1:]
    code = program(set(granted.split(",")))
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("<HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, header, 0, 0):
        raise OSError(ctypes.get_errno(), "the filter was refused")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
