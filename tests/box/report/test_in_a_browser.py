"""What only a browser can tell: everybody can use the pages, on a phone too, and nothing leaves them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromium
import pytest
from samples import (
    HOSTILE,
    a_class,
    changes,
    checked,
    examples,
    one_bug_report,
    poisoned,
    report,
    right_report,
    task,
    wrong,
    wrong_report,
)

from grader.report.html import audit_page, class_page, regrade_page, submission_page
from grader.results.report import CheckResult, Report, TaskResult

pytest.importorskip("playwright.sync_api")
pytest.importorskip("axe_core_python.sync_playwright")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="there is no Chromium on this machine"),
]

EVERYTHING = "\n".join(text for text in HOSTILE if len(text) < 1000)
WORD = "x" * 300


def full_of(text: str) -> Report:
    """Return a report with this text everywhere but where its author names things."""

    def full(found: CheckResult) -> CheckResult:
        return poisoned(found, text).model_copy(update={"check": found.check, "picture": found.picture})

    def whole(found: TaskResult) -> TaskResult:
        named = {"task": found.task, "title": found.title, "checks": tuple(map(full, found.checks))}
        return poisoned(found, text).model_copy(update=named)

    return poisoned(wrong_report(), text).model_copy(
        update={"tasks": tuple(map(whole, wrong_report().tasks))}
    )


PAGES: dict[str, Callable[[], str]] = {
    "right report": lambda: submission_page.render(right_report()),
    "wrong report": lambda: submission_page.render(wrong_report()),
    "one bug": lambda: submission_page.render(one_bug_report()),
    "hostile report": lambda: submission_page.render(full_of(EVERYTHING)),
    "report of endless words": lambda: submission_page.render(full_of(WORD)),
    "class": lambda: class_page.render(a_class(), examples(a_class())),
    "hostile class": lambda: class_page.render(poisoned(a_class(), EVERYTHING), {}),
    "check": lambda: audit_page.render(checked()),
    "check of endless words": lambda: audit_page.render(poisoned(checked(), WORD)),
    "compare": lambda: regrade_page.render(changes()),
    "hostile compare": lambda: regrade_page.render(poisoned(changes(), EVERYTHING)),
    "compare of endless words": lambda: regrade_page.render(poisoned(changes(), WORD)),
}
every_page = pytest.mark.parametrize("name", PAGES)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.opened() as opened:
        yield opened


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages as files, as they are opened from a disk."""
    folder = tmp_path_factory.mktemp("pages")
    for name, render in PAGES.items():
        (folder / f"{name}.html").write_text(render(), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in PAGES}


