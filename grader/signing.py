"""Signatures of a class's reports: a later run accepts only reports that this user's grader wrote.

Any other file in an output folder may have been handed in. The signature covers every byte of both files, and
so the student, the digests, the seed and the other settings in them.
"""

import errno
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from grader import untrusted_files

KEY = "signing-key"
"""The name of the key's file, in a folder that only the user can read."""
_BYTES = 32
"""Length of a key in bytes."""


@dataclass(frozen=True)
class Signer:
    """Signs with one key."""

    key: bytes

    def sign(self, page: bytes, report: bytes) -> str:
        """Return the signature of a report.html and its report.json."""
        digests = hashlib.sha256(page).digest() + hashlib.sha256(report).digest()
        return hmac.new(self.key, b"report 1" + digests, hashlib.sha256).hexdigest()

    def signed(self, page: bytes, report: bytes, signature: bytes) -> bool:
        """Whether `signature` belongs to the two files and this key."""
        return hmac.compare_digest(self.sign(page, report).encode(), signature)

    def mac(self, purpose: str, data: bytes) -> str:
        """Return the authentication code of other data; what is signed for one purpose is not for another."""
        return hmac.new(self.key, f"{purpose} 1\0".encode() + data, hashlib.sha256).hexdigest()


def new() -> Signer:
    """Return a signer with a new key that is never stored."""
    return Signer(secrets.token_bytes(_BYTES))


def kept_in(folder: Path) -> Signer:
    """Return the signer with the key in `folder`, which is created if it is missing.

    Raises `OSError` if the key cannot be kept there, or if others could have read it.
    """
    untrusted_files.keep_private(folder)
    untrusted_files.write_once(folder, KEY, secrets.token_bytes(_BYTES))
    if (folder / KEY).lstat().st_mode & 0o077:
        raise OSError(errno.EPERM, "Other users could read it; remove it")
    key = untrusted_files.read(folder, KEY, _BYTES)
    if len(key) != _BYTES:
        raise OSError(errno.EINVAL, "It holds no key; remove it")
    return Signer(key)
