"""Other prices and points re-mark a class from what its reports hold."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from samples import FAILED, SKIPPED, check, report, task

from grader import signing
from grader.assignment.loader import Assignment, read_assignment
from grader.assignment.questions import WrittenTask
from grader.course.grading import read_report
from grader.course.regrade import compare_classes, read_class
from grader.course.remark import Remarking
from grader.course.worker import write
from grader.errors import AssignmentError, UsageError
from grader.judging import written
from grader.judging.marks import checks_of, failed
from grader.results.course import ClassResult, Row, TaskSum
from grader.results.decisions import fingerprint
from grader.results.explanation import Explanation
from grader.results.message import Message
from grader.results.report import Lateness, Report, TaskResult
from grader.submission.loader import Submission
from grader.submission.written import Written

TOML = 'title = "Cells"\nseed = 1\n\n[[tasks]]\nname = "cell"\ntitle = "A cell"\npoints = 10\n'
CHECKS = """
from grader import Task

task = Task()


@task.check(points=1)
def shape(impl, case):
    \"\"\"The shape is right.\"\"\"


@task.check(points=4, after=shape)
def step(impl, case):
    \"\"\"A step is right.\"\"\"


@task.check(points=5, after=step)
def five(impl, case):
    \"\"\"Five steps are right.\"\"\"
