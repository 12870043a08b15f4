"""In a folder that a stranger prepared no link is followed, and only plain files are read."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.untrusted_files import keep_private, opened, read, remove, write, write_once


@pytest.fixture(params=["by descriptor", "by path"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How files in a folder are opened; Windows knows only the second way."""
    if request.param == "by path":
        monkeypatch.setattr(os, "supports_dir_fd", set())
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder beside a file of somebody else."""
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def link(path: Path) -> None:
    path.symlink_to(path.parents[1] / "precious")


def hard_link(path: Path) -> None:
    os.link(path.parents[1] / "precious", path)


def breaking() -> Iterator[bytes]:
    yield b"some"
    raise ValueError("no more")


# Reading


def test_a_file_is_read_whole(folder: Path) -> None:
    (folder / "x").write_bytes(b"12345")

    assert read(folder, "x", 5) == b"12345"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (link, "Too many levels of symbolic links"),
        (os.mkfifo, "It is not a plain file"),
        (os.mkdir, "It is not a plain file"),
        (lambda path: path.write_bytes(b"123456"), "It is longer than 0 MiB"),
        (lambda path: None, "No such file or directory"),
    ],
)
def test_what_is_no_plain_file_of_that_size_is_refused(
    folder: Path, make: Callable[[Path], None], said: str
) -> None:
    make(folder / "x")

    with pytest.raises(OSError, match=said):
        read(folder, "x", 5)


# Writing


def test_a_folder_that_is_not_there_is_made(folder: Path) -> None:
    write(folder / "a" / "b", "x", [b"1", b"2"])

    assert (folder / "a" / "b" / "x").read_bytes() == b"12"


@pytest.mark.parametrize("make", [link, hard_link, os.mkfifo, lambda path: path.touch()])
def test_what_has_the_name_is_replaced_and_not_written_to(folder: Path, make: Callable[[Path], None]) -> None:
    make(folder / "x")
    write(folder, "x", [b"new"], 0o600)
    status = (folder / "x").lstat()

    assert (stat.S_ISREG(status.st_mode), stat.S_IMODE(status.st_mode), status.st_nlink) == (True, 0o600, 1)
    assert ((folder / "x").read_bytes(), (folder.parent / "precious").read_text()) == (b"new", "precious")


def test_a_file_that_was_begun_and_not_ended_is_not_there(folder: Path) -> None:
    with pytest.raises(ValueError, match="no more"):
        write(folder, "x", breaking())

    assert os.listdir(folder) == []


def test_what_is_written_once_stays(folder: Path) -> None:
    for data in (b"first", b"second"):
        write_once(folder, "x", data)

    assert (os.listdir(folder), (folder / "x").read_bytes()) == (["x"], b"first")


def test_only_its_owner_may_read_what_is_written_once(folder: Path) -> None:
    write_once(folder, "x", b"secret")

    assert stat.S_IMODE((folder / "x").stat().st_mode) == 0o600


# Folders


@pytest.mark.parametrize("target", ["folder", "nowhere", "link"])
def test_a_link_in_place_of_a_folder_is_refused(folder: Path, target: str) -> None:
    (folder.parent / "link").symlink_to(target)

    with pytest.raises(OSError, match="link is a link, and links are not followed here"):
        write(folder.parent / "link", "x", [b""])


@pytest.mark.parametrize("path", ["link/below", "link/../folder", "./link"])
def test_a_link_on_the_way_from_the_working_directory_is_refused(
    folder: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "link").symlink_to("folder")
    monkeypatch.chdir(folder.parent)

    with pytest.raises(OSError, match="link is a link, and links are not followed here"):
        write(Path(path), "x", [b""])


def test_the_way_to_an_absolute_path_may_hold_links(folder: Path) -> None:
    (folder.parent / "link").symlink_to("folder")
    write(folder.parent / "link" / "below", "x", [b"1"])

    assert (folder / "below" / "x").read_bytes() == b"1"


def test_a_file_in_place_of_a_folder_is_refused(folder: Path) -> None:
    with pytest.raises(NotADirectoryError), opened(folder.parent / "precious"):
        pass


# Taking away


def test_our_files_are_taken_away_with_what_a_killed_run_left(folder: Path) -> None:
    for name in ("x", ".x.12ab"):
        (folder / name).touch()
    remove(folder, ("x", "y"))

    assert folder.exists() is False


def test_files_of_others_stay(folder: Path) -> None:
    for name in ("x", "xx", "x.12ab"):
        (folder / name).touch()
    remove(folder, ("x",))

    assert sorted(os.listdir(folder)) == ["x.12ab", "xx"]


def test_of_a_link_to_a_folder_only_the_link_is_taken_away(folder: Path) -> None:
    (folder / "x").touch()
    (folder.parent / "link").symlink_to("folder")
    remove(folder.parent / "link", ("x",))

    assert ((folder.parent / "link").is_symlink(), os.listdir(folder)) == (False, ["x"])


# Private folders


@pytest.mark.parametrize("way", ["by descriptor"], indirect=True)
@pytest.mark.parametrize("mode", [0o755, 0o700, 0o711])
def test_a_folder_of_ours_is_closed_to_others(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    keep_private(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("way", ["by descriptor"], indirect=True)
@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_folder_that_others_could_write_to_is_refused(folder: Path, mode: int) -> None:
    folder.chmod(mode)

    with pytest.raises(OSError, match="Other users may write to it"):
        keep_private(folder)


@pytest.mark.parametrize("way", ["by descriptor"], indirect=True)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_a_folder_of_another_user_is_refused(folder: Path) -> None:
    os.chown(folder, 65534, 65534)

    with pytest.raises(OSError, match="It belongs to another user"):
        keep_private(folder)
