"""The conversation of a launch: a platform asks for it, the browser goes there, and comes back with a token.

The state is signed by us and holds what the platform asked for, so nothing is stored for somebody unknown. It
is tied to a browser by a cookie, which a browser may refuse inside a frame of another site; then the launch
goes on only after its person has seen whose it is.
"""

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.service.database import Database
from grader.service.lti import claims, platforms
from grader.service.lti.claims import Launch
from grader.service.schema import Platform
from grader.service.signed import NotAccepted, PublicKeys, use_once
from grader.service.signed import claims as checked
from grader.service.tokens import same

MOST_SECONDS = 600
"""From the begin of a launch to its end."""
_ALGORITHMS = ("RS256",)
"""What 1EdTech's security framework asks of every platform."""
_LONGEST = 4096
LAUNCH = "/lti/launch"


@dataclass(frozen=True)
class Came:
    """A launch that was accepted."""

    platform: Platform
    launch: Launch
    is_same_browser: bool
    """Whether the browser that began it is known to be the one that came back."""


@dataclass
class Launches:
    """Launches of a service at the address `public`."""

    public: str
    keys: PublicKeys = field(default_factory=PublicKeys)

    def begin(self, session: Session, asked: Mapping[str, str], browser: str) -> str:
        """Return where to send a browser, which `browser`, the value of its cookie, tells from others.

        Raises `NotAccepted` for a platform, or a page, that is not known.
        """
        if any(len(value) > _LONGEST for value in asked.values()):
            raise NotAccepted("This launch is too long.")
        hint, target = asked.get("login_hint", ""), asked.get("target_link_uri", "")
        platform = platforms.asking(session, asked.get("iss", ""), asked.get("client_id", ""))
        if platform is None or not hint:
            raise NotAccepted("No learning platform that is known here began this.")
        if page_of(self.public, target) is None:
            raise NotAccepted("This launch is for a page that is not here.")
        nonce = secrets.token_urlsafe(24)
        state = jwt.encode(
            {"alg": "HS256"},
            {
                "platform": platform.id,
                "nonce": nonce,
                "target": target,
                "deployment": asked.get("lti_deployment_id", ""),
                "browser": _digest(browser),
                "iat": int(time.time()),
            },
            platforms.state_key(session),
        )
        query = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": platform.client_id,
            "redirect_uri": f"{self.public}{LAUNCH}",
            "login_hint": hint,
            "state": state,
            "nonce": nonce,
        }
        if "lti_message_hint" in asked:
            query["lti_message_hint"] = asked["lti_message_hint"]
        joint = "&" if urlsplit(platform.auth_url).query else "?"
        return f"{platform.auth_url}{joint}{urlencode(query)}"

    def finish(self, database: Database, sent: Mapping[str, str], browser: str) -> Came:
        """Return a launch after all checks. Raises `NotAccepted`, and `Unreachable`."""
        with database.read() as session:
            state = _state(session, sent.get("state", ""))
            platform = session.get(Platform, state["platform"])
        if platform is None:
            raise NotAccepted("No learning platform that is known here began this.")
        if browser and not same(_digest(browser), str(state["browser"])):
            raise NotAccepted("This launch was begun in another browser; begin again.")
        found = checked(
            sent.get("id_token", ""),
            lambda kid: self.keys.at(platform.jwks_url, kid),
            algorithms=_ALGORITHMS,
            issuer=platform.issuer,
            client_id=platform.client_id,
            nonce=str(state["nonce"]),
        )
        launch = claims.read(found)
        if launch.deployment not in platform.deployments:
            raise NotAccepted("This deployment of the platform is not known here.")
        if state["deployment"] not in ("", launch.deployment):
            raise NotAccepted("This launch was begun for another deployment.")
        if launch.target != state["target"]:
            raise NotAccepted("This launch was begun for another page.")
        use_once(database, platforms.people_issuer(platform), str(state["nonce"]))
        return Came(platform, launch, bool(browser))


def page_of(public: str, url: str) -> tuple[str, str] | None:
    """Return course and assignment of one of our pages, empty for the page of launches; None for others."""
    if not url.startswith(f"{public}/"):
        return None
    path = url.removeprefix(public)
    if path == LAUNCH:
        return "", ""
    parts = path.split("/")
    is_page = len(parts) == 4 and parts[1] == "courses"
    return (parts[2], parts[3]) if is_page and _is_name(parts[2]) and _is_name(parts[3]) else None


def _is_name(text: str) -> bool:
    return bool(text) and all(one.isascii() and (one.isalnum() or one == "-") for one in text)


def _state(session: Session, text: str) -> dict[str, object]:
    try:
        found = jwt.decode(text, platforms.state_key(session), algorithms=["HS256"]).claims
    except (JoseError, UsageError, ValueError):
        raise NotAccepted("This launch was not begun here; begin again.") from None
    if time.time() - float(found["iat"]) > MOST_SECONDS:
        raise NotAccepted("This launch took too long; begin again.")
    return dict(found)


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()