"""
SWAPPED = "title: The gates are swapped\ncosts: 4\n\nHint.\n\n- x = 1\n+ x = 2\n"

Change = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mistakes = tmp_path / "assignment" / "cell" / "mistakes"
    mistakes.mkdir(parents=True)
    (tmp_path / "assignment" / "assignment.toml").write_text(TOML)
    (mistakes.parent / "checks.py").write_text(CHECKS)
    (mistakes.parent / "solution.py").write_text("x = 1\n")
    (mistakes / "swapped.patch").write_text(SWAPPED)
    return tmp_path


@pytest.fixture
def change(folder: Path) -> Change:
    """Change a text in a file of the assignment."""

    def change(file: str, old: str, new: str) -> None:
        path = folder / "assignment" / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return change


def reported(name: str, assignment: Assignment, *, slip: bool) -> Report:
    explanation = Explanation(
        mistakes=("swapped",),
        titles=("The gates are swapped",),
        right_given=("step", "five"),
        price=4,
        prices=(4,),
        mark=6,
    )
    checks = check(name="shape", points=1), check(FAILED, "step", 4), check(SKIPPED, "five", 5)
    right = check(name="shape", points=1), check(name="step", points=4), check(name="five", points=5)
    found = task(
        *(checks if slip else right),
        name="cell",
        score=6 if slip else 10,
        explanations=(explanation,) if slip else (),
    )
    made_from = {"assignment_digest": assignment.digest, "facts_digest": assignment.facts_digest}
    return report(found, submission=name, provenance=made_from)


@pytest.fixture
def graded(folder: Path) -> signing.Signer:
    """Write the reports of a class of two, of whom one made a slip; return who signed them."""
    signer = signing.new()
    assignment = read_assignment(folder / "assignment")
    late = Lateness(when="2026-10-02", days=1, percent=10)
    rows = []
    for name, slip in (("ana", True), ("bob", False)):
        one = reported(name, assignment, slip=slip).model_copy(update={"lateness": late if slip else None})
        write(one, folder / "graded" / name, signer)
        rows.append(Row(folder=name, out=name, score=one.score, points=10, mark=one.score))
    result = ClassResult(
        assignment="Cells", assignment_digest=assignment.digest, seed=5, sandbox="full", versions={},
        points=10, tasks=(TaskSum(task="cell", title="A cell", points=10),), students=tuple(rows),
        checks=(), mistakes=(), clusters=(),
    )  # fmt: skip
    (folder / "graded" / "class.json").write_text(result.model_dump_json())
    return signer


def remarked(folder: Path, signer: signing.Signer, out: str = "remarked") -> ClassResult:
    assignment = read_assignment(folder / "assignment")
    before = read_class(folder / "graded")
    return Remarking(before, folder / "graded", assignment, signer, folder / out).remark()


def scores(result: ClassResult) -> dict[str, float]:
    return {row.folder: row.score for row in result.students}


def test_the_same_prices_and_points_give_the_same_marks(folder: Path, graded: signing.Signer) -> None:
    assert scores(remarked(folder, graded)) == {"ana": 6, "bob": 10}


def test_another_price_changes_who_made_the_slip(
    folder: Path, graded: signing.Signer, change: Change
) -> None:
    change("cell/mistakes/swapped.patch", "costs: 4", "costs: 10 %")

    assert scores(remarked(folder, graded)) == {"ana": 9, "bob": 10}


def test_other_points_count_everywhere(folder: Path, graded: signing.Signer, change: Change) -> None:
    change("cell/checks.py", "points=5", "points=15")
    change("assignment.toml", "points = 10", "points = 20")
    result = remarked(folder, graded)

    assert (scores(result), result.points, result.tasks[0].points) == ({"ana": 16, "bob": 20}, 20, 20)


def test_late_days_are_taken_off_the_new_score(folder: Path, graded: signing.Signer, change: Change) -> None:
    change("cell/mistakes/swapped.patch", "costs: 4", "costs: 0")

    assert remarked(folder, graded).students[0].mark == 9


def test_the_new_reports_are_signed_and_say_the_new_marks(
    folder: Path, graded: signing.Signer, change: Change
) -> None:
    change("cell/mistakes/swapped.patch", "costs: 4", "costs: 1")
    remarked(folder, graded)
    found = read_report(folder / "remarked" / "ana", graded)

    assert found is not None
    assert (found.score, found.tasks[0].score, found.tasks[0].explanations[0].price) == (9, 9, 1)
    assert found.provenance.assignment_digest == read_assignment(folder / "assignment").digest
    assert "Price: 1 point." in (folder / "remarked" / "ana" / "report.html").read_text()


def test_a_class_can_be_marked_again_in_its_own_folder_and_back(
    folder: Path, graded: signing.Signer, change: Change
) -> None:
    before = (folder / "graded" / "ana" / "report.json").read_text()
    change("cell/mistakes/swapped.patch", "costs: 4", "costs: 1")
    remarked(folder, graded, "graded")
    change("cell/mistakes/swapped.patch", "costs: 1", "costs: 4")
    remarked(folder, graded, "graded")

    assert (folder / "graded" / "ana" / "report.json").read_text() == before


def test_it_is_shown_whose_mark_changes_and_by_which_price(
    folder: Path, graded: signing.Signer, change: Change
) -> None:
    old = remarked(folder, graded)
    change("cell/mistakes/swapped.patch", "costs: 4", "costs: 1")
    compared = compare_classes(old, remarked(folder, graded))

    (only,) = compared.changes
    (slip,) = only.slips
    assert (only.folder, slip.title, slip.before, slip.after) == ("ana", "The gates are swapped", 4, 1)


def test_what_another_price_would_do_is_in_the_rubric(folder: Path, graded: signing.Signer) -> None:
    (line,) = remarked(folder, graded).rubric

    assert (line.title, line.price, line.students, line.cost) == ("The gates are swapped", 4, ("ana",), 4)
    assert (line.changes, line.changed) == ((4, 2, -4), (1, 1, 1))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("cell/checks.py", "A step", "Another step"),
        ("cell/solution.py", "x = 1", "y = 0\nx = 1"),
        ("cell/mistakes/swapped.patch", "Hint.", "Another hint."),
        ("assignment.toml", 'title = "Cells"', 'title = "Bells"'),
        ("cell/checks.py", CHECKS, CHECKS.replace("points=1", "points=0").replace("points=4", "points=5")),
    ],
    ids=["a check", "the solution", "a hint", "the title", "a check that becomes worth nothing"],
)
def test_what_changes_more_than_prices_and_points_is_refused(
    folder: Path, graded: signing.Signer, change: Change, file: str, old: str, new: str
) -> None:
    change(file, old, new)

    with pytest.raises(UsageError, match="differs in more than prices and points"):
        remarked(folder, graded)
    assert not (folder / "remarked").exists()


def test_a_report_that_was_changed_is_refused(folder: Path, graded: signing.Signer) -> None:
    path = folder / "graded" / "bob" / "report.json"
    path.write_text(path.read_text().replace('"score": 10', '"score": 99'))

    with pytest.raises(UsageError, match="bob was not signed with your key"):
        remarked(folder, graded)


def test_a_report_in_the_place_of_another_is_refused(folder: Path, graded: signing.Signer) -> None:
    path = folder / "graded" / "class.json"
    path.write_text(path.read_text().replace('"out":"ana"', '"out":"bob"'))

    with pytest.raises(UsageError, match="holds no report of this version on ana"):
        remarked(folder, graded)


def test_a_report_elsewhere_is_refused(folder: Path, graded: signing.Signer) -> None:
    path = folder / "graded" / "class.json"
    path.write_text(path.read_text().replace('"out":"ana"', '"out":"../ana"'))

    with pytest.raises(UsageError, match="names a report outside of"):
        remarked(folder, graded)


def test_points_that_do_not_add_up_are_refused(folder: Path, graded: signing.Signer, change: Change) -> None:
    change("cell/checks.py", "points=5", "points=6")

    with pytest.raises(
        AssignmentError,
        match=r"worth 11 points, as far as numbers are written down there; assignment\.toml says 10",
    ):
        remarked(folder, graded)


def test_a_question_that_the_machine_decides_is_marked_with_the_new_points_of_its_items(
    tmp_path: Path,
) -> None:
    question = (
        'title = "Why?"\npoints = {of}\nstatement = "Why?"\nmodel = "Since."\n'
        '[[items]]\nname = "no"\ntitle = "Says no"\npoints = {no}\nautomatic = true\n'
        'hints = [{{ all = ["<no>"] }}]\n'
        '[[items]]\nname = "why"\ntitle = "Says why"\npoints = {why}\nautomatic = true\n'
        'hints = [{{ all = ["shared"] }}]\n'
    )
    folder = tmp_path / "a"
    (folder / "q").mkdir(parents=True)
    toml = 'title = "A"\nseed = 1\n\n[[tasks]]\nname = "q"\ntitle = "Q"\nfile = "answers.md"\npoints = {}\n'

    def source(of: int, no: int, why: int) -> WrittenTask:
        (folder / "assignment.toml").write_text(toml.format(of))
        (folder / "q" / "1.1.toml").write_text(question.format(of=of, no=no, why=why))
        (found,) = read_assignment(folder).written
        return found

    def said(task: WrittenTask, answer: str) -> TaskResult:
        held = {"answers.md": Written(path="answers.md", text=f"## 1.1\n{answer}\n")}
        return written.result(task, Submission("ana", {}, {}, written=held))

    signer, rows = signing.new(), []
    answers = {"ana": "No, it does not.", "bob": "No, they are shared.", "cem": "Perhaps.", "dan": ""}
    before = source(4, 1, 3)
    known = {"facts_digest": read_assignment(folder).facts_digest}
    for name, answer in answers.items():
        one = report(said(before, answer), submission=name, provenance=known)
        write(one, tmp_path / "graded" / name, signer)
        rows.append(Row(folder=name, out=name, score=one.score, points=4, mark=one.score))
    graded = ClassResult(
        assignment="A", assignment_digest="", seed=1, sandbox="full", versions={}, points=4,
        tasks=(TaskSum(task="q", title="Q", points=4, file="answers.md"),), students=tuple(rows),
        checks=(), mistakes=(), clusters=(),
    )  # fmt: skip
    after = source(6, 4, 2)
    new = Remarking(graded, tmp_path / "graded", read_assignment(folder), signer, tmp_path / "new").remark()

    assert scores(graded) == {"ana": 1, "bob": 4, "cem": 0, "dan": 0}
    assert scores(new) == {name: said(after, answer).score for name, answer in answers.items()}
    assert scores(new) == {"ana": 4, "bob": 6, "cem": 0, "dan": 0}


def test_partial_credit_is_the_same_share_whatever_the_points() -> None:
    (info,) = checks_of(None, "cell", "A cell", 7)
    made = [
        failed(info.model_copy(update={"points": points}), Message.of("no_answer_given"), 1 / 3)
        for points in (7, 0.5, 30)
    ]

    assert [one.score for one in made] == [2.333333, 0.166667, 10]
    assert len({fingerprint(one) for one in made}) == 1


def test_who_could_not_be_read_stays_so(folder: Path, graded: signing.Signer) -> None:
    path = folder / "graded" / "class.json"
    found = json.loads(path.read_text())
    found["students"].append({"folder": "eve", "points": 10, "problem": {"id": "not_final"}})
    path.write_text(json.dumps(found))

    assert scores(remarked(folder, graded)) == {"ana": 6, "bob": 10, "eve": 0}


def test_a_price_below_a_small_loss_needs_grading_where_no_repair_was_looked_for(
    folder: Path, graded: signing.Signer, change: Change
) -> None:
    made = read_report(folder / "graded" / "bob", graded)
    assert made is not None
    small = task(
        check(name="shape", points=1, verdict=FAILED, mistake="swapped"),
        *made.tasks[0].checks[1:],
        name="cell",
        score=9,
        repair_too_dear=True,
    )
    write(made.model_copy(update={"tasks": (small,), "score": 9}), folder / "graded" / "bob", graded)

    assert scores(remarked(folder, graded))["bob"] == 9

    change("assignment.toml", "points = 10", "points = 10\nslip = 0.05")

    with pytest.raises(UsageError, match="grade the class again"):
        remarked(folder, graded, "cheaper")

    searched = small.model_copy(update={"repair_too_dear": False})
    write(made.model_copy(update={"tasks": (searched,), "score": 9}), folder / "graded" / "bob", graded)

    assert scores(remarked(folder, graded, "cheaper"))["bob"] == 9
