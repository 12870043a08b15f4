"""The decisions about a class on disk: `decisions.jsonl` beside the reports, only ever added to, and signed.

Each line holds a decision and a code that depends on all lines before it, and on the id of the class: so no
line can be changed or moved, none left out before another one, and none used for another class. The id is
random. It stands in `decisions.head` with the number of lines and the code of the last one: so lines which
are cut off at the end are missed. Both files are signed. What is not seen: both replaced by earlier ones of
the same class, or by those of another class.

A line is on the disk before `append` returns. What a killed program wrote in part has no line end, and is
removed by the next one; whole lines after the last one that the head knows count.
"""

import errno
import hmac
import json
import os
import secrets
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import ValidationError

from grader import untrusted_files
from grader.errors import UsageError
from grader.results.decisions import Decision
from grader.results.message import Record
from grader.results.rubric import Question
from grader.signing import Signer

NAME = "decisions.jsonl"
HEAD = "decisions.head"
QUESTIONS = "questions.json"
"""The questions in words of a graded class, with their rubrics, signed."""
_MOST = 64 << 20
_MOST_HEAD = 4096
_PURPOSE = "decision"

Condition = Callable[[Sequence[Decision]], None]
"""Raises if a decision should not be added to these."""


class _Head(Record):
    """What is known of the file beside it."""

    course: str
    """The random id of the class."""
    count: int
    """Lines that are there at least."""
    code: str
    """Of the last of them; the id without one."""


