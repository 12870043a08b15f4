"""Signing in by OpenID Connect and by GitHub: the conversation, up to who it is.

The code flow with PKCE (RFC 7636), state and nonce. Each provider has a redirect address of its own, and its
answer names its issuer where it says that it does (RFC 9207): an answer of one is never taken for another's.
"""

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from grader.service.options import Provider
from grader.service.outgoing import Unreachable, call, is_safe
from grader.service.signed import Claims, Known, NotAccepted, PublicKeys, claims
from grader.service.tokens import same

_METADATA_SECONDS = 3600.0
MOST_SECONDS = 600
"""From the begin of a sign-in to its end."""
_LONGEST = 4096
"""Of a code, and of what else comes back in an address."""


@dataclass(frozen=True)
class Begun:
    """What the browser keeps in a cookie while its user is at a provider."""

    provider: str
    state: str
    nonce: str
    verifier: str
    at: float

    def text(self) -> str:
        """Return it as the value of a cookie."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")

    @staticmethod
    def read(text: str) -> "Begun | None":
        """Return what a cookie holds, None if that is not of this kind."""
        try:
            found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            begun = Begun(**found)
        except (ValueError, TypeError, RecursionError):
            return None
        texts = (begun.provider, begun.state, begun.nonce, begun.verifier)
        is_whole = all(isinstance(one, str) and one for one in texts) and isinstance(begun.at, int | float)
        return begun if is_whole else None


@dataclass(frozen=True)
class Somebody:
    """Who signed in, as a provider says."""

    issuer: str
    subject: str
    """Stays the same for a person at this issuer."""
    email: str
    """Empty if the provider did not check it."""


@dataclass(frozen=True)
class _Metadata:
    authorize: str
    token: str
    keys: str
    userinfo: str
    names_issuer: bool
    """Whether its answers name it."""


@dataclass
class Conversations:
    """Conversations with providers; `public` is the address of this service."""

    public: str
    keys: PublicKeys = field(default_factory=PublicKeys)
    clock: Callable[[], float] = time.time
    metadata: Known = field(default_factory=lambda: Known(_METADATA_SECONDS))

    def back(self, provider: Provider) -> str:
        """Return where a provider sends people back to."""
        return f"{self.public}/sign-in/with/{provider.name}/back"

    def begin(self, provider: Provider) -> tuple[str, Begun]:
        """Return where to send the browser, and what it has to keep. Raises `Unreachable`."""
        begun = Begun(
            provider.name,
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(48),
            self.clock(),
        )
        challenge: str = create_s256_code_challenge(begun.verifier)  # type: ignore[no-untyped-call]
        more = {"code_challenge": challenge, "code_challenge_method": "S256"}
        if provider.kind == "openid":
            more |= {"nonce": begun.nonce}
        scope = "openid email" if provider.kind == "openid" else "read:user user:email"
        where = prepare_grant_uri(
            self._of(provider).authorize,
            provider.client_id,
            "code",
            redirect_uri=self.back(provider),
            scope=scope,
            state=begun.state,
            **more,
        )
        return where, begun

    def finish(self, provider: Provider, begun: Begun | None, answer: Mapping[str, str]) -> Somebody:
        """Return who a provider's answer is about. Raises `NotAccepted`, and `Unreachable`."""
        if begun is None or begun.provider != provider.name:
            raise NotAccepted("This sign-in was not begun in this browser; begin again.")
        if not 0 <= self.clock() - begun.at <= MOST_SECONDS:
            raise NotAccepted("This sign-in took too long; begin again.")
        if not same(answer.get("state", ""), begun.state):
            raise NotAccepted("This sign-in was not begun in this browser; begin again.")
        metadata = self._of(provider)
        named = answer.get("iss")
        if (named is None and metadata.names_issuer) or (named is not None and named != provider.issuer):
            raise NotAccepted("This answer is from another provider.")
        code = answer.get("code", "")
        if "error" in answer or not 0 < len(code) <= _LONGEST:
            raise NotAccepted(f"{provider.title} did not sign you in.")
        tokens = self._tokens(provider, metadata, code, begun.verifier)
        access_token = tokens.get("access_token")
        if not isinstance(access_token, str) or not access_token:
            raise NotAccepted(f"{provider.title} did not sign you in.")
        if provider.kind == "github":
            return _github(provider, access_token)
        return self._openid(provider, metadata, tokens.get("id_token"), access_token, begun.nonce)

    def _openid(
        self, provider: Provider, metadata: _Metadata, id_token: object, access_token: str, nonce: str
    ) -> Somebody:
        if not isinstance(id_token, str):
            raise NotAccepted(f"{provider.title} did not say who you are.")
        found = claims(
            id_token,
            lambda kid: self.keys.at(metadata.keys, kid),
            algorithms=provider.algorithms,
            issuer=provider.issuer,
            client_id=provider.client_id,
            nonce=nonce,
            access_token=access_token,
            now_=self.clock,
        )
        if "email" not in found and metadata.userinfo:
            about = call(metadata.userinfo, headers={"Authorization": f"Bearer {access_token}"}).record()
            # What is said of somebody else is no answer (OpenID Connect Core 5.3.2).
            found |= about if about.get("sub") == found["sub"] else {}
        return Somebody(provider.issuer, str(found["sub"]), _checked_email(found))

    def _tokens(self, provider: Provider, metadata: _Metadata, code: str, verifier: str) -> Claims:
        body = prepare_token_request(
            "authorization_code", redirect_uri=self.back(provider), code=code, code_verifier=verifier
        )
        secret = provider.client_secret.get_secret_value()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if secret and provider.kind == "openid":
            # Each part is encoded as in a form first (RFC 6749, 2.3.1).
            pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            own = {"client_id": provider.client_id} | ({"client_secret": secret} if secret else {})
            body += f"&{urlencode(own)}"
        answer = call(metadata.token, body.encode(), headers)
        if answer.status != 200:
            raise NotAccepted(f"{provider.title} did not sign you in.")
        return answer.record()

    def _of(self, provider: Provider) -> _Metadata:
        if provider.kind == "github":
            site = provider.issuer.rstrip("/")
            return _Metadata(
                f"{site}/login/oauth/authorize",
                f"{site}/login/oauth/access_token",
                "",
                "",
                names_issuer=False,
            )
        return self.metadata.get(provider.name, lambda: _discovered(provider), lambda found: True)


