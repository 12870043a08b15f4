"""What a platform offers to this service: scores (AGS 2), and the members of a course (NRPS 2)."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit, urlunsplit

from authlib.oauth2.rfc7523 import private_key_jwt_sign
from joserfc.jwk import RSAKey

from grader.service.lti import claims
from grader.service.lti.claims import MEMBERS_SCOPE, SCORE_SCOPE, Member
from grader.service.lti.platforms import serves
from grader.service.outgoing import Answer, Unreachable, call
from grader.service.schema import Platform

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
_MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')
_MOST_PAGES = 200
_EARLY_SECONDS = 60.0
_SHORTEST_LIFE = 60.0


@dataclass
class Services:
    """Calls of platforms, signed with the key that `key` gives."""

    key: Callable[[], RSAKey]
    clock: Callable[[], float] = time.time
    _tokens: dict[tuple[int, str], tuple[float, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send_score(
        self, platform: Platform, lineitem: str, subject: str, score: float | None, maximum: float
    ) -> None:
        """Put a score into a column of marks; None takes away what was sent before. Raises `Unreachable`."""
        body: dict[str, object] = {
            "userId": subject,
            "timestamp": datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="milliseconds"),
            "activityProgress": "Submitted" if score is None else "Completed",
            "gradingProgress": "Pending" if score is None else "FullyGraded",
        }
        if score is not None:
            body |= {"scoreGiven": max(0.0, score), "scoreMaximum": maximum}
        parts = urlsplit(lineitem)
        where = urlunsplit(parts._replace(path=f"{parts.path}/scores"))
        answer = self._call(
            platform, SCORE_SCOPE, where, json.dumps(body).encode(), {"Content-Type": _SCORE_TYPE}
        )
        if not 200 <= answer.status < 300:
            raise Unreachable(f"{platform.name} did not take a score: {answer.status}.")

    def members(self, platform: Platform, url: str) -> Iterator[Member]:
        """Yield the active members of a course, page by page. Raises `Unreachable`."""
        for _ in range(_MOST_PAGES):
            answer = self._call(platform, MEMBERS_SCOPE, url, None, {"Accept": _MEMBERS_TYPE})
            listed = answer.record().get("members") if answer.status == 200 else None
            if not isinstance(listed, list):
                raise Unreachable(f"{platform.name} did not list its members: {answer.status}.")
            for one in listed:
                found = _member(one)
                if found is not None:
                    yield found
            following = _NEXT.search(answer.headers.get("Link", ""))
            if following is None:
                return
            url = following[1]
        raise Unreachable(f"{platform.name} lists members without end.")

    def _call(
        self, platform: Platform, scope: str, url: str, body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        if not serves(platform, url):
            raise Unreachable(f"{platform.name} names an address that is not registered for it.")
        answer = call(url, body, {**headers, "Authorization": f"Bearer {self._token(platform, scope)}"})
        if answer.status == 401:  # it was taken back
            with self._lock:
                self._tokens.pop((platform.id, scope), None)
        return answer

    def _token(self, platform: Platform, scope: str) -> str:
        """Return an access token: client credentials with a signed assertion (RFC 7523)."""
        with self._lock:
            until, known = self._tokens.get((platform.id, scope), (0.0, ""))
        if self.clock() < until:
            return known
        key = self.key()
        key.ensure_kid()
        asked = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": private_key_jwt_sign(
                key, platform.client_id, platform.audience, header={"kid": key.kid}, expires_in=300
            ),
            "scope": scope,
        }
        answer = call(
            platform.token_url,
            urlencode(asked).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        found = answer.record() if answer.status == 200 else {}
        token, life = found.get("access_token"), found.get("expires_in")
        if not isinstance(token, str) or not token:
            raise Unreachable(f"{platform.name} gave no access: {answer.status}.")
        seconds = float(life) if isinstance(life, int | float) else _SHORTEST_LIFE
        with self._lock:
            self._tokens[platform.id, scope] = (self.clock() + seconds - _EARLY_SECONDS, token)
        return token


def _member(said: object) -> Member | None:
    if not isinstance(said, dict) or said.get("status", "Active") != "Active":
        return None
    subject, roles, sourcedid = said.get("user_id"), said.get("roles"), said.get("lis_person_sourcedid")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not isinstance(roles, list):
        return None
    return claims.member(subject, said, sourcedid if isinstance(sourcedid, str) else "", roles)
