"""Marks are what the machine found plus what people decided; decisions are only added, and signed."""

import json
from pathlib import Path

import pytest
from graded_classes import QUESTIONS, SIGNER, graded_class, graded_report, said
from samples import BROKEN, FAILED, PASSED, SKIPPED, check, followed, repair, report, task, wrong

from grader.course.deciding import GradedClass
from grader.course.decision_file import HEAD, NAME, DecisionFile, read_questions
from grader.course.decision_file import QUESTIONS as FILE_OF_QUESTIONS
from grader.course.making_decisions import Maker
from grader.course.regrade import compare_classes, read_class
from grader.course.rows import graded
from grader.course.worker import write
from grader.errors import UsageError
from grader.judging.deciding import decided, fingerprint_of_task, only, undecided
from grader.report.causes import causes
from grader.report.html import submission_page
from grader.report.messages import tasks_message, text
from grader.report.slips import follow_through
from grader.report.terminal import regrade_summary
from grader.results.course import Row
from grader.results.decisions import Decision, fingerprint
from grader.results.report import CheckResult, Report
from grader.results.rubric import RubricItem
from grader.signing import Signer


def decision(**fields: object) -> Decision:
    known = {
        "id": "1",
        "when": "2026-11-29T12:00:00+00:00",
        "by": "Tina",
        "kind": "points",
        "submission": "ana",
    }
    return Decision.model_validate(known | fields)


def one(found: Report, task: str, name: str) -> CheckResult:
    (wanted,) = (c for t in found.tasks if t.task == task for c in t.checks if c.check == name)
    return wanted


@pytest.fixture
def course(tmp_path: Path) -> GradedClass:
    reports = {name: graded_report(name) for name in ("ana", "bob", "eve")}
    return graded_class(tmp_path / "graded", reports)


def row(course: GradedClass, name: str = "ana") -> Row:
    return next(one for one in course.result.students if one.folder == name)


ITEMS = {"id": "2", "kind": "items", "task": "answers", "check": "1.1.2"}


def test_points_that_a_person_gives_count_and_say_who_gave_them_and_why() -> None:
    given = decision(task="cell", check="step", points=2, text="The sign is a convention.")
    after = decided(graded_report("ana"), [given], QUESTIONS)
    step = one(after, "cell", "step")
    assert (step.score, step.verdict, after.tasks[0].score, after.score) == (2, FAILED, 3, 3)
    assert said(step.message) == "Given by Tina: The sign is a convention."


def test_a_name_can_be_withheld() -> None:
    given = decision(task="cell", check="step", points=3, text="Right.", named=False)
    step = one(decided(graded_report("ana"), [given], QUESTIONS), "cell", "step")
    assert said(step.message) == "Given by a person: Right."
    assert "Tina" not in step.model_dump_json()


@pytest.mark.parametrize(
    ("items", "more", "score", "verdict"),
    [
        (("stays", "shared"), None, 2.5, PASSED),
        (("stays",), None, 1, FAILED),
        (("stays", "mixes"), None, 0.5, FAILED),
        (("mixes",), None, 0, FAILED),
        (("stays",), 0.25, 1.25, FAILED),
        (("stays", "shared"), 5, 2.5, PASSED),
        ((), None, 0, FAILED),
    ],
)
def test_rubric_items_add_up_within_the_points_of_the_question(
    items: tuple[str, ...], more: float | None, score: float, verdict: str
) -> None:
    given = decision(**ITEMS, items=items, points=more)
    found = one(decided(graded_report("ana"), [given], QUESTIONS), "answers", "1.1.2")
    assert (found.score, found.verdict) == (score, verdict)


def test_a_report_is_final_once_everything_is_decided() -> None:
    first = decision(**ITEMS, items=("stays",))
    second = decision(id="3", task="answers", check="2.1.1", points=2)
    found = graded_report("ana")
    assert [decided(found, made, QUESTIONS).final for made in ([], [first], [first, second])] == [
        False,
        False,
        True,
    ]


def test_a_decision_concerns_one_submission_only() -> None:
    assert decided(graded_report("bob"), [decision(**ITEMS)], QUESTIONS) == graded_report("bob")


