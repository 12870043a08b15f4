"""Ways in which a signed token can be wrong, whoever signs it."""

import base64
import json
from typing import Any, Protocol

from identity_provider import by_public_key, ec, rsa, unsigned


class Signer(Protocol):
    """What signs tokens."""

    keys: list[Any]
    key: Any
    alg: str
    header: dict[str, Any]
    raw: Any


def other_key(signer: Signer) -> None:
    signer.key = rsa("one")


def unknown_key(signer: Signer) -> None:
    signer.key = rsa("three")


def curve_for_rsa(signer: Signer) -> None:
    signer.key, signer.alg = ec("one"), "ES256"


def no_signature(signer: Signer) -> None:
    signer.raw = unsigned


def cut_signature(signer: Signer) -> None:
    signer.raw = lambda token: token.rpartition(".")[0] + "."


def other_claims(signer: Signer) -> None:
    def raw(token: str) -> str:
        head, body, signature = token.split(".")
        found = json.loads(base64.urlsafe_b64decode(body + "=="))
        new = base64.urlsafe_b64encode(json.dumps({**found, "sub": "s-9"}).encode()).decode().rstrip("=")
        return f"{head}.{new}.{signature}"

    signer.raw = raw


def public_key_as_secret(signer: Signer) -> None:
    def raw(token: str) -> str:
        body = token.split(".")[1]
        return by_public_key(signer.keys[0], json.loads(base64.urlsafe_b64decode(body + "==")))

    signer.raw = raw


def admitted_nowhere(signer: Signer) -> None:
    signer.alg = "RS512"


def critical_header(signer: Signer) -> None:
    signer.header = {"crit": ["exp"], "exp": 1}


def own_key_in_the_header(signer: Signer) -> None:
    signer.key = rsa("one")
    signer.header = {"jwk": signer.key.as_dict(private=False)}


def no_token(signer: Signer) -> None:
    signer.raw = lambda token: "nonsense"


WRONG_TOKENS = (
    other_key,
    unknown_key,
    curve_for_rsa,
    no_signature,
    cut_signature,
    other_claims,
    public_key_as_secret,
    admitted_nowhere,
    critical_header,
    own_key_in_the_header,
    no_token,
)
