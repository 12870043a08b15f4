"""What one student's program says never speaks for others on the pages of a class."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from samples import Page

from grader.assignment.starter import write_assignment

LIE = "!!! bela copied this from ida, see the mail of the dean"
RAISES = "def standardize(x):\n    raise {type}({message!r})\n"
KINDS = {
    "a message": RAISES.format(type="ValueError", message=f"no mode '{LIE}' here"),
    "a name": f"Lie = type({LIE!r}, (Exception,), {{}})\n" + RAISES.format(type="Lie", message="no"),
    "a text": f"def standardize(x):\n    return {LIE!r}\n",
    "a repr": f"class Lie:\n    pass\n\n\nLie.__name__ = Lie.__qualname__ = {LIE!r}\n\n\n"
    "def standardize(x):\n    return Lie()\n",
    "an import": f"raise ImportError('no module {LIE}')\n",
}
HONEST = RAISES.format(type="ValueError", message="no mode 'slow' here")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class in which each kind of lie is told twice, so that it is a group, and once among honest ones."""
    folder = tmp_path_factory.mktemp("shared")
    write_assignment(folder / "assignment")
    sources = {"bela": HONEST, "ida": HONEST}
    sources |= {f"aaa {kind} {n}": source for kind, source in KINDS.items() for n in range(2)}
    for name, source in sources.items():
        (folder / "class" / name).mkdir(parents=True)
        (folder / "class" / name / "standardize.py").write_text(source)
    ended = subprocess.run(
        [sys.executable, "-m", "grader", "class", "class", "--out", "out", "--assignment", "assignment"],
        cwd=folder,
        env=os.environ | {name: str(folder / name) for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    (folder / "said").write_text(ended.stdout)
    return folder


def test_no_heading_and_no_list_of_names_holds_it(graded: Path) -> None:
    page = (graded / "out" / "class.html").read_text()
    parts = re.findall(r"<(h[1-6]|summary|title|option|th)\b(.*?)</\1>", page, re.DOTALL)

    assert [part for _, part in parts if "dean" in part] == []


def test_where_it_stands_openly_it_is_quoted_behind_the_name_of_who_said_it(graded: Path) -> None:
    articles = (graded / "out" / "class.html").read_text().split("<article")[1:]
    openly = [Page(article.partition("<summary>What goes wrong")[0]) for article in articles]
    said = [one.text for page in openly for one in page.all("p") if "dean" in one.text]

    assert (
        len(said) > 2,
        [text for text in said if not re.match(r"aaa an? \w+ \d got the message: ", text)],
    ) == (
        True,
        [],
    )


def test_the_summary_in_a_terminal_does_not_hold_it(graded: Path) -> None:
    assert "dean" not in click.unstyle((graded / "said").read_text())


def test_honest_ones_are_in_a_group_with_it_under_our_own_words(graded: Path) -> None:
    found = json.loads((graded / "out" / "class.json").read_text())
    (group,) = [one for one in found["clusters"] if "bela" in one["students"]]

    assert (group["head"], group["example"], len(group["students"])) == (
        {"id": "same_known_exception", "parameters": {"kind": "ValueError"}},
        "aaa a message 0",
        4,
    )
