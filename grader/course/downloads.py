"""What the names and the metadata of a platform's download say: one function per platform.

Most take a name and return a `Part`, or None if the name is not of that platform. A student chooses the name
of a file, and often the name that is shown; neither may lead into the submission of another student.
"""

import re
import zoneinfo
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from grader.course.identity import Identity

_MOST_SUBMITTERS = 50


@dataclass(frozen=True)
class Part:
    """A file or a folder of a download."""

    student: str
    """The same for all parts of one submission; what the student's folder is called."""
    who: Identity
    file: str = ""
    """The name of a file as the student handed it in; empty for a folder."""
    late: bool = False
    time: datetime | None = None
    order: int = 0
    """Of two parts, the newer one has the larger number."""
    text: bool = False
    """Whether it is only what was typed into a page."""


_CANVAS = re.compile(
    r"(?P<who>[^/]+?)_(?P<late>late_)?(?P<user>\d+)_(?:(?:question_\d+_)?(?P<file>\d+)_(?P<name>.+)|"
    r"(?P<text>text|link|media)\.\w+)",
    re.IGNORECASE,
)
_CANVAS_BLIND = re.compile(
    r"(?P<who>anon(?:ymous)?)_(?P<late>late_)?(?P<user>[A-Za-z0-9]{5})_(?P<file>\d+)_(?P<name>.+)",
    re.IGNORECASE,
)
_MOODLE = re.compile(
    r"(?P<who>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)_?(?P<name>.*)", re.DOTALL | re.IGNORECASE
)
# The name of a folder ends with what Moodle adds; before that, a student may have put the same into a name.
_MOODLE_FOLDER = re.compile(_MOODLE.pattern.replace(".+?", ".+"), _MOODLE.flags)
# The first attempt is Blackboard's; what looks like another one after it is the name of the student's file.
_BLACKBOARD = re.compile(
    r"(?>(?P<before>.+?)_attempt_(?P<when>\d{4}(?:-\d{2}){5}))(?:_(?P<name>.+)|\.txt)", re.DOTALL
)
_BRIGHTSPACE = re.compile(
    r"(?P<number>\d+)-\d+ ?- ?(?P<who>.+?) ?- ?(?P<when>\w{3,9} \d{1,2}, \d{4} \d{3,4} ?[AP]M)"
    r"(?: ?- ?(?P<name>.+))?",
    re.DOTALL,
)
_SAKAI = re.compile(r"(?P<last>[^,()]+), ?(?P<first>[^()]+)\((?P<login>[^()]+)\)")


def canvas(name: str) -> Part | None:
    """`doejane_LATE_12345_67890_lstm_cell-1.py`: name, lateness, number of the user and of the file."""
    found = _CANVAS_BLIND.fullmatch(name) or _CANVAS.fullmatch(name)
    if found is None:
        return None
    who, user = found["who"], found["user"]
    return Part(
        f"{who}_{user}",
        Identity(name=who, number=user),
        found["name"] or f"{found['text']}.html",
        late=bool(found["late"]),
        order=int((found["file"] or "0")[:18]),
        text=not found["name"],
    )


def moodle(name: str) -> Part | None:
    """`Jane Doe_12345_assignsubmission_file_lstm_cell.py`."""
    return _moodle(_MOODLE.fullmatch(name))


def moodle_folder(name: str) -> Part | None:
    """`Jane Doe_12345_assignsubmission_file_`."""
    return _moodle(_MOODLE_FOLDER.fullmatch(name))


def _moodle(found: re.Match[str] | None) -> Part | None:
    if found is None:
        return None
    text = found["kind"].lower() == "onlinetext"
    who = Identity(name=found["who"], number=found["number"])
    return Part(f"{found['who']}_{found['number']}", who, found["name"], text=text)


def blackboard(names: Sequence[str]) -> dict[str, Part]:
    """Return the parts among `names`, as `HW3_jdoe_attempt_2026-10-01-18-00-05_lstm_cell.py`.

    The assignment is what all names have in common, up to an underscore; the login may hold underscores too.
    The `.txt` without a name is about the attempt.
    """
    found = {name: match for name in names if (match := _BLACKBOARD.fullmatch(name)) is not None}
    assignment = _shared({match["before"] for match in found.values()}, "_")
    return {name: _attempt(match, match["before"][len(assignment) :]) for name, match in found.items()}


def _attempt(found: re.Match[str], login: str) -> Part:
    return Part(
        login,
        Identity(id=login),
        found["name"] or "attempt.txt",
        time=_read(found["when"], "%Y-%m-%d-%H-%M-%S"),
        order=int(found["when"].replace("-", "")),
        text=not found["name"],
    )


def brightspace(name: str) -> Part | None:
    """`12345-67890 - Jane Doe - Oct 1, 2026 600 PM`, a folder, or the same before a file's name."""
    found = _BRIGHTSPACE.fullmatch(name)
    if found is None:
        return None
    day, _, hour = found["when"].replace(" PM", "PM").replace(" AM", "AM").rpartition(" ")
    padded = f"{day} {hour.zfill(6)}"
    when = _read(padded, "%b %d, %Y %I%M%p") or _read(padded, "%B %d, %Y %I%M%p")
    order = int(when.strftime("%Y%m%d%H%M")) if when else 0
    who = Identity(name=found["who"], number=found["number"])
    return Part(f"{found['who']}_{found['number']}", who, found["name"] or "", time=when, order=order)


