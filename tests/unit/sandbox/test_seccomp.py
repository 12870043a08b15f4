"""The filter's instructions, run by a small machine for them."""

import errno
import os
import platform
import struct
import sys

import pytest

from grader.guest import seccomp

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of x86_64"),
]

PID = 4242
X86_64, X32 = 0xC000003E, 0x40000000
ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, ENOTTY = (0x00050000 | number for number in (errno.EPERM, errno.ENOSYS, errno.ENOTTY))


def verdict(number: int, *arguments: int, architecture: int = X86_64) -> int:
    """Return what the filter says about a system call; the instructions are those of BPF."""
    words = [value & (1 << 64) - 1 for value in (*arguments, *[0] * (6 - len(arguments)))]
    data = struct.pack("<IIQ6Q", number, architecture, 0, *words)
    code = list(struct.iter_unpack("<HBBI", seccomp.program(PID)))
    at = accumulator = 0
    while True:
        operation, yes, no, constant = code[at]
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, constant)
            case 0x15:
                at += yes if accumulator == constant else no
            case 0x35:
                at += yes if accumulator >= constant else no
            case 0x45:
                at += yes if accumulator & constant else no
            case 0x06:
                return int(constant)


@pytest.mark.parametrize("number", [0, 1, 9, 12, 60, 202, 231])
def test_computing_is_allowed(number: int) -> None:
    assert verdict(number) == ALLOW


@pytest.mark.parametrize("number", [41, 42, 53, 57, 58, 59, 62, 101, 165, 272, 310, 319, 322, 425, 9999])
def test_what_is_not_in_the_list_is_refused(number: int) -> None:
    assert verdict(number) == EPERM


def test_another_architecture_ends_the_process() -> None:
    assert verdict(0, architecture=0x40000003) == KILL


def test_the_numbers_of_x32_end_the_process() -> None:
    assert verdict(X32 | 1) == KILL


@pytest.mark.parametrize("flags", [0, os.O_CLOEXEC, os.O_DIRECTORY | os.O_CLOEXEC, os.O_NOFOLLOW])
def test_a_file_can_be_opened_to_read(flags: int) -> None:
    assert (verdict(2, 1, flags), verdict(257, -100, 1, flags)) == (ALLOW, ALLOW)


@pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_APPEND])
def test_a_file_cannot_be_opened_to_write(flags: int) -> None:
    assert (verdict(2, 1, flags), verdict(257, -100, 1, flags)) == (EPERM, EPERM)


def test_a_temporary_file_without_a_name_cannot_be_made() -> None:
    assert verdict(257, -100, 1, os.O_TMPFILE | os.O_RDWR) == EPERM


def test_a_thread_can_be_made_and_a_process_cannot() -> None:
    assert (verdict(56, 0x3D0F00), verdict(56, 0x1200011)) == (ALLOW, EPERM)


def test_clone3_seems_not_to_exist_so_that_clone_is_used() -> None:
    assert verdict(435, 0) == ENOSYS


def test_a_process_may_signal_itself_only() -> None:
    assert (verdict(234, PID, PID, 6), verdict(234, PID + 1, 1, 9)) == (ALLOW, EPERM)


def test_limits_can_be_read_and_not_set() -> None:
    read, low, high = (verdict(302, 0, 0, new, 1) for new in (0, 1, 1 << 32))

    assert (read, low, high) == (ALLOW, EPERM, EPERM)


def test_the_limits_of_another_process_cannot_be_read() -> None:
    assert verdict(302, 1, 0, 0, 1) == EPERM


@pytest.mark.parametrize(("option", "expected"), [(15, ALLOW), (22, EPERM), (1, EPERM), (4, EPERM)])
def test_of_prctl_only_the_name_of_a_thread_is_allowed(option: int, expected: int) -> None:
    assert verdict(157, option, 0) == expected


@pytest.mark.parametrize(("command", "expected"), [(1, ALLOW), (3, ALLOW), (4, EPERM), (8, EPERM)])
def test_fcntl_tells_about_descriptors_and_changes_nothing(command: int, expected: int) -> None:
    assert verdict(72, 3, command) == expected


def test_nothing_is_a_terminal() -> None:
    assert verdict(16, 1, 0x5401) == ENOTTY


def test_every_jump_stays_inside_the_program() -> None:
    code = list(struct.iter_unpack("<HBBI", seccomp.program(PID)))
    jumps = [at + 1 + way for at, (op, yes, no, _) in enumerate(code) if op & 7 == 5 for way in (yes, no)]

    assert max(jumps) < len(code)
