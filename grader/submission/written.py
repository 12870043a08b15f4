"""Answers in words: the file that holds them, under any usual name, and the answer to each question in it.

Students write headings as they like: `## 1.1.2`, `1.1.2)`, `Question 1.1.2`, `Frage 2` below `1.1 Aufgabe 1`,
or just numbers. What cannot be placed is kept as a whole for a person, and never counts as missing.
"""

import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.results.message import Message, Record
from grader.submission.layout import folder_of, known_as
from grader.submission.newlines import with_newlines

_MOST_BYTES = 2 << 20
_MOST = 20_000
"""Characters of an answer that are kept; what people write is shorter."""
_MOST_LINES = 20_000
_MOST_LINE = 2_000
_SUFFIX = re.compile(
    r"\.(md|markdown|mdown|mkd|txt|text|rst|ipynb|pdf|docx|doc|odt|rtf|html?|tex)$", re.IGNORECASE
)
_OF_TEXT = ("md", "markdown", "mdown", "mkd", "txt", "text", "rst", "tex", "")
_UNREADABLE = {
    b"%PDF-": Message.of("written_pdf"),
    b"PK\x03\x04": Message.of("written_office"),
    b"\xd0\xcf\x11\xe0": Message.of("written_office"),
    b"{\\rtf": Message.of("written_rich_text"),
}
_SYNONYMS = {
    "answers": ("answer", "antworten", "antwort", "theory", "theorie", "written", "solutions", "loesungen"),
}
_SUBSTANCE = 40
"""Letters and digits from which on a text without a heading may be an answer."""


class Written(Record):
    """A file with answers in words."""

    path: str
    """Relative to the submission."""
    text: str = ""
    """Markdown."""
    problem: Message | None = None
    """Why a person has to open it: it is no text."""
    note: Message | None = None
    """What was taken for the file that the task asks for."""


@dataclass(frozen=True)
class Placed:
    """The answers in a file by question, and what could not be placed."""

    answers: Mapping[str, str]
    """By number; a question without a heading is not there."""
    rest: str = ""
    """Text that belongs to no question, if it may be an answer."""


def find_written(files: Mapping[str, bytes], wanted: str) -> Written | None:
    """Return the file with the answers that a task wants as `wanted`, such as `answers.md`; None without one.

    The name comes first, then names that people and platforms make of it, then a notebook or a text whose
    headings are numbers of questions.
    """
    stem = wanted.rpartition(".")[0].casefold()
    ranked = sorted((rank, path) for path in files if (rank := _rank(path, stem, wanted)) is not None)
    for _, path in ranked:
        found = _read(path, files[path])
        if found is not None and (found.problem or found.text.strip()):
            name = path.removeprefix(folder_of(path))
            note = None if name == wanted else Message.of("taken_as", path=path, target=wanted)
            return found.model_copy(update={"note": note})
    others = [path for path in sorted(files) if _may_hold_answers(path)]
    for path in others[:50]:
        found = _read(path, files[path])
        if found is not None and not found.problem and len(_dotted_numbers(found.text)) > 1:
            return found.model_copy(update={"note": Message.of("taken_as", path=path, target=wanted)})
    return None


def _rank(path: str, stem: str, wanted: str) -> tuple[int, ...] | None:
    """Return how well a path fits, the best first; None if it does not."""
    name = path.removeprefix(folder_of(path))
    if name == wanted:
        return 0, path.count("/")
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    suffix = _SUFFIX.search(plain)
    kind = suffix[1] if suffix else ""
    # Platforms add the same to any file, so let the rule for modules take it away.
    own = known_as(f"{plain.removesuffix(f'.{kind}') if kind else plain}.py")[0]
    own = re.sub(r"\.(md|txt)$", "", own)
    readable = kind in _OF_TEXT or kind == "ipynb"
    if not suffix and "." in plain:
        return None
    if own == stem:
        return 1 + (not readable) * 4, kind != "md", path.count("/")
    if own in _SYNONYMS.get(stem, ()) or own.replace(" ", "_").split("_")[0] == stem:
        return 2 + (not readable) * 4, kind != "md", path.count("/")
    return None


