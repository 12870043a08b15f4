"""A worker on another machine: fetches files over HTTP with its token."""

import errno
import http.client
import urllib.error
import urllib.parse
import urllib.request

from grader.errors import UsageError
from grader.service.archives import MOST_BYTES
from grader.service.files import checked

_SECONDS = 30


class HttpFiles:
    """Files of the service at `server`, for jobs that this worker holds."""

    def __init__(self, server: str, token: str) -> None:
        """Raises `UsageError` for what is no address."""
        if not server.startswith(("http://", "https://")):
            raise UsageError(f"--server {server}: write an address, as https://grader.example.org.")
        self._server = server.rstrip("/")
        self._token = token

    def read(self, digest: str, job: int, lease: str) -> bytes:
        """Return a file. Raises `OSError` if the service does not give it, or if it is damaged."""
        query = urllib.parse.urlencode({"job": job, "lease": lease})
        request = urllib.request.Request(
            f"{self._server}/api/v1/worker/files/{digest}?{query}",
            headers={"Authorization": f"Bearer {self._token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
                return checked(answer.read(2 * MOST_BYTES), digest)
        except urllib.error.HTTPError as error:
            number = errno.ENOENT if error.code == 404 else errno.EAGAIN
            raise OSError(number, f"{self._server} did not give a file: {error.code}") from None
        except (http.client.HTTPException, urllib.error.URLError) as error:
            raise OSError(f"{self._server} did not give a file: {error}") from None
