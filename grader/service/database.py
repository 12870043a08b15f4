"""The database of the service: SQLite on one machine, PostgreSQL for several."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Double, Engine, create_engine, event, text
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from grader.errors import UsageError

T = TypeVar("T")
_BUSY_SECONDS = 30
_CONNECTIONS = 20
_SILENT_SECONDS = 10
"""How long the other side of a connection to PostgreSQL may be silent, and a transaction do nothing."""
_LOCK = 0x67726164
"""The number of the lock under which PostgreSQL changes tables."""


class now(FunctionElement[float]):
    """The time by the database's clock, in seconds since 1970."""

    type = Double()
    inherit_cache = True
    name = "now"


@compiles(now, "sqlite")
def _of_sqlite(element: now, compiler: Any, **options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _of_postgresql(element: now, compiler: Any, **options: Any) -> str:
    # Not that of the transaction's begin: a transaction may have waited for a lock.
    return "extract(epoch from clock_timestamp())::float8"


@dataclass
class _Act:
    """Something to be done in a transaction, and what came of it."""

    act: Callable[[Session], Any]
    result: Any = None
    error: BaseException | None = None
    is_done: bool = False

    def run(self, session: Session) -> None:
        """Do it; what it changed before an error is undone. Raises if nothing in the transaction holds."""
        savepoint = session.connection().begin_nested()
        try:
            self.result = self.act(session)
        except Exception as error:
            savepoint.rollback()  # raises if SQLite has given up the whole transaction, as with a full disk
            self.error = error
        else:
            savepoint.commit()


class Database:
    """Connections to one database; `url` as SQLAlchemy writes it."""

    def __init__(self, url: str) -> None:
        """Open it. Raises `UsageError` for an address that cannot be one."""
        try:
            self.engine = _engine(url)
        except (ArgumentError, ImportError) as error:
            raise UsageError(f"--db: this is no database that can be opened: {error}") from None
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writing = self.engine.execution_options(writing=True)
        # One process's threads take turns; SQLite would have them poll.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()
        self._waiting: deque[_Act] = deque()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session that sees one state of the database and writes nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Yield a session whose changes are on the disk afterwards, or none of them after an error."""
        with self._turn, self._transaction() as session:
            yield session

    def do(self, act: Callable[[Session], T]) -> T:
        """Return what `act` returns; its changes are on the disk then, or none of them after an error.

        With SQLite, threads that come while another one's commit is on its way to the disk are put into one
        transaction: the next commit is for all of them. PostgreSQL does so itself.
        """
        if not self.is_sqlite:
            with self.write() as session:
                return act(session)
        mine = _Act(act)
        self._waiting.append(mine)
        with self._turn:
            if not mine.is_done:
                self._do_waiting()
        if mine.error is not None:
            raise mine.error
        found: T = mine.result
        return found

    def _do_waiting(self) -> None:
        acts = []
        with suppress(IndexError):
            while True:
                acts.append(self._waiting.popleft())
        try:
            with self._transaction() as session:
                for one in acts:
                    one.run(session)
        except BaseException as error:  # nothing is stored, of none of them
            for one in acts:
                one.error = error
            raise
        finally:
            for one in acts:
                one.is_done = True

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def migrate(self) -> None:
        """Bring the tables to this version's state."""
        with self._writing.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            config = migrations()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def check(self) -> None:
        """Raise `UsageError` if the tables are not those of this version."""
        try:
            with self.engine.connect() as connection:
                found = MigrationContext.configure(connection).get_current_revision()
        except OperationalError as error:
            raise UsageError(f"The database cannot be reached: {error.orig}") from None
        wanted = ScriptDirectory.from_config(migrations()).get_current_head()
        if found != wanted:
            raise UsageError(
                f"The database is in state {found or 'empty'}, and this version needs {wanted}; start "
                "`grade serve` of the same version first."
            )

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def sqlite_url(path: Path) -> str:
    """Return the address of a file."""
    return f"sqlite:///{path.resolve()}"


def migrations() -> Config:
    """Return where the steps are that make the tables; `connection` in its attributes is yet to be set."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _noticing_silence() -> dict[str, object]:
    """Return arguments of a connection that ends if the other side is gone without a word.

    A host that loses its network closes nothing. With the defaults of TCP a worker there could wait for
    hours, and the server would keep the locks of its transaction as long.
    """
    milliseconds = _SILENT_SECONDS * 1000
    tcp = {"keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 3}
    server = {
        "idle_in_transaction_session_timeout": milliseconds,
        "tcp_user_timeout": milliseconds,
        **{f"tcp_{name}": value for name, value in tcp.items()},
    }
    options = " ".join(f"-c {name}={value}" for name, value in server.items())
    return {"connect_timeout": 5, "tcp_user_timeout": milliseconds, **tcp, "options": options}


def _engine(url: str) -> Engine:
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            pool_size=_CONNECTIONS,
            max_overflow=_CONNECTIONS,
            pool_pre_ping=True,
            connect_args=_noticing_silence(),
        )
    engine = create_engine(
        url,
        pool_size=_CONNECTIONS,
        max_overflow=_CONNECTIONS,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _set(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        # A commit is on the disk when it returns: an upload is acknowledged after it.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that read first and then wants to write could only fail if another one wrote.
        immediate = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
