"""Data files of an assignment, and modules that its tasks share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.asking.answer_cache import AnswerCache
from grader.assignment import beside
from grader.assignment.loader import read_assignment
from grader.errors import AssignmentError
from grader.judging.grading import Grader
from grader.results.report import TaskResult
from grader.sandbox.contract import Sandbox
from grader.submission.loader import Submission

FILES = {
    "assignment.toml": 'title = "Words"\nseed = 1\n[[tasks]]\nname = "words"\ntitle = "Words"\npoints = 2\n',
    "data/corpus.txt": "to be or not to be",
    "data/deep/numbers.txt": "7",
    "tools.py": "from basics import read\n\n\ndef corpus():\n    return read('data/corpus.txt')\n",
    "basics.py": "def read(path):\n    with open(path) as file:\n        return file.read()\n",
    "secrets_of_ours.py": "WORD = 'xyzzy'\n",
    "words/checks.py": '''
from grader import Task
from tools import corpus

task = Task()


@task.check(points=1)
def count(impl, case):
    """Words are counted."""
    return {"count": impl.count(case.show("text", corpus()[: 5 + case.number]))}
''',
    "words/hidden_checks.py": '''
from checks import task
from secrets_of_ours import WORD


@task.check(points=1)
def odd(impl, case):
    """Odd words count, too."""
    return {"count": impl.count(WORD)}
''',
    "words/solution.py": "def count(text):\n    return len(text.split())\n",
}  # fmt: skip
SOLUTION = FILES["words/solution.py"]

Mark = Callable[..., TaskResult]


def made(folder: Path, **changes: str) -> Path:
    for path, text in (FILES | {key.replace("__", "/") + ".py": t for key, t in changes.items()}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def mark(sandbox: Sandbox, tmp_path: Path) -> Mark:
    def mark(source: str, more: dict[str, bytes] | None = None, **changes: str) -> TaskResult:
        assignment = read_assignment(made(tmp_path / "words", **changes))
        grader = Grader(assignment, assignment.tasks, 1, sandbox, AnswerCache(tmp_path / "cache"))
        return grader.grade(Submission("anna", {"words.py": source.encode()} | (more or {}), {})).tasks[0]

    return mark


def test_checks_read_data_through_shared_modules(mark: Mark) -> None:
    assert mark(SOLUTION).score == 2


def test_a_submission_reads_the_data_of_the_assignment_and_not_its_own(mark: Mark) -> None:
    reading = f"print(open('data/deep/numbers.txt').read())\n{SOLUTION}"

    assert mark(reading, {"data/deep/numbers.txt": b"8"}).output == "7\n"


def test_nothing_else_of_the_assignment_is_there(mark: Mark) -> None:
    listing = f"import os\nprint(sorted(os.listdir('.')), sorted(os.listdir('data')))\n{SOLUTION}"

    assert mark(listing).output == "['data', 'words.py'] ['corpus.txt', 'deep']\n"


def test_a_student_may_have_files_of_the_same_names(mark: Mark) -> None:
    own = {"tools.py": b"def split(text): return text.split()", "checks.py": b"mine = 1"}

    assert (
        mark(
            "import tools, checks\ndef count(text):\n    return len(tools.split(text)) * checks.mine\n", own
        ).score
        == 2
    )


def test_a_module_that_only_hidden_checks_import_is_not_in_the_public_process(mark: Mark) -> None:
    dicts = "import gc\ndicts = [one for one in gc.get_objects() if type(one) is dict]\n"
    seen = "print(sum(one.get('WORD') == 'xyz' + 'zy' for one in dicts))\n"

    assert mark(f"{dicts}{seen}{SOLUTION}").output == "0\n"


def test_the_program_that_shows_a_failure_again_has_what_was_shared(mark: Mark) -> None:
    evidence = mark("def count(text):\n    return 0\n").checks[1].evidence

    assert evidence is not None
    assert "def read(path)" in evidence.snippet and "import tools" not in evidence.snippet


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"words__checks": "import tools\n"}, "checks.py, line 1: say `from tools import`"),
        ({"tools": "from basics import *\n"}, "tools.py, line 1: say `from basics import`"),
        ({"basics": "1 +"}, "basics.py cannot be read as Python"),
    ],
)
def test_a_slip_of_the_author_is_told(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    with pytest.raises(AssignmentError, match=said):
        read_assignment(made(tmp_path, **changes))


def test_too_much_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_MOST_BYTES", 10)

    with pytest.raises(AssignmentError, match="keep it small"):
        read_assignment(made(tmp_path))


def test_a_link_among_the_data_is_refused(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "data" / "link.txt").symlink_to("/etc/hostname")

    with pytest.raises(AssignmentError, match="is a link"):
        read_assignment(tmp_path)
