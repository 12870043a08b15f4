"""All texts of ours that a report may show, as they are in the source; and the catalogues of translations.

As a program it brings the catalogues up to date: new texts are added, texts that are gone are left out, and
each `.mo` file is made anew from its `.po` file.
"""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import grader.report
from grader.report import language
from grader.report.messages import ENGLISH, IF_ANY
from grader.results.report import Stage, Verdict

REPORT = Path(grader.report.__file__).parent
WORDS = (
    *IF_ANY.values(),
    *(verdict.value for verdict in Verdict),
    *(stage.value for stage in Stage if stage.value),
    "picture",
    "missing",
    "unwritten",
    "process and network namespaces of its own",
    "files of this machine",
    "the network",
    "other processes",
)
"""Texts that a template asks for by a variable."""
FOR_INSTRUCTORS = (
    "absent",
    "answers_change",
    "archive_left_out",
    "download",
    "extension_for_unknown",
    "flag_addresses_grader",
    "flag_contradiction",
    "flag_copy",
    "flag_hidden_text",
    "flag_key_words",
    "graders_fault",
    "in_time",
    "late_by",
    "late_days_change",
    "late_elsewhere",
    "marked_late",
    "no_time",
    "not_final",
    "nothing_handed_in",
    "other_assignment",
    "other_isolation",
    "other_offsets",
    "other_points",
    "other_seed",
    "other_version",
    "policy_of_late_days",
    "raises_value_error",
    "returns_argument",
    "returns_argument_twice",
    "returns_none",
    "returns_right_ones",
    "returns_right_zeros",
    "returns_zero",
    "returns_zeros",
    "same_exception",
    "same_failure",
    "same_known_exception",
    "same_wrong_answers",
    "shared_submission",
    "solution_fails",
    "solution_fails_with_seed",
    "solution_violates_with_seed",
    "tasks_not_handed_in",
    "times_of_a_download",
    "times_unknown",
    "unpacked_without",
)
"""Messages of pages and commands that only instructors see; these stay English."""
_METHODS = [("**/templates/page.html", "jinja2"), ("**/templates/parts.html", "jinja2")]


def texts() -> dict[str, str]:
    """Return each text with the place where it is."""
    found = {text: name for name, text in ENGLISH.items() if name not in FOR_INSTRUCTORS}
    for path in sorted(REPORT.rglob("*.py")):
        found |= dict.fromkeys(in_python(path.read_text(encoding="utf-8")), path.name)
    for name, line, text, _, _ in extract_from_dir(str(REPORT), _METHODS, {"_": None}):
        assert isinstance(text, str)
        found.setdefault(text, f"{name}:{line}")
    return found | {word: "a word" for word in WORDS}


def in_python(source: str) -> Iterator[str]:
    """Yield the texts in calls of `_`, those within f-strings too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_":
            (text,) = node.args
            if isinstance(text, ast.Constant):
                yield text.value


def po_file(code: str) -> Path:
    return language.LOCALE / code / "LC_MESSAGES" / "grader.po"


def catalogue(code: str) -> Catalog:
    with open(po_file(code), "rb") as file:
        return read_po(file, locale=code)


def compiled(code: str) -> bytes:
    """Return the `.mo` file that belongs to a `.po` file."""
    whole = io.BytesIO()
    write_mo(whole, catalogue(code))
    return whole.getvalue()


def update(code: str) -> None:
    old = catalogue(code)
    new = Catalog(locale=code, project="torch-homework-grader", charset="utf-8")
    for text in sorted(texts()):
        known = old.get(text)
        new.add(text, known.string if known else "")
    with open(po_file(code), "wb") as file:
        write_po(file, new, width=110, omit_header=False, sort_output=True)
    po_file(code).with_suffix(".mo").write_bytes(compiled(code))


if __name__ == "__main__":
    for each in language.CODES:
        if each != language.SOURCE:
            update(each)