def test_the_last_decision_counts_and_one_that_was_taken_back_does_not() -> None:
    first, second = decision(**ITEMS, items=("stays",)), decision(**ITEMS | {"id": "4"}, items=("shared",))
    undo = decision(id="5", kind="undo", undoes="4")
    scores = [
        one(decided(graded_report("ana"), made, QUESTIONS), "answers", "1.1.2").score
        for made in ([first, second], [first, second, undo])
    ]
    assert scores == [1.5, 1]


def test_what_the_machine_found_comes_back_exactly() -> None:
    before = graded_report("ana")
    made = [
        decision(task="cell", check="step", points=2, text="x"),
        decision(id="6", task="answers", points=4, text="y"),
        decision(id="7", kind="comment", text="z"),
        decision(**ITEMS, items=("stays",)),
    ]
    after = decided(before, made, QUESTIONS)
    assert (undecided(after), decided(after, made, QUESTIONS)) == (before, after)


def test_a_whole_task_can_be_overridden() -> None:
    after = decided(
        graded_report("ana"), [decision(task="cell", points=4, text="Shown in class.")], QUESTIONS
    )
    assert (after.tasks[0].score, after.score) == (4, 4)


def test_a_decision_about_a_task_is_final_whatever_was_decided_about_its_checks_before(
    course: GradedClass,
) -> None:
    maker = Maker(course, "Tina")
    for *target, points in (("cell", "step", 2), ("cell", "", 4), ("answers", "", 5)):
        course.decisions.append([maker.points(row(course), *target, points, "Shown in class.")])
    ana = course.publish().students[0]
    report = course.report(ana)
    assert report is not None
    assert (ana.final, ana.waiting, ana.mark, report.another_look) == (True, 0, 9, 0)
    assert text(tasks_message(report, len(causes(report)))) == "Everything is right. Well done!"


def test_a_decision_about_a_task_asks_for_another_look_if_the_machine_finds_something_else() -> None:
    before, repaired = graded_report("ana"), graded_report("ana", right=True)
    made = decision(task="cell", points=4, text="x", seen=fingerprint_of_task(before.tasks[0]))
    assert [decided(one, [made], ()).another_look for one in (before, repaired)] == [0, 1]


def test_a_broken_check_of_a_task_that_a_person_decided_about_is_no_fault_any_more() -> None:
    broken = report(task(check(BROKEN), name="cell"), submission="ana", final=False)
    after = decided(broken, [decision(task="cell", points=2, text="x")], ())
    assert (after.final, after.is_broken, broken.is_broken) == (True, False, True)


def test_a_task_that_is_a_bonus_as_a_whole_can_be_given_the_points_of_its_checks(tmp_path: Path) -> None:
    bonus = report(task(check(FAILED, points=3), name="cell", points=0), submission="ana")
    course = graded_class(tmp_path / "graded", {"ana": bonus})
    maker = Maker(course, "Tina")
    course.decisions.append([maker.points(row(course), "cell", "", 3, "x")])
    assert course.publish().students[0].score == 3
    with pytest.raises(UsageError, match="0 to 3 points"):
        maker.points(row(course), "cell", "", 4, "x")


def test_what_the_machine_found_of_a_whole_task_is_its_points_without_any_decision() -> None:
    made = [
        decision(task="cell", check="step", points=2, text="x"),
        decision(id="2", task="cell", points=4, text="y"),
        decision(id="3", task="answers", points=4, text="z"),
    ]
    page = submission_page.render(decided(graded_report("ana"), made, QUESTIONS))
    assert "The machine had found: 1 of 4 points." in page
    assert "The machine had found: 0 of 5 points." not in page
    assert "found: passed" not in page


def slip_decided() -> Report:
    before = report(followed(), submission="ana")
    return decided(before, [decision(task="lstm_cell", points=2, text="Copied from the script.")], ())


