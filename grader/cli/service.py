"""`grade serve`, `grade worker`, `grade submit`, `grade admin`, `grade backup` and `grade restore`."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.command import FOLDER, Terminated, guarded
from grader.cli.console import echo
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.service.database import Database
    from grader.service.making import Data

_DATA = click.argument("data", type=FOLDER, metavar="DATA_DIR")
_DB = click.option(
    "--db",
    default="",
    envvar="GRADE_DB",
    metavar="URL",
    help="As postgresql://USER@HOST/NAME; without it, SQLite in DATA_DIR. Also the variable GRADE_DB.",
)


def _needs_service() -> None:
    """Raise `UsageError` if the extra is not installed."""
    try:
        import authlib  # noqa: F401
        import fastapi  # noqa: F401
        import sqlalchemy  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"The service is not installed ({error.name} is missing): "
            "pip install 'torch-homework-grader[service]'"
        ) from None


@contextlib.contextmanager
def _opened(folder: Path, db: str, migrate: bool = True) -> Iterator[tuple["Data", "Database"]]:
    """Yield the folder and the database of a service, with the tables of this version."""
    _needs_service()
    from grader.service.database import Database
    from grader.service.making import Data

    data = Data(folder)
    data.make()
    with contextlib.closing(Database(data.url(db))) as database:
        if migrate:
            database.migrate()
        yield data, database


@click.command()
@_DATA
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--url", default="", help="What people open, as https://grader.example.org behind a proxy.")
@click.option("--workers", type=click.IntRange(0, 256), help="Processes that grade; default: one per core.")
@click.option(
    "--options",
    type=FOLDER,
    envvar="GRADE_OPTIONS",
    metavar="FILE",
    help="Sign-in elsewhere, mail and a web hook, in TOML. Also the variable GRADE_OPTIONS.",
)
@_DB
@guarded
def serve(
    data: Path, host: str, port: int, url: str, workers: int | None, options: Path | None, db: str
) -> int:
    """Serve courses from DATA_DIR: web pages, an API, and workers.

    The first start prints a link that signs in the administrator.
    """
    with _opened(data, db) as (place, database):
        from grader.sandbox.machine import processors
        from grader.sandbox.probe import best_level
        from grader.service import serving
        from grader.service.options import Options, read_options

        chosen = read_options(options) if options else Options()
        best_level()
        address = serving.Address(host, port, url.rstrip("/"))
        if host not in ("127.0.0.1", "::1", "localhost") and not url.startswith("https://"):
            click.echo("grade: without --url https://… the pages and tokens are not encrypted.", err=True)
        token = serving.first_token(database)
        echo(f"{address.shown}\n")
        if token:
            echo(f"Sign in as {serving.ADMIN}: {address.shown}/sign-in#{token}\n")
        with contextlib.suppress(KeyboardInterrupt, Terminated):
            count = processors() if workers is None else workers
            serving.serve(place, database, place.url(db), address, count, chosen)
    return 0


@click.command()
@click.option("--db", required=True, envvar="GRADE_DB", metavar="URL", help="The database, or GRADE_DB.")
@click.option("--server", required=True, metavar="URL", help="The service that gives the files.")
@click.option("--cache", type=FOLDER, required=True, metavar="DIR", help="A folder of its own.")
@guarded
def worker(db: str, server: str, cache: Path) -> int:
    """Grade for a service on another machine.

    The variable GRADE_TOKEN holds a token of `grade admin worker`.
    """
    _needs_service()
    import os

    from grader.service import logs
    from grader.service.working import Settings, work

    token = os.environ.pop("GRADE_TOKEN", "")
    if not token:
        raise UsageError("Set GRADE_TOKEN to a token of `grade admin worker`.")
    logs.begin()
    work(Settings(database=db, cache=cache, server=server, token=token), threading.Event())
    return 0


@click.command()
@click.argument("submission", type=FOLDER)
@click.argument("address")
@click.option(
    "--token", envvar="GRADE_TOKEN", metavar="TOKEN", help="From the page `Account`, or GRADE_TOKEN."
)
@click.option("--no-wait", is_flag=True, help="End as soon as it is stored.")
@guarded
def submit(submission: Path, address: str, token: str | None, no_wait: bool) -> int:
    """Hand in SUBMISSION, a folder or a file, to the assignment at ADDRESS.

    ADDRESS is that of the assignment's page. Exit code 0: all points. 1: a mark was lost. 2: it could not be
    handed in or graded.
    """
    from grader.report.numbers import points
    from grader.service.client import Assignment, Client

    if not token:
        raise UsageError("Make a token on the page `Account` of the service, and put it into GRADE_TOKEN.")
    wanted = Assignment.at(address)
    client = Client(wanted.server, token)
    received = client.submit(wanted, submission)
    echo(f"attempt {received['attempt']} is stored: {wanted.server}/submissions/{received['id']}\n")
    if no_wait:
        return 0
    found = client.wait(str(received["id"]))
    later = "".join(f"{words}\n" for words in found.get("later", ()))
    if found["state"] == "graded":
        echo(f"{points(found['mark'])} of {points(found['points'])} points\n{later}")
        return 2 if not found["final"] else int(found["score"] < found["points"])
    echo(
        {"withheld": f"graded; marks are shown later\n{later}"}.get(
            found["state"], "it could not be graded\n"
        )
    )
    return 0 if found["state"] == "withheld" else 2


@click.command()
@_DATA
@click.argument("into", type=FOLDER)
@guarded
def backup(data: Path, into: Path) -> int:
    """Copy the service in DATA_DIR to the new folder INTO; it may run meanwhile."""
    _needs_service()
    from grader.service.backup import back_up
    from grader.service.making import Data

    echo(f"{back_up(Data(data), into)} files and the database are in {into.resolve()}\n")
    return 0


@click.command()
@click.argument("saved", type=FOLDER, metavar="BACKUP")
@_DATA
@guarded
def restore(saved: Path, data: Path) -> int:
    """Make the new folder DATA_DIR from what `grade backup` wrote."""
    _needs_service()
    from grader.service import backup

    echo(f"{backup.restore(saved, data)} files are restored and checked.\n")
    return 0


@click.group()
def admin() -> None:
    """Set up courses, people and assignments of a service; it may run meanwhile."""


@admin.command()
@_DATA
@click.argument("name")
@click.option("--title", default="", help="What people read; default: NAME.")
@_DB
@guarded
def course(data: Path, name: str, title: str, db: str) -> int:
    """Make a course; NAME stands in addresses."""
    with _opened(data, db) as (_, database), database.write() as session:
        from grader.service import courses

        courses.new_course(session, name, title)
    return 0


@admin.command()
@_DATA
@click.argument("course_name", metavar="COURSE")
@click.argument("path", type=FOLDER, metavar="FILE")
@_DB
@guarded
def roster(data: Path, course_name: str, path: Path, db: str) -> int:
    """Add the people of a roster, a CSV file, to a course as students."""
    with _opened(data, db) as (_, database):
        from grader.course.roster import read_roster
        from grader.service import courses

        listed = read_roster(path).people
        with database.write() as session:
            new = courses.enrol_roster(session, courses.course_named(session, course_name), listed)
    echo(f"{new} of {len(listed)} people are new in {course_name}.\n")
    return 0


@admin.command()
@_DATA
@click.argument("login")
@click.option("--course", "course_name", default="", help="Add the person to this course.")
@click.option(
    "--role", type=click.Choice(("student", "assistant", "instructor")), default="student", show_default=True
)
@click.option("--name", default="")
@click.option("--email", default="")
@_DB
@guarded
def person(data: Path, login: str, course_name: str, role: str, name: str, email: str, db: str) -> int:
    """Add a person, or change a name or a role."""
    with _opened(data, db) as (_, database), database.write() as session:
        from grader.service import courses
        from grader.service.access import Role

        who = courses.person(session, login, name, email)
        if course_name:
            courses.enrol(session, courses.course_named(session, course_name), who, Role(role))
    return 0


@admin.command()
@_DATA
@click.argument("logins", nargs=-1)
@click.option("--course", "course_name", default="", help="Links for all people of this course.")
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="The service's address.")
@click.option("--days", type=click.FloatRange(min=0.01), help="How long they are good; default: 180.")
@_DB
@guarded
def links(
    data: Path, logins: tuple[str, ...], course_name: str, url: str, days: float | None, db: str
) -> int:
    """Print links that sign people in: login, e-mail address and link, as CSV.

    Earlier links of these people end.
    """
    with _opened(data, db) as (_, database), database.write() as session:
        from grader.report.csv.class_table import line
        from grader.service import courses, tokens

        people = [courses.person_with(session, login) for login in logins]
        if course_name:
            people += courses.people_of(session, courses.course_named(session, course_name))
        for who in people:
            tokens.revoke_kind(session, who.id, tokens.Kind.SIGN_IN)
            made = tokens.make(session, tokens.Kind.SIGN_IN, who.id, "a link", days or 0)
            echo(line([who.login, who.email, f"{url.rstrip('/')}/sign-in#{made}"]))
    return 0


@admin.command()
@_DATA
@click.argument("login")
@click.option("--label", default="made by an administrator")
@_DB
@guarded
def token(data: Path, login: str, label: str, db: str) -> int:
    """Print a token of a person for the API."""
    with _opened(data, db) as (_, database), database.write() as session:
        from grader.service import courses, tokens

        echo(f"{tokens.make(session, tokens.Kind.API, courses.person_with(session, login).id, label)}\n")
    return 0


@admin.command(name="worker")
@_DATA
@click.option("--label", default="a worker")
@_DB
@guarded
def worker_token(data: Path, label: str, db: str) -> int:
    """Print a token for `grade worker`."""
    with _opened(data, db) as (_, database), database.write() as session:
        from grader.service import tokens

        echo(f"{tokens.make(session, tokens.Kind.WORKER, None, label)}\n")
    return 0


@admin.command(name="worker-role")
@_DATA
@click.argument("role")
@_DB
@guarded
def worker_role(data: Path, role: str, db: str) -> int:
    """Let a role of PostgreSQL do what workers do, and nothing else."""
    with _opened(data, db) as (_, database):
        from grader.service.rights import grant_worker

        grant_worker(database, role)
    return 0


@admin.command(name="revoke")
@_DATA
@click.argument("login")
@_DB
@guarded
def revoke(data: Path, login: str, db: str) -> int:
    """End all links, sessions and tokens of a person, and forget as whom they signed in elsewhere."""
    with _opened(data, db) as (_, database), database.write() as session:
        from grader.service import courses

        courses.end_access(session, courses.person_with(session, login))
    return 0


@admin.command()
@_DATA
@click.argument("course_name", metavar="COURSE")
@click.argument("name")
@click.argument("folder", type=FOLDER)
@click.option("--policy", type=FOLDER, metavar="FILE", help="Deadline and late days, as for `grade class`.")
@click.option("--attempts", type=click.IntRange(min=0), help="How often a student may hand in; 0: no limit.")
@click.option("--closes", metavar="TIME", help="When nothing more is accepted, as 2026-10-01T18:00:00+02:00.")
@_DB
@guarded
def assignment(
    data: Path,
    course_name: str,
    name: str,
    folder: Path,
    policy: Path | None,
    attempts: int | None,
    closes: str | None,
    db: str,
) -> int:
    """Add the assignment in FOLDER to a course, or a new revision of it.

    It is refused if its solution does not pass. The first revision counts at once, a later one when it is
    published.
    """
    with _opened(data, db) as (place, database):
        from grader.sandbox.probe import open_sandbox
        from grader.sandbox.restarting import RestartingSandbox
        from grader.service import courses, revisions
        from grader.service.files import Files

        rules = revisions.Rules(policy, attempts, _moment(closes))
        with contextlib.closing(RestartingSandbox(open_sandbox)) as sandbox:
            found = revisions.checked(folder, sandbox, place.cache / "answers")
        archive = revisions.keep(Files(place.files), folder)
        with database.write() as session:
            held = courses.course_named(session, course_name)
            revision, new = revisions.add(session, held, name, found, archive)
            row = courses.assignment_named(session, held, name)
            revisions.set_rules(session, row, rules)
            counts = row.revision_id == revision.id
    said = "is new" if new else "is known"
    later = "" if counts else "; publish it on the page of the class"
    echo(f"{course_name}/{name}: revision {revision.number} {said}{later}\n")
    return 0


@admin.command()
@_DATA
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_DB
@guarded
def erase(data: Path, login: str, yes: bool, db: str) -> int:
    """Delete a person with all that they handed in, its results and reports.

    Backups that were made before still hold it.
    """
    with _opened(data, db) as (place, database):
        from grader.service import courses
        from grader.service.files import Files

        if not yes and not click.confirm(f"Delete {login} and all that came from them?"):
            return 1
        with database.write() as session:
            unneeded = courses.erase(session, courses.person_with(session, login))
        courses.remove_files(Files(place.files), unneeded)
    return 0


@admin.command()
@_DATA
@click.argument("name")
@click.option("--issuer", required=True, help="The platform's issuer.")
@click.option("--client-id", required=True, help="What the platform calls this service.")
@click.option("--auth-url", required=True, help="Where browsers are sent (OIDC authorization).")
@click.option("--token-url", required=True, help="Where access tokens are given.")
@click.option("--jwks-url", required=True, help="Where its public keys are.")
@click.option("--deployment", "deployments", multiple=True, required=True, help="May be given several times.")
@click.option(
    "--host", "hosts", multiple=True, help="Another host of its services; may be given several times."
)
@click.option("--audience", default="", help="For whom requests for tokens are; default: --token-url.")
@click.option(
    "--people",
    type=click.Choice(("new", "email", "sourcedid")),
    default="new",
    show_default=True,
    help="How its people are found here: never, by address, or by the id of the student information system.",
)
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="The service's address.")
@_DB
@guarded
def platform(
    data: Path,
    name: str,
    issuer: str,
    client_id: str,
    auth_url: str,
    token_url: str,
    jwks_url: str,
    deployments: tuple[str, ...],
    hosts: tuple[str, ...],
    audience: str,
    people: str,
    url: str,
    db: str,
) -> int:
    """Register a learning platform for LTI 1.3, and print what it has to be told of this service.

    With `email` or `sourcedid` the platform decides who somebody of the roster is: choose it only if its
    users cannot change these.
    """
    with _opened(data, db) as (_, database), database.write() as session:
        from grader.service.lti import platforms
        from grader.service.schema import Platform

        found = Platform(
            name=name,
            issuer=issuer,
            client_id=client_id,
            auth_url=auth_url,
            token_url=token_url,
            jwks_url=jwks_url,
            audience=audience or token_url,
            deployments=[*deployments],
            hosts=[*hosts],
            people=people,
        )
        platforms.register(session, found)
    own = url.rstrip("/")
    echo(f"Login initiation: {own}/lti/login\nRedirection and deep linking: {own}/lti/launch\n")
    echo(f"Public keys: {own}/lti/keys.json\n")
    return 0


@admin.command(name="platform-course")
@_DATA
@click.argument("name")
@click.argument("course_name", metavar="COURSE")
@click.option("--deployment", required=True, help="As the platform calls it.")
@click.option("--context", required=True, help="The course's id on the platform.")
@_DB
@guarded
def platform_course(data: Path, name: str, course_name: str, deployment: str, context: str, db: str) -> int:
    """Say that a course of a learning platform is COURSE: its people get their roles in it."""
    with _opened(data, db) as (_, database), database.write() as session:
        from grader.service import courses
        from grader.service.lti import platforms

        platforms.bind(session, name, courses.course_named(session, course_name), deployment, context)
    return 0


@admin.command(name="platform-key")
@_DATA
@_DB
@guarded
def platform_key(data: Path, db: str) -> int:
    """Replace the private key towards learning platforms, say after a backup was lost.

    Platforms fetch the new public key by themselves. A launch that is under way has to be begun again.
    """
    with _opened(data, db) as (_, database), database.write() as session:
        from grader.service.lti import platforms

        platforms.renew_keys(session)
    return 0


@admin.command(name="data")
@_DATA
@click.argument("login")
@click.argument("path", type=FOLDER, metavar="FILE")
@_DB
@guarded
def data_of(data: Path, login: str, path: Path, db: str) -> int:
    """Write all that is held about a person to FILE, a zip file."""
    with _opened(data, db) as (place, database):
        from grader.service import courses, own_data
        from grader.service.files import Files

        with database.read() as session:
            who = courses.person_with(session, login)
        try:
            with path.open("xb") as file:
                for part in own_data.archive(database, Files(place.files), who, sees_withheld=True):
                    file.write(part)
        except FileExistsError:
            raise UsageError(f"{path} is there already; name a new file.") from None
    return 0


@admin.command(name="resend")
@_DATA
@_DB
@guarded
def resend(data: Path, db: str) -> int:
    """Try again to send what was given up: marks to platforms, mails, calls of the web hook."""
    with _opened(data, db) as (_, database), database.write() as session:
        from grader.service import deliveries

        echo(f"{deliveries.again(session)} are tried again.\n")
    return 0


def _moment(text: str | None) -> float | None:
    """Return a time in seconds. Raises `UsageError`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(f"--closes {text}: write a time with its zone, as 2026-10-01T18:00:00+02:00.")
    return found.timestamp()


COMMANDS = (serve, worker, submit, backup, restore, admin)