@pytest.fixture
def visit(browser: Any, addresses: dict[str, str]) -> Iterator[Callable[..., Any]]:
    """Open one of the pages, with everything opened that opens where `unfolded`."""
    contexts = []

    def visit(name: str, unfolded: bool = False, **settings: Any) -> Any:
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.heard = []
        page.on("request", lambda request: page.heard.append(request.url))
        page.on("dialog", lambda dialog: (page.heard.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: page.heard.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: page.heard.append(f"error: {error}"))
        page.goto(addresses[name])
        if unfolded:
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    "name", ["right report", "wrong report", "hostile report", "class", "check", "compare"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_look_for_barriers_finds_none(visit: Callable[..., Any], name: str, scheme: str) -> None:
    page = visit(name, unfolded=True, color_scheme=scheme)

    assert chromium.barriers(page) == []


@every_page
@pytest.mark.parametrize("unfolded", [False, True])
def test_on_a_phone_nothing_scrolls_sideways(visit: Callable[..., Any], name: str, unfolded: bool) -> None:
    page = visit(name, unfolded, viewport={"width": 400, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") == 400


@every_page
def test_no_request_leaves_the_page_and_nothing_complains(
    visit: Callable[..., Any], addresses: dict[str, str], name: str
) -> None:
    page = visit(name, unfolded=True)
    page.emulate_media(media="print")
    page.wait_for_timeout(100)

    assert page.heard == [addresses[name]]


def test_an_element_that_a_stranger_could_add_would_do_nothing(visit: Callable[..., Any]) -> None:
    page = visit("right report")
    page.evaluate(
        """() => {
            document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran = 1">');
            const script = document.createElement('script');
            script.textContent = 'window.ran = 1';
            document.body.append(script);
        }"""
    )
    page.wait_for_timeout(100)

    assert page.evaluate("window.ran") is None


def tab_to(page: Any, selector: str) -> bool:
    """Press Tab until the element has the focus; whether it ever got it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return True
    return False


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_check_opens_and_closes_by_keyboard(visit: Callable[..., Any], key: str) -> None:
    page = visit("right report")
    page.evaluate("for (const one of document.querySelectorAll('.fold')) one.open = true")
    states = [tab_to(page, "#task-1-check-1 > summary")]
    for _ in range(2):
        page.keyboard.press(key)
        states.append(page.evaluate("document.getElementById('task-1-check-1').open"))

    assert states == [True, True, False]


def test_the_first_key_leads_past_the_head(visit: Callable[..., Any]) -> None:
    page = visit("wrong report")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_a_link_to_a_check_opens_it(visit: Callable[..., Any]) -> None:
    page = visit("wrong report")
    page.evaluate("document.getElementById('task-1-check-2').open = false")
    page.locator("a[href='#task-1-check-2']").click()

    # The page hears of its new address a moment later.
    page.locator("#task-1-check-2[open]").wait_for(timeout=10_000)


CLIPBOARD = ["clipboard-read", "clipboard-write"]


def test_the_button_copies_the_program(visit: Callable[..., Any]) -> None:
    page = visit("wrong report", permissions=CLIPBOARD)
    page.locator("button[data-copies]").first.click()
    page.wait_for_function("document.querySelector('.copied').textContent")

    assert (
        page.locator(".copied").first.text_content(),
        page.evaluate("navigator.clipboard.readText()"),
    ) == (
        "Copied.",
        program(),
    )


def program() -> str:
    evidence = wrong().evidence
    assert evidence is not None
    return evidence.snippet


def test_without_a_clipboard_the_program_is_selected(visit: Callable[..., Any]) -> None:
    page = visit("wrong report")
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')))")
    page.locator("button[data-copies]").first.click()
    page.wait_for_function("document.querySelector('.copied').textContent")

    assert page.evaluate("getSelection().toString()").strip() == program().strip()


def test_a_link_to_a_folded_check_opens_all_around_it(visit: Callable[..., Any]) -> None:
    page = visit("right report")
    page.evaluate("location.hash = '#task-1-check-1'")
    page.wait_for_function("document.getElementById('task-1-check-1').open")

    assert page.evaluate("document.getElementById('task-1-check-1').checkVisibility()")
    assert page.evaluate("document.activeElement.parentElement.id") == "task-1-check-1"


def test_a_chip_shows_the_checks_with_its_verdict_and_then_all_again(visit: Callable[..., Any]) -> None:
    page = visit("wrong report")
    seen = "[...document.querySelectorAll('.check')].filter(one => one.checkVisibility())"
    shown = f"{seen}.map(one => one.classList[1])"
    before = page.evaluate(shown)
    page.locator("button[data-only=skipped]").click()
    skipped = page.evaluate(shown)
    page.locator("button[data-only=skipped]").click()

    assert (set(skipped), "failed" in before, "failed" in page.evaluate(shown)) == ({"skipped"}, True, True)


def test_one_bug_takes_few_tab_stops_and_at_most_three_screens(visit: Callable[..., Any]) -> None:
    page = visit("one bug", viewport={"width": 1400, "height": 900})
    every = "[...document.querySelectorAll('a, button, summary, [tabindex=\"0\"]')]"
    stops = f"{every}.filter(one => one.checkVisibility())"

    assert page.evaluate("document.documentElement.scrollHeight") <= 3 * 900
    assert page.evaluate(f"{stops}.length") < 60


# The page of a class


def students(page: Any) -> list[str]:
    """Return who is in the table, from top to bottom."""
    names: list[str] = page.locator(
        "#everybody tbody tr:not([hidden]) td:first-child bdi"
    ).all_text_contents()
    return names


@pytest.mark.parametrize(
    ("words", "left"),
    [("ana", ["Ana"]), ("EMPTY folder", ["eve"]), ("nobody", []), ("", ["Ana", "bob", "eve"])],
)
def test_a_search_leaves_who_fits(visit: Callable[..., Any], words: str, left: list[str]) -> None:
    page = visit("class")
    page.locator("#search").fill(words)

    assert (students(page), page.locator("#left").text_content()) == (left, f"{len(left)} of 3")


def test_a_mistake_leaves_who_made_it(visit: Callable[..., Any]) -> None:
    page = visit("class")
    page.locator("#cause").select_option("m0")

    assert students(page) == ["Ana"]


def test_a_check_leads_to_who_did_not_pass_it(visit: Callable[..., Any]) -> None:
    page = visit("class")
    page.locator("button[data-cause]").first.click()

    assert (students(page), page.evaluate("document.activeElement.id")) == (["Ana"], "cause")


def test_a_column_sorts_one_way_and_then_the_other(visit: Callable[..., Any]) -> None:
    page = visit("class")
    button = page.locator("#everybody button[data-sort]").nth(1)
    orders = []
    for _ in range(2):
        button.click()
        orders.append((students(page), button.locator("..").get_attribute("aria-sort")))

    assert orders == [(["bob", "Ana", "eve"], "descending"), (["eve", "Ana", "bob"], "ascending")]


def test_the_button_copies_the_beginning_of_a_mistake(visit: Callable[..., Any]) -> None:
    page = visit("class", unfolded=True, permissions=CLIPBOARD)
    page.locator("button[data-copies]").first.click()
    page.wait_for_function("document.querySelector('.copied').textContent")

    assert page.evaluate("navigator.clipboard.readText()") == '"""Say what."""\n'


def test_a_name_of_another_direction_does_not_turn_the_line(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "turned.html").write_text(
        submission_page.render(report(task(wrong()), submission="שלום")), encoding="utf-8"
    )
    page = visit("right report")
    page.goto((tmp_path / "turned.html").as_uri())

    assert page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == "ltr"
