"""The answer key: what the solution and the mistakes answer, kept as plain data in a file.

A file is named by the digest of all its answers depend on, and begins with the digest of its own
bytes: a damaged one, or one that belongs to something else, is as good as none.
"""

import contextlib
import functools
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from grader.asking.conversation import Description, Question, Responses
from grader.errors import MalformedMessage
from grader.wire import Message, pack, pack_answer, parse_answer, unpack

_MAGIC = b"answer key 2\n"


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions that answers may depend on."""
    return {
        "grader": version("torch-homework-grader"),
        "python": platform.python_version(),
        "torch": version("torch"),
        "numpy": version("numpy"),
    }


def digest(question: Question) -> str:
    """Return the SHA-256 of everything that the answers to `question` depend on."""
    parts = [
        _digest(question.checks.encode()),
        question.module,
        question.seed,
        question.ask,
        question.record,
        sorted((path, _digest(data)) for path, data in question.files.items()),
        versions(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@functools.lru_cache(maxsize=256)
def _digest(data: bytes) -> str:
    """Return the SHA-256 of a file; many questions have theirs in common."""
    return hashlib.sha256(data).hexdigest()


class AnswerCache:
    """Answers by question, in the folder `folder`; one that cannot be written keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, question: Question) -> bool:
        """Whether there is a file for `question`; what is in it shows when it is read."""
        return os.path.exists(self._folder / digest(question))  # False also where it cannot be looked at

    def load(self, question: Question) -> Responses | None:
        """Return the answers to `question`, None where there are none that can be trusted."""
        name = digest(question)
        try:
            data = (self._folder / name).read_bytes()
        except OSError:
            return None
        start = len(_MAGIC) + hashlib.sha256().digest_size
        body = data[start:]
        if data[:start] != _MAGIC + hashlib.sha256(body).digest():
            return None
        try:
            return _asked(name, unpack(body))
        except (MalformedMessage, ValueError):
            return None

    def store(self, question: Question, asked: Responses) -> None:
        """Keep the answers to `question` for the next run."""
        name = digest(question)
        description = asked.description.model_dump(mode="json") if asked.description else None
        body = pack("key", {"digest": name, "description": description})
        body += b"".join(pack_answer(a) for by_case in asked.answers.values() for a in by_case.values())
        write(self._folder / name, [_MAGIC, hashlib.sha256(body).digest(), body])


def write(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file so that it is there whole or not at all; where that fails, it is not there."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with open(descriptor, "wb") as file:
                file.writelines(parts)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise


def _asked(name: str, messages: list[Message]) -> Responses:
    header, *answers = messages
    if header.kind != "key" or header.fields.get("digest") != name:
        raise MalformedMessage("a key for something else")
    description = header.fields.get("description")
    asked = Responses(None if description is None else Description.model_validate(description))
    for message in answers:
        answer = parse_answer(message)
        asked.answers.setdefault(answer.check, {})[answer.case] = answer
    return asked
