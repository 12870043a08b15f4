"""A worker does each of its jobs once, and goes on whatever one of them brings about."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from samples import right_report, wrong_report

from grader.asking.answer_cache import FILE
from grader.assignment.starter import write_assignment
from grader.course.worker import JOB, Grade, Job, JobResult, PoolSettings, Prepare, write
from grader.errors import UsageError
from grader.results.report import Lateness, Report
from grader.sandbox.probe import best_level
from grader.signing import Signer

SIGNER = Signer(b"a key")
RIGHT = "def standardize(x):\n    return (x - x.mean(0)) / x.std(0, unbiased=False)\n"
LATE = Lateness(when="2026-10-02", days=1, percent=10)


class Place:
    """A worker process, and the folder of what it grades."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_assignment(folder / "assignment")
        for name, source in (("right", RIGHT), ("wrong", "def standardize(x):\n    return x\n")):
            (folder / name).mkdir()
            (folder / name / "standardize.py").write_text(source)
        (folder / "file").write_text("")
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from grader.course.worker import main; main([])"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._write(
            PoolSettings(
                assignment=folder / "assignment",
                tasks=("standardize",),
                seed=3,
                level=best_level(),
                cache=folder / "cache",
                signing_key=SIGNER.key.hex(),
                at_once=2,
            ).model_dump_json()
        )

    def _write(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def done(self, job: Job) -> JobResult:
        """Return the result of a job."""
        assert self.process.stdout
        self._write(job.model_dump_json())
        return JobResult.model_validate_json(self.process.stdout.readline())

    def grade(self, name: str, out: str, **fields: Any) -> JobResult:
        files = {path.name: path.read_bytes() for path in (self.folder / name).iterdir()}
        return self.done(Grade(number=1, name=name, files=files, out=self.folder / out, **fields))

    def report(self, out: str) -> Report:
        return Report.model_validate_json((self.folder / out / "report.json").read_bytes())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("worker"))
    yield made
    assert made.process.stdin and made.process.stdout
    made.process.stdin.close()
    made.process.wait(30)
    made.process.stdout.close()


def test_preparing_a_task_fills_the_answer_cache(place: Place) -> None:
    answer = place.done(Prepare(number=7, task="standardize"))

    with closing(sqlite3.connect(place.folder / "cache" / FILE)) as base:
        (entries,) = base.execute("SELECT count(*) FROM answers").fetchone()

    assert (answer, entries > 1) == (JobResult(number=7), True)


def test_a_submission_is_graded_and_its_report_written(place: Place) -> None:
    answer = place.grade("right", "out")

    assert (answer.graded and answer.graded.score, place.report("out").submission, answer.fault) == (
        5,
        "right",
        "",
    )


def test_its_page_lies_beside_it(place: Place) -> None:
    place.grade("right", "page")

    assert sorted(path.name for path in (place.folder / "page").iterdir()) == [
        "report.html",
        "report.json",
        "report.signature",
    ]


def test_a_submission_is_called_as_the_job_says(place: Place) -> None:
    files = {"standardize.py": RIGHT.encode()}
    place.done(Grade(number=1, name="student-1", files=files, out=place.folder / "alias"))

    assert place.report("alias").submission == "student-1"


def test_late_days_are_told_in_the_report_and_cost_no_check(place: Place) -> None:
    answer = place.grade("right", "late", lateness=LATE)

    assert (
        place.report("late").lateness,
        answer.graded and answer.graded.score,
    ) == (
        LATE,
        5,
    )


def test_a_task_that_is_not_there_is_a_fault(place: Place) -> None:
    assert place.done(Prepare(number=1, task="nothing")).fault.startswith("there is no task 'nothing'")


def test_a_report_that_cannot_be_written_is_a_fault(place: Place) -> None:
    assert "cannot be written to" in place.grade("right", "file").fault


def test_the_page_of_a_report_comes_before_what_says_that_all_is_there(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(UsageError):
        write(right_report(), tmp_path, SIGNER)

    assert (tmp_path / "report.json").exists() is False


def test_all_files_of_a_report_are_written(tmp_path: Path) -> None:
    write(wrong_report(), tmp_path, SIGNER)

    assert json.loads((tmp_path / "report.json").read_text())["submission"] == "ana"


@pytest.mark.parametrize("name", ["ana", "zo\u00e9", "\u65e5\u672c", "M\udcfcller"])
def test_a_path_of_any_bytes_arrives_as_it_was(name: str) -> None:
    files = {"m.py": bytes(range(256))}
    job = Grade(number=1, name="", files=files, out=Path("/class") / name)

    assert JOB.validate_json(job.model_dump_json().encode()) == job
