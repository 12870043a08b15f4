"""The seccomp filter: a list of allowed system calls, as a BPF program (seccomp(2)).

Every other call fails with EPERM, so a student sees an exception with a line number instead of a killed
process. A program can create threads and open files for reading (Landlock says which). It cannot create a
process or a socket, signal another process, or change a file.

The filter is code for a virtual machine that only jumps forward. An instruction is (operation, jump if
true, jump if false, operand), and jumps count instructions to skip.
"""

import ctypes
import errno
import os
import platform
import struct

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Numbers from the kernel's tables: (x86_64, aarch64); None if that architecture lacks the call.
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
_INSTRUCTION = "<HBBI"  # struct sock_filter
_NUMBER, _ARCHITECTURE = 0, 4  # byte offsets in struct seccomp_data
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

_LIBC = ctypes.CDLL(None, use_errno=True)


def _low(argument: int) -> int:
    """Return the offset of the lower 32 bits of an argument: BPF compares 32 bits at a time."""
    return 16 + 8 * argument


def _high(argument: int) -> int:
    return 20 + 8 * argument


def supported() -> bool:
    """Whether the filter is written for this machine's architecture."""
    return platform.machine() in _ARCHITECTURES and struct.calcsize("P") == 8


def program(pid: int) -> bytes:
    """Return the instructions of the filter for the process `pid`, which may signal only itself."""
    column = list(_ARCHITECTURES).index(platform.machine())
    code: list[tuple[int, int, int, int]] = [
        # Another architecture means other numbers for the same calls: no list fits, so kill.
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JEQ, 1, 0, _ARCHITECTURES[platform.machine()]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if column == 0:  # x32 calls have the number of another call plus a bit, and would pass the list
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
    # The flags of clone3 lie behind a pointer, which BPF cannot read. glibc falls back to clone if clone3
    # does not exist, and passes the flags in a register.
    when(_CLONE3, [(_RETURN, 0, 0, _ERRNO | errno.ENOSYS)])
    when(_TGKILL, equal(0, pid))  # abort() signals the own process
    when(_SCHED_GETAFFINITY, equal(0, 0, pid))  # for another process it would show that it exists
    when(
        _PRLIMIT64,  # reading is allowed: the pointer to a new value must be null in both halves
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
    when(_IOCTL, [(_RETURN, 0, 0, _ERRNO | errno.ENOTTY)])  # the answer for "no terminal": Python asks
    code.append(refuse)
    return b"".join(struct.pack(_INSTRUCTION, *instruction) for instruction in code)


def apply(pid: int) -> None:
    """Put this process under the filter for good. Raises `OSError` if the kernel refuses."""
    code = program(pid)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("<HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    if _LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp was refused")
