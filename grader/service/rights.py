"""What a worker on another machine may do in PostgreSQL: the queue and its results, and nothing else."""

from sqlalchemy import text

from grader.errors import UsageError
from grader.service.database import Database
from grader.service.schema import JobRow

_GRANTS = (
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
    "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT ON jobs, alembic_version TO {role}",
    "GRANT UPDATE ({changed}) ON jobs TO {role}",
    # What `RETURNING id` reads, and no mark.
    "GRANT INSERT, SELECT (id) ON results TO {role}",
    "GRANT INSERT ON reports TO {role}",
    "GRANT USAGE ON SEQUENCE results_id_seq TO {role}",
)
_CHANGED = (
    JobRow.state,
    JobRow.worker,
    JobRow.lease,
    JobRow.lease_until,
    JobRow.claimed,
    JobRow.deaths,
    JobRow.progress,
)


def grant_worker(database: Database, role: str) -> None:
    """Give a role of PostgreSQL these rights, and take all others. Raises `UsageError` for SQLite."""
    if database.is_sqlite:
        raise UsageError(
            "SQLite has no roles; workers on other machines need PostgreSQL: --db postgresql://…"
        )
    quoted = database.engine.dialect.identifier_preparer.quote_identifier(role)
    changed = ", ".join(column.key for column in _CHANGED)
    with database.engine.begin() as connection:
        if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
            raise UsageError(f"There is no role {role}; make one with `createuser --pwprompt {role}`.")
        for grant in _GRANTS:
            connection.execute(text(grant.format(role=quoted, changed=changed)))
