"""A group that shares a failure is shown it once, with the beginning of a known mistake."""

import ast
from pathlib import Path

import pytest
from samples import a_class, report, task, wrong

from grader.course.counterexamples import counterexamples, skeleton
from grader.course.worker import write
from grader.results.course import ClassResult, Cluster
from grader.results.message import Message
from grader.signing import Signer
from grader.submission.loader import Submission, read_submission

SIGNER = Signer(b"a key")
CLUSTER = Cluster(
    task="lstm_cell",
    checks=("step", "gradient"),
    signature="s",
    head=Message.of("same_failure"),
    message=None,
    example="ana",
    students=("aaa", "ana", "bob"),
)
MODULE = '"""My solution."""\n\nimport torch\n\nx = 1\n'


def begun(source: str, cluster: Cluster = CLUSTER, **more: bytes) -> str:
    files = {"lstm_cell.py": source.encode()} | {name.replace("__", "."): data for name, data in more.items()}
    return skeleton(cluster, cluster.task, Submission("ana", files, {}))


def test_it_begins_with_the_hint_to_write() -> None:
    assert begun(MODULE).splitlines()[0] == (
        '"""Say what is wrong and where to look: this is the hint that students get."""'
    )


def test_it_says_who_fails_what_and_holds_the_module_without_its_docstring() -> None:
    assert begun(MODULE).splitlines()[2:] == [
        "# Made by 3; fails step, gradient.",
        "",
        "import torch",
        "",
        "x = 1",
    ]


def test_it_is_python() -> None:
    assert ast.get_docstring(ast.parse(begun(MODULE))) is not None


@pytest.mark.parametrize("source", ["x = (", "x = 1\0", "(" * 5000])
def test_what_is_no_python_is_kept_as_it_is(source: str) -> None:
    assert begun(source).endswith(f"{source}\n")


def test_a_module_without_a_docstring_keeps_its_first_line() -> None:
    assert begun("x = 1\n").endswith(".\nx = 1\n")


def test_a_docstring_of_several_lines_is_left_out_whole() -> None:
    assert "not" not in begun('"""One\n\nnot\n"""\nx = 1\n')


def test_a_long_module_is_cut_and_says_so() -> None:
    assert begun("x = 1\n" * 300).splitlines()[-1] == "# … and 50 more lines"


def test_other_files_are_mentioned() -> None:
    assert "# The submission has more files" in begun(MODULE, helper__py=b"y = 2\n")


def test_a_file_that_belongs_to_the_module_is_no_other_file() -> None:
    assert "more files" not in begun(MODULE, lstm_cell__ipynb=b"")


def test_a_module_that_is_not_there_begins_nothing() -> None:
    assert skeleton(CLUSTER, CLUSTER.task, Submission("ana", {"gru_cell.py": b""}, {})) == ""


# What is shown of a class


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where Ana handed in a module, and where her report is."""
    (tmp_path / "handed in").mkdir()
    (tmp_path / "handed in" / "lstm_cell.py").write_text(MODULE)
    digest = read_submission(tmp_path / "handed in", ("lstm_cell",)).digest
    seen = report(task(wrong("step"), wrong("gradient")), provenance={"submission_digest": digest})
    write(seen, tmp_path / "out" / "ana", SIGNER)
    return tmp_path


def shown(place: Path, **fields: object) -> list[tuple[str, str]]:
    """Return what is shown: the signature and the check."""
    result: ClassResult = a_class(**({"clusters": (CLUSTER,)} | fields))
    found = counterexamples(result, place / "out", {"ana": place / "handed in"}, SIGNER)
    return [(signature, one.result.check) for signature, one in found.items()]


def test_a_group_is_shown_the_first_check_of_the_one_who_was_told(place: Path) -> None:
    assert shown(place) == [("s", "step")]


def test_a_failure_of_one_alone_is_not_shown(place: Path) -> None:
    assert shown(place, clusters=(CLUSTER.model_copy(update={"students": ("ana",)}),)) == []


@pytest.mark.parametrize("checks", [("nothing",), ("loads", "step")])
def test_a_check_that_is_not_in_the_report_is_not_shown(place: Path, checks: tuple[str, ...]) -> None:
    assert shown(place, clusters=(CLUSTER.model_copy(update={"checks": checks}),)) == []


@pytest.mark.parametrize("gone", ["out/ana/report.json", "out/ana/report.html", "handed in/lstm_cell.py"])
def test_a_group_whose_report_or_folder_is_gone_is_not_shown(place: Path, gone: str) -> None:
    (place / gone).unlink()

    assert shown(place) == []


def test_forty_groups_are_enough(place: Path) -> None:
    many = tuple(CLUSTER.model_copy(update={"signature": str(n)}) for n in range(45))

    assert len(shown(place, clusters=many)) == 40


def test_a_group_is_not_shown_a_file_that_changed_since_it_was_graded(place: Path) -> None:
    (place / "handed in" / "lstm_cell.py").write_text("x = 2\n")

    assert shown(place) == []
