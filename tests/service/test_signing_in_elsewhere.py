"""Signing in by OpenID Connect and at GitHub, against a provider with real keys."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from identity_provider import IdentityProvider, rsa
from service_samples import person
from service_site import Site
from sqlalchemy import func, select, update
from starlette.testclient import TestClient
from wrong_tokens import WRONG_TOKENS, Signer

from grader.errors import UsageError
from grader.service import courses, making, tokens
from grader.service.database import Database
from grader.service.openid import described
from grader.service.options import Options, Provider, read_options
from grader.service.outgoing import Unreachable
from grader.service.schema import Identity, Person, TokenRow
from grader.service.web.app import make

PUBLIC = "https://grader.example.org"
WITH = "/sign-in/with/university"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough here."""
    return f"sqlite:///{tmp_path}/service.db"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider().open() as opened:
        yield opened


class Service:
    """The service with people who sign in at a provider."""

    def __init__(self, site: Site, provider: IdentityProvider, kind: str = "openid") -> None:
        self.provider = provider
        university = Provider(
            name="university",
            title="University",
            kind=kind,
            client_id=provider.client_id,
            client_secret=provider.secret,
            issuer=provider.issuer,
            api=provider.issuer,
        )
        other = university.model_copy(update={"name": "other", "issuer": "https://other.example.org"})
        options = Options(sign_in=(university, other))
        self.made = making.service(site.service.database, site.files, PUBLIC, options)
        self.app = make(self.made)

    def browser(self) -> TestClient:
        return TestClient(self.app, base_url=PUBLIC, raise_server_exceptions=False, follow_redirects=False)

    def begin(self, browser: TestClient) -> str:
        answer = browser.get(WITH)
        assert answer.status_code == 303
        return str(answer.headers["location"])

    def sign_in(self, browser: TestClient | None = None, **changed: str) -> Any:
        """Return the answer to a whole conversation, with parts of the way back changed."""
        browser = browser or self.browser()
        back = self.provider.authorize(self.begin(browser))
        return browser.get(f"{WITH}/back", params={**back, **changed})


@pytest.fixture
def service(site: Site, provider: IdentityProvider) -> Service:
    return Service(site, provider)


def identities(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        found = session.execute(
            select(Identity.subject, Person.login).join(Person, Person.id == Identity.person_id)
        )
        return [(one[0], one[1]) for one in found]


def sessions(database: Database) -> int:
    with database.read() as session:
        good = (TokenRow.kind == tokens.Kind.SESSION, TokenRow.revoked.is_(None))
        return session.scalar(select(func.count()).where(*good)) or 0


def test_a_verified_address_of_the_roster_signs_in(service: Service, database: Database) -> None:
    browser = service.browser()
    where = service.begin(browser)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
    answer = browser.get(f"{WITH}/back", params=service.provider.authorize(where))

    assert answer.status_code == 303 and answer.headers["location"] == "/"
    assert asked["redirect_uri"] == f"{PUBLIC}{WITH}/back" and asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 32 and len(asked["nonce"]) >= 32 and asked["state"] != asked["nonce"]
    assert "Ana" in browser.get("/account").text
    assert identities(database) == [("s-1", "ana")]
    assert "__Host-grade-begun" not in browser.cookies


def test_what_the_browser_keeps_is_for_this_service_alone(service: Service) -> None:
    cookie = service.browser().get(WITH).headers["set-cookie"]

    assert cookie.startswith("__Host-grade-begun=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600"))


def test_a_key_on_an_elliptic_curve_signs_as_well(service: Service) -> None:
    service.provider.key, service.provider.alg = service.provider.keys[1], "ES256"

    assert service.sign_in().status_code == 303


def test_a_key_that_is_new_is_asked_for(service: Service, provider: IdentityProvider) -> None:
    assert service.sign_in().status_code == 303
    provider.keys = [rsa("new")]
    provider.key = provider.keys[0]
    service.made.conversations.keys.known.clock = lambda: time.monotonic() + 40

    assert service.sign_in().status_code == 303


def test_a_subject_that_is_known_signs_in_whatever_its_address_is_now(
    service: Service, database: Database
) -> None:
    service.sign_in()
    service.provider.email, service.provider.verified = "ben@example.org", True
    browser = service.browser()
    service.sign_in(browser)

    assert "Ana" in browser.get("/account").text
    assert identities(database) == [("s-1", "ana")]


def test_an_address_is_not_taken_over_by_another_subject(service: Service, database: Database) -> None:
    service.sign_in()
    service.provider.subject = "s-2"

    assert service.sign_in().status_code == 403
    assert identities(database) == [("s-1", "ana")]


