"""Puts the parts of the service together, for `grade serve`, `grade admin` and tests alike."""

from dataclasses import dataclass
from pathlib import Path

from anyio import CapacityLimiter
from joserfc.jwk import RSAKey

from grader.errors import UsageError
from grader.service.database import Database, sqlite_url
from grader.service.deciding import Prepared
from grader.service.files import Files
from grader.service.handing_in import MOST_PER_HOUR
from grader.service.lti import platforms
from grader.service.lti.launching import Launches
from grader.service.lti.services import Services
from grader.service.openid import Conversations
from grader.service.options import Options
from grader.service.queue import Queue
from grader.service.setting_up import Assignments
from grader.service.web.asking import Service
from grader.service.web.guards import Metrics, Places, Rate
from grader.untrusted_files import keep_private

_REQUESTS = (20.0, 200.0)
"""Per second and at once, of one person."""
_SIGN_INS = (0.5, 30.0)
"""Of one address: a class may sit behind one."""
_CALLS = 16
_STREAMS = 6
"""Pages of one person that follow a submission at once."""


@dataclass(frozen=True)
class Data:
    """The folder of a service: everything that a backup has to hold, and what can be made again."""

    folder: Path

    @property
    def database(self) -> Path:
        """The file of SQLite."""
        return self.folder / "service.db"

    @property
    def files(self) -> Path:
        """What was handed in, and the assignments."""
        return self.folder / "files"

    @property
    def cache(self) -> Path:
        """What workers keep; it can be deleted."""
        return self.folder / "cache"

    def make(self) -> None:
        """Make the folder, closed to other users. Raises `UsageError`."""
        try:
            keep_private(self.folder)
        except OSError as error:
            raise UsageError(f"{self.folder} cannot be used: {error.strerror}.") from None

    def url(self, other: str) -> str:
        """Return the address of the database: `other`, or the file of SQLite."""
        return other or sqlite_url(self.database)


def service(
    database: Database,
    files: Files,
    public: str = "",
    options: Options | None = None,
    answers: Path | None = None,
) -> Service:
    """Return what the web application needs; `public` is what people write to reach it.

    `answers` is the workers' cache of answers: with it, assignments can be sent over the API.
    """
    is_https = public.startswith("https://")
    return Service(
        database=database,
        files=files,
        queue=Queue(database),
        metrics=Metrics(),
        is_https=is_https,
        requests=Rate(*_REQUESTS),
        sign_ins=Rate(*_SIGN_INS),
        uploads=Rate(MOST_PER_HOUR / 3600, MOST_PER_HOUR),
        uploading=Places(1),
        streams=Places(_STREAMS),
        prepared=Prepared(),
        public=public,
        options=options or Options(),
        conversations=Conversations(public),
        launches=Launches(public),
        platform_services=Services(lambda: _signing_key(database)),
        calling=CapacityLimiter(_CALLS),
        assignments=Assignments(answers) if answers else None,
    )


def _signing_key(database: Database) -> RSAKey:
    with database.read() as session:
        return platforms.signing_key(session)
