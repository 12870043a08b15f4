"""A seccomp filter that lets a process compute, and nothing else (seccomp(2), BPF).

The list says what is allowed; everything else fails with EPERM, so that a student sees an exception
with a line of his program instead of a killed process. Only threads can be created; files can be
opened for reading (Landlock says which); no process, socket, signal to others or change of a file.
"""

import ctypes
import errno
import functools
import os
import platform
import struct

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Numbers from the kernel's tables: (x86_64, aarch64); None where a system call does not exist.
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "stat": (4, None),
    "fstat": (5, 80),
    "lstat": (6, None),
    "poll": (7, None),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "access": (21, None),
    "select": (23, None),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "dup": (32, 23),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "getcwd": (79, 17),
    "chdir": (80, 49),
    "readlink": (89, None),
    "gettimeofday": (96, 169),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "time": (201, None),
    "futex": (202, 98),
    "getdents64": (217, 61),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "pselect6": (270, 72),
    "ppoll": (271, 73),
    "set_robust_list": (273, 99),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "statx": (332, 291),
    "rseq": (334, 293),
    "faccessat2": (439, 439),
    "futex_wake": (454, 454),
    "futex_wait": (455, 455),
}
_OPEN = (2, None)
_OPENAT = (257, 56)
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_TGKILL = (234, 131)
_SCHED_GETAFFINITY = (204, 123)
_PRLIMIT64 = (302, 261)
_PRCTL = (157, 167)
_FCNTL = (72, 25)
_IOCTL = (16, 29)

_X32_BIT = 0x40000000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CLONE_THREAD = 0x00010000
_PR_SET_NAME = 15
_FCNTLS = (1, 2, 3, 1030)  # F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_KILL_PROCESS = 0x80000000
_LOAD, _JEQ, _JGE, _JSET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_INSTRUCTION = "<HBBI"
_NOBODY = 0xFFFFFFFF
"""A number that no process has."""
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

_LIBC = ctypes.CDLL(None, use_errno=True)


def _low(argument: int) -> int:
    return 16 + 8 * argument


def _high(argument: int) -> int:
    return 20 + 8 * argument


def supported() -> bool:
    """Whether the filter is written for this machine's architecture."""
    return platform.machine() in _ARCHITECTURES and struct.calcsize("P") == 8


def program(pid: int) -> bytes:
    """Return the filter's instructions for the process `pid`, which may signal itself only."""
    return _for_nobody().replace(_is_pid(_NOBODY), _is_pid(pid))


def _is_pid(pid: int) -> bytes:
    return struct.pack(_INSTRUCTION, _JEQ, 0, 1, pid)


@functools.cache
def _for_nobody() -> bytes:
    """Return the instructions with no process in them: a child asks for them when its parent has them."""
    column = list(_ARCHITECTURES).index(platform.machine())
    code: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JEQ, 1, 0, _ARCHITECTURES[platform.machine()]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if column == 0:
        code += [(_JGE, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL_PROCESS)]

    def when(numbers: tuple[int | None, int | None], body: list[tuple[int, int, int, int]]) -> None:
        number = numbers[column]
        if number is not None:
            code.append((_JEQ, 0, len(body), number))
            code.extend(body)

    allow, refuse = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | errno.EPERM)

    def equal(argument: int, *values: int) -> list[tuple[int, int, int, int]]:
        body = [(_LOAD, 0, 0, _low(argument))]
        for value in values:
            body += [(_JEQ, 0, 1, value), allow]
        return [*body, refuse]

    def without(argument: int, bits: int) -> list[tuple[int, int, int, int]]:
        return [(_LOAD, 0, 0, _low(argument)), (_JSET, 0, 1, bits), refuse, allow]

    for numbers in _ALLOWED.values():
        when(numbers, [allow])
    when(_OPEN, without(1, _WRITING))
    when(_OPENAT, without(2, _WRITING))
    when(_CLONE, [(_LOAD, 0, 0, _low(0)), (_JSET, 0, 1, _CLONE_THREAD), allow, refuse])
    # glibc goes back to clone, whose flags can be looked at, when clone3 does not exist.
    when(_CLONE3, [(_RETURN, 0, 0, _ERRNO | errno.ENOSYS)])
    when(_TGKILL, equal(0, _NOBODY))
    when(_SCHED_GETAFFINITY, equal(0, 0, _NOBODY))  # of others it would tell that they exist
    when(
        _PRLIMIT64,  # reading a limit is allowed: no new value, neither half of the pointer
        [
            (_LOAD, 0, 0, _low(2)),
            (_JEQ, 1, 0, 0),
            refuse,
            (_LOAD, 0, 0, _high(2)),
            (_JEQ, 1, 0, 0),
            refuse,
            (_LOAD, 0, 0, _low(0)),
            (_JEQ, 1, 0, 0),
            refuse,
            allow,
        ],
    )
    when(_PRCTL, equal(0, _PR_SET_NAME))
    when(_FCNTL, equal(1, *_FCNTLS))
    when(_IOCTL, [(_RETURN, 0, 0, _ERRNO | errno.ENOTTY)])
    code.append(refuse)
    return b"".join(struct.pack(_INSTRUCTION, *instruction) for instruction in code)


def apply(pid: int) -> None:
    """Put this process under the filter for good; raises `OSError` where the kernel refuses."""
    code = program(pid)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("<HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    if _LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp was refused")