def _discovered(provider: Provider) -> _Metadata:
    answer = call(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    found = answer.record()
    if answer.status != 200 or found.get("issuer") != provider.issuer:
        raise Unreachable(f"{provider.title} does not say how to sign in.")

    def address(name: str) -> str:
        value = found.get(name, "")
        return value if isinstance(value, str) and is_safe(value) else ""

    metadata = _Metadata(
        address("authorization_endpoint"),
        address("token_endpoint"),
        address("jwks_uri"),
        address("userinfo_endpoint"),
        found.get("authorization_response_iss_parameter_supported") is True,
    )
    if not (metadata.authorize and metadata.token and metadata.keys):
        raise Unreachable(f"{provider.title} does not say how to sign in.")
    return metadata


def _checked_email(found: Claims) -> str:
    """Return the address that a provider vouches for; `"true"` as text is no `true`."""
    email = found.get("email")
    return email if found.get("email_verified") is True and isinstance(email, str) else ""


def _github(provider: Provider, access_token: str) -> Somebody:
    """Return who it is by the number of the account, which stays when its name is given to another."""
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/vnd.github+json"}
    user = call(f"{provider.api.rstrip('/')}/user", headers=headers)
    number = user.record().get("id")
    if user.status != 200 or not isinstance(number, int) or isinstance(number, bool):
        raise NotAccepted(f"{provider.title} did not say who you are.")
    answer = call(f"{provider.api.rstrip('/')}/user/emails", headers=headers)
    try:
        listed = json.loads(answer.body) if answer.status == 200 else []
    except (ValueError, RecursionError):
        listed = []
    email = next(
        (
            one["email"]
            for one in (listed if isinstance(listed, list) else ())
            if isinstance(one, dict)
            and one.get("primary") is True
            and one.get("verified") is True
            and isinstance(one.get("email"), str)
        ),
        "",
    )
    return Somebody(provider.issuer, str(number), email)
