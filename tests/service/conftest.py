"""What the tests of the service share: databases of both kinds, a course, and an assignment."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

if importlib.util.find_spec("sqlalchemy") is None:
    collect_ignore_glob = ["*"]
else:
    from postgres import Server, binaries
    from service_site import Site

    from grader.service.database import Database, sqlite_url

    KINDS = ("sqlite", "postgresql")

    @pytest.fixture(scope="session")
    def postgres() -> Iterator[Server]:
        """A PostgreSQL server for all tests that do not kill it."""
        programs = binaries()
        if programs is None:
            pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
        server = Server(programs)
        yield server
        server.close()

    @pytest.fixture(params=KINDS)
    def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
        """The address of an empty database."""
        if request.param == "sqlite":
            return sqlite_url(tmp_path / "service.db")
        server: Server = request.getfixturevalue("postgres")
        empty(server.url())
        return server.url()

    @pytest.fixture(scope="session")
    def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A file of SQLite with the tables of this version; to make them takes a second."""
        path = tmp_path_factory.mktemp("template") / "service.db"
        with closing(Database(sqlite_url(path))) as opened:
            opened.migrate()
        return path

    @pytest.fixture
    def database(url: str, template: Path) -> Iterator[Database]:
        """A database with the tables of this version."""
        opened = Database(url)
        if opened.is_sqlite:
            shutil.copyfile(template, url.removeprefix("sqlite:///"))
        else:
            opened.migrate()
        yield opened
        opened.close()

    def empty(url: str) -> None:
        """Drop all tables of a PostgreSQL database."""
        from sqlalchemy import text

        opened = Database(url)
        with opened.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        opened.close()

    @pytest.fixture
    def site(database: Database, tmp_path: Path) -> "Site":
        """The web application with a course, and no worker."""
        return Site(database, tmp_path)
