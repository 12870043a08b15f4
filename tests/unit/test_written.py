"""Answers in words are found and placed whatever students call the file and the headings."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from grader.results.message import Message
from grader.submission.written import Written, find_written, is_blank, place

NUMBERS = ("1.1.2", "1.2.1", "1.2.2", "2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.1.5")
STATEMENTS = {
    "1.1.2": "Do the number of parameters increase as you increase the number of time steps to unroll?",
    "1.2.1": "Ideally you would expect an RNN model to learn long term dependencies in sequences.",
    "2.1.1": "What was the motivation behind using gates in an LSTM?",
}
SAID = [
    f"Answer {word} in words." for word in ["one", "two", "three", "four", "five", "six", "seven", "eight"]
]
EXPECTED = dict(zip(NUMBERS, SAID, strict=True))


def written(heading: str, between: str = "\n\n") -> str:
    """Return all answers, each below a heading made from its number."""
    return between.join(heading.format(n=n, last=n[-1]) + said for n, said in EXPECTED.items())


@pytest.mark.parametrize(
    "heading",
    [
        "## {n}\n",
        "# {n}\n\n",
        "#### {n}.\n",
        "##{n}\n",
        "{n}\n",
        "{n}: ",
        "{n}) ",
        "{n}. ",
        "({n}) ",
        "**{n}** ",
        "__{n}__\n",
        "**Question {n}:** ",
        "## Question {n}\n",
        "### Frage {n}\n",
        "## Aufgabe {n}\n",
        "Q{n}\n",
        "Q {n}: ",
        "Answer to question {n}:\n",
        "Antwort {n}\n",
        "A{n}: ",
        "## {n} Question {last}\n",
        "## § {n}\n",
        "- {n} ",
        "> ## {n}\n",
        "{n}\n=====\n",
        "[{n}]\n",
        "\u00a0{n}\u00a0\n",
        "Ex. {n}\n",
        "# Task {n} #\n",
    ],
)
def test_a_heading_with_the_number_of_a_question_is_found(heading: str) -> None:
    found = place(written(heading), NUMBERS, STATEMENTS).answers
    assert {number: said.lstrip("= \n") for number, said in found.items()} == EXPECTED


@pytest.mark.parametrize(
    "separator", [".", ",", "-", "_", " . "], ids=["dots", "commas", "hyphens", "underscores", "spaces"]
)
def test_the_parts_of_a_number_may_be_separated_in_any_way(separator: str) -> None:
    text = "\n\n".join(f"## {n.replace('.', separator)}\n{said}" for n, said in EXPECTED.items())
    assert place(text, NUMBERS, STATEMENTS).answers == EXPECTED


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_any_line_end_will_do(line_end: str) -> None:
    text = written("## {n}\n").replace("\n", line_end)
    assert place(text, NUMBERS, STATEMENTS).answers == EXPECTED


@pytest.mark.parametrize(
    ("part", "question"), [("Task", "Question"), ("Aufgabe", "Frage")], ids=["English", "German"]
)
def test_questions_below_the_headings_of_the_source_are_found(part: str, question: str) -> None:
    lines = ["# 1 Learning Sequences"]
    section = ""
    for number, said in EXPECTED.items():
        chapter, task, last = number.split(".")
        if f"{chapter}.{task}" != section:
            section = f"{chapter}.{task}"
            lines += [f"# {chapter} LSTM", f"## {section} {part} {task}"]
        lines += [f"### {question} {last}", said]
    assert place("\n".join(lines), NUMBERS, STATEMENTS).answers == EXPECTED


def test_tasks_count_within_their_chapter() -> None:
    text = (
        f"# 1 Learning Sequences\n## Task 2\n### Question 1\n{SAID[1]}\n# 2 LSTM\n## Task 1\nQ2: {SAID[4]}\n"
    )
    assert place(text, NUMBERS, STATEMENTS).answers == {"1.2.1": SAID[1], "2.1.2": SAID[4]}


@pytest.mark.parametrize(
    "heading", ["Question {}: ", "## Frage {}\n", "Q{}. ", "q{}) ", "{}) ", "{}. ", "## {}\n", "**{}.** "]
)
def test_plain_numbers_are_places_in_the_list(heading: str) -> None:
    text = "\n\n".join(heading.format(place) + said for place, said in enumerate(SAID, 1))
    assert place(text, NUMBERS, STATEMENTS).answers == EXPECTED


def test_questions_that_count_anew_per_section_are_told_apart_by_their_order() -> None:
    text = "\n".join(f"### Question {number[-1]}\n{said}" for number, said in EXPECTED.items())
    assert place(text, NUMBERS, STATEMENTS).answers == EXPECTED


def test_a_numbered_list_within_an_answer_stays_in_it() -> None:
    text = "## 2.1.4\n1. fewer units\n2. shared weights\n3. a GRU\n\n## 2.1.5\nTwo LSTMs."
    assert place(text, NUMBERS, STATEMENTS).answers == {
        "2.1.4": "1. fewer units\n2. shared weights\n3. a GRU",
        "2.1.5": "Two LSTMs.",
    }


def test_numbers_and_headings_within_an_answer_are_no_questions() -> None:
    answer = (
        "It takes 2.5 times\n0.1 of it\n1.5 steps\n\n### Explanation\n2017 was a year.\n```\n## 2.1.5\n```"
    )
    assert place(f"## 1.1.2\n{answer}", NUMBERS, STATEMENTS).answers == {"1.1.2": answer}


def test_a_question_that_asks_for_no_words_ends_the_answer_before_it() -> None:
    text = "## 1.1.1\n20362 parameters\n## 1.1.2\nNo.\n## 1.1.1\nagain\n## 1.2.1\nThey vanish."
    assert place(text, NUMBERS, STATEMENTS).answers == {"1.1.2": "No.", "1.2.1": "They vanish."}


def test_a_copied_question_is_no_part_of_the_answer() -> None:
    text = f"## 1.1.2\n*{STATEMENTS['1.1.2']}*\n\nNo.\n\n## 2.1.1\n> {STATEMENTS['2.1.1']}\n"
    assert place(text, NUMBERS, STATEMENTS).answers == {"1.1.2": "No.", "2.1.1": ""}


def test_copied_questions_do_as_headings() -> None:
    text = f"{STATEMENTS['1.1.2']}\nNo.\n\n{STATEMENTS['2.1.1']}\nTo forget.\n"
    assert place(text, NUMBERS, STATEMENTS).answers == {"1.1.2": "No.", "2.1.1": "To forget."}


def test_text_without_headings_is_kept_as_a_whole() -> None:
    text = "The weights are shared, so no.\n\nGradients vanish.\n"
    found = place(text, NUMBERS, STATEMENTS)
    assert (found.answers, found.rest) == ({}, text.strip())


def test_an_answer_in_two_parts_is_one_answer() -> None:
    text = "## 1.1.2\nNo.\n## 1.2.1\nThey vanish.\n## 1.1.2 (continued)\nThey are shared."
    assert place(text, NUMBERS, STATEMENTS).answers["1.1.2"] == "No.\n\n(continued)\nThey are shared."


@pytest.mark.parametrize("text", ["", "   \n\n", "#\n##\n---\n"])
def test_a_file_without_a_word_holds_no_answer(text: str) -> None:
    found = place(text, NUMBERS, STATEMENTS)
    assert (found.answers, found.rest) == ({}, "")


@pytest.mark.parametrize("text", ["", " - ", "TODO", "tbd.", "…", "N/A", "\n*\n"])
def test_an_answer_without_a_word_is_blank(text: str) -> None:
    assert is_blank(text)


def test_long_files_and_lines_are_bounded() -> None:
    found = place("## 1.1.2\n" + "x" * 3_000_000 + "\n" * 100_000 + "1" * 100_000, NUMBERS, STATEMENTS)
    assert len(found.answers["1.1.2"]) <= 20_000


@pytest.mark.parametrize(
    "path",
    [
        "answers.md",
        "hw3/answers.md",
        "Answers.MD",
        "ANSWERS.md",
        "answers.markdown",
        "answers.txt",
        "answers",
        "answers.md.txt",
        "answers (1).md",
        "answers-1.md",
        "answers - Copy.md",
        "Copy of answers.md",
        "answer.md",
        "Antworten.txt",
        "answers_mueller.md",
        "muellerjan_1234_56789_answers.md",
        "theory.md",
        "homework.md",
        "README.md",
    ],
)
def test_the_file_is_found_under_any_usual_name(path: str) -> None:
    found = find_written({"lstm_cell.py": b"x = 1", path: written("## {n}\n").encode()}, "answers.md")
    assert found is not None
    assert (found.path, found.text, found.note is None) == (
        path,
        written("## {n}\n"),
        path.rpartition("/")[2] == "answers.md",
    )


def test_the_name_that_was_asked_for_comes_first() -> None:
    files = {"a/answers.txt": b"## 1.1.2\nold", "answers (1).md": b"older", "z/answers.md": b"## 1.1.2\nnew"}
    found = find_written(files, "answers.md")
    assert found is not None and found.path == "z/answers.md"


def test_an_empty_file_gives_way_to_one_with_answers() -> None:
    found = find_written({"answers.md": b"\n", "answers.txt": b"## 1.1.2\nNo."}, "answers.md")
    assert found is not None and found.path == "answers.txt"


@pytest.mark.parametrize("path", ["notes.md", "requirements.txt", "README.md", "lstm_cell.py", "data.csv"])
def test_another_text_is_no_file_of_answers(path: str) -> None:
    assert find_written({path: b"torch==2.6.0\nversion 1.2.3\nSome notes.\n"}, "answers.md") is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Größe “so” – ja".encode(), "Größe “so” – ja"),
        (b"\xef\xbb\xbf" + "Größe".encode(), "Größe"),
        ("Größe “so”".encode("cp1252"), "Größe “so”"),
        ("Größe".encode("utf-16"), "Größe"),
    ],
    ids=["UTF-8", "with a byte-order mark", "of Windows", "UTF-16"],
)
def test_any_usual_encoding_is_read(data: bytes, text: str) -> None:
    assert find_written({"answers.txt": data}, "answers.md") == Written(
        path="answers.txt", text=text, note=note_of("answers.txt")
    )


def note_of(path: str) -> Message:
    return Message.of("taken_as", path=path, target="answers.md")


def notebook(*cells: tuple[str, object]) -> bytes:
    return json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in cells]}).encode()


@pytest.mark.parametrize("name", ["answers.ipynb", "homework.ipynb"])
def test_the_markdown_cells_of_a_notebook_hold_answers(name: str) -> None:
    data = notebook(
        ("markdown", ["## 1.1.2\n", "No, they are shared."]),
        ("code", "x = 1  # ## 2.1.1"),
        ("markdown", "## 1.2.1\nThey vanish."),
    )
    found = find_written({name: data}, "answers.md")
    assert found is not None
    assert place(found.text, NUMBERS, STATEMENTS).answers == {
        "1.1.2": "No, they are shared.",
        "1.2.1": "They vanish.",
    }


@pytest.mark.parametrize(
    "data", [b"{", b"[]", b'{"cells": 3}', b'{"cells": [{"cell_type": "markdown"}]}', b"\xff"]
)
def test_a_damaged_notebook_holds_none(data: bytes) -> None:
    assert find_written({"homework.ipynb": data}, "answers.md") is None


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("answers.pdf", b"%PDF-1.7 ...", "written_pdf"),
        ("answers.docx", b"PK\x03\x04...", "written_office"),
        ("answers.md", b"PK\x03\x04...", "written_office"),
        ("answers.rtf", b"{\\rtf1 ...", "written_rich_text"),
    ],
)
def test_what_is_no_text_is_left_to_a_person(name: str, data: bytes, problem: str) -> None:
    found = find_written({name: data}, "answers.md")
    assert found is not None and found.problem is not None
    assert (found.problem.id, found.text) == (problem, "")


@contextmanager
def processor_seconds(most: float) -> Iterator[None]:
    """Raise `TimeoutError` if more are used: a look that is not linear takes minutes."""

    def over(*_: object) -> None:
        raise TimeoutError(f"more than {most} s")

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize(
    "line",
    [
        "#" * 1990,
        "Question" + "#" * 1980,
        "Question " * 220,
        "antwort zu " * 180,
        "answer to " * 199,
        "## 1.1.2 " + "#" * 1970 + "x",
        "1.1.2 x" + " *" * 900 + "x",
        "1" + ".11" * 660,
        "Q" * 1990,
    ],
    ids=["marks", "a word and marks", "words", "words of two", "to", "after", "in the end", "numbers", "q"],
)
def test_no_line_is_looked_at_for_long(line: str) -> None:
    text = "\n".join([line] * 1000)

    with processor_seconds(8):
        place(text, NUMBERS, STATEMENTS)
        find_written({"notes.md": text.encode()}, "answers.md")
