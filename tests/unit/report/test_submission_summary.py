"""The summary fits a terminal, says every verdict in words, and obeys no stranger."""

import re

import click
import pytest
from samples import (
    BROKEN,
    COMMANDS,
    ESCAPES,
    FAILED,
    HOSTILE,
    PENDING,
    SKIPPED,
    TURNED,
    UNSEEN,
    check,
    drawn,
    followed,
    poisoned,
    raising,
    repair,
    report,
    right_report,
    task,
    tensor,
    wrong,
    wrong_report,
)

from grader.cli.console import on_one_line
from grader.report.terminal.submission_summary import plain, render
from grader.results.report import CheckResult, Evidence, Lateness, Report, Shown, Verdict


def lines(found: Report) -> list[str]:
    """Return the lines of a summary without their colours."""
    return click.unstyle(render(found, verbose=True)).splitlines()


def of(*checks: CheckResult) -> list[str]:
    """Return the lines about these checks, without the title and the sum."""
    return lines(report(task(*checks)))[1:-3]


def test_the_first_line_is_the_task_with_its_points() -> None:
    first = lines(report(task(check(), check(FAILED))))[0]

    assert (first[:23], first[-3:], len(first)) == ("lstm_cell  An LSTM cell", "2/4", 80)


def test_the_last_line_is_the_sum() -> None:
    assert lines(report(task(check(), check(FAILED)), task(check())))[-1] == "4 of 6 points"


@pytest.mark.parametrize("found", [right_report(), wrong_report()])
def test_no_line_is_wider_than_80_columns(found: Report) -> None:
    long = poisoned(found, "a word and " * 40)

    assert [line for line in [*lines(found), *lines(long)] if len(line) > 80] == []


def test_a_word_that_fits_no_line_is_broken() -> None:
    assert max(map(len, of(check(FAILED, message="x" * 300)))) == 80


def test_a_check_says_its_title_and_its_points() -> None:
    (line,) = of(check(name="gate", points=2.5))

    assert line.split("  ")[1:2] + line.split()[-1:] == ["✓ The gate is right.", "2.5/2.5"]


def test_a_long_title_goes_on_below_its_mark_and_its_points() -> None:
    first, second = of(check(title=f"{'first ' * 10}{'second ' * 3}"))

    assert (first[2:9], first[-3:], second.strip().split()[-1], len(second) < 30) == (
        "✓ first",
        "2/2",
        "second",
        True,
    )


@pytest.mark.parametrize(
    ("verdict", "mark"), [(FAILED, "✗"), (PENDING, "…"), (BROKEN, "!")], ids=["failed", "pending", "broken"]
)
def test_a_gate_without_points_says_its_verdict_in_a_word(verdict: Verdict, mark: str) -> None:
    line = of(check(verdict, points=0))[0]

    assert (line.split()[0], line.split()[-1]) == (mark, str(verdict))


def test_a_bonus_is_called_one_and_a_mark_may_exceed_the_maximum() -> None:
    found = report(
        task(check(), check(points=1, bonus=True)).model_copy(update={"points": 2, "score": 3}),
        task(check(bonus=True), name="extra").model_copy(update={"points": 0}),
    )
    worth = [line.split("  ")[-1].strip() for line in lines(found) if "/" in line or "bonus" in line]

    assert lines(found)[2].startswith("  ✓ The step is right. (bonus)")
    assert worth == ["3/2", "2/2", "1/1", "2 bonus", "2/2"]


def test_a_gate_that_held_nobody_up_is_worth_no_line() -> None:
    assert of(check(name="loads", points=0)) == []


def test_what_was_skipped_is_one_line_with_its_points() -> None:
    (_, *line) = of(check(), check(SKIPPED, points=3), check(SKIPPED, points=1.5))

    assert [" ".join(one.split()) for one in line] == [
        "- 2 checks were skipped: they depend on what failed. 0/4.5"
    ]


def test_a_single_skipped_check_is_no_plural() -> None:
    assert of(check(SKIPPED))[0].split("  ")[1] == "- 1 check was skipped: it depends on what failed."


def test_a_failed_check_says_what_is_wrong_and_what_it_looks_like() -> None:
    found = of(check(FAILED, message="`h` is wrong.", mistake="gate order", hint="Look at the gates."))

    assert [line.strip() for line in found[1:]] == [
        "`h` is wrong.",
        "This looks like: gate order. Look at the gates.",
    ]


def test_a_hint_without_a_mistake_is_given() -> None:
    assert of(check(FAILED, message="No.", hint="Look."))[2].strip() == "Look."


def test_a_hint_is_given_once() -> None:
    found = "\n".join(of(wrong("one"), wrong("two")))

    assert (found.count("Look at the gates."), found.count("This looks like: gate order.")) == (1, 2)


