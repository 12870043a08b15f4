"""What the pages say about files, links and commands is so."""

import re
from pathlib import Path

import pytest

from grader.cli import main

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:grader|tests|docs|reference|bench|examples|submissions_example)/[\w./-]+)`")
COMMAND = re.compile(r"^\$ (?:.*&& )?(?:\.venv/bin/)?grade (.*)$", re.MULTILINE)
IN_A_TABLE = re.compile(r"^\|.*?\|.*`grade ([^`]+ [^`]+)`", re.MULTILINE)

every_page = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])


def anchors(page: Path) -> set[str]:
    """Return what links to a heading of a page end with."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere; addresses elsewhere are not looked up."""
    found = []
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and (not target.exists() or (anchor and anchor not in anchors(target))):
            found.append(link)
    return found


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_link_that_leads_nowhere_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# A title\n[a](#a-title) [b](#b) [c](none.md) [d](page.md#a-title)\n")

    assert broken(tmp_path / "page.md") == ["#b", "none.md"]


@pytest.mark.parametrize(
    "page", ["CONTRIBUTING.md", "README.md", "docs/architecture.md", "docs/glossary.md", "docs/security.md"]
)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = FENCED.sub("", (ROOT / page).read_text(encoding="utf-8"))
    named = {
        path for path in PATH.findall(text) if not path.endswith(("/plain_table.py", "forgets_nothing.patch"))
    }

    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_every_module_on_the_way_of_a_submission_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[`\"]([a-z_]+/[a-z_]+\.py)[`\"]", text))

    assert sorted(path for path in named if not (ROOT / "grader" / path).exists()) == []
    assert len(named) > 20


COMMANDS = sorted(
    {
        command.strip()
        for page in PAGES
        if page.name != "CHANGELOG.md"
        for command in COMMAND.findall(page.read_text(encoding="utf-8"))
        + IN_A_TABLE.findall(page.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_a_page_shows_is_one(command: str) -> None:
    name, *arguments = command.split()
    if name not in main.commands:
        name, arguments = "run", [name, *arguments]

    assert main.commands[name].make_context(name, arguments).command.name == name
