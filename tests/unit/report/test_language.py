"""Reports in German: every text has its translation, with the same parts, and what has none stays English."""

import json
import string
from datetime import UTC, datetime
from pathlib import Path

import catalogue
import pytest
from samples import BROKEN, check, followed, poisoned, report, right_report, task, wrong, wrong_report

from grader.assignment.translations import read_translations
from grader.errors import AssignmentError
from grader.report import classroom50, github, junit, language
from grader.report.html import submission_page
from grader.report.language import speaking
from grader.report.messages import text, told
from grader.report.terminal import submission_summary
from grader.results.message import Message
from grader.results.report import Stage

OTHERS = [code for code in language.CODES if code != language.SOURCE]


def parts(template: str) -> set[str]:
    """Return the parameters of a template with their formats, but not the words of counts."""
    found = []
    for _, name, spec, _ in string.Formatter().parse(template):
        if name is not None:
            found.append(name if "|" in (spec or "") else f"{name}:{spec}")
    return set(found)


def pairs(code: str) -> list[tuple[str, str]]:
    return [(str(one.id), str(one.string)) for one in catalogue.catalogue(code) if one.id]


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_that_students_read_has_its_translation(code: str) -> None:
    translated = {source for source, target in pairs(code) if target}
    missing = {text: place for text, place in catalogue.texts().items() if text not in translated}

    assert missing == {}, "fill them in after `python tests/support/catalogue.py`"


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_is_of_a_text_that_is_gone(code: str) -> None:
    assert {source for source, _ in pairs(code)} - set(catalogue.texts()) == set()


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_parameters_of_its_text(code: str) -> None:
    wrong = [(source, target) for source, target in pairs(code) if parts(source) != parts(target)]

    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_as_many_forms_and_as_much_code_as_its_text(code: str) -> None:
    wrong = [
        (source, target)
        for source, target in pairs(code)
        if (source.count("|"), source.count("`") % 2) != (target.count("|"), target.count("`") % 2)
    ]

    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_the_compiled_catalogue_is_that_of_the_translations(code: str) -> None:
    compiled = catalogue.po_file(code).with_suffix(".mo").read_bytes()

    assert compiled == catalogue.compiled(code), "run `python tests/support/catalogue.py`"


def test_german_counts_and_writes_numbers_with_a_comma() -> None:
    price = Message.of("worth_up_to", points=2.5)
    with speaking("de"):
        assert text(price) == "bis zu 2,5 Punkte"
        assert text(Message.of("worth", points=1)) == "1 Punkt"
    assert text(price) == "up to 2.5 points"


def test_what_has_no_translation_stays_english() -> None:
    with speaking("de"):
        assert text(Message.of("returns_none")) == "return nothing"
    with speaking("xx"):
        assert text(Message.of("worth", points=1)) == "1 point"


def test_titles_are_those_of_the_author_or_ours() -> None:
    with speaking("de", {"The step is right.": "Der Schritt stimmt."}):
        assert told("The step is right") == "Der Schritt stimmt"
        assert (
            told("`a_b.py` exists and can be imported.")
            == "`a_b.py` ist vorhanden und lässt sich importieren."
        )
        assert told("Something else.") == "Something else."
        needed = Message.of("skipped", needed="The step is right.")
        assert text(needed) == "Übersprungen, denn das hängt ab von „Der Schritt stimmt.“"


def test_names_and_values_are_no_titles_and_stay_as_they_are() -> None:
    with speaking("de", {"points": "Punkte", "row": "Zeile", "Mark": "Note"}):
        assert text(Message.of("given_by", by="Mark")) == "Vergeben von Mark."
        assert "`row`" in text(Message.of("value_missing", name="row", expected="a number"))
        assert "row, points" in text(Message.of("members_missing", members=("row", "points"), more=0))
        assert told("passed") == "passed"


def test_the_titles_and_hints_of_two_mistakes_in_one_program_are_translated() -> None:
    with speaking("de", {"No bias": "Kein Bias", "No scale": "Keine Skala", "A.": "Eins.", "B.": "Zwei."}):
        assert told("No bias + No scale") == "Kein Bias + Keine Skala"
        assert told("A.\n\nB.") == "Eins.\n\nZwei."
        assert text(Message.of("looks_like", title="No bias + x")).count("Kein Bias + x") == 1


def test_titles_of_our_checks_are_translated_with_any_path_and_number() -> None:
    with speaking("de"):
        assert told("`pkg/a-b.py` exists and can be imported").startswith("`pkg/a-b.py` ist vorhanden")
        assert told("Hidden check 12.") == "Verdeckte Prüfung 12."
        assert told("Hidden check 1") == "Verdeckte Prüfung 1"
        assert "Verdeckte Prüfung 1" in text(
            Message.of("does_not_explain", titles=("Hidden check 1",), more=0)
        )
        assert told("The layer is written out, not taken from torch.") != (
            "The layer is written out, not taken from torch."
        )


def test_formats_for_machines_and_what_is_not_started_speak_german() -> None:
    failed = wrong(mistake_title="No bias", hint="Add it.", title="A step")
    unwritten = task(failed, name="b", title="A cell", stage=Stage.NOT_STARTED)
    found = report(unwritten, task(check(BROKEN), name="c"), final=False)
    with speaking("de", {"A step": "Ein Schritt", "Add it.": "Ergänze es.", "A cell": "Eine Zelle"}):
        now = datetime(2026, 11, 29, tzinfo=UTC)
        outputs = [
            junit.render(found),
            str(json.loads(classroom50.render(found, {}, now, now))),
        ]
        page, annotations = submission_page.render(found), github.render(found, "", ".", "token")
    assert all("Ein Schritt" in one and "Ergänze es." in one for one in outputs)
    assert "Eine Zelle" in outputs[1]
    assert "nicht begonnen" in page and "not started" not in page
    assert "::warning::Einige Prüfungen" in annotations


def test_the_page_speaks_german() -> None:
    found = report(followed(), task(check(), name="b"))
    with speaking("de", {found.tasks[0].title: "Eine LSTM-Zelle"}):
        page = submission_page.render(found)

    assert '<html lang="de">' in page
    assert "Das ist zuerst zu tun" in page
    assert "Eine LSTM-Zelle" in page
    assert "What to do first" not in page


def test_the_terminal_speaks_german() -> None:
    with speaking("de"):
        said = submission_summary.render(wrong_report(), verbose=True)
        right = submission_summary.render(right_report())

    assert "Alles ist richtig. Sehr gut!" in right
    assert "points" not in said


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "{0} {kind}", "\x1b[2J\u202e"])
def test_strange_text_is_no_markup_and_no_template_in_german(hostile: str) -> None:
    with speaking("de"):
        page = submission_page.render(poisoned(wrong_report(), hostile))

    assert "<script>alert(1)" not in page
    assert not {"\x1b", "\u202e"} & set(page)


def test_translations_stand_beside_an_assignment(tmp_path: Path) -> None:
    (tmp_path / "translations").mkdir()
    (tmp_path / "translations" / "de.toml").write_text('"A title" = "Ein Titel"\n')

    assert read_translations(tmp_path, "de") == {"A title": "Ein Titel"}
    assert read_translations(tmp_path, "fr") == {}


@pytest.mark.parametrize("written", ['"A" = 1\n', "no toml", '[table]\na = "b"\n'])
def test_a_wrong_file_of_translations_is_named(written: str, tmp_path: Path) -> None:
    (tmp_path / "translations").mkdir()
    (tmp_path / "translations" / "de.toml").write_text(written)

    with pytest.raises(AssignmentError, match=r"de\.toml"):
        read_translations(tmp_path, "de")
