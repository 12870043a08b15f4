"""What the tests share: one warm sandbox, and a grader that remembers the solutions' answers."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import Assignment, bundled, read_assignment
from grader.judging.grading import Grader
from grader.results.report import Report
from grader.sandbox.contract import Sandbox
from grader.sandbox.probe import open_sandbox
from grader.submission.loader import Submission

# Contracts are no test modules by their names, and assert all the same.
pytest.register_assert_rewrite("sandbox_contract", "page_contract")

GraderFor = Callable[..., Grader]
Grade = Callable[..., Report]


@pytest.fixture(scope="session")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for temporary files that nobody else on this machine writes to."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path_factory.mktemp("temporary"))
    yield Path(tempfile.tempdir)
    tempfile.tempdir = before


@pytest.fixture(scope="session")
def sandbox(temporary: Path) -> Iterator[Sandbox]:
    """The best sandbox of this machine, warmed up once for all tests."""
    with closing(open_sandbox()) as opened:
        yield opened


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """The assignment that comes with the grader."""
    return read_assignment(bundled())


@pytest.fixture(scope="session")
def grader_for(
    sandbox: Sandbox, assignment: Assignment, tmp_path_factory: pytest.TempPathFactory
) -> GraderFor:
    """Return a grader for the named tasks of the bundled assignment, for all without a name."""
    key = AnswerCache(tmp_path_factory.mktemp("key"))

    def grader_for(*tasks: str) -> Grader:
        return Grader(assignment, assignment.only(tasks), assignment.seed, sandbox, key)

    return grader_for


@pytest.fixture(scope="session")
def grade(grader_for: GraderFor) -> Grade:
    """Return the report on a submission that consists of `files`, for the named tasks."""

    def grade(files: Mapping[str, bytes | str], *tasks: str) -> Report:
        whole = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        return grader_for(*tasks).grade(Submission("written by a test", whole, {}))

    return grade


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Attacks and the corpora of styles and bugs take minutes: they run with `-m slow`."""
    folder = Path(__file__).parent
    for item in items:
        long = {folder / "attacks", folder / "styles", folder / "test_bugs.py"}
        if long & {item.path, *item.path.parents}:
            item.add_marker(pytest.mark.slow)
