"""A class is marked again after its submissions were taken away."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.assignment.starter import write_assignment

CLASS = {
    "ana": "def standardize(x):\n    return (x - x.mean(0)) / x.std(0, unbiased=False)\n",
    "bela": "def standardize(x):\n    return (x - x.mean(0)) / x.var(0, unbiased=False)\n",
    "eve": "def standardize(x):\n    return x.sin()\n",
}


@dataclass
class Graded:
    """A class of three that was graded, and whose submissions are gone."""

    folder: Path

    def grade(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {f"XDG_{kind}_HOME": str(self.folder / kind) for kind in ("DATA", "CACHE")}
        return subprocess.run(
            [sys.executable, "-m", "grader", *arguments],
            env=os.environ | environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
        )

    def scores(self, out: str) -> dict[str, float]:
        found = json.loads((self.folder / out / "class.json").read_text())
        return {row["folder"]: row.get("score", 0) for row in found["students"]}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    place = Graded(tmp_path_factory.mktemp("graded"))
    write_assignment(place.folder / "assignment")
    for name, source in CLASS.items():
        (place.folder / "class" / name).mkdir(parents=True)
        (place.folder / "class" / name / "standardize.py").write_text(source)
    done = place.grade("class", "class", "--assignment", "assignment", "--out", "graded")
    assert done.returncode == 1, done.stderr
    shutil.rmtree(place.folder / "class")
    return place


def test_a_slip_costs_its_price_and_what_nothing_explains_costs_its_checks(graded: Graded) -> None:
    assert graded.scores("graded") == {"ana": 5, "bela": 3, "eve": 0}


def test_another_price_changes_the_mark_of_whom_it_concerns_and_shows_it(graded: Graded) -> None:
    shutil.copytree(graded.folder / "assignment", graded.folder / "cheaper")
    mistake = graded.folder / "cheaper" / "standardize" / "mistakes" / "variance_not_rooted.patch"
    mistake.write_text(mistake.read_text().replace("costs: 40 %", "costs: 1"))
    done = graded.grade("remark", "graded", "--assignment", "cheaper")

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[:3] == [
        "1 of 3 marks change: 1 up, 0 down",
        "  bela  3 → 4  +1",
        "      standardize: “The variance is not rooted” costs 1 instead of 2",
    ]
    assert graded.scores("remarked") == {"ana": 5, "bela": 4, "eve": 0}
    assert graded.scores("graded") == {"ana": 5, "bela": 3, "eve": 0}


def test_the_same_assignment_changes_nothing(graded: Graded) -> None:
    done = graded.grade("remark", "graded", "--assignment", "assignment", "--out", "same")

    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "0 of 3 marks change: 0 up, 0 down")


def test_another_check_is_refused(graded: Graded) -> None:
    shutil.copytree(graded.folder / "assignment", graded.folder / "other")
    checks = graded.folder / "other" / "standardize" / "checks.py"
    checks.write_text(checks.read_text().replace("least=2", "least=3"))
    done = graded.grade("remark", "graded", "--assignment", "other", "--out", "refused")

    assert done.returncode == 2
    assert "differs in more than prices and points" in done.stderr
    assert not (graded.folder / "refused").exists()
