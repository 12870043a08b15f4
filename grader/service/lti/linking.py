"""Deep Linking 2: the answer that places a link to an assignment on a platform."""

import secrets
import time

from joserfc import jwt
from joserfc.jwk import RSAKey

from grader.service.lti.claims import (
    CONTENT_ITEMS,
    DATA,
    DEEP_LINKING_RESPONSE,
    DEPLOYMENT,
    MESSAGE_TYPE,
    VERSION,
    DeepLinking,
)
from grader.service.schema import Platform

_SECONDS = 1800


def response(
    platform: Platform,
    key: RSAKey,
    deployment: str,
    asked: DeepLinking,
    *,
    url: str,
    name: str,
    title: str,
    points: float,
) -> str:
    """Return the signed answer with one link, and with a column of marks if the platform takes one."""
    item: dict[str, object] = {"type": "ltiResourceLink", "title": title, "url": url}
    if asked.takes_lineitem and points > 0:
        item["lineItem"] = {"scoreMaximum": points, "label": title, "resourceId": name}
    moment = int(time.time())
    said: dict[str, object] = {
        "iss": platform.client_id,
        "aud": [platform.issuer],
        "iat": moment,
        "exp": moment + _SECONDS,
        "nonce": secrets.token_urlsafe(24),
        DEPLOYMENT: deployment,
        MESSAGE_TYPE: DEEP_LINKING_RESPONSE,
        VERSION: "1.3.0",
        CONTENT_ITEMS: [item],
    }
    if asked.data is not None:
        said[DATA] = asked.data
    key.ensure_kid()
    return jwt.encode({"alg": "RS256", "kid": key.kid}, said, key)
