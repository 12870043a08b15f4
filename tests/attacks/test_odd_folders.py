"""Submissions that are odd as folders: what is no plain file is never read, followed or waited for."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from attack import POINTS, honest

from grader.assignment.loader import bundled
from grader.errors import SubmissionError
from grader.report.html import submission_page
from grader.report.messages import text
from grader.report.terminal import submission_summary
from grader.results.message import Message
from grader.results.report import Report
from grader.submission.loader import Submission, _contents, read_submission

MODULES = tuple(POINTS)
SECRET = "marker-of-a-secret"
MANY = 20_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission with a right `param_counter.py`, beside a secret that is not in it."""
    (tmp_path / "secret.py").write_text(f"SECRET = {SECRET!r}\n")
    made = tmp_path / "submission"
    made.mkdir()
    (made / "param_counter.py").write_bytes(honest("param_counter"))
    return made


def link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    try:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
    except PermissionError as error:
        pytest.skip(f"devices are made by root: {error}")


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def folder_in_place(path: Path) -> None:
    path.mkdir()


def unreadable(path: Path) -> None:
    path.write_text("x = 1\n")
    path.chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root may read everything")


ODD = {
    "a link to the secret": link("../secret.py"),
    "a link to the solution": link(str(bundled() / "lstm_cell" / "solution.py")),
    "a link to /etc/shadow": link("/etc/shadow"),
    "a link to /dev/zero": link("/dev/zero"),
    "a link to /proc/self/environ": link("/proc/self/environ"),
    "a link that goes round": loop,
    "a link to nothing": link("nowhere.py"),
    "a FIFO that nobody writes to": fifo,
    "a device": device,
    "a socket": unix_socket,
    "a folder": folder_in_place,
    "a file that may not be read": unreadable,
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD.keys())
def test_a_module_that_is_no_plain_file_is_not_read_and_a_note_says_so(
    folder: Path, make: Callable[[Path], None]
) -> None:
    make(folder / "lstm_cell.py")
    submission = read_submission(folder, MODULES)

    assert (list(submission.files), list(submission.notes)) == (["param_counter.py"], ["lstm_cell.py"])


def test_the_control_a_plain_file_in_its_place_is_read(folder: Path) -> None:
    (folder / "lstm_cell.py").write_text((folder.parent / "secret.py").read_text())
    submission = read_submission(folder, MODULES)

    assert SECRET in submission.files["lstm_cell.py"].decode()


@pytest.mark.parametrize("target", ["..", "/", "/etc", "/root", str(bundled())])
def test_a_link_to_a_folder_is_not_followed(folder: Path, target: str) -> None:
    (folder / "package").symlink_to(target)
    submission = read_submission(folder, MODULES)

    assert list(submission.files) == ["param_counter.py"]


def test_a_link_that_appears_between_look_and_open_is_not_followed(
    folder: Path,
) -> None:
    path = folder / "lstm_cell.py"
    path.write_text("x = 1\n")
    with os.scandir(folder) as entries:
        entry = next(entry for entry in entries if entry.name == path.name)
    path.unlink()
    path.symlink_to("../secret.py")
    notes: dict[str, Message] = {}

    assert (_contents(entry, path.name, notes), list(notes)) == (None, ["lstm_cell.py"])