def _may_hold_answers(path: str) -> bool:
    suffix = _SUFFIX.search(path)
    return suffix is not None and (suffix[1].casefold() in _OF_TEXT or suffix[1].casefold() == "ipynb")


def _read(path: str, data: bytes) -> Written | None:
    """Return a file as Markdown; None for a notebook without a word."""
    for beginning, problem in _UNREADABLE.items():
        if data.startswith(beginning):
            return Written(path=path, problem=problem)
    if path.casefold().endswith(".ipynb") or (data.lstrip()[:1] == b"{" and b'"cell_type"' in data):
        text = _of_notebook(data)
        return Written(path=path, text=text) if text.strip() else None
    return Written(path=path, text=_decoded(data[:_MOST_BYTES]))


def _of_notebook(data: bytes) -> str:
    """Return the Markdown cells of a notebook; empty if it cannot be read."""
    try:
        notebook = json.loads(data)
        sheets = notebook.get("worksheets", [notebook])
        cells = [cell for sheet in sheets for cell in sheet["cells"] if cell["cell_type"] in _PROSE]
        texts = [source if isinstance(source := cell["source"], str) else "".join(source) for cell in cells]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""
    return "\n\n".join(texts)[:_MOST_BYTES].encode("utf-8", "replace").decode()


_PROSE = ("markdown", "raw", "heading")


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


# Placing: which lines are headings, and of which question. The lines are a stranger's, so no two repetitions
# that can take the same characters meet: what the first took it keeps (`*+`, `(?>…)`), and a look is linear.

_MARKS = r"[\s#>*_=\-\[\](){}|:.~`§\\+]*+"
_WORDS = (
    r"(?>(?:(?:question|frage|aufgabe|task|exercise|problem|answer(?:\s+to)?|antwort(?:\s+(?:auf|zu))?|part|teil|section|"
    r"teilaufgabe|übung|uebung|nr|no|number|q|ex|a|ad|zu)\b[\s.:#_]*+|[qfa](?=\d))*)"
)
_DOTTED = re.compile(
    rf"^{_MARKS}{_WORDS}{_MARKS}(?P<number>\d{{1,2}}(?:\s?[.,_\-]\s?\d{{1,2}}){{1,3}})(?![\d%])(?P<after>.*)$",
    re.I,
)
_NAMED = re.compile(
    r"^[\s#>*_\[(]*(?:\d{1,2}(?:\.\d{1,2})*\.?\s+)?(?P<word>question|frage|q|task|aufgabe|exercise|section|chapter|part|teil|kapitel)"
    r"[\s._:#]{0,3}(?P<number>\d{1,2})(?![\d.]\d)(?P<after>.*)$",
    re.I,
)
_BARE = re.compile(r"^(?P<before>[#*_ ]{0,8})(?P<number>\d{1,2})(?P<mark>[.):]|(?=[*_]{2})|$)(?P<after>.*)$")
_SECTION = re.compile(r"^\s{0,3}#{1,6}\s*(?P<number>\d{1,2})[.)]?\s+\S")
_FENCE = re.compile(r"^\s{0,3}(```|~~~)")


@dataclass(frozen=True)
class _Heading:
    line: int
    number: str
    after: str
    """What follows in the same line."""


def place(text: str, numbers: Sequence[str], statements: Mapping[str, str]) -> Placed:
    """Return the answers by number; `statements` are what a student may have copied above an answer."""
    lines = [line[:_MOST_LINE] for line in with_newlines(text).split("\n")[:_MOST_LINES]]
    open_lines = list(_outside_fences(lines))
    for find in (_by_number, _by_name, _by_statement, _by_order):
        headings = find(open_lines, numbers, statements)
        if headings:
            return _cut(lines, headings, statements)
    whole = "\n".join(lines).strip()[:_MOST]
    return Placed({}, whole if _letters(whole) else "")