def test_of_a_task_that_a_person_decided_about_no_slip_is_to_be_done_or_priced() -> None:
    after = slip_decided()
    assert (causes(after), graded(after).slips) == ([], ())
    assert "which makes 6 of 9 instead of 2" in text(follow_through(after.tasks[0]))
    assert text(tasks_message(after, 0)) == "Complete: 0 of 1 task."


def test_points_beside_the_items_need_a_reason_and_are_a_line_of_their_own(course: GradedClass) -> None:
    maker = Maker(course, "Tina")
    with pytest.raises(UsageError, match="Give a --reason for the points beside the items"):
        maker.items(row(course), "answers", "1.1.2", ("stays",), -0.5, " ")
    course.decisions.append([maker.items(row(course), "answers", "1.1.2", ("stays",), -0.5, "Too long.")])
    course.publish()
    page = (course.folder / "ana" / "report.html").read_text()
    assert '<li>adjusted by <span class="points">−0.5</span></li>' in page
    assert "0.5 / 2.5" in page


def test_a_decision_counts_as_it_is_beside_follow_through_marks() -> None:
    before = report(followed(), submission="ana")
    name = next(c.check for c in before.tasks[0].checks if c.verdict is SKIPPED)
    after = decided(before, [decision(task="lstm_cell", check=name, points=0, text="No.")], ())
    assert (before.tasks[0].score, after.tasks[0].score, one(after, "lstm_cell", name).score) == (6, 3, 0)


def test_a_decided_check_keeps_what_the_machine_says_beside_its_evidence() -> None:
    before = report(task(wrong()), submission="ana")
    made = decision(task="lstm_cell", check="step", points=1, text="Nearly.")
    after = one(decided(before, [made], ()), "lstm_cell", "step")

    assert (after.message, after.score) == (one(before, "lstm_cell", "step").message, 1)


@pytest.mark.parametrize("fields", [{"kind": "items", "items": ("a",)}, {"kind": "points"}])
def test_a_decision_without_points_or_without_its_question_changes_nothing(fields: dict[str, object]) -> None:
    before = report(task(wrong()), submission="ana")
    made = decision(task="lstm_cell", check="step", **fields)

    assert one(decided(before, [made], ()), "lstm_cell", "step") == one(before, "lstm_cell", "step")


def test_a_decision_stays_and_asks_for_another_look_if_the_result_has_changed() -> None:
    before, repaired = graded_report("ana"), graded_report("ana", right=True)
    made = decision(
        task="cell", check="step", points=2, text="x", seen=fingerprint(one(before, "cell", "step"))
    )
    same, changed = (one(decided(found, [made], QUESTIONS), "cell", "step") for found in (before, repaired))
    assert same.decided is not None and changed.decided is not None
    assert (same.decided.another_look, changed.decided.another_look, changed.score) == (False, True, 2)


def test_another_price_of_a_check_asks_for_no_other_look() -> None:
    assert fingerprint(check(points=2)) == fingerprint(check(points=5))


def test_an_answer_that_was_handed_in_again_asks_for_another_look() -> None:
    before, again = graded_report("ana", "No."), graded_report("ana", "No, they are shared.")
    made = decision(**ITEMS, items=("stays",), seen=fingerprint(one(before, "answers", "1.1.2")))
    assert [decided(found, [made], QUESTIONS).another_look for found in (before, again)] == [0, 1]


def test_the_price_of_an_item_changes_for_all_for_whom_it_holds() -> None:
    made = [
        decision(**ITEMS, items=("stays",)),
        decision(**ITEMS | {"id": "8", "submission": "bob"}, items=("shared",)),
        decision(id="9", kind="rubric", submission="", task="answers", check="1.1.2",
                 item=RubricItem(name="stays", title="Says so", points=0.25)),
    ]  # fmt: skip
    scores = [decided(graded_report(name), made, QUESTIONS).tasks[1].score for name in ("ana", "bob")]
    assert scores == [0.25, 1.5]


def test_an_item_that_is_added_later_can_hold_for_answers_that_were_decided_before(
    course: GradedClass,
) -> None:
    maker = Maker(course, "Tina")
    course.decisions.append([maker.items(row(course), "answers", "1.1.2", ("stays",), None, "")])
    course.decisions.append([maker.new_item("answers", "1.1.2", "Names the reason: unrolling", 0.5)])
    course.decisions.append(
        [maker.items(row(course), "answers", "1.1.2", ("stays", "names_the_reason_unrolling"), None, "")]
    )
    assert course.publish().students[0].tasks["answers"] == 1.5


