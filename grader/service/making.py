"""Puts the parts of the service together, for `grade serve`, `grade admin` and tests alike."""

from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.service.database import Database, sqlite_url
from grader.service.deciding import Prepared
from grader.service.files import Files
from grader.service.handing_in import MOST_PER_HOUR
from grader.service.queue import Queue
from grader.service.web.asking import Service
from grader.service.web.guards import Metrics, Places, Rate
from grader.untrusted_files import keep_private

_REQUESTS = (20.0, 200.0)
"""Per second and at once, of one person."""
_SIGN_INS = (0.5, 30.0)
"""Of one address: a class may sit behind one."""
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


def service(database: Database, files: Files, is_https: bool = False) -> Service:
    """Return what the web application needs."""
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
    )