class DecisionFile:
    """The decisions in the folder of a graded class."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self._folder = folder
        self._signer = signer

    def read(self) -> tuple[Decision, ...]:
        """Return all decisions in their order. Raises `UsageError` if another user or program wrote one."""
        try:
            descriptor = self._open(os.O_RDONLY)
        except FileNotFoundError:
            return self._parsed(b"", self._head())[0]
        except OSError as error:
            raise self._unreadable(error) from None
        with open(descriptor, "rb") as file:
            _lock(descriptor, exclusive=False)
            return self._parsed(file.read(_MOST + 1), self._head())[0]

    def append(self, decisions: Sequence[Decision], condition: Condition = lambda known: None) -> None:
        """Add decisions; they are on the disk afterwards.

        `condition` is asked about those that are there, while no other program can add one; what it raises is
        passed on, and nothing is written. Raises `UsageError` if the file cannot be written or is not ours.
        """
        try:
            descriptor = self._open(os.O_RDWR | os.O_CREAT)
            with open(descriptor, "r+b", buffering=0) as file:
                _lock(descriptor, exclusive=True)
                data = file.read(_MOST + 1) or b""
                head = self._head()
                if head is None and b"\n" not in data:
                    course = secrets.token_hex(8)
                    head = _Head(course=course, count=0, code=course)
                    self._write_head(head)  # first: lines without one are refused
                known, code, end = self._parsed(data, head)
                condition(known)
                lines = []
                for one in decisions:
                    line, code = self._line(one, code)
                    lines.append(line)
                file.truncate(end)
                file.seek(end)
                _write(descriptor, b"".join(lines))
                os.fsync(descriptor)
                if head is not None and lines:
                    count = len(known) + len(lines)
                    self._write_head(head.model_copy(update={"count": count, "code": code}))
            with untrusted_files.opened(self._folder) as place:
                place.sync()
        except OSError as error:
            raise UsageError(f"{self._folder / NAME} cannot be written to: {error.strerror}.") from None

    def copy_to(self, folder: Path) -> None:
        """Write the same decisions for another class, in place of its own. Raises `UsageError`."""
        known = self.read()
        if folder.exists() and self._folder.samefile(folder):
            return
        if known:
            try:
                untrusted_files.remove(folder, (NAME, HEAD))
                with untrusted_files.opened(folder, make=True):  # it is removed with its last file
                    pass
            except OSError as error:
                raise UsageError(f"{folder} cannot be written to: {error.strerror}.") from None
            DecisionFile(folder, self._signer).append(known)

    def _head(self) -> _Head | None:
        """Return what the head says, None if there is none. Raises `UsageError` if it is not ours."""
        try:
            both = json.loads(untrusted_files.read(self._folder, HEAD, _MOST_HEAD))
            text, given = str(both["head"]), str(both["code"])
            if not hmac.compare_digest(self._signer.mac(HEAD, text.encode()), given):
                raise ValueError("another key")
            return _Head.model_validate_json(text)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(error) from None
        except (ValueError, TypeError, KeyError, ValidationError):
            raise UsageError(
                f"{self._folder / HEAD} was not written with your key on this machine, or was changed since. "
                f"Put {HEAD} and {NAME} back from a backup, or remove both and decide anew."
            ) from None

    def _write_head(self, head: _Head) -> None:
        text = head.model_dump_json()
        signed = json.dumps({"head": text, "code": self._signer.mac(HEAD, text.encode())})
        untrusted_files.write(self._folder, HEAD, [signed.encode()], mode=0o600)

    def _open(self, flags: int) -> int:
        with untrusted_files.opened(self._folder) as place:
            descriptor = place.open(NAME, flags)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "It is not a plain file")
        return descriptor

    def _line(self, decision: Decision, before: str) -> tuple[bytes, str]:
        """Return the line of a decision after the line with the code `before`, and its own code."""
        data = decision.model_dump_json(exclude_defaults=True)
        code = self._signer.mac(_PURPOSE, f"{before}\n{data}".encode())
        return json.dumps({"decision": data, "code": code}).encode() + b"\n", code

    def _parsed(self, data: bytes, head: _Head | None) -> tuple[tuple[Decision, ...], str, int]:
        """Return the decisions, the code of the last one, and where the last whole line ends."""
        if len(data) > _MOST:
            raise UsageError(f"{self._folder / NAME} is longer than {_MOST >> 20} MiB.")
        found: list[Decision] = []
        code = head.course if head else ""
        codes = [code]
        end = data.rfind(b"\n") + 1
        if end and head is None:
            raise UsageError(
                f"{self._folder / HEAD} is missing, which says to which class {NAME} belongs. Put it back "
                f"from a backup, or remove {NAME} and decide anew."
            )
        for number, line in enumerate(data[:end].splitlines(), 1):
            try:
                both = json.loads(line)
                text, given = str(both["decision"]), str(both["code"])
                right = self._signer.mac(_PURPOSE, f"{code}\n{text}".encode())
                if not hmac.compare_digest(right, given):
                    raise ValueError("another key")
                found.append(Decision.model_validate_json(text))
            except (ValueError, TypeError, KeyError, ValidationError):
                raise UsageError(
                    f"{self._folder / NAME}, line {number}: it was not written with your key on this "
                    "machine for this class, or was changed since. Remove it, or decide in a new folder."
                ) from None
            code = given
            codes.append(code)
        if head is not None and (len(found) < head.count or codes[head.count] != head.code):
            raise UsageError(
                f"{self._folder / NAME} has {len(found)} lines, and {HEAD} knows of {head.count}: some were "
                "cut off at its end. Put the file back from a backup, or remove both and decide anew."
            )
        return tuple(found), code, end

    def _unreadable(self, error: OSError) -> UsageError:
        return UsageError(f"{self._folder / NAME} cannot be read: {error.strerror}.")


def _lock(descriptor: int, exclusive: bool) -> None:
    """Wait until no other program writes to a file; Windows has no such lock."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)


def _write(descriptor: int, data: bytes) -> None:
    """Write all of `data`, however many calls it takes."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def write_questions(folder: Path, questions: Sequence[Question], signer: Signer) -> None:
    """Write the questions of a class, if it has some. Raises `UsageError`."""
    if not questions:
        return
    data = json.dumps([one.model_dump() for one in questions])
    signed = json.dumps({"questions": data, "code": signer.mac(QUESTIONS, data.encode())})
    try:
        untrusted_files.write(folder, QUESTIONS, [signed.encode()])
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}.") from None


def read_questions(folder: Path, signer: Signer) -> tuple[Question, ...]:
    """Return the questions of a class, none if it has none. Raises `UsageError`."""
    try:
        both = json.loads(untrusted_files.read(folder, QUESTIONS, _MOST))
        data = str(both["questions"])
        if not hmac.compare_digest(signer.mac(QUESTIONS, data.encode()), str(both["code"])):
            raise ValueError("another key")
        return tuple(Question.model_validate(one) for one in json.loads(data))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UsageError(f"{folder / QUESTIONS} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError, ValidationError):
        raise UsageError(
            f"{folder / QUESTIONS} was not written with your key on this machine; grade the class again."
        ) from None