def test_model_answers_are_shown_once_they_are_released() -> None:
    release = decision(kind="release", submission="", task="answers")
    hidden, shown = (decided(graded_report("ana"), made, QUESTIONS) for made in ([], [release]))
    assert (one(hidden, "answers", "1.1.2").model, one(shown, "answers", "1.1.2").model) == (
        "",
        "No, they are shared.",
    )
    assert "No, they are shared." not in hidden.model_dump_json()


# On disk


def test_decisions_are_read_as_they_were_written(tmp_path: Path) -> None:
    made = [decision(id=str(number), text="ä\u2028\n", kind="comment") for number in range(3)]
    file = DecisionFile(tmp_path, SIGNER)
    file.append(made[:1])
    file.append(made[1:])
    assert file.read() == tuple(made)


def test_no_decision_is_no_file(tmp_path: Path) -> None:
    assert DecisionFile(tmp_path, SIGNER).read() == ()


def changed_line(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b"Tina", b"Toni"), *lines[2:]]


@pytest.mark.parametrize(
    "forged",
    [
        changed_line,
        lambda lines: lines[1:],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [*lines, lines[0]],
        lambda lines: [*lines, b"{}\n"],
        lambda lines: [*lines, b"\xff\n"],
    ],
    ids=["changed", "first one removed", "one removed", "exchanged", "repeated", "no decision", "no text"],
)  # fmt: skip
def test_a_changed_file_is_refused(tmp_path: Path, forged: object) -> None:
    DecisionFile(tmp_path, SIGNER).append([decision(id=str(number)) for number in range(3)])
    path = tmp_path / NAME
    path.write_bytes(b"".join(forged(path.read_bytes().splitlines(keepends=True))))  # type: ignore[operator]
    with pytest.raises(
        UsageError, match="was not written with your key on this machine for this class, or was changed since"
    ):
        DecisionFile(tmp_path, SIGNER).read()


@pytest.mark.parametrize("left", [0, 1, 2])
def test_lines_that_are_cut_off_at_the_end_are_missed(tmp_path: Path, left: int) -> None:
    file = DecisionFile(tmp_path, SIGNER)
    file.append([decision(id=str(number)) for number in range(3)])
    path = tmp_path / NAME
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:left]))
    for act in (file.read, lambda: file.append([decision(id="3")])):
        with pytest.raises(UsageError, match=rf"has {left} lines, and decisions\.head knows of 3"):
            act()


def test_a_file_that_is_gone_is_missed(tmp_path: Path) -> None:
    file = DecisionFile(tmp_path, SIGNER)
    file.append([decision()])
    (tmp_path / NAME).unlink()
    with pytest.raises(UsageError, match="some were cut off"):
        file.read()


def test_a_line_that_the_head_does_not_know_yet_counts(tmp_path: Path) -> None:
    file = DecisionFile(tmp_path, SIGNER)
    file.append([decision(id="a")])
    head = (tmp_path / HEAD).read_bytes()
    file.append([decision(id="b")])
    (tmp_path / HEAD).write_bytes(head)  # as after a kill between both
    assert [found.id for found in file.read()] == ["a", "b"]
    file.append([decision(id="c")])
    assert [found.id for found in file.read()] == ["a", "b", "c"]


@pytest.mark.parametrize("decided", [True, False], ids=["decided", "nothing decided"])
def test_decisions_of_another_class_are_refused(tmp_path: Path, decided: bool) -> None:
    one, other = DecisionFile(tmp_path / "one", SIGNER), DecisionFile(tmp_path / "other", SIGNER)
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    one.append([decision()])
    if decided:
        other.append([decision(id="2")])
    (tmp_path / "other" / NAME).write_bytes((tmp_path / "one" / NAME).read_bytes())
    with pytest.raises(UsageError, match="for this class" if decided else "to which class"):
        other.read()


