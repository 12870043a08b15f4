"""Which files a process may read, tried in a child that ends at once."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from forked import inside

from grader.guest import confine, landlock

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or landlock.version() < 3, reason="this kernel has no Landlock"
)


def restricted(readable: list[str], act: Callable[[], object]) -> str:
    """Return what became of `act` in a process that may read beneath `readable` only."""

    def try_it() -> str:
        confine.give_up_privileges()
        landlock.apply(landlock.ruleset(readable))
        act()
        return "done"

    return inside(try_it)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("inside", "outside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("text")
    return tmp_path


def test_a_file_beneath_an_allowed_folder_can_be_read(folder: Path) -> None:
    inside = folder / "inside"

    assert restricted([str(inside)], (inside / "file").read_text) == "done"


def test_a_file_elsewhere_cannot_be_read(folder: Path) -> None:
    assert restricted([str(folder / "inside")], (folder / "outside" / "file").read_text) == "PermissionError"


def test_one_file_can_be_allowed_alone(folder: Path) -> None:
    file, other = folder / "inside" / "file", folder / "outside" / "file"

    assert (restricted([str(file)], file.read_text), restricted([str(file)], other.read_text)) == (
        "done",
        "PermissionError",
    )


def test_a_link_out_of_an_allowed_folder_leads_nowhere(folder: Path) -> None:
    link = folder / "inside" / "link"
    link.symlink_to(folder / "outside" / "file")

    assert restricted([str(folder / "inside")], link.read_text) == "PermissionError"


def test_nothing_can_be_written_where_reading_is_allowed(folder: Path) -> None:
    inside = folder / "inside"
    found = [
        restricted([str(inside)], act)
        for act in (
            lambda: (inside / "new").write_text("x"),
            lambda: (inside / "file").write_text("x"),
            lambda: (inside / "file").unlink(),
            lambda: (inside / "made").mkdir(),
            lambda: os.truncate(inside / "file", 0),
        )
    ]

    assert found == ["PermissionError"] * 5


def test_a_path_that_is_not_there_needs_no_rule(folder: Path) -> None:
    inside = folder / "inside"

    assert restricted([str(folder / "nothing"), str(inside)], (inside / "file").read_text) == "done"


@pytest.mark.skipif(landlock.version() < 4, reason="the network came with version 4")
def test_no_connection_can_be_made(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()

        assert restricted([], lambda: socket.create_connection(address)) == "PermissionError"


@pytest.mark.skipif(landlock.version() < 6, reason="signals came with version 6")
def test_the_parent_cannot_be_signalled() -> None:
    parent = os.getpid()

    assert restricted([], lambda: os.kill(parent, 0)) == "PermissionError"
