"""A learning platform on loopback that follows LTI 1.3, Deep Linking 2, AGS 2 and NRPS 2 of 1EdTech."""

import html
import json
import secrets
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from identity_provider import Record, Reply, ec, listening, rsa, signed
from joserfc import jwt
from joserfc.jwk import KeySet

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LEARNER, INSTRUCTOR = f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}#Instructor"
ASSISTANT = f"{MEMBERSHIP}/Instructor#TeachingAssistant"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
RETURN = "https://school.example.org/courses/1/deep_links"


@dataclass
class LearningPlatform:
    """What it says can be changed by the tests: `claims`, `header`, `key`, and the whole token by `raw`."""

    tool: str
    """The address of the tool's service."""
    tool_keys: Callable[[], Record] = dict
    client_id: str = "tool-7"
    deployment: str = "deployment-1"
    context: str = "context-1"
    subject: str = "u-ana"
    roles: list[str] = field(default_factory=lambda: [LEARNER])
    name: str = "Ana Platform"
    email: str = "ana@example.org"
    claims: Record = field(default_factory=dict)
    header: Record = field(default_factory=dict)
    raw: Callable[[str], str] = lambda token: token
    members: list[list[Record]] = field(default_factory=list)
    """Pages."""
    following: str = ""
    """Where the next page is, if not here."""
    fails: int = 0
    """The status with which the service of scores answers, 0 if it works."""
    scores: list[Record] = field(default_factory=list)
    issuer: str = ""

    def __post_init__(self) -> None:
        self.keys = [rsa(), ec()]
        self.key: Any = self.keys[0]
        self.alg = "RS256"
        self._given: dict[str, str] = {}
        self._assertions: set[str] = set()

    @contextmanager
    def open(self):
        with listening(self.answer) as self.issuer:
            yield self

    @property
    def page(self) -> str:
        """The page of the tool that its own pages launch."""
        return f"{self.tool}/courses/dl/hw1"

    @property
    def lineitem(self) -> str:
        return f"{self.issuer}/lineitems/5/lineitem?type_id=2"

    def initiation(self, target: str, **more: str) -> dict[str, str]:
        """Return what the browser sends to the tool to begin a launch."""
        return {
            "iss": self.issuer,
            "login_hint": "hint",
            "target_link_uri": target,
            "client_id": self.client_id,
            "lti_message_hint": "message",
            "lti_deployment_id": self.deployment,
            **more,
        }

    def authorize(self, where: str, target: str, deep_linking: Record | None = None) -> dict[str, str]:
        """Check what the tool asks for; return the form that the browser sends it."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
        assert where.startswith(f"{self.issuer}/auth?")
        wanted = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": self.client_id,
            "redirect_uri": f"{self.tool}/lti/launch",
            "login_hint": "hint",
            "lti_message_hint": "message",
        }
        assert wanted.items() <= asked.items()
        return {"state": asked["state"], "id_token": self.id_token(asked["nonce"], target, deep_linking)}

    def id_token(self, nonce: str, target: str, deep_linking: Record | None = None) -> str:
        moment = int(time.time())
        right: Record = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": [self.client_id],
            "azp": self.client_id,
            "iat": moment,
            "exp": moment + 300,
            "nonce": nonce,
            "name": self.name,
            "email": self.email,
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}deployment_id": self.deployment,
            f"{CLAIM}target_link_uri": target,
            f"{CLAIM}roles": self.roles,
            f"{CLAIM}context": {"id": self.context, "title": "Learning deeply"},
            f"{CLAIM}lis": {"person_sourcedid": "ana"},
            f"{CLAIM}launch_presentation": {"return_url": "https://school.example.org/back"},
            "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
                "context_memberships_url": f"{self.issuer}/members?page=0",
                "service_versions": ["2.0"],
            },
        }
        if deep_linking is None:
            right |= {
                f"{CLAIM}message_type": "LtiResourceLinkRequest",
                f"{CLAIM}resource_link": {"id": "link-1"},
                "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
                    "scope": [SCORE],
                    "lineitem": self.lineitem,
                },
            }
        else:
            right |= {
                f"{CLAIM}message_type": "LtiDeepLinkingRequest",
                "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings": {
                    "accept_types": ["link", "ltiResourceLink"],
                    "accept_presentation_document_targets": ["iframe", "window"],
                    "deep_link_return_url": RETURN,
                    "data": "opaque",
                    **deep_linking,
                },
            }
        return self.raw(signed({**right, **self.claims}, self.key, self.alg, self.header))

    def take(self, response: str) -> Record:
        """Return the claims of the tool's answer to a request for deep linking, after all checks."""
        decoded = jwt.decode(response, KeySet.import_key_set(self.tool_keys()), algorithms=["RS256"])
        found = decoded.claims
        assert found["iss"] == self.client_id and found["aud"] == [self.issuer] and found["nonce"]
        assert found["iat"] <= time.time() < found["exp"]
        assert found[f"{CLAIM}deployment_id"] == self.deployment and found[f"{CLAIM}version"] == "1.3.0"
        assert found[f"{CLAIM}message_type"] == "LtiDeepLinkingResponse"
        return found

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        parts = urlsplit(path)
        if parts.path == "/keys":
            return 200, KeySet(self.keys).as_dict(private=False)
        if parts.path in ("/frame", "/link"):
            return 200, self._page(parts.path == "/frame")
        if parts.path == "/auth":
            return 200, self._form(self.authorize(f"{self.issuer}{path}", self.page))
        if parts.path == "/token":
            return self._token({name: one[0] for name, one in parse_qs(body.decode()).items()})
        scope = self._given.get(headers.get("authorization", "").removeprefix("Bearer "), "")
        if parts.path == "/lineitems/5/lineitem/scores" and method == "POST":
            if scope != SCORE or headers["content-type"] != "application/vnd.ims.lis.v1.score+json":
                return 403, {}
            if self.fails:
                return self.fails, {}
            assert parts.query == "type_id=2"
            self.scores.append(json.loads(body))
            return 204, {}
        if parts.path == "/members":
            if scope != MEMBERS or "membershipcontainer+json" not in headers["accept"]:
                return 403, {}
            return self._members(int(parse_qs(parts.query)["page"][0]))
        return 404, {}

    def _page(self, in_frame: bool) -> str:
        """Return a page of the platform that launches the tool, in a frame or as a link."""
        url = html.escape(f"{self.tool}/lti/login?{urlencode(self.initiation(self.page))}")
        return (
            f'<iframe src="{url}" width=800 height=600></iframe>' if in_frame else f'<a href="{url}">go</a>'
        )

    def _form(self, sent: dict[str, str]) -> str:
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
            for name, value in sent.items()
        )
        form = f'<form method="post" action="{self.tool}/lti/launch">{fields}</form>'
        return f"{form}<script>document.forms[0].submit()</script>"

    def _members(self, number: int) -> Reply:
        page: Record = {"id": self.issuer, "context": {"id": self.context}, "members": self.members[number]}
        if number + 1 < len(self.members):
            url = self.following or f"{self.issuer}/members?page={number + 1}"
            page["_headers"] = {"Link": f'<{self.issuer}/members?page=0>; rel="first", <{url}>; rel="next"'}
        return 200, page

    def _token(self, sent: dict[str, str]) -> Reply:
        decoded = jwt.decode(
            sent["client_assertion"], KeySet.import_key_set(self.tool_keys()), algorithms=["RS256"]
        )
        found = decoded.claims
        assert decoded.header["kid"]
        wanted = {"iss": self.client_id, "sub": self.client_id, "aud": f"{self.issuer}/token"}
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        good = sent["grant_type"] == "client_credentials" and sent["client_assertion_type"] == kind
        if not good or not wanted.items() <= found.items() or found["jti"] in self._assertions:
            return 401, {"error": "invalid_client"}
        assert found["exp"] > time.time()
        self._assertions.add(found["jti"])
        token = secrets.token_urlsafe(8)
        self._given[token] = sent["scope"]
        return 200, {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": sent["scope"],
        }