@pytest.mark.parametrize("forged", [b"", b"{}", b"\xff", b'{"head": "{}", "code": ""}'])
def test_a_head_that_is_not_ours_is_refused(tmp_path: Path, forged: bytes) -> None:
    file = DecisionFile(tmp_path, SIGNER)
    file.append([decision()])
    (tmp_path / HEAD).write_bytes(forged)
    with pytest.raises(UsageError, match=r"decisions\.head was not written with your key"):
        file.read()


def test_decisions_are_copied_for_another_class(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    one, other = DecisionFile(tmp_path / "one", SIGNER), DecisionFile(tmp_path / "other", SIGNER)
    one.append([decision(id="a"), decision(id="b")])
    other.append([decision(id="c")])
    one.copy_to(tmp_path / "other")
    one.copy_to(tmp_path / "one")
    assert other.read() == one.read() == (decision(id="a"), decision(id="b"))


def test_decisions_of_another_key_are_refused(tmp_path: Path) -> None:
    DecisionFile(tmp_path, Signer(b"another")).append([decision()])
    with pytest.raises(UsageError, match=r"decisions\.head was not written with your key"):
        DecisionFile(tmp_path, SIGNER).read()


@pytest.mark.parametrize("kept", [0, 1, 40, -1])
def test_what_was_written_in_part_is_left_out_and_then_removed(tmp_path: Path, kept: int) -> None:
    file = DecisionFile(tmp_path, SIGNER)
    file.append([decision(id="a")])
    whole, head = (tmp_path / NAME).read_bytes(), (tmp_path / HEAD).read_bytes()
    file.append([decision(id="b")])
    (tmp_path / HEAD).write_bytes(head)  # it is written last
    (tmp_path / NAME).write_bytes(whole + (tmp_path / NAME).read_bytes()[len(whole) :][:kept])
    assert [found.id for found in file.read()] == ["a"]
    file.append([decision(id="c")])
    assert [found.id for found in file.read()] == ["a", "c"]


def test_a_condition_that_does_not_hold_writes_nothing(tmp_path: Path) -> None:
    file = DecisionFile(tmp_path, SIGNER)

    def refuse(known: object) -> None:
        raise KeyError("no")

    with pytest.raises(KeyError):
        file.append([decision()], refuse)
    assert file.read() == ()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="cannot be written to"):
        DecisionFile(tmp_path, SIGNER).append([decision()])
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_changed_questions_are_refused(course: GradedClass) -> None:
    path = course.folder / FILE_OF_QUESTIONS
    path.write_text(path.read_text().replace("2.5", "9.5", 1))
    with pytest.raises(UsageError, match=r"questions\.json was not written with your key"):
        read_questions(course.folder, SIGNER)


def test_publishing_writes_pages_marks_and_tables(course: GradedClass) -> None:
    maker = Maker(course, "Tina")
    course.decisions.append([maker.points(row(course), "cell", "step", 2, "A <b>convention</b>.")])
    course.decisions.append([maker.items(row(course), "answers", "1.1.2", ("stays", "shared"), None, "")])
    course.publish()
    page = (course.folder / "ana" / "report.html").read_text()
    table = (course.folder / "grades.csv").read_text()
    again = read_class(course.folder).students
    assert "Given by Tina: A &lt;b&gt;convention&lt;/b&gt;." in page
    assert "The machine had found: failed, 0 of 3 points." in page
    assert [found.score for found in again] == [5.5, 1, 1]
    assert "2.5 points wait for a person 2 results were decided by a person." in table.splitlines()[1]


def test_publishing_twice_changes_nothing(course: GradedClass) -> None:
    course.decisions.append([Maker(course, "Tina").points(row(course), "cell", "step", 2, "x")])
    course.publish()
    before = {path: path.read_bytes() for path in course.folder.rglob("*") if path.is_file()}
    GradedClass(course.folder, read_class(course.folder), SIGNER).publish()
    assert {path: path.read_bytes() for path in before} == before


