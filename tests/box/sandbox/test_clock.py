"""A child's clock stands still while others keep the processors from it, whatever it does itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.sandbox.clock import Clock

SECONDS = 1.0
SPIN = "while True: pass"
SLEEP = "import time; time.sleep(999)"
HASHES = """
import hashlib, threading

def spin():
    data = bytes(1 << 20)
    while True:
        hashlib.sha256(data).digest()  # without Python's lock

for _ in range(4):
    threading.Thread(target=spin).start()
"""
Start = Callable[[str], int]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a program on one processor, the same for all; return its number."""
    processor = max(os.sched_getaffinity(0))
    started = []

    def start(program: str) -> int:
        process = subprocess.Popen([sys.executable, "-I", "-S", "-c", program])
        os.sched_setaffinity(process.pid, {processor})
        started.append(process)
        return process.pid

    yield start
    for process in started:
        process.kill()
        process.wait()


def used(pid: int) -> float:
    """Return the processor time of a process (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watched(
    start: Start, program: str, then: Callable[[int], object] = lambda pid: None
) -> tuple[float, ...]:
    """Watch a program for a while; return what its clock says, the time, and its processor time."""
    began, clock = time.monotonic(), Clock()
    pid = start(program)
    then(pid)
    while time.monotonic() < began + SECONDS:
        clock.look(pid, used(pid), 16)
        time.sleep(0.02)
    clock.look(pid, used(pid), 16)
    return clock.seconds, time.monotonic() - began, used(pid)


def test_a_program_that_waits_for_a_processor_has_no_more_and_no_less_time_than_it_worked(
    start: Start,
) -> None:
    for _ in range(4):
        start(SPIN)
    own, whole, worked = watched(start, SPIN)

    assert worked * 0.9 < own < whole * 0.7


def test_a_program_that_sleeps_has_all_its_time(start: Start) -> None:
    own, whole, _ = watched(start, SLEEP)

    assert own > whole * 0.7


def test_a_program_that_was_stopped_has_all_its_time(start: Start) -> None:
    own, whole, _ = watched(start, SPIN, lambda pid: os.kill(pid, signal.SIGSTOP))

    assert own > whole * 0.7


def test_threads_that_wait_for_one_another_gain_no_time(start: Start) -> None:
    own, _, worked = watched(start, HASHES)

    assert own > worked * 0.9


def test_a_process_that_has_ended_has_all_its_time() -> None:
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    process.wait()
    began, clock = time.monotonic(), Clock()
    clock.look(process.pid, 0.0, 16)

    seconds = clock.seconds

    assert seconds <= time.monotonic() - began
