"""What the tests share: one warm sandbox, and a grader that remembers the solutions' answers."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import Assignment, bundled, read_assignment
from grader.judging.grading import Grader
from grader.report import messages
from grader.results.report import Report, Verdict
from grader.sandbox.contract import Sandbox
from grader.sandbox.probe import open_sandbox
from grader.submission.loader import Submission, read_submission

# A contract and a story are no test modules by their names, and assert all the same.
pytest.register_assert_rewrite("page_contract", "term_story")

pytest_plugins = ["no_processes"]

# A test with random data runs on few examples, so that the unit tests take seconds. CI runs many:
# `--hypothesis-profile=thorough`.
settings.register_profile("quick", max_examples=20, deadline=None)
settings.register_profile("thorough", max_examples=200, deadline=None)
settings.load_profile("quick")

GraderFor = Callable[..., Grader]
Graders = Callable[[Assignment], GraderFor]
Grade = Callable[..., Report]
Told = Callable[[Path], tuple[float, float, str]]


def without_repairs(grader: Grader) -> Grader:
    """Return a grader that searches for no repair, which takes time."""
    return replace(grader, assignment=replace(grader.assignment, candidates=0))


def without_names(grader: Grader) -> Grader:
    """Return a grader that knows no mistakes; asking them takes time."""
    return replace(grader, tasks=tuple(replace(task, mistakes=()) for task in grader.tasks))


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
def graders(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Graders:
    """Return, for an assignment, a function that makes graders for its named tasks, for all without one."""
    cache = AnswerCache(tmp_path_factory.mktemp("cache"))

    def graders(assignment: Assignment) -> GraderFor:
        def grader_for(*tasks: str) -> Grader:
            written = assignment.only_written(tasks)
            return Grader(
                assignment, assignment.only(tasks), assignment.seed, sandbox, cache, written=written
            )

        return grader_for

    return graders


@pytest.fixture(scope="session")
def grader_for(graders: Graders, assignment: Assignment) -> GraderFor:
    """Return a grader for the named tasks of the bundled assignment, for all without a name."""
    return graders(assignment)


@pytest.fixture(scope="session")
def grade(grader_for: GraderFor) -> Grade:
    """Return the report on a submission that consists of `files`, for the named tasks."""

    def grade(files: Mapping[str, bytes | str], *tasks: str) -> Report:
        whole = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        return grader_for(*tasks).grade(Submission("written by a test", whole, {}))

    return grade


@pytest.fixture(scope="session")
def nameless(grader_for: GraderFor) -> GraderFor:
    """Return a grader that explains nothing: no names of mistakes and no repairs, which take time."""
    return lambda *tasks: without_names(without_repairs(grader_for(*tasks)))


@pytest.fixture(scope="session")
def told(nameless: GraderFor) -> Told:
    """Hand in a folder with an `lstm_cell` of any kind and a right `param_counter.py`, which this adds.

    Return the marks of `param_counter` and of `lstm_cell`, and what the report says about the latter.
    """
    tasks = ("param_counter", "lstm_cell")
    right = Path(__file__).parent / "corpus" / "right" / "param_counter" / "a_list_of_shapes.py"

    def told(folder: Path) -> tuple[float, float, str]:
        (folder / "param_counter.py").write_bytes(right.read_bytes())
        counter, cell = nameless(*tasks).grade(read_submission(folder, tasks)).tasks
        failed = [messages.text(check.message) for check in cell.checks if check.verdict is Verdict.FAILED]
        notes = [messages.text(note) for note in cell.notes if failed]
        return counter.score, cell.score, " ".join([*failed, *notes])

    return told


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Attacks and the corpus of students' programs take minutes: they run with `-m slow`."""
    folder = Path(__file__).parent
    for item in items:
        long = {folder / "attacks", folder / "corpus"}
        if long & {item.path, *item.path.parents}:
            item.add_marker(pytest.mark.slow)
