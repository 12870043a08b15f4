"""A first assignment, copied into a folder that is new or empty."""

import subprocess
import sys
from pathlib import Path

import pytest

import grader
from grader.assignment.starter import write_assignment
from grader.errors import UsageError

STARTER = Path(grader.__file__).parent / "assignment" / "starter_files"


def held(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["new", "in/a/new", "empty"])
def test_a_new_or_empty_folder_gets_all_of_the_starter(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    write_assignment(tmp_path / name)

    assert held(tmp_path / name) == {
        path: data for path, data in held(STARTER).items() if "__pycache__" not in path
    }


def test_what_python_left_in_the_starter_is_not_copied(tmp_path: Path) -> None:
    write_assignment(tmp_path / "new")

    assert [path for path in held(tmp_path / "new") if path.endswith(".pyc")] == []


@pytest.mark.parametrize("there", ["notes.txt", ".hidden"])
def test_a_folder_that_holds_anything_is_refused_and_left_as_it_is(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    with pytest.raises(UsageError) as refused:
        write_assignment(tmp_path)

    assert (str(refused.value), held(tmp_path)) == (
        f"{tmp_path} is there already and not empty; name a new folder.",
        {there: b"mine"},
    )


def test_a_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        write_assignment(tmp_path / "file")

    assert held(tmp_path) == {"file": b"mine"}


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError) as refused:
        write_assignment(tmp_path / "file" / "new")

    assert str(refused.value) == f"{tmp_path}/file/new cannot be written to: Not a directory."


@pytest.mark.parametrize("target", ["nowhere", "empty"])
def test_a_link_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / target)
    with pytest.raises(UsageError) as refused:
        write_assignment(tmp_path / "link")

    assert f"{tmp_path}/link is a link, and links are not followed here" in str(refused.value)


def test_a_disk_that_takes_no_more_is_said(tmp_path: Path) -> None:
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from grader.errors import UsageError\n"
        "from grader.assignment.starter import write_assignment\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))\n"
        "try: write_assignment(Path(sys.argv[1]))\n"
        "except UsageError as error: print(error)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "new")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)

    assert ended.stdout.startswith(f"{tmp_path}/new cannot be written to: [Errno 27] File too large")