def sakai(name: str) -> Part | None:
    """`Doe, Jane(jdoe)`, a folder."""
    found = _SAKAI.fullmatch(name)
    if found is None:
        return None
    who = Identity(name=f"{found['first'].strip()} {found['last'].strip()}", id=found["login"])
    return Part(name, who)


_Reading = Callable[[Sequence[str]], dict[str, Part]]


def _one_by_one(read: Callable[[str], Part | None]) -> _Reading:
    """Return what reads each of several names by itself."""
    return lambda names: {name: part for name in names if (part := read(name)) is not None}


FILES: Mapping[str, _Reading] = {
    "Moodle": _one_by_one(moodle),
    "Blackboard": blackboard,
    "Brightspace": _one_by_one(brightspace),
    "Canvas": _one_by_one(canvas),
}
"""Platforms whose downloads hold the files of all students side by side; the surest first."""
FOLDERS: Mapping[str, _Reading] = {
    "Moodle": _one_by_one(moodle_folder),
    "Brightspace": _one_by_one(brightspace),
    "Sakai": _one_by_one(sakai),
}
"""Platforms whose downloads hold a folder per student."""


def recognised(names: Sequence[str], platforms: Mapping[str, _Reading]) -> tuple[str, dict[str, Part]]:
    """Return the platform that most of `names` are of, and the parts by name; no platform if none is."""
    best: tuple[str, dict[str, Part]] = "", {}
    for platform, read in platforms.items():
        parts = read(names)
        if len(parts) > len(best[1]):
            best = platform, parts
    return best


def clones(names: Sequence[str]) -> dict[str, Part]:
    """Return the parts of clones that are called `assignment-username`; empty if they are not.

    The assignment is what all names have in common, up to a hyphen.
    """
    prefix = _shared(names, "-") if len(names) > 1 else ""
    if not prefix:
        return {}
    return {name: Part(name, Identity(id=name[len(prefix) :])) for name in names}


def _shared(names: Collection[str], separator: str) -> str:
    """Return the beginning that all names have in common, up to and with a separator; often empty."""
    first, last = min(names, default=""), max(names, default="")
    length = next((n for n in range(len(first)) if first[n] != last[n : n + 1]), len(first))
    return first[: first.rfind(separator, 0, length) + 1]


@dataclass
class Submitted:
    """What Gradescope's metadata says about one submission."""

    authors: list[dict[str, str]] = field(default_factory=list)
    time: datetime | None = None

    def identities(self) -> tuple[Identity, ...]:
        """Return the authors."""
        return tuple(
            Identity(name=one.get("name", ""), id=one.get("sid", ""), email=one.get("email", ""))
            for one in self.authors
        )


def gradescope(lines: Iterable[str]) -> dict[str, Submitted]:
    """Return what `submission_metadata.yml` says, by folder.

    Only the keys that Gradescope writes at the outer two levels are read; what lies deeper, as a
    student's output, is skipped.
    """
    found: dict[str, Submitted] = {}
    current: Submitted | None = None
    listing = False
    for line in lines:
        text = line.rstrip("\r\n")
        if not text.startswith((" ", "-")):
            folder = text.removesuffix(":").strip("\"'")
            current = found.setdefault(folder, Submitted()) if folder.startswith("submission_") else None
            listing = False
            continue
        key = re.fullmatch(r"  (:?)(\w+):\s*(.*)", text)
        if current is None:
            continue
        if key is not None:
            listing = key[2] == "submitters"
            if key[2] == "created_at":
                current.time = _moment(_scalar(key[3]))
            continue
        author = re.fullmatch(r" {2,4}(-| ) +:?(name|sid|email):\s*(.*)", text)
        if listing and author is not None:
            if author[1] == "-" and len(current.authors) < _MOST_SUBMITTERS:
                current.authors.append({})
            if current.authors:
                current.authors[-1].setdefault(author[2], _scalar(author[3]))
    return found


def _scalar(text: str) -> str:
    """Return a YAML scalar on one line."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        escaped = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(.))")
        return escaped.sub(lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else m[3], text[1:-1])
    return "" if text in ("null", "~") else text


def nbgrader_time(text: str) -> datetime | None:
    """Return the time in nbgrader's `timestamp.txt`, as `2026-10-01 18:00:05.123456 Europe/Berlin`."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?)(?:\.\d+)? ?(\S*)", text.strip())
    if found is None:
        return None
    try:
        when = datetime.fromisoformat(found[1])
        return when.replace(tzinfo=zoneinfo.ZoneInfo(found[2])) if found[2] else when
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return _moment(text.strip())


def _moment(text: str) -> datetime | None:
    plain = re.sub(r"\.\d+", "", text.strip())
    plain = re.sub(r" ?(?:Z|UTC)$", "+00:00", plain)
    try:
        when = datetime.fromisoformat(re.sub(r" (?=[+-]\d)", "", plain))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _read(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None
