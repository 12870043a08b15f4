"""Signs the reports of a class, so that the next run uses only reports that this user's grader wrote.

Any other file in an output folder may come from a student. A signature covers every byte of the two
files, and so the student, the digests, the seed and the other settings in them.
"""

import errno
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from grader import untrusted_files

KEY = "signing-key"
"""The file in a folder of the user's own that keeps the key."""
_BYTES = 32


@dataclass(frozen=True)
class Signer:
    """Signs with one key."""

    key: bytes

    def sign(self, page: bytes, report: bytes) -> str:
        """Return the signature of a report.html and its report.json."""
        digests = hashlib.sha256(page).digest() + hashlib.sha256(report).digest()
        return hmac.new(self.key, b"report 1" + digests, hashlib.sha256).hexdigest()

    def signed(self, page: bytes, report: bytes, signature: bytes) -> bool:
        """Whether `signature` is that of the two files with this key."""
        return hmac.compare_digest(self.sign(page, report).encode(), signature)


def new() -> Signer:
    """Return a signer with a new key, which is not kept."""
    return Signer(secrets.token_bytes(_BYTES))


def kept_in(folder: Path) -> Signer:
    """Return the signer whose key is in `folder`; there is a new one if there was none.

    Raises `OSError` if the key cannot be kept there, or could have been read by others.
    """
    untrusted_files.keep_private(folder)
    untrusted_files.write_once(folder, KEY, secrets.token_bytes(_BYTES))
    if (folder / KEY).lstat().st_mode & 0o077:
        raise OSError(errno.EPERM, "Other users could read it; take it away")
    key = untrusted_files.read(folder, KEY, _BYTES)
    if len(key) != _BYTES:
        raise OSError(errno.EINVAL, "It holds no key; take it away")
    return Signer(key)