NAMES = {
    "a line feed": "a\nb.py",
    "an order to a terminal": "a\x1b[2J.py",
    "a backspace": "a\b.py",
    "writing from right to left": "a\u202eyp.b.py",
    "bytes that are no text": os.fsdecode(b"a\xff\xfe.py"),
    "a null width": "a\u200b.py",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_that_cannot_be_printed_is_left_out_and_shown_harmlessly(folder: Path, name: str) -> None:
    (folder / name).write_text("x = 1\n")
    submission = read_submission(folder, MODULES)
    shown = "".join([*submission.notes, *map(text, submission.notes.values())])

    assert (list(submission.files), shown.isascii(), shown.isprintable()) == (
        ["param_counter.py"],
        True,
        True,
    )


HARMLESS = {
    "dots": "..a.py",
    "two dots at the end": "a..py",
    "blanks": " a .py",
    "quotes": "a'\"`$(x).py",
    "HTML": "<script>alert(1)<x>.py",
    "an option": "-rf.py",
    "a name of 255 bytes": "a" * 252 + ".py",
    "an order to a CI": "##vso[task.complete].py",
}


@pytest.mark.parametrize("name", HARMLESS.values(), ids=HARMLESS.keys())
def test_an_odd_name_changes_no_marks_and_does_no_harm_on_the_page(
    folder: Path, name: str, grade: Callable[..., Report]
) -> None:
    (folder / name).write_text("x = 1\n")
    report = grade(read_submission(folder, MODULES).files, "param_counter")
    pages = submission_page.render(report) + click.unstyle(submission_summary.render(report))

    assert (report.score, report.final, "<script>alert" in pages) == (10, True, False)


def test_names_beyond_what_a_message_holds_cost_the_marks_and_not_the_grader(
    folder: Path, grade: Callable[..., Report]
) -> None:
    (folder / "param_counter.py").write_text("x = 1\n")
    deep = folder
    for _ in range(6):
        deep /= "\u6f22" * 80
    deep.mkdir(parents=True)
    for number in range(400):
        (deep / ("\u6f22" * 80 + f"{number}.py")).write_text("")
    try:
        report = grade(read_submission(folder, MODULES).files, "param_counter")
    except SubmissionError:
        return  # to say so before anything is graded is as good

    assert (report.score, report.final) == (0, True)


def test_a_hard_link_is_a_file_like_any_other(folder: Path) -> None:
    os.link(folder / "param_counter.py", folder / "helper.py")
    submission = read_submission(folder, MODULES)

    assert submission.files["helper.py"] == honest("param_counter")


def test_bytecode_beside_a_module_is_left_out(folder: Path) -> None:
    cache = folder / "__pycache__"
    cache.mkdir()
    (cache / "param_counter.cpython-311.pyc").write_bytes(b"stale")
    (folder / "lstm_cell.pyc").write_bytes(b"stale")
    submission = read_submission(folder, MODULES)

    assert list(submission.files) == ["param_counter.py"]


@pytest.mark.parametrize("size", [8 << 20, 64 << 20])
def test_a_file_without_an_end_is_not_read_to_it(folder: Path, size: int) -> None:
    with open(folder / "lstm_cell.py", "wb") as file:
        file.truncate(size + 1)  # a hole: it takes no room on the disk
    submission = read_submission(folder, MODULES)

    assert (list(submission.files), list(submission.notes)) == (["param_counter.py"], ["lstm_cell.py"])


def test_too_many_files_are_refused(folder: Path) -> None:
    for number in range(600):
        (folder / f"m{number}.py").write_text("")
    with pytest.raises(SubmissionError, match="does not look like a submission"):
        read_submission(folder, MODULES)


def test_a_folder_of_many_links_does_not_make_a_long_report(folder: Path) -> None:
    for number in range(MANY):
        (folder / f"{number}.py").symlink_to("nowhere")
    submission = read_submission(folder, MODULES)

    assert len(submission.notes) < MANY / 10


def test_folders_in_folders_end_somewhere(folder: Path) -> None:
    deep = folder
    for _ in range(100):
        deep /= "d"
    deep.mkdir(parents=True)
    (deep / "x.py").write_text("")
    submission: Submission = read_submission(folder, MODULES)

    assert list(submission.files) == ["param_counter.py"]


def test_a_notebook_of_blank_lines_is_read_in_time(folder: Path) -> None:
    cell = {"cell_type": "code", "source": "x = 1" + "\n" * 30_000}
    (folder / "lstm_cell.ipynb").write_text(json.dumps({"cells": [cell]}))
    before = os.times().user
    read_submission(folder, MODULES)

    assert os.times().user - before < 1.5
