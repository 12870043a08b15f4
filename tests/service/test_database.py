"""The tables are made by migrations, and nothing else."""

from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from grader.errors import UsageError
from grader.service.database import Database, now
from grader.service.schema import Base


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
