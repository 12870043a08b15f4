"""A provider of OpenID Connect, and a site like GitHub, on loopback: real keys, real HTTP."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jws import JWSRegistry

Record = dict[str, Any]
Reply = tuple[int, Any]


@contextmanager
def listening(answer: Callable[[str, str, dict[str, str], bytes], Reply]):
    """Yield the address of a server that answers by `answer(method, path, headers, body)`, JSON or a page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, found = answer(method, self.path, headers, body)
            more = found.pop("_headers", {}) if isinstance(found, dict) else {}
            kind = "text/html" if isinstance(found, str) else "application/json"
            data = found.encode() if isinstance(found, str) else json.dumps(found).encode()
            self.send_response(status)
            for name, value in {"Content-Type": kind, **more}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rsa(kid: str = "one") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid}, private=True)


def ec(kid: str = "two") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid}, private=True)


@dataclass
class IdentityProvider:
    """What it says can be changed by the tests: `claims`, `header`, `key`, and the whole `token`."""

    client_id: str = "grader"
    secret: str = "very: secret/+%"
    subject: str = "s-1"
    email: str = "ana@example.org"
    verified: object = True
    names_issuer: bool = False
    """Whether answers name it, by RFC 9207."""
    claims: Record = field(default_factory=dict)
    """Put over what would be right; None takes a claim away."""
    header: Record = field(default_factory=dict)
    userinfo: Record = field(default_factory=dict)
    emails: list[Record] = field(default_factory=list)
    account: Record = field(default_factory=lambda: {"id": 583231, "login": "ana"})
    metadata: Record = field(default_factory=dict)
    raw: Callable[[str], str] = lambda token: token
    """Changes a token after it was signed."""
    issuer: str = ""
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keys = [rsa(), ec()]
        self.key: Any = self.keys[0]
        self.alg = "RS256"

    @contextmanager
    def open(self):
        with listening(self.answer) as self.issuer:
            yield self

    def authorize(self, where: str) -> dict[str, str]:
        """Sign in whom `subject` names; return what the browser takes back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
        assert where.startswith(self.issuer) and asked["response_type"] == "code"
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        named = {"iss": self.issuer} if self.names_issuer else {}
        return {"code": code, "state": asked["state"], **named}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                **({"authorization_response_iss_parameter_supported": True} if self.names_issuer else {}),
                **self.metadata,
            }
        if path == "/keys":
            return 200, KeySet(self.keys).as_dict(private=False)
        if path in ("/token", "/login/oauth/access_token"):
            return self._token(headers, {name: one[0] for name, one in parse_qs(body.decode()).items()})
        if headers.get("authorization") != "Bearer access":
            return 401, {}
        if path == "/userinfo":
            return 200, self.userinfo
        if path == "/user":
            return 200, self.account
        if path == "/user/emails":
            return 200, self.emails
        return 404, {}

    def _token(self, headers: dict[str, str], sent: dict[str, str]) -> Reply:
        asked = self._codes.pop(sent.get("code", ""), None)
        if asked is None or sent["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked["code_challenge_method"] != "S256" or asked["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        if "authorization" in headers:
            pair = base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode().split(":")
            shown = (unquote(pair[0]), unquote(pair[1]))
        else:
            shown = (sent.get("client_id", ""), sent.get("client_secret", ""))
        if shown != (self.client_id, self.secret):
            return 401, {"error": "invalid_client"}
        found = {"access_token": "access", "token_type": "Bearer"}
        if "nonce" in asked:
            found["id_token"] = self.id_token(asked["nonce"])
        return 200, found

    def id_token(self, nonce: str) -> str:
        moment = int(time.time())
        right = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": self.client_id,
            "iat": moment,
            "exp": moment + 300,
            "nonce": nonce,
            "email": self.email,
            "email_verified": self.verified,
        }
        return self.raw(signed({**right, **self.claims}, self.key, self.alg, self.header))


def signed(claims: Record, key: Any, alg: str = "RS256", header: Record | None = None) -> str:
    """Return a token, whatever it says; a claim that is None is left out."""
    whole = {"alg": alg, "kid": key.kid, **(header or {})}
    text = f"{_part(whole)}.{_part(claims)}"
    signature = JWSRegistry.algorithms[alg].sign(text.encode(), key)
    return f"{text}.{_encoded(signature)}"


def _part(record: Record) -> str:
    return _encoded(json.dumps({name: one for name, one in record.items() if one is not None}).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unsigned(token: str) -> str:
    """Return a token that says that it needs no signature."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{token.split('.')[1]}."


def by_public_key(key: RSAKey, claims: Record) -> str:
    """Return a token whose HMAC has the public key, which everybody knows, as its secret."""
    text = f"{_part({'alg': 'HS256', 'kid': key.kid})}.{_part(claims)}"
    code = hmac.digest(key.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{_encoded(code)}"
