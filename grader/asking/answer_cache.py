"""Answer cache: what the solution and the mistakes answer, kept as plain data in a file.

The file is an SQLite database, so several processes can use it at once, and one that is killed leaves
nothing half written. The name of an entry is the digest of everything that its answers depend on. Its
data begin with their own digest, so a damaged entry, or one that belongs to another question, is ignored.
The least recently used entries go first if there are too many.
"""

import contextlib
import functools
import hashlib
import json
import platform
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from grader import untrusted_files
from grader.asking.questions import Description, Question, Responses
from grader.errors import MalformedMessage
from grader.sandbox.mounts import ours
from grader.wire import WireMessage, pack, pack_answer, parse_answer, unpack

FILE = "answers.sqlite"
MOST_BYTES = 256 << 20
_WAIT_SECONDS = 10
"""How long another process may lock the file; it needs milliseconds."""
_SAME_USE_SECONDS = 3600
"""An entry that was used so recently is not marked as used again: marking would be a write."""
_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TABLE = """
CREATE TABLE IF NOT EXISTS answers (digest TEXT PRIMARY KEY, used INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS answers_by_use ON answers (used);
"""

Found = TypeVar("Found")


@functools.cache
def versions(libraries: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the versions that answers may depend on; `libraries` are those that an assignment allows."""
    return {
        **{name: version(name) for name in libraries},
        "grader": version("torch-homework-grader"),
        "python": platform.python_version(),
        "torch": version("torch"),
        "numpy": version("numpy"),
    }


def code_digest(paths: tuple[str, ...]) -> str:
    """Return the SHA-256 of Python files, and of those in folders.

    For our own code in the sandbox: it draws the cases, and an editable installation changes it without
    a change of its version.
    """
    whole = hashlib.sha256()
    for path in map(Path, paths):
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for part in (str(file.relative_to(path.parent)).encode(), file.read_bytes()):
                whole.update(len(part).to_bytes(8, "little") + part)
    return whole.hexdigest()


@functools.cache
def _code_in_the_box() -> str:
    """Return the digest of our own code that the sandbox runs."""
    return code_digest(tuple(ours().values()))


def digest(question: Question) -> str:
    """Return the SHA-256 of everything that the answers to `question` depend on."""
    parts = [
        _digest(question.checks.encode()),
        sorted((name, _digest(source.encode())) for name, source in question.beside.items()),
        question.module,
        question.seed,
        question.ask,
        question.record,
        sorted((path, _digest(data)) for path, data in question.files.items()),
        versions(question.libraries),
        _code_in_the_box(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@functools.lru_cache(maxsize=256)
def _digest(data: bytes) -> str:
    """Return the SHA-256 of a file; many questions have the same files."""
    return hashlib.sha256(data).hexdigest()


class AnswerCache:
    """Answers by question, in a file of at most `most` bytes in `folder`, which only its owner can open.

    If the file cannot be used, nothing is kept.
    """

    def __init__(self, folder: Path, most: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most = most
        self._lock = threading.Lock()
        self._base: sqlite3.Connection | None = None
        self._usable = True

    def holds(self, question: Question) -> bool:
        """Whether there is an entry for `question`; it may still turn out to be damaged when it is read."""
        name = digest(question)
        return bool(self._do(lambda base: _row(base, "SELECT 1 FROM answers WHERE digest = ?", name)))

    def load(self, question: Question) -> Responses | None:
        """Return the answers to `question`, None if there are none that can be trusted."""
        name = digest(question)
        data = self._do(lambda base: _load(base, name))
        if data is None:
            return None
        start = hashlib.sha256().digest_size
        body = data[start:]
        if data[:start] != hashlib.sha256(body).digest():
            return None
        try:
            return _asked(name, unpack(body))
        except (MalformedMessage, ValueError):
            return None

    def store(self, question: Question, asked: Responses) -> None:
        """Keep the answers to `question` for the next run."""
        name = digest(question)
        description = asked.description.model_dump(mode="json") if asked.description else None
        body = pack("answers", {"digest": name, "description": description})
        body += b"".join(pack_answer(a) for by_case in asked.answers.values() for a in by_case.values())
        self._do(lambda base: _store(base, name, hashlib.sha256(body).digest() + body, self._most))

    def _do(self, act: Callable[[sqlite3.Connection], Found]) -> Found | None:
        """Return the result of `act` on the file, None if that cannot be used; a damaged one is replaced."""
        with self._lock:
            for _ in range(2):
                if not self._usable:
                    break
                try:
                    if self._base is None:
                        self._base = _open(self._folder)
                        weakref.finalize(self, self._base.close)
                    return act(self._base)
                except sqlite3.ProgrammingError:
                    raise  # a bug of ours, not a damaged file
                except sqlite3.DatabaseError as error:
                    self._base = None
                    self._usable = error.sqlite_errorcode & 0xFF in _DAMAGED and _removed(self._folder)
                except OSError:
                    self._usable = False
        return None


def _open(folder: Path) -> sqlite3.Connection:
    untrusted_files.keep_private(folder)
    base = sqlite3.connect(
        folder / FILE, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        # What a power cut destroys is computed again, so there is no need to wait for the disk.
        base.execute("PRAGMA synchronous = OFF")
        base.executescript(f"BEGIN IMMEDIATE; {_TABLE} COMMIT;")
    except BaseException:
        base.close()
        raise
    return base


def _removed(folder: Path) -> bool:
    """Remove a damaged file; return whether a new one can be made."""
    untrusted_files.remove(folder, (FILE, f"{FILE}-journal"))
    return not (folder / FILE).exists()


def _row(base: sqlite3.Connection, statement: str, *values: object) -> tuple[object, ...] | None:
    found: tuple[object, ...] | None = base.execute(statement, values).fetchone()
    return found


def _load(base: sqlite3.Connection, name: str) -> bytes | None:
    found = _row(base, "SELECT data, used FROM answers WHERE digest = ?", name)
    if found is None:
        return None
    data, used = found
    now = int(time.time())
    if not isinstance(used, int) or abs(now - used) > _SAME_USE_SECONDS:
        base.execute("UPDATE answers SET used = ? WHERE digest = ?", (now, name))
    return data if isinstance(data, bytes) else None


def _store(base: sqlite3.Connection, name: str, data: bytes, most: int) -> None:
    base.execute("BEGIN IMMEDIATE")
    try:
        base.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (name, int(time.time()), data))
        if _size(base) > most:
            # Remove an eighth more than needed, or else each later answer would have to remove some.
            while _size(base) > most * 7 // 8 and _forget_some(base):
                pass
        base.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            base.execute("ROLLBACK")
        raise


def _size(base: sqlite3.Connection) -> int:
    """Return how many bytes of the file are in use; it grows only if none are free."""
    pages, free, size = (
        int(str((_row(base, f"PRAGMA {name}") or (0,))[0]))
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _forget_some(base: sqlite3.Connection) -> bool:
    """Remove some of the least recently used entries; return whether there were any."""
    oldest = "SELECT digest FROM answers ORDER BY used, rowid LIMIT 1 + (SELECT count(*) FROM answers) / 16"
    return base.execute(f"DELETE FROM answers WHERE digest IN ({oldest})").rowcount > 0


def _asked(name: str, messages: list[WireMessage]) -> Responses:
    header, *answers = messages
    if header.kind != "answers" or header.fields.get("digest") != name:
        raise MalformedMessage("an entry for something else")
    description = header.fields.get("description")
    asked = Responses(None if description is None else Description.model_validate(description))
    for message in answers:
        answer = parse_answer(message)
        asked.answers.setdefault(answer.check, {})[answer.case] = answer
    return asked