def test_comparing_says_who_decided(course: GradedClass) -> None:
    course.decisions.append(
        [Maker(course, "Tina").points(row(course), "cell", "step", 3, "Right after all.")]
    )
    before = course.with_decisions([], write_reports=False)
    compared = compare_classes(before, course.with_decisions(course.decisions.read(), write_reports=False))
    (changed,) = compared.changes
    assert [(cause.check, cause.change, cause.decided) for cause in changed.causes] == [
        ("step", 3, "Right after all.")
    ]


def test_comparing_says_that_a_whole_task_was_decided_and_names_no_check_of_it(course: GradedClass) -> None:
    before = course.with_decisions([], write_reports=False)
    maker = Maker(course, "Tina")
    course.decisions.append([maker.points(row(course), "cell", "step", 1, "Half.")])
    course.decisions.append([maker.points(row(course), "cell", "", 4, "Shown in class.")])
    after = course.with_decisions(course.decisions.read(), write_reports=False)
    (changed,), (undone,) = (compare_classes(*both).changes for both in ((before, after), (after, before)))
    assert regrade_summary.causes(changed) == ["cell: decided by a person: Shown in class, +3"]
    assert regrade_summary.causes(undone) == ["cell: not decided by a person any more, −3"]
    assert compare_classes(after, after).changes == ()


IMPOSSIBLE = {
    "step is worth 0 to 3 points.": lambda maker, one: maker.points(one, "cell", "step", 4, "x"),
    "step is worth 0 to 3": lambda maker, one: maker.points(one, "cell", "step", float("nan"), "x"),
    "Give a --reason": lambda maker, one: maker.points(one, "cell", "step", 1, " "),
    "no task 'cel'. Is cell meant?": lambda maker, one: maker.points(one, "cel", "step", 1, "x"),
    "no check 'stepp'. Is step meant?": lambda maker, one: maker.points(one, "cell", "stepp", 1, "x"),
    "its items are stays": lambda maker, one: maker.items(one, "answers", "1.1.2", ("share",), None, ""),
    "no question in words": lambda maker, one: maker.items(one, "cell", "step", ("x",), None, ""),
    "Nothing is decided about step.": lambda maker, one: maker.undo(one, "cell", "step"),
    "cell has no questions in words": lambda maker, one: maker.release("cell"),
    "at most 5000 characters": lambda maker, one: maker.comment(one, "", "", "x" * 6000),
}


