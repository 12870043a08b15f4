"""The page of a report needs nothing from elsewhere, runs nobody's script, and says all there is."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_contract import EveryPage
from samples import (
    BROKEN,
    FAILED,
    HOSTILE,
    PENDING,
    SCRIPT,
    SKIPPED,
    Page,
    check,
    compared,
    drawn,
    followed,
    law,
    poisoned,
    raising,
    report,
    right_report,
    task,
    tensor,
    wrong,
    wrong_report,
)

from grader.report.html import submission_page
from grader.report.html.submission_page import render
from grader.results.report import (
    CheckResult,
    Evidence,
    Excerpt,
    RaisedException,
    Report,
    SourceLine,
    Verdict,
    WrittenAnswer,
)


def page(*checks: CheckResult) -> Page:
    return Page(render(report(task(*checks))))


def first(shown: Page) -> str:
    """Return what the page says to do first, in one line."""
    return " ".join(shown.one("section", aria_labelledby="first").text.split())


# What the page is


@pytest.mark.parametrize("found", [right_report(), wrong_report()])
def test_it_is_written_in_english_and_has_a_title_and_landmarks(found: Report) -> None:
    shown = Page(render(found))
    counts = {tag: len(shown.all(tag)) for tag in ("header", "main", "footer", "h1")}

    assert (counts, shown.one("html").attributes, shown.source[:15]) == (
        {"header": 1, "main": 1, "footer": 1, "h1": 1},
        {"lang": "en"},
        "<!DOCTYPE html>",
    )


def test_the_title_says_the_score_and_whose_it_is() -> None:
    shown = page(check(), check(FAILED))

    assert (shown.one("title").text, shown.one("h1").text) == ("2 of 4 · ana · Recurrent networks", "ana")


@pytest.mark.parametrize("found", [right_report(), wrong_report()])
def test_what_is_pointed_at_is_there_once(found: Report) -> None:
    shown = Page(render(found))
    ids = [one.attributes["id"] for one in shown.elements if "id" in one.attributes]
    pointed = [one.attributes["href"][1:] for one in shown.all("a")]
    pointed += [one.attributes["aria-labelledby"] for one in shown.all("section")]
    pointed += [one.attributes["data-copies"] for one in shown.all("button")]

    assert (len(set(ids)) == len(ids), set(pointed) - set(ids)) == (True, set())


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(wrong_report()) == render(wrong_report())


def test_another_time_changes_the_times_only() -> None:
    one = render(wrong_report()).splitlines()
    other = render(wrong_report().model_copy(update={"timings": {"total": 99.0}})).splitlines()

    assert [new for old, new in zip(one, other, strict=True) if old != new] == [
        '    <p class="timings">Times: total 99.0 s</p>'
    ]


# What it allows


class TestPage(EveryPage):
    style_sheets = ("page.css",)
    scripts = ("page.js",)

    def pages(self) -> list[Page]:
        return [Page(render(right_report())), Page(render(wrong_report()))]

    def hostile(self, text: str) -> Page:
        return Page(render(poisoned(wrong_report(), text)))


def test_the_policy_comes_before_anything_that_it_governs() -> None:
    source = render(wrong_report())

    assert source.index("Content-Security-Policy") < min(map(source.index, ("<style", "<script", "<title")))


@pytest.mark.parametrize("found", [right_report(), wrong_report()])
def test_it_needs_no_style_or_script_in_an_attribute(found: Report) -> None:
    names = {name for one in Page(render(found)).elements for name in one.attributes}

    assert [name for name in names if name == "style" or name.startswith("on")] == []


def test_the_equation_that_defines_a_wrong_value_stands_beside_it_and_no_other_does() -> None:
    equations = {"h": "h_t = x", "c": "c_t = y"}  # c is right
    shown = Page(render(report(task(wrong()).model_copy(update={"equations": equations}))))

    assert [one.text for one in shown.all("math")] == ["ht=x"]


# What strangers write


@settings(deadline=None, max_examples=20)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="`\n\r\t "), min_size=1))
def test_no_text_at_all_adds_an_element_or_an_attribute(text: str) -> None:
    hostile, harmless = (Page(render(poisoned(wrong_report(), one))) for one in (text, "x" * len(text)))

    assert [tag for tag, _ in hostile.shape] == [tag for tag, _ in harmless.shape]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_link_leads_out_of_the_page(text: str) -> None:
    shown = Page(render(poisoned(wrong_report(), text)))

    assert [
        one.attributes["href"] for one in shown.all("a") if not one.attributes["href"].startswith("#")
    ] == []


def test_a_hostile_name_is_there_to_be_read() -> None:
    assert Page(render(report(task(check()), submission=SCRIPT))).one("h1").text == SCRIPT


def test_a_template_in_a_name_is_not_filled_in() -> None:
    assert Page(render(report(task(check()), submission="{{ 7 * 7 }}"))).one("h1").text == "{{ 7 * 7 }}"


def test_the_writing_of_a_name_turns_nothing_beside_it() -> None:
    shown = Page(render(report(task(check()), submission="שלום")))

    assert shown.one("bdi").text == "שלום"


def test_text_without_end_is_cut() -> None:
    endless = render(poisoned(wrong_report(), "x" * 100_000))
    without_programs = re.sub(r'<code id="[^"]*-program">.*?</code>', "", endless, flags=re.DOTALL)

    assert max(map(len, re.findall("x+", without_programs))) == 20_000


def test_no_attribute_is_without_end() -> None:
    endless = Page(render(poisoned(wrong_report(), "x" * 100_000)))

    assert [
        name for one in endless.elements for name, text in one.attributes.items() if text.count("x") > 2000
    ] == []


def test_printed_text_is_shown_as_it_was() -> None:
    shown = Page(render(report(task(check(), output=f"\n<b>1 & 2</b>\n{SCRIPT}"))))

    # The first line end after <pre> is not text.
    assert shown.one("pre", aria_label="Output of lstm_cell").text == f"\n\n<b>1 & 2</b>\n{SCRIPT}"


def test_without_printed_text_there_is_no_place_for_it() -> None:
    assert page(check()).all("details", class_="output") == []


# Checks


def test_every_check_opens_and_closes() -> None:
    found = wrong_report()
    shown = Page(render(found))
    heads = [one.text for one in shown.all("h3")]

    assert sorted(heads) == sorted(one.title for each in found.tasks for one in each.checks)


@pytest.mark.parametrize(
    ("result", "kind", "is_open"),
    [
        (check(), "passed", False),
        (check(SKIPPED), "skipped", False),
        (check(FAILED), "failed", True),
        (check(BROKEN), "broken", True),
        (check(PENDING), "pending", True),
        (drawn(), "picture", True),
        (drawn(FAILED), "picture", True),
    ],
)
def test_what_needs_a_look_is_open(result: CheckResult, kind: str, is_open: bool) -> None:
    details = page(result).one("details", class_=f"check {kind}")

    assert ("open" in details.attributes, kind in details.text) == (is_open, True)


def test_a_verdict_is_said_in_a_word_and_not_by_a_colour_alone() -> None:
    shown = Page(render(wrong_report()))
    words = [one.text.strip() for one in shown.all("span", class_="verdict")]

    assert words == [
        "pending", "broken", "failed", "failed", "failed", "failed", "skipped",
        "picture", "picture", "picture", "passed", "passed", "failed", "failed", "skipped", "passed",
    ]  # fmt: skip


def test_the_counts_are_those_of_the_verdicts_without_pictures() -> None:
    items = [" ".join(one.text.split()) for one in Page(render(wrong_report())).all("li")]

    assert items[:5] == ["3 passed", "6 failed", "2 skipped", "1 pending", "1 broken"]


def test_a_passed_check_says_that_nothing_is_to_do() -> None:
    assert "Right: nothing to do here." in page(check()).one("details", class_="check passed").text


def test_a_known_mistake_is_named_with_its_hint() -> None:
    hint = page(wrong()).one("div", class_="hint")

    assert " ".join(hint.text.split()) == "This looks like: gate order Look at the gates."


def test_code_stands_between_backticks() -> None:
    shown = page(check(FAILED, message="`h` is not `c`, `"))

    assert (shown.one("p", class_="message").text, [c.text for c in shown.all("code")][4:6]) == (
        "h is not c, `",
        ["h", "c"],
    )


def test_the_checks_of_a_task_that_was_not_handed_in_are_not_counted_as_failed() -> None:
    absent = task(check(FAILED, "loads"), name="gru_cell", handed_in=False)

    some = Page(render(report(task(check()), absent)))
    none = Page(render(report(absent)))

    assert some.one("ul", class_="counts").text.split() == ["1", "passed"]
    assert none.all("ul", class_="counts") == []


# What to do first


def test_where_all_passed_nothing_is_to_do() -> None:
    assert first(page(check(), check())) == "What to do first Everything is right. Well done!"


def test_without_a_task_it_says_so() -> None:
    assert first(Page(render(report()))) == "What to do first No task was graded."


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (PENDING, "Everything that is decided is right. None of your answers is wrong."),
        (BROKEN, "Complete: 0 of 1 task. None of your answers is wrong."),
    ],
)
def test_where_nothing_is_wrong_yet_it_says_so(verdict: Verdict, said: str) -> None:
    shown = Page(render(report(task(check(), check(verdict)), final=False)))

    assert first(shown).endswith(said)


def test_an_answer_in_words_is_shown_as_it_was_read_and_waits() -> None:
    said = WrittenAnswer(file="answers.md", text="No.\n\nThey are <b>shared</b>.")
    shown = page(check(PENDING, "1.1.2", 2.5, answer=said, message="A person decides."))

    assert shown.one("blockquote").text.strip() == "No.\n\nThey are <b>shared</b>."
    assert "2.5 points wait for a person" in shown.one("div", class_="total").text


def test_one_failure_is_where_to_begin() -> None:
    assert first(page(check(FAILED, message="No."))) == (
        "What to do first Complete: 0 of 1 task. 1 thing is left to do. Begin here: "
        "The step is right. lstm_cell 2 points No."
    )


def test_what_is_worth_most_comes_first_and_three_are_enough() -> None:
    checks = [check(FAILED, f"c{points}", points) for points in (1, 5, 3, 4)]
    shown = page(*checks)
    links = [one.text for one in shown.all("a") if one.attributes["href"].startswith("#task-1-check")]

    assert links == ["The c5 is right.", "The c4 is right.", "The c3 is right."]


def test_a_mistake_that_shows_twice_is_one_thing_to_do() -> None:
    shown = first(page(wrong("one"), wrong("two")))

    assert (shown.count("This looks like: gate order"), "4 points" in shown) == (1, True)


def test_a_gate_brings_what_was_skipped_within_reach() -> None:
    shown = first(page(check(FAILED, "loads", 0), check(SKIPPED, points=3), check(SKIPPED, points=1)))

    assert "up to 4 points" in shown


def test_a_picture_is_nothing_to_mend() -> None:
    assert "Everything is right." in first(page(check(), drawn(FAILED)))


def test_a_link_leads_to_its_check() -> None:
    shown = page(check(), check(FAILED, "second"))
    (target,) = [one.attributes["href"] for one in shown.all("a") if "check" in one.attributes["href"]]

    assert "The second is right." in shown.one("details", id=target[1:]).text


# A report that is not final


def test_our_own_fault_is_called_ours() -> None:
    found = report(task(check(BROKEN), check(BROKEN), check(PENDING)), final=False)
    notice = Page(render(found)).one("section", aria_labelledby="unfinished").text

    assert (
        "2 checks could not be decided" in notice,
        "not yours" in notice,
        "1 check waits" in notice,
    ) == (
        True,
        True,
        True,
    )


def test_a_final_report_has_no_notice() -> None:
    assert page(check()).all("section", aria_labelledby="unfinished") == []


def test_what_was_not_isolated_is_listed() -> None:
    notice = Page(render(wrong_report())).one("section", aria_labelledby="isolation").text

    assert ("files of this machine" in notice, "the network" in notice) == (True, True)


# Evidence


def test_a_wrong_entry_is_marked_and_said() -> None:
    cells = page(wrong()).all("td", class_="wrong")

    assert [one.text for one in cells] == ["wrong: 3.5000"]


def test_an_exception_is_said_with_its_type() -> None:
    assert page(raising()).one("p", class_="exception").text == "ValueError: no such gate"


def test_an_exception_that_the_message_tells_is_not_said_again() -> None:
    raised = Evidence(raised=RaisedException(type="ValueError", message="no."))

    assert page(check(FAILED, message="ValueError: no", evidence=raised)).all("p", class_="exception") == []


def test_the_line_to_look_at_is_said() -> None:
    line = page(wrong()).one("li", class_="marked")

    assert line.text == "look here, line 5f = b"


def test_lines_lose_the_indentation_that_they_share() -> None:
    lines = tuple(SourceLine(number=n, text=t) for n, t in enumerate(["\tif x:", "", "\t    y"], 1))
    seen = Evidence(source=(Excerpt(file="m.py", function="<module>", lines=lines),))
    (shown,) = submission_page.evidence_view(seen, "", "").excerpts

    assert [line.text for line in shown.lines] == ["if x:", "", "    y"]


def test_the_name_of_a_function_is_said_and_of_a_module_is_not() -> None:
    line = (SourceLine(number=1, text="x"),)
    files = [Excerpt(file="m.py", function=name, lines=line) for name in ("<module>", "forward")]
    shown = page(check(FAILED, evidence=Evidence(source=tuple(files))))

    assert [one.text for one in shown.all("figcaption")] == ["m.py", "m.py, in forward"]


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (Evidence(case=0, sizes={"batch": 2}), ["Seen in the smallest case that fails: batch 2."]),
        (Evidence(case=0), []),
        (Evidence(failing_cases=(0, 1), cases=2), ["All 2 cases fail."]),
        (Evidence(failing_cases=(0,), cases=3), ["1 of 3 cases fails."]),
        (Evidence(failing_cases=(0, 2), cases=3), ["2 of 3 cases fail."]),
        (Evidence(failing_cases=(0,), cases=1), []),
    ],
)
def test_it_is_said_where_and_how_often_it_fails(seen: Evidence, said: list[str]) -> None:
    assert list(submission_page.evidence_view(seen, "", "").where) == said


def test_what_was_right_is_there_below_what_is_wrong() -> None:
    view = submission_page.evidence_view(wrong().evidence or Evidence(), "", None)

    assert ([one.name for one in view.wrong], [one.name for one in view.right]) == (["h"], ["c"])


def test_of_a_broken_law_it_is_said_what_was_seen() -> None:
    assert [one.text for one in page(law()).all("summary")][1] == "What was seen: p"


def test_tables_of_one_page_have_names_of_their_own() -> None:
    shown = Page(render(report(task(wrong("one"), wrong("two"), drawn(), drawn(name="more")))))
    captions = [one.text for one in shown.all("caption")]

    assert (len(captions) > 6, len(set(captions))) == (True, len(captions))


def test_many_values_are_a_heat_map_with_words() -> None:
    values = [float(n) for n in range(100)]
    seen = Evidence(
        comparisons=(compared(tensor("w", values, 10, 10), tensor("w", [*values[1:], 0.0], 10, 10)),)
    )
    maps = page(check(FAILED, evidence=seen)).all("svg", class_="heat")

    assert [(one.attributes["role"], one.attributes["aria-label"][:13]) for one in maps] == [
        ("img", "Heat map of w")
    ] * 3


def test_numbers_that_are_none_do_not_stop_the_page() -> None:
    odd = ("nan", "inf", "-inf", 1e308, -1e308, 5e-324, 0.0, -0.0)
    seen = Evidence(
        comparisons=(compared(tensor("h", odd), tensor("h", odd[::-1]), error=math.inf, tolerance=0.0),),
        inputs=(tensor("x", odd), tensor("e", (), 0, 3), tensor("s", (1.5,), shape=(), window=(), origin=())),
    )

    assert "without any entry" in render(report(task(check(FAILED, evidence=seen))))


# The program that shows a failure again


def test_the_button_copies_the_program() -> None:
    result = wrong()
    shown = page(result)
    button = shown.one("button")
    program = shown.one("code", id=button.attributes["data-copies"])

    assert program.text == (result.evidence or Evidence()).snippet


def test_the_button_is_hidden_until_the_script_runs() -> None:
    assert "hidden" in page(wrong()).one("button").attributes


def test_buttons_of_two_checks_copy_two_programs() -> None:
    shown = page(wrong("one"), wrong("two"))
    copied = [shown.one("code", id=one.attributes["data-copies"]).text for one in shown.all("button")]

    assert ["'one'" in copied[0], "'two'" in copied[1]] == [True, True]


def test_a_program_is_never_cut() -> None:
    long = "# a line\n" * 5000
    result = wrong()
    evidence = (result.evidence or Evidence()).model_copy(update={"snippet": long})
    shown = page(result.model_copy(update={"evidence": evidence}))

    assert shown.one("code", id="task-1-check-1-program").text == long


def test_a_failure_without_a_program_has_no_button() -> None:
    assert page(raising()).all("button") == []


# Where it comes from


def test_the_command_that_gives_it_again_names_the_seed_and_no_name_of_a_stranger() -> None:
    shown = Page(render(report(task(check()), submission="; rm -rf ~")))

    assert "grade SUBMISSION --seed 5" in [one.text for one in shown.all("code")]


def test_a_run_without_isolation_is_repeated_without_it() -> None:
    codes = [one.text for one in Page(render(wrong_report())).all("code")]

    assert "grade SUBMISSION --seed 5 --no-sandbox" in codes


def test_it_says_seed_isolation_versions_and_digests() -> None:
    footer = " ".join(Page(render(right_report())).one("footer").text.split())
    said = ("Seed 5", "Isolation full", "torch 2.13.0", f"Assignment {'a' * 64}", f"Submission {'b' * 64}")

    assert [text for text in said if text not in footer] == []


def test_with_one_task_there_is_no_list_of_tasks() -> None:
    counts = [len(Page(render(found)).all("nav")) for found in (right_report(), wrong_report())]

    assert counts == [0, 1]


@pytest.mark.parametrize(
    ("score", "points", "width"), [(0, 0, "0.0"), (1, 4, "25.0"), (9, 4, "100.0"), (-1, 4, "0.0")]
)
def test_the_bar_is_as_long_as_the_share(score: float, points: float, width: str) -> None:
    found = report(task(check()), score=score, points=points)

    assert Page(render(found)).all("rect", class_="fill")[0].attributes["width"] == width


# A slip that is paid for once


def test_a_slip_is_named_with_its_price_above_the_checks() -> None:
    shown = Page(render(report(followed())))

    assert shown.one("p", class_="followed").text == (
        "The gates are in another order. Price: 1 point. "
        "What is right apart from it keeps its points, which makes 6 of 9 instead of 2."
    )


def test_what_is_right_given_the_slip_says_so() -> None:
    shown = Page(render(report(followed())))

    assert [one.text for one in shown.all("p", class_="given")] == [
        "Right apart from that mistake: its points count."
    ] * 2


def test_correcting_the_slip_brings_its_price() -> None:
    gains = [one.text for one in Page(render(report(followed()))).all("span", class_="gain")]

    assert gains == ["2 points", "1 point"]
