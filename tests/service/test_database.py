"""The tables are made by migrations, and nothing else."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.service.database import Database, now
from grader.service.schema import Base, Secret


def test_migrations_make_the_tables_of_this_version(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()

    database.check()


def test_a_database_without_tables_is_refused(url: str) -> None:
    with closing(Database(url)) as opened, pytest.raises(UsageError, match="is in state empty"):
        opened.check()


def test_the_time_is_that_of_the_database(database: Database) -> None:
    with database.read() as session:
        first = session.scalar(select(now()))
        second = session.scalar(select(now()))

    assert first is not None and second is not None and 1.7e9 < first <= second


def test_a_commit_of_sqlite_is_on_the_disk_when_it_returns(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("a pragma of SQLite")
    with database.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no database"):
        Database("nonsense")


def all_at_once(database: Database, acts: list[Callable[[Session], str]]) -> list[str]:
    """Do acts while another one is in its transaction; return what came of each."""
    begun, go_on = threading.Event(), threading.Event()

    def first(session: Session) -> str:
        begun.set()
        assert go_on.wait(60)
        return "first"

    with ThreadPoolExecutor(len(acts) + 1) as threads:
        told = [threads.submit(database.do, first)]
        assert begun.wait(60)
        told += [threads.submit(database.do, act) for act in acts]
        time.sleep(0.3)  # until each of them waits
        go_on.set()
    return [one.result() if one.exception() is None else type(one.exception()).__name__ for one in told]


def adding(number: int, size: int = 0, error: Exception | None = None) -> Callable[[Session], str]:
    def add(session: Session) -> str:
        session.execute(insert(Secret).values(name=str(number), value="x" * size))
        if error is not None:
            raise error
        return str(number)

    return add


def stored(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Secret.name).order_by(Secret.name)))


def test_acts_that_come_during_a_transaction_share_the_next_one(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL shares the way to the disk itself")
    commits: list[object] = []
    event.listen(database.engine, "commit", commits.append)

    assert all_at_once(database, [adding(number) for number in range(8)]) == ["first", *"01234567"]
    assert stored(database) == [*"01234567"] and len(commits) == 2


def test_an_act_that_fails_undoes_nothing_of_others(database: Database) -> None:
    acts = [adding(number, error=KeyError() if number % 2 else None) for number in range(4)]

    assert all_at_once(database, acts) == ["first", "0", "KeyError", "2", "KeyError"]
    assert stored(database) == ["0", "2"]


def test_with_a_full_disk_no_act_says_that_it_was_stored_and_is_not(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("a pragma of SQLite")

    @event.listens_for(database.engine, "connect")
    def limit(connection: Any, record: object) -> None:
        connection.execute("PRAGMA max_page_count=100")

    database.engine.dispose()  # what was opened without the limit
    acts = [adding(number, size=1 << 20 if number == 3 else 1) for number in range(6)]
    told = all_at_once(database, acts)

    assert told[4] == "OperationalError"
    assert stored(database) == [one for one in told[1:] if one != "OperationalError"]
