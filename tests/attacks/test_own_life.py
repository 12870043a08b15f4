"""The grader's own life: killed, interrupted, without room, twice at once. Nothing is left of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attack import honest

from grader.assignment.starter import write_assignment

HANGS = b"import time\n\n\ndef count_rnn_parameters(*_):\n    time.sleep(999)\n"
SECONDS = 20.0


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    """A submission whose first task hangs and whose second is right."""
    folder = tmp_path / "submission"
    folder.mkdir()
    (folder / "param_counter.py").write_bytes(HANGS)
    (folder / "lstm_cell.py").write_bytes(honest("lstm_cell"))
    return folder


@pytest.fixture
def right(tmp_path: Path) -> Path:
    folder = tmp_path / "right"
    folder.mkdir()
    (folder / "param_counter.py").write_bytes(honest("param_counter"))
    return folder


@pytest.fixture
def start(cache: Path, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start `grade` with arguments; what still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "TMPDIR": str(temporary)}
    environment["XDG_DATA_HOME"] = str(tmp_path / "data")

    def start(*arguments: object, **more: object) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "grader", *map(str, arguments)]
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment} | more
        # A shell ignores Ctrl-C for what it runs in the background, and programs inherit that.
        given |= {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
        started.append(subprocess.Popen(command, **given))  # type: ignore[call-overload]
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(holds: Callable[[], object], seconds: float = SECONDS) -> bool:
    """Wait until `holds`; return whether it did in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def processes_of(pid: int) -> set[int]:
    """Return the processes that stem from `pid`, itself as well."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path("/proc", entry, "stat").read_bytes().rpartition(b")")[2].split()
            parents[int(entry)] = int(fields[1])
        except OSError:
            continue
    found, size = {pid}, 0
    while len(found) > size:
        size = len(found)
        found |= {one for one, parent in parents.items() if parent in found}
    return found


def alive(pids: set[int]) -> set[int]:
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
        except OSError:
            continue
        if state != b"Z":
            found.add(pid)
    return found


def written(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.exists() else []


MOMENTS = [0.05, 0.2, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_grader_that_is_killed_leaves_nothing_running_and_nothing_half_written(
    start: Callable[..., "subprocess.Popen[bytes]"], submission: Path, tmp_path: Path, moment: float
) -> None:
    out = tmp_path / "out"
    process = start(submission, "--out", out)
    time.sleep(moment)
    family = processes_of(process.pid)
    process.kill()
    process.communicate()

    assert (until(lambda: not alive(family)), written(out)) == (True, [])


def test_the_control_while_it_runs_there_are_processes_of_it(
    start: Callable[..., "subprocess.Popen[bytes]"], submission: Path, tmp_path: Path
) -> None:
    process = start(submission, "--out", tmp_path / "out")

    assert until(lambda: len(processes_of(process.pid)) > 2)


@pytest.mark.slow
def test_the_run_after_one_that_was_killed_is_like_any_other(
    start: Callable[..., "subprocess.Popen[bytes]"], right: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    killed = start(right, "--out", out, "--task", "param_counter")
    until(lambda: len(processes_of(killed.pid)) > 2)
    time.sleep(0.5)
    killed.kill()
    killed.communicate()
    process = start(right, "--out", out, "--task", "param_counter")
    process.communicate(timeout=60)

    assert (process.returncode, written(out)) == (0, ["report.html", "report.json"])


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("moment", [0.7, 2.5])
def test_a_grader_that_is_asked_to_stop_says_so_at_once_and_leaves_nothing(
    start: Callable[..., "subprocess.Popen[bytes]"],
    submission: Path,
    tmp_path: Path,
    number: signal.Signals,
    code: int,
    moment: float,
) -> None:
    out = tmp_path / "out"
    process = start(submission, "--out", out)
    until(lambda: len(processes_of(process.pid)) > 2)
    time.sleep(moment)
    family = processes_of(process.pid)
    begun = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    seconds = time.monotonic() - begun

    assert (process.returncode, said.decode().count("\n"), seconds < 5, written(out)) == (code, 1, True, [])
    assert until(lambda: not alive(family))


# A class


@pytest.fixture
def whole(right: Path, tmp_path: Path) -> Path:
    """A class of twelve right submissions."""
    for number in range(12):
        shutil.copytree(right, tmp_path / "class" / f"student {number}")
    return tmp_path / "class"


def zygotes_of(pid: int) -> list[int]:
    """Return the first warm process of a class, and the copies that children are forked from."""
    family = processes_of(pid)
    warm = [
        one
        for one in sorted(family)
        if b"guest.zygote" in told_of(one, "cmdline") and b"bwrap" not in told_of(one, "comm")
    ]
    return [one for one in warm if one == warm[0] or parent_of(one) == warm[0]]


def told_of(pid: int, what: str) -> bytes:
    """Return what the kernel says of a process, nothing where it has ended or hides from its user."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1], ids=["the first", "a copy"])