@pytest.mark.parametrize("verified", [False, None, "true", "True", 1, "yes", [True]])
def test_an_address_that_the_provider_did_not_check_lets_nobody_in(
    service: Service, database: Database, verified: object
) -> None:
    service.provider.verified = verified

    assert service.sign_in().status_code == 403
    assert identities(database) == [] and sessions(database) == 0


@pytest.mark.parametrize(
    "email", ["zoe@example.org", "", "ana@example.org, ben@example.org", "an\u0430@example.org", "ana"]
)
def test_nobody_is_made_who_is_not_in_a_roster(service: Service, database: Database, email: str) -> None:
    service.provider.email = email

    assert service.sign_in().status_code == 403
    assert identities(database) == []


def test_an_address_with_a_letter_that_becomes_another_when_it_is_made_small_is_nobodys(
    service: Service, database: Database
) -> None:
    with database.write() as session:
        session.execute(update(Person).where(Person.login == "ana").values(email="kim@example.org"))
    service.provider.email = "\u212aim@example.org"

    assert service.sign_in().status_code == 403


def test_an_address_that_two_people_have_is_nobodys(service: Service, database: Database) -> None:
    with database.write() as session:
        courses.person(session, "ana2", "Ana", "ANA@example.org")

    assert service.sign_in().status_code == 403


def test_no_provider_lets_in_who_administers_the_service(service: Service, database: Database) -> None:
    with database.write() as session:
        session.execute(update(Person).where(Person.login == "root").values(email="root@example.org"))
    service.provider.email = "root@example.org"
    assert service.sign_in().status_code == 403 and identities(database) == []

    service.provider.email = "ana@example.org"
    assert service.sign_in().status_code == 303
    with database.write() as session:
        session.execute(update(Person).where(Person.login == "ana").values(admin=True))
    assert service.sign_in().status_code == 403


def test_large_and_small_letters_of_an_address_are_the_same(service: Service) -> None:
    service.provider.email = "Ana@Example.ORG"

    assert service.sign_in().status_code == 303


def test_the_address_may_come_from_the_place_for_facts_about_a_person(service: Service) -> None:
    service.provider.claims = {"email": None, "email_verified": None}
    service.provider.userinfo = {"sub": "s-1", "email": "ana@example.org", "email_verified": True}

    assert service.sign_in().status_code == 303


def test_facts_about_somebody_else_are_not_taken(service: Service) -> None:
    service.provider.claims = {"email": None, "email_verified": None}
    service.provider.userinfo = {"sub": "s-9", "email": "ana@example.org", "email_verified": True}

    assert service.sign_in().status_code == 403


@pytest.mark.parametrize("wrong", WRONG_TOKENS)
def test_a_wrong_signature_is_refused(
    service: Service, database: Database, wrong: Callable[[Signer], None]
) -> None:
    wrong(service.provider)

    answer = service.sign_in()

    assert answer.status_code == 403 and "not accepted" in answer.text
    assert identities(database) == [] and sessions(database) == 0


NOW = int(time.time())
WRONG_CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://elsewhere.example"},
    {"iss": None},
    {"iss": ["{issuer}"]},
    {"aud": "another"},
    {"aud": ["another"]},
    {"aud": []},
    {"aud": None},
    {"aud": ["grader", "another"]},
    {"aud": ["grader", "another"], "azp": "another"},
    {"azp": "another"},
    {"nonce": None},
    {"nonce": "another"},
    {"nonce": ""},
    {"nonce": 1},
    {"exp": NOW - 3600},
    {"exp": None},
    {"exp": "never"},
    {"exp": True},
    {"iat": None},
    {"iat": NOW + 3600},
    {"iat": NOW - 2 * 86400, "exp": NOW + 86400},
    {"nbf": NOW + 3600},
    {"sub": None},
    {"sub": ""},
    {"sub": 7},
    {"sub": "x" * 300},
    {"at_hash": "AAAA"},
]


@pytest.mark.parametrize("claims", WRONG_CLAIMS, ids=" ".join)
def test_wrong_claims_are_refused(service: Service, database: Database, claims: dict[str, Any]) -> None:
    service.provider.claims = claims

    assert service.sign_in().status_code == 403
    assert identities(database) == [] and sessions(database) == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "x"},
        {"state": ""},
        {"code": ""},
        {"code": "x"},
        {"code": "x" * 5000},
        {"iss": "https://elsewhere.example"},
        {"error": "access_denied"},
    ],
    ids=str,
)
def test_a_changed_way_back_is_refused(service: Service, database: Database, changed: dict[str, str]) -> None:
    assert service.sign_in(**changed).status_code == 403
    assert sessions(database) == 0


def test_an_answer_is_not_taken_in_another_browser(service: Service, database: Database) -> None:
    victim, attacker = service.browser(), service.browser()
    back = service.provider.authorize(service.begin(attacker))

    assert victim.get(f"{WITH}/back", params=back).status_code == 403
    service.begin(victim)
    assert victim.get(f"{WITH}/back", params=back).status_code == 403
    assert sessions(database) == 0


