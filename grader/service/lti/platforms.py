"""The platforms that the operator registered, and this service's own key towards them."""

import secrets

from joserfc.jwk import KeySet, OctKey, RSAKey
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.service import courses
from grader.service.outgoing import host, is_safe
from grader.service.schema import Course, Platform, PlatformCourse, Secret

_SIGNING, _STATE = "lti signing", "lti state"
_BITS = 2048


def register(session: Session, platform: Platform) -> None:
    """Store a platform, or what changed of the one with its name. Raises `UsageError`."""
    courses.valid_name(platform.name, "a platform")
    for url in (platform.auth_url, platform.token_url, platform.jwks_url):
        if not is_safe(url):
            raise UsageError(f"{url}: write an address that begins with https://")
    if not platform.deployments:
        raise UsageError("Name the deployments that may launch, with --deployment.")
    same = session.scalar(
        select(Platform).where(
            Platform.issuer == platform.issuer,
            Platform.client_id == platform.client_id,
            Platform.name != platform.name,
        )
    )
    if same is not None:
        raise UsageError(f"The platform {same.name} has this issuer and this client id already.")
    known = session.scalar(select(Platform).where(Platform.name == platform.name))
    if known is not None:
        # Identities belong to the number of a platform: another issuer has other people.
        if (known.issuer, known.client_id) != (platform.issuer, platform.client_id):
            raise UsageError(f"{platform.name} has another issuer or client id; choose another name.")
        platform.id = known.id
    session.merge(platform)
    _make_keys(session)


def bind(session: Session, name: str, course: Course, deployment: str, context: str) -> PlatformCourse:
    """Say that a course of a platform is a course of ours. Raises `UsageError`."""
    platform = named(session, name)
    if deployment not in platform.deployments:
        raise UsageError(f"{name} has no deployment {deployment}.")
    found = course_of(session, platform, deployment, context)
    if found is None:
        found = PlatformCourse(platform_id=platform.id, deployment_id=deployment, context_id=context)
        session.add(found)
    found.course_id = course.id
    session.flush()
    return found


def named(session: Session, name: str) -> Platform:
    """Return a platform. Raises `UsageError` if there is none."""
    found = session.scalar(select(Platform).where(Platform.name == name))
    if found is None:
        raise UsageError(f"There is no platform {name}.")
    return found


def asking(session: Session, issuer: str, client_id: str) -> Platform | None:
    """Return the platform that begins a launch; without a client id the only one of an issuer."""
    which = [Platform.issuer == issuer, *([Platform.client_id == client_id] if client_id else [])]
    found = session.scalars(select(Platform).where(*which).limit(2)).all()
    return found[0] if len(found) == 1 else None


def course_of(session: Session, platform: Platform, deployment: str, context: str) -> PlatformCourse | None:
    """Return the course that a course of a platform is here."""
    return session.scalar(
        select(PlatformCourse).where(
            PlatformCourse.platform_id == platform.id,
            PlatformCourse.deployment_id == deployment,
            PlatformCourse.context_id == context,
        )
    )


def people_issuer(platform: Platform) -> str:
    """Return the issuer of the identities of a platform's people."""
    return f"lti:{platform.id}"


def serves(platform: Platform, url: str) -> bool:
    """Whether an address of a service is where the operator expects this platform: calls carry its marks."""
    own = {host(one) for one in (platform.auth_url, platform.token_url, platform.jwks_url)}
    return is_safe(url) and host(url) in own | {one.lower() for one in platform.hosts}


def signing_key(session: Session) -> RSAKey:
    """Return the private key. Raises `UsageError` if no platform was registered."""
    return RSAKey.import_key(_secret(session, _SIGNING), {"use": "sig", "alg": "RS256"})


def public_keys(session: Session) -> dict[str, object]:
    """Return the public key as platforms fetch it."""
    key = signing_key(session)
    key.ensure_kid()
    return dict(KeySet([key]).as_dict(private=False))


def renew_keys(session: Session) -> None:
    """Replace this service's keys towards platforms. Raises `UsageError` if no platform was registered."""
    signing_key(session)
    session.execute(delete(Secret).where(Secret.name.in_((_SIGNING, _STATE))))
    session.expire_all()
    _make_keys(session)


def state_key(session: Session) -> OctKey:
    """Return the key under which a state comes back. Raises `UsageError` if no platform was registered."""
    return OctKey.import_key(_secret(session, _STATE))


def _secret(session: Session, name: str) -> str:
    found = session.get(Secret, name)
    if found is None:
        raise UsageError("No learning platform is registered here.")
    return found.value


def _make_keys(session: Session) -> None:
    if session.get(Secret, _SIGNING) is None:
        pem = RSAKey.generate_key(_BITS, private=True).as_pem(private=True).decode()
        session.add(Secret(name=_SIGNING, value=pem))
    if session.get(Secret, _STATE) is None:
        session.add(Secret(name=_STATE, value=secrets.token_hex(32)))
    session.flush()