def failed_with(*inputs: Shown) -> list[str]:
    return [line.strip() for line in of(check(FAILED, message="No.", evidence=Evidence(inputs=inputs)))[2:]]


def test_inputs_that_fit_on_a_line_are_told_as_what_they_are() -> None:
    inputs = (
        tensor("x", [0.5, 1.0]),
        tensor("labels", [2, 0]),
        tensor("mask", [True, False]),
        tensor("table", [1, 2, 3, 4], 2, 2),
        tensor("ids", range(20)),
        Shown(name="word", kind="text", text='"ab "'),
        Shown(name="steps", kind="number", text="4"),
    )

    assert failed_with(*inputs) == ['With labels = [2, 0], mask = [True, False], word = "ab ", steps = 4']


def test_of_many_inputs_the_first_are_told_and_long_ones_are_cut() -> None:
    inputs = [Shown(name=f"n{number}", kind="number", text="1") for number in range(6)]
    long = Shown(name="word", kind="text", text="x" * 1000)

    assert failed_with(*inputs) == ["With n0 = 1, n1 = 1, n2 = 1, n3 = 1, n4 = 1, …"]
    assert len("".join(failed_with(long))) < 100


def test_a_passed_check_says_no_more() -> None:
    assert len(of(check(message="Well done.", hint="Nothing."))) == 1


def test_a_picture_is_left_to_the_page() -> None:
    assert of(drawn(), drawn(FAILED)) == []


def test_notes_are_told() -> None:
    found = lines(report(task(check(), notes=("One.",)), notes=("Two.",)))

    assert [line.strip() for line in found if "Note" in line] == ["Note: One.", "Note: Two."]


def test_without_isolation_it_is_said_what_was_open() -> None:
    found = report(task(check()), provenance={"sandbox": "none", "not_isolated": ("files", "the network")})

    assert lines(found)[-3] == "Not isolated from the program: files, the network."


def test_what_a_weaker_level_lacks_is_left_to_the_page() -> None:
    found = report(task(check()), provenance={"sandbox": "good", "not_isolated": ("namespaces",)})

    assert [line for line in lines(found) if "isolated" in line] == []


def test_a_report_that_is_not_final_says_whose_fault_it_is_not() -> None:
    found = lines(report(task(check(BROKEN)), final=False))

    assert found[-2] == "Not final: some checks could not be decided, which is not your fault."


def test_colours_are_marks_only_and_can_be_taken_off() -> None:
    coloured = render(wrong_report(), verbose=True)

    assert ("\x1b[31m✗\x1b[0m" in coloured, "\x1b" in click.unstyle(coloured)) == (True, False)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_moves_the_cursor_or_turns_the_writing(text: str) -> None:
    # Titles are the author's.
    found = wrong_report()
    tasks = tuple(
        poisoned(one, text).model_copy(update={"task": one.task, "title": one.title}) for one in found.tasks
    )
    shown = click.unstyle(render(poisoned(found, text).model_copy(update={"tasks": tasks})))

    assert [c for c in shown if c in UNSEEN] == []


@pytest.mark.parametrize("indent", ["", "  ", "\n"])
@pytest.mark.parametrize("field", ["message", "hint", "mistake"])
def test_no_line_begins_with_a_workflow_command(field: str, indent: str) -> None:
    text = f"{indent}::error::no {'word ' * 12}::set-output name=x::y"
    found = of(check(FAILED, **{"message": "No.", field: text}))

    assert [line for line in found if line.lstrip().startswith("::")] == []


@pytest.mark.parametrize("where", ["task", "report"])
def test_no_note_is_a_workflow_command(where: str) -> None:
    notes = (f"{'x' * 66} {COMMANDS}",)
    found = report(task(check(), notes=notes)) if where == "task" else report(task(check()), notes=notes)

    assert [line for line in lines(found) if re.match(r"\s*::|.*##(vso)?\[", line)] == []


def test_no_line_holds_a_command_of_azure() -> None:
    found = of(check(FAILED, message="see ##vso[task.complete] and ##[error] and # a ## b"))

    assert found[1].strip() == "see # #vso[task.complete] and # #[error] and # a ## b"


def test_plain_text_is_on_one_line() -> None:
    assert plain("  one\n\n two\r\n\tthree ") == "one two three"


@pytest.mark.parametrize("text", [ESCAPES, TURNED, "\x00\ud800\ue000\u2028"])
def test_plain_text_shows_where_something_was_taken_out(text: str) -> None:
    assert ("�" in plain(text), plain(text).isprintable()) == (True, True)


# The summary without the list of all checks


def brief(found: Report) -> list[str]:
    """Return the lines of the brief summary without their colours."""
    return click.unstyle(render(found)).splitlines()


def test_a_task_is_one_line_in_brief() -> None:
    missing = task(check(FAILED, "loads", 3), name="gru_cell", handed_in=False)
    first, second, *_ = brief(report(task(check(), check(FAILED)), missing))

    assert (first.split(), second.split()) == (
        ["✗", "lstm_cell", "An", "LSTM", "cell", "2/4"],
        ["-", "gru_cell", "not", "handed", "in", "0/3"],
    )