def test_an_answer_is_taken_once(service: Service) -> None:
    browser = service.browser()
    where = service.begin(browser)
    kept = browser.cookies["__Host-grade-begun"]
    assert browser.get(f"{WITH}/back", params=service.provider.authorize(where)).status_code == 303
    browser.cookies.set("__Host-grade-begun", kept, domain="grader.example.org")

    assert browser.get(f"{WITH}/back", params=service.provider.authorize(where)).status_code == 403


def test_an_answer_that_comes_late_is_refused(service: Service) -> None:
    browser = service.browser()
    back = service.provider.authorize(service.begin(browser))
    service.made.conversations.clock = lambda: time.time() + 1000

    assert browser.get(f"{WITH}/back", params=back).status_code == 403


def test_an_answer_of_one_provider_is_not_taken_at_the_address_of_another(service: Service) -> None:
    browser = service.browser()
    back = service.provider.authorize(service.begin(browser))

    assert browser.get("/sign-in/with/other/back", params=back).status_code == 403
    assert not [path for path in service.provider.asked if path == "/token"]


def test_a_provider_that_names_itself_in_answers_must_do_so(service: Service) -> None:
    service.provider.names_issuer = True
    assert service.sign_in().status_code == 303

    browser = service.browser()
    back = service.provider.authorize(service.begin(browser))
    del back["iss"]
    assert browser.get(f"{WITH}/back", params=back).status_code == 403


def test_a_code_is_no_good_without_what_the_browser_keeps(service: Service) -> None:
    browser = service.browser()
    back = service.provider.authorize(service.begin(browser))
    kept = browser.cookies["__Host-grade-begun"]
    begun = json.loads(base64.urlsafe_b64decode(kept + "=="))
    begun["verifier"] = "x" * 64
    changed = base64.urlsafe_b64encode(json.dumps(begun).encode()).decode().rstrip("=")
    browser.cookies.set("__Host-grade-begun", changed, domain="grader.example.org")

    assert browser.get(f"{WITH}/back", params=back).status_code == 403


@pytest.mark.parametrize("text", ["", "x", "e30", "bnVsbA", "W10", "!", "a" * 3000])
def test_what_is_no_begun_sign_in_is_refused(service: Service, text: str) -> None:
    browser = service.browser()
    browser.cookies.set("__Host-grade-begun", text, domain="grader.example.org")

    assert browser.get(f"{WITH}/back", params={"state": "", "code": "x"}).status_code == 403


def test_codes_that_are_made_up_are_limited_per_address(service: Service) -> None:
    browser = service.browser()
    where = service.begin(browser)
    kept = browser.cookies["__Host-grade-begun"]
    state = parse_qs(urlsplit(where).query)["state"][0]
    found = []
    for _ in range(40):
        browser.cookies.set("__Host-grade-begun", kept, domain="grader.example.org")
        found.append(browser.get(f"{WITH}/back", params={"state": state, "code": "x"}).status_code)

    assert found[0] == 403 and found[-1] == 429
    assert service.provider.asked.count("/token") == found.count(403) < 40


def test_sign_ins_that_succeed_are_not_limited(service: Service) -> None:
    assert {service.sign_in().status_code for _ in range(40)} == {303}


def test_a_session_from_before_the_sign_in_ends(service: Service, database: Database) -> None:
    with database.write() as session:
        planted = tokens.make(session, tokens.Kind.SESSION, person(session, "ben").id)
    browser = service.browser()
    browser.cookies.set("__Host-grade", planted, domain="grader.example.org")
    service.sign_in(browser)

    assert browser.cookies["__Host-grade"] != planted
    with database.read() as session:
        assert tokens.shown(session, planted, tokens.Kind.SESSION) is None


@pytest.mark.parametrize("name", ["next", "redirect", "return_to", "target_link_uri"])
def test_no_address_of_a_request_says_where_to_go(service: Service, name: str) -> None:
    browser = service.browser()
    away = {name: "https://elsewhere.example"}
    where = browser.get(WITH, params=away).headers["location"]
    back = service.provider.authorize(where)

    assert browser.get(f"{WITH}/back", params={**back, **away}).headers["location"] == "/"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "http://elsewhere.example/authorize"},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 7},
    ],
    ids=str,
)
def test_a_provider_that_says_what_cannot_be_is_not_used(
    service: Service, metadata: dict[str, object]
) -> None:
    service.provider.metadata = metadata

    assert service.browser().get(WITH).status_code == 503