@pytest.mark.parametrize("said", IMPOSSIBLE)
def test_what_cannot_be_meant_is_refused(course: GradedClass, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        IMPOSSIBLE[said](Maker(course, "Tina"), row(course))
    assert said in str(raised.value)


def test_the_lines_hold_no_more_than_was_decided(tmp_path: Path) -> None:
    DecisionFile(tmp_path, SIGNER).append([decision(points=2)])
    line = json.loads((tmp_path / NAME).read_bytes())
    assert set(json.loads(line["decision"])) == {"id", "when", "by", "kind", "submission", "points"}


def test_fifty_decisions_survive_a_repaired_check(tmp_path: Path) -> None:
    names = [f"s{number:02}" for number in range(60)]
    course = graded_class(tmp_path / "graded", {name: graded_report(name) for name in names})
    maker = Maker(course, "Tina")
    for name in names[:50]:
        course.decisions.append([maker.points(row(course, name), "cell", "step", 2, f"Shown by {name}.")])
    before = course.publish()
    for name in names:  # the check is repaired, and ten pass it now
        again = graded_report(name, right=name in names[:10])
        write(again, course.folder / name, SIGNER)
    after = GradedClass(course.folder, read_class(course.folder), SIGNER).publish()
    steps = [{one.check: one for one in found.decided}.get("step") for found in after.students]
    assert [one is not None and (one.score, one.reason) for one in steps[:50]] == [
        (2, f"Shown by {name}.") for name in names[:50]
    ]
    assert [one is not None and one.another_look for one in steps] == [True] * 10 + [False] * 50
    assert [found.score for found in after.students] == [found.score for found in before.students]


def test_another_price_re_marks_a_class_of_sixty(tmp_path: Path) -> None:
    names = [f"s{number:02}" for number in range(60)]
    course = graded_class(tmp_path / "graded", {name: graded_report(name) for name in names})
    maker = Maker(course, "Tina")
    both = ("stays", "shared")
    rows = [row(course, name) for name in names[:40]]
    made = [maker.items(one, "answers", "1.1.2", both, None, "") for one in rows]
    course.decisions.append(made)
    before = course.publish()
    priced = maker.price("answers", "1.1.2", "shared", 1)
    preview = course.with_decisions([*course.decisions.read(), priced], write_reports=False)
    unwritten = [found.score for found in read_class(course.folder).students]
    course.decisions.append([priced])
    after = course.publish()
    assert [one.change for one in compare_classes(before, preview).changes] == [-0.5] * 40
    assert unwritten == [found.score for found in before.students]
    assert [found.score for found in after.students] == [found.score for found in preview.students]


PRICE = {"id": "7", "kind": "price", "submission": "", "task": "cell", "slip": "gate order", "points": 3}


def test_a_price_that_a_person_sets_counts_for_all_who_made_the_slip() -> None:
    found = report(
        followed(prices=(2,), price=2, mark=5).model_copy(update={"task": "cell"}), submission="ana"
    )
    dearer = decided(found, [decision(**PRICE)], ())
    other = decided(found, [decision(**PRICE | {"task": "other"})], ())

    (explanation,) = dearer.tasks[0].explanations
    assert (found.score, dearer.score, other.score) == (5, 4, 5)
    assert (explanation.price, explanation.prices, explanation.own_prices) == (3, (3,), (2,))


def test_the_last_price_counts_and_one_that_is_taken_back_does_not() -> None:
    found = report(
        followed(prices=(2,), price=2, mark=5).model_copy(update={"task": "cell"}), submission="ana"
    )
    first, second = decision(**PRICE), decision(**PRICE | {"id": "8", "points": 1})
    back = decision(id="9", kind="undo", submission="", undoes="8")

    scores = [decided(found, made, ()).score for made in ([first], [first, second], [first, second, back])]
    assert scores == [4, 6, 4]


def test_without_decisions_the_price_is_that_of_the_assignment() -> None:
    found = report(
        followed(prices=(2,), price=2, mark=5).model_copy(update={"task": "cell"}), submission="ana"
    )

    assert undecided(decided(found, [decision(**PRICE)], ())) == found


def test_a_report_that_does_not_say_what_each_slip_costs_keeps_its_mark() -> None:
    old = report(followed(prices=(), price=2, mark=5).model_copy(update={"task": "cell"}), submission="ana")

    assert decided(old, [decision(**PRICE)], ()).score == 5


def test_points_that_a_person_gave_for_a_check_stay_with_another_price() -> None:
    found = report(
        followed(prices=(2,), price=2, mark=5).model_copy(update={"task": "cell"}), submission="ana"
    )
    given = decision(task="cell", points=1, text="Copied.")

    assert decided(found, [given, decision(**PRICE)], ()).score == 1


def test_a_price_that_a_person_sets_for_a_kind_of_repair_counts_too() -> None:
    found = followed(mistakes=(), titles=(), repair=repair(), prices=(2,), price=2, mark=5)
    before = report(found.model_copy(update={"task": "cell"}), submission="ana")
    dearer = decided(before, [decision(**PRICE | {"slip": "detach", "is_repair": True})], ())

    assert (before.score, dearer.score, dearer.tasks[0].explanations[0].own_prices) == (5, 4, (2,))


def test_a_report_on_some_of_its_tasks_has_their_points_and_their_comments_alone() -> None:
    comments = [
        decision(id=str(number), kind="comment", text=name or "of all", task=name)
        for number, name in enumerate(("cell", "answers", ""), 2)
    ]
    whole = decided(graded_report("ana", right=True), comments, QUESTIONS)
    part = only(whole, ["cell"])

    assert ([one.task for one in part.tasks], part.points, part.score) == (["cell"], 4, 4)
    assert (len(whole.comments), [one.text for one in part.comments]) == (3, ["cell"])
    assert (whole.final, part.final) == (False, True)