def test_the_first_thing_to_do_is_told_with_its_place_and_its_hint() -> None:
    found = "\n".join(brief(report(task(wrong()))))

    assert "What to do first (2 points)\n  lstm_cell: The step is right.\n" in found
    assert "`h` is wrong.\n  This looks like: gate order.\n  Look at the gates.\n" in found
    assert "  lstm_cell.py:1: lstm_cell: The raising is right.\n" in "\n".join(brief(report(task(raising()))))


def test_of_many_things_to_do_the_first_are_listed() -> None:
    found = brief(report(task(*(check(FAILED, name=f"part {n}") for n in range(6)))))
    after = found[found.index("Then") + 1 :]

    assert after[:3] == [
        "  lstm_cell: The part 1 is right. (2 points)",
        "  lstm_cell: The part 2 is right. (2 points)",
        "  and 3 more; --verbose lists all checks.",
    ]


def test_the_brief_summary_says_what_is_complete_and_ends_with_the_mark() -> None:
    missing = task(check(FAILED, "loads", 3), name="gru_cell", handed_in=False)
    found = report(task(check()), task(wrong(), name="forget_gate"), missing)

    assert brief(found)[-2:] == [
        "Complete: 1 of 3 tasks. 1 thing is left to do. 1 task was not handed in.",
        "2 of 7 points",
    ]
    assert brief(right_report())[-2:] == ["Everything is right. Well done!", "4 of 4 points"]


def test_the_mark_after_late_days_is_the_last_line() -> None:
    found = report(task(check()), lateness=Lateness(when="2026-10-02", days=2, percent=20))

    assert brief(found)[-1] == "1.6 of 2 points: 2 for the program, 0.4 off for 2 late days"


@pytest.mark.parametrize("found", [right_report(), wrong_report()])
def test_the_brief_summary_fits_80_columns_and_moves_no_cursor(found: Report) -> None:
    for text in [*HOSTILE, "a word and " * 40, UNSEEN, COMMANDS]:
        printed = brief(poisoned(found, text))

        assert max(map(len, printed)) <= 80
        assert [c for line in printed for c in line if not c.isprintable()] == []
        assert [line for line in printed if re.match(r"\s*::|.*##vso\[", line)] == []


# A slip that is paid for once


def test_a_slip_is_named_with_its_price_and_what_follows_from_it() -> None:
    shown = lines(report(followed()))

    assert " ".join(" ".join(shown[1:3]).split()) == (
        "The gates are in another order. Price: 1 point. "
        "What is right apart from it keeps its points, which makes 6 of 9 instead of 2."
    )


def test_a_check_that_is_right_given_the_slip_says_so_and_counts() -> None:
    shown = lines(report(followed()))
    at = next(n for n, line in enumerate(shown) if "The step is right" in line)

    assert shown[at].split()[-1] == "2/2"
    assert shown[at + 1].strip() == "Right apart from that mistake: its points count."


def test_skipped_checks_that_are_right_given_the_slip_are_counted() -> None:
    (line,) = [line for line in lines(report(followed())) if "skipped" in line]

    assert " ".join(line.split()) == "- 1 skipped, 1 of them right apart from that mistake. 3/3"


def test_a_repair_is_told_with_its_line_only_if_all_agree_on_it() -> None:
    told, untold = (
        lines(report(followed(mistakes=(), titles=(), repair=repair(told=t))))[1] for t in (True, False)
    )

    assert "line 5" in told
    assert "line 5" not in untold


def test_a_mistake_is_called_by_its_title() -> None:
    assert any(
        "This looks like: The gates are in another order." in line for line in lines(report(followed()))
    )


# What a name does not explain


def said_of(*checks: CheckResult) -> str:
    return " ".join(" ".join(of(*checks)).split())


def test_a_name_that_explains_some_failed_checks_says_which_it_does_not_explain() -> None:
    shown = said_of(wrong(), check(FAILED, "other"))

    assert "This looks like: gate order. It does not explain why “The other is right” failed." in shown


def test_a_name_that_explains_all_failed_checks_says_nothing_of_the_kind() -> None:
    assert "explain" not in said_of(wrong(), wrong("other"), drawn(FAILED), check(SKIPPED, "later"))


def test_what_one_mistake_of_two_explains_is_explained() -> None:
    assert said_of(wrong(), wrong("other", mistake="gate order + no bias")).count("It does not explain") == 1


def test_what_goes_to_the_standard_error_is_no_command_for_azure() -> None:
    assert on_one_line("It holds ##vso[task.setvariable variable=X]v.py\nand ##[error]") == (
        "It holds # #vso[task.setvariable variable=X]v.py and # #[error]"
    )
