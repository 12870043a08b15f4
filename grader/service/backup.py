"""Backup of a service that runs, and restoring of one.

The database is copied first, in one state of it, and then the files: a file is there before the database
names it, so the copy of the files holds all that the copy of the database names.
"""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import select

from grader.errors import UsageError
from grader.service.database import Database
from grader.service.files import Files
from grader.service.making import Data
from grader.service.schema import Revision, SubmissionRow


def back_up(data: Data, into: Path) -> int:
    """Copy the service in `data` to the new folder `into`; return how many files it holds.

    Raises `UsageError`.
    """
    if not data.database.is_file():
        raise UsageError(
            f"{data.folder} holds no service.db. With PostgreSQL use pg_dump, then copy `files`."
        )
    _new(into)
    copy = Data(into)
    with (
        contextlib.closing(sqlite3.connect(data.database)) as source,
        contextlib.closing(sqlite3.connect(copy.database)) as target,
    ):
        source.backup(target)
    os.chmod(copy.database, 0o600)
    return _copy_files(Files(data.files), copy)


def restore(backup: Path, into: Path) -> int:
    """Make a service in the new folder `into` from a backup; return how many files it holds.

    Raises `UsageError` if the backup is not whole.
    """
    source = Data(backup)
    if not source.database.is_file():
        raise UsageError(f"{backup} is no backup: it holds no service.db.")
    _new(into)
    target = Data(into)
    shutil.copyfile(source.database, target.database)
    os.chmod(target.database, 0o600)
    count = _copy_files(Files(source.files), target)
    with contextlib.closing(Database(target.url(""))) as database:
        database.migrate()
        for digest in _named(database):
            try:
                Files(target.files).read(digest)
            except OSError:
                raise UsageError(f"{backup} is not whole: the file {digest} is missing or damaged.") from None
    return count


def _named(database: Database) -> set[str]:
    with database.read() as session:
        return {*session.scalars(select(SubmissionRow.upload)), *session.scalars(select(Revision.archive))}


def _copy_files(files: Files, copy: Data) -> int:
    count = 0
    for digest in files.all():
        with contextlib.suppress(FileNotFoundError):  # a person was erased in between
            Files(copy.files).keep([files.path(digest).read_bytes()])
            count += 1
    return count


def _new(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}; name a new folder.") from None
