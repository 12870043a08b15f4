"""The grading process never needs torch."""

import subprocess
import sys
from pathlib import Path

import pytest


def loaded_after(statement: str) -> set[str]:
    """Return which heavy libraries a fresh interpreter has loaded after `statement`."""
    program = f"import sys; {statement}; print(*{{'torch', 'sympy'}} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    "names",
    [
        "grader.cli",
        "grader.judging.grading, grader.judging.comparison, grader.asking.answer_cache",
        "grader.submission.forbidden_scan, grader.submission.loader",
        "grader.report.terminal.submission_summary, grader.report.json, grader.report.write",
        "grader.sandbox.linux, grader.sandbox.probe, grader.sandbox.process",
    ],
)
def test_the_grading_process_needs_no_torch(names: str) -> None:
    assert loaded_after(f"import {names}") == set()


def test_grading_a_submission_loads_no_torch(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from contextlib import closing\n"
        "from pathlib import Path\n"
        "from grader.assignment.loader import bundled, read_assignment\n"
        "from grader.judging.grading import Grader\n"
        "from grader.asking.answer_cache import AnswerCache\n"
        "from grader.report import json\n"
        "from grader.report.terminal import submission_summary\n"
        "from grader.sandbox.probe import open_sandbox\n"
        "from grader.submission.loader import Submission\n"
        "with closing(open_sandbox()) as box:\n"
        "    found = read_assignment(bundled())\n"
        "    tasks = found.only(('param_counter',))\n"
        "    submission = Submission('x', {'param_counter.py': tasks[0].solution.encode()}, {})\n"
        "    report = Grader(found, tasks, 1, box, AnswerCache(Path(sys.argv[1]))).grade(submission)\n"
        "json.render(report), submission_summary.render(report)\n"
        "print(report.score == report.points, 'torch' in sys.modules)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert ended.stdout == "True False\n"
