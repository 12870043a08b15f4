"""A file of a report is there whole, or as it was before."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import right_report, wrong_report

from grader.errors import UsageError
from grader.report import json
from grader.report.html import submission_page
from grader.report.write import write_lines, write_reports, write_text
from grader.results.report import Report


def whole(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def breaking() -> Iterator[str]:
    yield "the first line\n"
    raise ValueError("the writer failed")


def test_a_report_is_two_files(tmp_path: Path) -> None:
    write_reports(right_report(), tmp_path)

    assert whole(tmp_path) == {
        "report.json": json.render(right_report()),
        "report.html": submission_page.render(right_report()),
    }


def test_the_path_of_the_page_is_told(tmp_path: Path) -> None:
    assert write_reports(right_report(), tmp_path) == tmp_path / "report.html"


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    assert write_text(tmp_path / "a" / "b", "x.txt", "text").read_text() == "text"


def test_the_next_report_replaces_the_last_one(tmp_path: Path) -> None:
    for report in (right_report(), wrong_report()):
        write_reports(report, tmp_path)

    assert Report.model_validate_json((tmp_path / "report.json").read_text()) == wrong_report()


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the writer failed"):
        write_lines(tmp_path, "grades.csv", breaking())

    assert whole(tmp_path) == {}


def test_what_was_there_stays_where_writing_fails(tmp_path: Path) -> None:
    write_text(tmp_path, "grades.csv", "as before")
    with pytest.raises(ValueError, match="the writer failed"):
        write_lines(tmp_path, "grades.csv", breaking())

    assert whole(tmp_path) == {"grades.csv": "as before"}


def test_while_a_file_is_written_the_old_one_is_there(tmp_path: Path) -> None:
    write_text(tmp_path, "grades.csv", "old")
    seen = []

    def lines() -> Iterator[str]:
        yield "x" * 100_000
        seen.append((tmp_path / "grades.csv").read_text())

    write_lines(tmp_path, "grades.csv", lines())

    assert seen == ["old"]


def test_others_may_read_it_and_only_its_owner_may_write_it(tmp_path: Path) -> None:
    path = write_text(tmp_path, "report.json", "{}")

    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_line_ends_alike_on_every_system(tmp_path: Path) -> None:
    assert write_lines(tmp_path, "grades.csv", ["a\n", "é\n"]).read_bytes() == b"a\n\xc3\xa9\n"


def test_a_surrogate_does_not_stop_the_writing(tmp_path: Path) -> None:
    assert write_text(tmp_path, "report.html", "a\ud800b").read_bytes() == b"a?b"


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / "report.json").symlink_to(tmp_path / "elsewhere")
    write_text(tmp_path, "report.json", "{}")

    assert ((tmp_path / "elsewhere").read_text(), (tmp_path / "report.json").is_symlink()) == (
        "precious",
        False,
    )


@pytest.mark.parametrize("where", ["file", "file/below"])
def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=f"{where} cannot be written to: "):
        write_text(tmp_path / where, "report.json", "{}")


def test_a_folder_in_place_of_the_file_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(UsageError, match="cannot be written to: Is a directory"):
        write_text(tmp_path, "report.json", "{}")

    assert os.listdir(tmp_path) == ["report.json"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full disk at hand")
def test_a_disk_that_takes_no_more_is_said_where_it_is_noticed() -> None:
    with pytest.raises(UsageError, match="cannot be written to"):
        write_text(Path("/dev/full"), "report.json", "{}")
