"""The files of a submission are written once, for as long as somebody uses them, and then they are gone."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox.submission_files import SubmissionFiles, SubmissionsDirectory


@pytest.fixture
def submissions() -> Iterator[SubmissionsDirectory]:
    made = SubmissionsDirectory()
    yield made
    made.close()


def test_files_are_there_while_they_are_held(submissions: SubmissionsDirectory) -> None:
    with SubmissionFiles(submissions.path).holding({"a.py": b"1", "b/c/d.csv": b"2"}) as name:
        folder = Path(submissions.path, name)
        found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}

    assert (found, folder.exists()) == ({"a.py": b"1", "b/c/d.csv": b"2"}, False)


def test_the_same_files_are_written_once_and_others_apart(submissions: SubmissionsDirectory) -> None:
    folders, files = SubmissionFiles(submissions.path), {"a.py": b"1"}
    with (
        folders.holding(files) as first,
        folders.holding(files) as second,
        folders.holding({"a.py": b"1"}) as other,
    ):
        pass

    assert (first == second, first == other) == (True, False)


def test_files_stay_until_the_last_one_lets_go(submissions: SubmissionsDirectory) -> None:
    folders, files = SubmissionFiles(submissions.path), {"a.py": b"1"}
    with folders.holding(files) as name:
        with folders.holding(files):
            pass

        assert Path(submissions.path, name, "a.py").read_bytes() == b"1"


def test_a_name_has_128_bits_in_a_directory_that_cannot_be_listed(submissions: SubmissionsDirectory) -> None:
    with SubmissionFiles(submissions.path).holding({"a.py": b""}) as name:
        mode = stat.S_IMODE(os.stat(submissions.path).st_mode)

    assert (len(bytes.fromhex(name)), mode & 0o444) == (16, 0)


@pytest.mark.parametrize("path", ["../a.py", "/a.py", "a//b.py", "a/../../b.py", "./a.py", ""])
def test_a_path_that_leads_elsewhere_is_refused(submissions: SubmissionsDirectory, path: str) -> None:
    with (
        pytest.raises(SandboxError, match="not a path within a submission"),
        SubmissionFiles(submissions.path).holding({path: b""}),
    ):
        pass


def test_what_cannot_be_written_is_a_clear_error_and_leaves_nothing(
    submissions: SubmissionsDirectory,
) -> None:
    folders = SubmissionFiles(submissions.path)
    with pytest.raises(SandboxError, match="cannot be written"), folders.holding({"a": b"", "a/b.py": b""}):
        pass
    os.chmod(submissions.path, 0o700)

    assert os.listdir(submissions.path) == []


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_the_directory_is_removed_when_its_process_is_killed(end: signal.Signals) -> None:
    program = (
        "import sys, time\n"
        "from grader.sandbox.submission_files import SubmissionFiles, SubmissionsDirectory\n"
        "submissions = SubmissionsDirectory()\n"
        "with SubmissionFiles(submissions.path).holding({'a/b.py': b'1'}):\n"
        "    print(submissions.path, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout
        path = Path(process.stdout.readline().decode().strip())
        there = path.exists()
        process.send_signal(end)
    deadline = time.monotonic() + 20
    while path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)

    assert (there, path.exists()) == (True, False)
