"""`grade export` after `grade class`: the marks in the sheet, and each page where Moodle looks for it."""

import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.assignment.loader import bundled
from grader.cli import main

SOLUTION = (bundled() / "param_counter" / "solution.py").read_text()
SHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade,Feedback comments\n"
    "Participant 901,Ana Adler,a@x,Submitted,,100.00,\n"
    "Participant 902,Bob Bauer,b@x,Submitted,,100.00,\n"
)


def run(*arguments: object) -> tuple[int, str]:
    found = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return found.exit_code, found.output


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class")
    for name, program in (("Ana Adler_901", SOLUTION), ("Bob Bauer_902", "x = 1\n")):
        handed_in = folder / "download" / f"{name}_assignsubmission_file_"
        handed_in.mkdir(parents=True)
        (handed_in / "param_counter.py").write_text(program)
    run("class", folder / "download", "--task", "param_counter", "--out", folder / "graded")
    (folder / "sheet.csv").write_text(SHEET)
    return folder


def test_a_class_of_moodle_gets_marks_and_pages(graded: Path) -> None:
    code, said = run(
        "export", graded / "graded", "--to", "moodle", graded / "sheet.csv",
        "--out", graded / "filled.csv", "--feedback-zip", graded / "pages.zip",
    )  # fmt: skip

    assert code == 0, said
    assert (graded / "filled.csv").read_text().splitlines()[1] == (
        "Participant 901,Ana Adler,a@x,Submitted,10,100.00,10 of 10 points"
    )
    with zipfile.ZipFile(graded / "pages.zip") as archive:
        # As mod/assign/feedback/file/importziplib.php takes a path apart.
        parts = {path.partition("/")[0].split("_", 4)[1]: path for path in archive.namelist()}
        assert sorted(parts) == ["901", "902"]
        assert all(path.split("_")[2:4] == ["assignfeedback", "file"] for path in parts.values())
        assert b"10 of 10 points" in archive.read(parts["901"]) or b"10 / 10" in archive.read(parts["901"])


def test_pages_are_for_moodle_only(graded: Path) -> None:
    code, said = run(
        "export",
        graded / "graded",
        "--to",
        "canvas",
        graded / "sheet.csv",
        "--feedback-zip",
        graded / "p.zip",
    )

    assert code == 2
    assert "--feedback-zip is for Moodle" in said


def test_a_page_that_is_gone_is_named(graded: Path) -> None:
    (page,) = [path for path in (graded / "graded").glob("*/report.html") if "Bob" in str(path)]
    whole = page.read_bytes()
    page.unlink()
    code, said = run(
        "export",
        graded / "graded",
        "--to",
        "moodle",
        graded / "sheet.csv",
        "--feedback-zip",
        graded / "p.zip",
    )
    page.write_bytes(whole)

    assert code == 2
    assert "report.html cannot be read" in said