def test_a_warm_process_that_ends_on_the_way_costs_nobody_a_mark(
    start: Callable[..., "subprocess.Popen[bytes]"], whole: Path, tmp_path: Path, which: int
) -> None:
    out = tmp_path / "out"
    process = start("class", whole, "--out", out, "--task", "param_counter", "--cores", 2)
    assert until(lambda: len(list(out.glob("*/report.json"))) > 1, 60)
    os.kill(zygotes_of(process.pid)[which], signal.SIGKILL)
    process.communicate(timeout=120)
    reports = [json.loads(path.read_bytes()) for path in out.glob("*/report.json")]

    assert (process.returncode, [report["score"] == report["points"] for report in reports]) == (
        0,
        [True] * 12,
    )


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.3, 1.0, 3.0])
def test_a_class_that_is_killed_leaves_nothing_running(
    start: Callable[..., "subprocess.Popen[bytes]"], whole: Path, tmp_path: Path, moment: float
) -> None:
    process = start("class", whole, "--out", tmp_path / "out", "--task", "param_counter", "--cores", 2)
    time.sleep(moment)
    family = processes_of(process.pid)
    process.kill()
    process.communicate()

    assert until(lambda: not alive(family))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("more", [(), ("another",)], ids=["one", "a class"])
def test_without_isolation_a_grader_that_is_ended_leaves_no_program_running(
    start: Callable[..., "subprocess.Popen[bytes]"], tmp_path: Path, more: tuple[str, ...], number: int
) -> None:
    folders, begun = [tmp_path / name for name in ("hangs", *more)], tmp_path / "begun"
    for folder in folders:
        folder.mkdir()
    source = f"import time\nopen({str(begun)!r}, 'w').close()\ntime.sleep(999)\n"
    (folders[0] / "standardize.py").write_text(source)
    write_assignment(tmp_path / "assignment")
    shutil.rmtree(tmp_path / "assignment" / "standardize" / "mistakes")  # each would import torch first
    given = ("--assignment", tmp_path / "assignment", "--out", tmp_path / "out")
    process = start(*folders, "--no-sandbox", *given)
    assert until(begun.exists, 120)
    family = processes_of(process.pid)
    process.send_signal(number)
    process.communicate()

    assert (len(family) > 1, until(lambda: not alive(family))) == (True, True)


# What it writes to


def test_a_folder_that_cannot_be_written_is_a_clear_word(
    start: Callable[..., "subprocess.Popen[bytes]"], right: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    process = start(right, "--out", tmp_path / "file" / "out", "--task", "param_counter")
    _, said = process.communicate(timeout=60)

    assert (process.returncode, b"cannot be written" in said, b"Traceback" in said) == (2, True, False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.slow
def test_a_full_disk_is_a_clear_word_and_leaves_no_half_report(
    start: Callable[..., "subprocess.Popen[bytes]"], right: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "none", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(mounted.stderr.decode())
    try:
        process = start(right, "--out", disk / "out", "--task", "param_counter")
        _, said = process.communicate(timeout=60)
        left = written(disk / "out")
        whole = [json.loads((disk / "out" / name).read_bytes()) for name in left if name == "report.json"]
    finally:
        subprocess.run(["umount", disk], check=True)

    assert (process.returncode, b"No space left" in said, b"Traceback" in said) == (2, True, False)
    assert left == ["report.json"] * len(whole)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_terminal_that_is_gone_is_no_mark_lost(
    start: Callable[..., "subprocess.Popen[bytes]"], right: Path, tmp_path: Path, unbuffered: str
) -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with open("/dev/full", "wb") as full:
        out = tmp_path / "out"
        process = start(right, "--out", out, "--task", "param_counter", stdout=full, env=environment)
        _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (
        2,
        b"grade: Standard output cannot be written to: No space left on device.\n",
    )


@pytest.mark.slow
def test_two_runs_at_once_into_the_same_folder_leave_one_whole_report(
    start: Callable[..., "subprocess.Popen[bytes]"], right: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    running = [start(right, "--out", out, "--task", "param_counter") for _ in range(2)]
    for process in running:
        process.communicate(timeout=90)
    report = json.loads((out / "report.json").read_bytes())

    assert [process.returncode for process in running] == [0, 0]
    assert (report["score"], written(out)) == (10, ["report.html", "report.json"])