@pytest.mark.parametrize(
    "name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"]
)
def test_a_provider_elsewhere_names_no_address_of_this_machine(name: str) -> None:
    issuer = "https://login.example.org"
    university = Provider(name="u", title="University", kind="openid", client_id="grader", issuer=issuer)
    named = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    good = {"issuer": issuer, **{one: f"{issuer}/{one}" for one in named}}
    here = "http://127.0.0.1:8080/x"

    assert described(university, good).userinfo == f"{issuer}/userinfo_endpoint"
    if name == "userinfo_endpoint":
        assert described(university, {**good, name: here}).userinfo == ""
    else:
        with pytest.raises(Unreachable):
            described(university, {**good, name: here})


def test_a_provider_that_does_not_answer_is_not_asked_again_at_once(service: Service) -> None:
    service.provider.metadata = {"issuer": "https://elsewhere.example"}
    assert [service.browser().get(WITH).status_code for _ in range(5)] == [503] * 5
    assert len(service.provider.asked) == 1

    service.provider.metadata = {}
    service.made.conversations.metadata.clock = lambda: time.monotonic() + 40
    assert service.sign_in().status_code == 303


def test_a_provider_that_is_not_known_is_not_there(service: Service, site: Site) -> None:
    assert service.browser().get("/sign-in/with/nobody").status_code == 404
    assert site.browser().get(WITH).status_code == 404
    assert "University" in service.browser().get("/sign-in").text
    assert "University" not in site.browser().get("/sign-in").text


# GitHub

PRIMARY = {"email": "ana@example.org", "primary": True, "verified": True}


@pytest.mark.parametrize("names_issuer", [True, False])
def test_github_lets_in_by_the_primary_address_that_it_checked(
    site: Site, provider: IdentityProvider, database: Database, names_issuer: bool
) -> None:
    service = Service(site, provider, "github")
    provider.names_issuer = names_issuer
    provider.emails = [{"email": "x@example.org", "primary": False, "verified": True}, PRIMARY]
    browser = service.browser()

    assert service.sign_in(browser).status_code == 303
    assert "Ana" in browser.get("/account").text
    assert identities(database) == [("583231", "ana")]


@pytest.mark.parametrize("named", ["https://github.com", "https://elsewhere.example/login/oauth", ""])
def test_an_answer_that_names_another_issuer_than_githubs_is_refused(
    site: Site, provider: IdentityProvider, database: Database, named: str
) -> None:
    provider.emails = [PRIMARY]

    assert Service(site, provider, "github").sign_in(iss=named).status_code == 403
    assert identities(database) == []


@pytest.mark.parametrize(
    "emails",
    [
        [],
        [{**PRIMARY, "verified": False}],
        [{**PRIMARY, "primary": False}],
        [{**PRIMARY, "verified": "true"}],
        [{"email": None, "primary": True, "verified": True}],
        ["ana@example.org"],
        {"email": "ana@example.org"},
    ],
    ids=str,
)
def test_github_lets_nobody_in_by_another_address(
    site: Site, provider: IdentityProvider, database: Database, emails: Any
) -> None:
    provider.emails = emails
    provider.account = {**provider.account, "email": "ana@example.org"}

    assert Service(site, provider, "github").sign_in().status_code == 403
    assert identities(database) == []


def test_the_number_of_an_account_at_github_counts_and_not_its_name(
    site: Site, provider: IdentityProvider
) -> None:
    service = Service(site, provider, "github")
    provider.emails = [PRIMARY]
    service.sign_in()
    provider.emails, provider.account = [], {"id": 583231, "login": "renamed"}
    assert service.sign_in().status_code == 303
    provider.account = {"id": 7, "login": "ana"}
    assert service.sign_in().status_code == 403
    provider.account = {"id": "583231"}
    assert service.sign_in().status_code == 403


# The file


def written(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "options.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


GOOD = """
[[sign_in]]
name = "university"
title = "University"
kind = "openid"
issuer = "https://login.example.org"
client_id = "grader"
client_secret = "x"
"""


def test_options_are_read_from_a_file_that_others_cannot_read(tmp_path: Path) -> None:
    assert read_options(written(tmp_path, GOOD)).sign_in[0].title == "University"
    with pytest.raises(UsageError, match="chmod 600"):
        read_options(written(tmp_path, GOOD, 0o640))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("https:", "http:"), "https://"),
        (GOOD.replace('issuer = "https://login.example.org"', ""), "issuer is missing"),
        (GOOD + GOOD, "the same name"),
        (GOOD + 'algorithms = ["HS256"]', "choose from"),
        (GOOD + 'algorithms = ["none"]', "choose from"),
        (GOOD.replace("client_id", "client"), "client_id"),
        ('[hook]\nurl = "https://x.example"\nkey = "short"', "key"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_options(written(tmp_path, text))


def test_a_secret_is_not_in_what_a_record_shows(tmp_path: Path) -> None:
    found = read_options(written(tmp_path, GOOD.replace('"x"', '"hush"')))

    assert "hush" not in repr(found)
