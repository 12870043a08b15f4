"""Nothing that a stranger wrote moves a cursor, turns the writing or hides."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report.visible import cut, visible


@pytest.mark.parametrize(
    "text",
    ["", "plain", "é and ß", "日本語", "עברית", "a\tb", "one\ntwo", "👩\u200d💻", "می\u200cخواهم", "e\u0301"],
)  # fmt: skip
def test_writing_of_any_language_is_left_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_joiners_are_kept(joiner: str) -> None:
    assert visible(f"a{joiner}b\x07") == f"a{joiner}b⟨U+0007⟩"


@pytest.mark.parametrize(
    "blank", list("\u3164\u2800\u115f\u1160\uffa0\u034f\u17b4\u17b5\U000e0100\U000e01ef")
)
def test_a_letter_that_shows_nothing_is_shown_by_its_code(blank: str) -> None:
    assert visible(f"a{blank}") == f"a⟨U+{ord(blank):04X}⟩"


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u2009", "\u202f", "\u3000", "\u1680"])
def test_a_space_of_another_width_becomes_a_space(space: str) -> None:
    assert visible(f"a{space}b") == "a b"


@pytest.mark.parametrize(
    ("character", "code"),
    [
        ("\x1b", "⟨U+001B⟩"),
        ("\x9b", "⟨U+009B⟩"),
        ("\x07", "⟨U+0007⟩"),
        ("\x08", "⟨U+0008⟩"),
        ("\r", "⟨U+000D⟩"),
        ("\x00", "⟨U+0000⟩"),
        ("\x7f", "⟨U+007F⟩"),
        ("\u202e", "⟨U+202E⟩"),
        ("\u2066", "⟨U+2066⟩"),
        ("\u200f", "⟨U+200F⟩"),
        ("\u061c", "⟨U+061C⟩"),
        ("\u200b", "⟨U+200B⟩"),
        ("\ufeff", "⟨U+FEFF⟩"),
        ("\u00ad", "⟨U+00AD⟩"),
        ("\u2028", "⟨U+2028⟩"),
        ("\x85", "⟨U+0085⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\ue000", "⟨U+E000⟩"),
        ("\ud800", "⟨U+D800⟩"),
    ],
)
def test_what_moves_or_hides_is_shown_by_its_code(character: str, code: str) -> None:
    assert visible(f"a{character}b") == f"a{code}b"


def test_a_line_end_of_windows_is_a_line_end() -> None:
    assert visible("one\r\ntwo\r\r\n") == "one\ntwo⟨U+000D⟩\n"


def test_a_line_that_is_harmless_does_not_hide_one_that_is_not() -> None:
    assert visible("fine\n\x1b[2J\nfine") == "fine\n⟨U+001B⟩[2J\nfine"


@given(st.text())
def test_of_any_text_nothing_is_left_that_cannot_be_seen(text: str) -> None:
    left = {character for character in visible(text) if not character.isprintable()}

    assert left <= {"\n", "\t", "\u200c", "\u200d"}


@given(st.text("aé中 \x1b\u202e\u3164"))
def test_what_can_be_seen_keeps_its_order(text: str) -> None:
    seen = re.sub(r"⟨U\+[0-9A-F]{4}⟩", "", visible(text))

    assert seen == "".join(character for character in text if character in "aé中 ")


@given(st.text())
def test_what_is_visible_stays_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_a_text_within_the_limit_is_whole() -> None:
    assert cut("abc", 3) == "abc"


def test_of_a_longer_text_it_is_said_how_much_is_missing() -> None:
    assert cut("abcdef", 3) == "abc … (3 more characters)"
