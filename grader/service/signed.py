"""Tokens that identity providers and learning platforms sign: keys, signatures, and claims."""

import threading
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeVar, cast

from authlib.oidc.core import CodeIDToken, ImplicitIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey, import_key
from joserfc.jws import JWSRegistry, extract_compact
from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError

from grader.errors import GraderError
from grader.service.database import Database, now
from grader.service.outgoing import Unreachable, call
from grader.service.schema import UsedNonce

LEEWAY_SECONDS = 60
"""How far the clocks of two services may differ."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""What may be admitted: signatures with a public key, and nothing else."""
_KEYS_SECONDS = 600.0
_ASK_AGAIN_SECONDS = 30.0
"""For a key that is not known. Anybody can send a token that names one."""
_OLDEST_SECONDS = 3600.0
"""Since a token was issued, whatever end it names; its nonce is remembered for longer."""
_KEPT_SECONDS = _OLDEST_SECONDS + 600.0


class NotAccepted(GraderError):
    """A signed token is not accepted."""


Claims = dict[str, object]
Found = TypeVar("Found")


class Known:
    """What other services publish, each kept for a time and asked for by one thread at a time.

    An address that does not answer is not asked again at once: others wait for threads that wait for it.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._seconds = seconds
        self._found: dict[str, tuple[float, object]] = {}
        self._failed: dict[str, float] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, name: str, ask: Callable[[], Found], suits: Callable[[Found], bool]) -> Found:
        """Return what is known under a name; `ask` if it is old, or does not suit. Raises `Unreachable`."""
        with self._lock:
            turn = self._locks.setdefault(name, threading.Lock())
        with turn:
            moment = self.clock()
            asked, kept = self._found.get(name, (0.0, None))
            found = cast(Found | None, kept)
            if found is not None:
                age = moment - asked
                if age < (self._seconds if suits(found) else _ASK_AGAIN_SECONDS):
                    return found
            if moment - self._failed.get(name, -_ASK_AGAIN_SECONDS) < _ASK_AGAIN_SECONDS:
                raise Unreachable("Another service did not answer; try again in a minute.")
            try:
                found = ask()
            except Unreachable:
                self._failed[name] = self.clock()
                raise
            self._found[name] = (self.clock(), found)
            return found


class PublicKeys:
    """The public keys of other services, each kept for ten minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.known = Known(_KEYS_SECONDS, clock)

    def at(self, url: str, kid: str | None) -> KeySet:
        """Return the keys at an address, asked again if `kid` is not among them. Raises `Unreachable`."""

        def suits(keys: KeySet) -> bool:
            return kid is None or any(key.kid == kid for key in keys.keys)

        return self.known.get(url, lambda: _fetched(url), suits)


def _fetched(url: str) -> KeySet:
    listed = call(url).record().get("keys")
    found: list[Key] = []
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("kty") in ("RSA", "EC", "OKP") and one.get("use") != "enc":
            try:
                key = import_key({name: value for name, value in one.items() if name != "d"})
            except (JoseError, ValueError, TypeError, KeyError):
                continue  # a key of a kind that is not known here
            if isinstance(key, RSAKey | ECKey | OKPKey):
                found.append(key)
    if not found:
        raise Unreachable("Another service published no keys that can be used.")
    return KeySet(found)


def claims(
    token: str,
    keys: Callable[[str | None], KeySet],
    *,
    algorithms: Sequence[str],
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str | None = None,
    now_: Callable[[], float] = time.time,
) -> Claims:
    """Return the claims of an id token after its signature and all that OpenID Connect Core 3.1.3.7 asks for.

    `keys` gives the issuer's keys for the id of one. Raises `NotAccepted`, and `Unreachable`.
    """
    registry = JWSRegistry(algorithms=list(algorithms), strict_check_header=False)
    try:
        kid = extract_compact(token.encode(), registry=registry).headers().get("kid")
        known = keys(kid if isinstance(kid, str) else None)
        decoded = jwt.decode(token, known, algorithms=list(algorithms), registry=registry)
        kind = CodeIDToken if access_token else ImplicitIDToken
        found = kind(
            decoded.claims,
            decoded.header,
            {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
            {"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )
        found.validate(int(now_()), LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotAccepted(f"This sign-in is not accepted ({type(error).__name__}).") from None
    several = isinstance(found["aud"], list) and len(found["aud"]) > 1
    if not nonce or found.get("nonce") != nonce or (several and "azp" not in found):
        raise NotAccepted("This sign-in is not accepted.")
    if not found["sub"] or not isinstance(found["sub"], str) or len(found["sub"]) > 255:
        raise NotAccepted("This sign-in names no person.")
    if found["iat"] < now_() - _OLDEST_SECONDS:
        raise NotAccepted("This sign-in is too old.")
    return dict(found)


def use_once(database: Database, issuer: str, nonce: str) -> None:
    """Remember the nonce of an accepted token. Raises `NotAccepted` if it came before."""
    digest = sha256(f"{issuer}\0{nonce}".encode()).hexdigest()
    try:
        with database.write() as session:
            session.execute(delete(UsedNonce).where(UsedNonce.expires < now()))
            session.execute(insert(UsedNonce).values(digest=digest, expires=now() + _KEPT_SECONDS))
    except IntegrityError:
        raise NotAccepted("This sign-in was used before.") from None