_Lines = Sequence[tuple[int, str]]
_Finder = Callable[[_Lines, Sequence[str], Mapping[str, str]], list[_Heading]]


def _outside_fences(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    inside = False
    for number, line in enumerate(lines):
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            yield number, line


def _dotted_numbers(text: str) -> set[str]:
    found = (_DOTTED.match(line[:_MOST_LINE]) for line in text.splitlines()[:_MOST_LINES])
    return {_plain(one["number"]) for one in found if one and _plain(one["number"]).count(".") == 2}


def _plain(number: str) -> str:
    return ".".join(str(int(part)) for part in re.findall(r"\d+", number))


def _by_number(lines: _Lines, numbers: Sequence[str], statements: Mapping[str, str]) -> list[_Heading]:
    """Return headings with the whole number of a question, and `Question 2` below one of its sections."""
    found: list[_Heading] = []
    section = ""
    sections = {number.rpartition(".")[0] for number in numbers} - {""}
    chapters = {number.partition(".")[0] for number in numbers}
    seen_section = False
    for at, line in lines:
        dotted = _DOTTED.match(line)
        number = _plain(dotted["number"]) if dotted else ""
        if dotted and number in numbers:
            found.append(_Heading(at, number, dotted["after"]))
            section = number.rpartition(".")[0]
            continue
        if dotted and number in sections and _is_a_title(line, dotted["after"]):
            section, seen_section = number, True
            found.append(_Heading(at, "", ""))
            continue
        if dotted and number.rpartition(".")[0] in sections and line.lstrip()[:1] in "#*":
            # A question of the source that asks for no words: what follows is no answer of ours.
            found.append(_Heading(at, "", ""))
            continue
        chapter = _SECTION.match(line)
        if chapter and chapter["number"] in chapters:
            section, seen_section = chapter["number"], True
            found.append(_Heading(at, "", ""))
            continue
        named = _NAMED.match(line)
        if named is None or not section:
            continue
        if named["word"].casefold() in _PARTS:
            inner = f"{section.partition('.')[0]}.{named['number']}"
            if inner in sections:
                section, seen_section = inner, True
                found.append(_Heading(at, "", ""))
        elif seen_section and f"{section}.{named['number']}" in numbers:
            found.append(_Heading(at, f"{section}.{named['number']}", named["after"]))
    return found if any(one.number for one in found) else []


def _is_a_title(line: str, after: str) -> bool:
    """Whether a line with the number of a section is its title, not a sentence that begins with a number."""
    return line.lstrip()[:1] in "#*_" or not after.strip() or _TITLE.match(after) is not None


_TITLE = re.compile(r"\W*(?:task|aufgabe|exercise|section|part|teil)\b", re.I)
_PARTS = ("task", "aufgabe", "exercise", "section", "chapter", "part", "teil", "kapitel")


def _by_name(lines: _Lines, numbers: Sequence[str], statements: Mapping[str, str]) -> list[_Heading]:
    """Return headings such as `Question 3`: the third of the list, or numbers that begin anew per section."""
    found = [(at, one) for at, line in lines if (one := _NAMED.match(line))]
    words = {one["word"].casefold() for _, one in found}
    if words & {"question", "frage", "q"}:
        found = [(at, one) for at, one in found if one["word"].casefold() in ("question", "frage", "q")]
    return _numbered([(at, one["number"], one["after"]) for at, one in found], numbers)


def _by_order(lines: _Lines, numbers: Sequence[str], statements: Mapping[str, str]) -> list[_Heading]:
    """Return lines that begin with a bare number, if these count from 1 on without a gap."""
    found = [(at, one) for at, line in lines if (one := _BARE.match(line))]
    for mark in (")", ".", ":", ""):
        some = [(at, one["number"], one["after"]) for at, one in found if one["mark"] == mark]
        headings = _numbered(some, numbers) if len(some) > 1 else []
        if headings:
            return headings
    return []


def _numbered(found: Sequence[tuple[int, str, str]], numbers: Sequence[str]) -> list[_Heading]:
    """Return headings for numbers that are places in the list, or the last part of each number in order."""
    given = [int(number) for _, number, _ in found]
    ascending = all(one < other for one, other in itertools.pairwise(given))
    last = [
        int(number.rpartition(".")[2]) if number.rpartition(".")[2].isdigit() else 0 for number in numbers
    ]
    if given == last and not ascending:
        meant = list(numbers)
    elif given and ascending and given[0] == 1 and given[-1] <= len(numbers):
        meant = [numbers[number - 1] for number in given]
    else:
        return []
    return [_Heading(at, number, after) for (at, _, after), number in zip(found, meant, strict=True)]


def _by_statement(lines: _Lines, numbers: Sequence[str], statements: Mapping[str, str]) -> list[_Heading]:
    """Return lines in which a student copied the question."""
    wanted = {number: set(_words(statement)) for number, statement in statements.items()}
    found: dict[str, tuple[float, int]] = {}
    for at, line in lines:
        words = set(_words(line))
        if len(words) < 4:
            continue
        for number, asked in wanted.items():
            shared = len(words & asked)
            likeness = shared / max(1, min(len(words), len(asked)))
            if shared >= 4 and likeness >= 0.8 and likeness > found.get(number, (0.0, 0))[0]:
                found[number] = likeness, at
    places = sorted((at, number) for number, (_, at) in found.items())
    return [_Heading(at, number, "") for at, number in places] if len(places) > 1 else []


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _cut(lines: Sequence[str], headings: Sequence[_Heading], statements: Mapping[str, str]) -> Placed:
    """Return the text below each heading, without what a student copied of the question."""
    answers: dict[str, str] = {}
    before = "\n".join(lines[: headings[0].line])
    for one, end in zip(headings, [*(other.line for other in headings[1:]), len(lines)], strict=True):
        body = "\n".join([_after(one.after), *lines[one.line + 1 : end]])
        if one.number:
            own = _without(body, statements.get(one.number, "")).strip()
            kept = "\n\n".join(filter(None, (answers.get(one.number, ""), own)))
            answers[one.number] = kept[:_MOST]
    return Placed(answers, before.strip()[:_MOST] if _letters(before) >= _SUBSTANCE * 5 else "")


def _after(text: str) -> str:
    """Return what follows a number in its line, without the marks of a heading and `Question 2`."""
    bare = re.sub(r"^[\s.):*_\]\-–—]+", "", text)
    bare = re.sub(r"^\(?(?:question|frage|q)\s*\d{1,2}\b[\s.):*_\]\-–—]*", "", bare, flags=re.I)
    return re.sub(r"(?<![\s*_#])[\s*_#]++$", "", bare)


def _without(body: str, statement: str) -> str:
    """Return an answer without the lines that repeat the question."""
    asked = " ".join(_words(statement))
    if not asked:
        return body
    kept = []
    for line in body.split("\n"):
        words = _words(line)
        copied = len(words) > 2 and " ".join(words) in asked
        if not copied:
            kept.append(line)
    return "\n".join(kept)


def _letters(text: str) -> int:
    return sum(character.isalnum() for character in text)


def is_blank(answer: str) -> bool:
    """Whether an answer holds no word."""
    return _letters(answer) == 0 or " ".join(_words(answer)) in _NOTHING


_NOTHING = (
    "todo",
    "tbd",
    "n a",
    "na",
    "no answer",
    "keine antwort",
    "k a",
    "xxx",
    "your answer here",
    "none",
    "tba",
)
