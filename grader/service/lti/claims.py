"""What a platform says in a launch, by the names of 1EdTech's specifications, and what it has to say."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.service.access import Role
from grader.service.signed import Claims, NotAccepted

_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
VERSION = f"{_CLAIM}version"
MESSAGE_TYPE = f"{_CLAIM}message_type"
DEPLOYMENT = f"{_CLAIM}deployment_id"
TARGET = f"{_CLAIM}target_link_uri"
RESOURCE_LINK = f"{_CLAIM}resource_link"
CONTEXT = f"{_CLAIM}context"
ROLES = f"{_CLAIM}roles"
LIS = f"{_CLAIM}lis"
PRESENTATION = f"{_CLAIM}launch_presentation"
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NAMES_AND_ROLES = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
CONTENT_ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
MEMBERS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
LINK_REQUEST, DEEP_LINKING_REQUEST = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
DEEP_LINKING_RESPONSE = "LtiDeepLinkingResponse"

_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_ASSISTANT = {f"{_MEMBERSHIP}/Instructor#TeachingAssistant", "TeachingAssistant"}
_INSTRUCTOR = {f"{_MEMBERSHIP}#Instructor", "Instructor"}
_STUDENT = {f"{_MEMBERSHIP}#Learner", "Learner", "Student"}
_LONGEST_ID = 255


@dataclass(frozen=True)
class Member:
    """A person of a platform's course."""

    subject: str
    name: str
    email: str
    """As the platform says; whether it was checked is not known."""
    sourcedid: str
    """The id in the student information system, if the platform tells it."""
    role: Role | None
    """What the platform says of the person in this course; None for no role that means something here."""


@dataclass(frozen=True)
class DeepLinking:
    """Where an answer goes that places links, and what it may hold."""

    return_url: str
    takes_lineitem: bool
    data: object
    """What the platform wants back as it came; None for nothing."""


@dataclass(frozen=True)
class Launch:
    """A launch whose claims are all as they have to be."""

    member: Member
    deployment: str
    context: str
    context_title: str
    target: str
    resource_link: str
    """Empty in a request for deep linking."""
    lineitem: str
    """The column of marks that scores may be sent to; empty if there is none."""
    memberships_url: str
    return_url: str
    deep_linking: DeepLinking | None


def role_of(roles: Sequence[object]) -> Role | None:
    """Return the role here. Platforms call a teaching assistant an instructor too: the lesser role counts."""
    held = {one for one in roles if isinstance(one, str)}
    if held & _ASSISTANT:
        return Role.ASSISTANT
    if held & _INSTRUCTOR:
        return Role.INSTRUCTOR
    return Role.STUDENT if held & _STUDENT else None


def read(claims: Claims) -> Launch:
    """Return what the claims of a launch say. Raises `NotAccepted` if one is missing or wrong."""
    if claims.get(VERSION) != "1.3.0":
        raise NotAccepted("This is no launch of LTI 1.3.")
    kind = claims.get(MESSAGE_TYPE)
    if kind not in (LINK_REQUEST, DEEP_LINKING_REQUEST):
        raise NotAccepted("This kind of launch is not known here.")
    roles = claims.get(ROLES)
    if not isinstance(roles, list):
        raise NotAccepted("The platform does not say which roles you have.")
    context, endpoint = _record(claims, CONTEXT), _record(claims, ENDPOINT)
    scopes = endpoint.get("scope")
    takes_scores = isinstance(scopes, list) and SCORE_SCOPE in scopes
    return Launch(
        member=member(str(claims["sub"]), claims, _text(_record(claims, LIS), "person_sourcedid"), roles),
        deployment=_id(claims, DEPLOYMENT, "deployment"),
        context=_id(context, "id", "course"),
        context_title=_text(context, "title") or _text(context, "label"),
        target=_text(claims, TARGET),
        resource_link=_id(_record(claims, RESOURCE_LINK), "id", "link") if kind == LINK_REQUEST else "",
        lineitem=_text(endpoint, "lineitem") if takes_scores else "",
        memberships_url=_text(_record(claims, NAMES_AND_ROLES), "context_memberships_url"),
        return_url=_text(_record(claims, PRESENTATION), "return_url"),
        deep_linking=_deep_linking(claims) if kind == DEEP_LINKING_REQUEST else None,
    )


def member(subject: str, said: Claims, sourcedid: str, roles: Sequence[object]) -> Member:
    """Return a person by what a launch, or the list of a course's members, says of them."""
    name = _text(said, "name") or f"{_text(said, 'given_name')} {_text(said, 'family_name')}".strip()
    return Member(subject, name[:200], _text(said, "email")[:320], sourcedid[:200], role_of(roles))


def _deep_linking(claims: Claims) -> DeepLinking:
    settings = _record(claims, DEEP_LINKING)
    types = settings.get("accept_types")
    if not isinstance(types, list) or "ltiResourceLink" not in types:
        raise NotAccepted("The platform does not take links to assignments here.")
    return_url = _text(settings, "deep_link_return_url")
    return DeepLinking(return_url, settings.get("accept_lineitem") is not False, settings.get("data"))


def _record(claims: Claims, name: str) -> Claims:
    found = claims.get(name)
    return found if isinstance(found, dict) else {}


def _text(record: Claims, name: str) -> str:
    found = record.get(name)
    return found if isinstance(found, str) else ""


def _id(record: Claims, name: str, what: str) -> str:
    found = _text(record, name)
    if not 0 < len(found) <= _LONGEST_ID:
        raise NotAccepted(f"The platform does not say which {what} this is.")
    return found
