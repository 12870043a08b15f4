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
from grader.sandbox.folders import Folders, Place


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place()
    yield made
    made.close()


def test_files_are_there_while_they_are_held(place: Place) -> None:
    with Folders(place.path).holding({"a.py": b"1", "b/c/d.csv": b"2"}) as name:
        folder = Path(place.path, name)
        found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}

    assert (found, folder.exists()) == ({"a.py": b"1", "b/c/d.csv": b"2"}, False)


def test_the_same_files_are_written_once_and_others_apart(place: Place) -> None:
    folders, files = Folders(place.path), {"a.py": b"1"}
    with (
        folders.holding(files) as first,
        folders.holding(files) as second,
        folders.holding({"a.py": b"1"}) as other,
    ):
        pass

    assert (first == second, first == other) == (True, False)


def test_files_stay_until_the_last_one_lets_go(place: Place) -> None:
    folders, files = Folders(place.path), {"a.py": b"1"}
    with folders.holding(files) as name:
        with folders.holding(files):
            pass

        assert Path(place.path, name, "a.py").read_bytes() == b"1"


def test_a_name_has_128_bits_below_a_place_that_cannot_be_listed(place: Place) -> None:
    with Folders(place.path).holding({"a.py": b""}) as name:
        mode = stat.S_IMODE(os.stat(place.path).st_mode)

    assert (len(bytes.fromhex(name)), mode & 0o444) == (16, 0)


@pytest.mark.parametrize("path", ["../a.py", "/a.py", "a//b.py", "a/../../b.py", "./a.py", ""])
def test_a_path_that_leads_elsewhere_is_refused(place: Place, path: str) -> None:
    with (
        pytest.raises(SandboxError, match="no path within a submission"),
        Folders(place.path).holding({path: b""}),
    ):
        pass


def test_what_cannot_be_written_is_a_clear_error_and_leaves_nothing(place: Place) -> None:
    folders = Folders(place.path)
    with pytest.raises(SandboxError, match="cannot be written"), folders.holding({"a": b"", "a/b.py": b""}):
        pass
    os.chmod(place.path, 0o700)

    assert os.listdir(place.path) == []


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_place_is_removed_when_its_process_is_killed(end: signal.Signals) -> None:
    program = (
        "import sys, time\nfrom grader.sandbox.folders import Folders, Place\n"
        "place = Place()\nwith Folders(place.path).holding({'a/b.py': b'1'}):\n"
        "    print(place.path, flush=True)\n    time.sleep(60)\n"
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
