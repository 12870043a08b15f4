"""LTI 1.3 against a platform of our own: launches, deep linking, names and roles, and marks."""

import html
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from learning_platform import ASSISTANT, CLAIM, INSTRUCTOR, LEARNER, RETURN, LearningPlatform
from service_samples import person
from service_site import API, Site
from sqlalchemy import select, update
from starlette.testclient import TestClient
from wrong_tokens import WRONG_TOKENS, Signer

from grader.errors import UsageError
from grader.service import courses, deliveries, making, tokens
from grader.service.access import Role
from grader.service.lti import people, platforms, scores
from grader.service.outgoing import Unreachable
from grader.service.schema import (
    AssignmentRow,
    Delivery,
    Identity,
    Membership,
    Person,
    Platform,
    PlatformLink,
    ResultRow,
    Revision,
    SubmissionRow,
)
from grader.service.serving import sender
from grader.service.web.app import make

PUBLIC = "https://grader.example.org"
PAGE = f"{PUBLIC}/courses/dl/hw1"
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
TOP = {"Sec-Fetch-Dest": "document"}
INSIDE = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#"
FRAME = {"Sec-Fetch-Dest": "iframe"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough here."""
    return f"sqlite:///{tmp_path}/service.db"


class Tool:
    """The service, registered at a platform and the other way round."""

    def __init__(self, site: Site, platform: LearningPlatform, people: str = "new") -> None:
        self.site, self.platform, self.database = site, platform, site.service.database
        self.made = making.service(self.database, site.files, PUBLIC)
        self.app = make(self.made)
        platform.tool_keys = lambda: self.browser().get("/lti/keys.json").json()
        self.register(platform, "moodle", people)
        with self.database.write() as session:
            course = courses.course_named(session, "dl")
            platforms.bind(session, "moodle", course, platform.deployment, platform.context)

    def register(self, platform: LearningPlatform, name: str, people: str = "new") -> None:
        with self.database.write() as session:
            registered = Platform(
                name=name,
                issuer=platform.issuer,
                client_id=platform.client_id,
                auth_url=f"{platform.issuer}/auth",
                token_url=f"{platform.issuer}/token",
                jwks_url=f"{platform.issuer}/keys",
                audience=f"{platform.issuer}/token",
                deployments=["deployment-1", "deployment-2"],
                hosts=[],
                people=people,
            )
            platforms.register(session, registered)

    def browser(self) -> TestClient:
        return TestClient(self.app, base_url=PUBLIC, raise_server_exceptions=False, follow_redirects=False)

    def begin(self, browser: TestClient, target: str = PAGE, **more: str) -> str:
        answer = browser.post("/lti/login", data=self.platform.initiation(target, **more))
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def launch(
        self,
        browser: TestClient | None = None,
        target: str = PAGE,
        headers: dict[str, str] = TOP,
        deep_linking: dict[str, Any] | None = None,
    ) -> Any:
        """Return the answer to a whole launch."""
        browser = browser or self.browser()
        sent = self.platform.authorize(self.begin(browser, target), target, deep_linking)
        return browser.post("/lti/launch", data=sent, headers=headers)

    def people(self) -> dict[str, str]:
        """Return role by login of the course."""
        with self.database.read() as session:
            found = session.execute(
                select(Person.login, Membership.role).join(Membership, Membership.person_id == Person.id)
            )
            return {one[0]: one[1] for one in found}


@pytest.fixture
def platform() -> Iterator[LearningPlatform]:
    with LearningPlatform(PUBLIC).open() as opened:
        yield opened


@pytest.fixture
def tool(site: Site, platform: LearningPlatform) -> Tool:
    return Tool(site, platform)


def is_signed_in(browser: TestClient) -> bool:
    return browser.get("/account").status_code == 200


def new_login(tool: Tool) -> str:
    return next(login for login in tool.people() if login.startswith("moodle-"))


# Launches


def test_a_launch_opens_the_assignment_for_a_student_of_the_platform(tool: Tool) -> None:
    browser = tool.browser()
    answer = tool.launch(browser)

    assert (answer.status_code, answer.headers["location"]) == (303, "/courses/dl/hw1")
    assert "Ana Platform" in browser.get("/account").text
    assert tool.people()[new_login(tool)] == "student"
    assert "Hand in" in browser.get("/courses/dl/hw1").text


def test_the_same_person_comes_again(tool: Tool) -> None:
    tool.launch()
    before = tool.people()
    tool.launch()

    assert tool.people() == before


def test_a_launch_may_begin_by_an_address_too(tool: Tool, platform: LearningPlatform) -> None:
    browser = tool.browser()
    where = browser.get("/lti/login", params=platform.initiation(PAGE)).headers["location"]

    assert browser.post("/lti/launch", data=platform.authorize(where, PAGE), headers=TOP).status_code == 303


def test_what_a_browser_keeps_comes_along_from_another_site(tool: Tool, platform: LearningPlatform) -> None:
    cookie = tool.browser().post("/lti/login", data=platform.initiation(PAGE)).headers["set-cookie"]

    assert cookie.startswith("__Host-grade-launch=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/;"))


def test_in_a_frame_a_launch_goes_on_in_a_window_of_its_own(tool: Tool) -> None:
    browser = tool.browser()
    answer = tool.launch(browser, headers=FRAME)
    ticket = {"ticket": re.findall('name="ticket" value="([^"]+)"', answer.text)[0]}

    assert answer.status_code == 200 and "Ana Platform" in answer.text and not is_signed_in(browser)
    policy = answer.headers["content-security-policy"]
    assert re.search(r"frame-ancestors http://127\.0\.0\.1:\d+ https://school\.example\.org(;|$)", policy)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post("/lti/open", data=ticket, headers=elsewhere).status_code == 403
    assert browser.post("/lti/open", data=ticket).headers["location"] == "/courses/dl/hw1"
    assert is_signed_in(browser)
    assert browser.post("/lti/open", data=ticket).status_code == 403


@pytest.mark.parametrize("kind", [kind for kind in tokens.Kind if kind != tokens.Kind.TICKET])
def test_only_a_ticket_opens_a_window(tool: Tool, kind: tokens.Kind) -> None:
    with tool.database.write() as session:
        other = tokens.make(session, kind, person(session, "ines").id)

    assert tool.browser().post("/lti/open", data={"ticket": other}).status_code == 403


def test_a_ticket_that_ran_out_opens_nothing(tool: Tool) -> None:
    with tool.database.write() as session:
        over = tokens.make(session, tokens.Kind.TICKET, person(session, "ana").id, "/", days=-1)

    assert tool.browser().post("/lti/open", data={"ticket": over}).status_code == 403


def test_without_the_cookie_a_person_sees_first_who_it_is_for(tool: Tool, platform: LearningPlatform) -> None:
    attacker, victim = tool.browser(), tool.browser()
    sent = platform.authorize(tool.begin(attacker), PAGE)
    answer = victim.post("/lti/launch", data=sent, headers=TOP)

    assert "If this is not you" in answer.text and not is_signed_in(victim)


def test_a_launch_that_another_browser_began_is_refused(tool: Tool, platform: LearningPlatform) -> None:
    attacker, victim = tool.browser(), tool.browser()
    sent = platform.authorize(tool.begin(attacker), PAGE)
    tool.begin(victim)

    assert victim.post("/lti/launch", data=sent, headers=TOP).status_code == 403
    assert not is_signed_in(victim)


def test_two_launches_of_one_browser_at_once_are_both_taken(tool: Tool, platform: LearningPlatform) -> None:
    browser = tool.browser()
    both = [platform.authorize(tool.begin(browser), PAGE) for _ in range(2)]

    assert [browser.post("/lti/launch", data=one, headers=TOP).status_code for one in both] == [303, 303]


def test_a_launch_is_taken_once(tool: Tool, platform: LearningPlatform) -> None:
    browser = tool.browser()
    sent = platform.authorize(tool.begin(browser), PAGE)

    assert browser.post("/lti/launch", data=sent, headers=TOP).status_code == 303
    assert browser.post("/lti/launch", data=sent, headers=TOP).status_code == 403


@pytest.mark.parametrize("wrong", WRONG_TOKENS)
def test_a_wrong_signature_is_refused(tool: Tool, wrong: Callable[[Signer], None]) -> None:
    before = tool.people()
    wrong(tool.platform)

    answer = tool.launch()

    assert answer.status_code == 403 and "not accepted" in answer.text
    assert tool.people() == before


def test_launches_that_fail_are_limited_per_address(tool: Tool) -> None:
    assert {tool.launch().status_code for _ in range(35)} == {303}
    tool.platform.claims = {"aud": "another"}

    assert [tool.launch().status_code for _ in range(40)][-1] == 429


def test_a_good_key_of_another_kind_than_the_framework_asks_for_is_refused(tool: Tool) -> None:
    tool.platform.key, tool.platform.alg = tool.platform.keys[1], "ES256"

    assert tool.launch().status_code == 403


NOW = int(time.time())
WRONG_CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://elsewhere.example"},
    {"iss": None},
    {"aud": ["another"]},
    {"aud": "another"},
    {"aud": None},
    {"aud": ["tool-7", "another"], "azp": None},
    {"azp": "another"},
    {"nonce": None},
    {"nonce": "another"},
    {"exp": NOW - 3600},
    {"exp": None},
    {"iat": NOW + 3600},
    {"iat": None},
    {"iat": NOW - 86400, "exp": NOW + 86400},
    {"sub": None},
    {"sub": ""},
    {f"{CLAIM}deployment_id": "deployment-9"},
    {f"{CLAIM}deployment_id": "deployment-2"},
    {f"{CLAIM}deployment_id": ""},
    {f"{CLAIM}deployment_id": None},
    {f"{CLAIM}deployment_id": 1},
    {f"{CLAIM}version": "1.1"},
    {f"{CLAIM}version": None},
    {f"{CLAIM}message_type": "LtiSubmissionReviewRequest"},
    {f"{CLAIM}message_type": None},
    {f"{CLAIM}target_link_uri": f"{PUBLIC}/courses/dl/hw2"},
    {f"{CLAIM}target_link_uri": "https://elsewhere.example/"},
    {f"{CLAIM}target_link_uri": None},
    {f"{CLAIM}roles": None},
    {f"{CLAIM}roles": LEARNER},
    {f"{CLAIM}resource_link": None},
    {f"{CLAIM}resource_link": {"id": ""}},
    {f"{CLAIM}resource_link": {"id": "x" * 300}},
    {f"{CLAIM}context": None},
    {f"{CLAIM}context": {"id": 7}},
    {f"{CLAIM}context": "context-1"},
]


@pytest.mark.parametrize("claims", WRONG_CLAIMS, ids=" ".join)
def test_wrong_claims_are_refused(tool: Tool, claims: dict[str, Any]) -> None:
    before, browser = tool.people(), tool.browser()
    tool.platform.claims = claims

    assert tool.launch(browser).status_code == 403
    assert tool.people() == before and not is_signed_in(browser)


@pytest.mark.parametrize("state", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_state_that_is_not_ours_is_refused(tool: Tool, platform: LearningPlatform, state: str) -> None:
    browser = tool.browser()
    sent = platform.authorize(tool.begin(browser), PAGE)

    assert browser.post("/lti/launch", data={**sent, "state": state}, headers=TOP).status_code == 403


def test_a_state_of_one_launch_is_not_taken_for_another(tool: Tool, platform: LearningPlatform) -> None:
    browser = tool.browser()
    first, second = (platform.authorize(tool.begin(browser), PAGE) for _ in range(2))

    mixed = {"state": first["state"], "id_token": second["id_token"]}
    assert browser.post("/lti/launch", data=mixed, headers=TOP).status_code == 403


def test_a_platform_does_not_speak_for_another(tool: Tool, platform: LearningPlatform) -> None:
    with LearningPlatform(PUBLIC, client_id="tool-8").open() as other:
        tool.register(other, "canvas")
        browser = tool.browser()
        sent = platform.authorize(tool.begin(browser), PAGE)
        foreign = browser.get("/lti/login", params=other.initiation(PAGE)).headers["location"]
        token = other.authorize(foreign, PAGE)["id_token"]

        mixed = {"state": sent["state"], "id_token": token}
        assert browser.post("/lti/launch", data=mixed, headers=TOP).status_code == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": ""},
        {"client_id": "another"},
        {"login_hint": ""},
        {"login_hint": "x" * 5000},
        {"target_link_uri": ""},
        {"target_link_uri": "https://elsewhere.example/courses/dl/hw1"},
        {"target_link_uri": f"{PUBLIC}.elsewhere.example/courses/dl/hw1"},
        {"target_link_uri": f"{PUBLIC}@elsewhere.example/courses/dl/hw1"},
        {"target_link_uri": f"{PUBLIC}/sign-out"},
        {"target_link_uri": f"{PUBLIC}//elsewhere.example"},
        {"target_link_uri": f"{PUBLIC}/courses/dl/..%2f.."},
        {"target_link_uri": f"{PUBLIC}/courses/dl/hw1?next=https://elsewhere.example"},
    ],
    ids=str,
)
def test_a_launch_that_is_not_for_here_does_not_begin(
    tool: Tool, platform: LearningPlatform, changed: dict[str, str]
) -> None:
    asked = {**platform.initiation(PAGE), **changed}

    assert tool.browser().post("/lti/login", data=asked).status_code == 403


def test_a_deployment_that_began_a_launch_is_the_one_that_comes_back(
    tool: Tool, platform: LearningPlatform
) -> None:
    browser = tool.browser()
    where = tool.begin(browser, lti_deployment_id="deployment-2")

    sent = platform.authorize(where, PAGE)
    assert browser.post("/lti/launch", data=sent, headers=TOP).status_code == 403


def test_a_course_of_the_platform_that_is_not_bound_lets_nobody_in(tool: Tool) -> None:
    before, browser = tool.people(), tool.browser()
    tool.platform.context, tool.platform.roles = "<b>other</b>; $(reboot)", [INSTRUCTOR]

    answer = tool.launch(browser)

    assert answer.status_code == 403 and "platform-course" in answer.text and "<b>other" not in answer.text
    assert "--context '<b>other</b>; $(reboot)'" in html.unescape(answer.text)
    assert tool.people() == before and not is_signed_in(browser)


def test_an_assignment_of_another_course_is_not_opened(tool: Tool) -> None:
    with tool.database.write() as session:
        courses.new_course(session, "other", "")

    assert tool.launch(target=f"{PUBLIC}/courses/other/hw1").status_code == 403
    assert tool.launch(target=f"{PUBLIC}/courses/dl/hw9").status_code == 403


def test_the_address_of_launches_leads_home(tool: Tool) -> None:
    assert tool.launch(target=f"{PUBLIC}/lti/launch").headers["location"] == "/"


# People


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ([LEARNER], "student"),
        (["Learner"], "student"),
        ([INSTRUCTOR], "instructor"),
        ([INSTRUCTOR, ASSISTANT], "assistant"),
        ([INSTRUCTOR, f"{INSIDE}Grader"], "assistant"),
        ([INSTRUCTOR, f"{INSIDE}TeachingAssistantSection"], "assistant"),
        ([INSTRUCTOR, f"{INSIDE}ExternalInstructor"], "assistant"),
        ([INSTRUCTOR, f"{INSIDE}PrimaryInstructor"], "instructor"),
        ([f"{INSIDE}Lecturer"], "instructor"),
        ([f"{INSIDE}Grader"], "assistant"),
        ([LEARNER, INSTRUCTOR], "instructor"),
    ],
)
def test_a_role_of_the_platform_is_one_here(tool: Tool, roles: list[str], role: str) -> None:
    tool.platform.roles = roles
    tool.launch()

    assert tool.people()[new_login(tool)] == role


@pytest.mark.parametrize(
    "roles",
    [
        [],
        ["http://purl.imsglobal.org/vocab/lis/v2/system/person#SysAdmin"],
        ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"],
        [f"{LEARNER} "],
        [7, None, {}],
    ],
    ids=str,
)
def test_a_role_outside_the_course_gives_no_access(tool: Tool, roles: list[Any]) -> None:
    before = tool.people()
    tool.platform.roles = roles

    assert tool.launch().status_code == 403
    assert tool.people() == before


def test_a_role_that_is_held_stays(tool: Tool) -> None:
    tool.launch()
    tool.platform.roles = [INSTRUCTOR]
    tool.launch()

    assert tool.people()[new_login(tool)] == "student"


def test_an_address_that_the_operator_does_not_trust_is_not_taken(tool: Tool) -> None:
    tool.launch()

    with tool.database.read() as session:
        assert person(session, new_login(tool)).email == ""
        assert session.scalars(select(Identity.person_id)).all() != [person(session, "ana").id]


@pytest.mark.parametrize("way", ["email", "sourcedid"])
def test_people_are_found_in_the_roster_if_the_operator_says_so(
    site: Site, platform: LearningPlatform, way: str
) -> None:
    tool = Tool(site, platform, way)
    before, browser = tool.people(), tool.browser()
    tool.launch(browser)

    assert tool.people() == before and "Login: ana" in browser.get("/account").text
    platform.subject = "u-other"
    assert tool.launch().status_code == 403


def test_nobody_of_a_platform_becomes_an_administrator(site: Site, platform: LearningPlatform) -> None:
    tool = Tool(site, platform, "email")
    with tool.database.write() as session:
        session.execute(update(Person).where(Person.login == "root").values(email="root@example.org"))
    platform.email = "root@example.org"

    assert tool.launch().status_code == 403


def test_a_platform_does_not_speak_for_staff_of_courses_that_are_not_its(
    site: Site, platform: LearningPlatform
) -> None:
    tool = Tool(site, platform, "email")
    with tool.database.write() as session:
        other = courses.new_course(session, "other", "")
        courses.enrol(session, other, person(session, "ana"), Role.ASSISTANT)
    assert tool.launch().status_code == 403
    with tool.database.read() as session:
        assert session.scalars(select(Identity)).all() == []

    def set_role(role: Role) -> None:
        with tool.database.write() as session:
            courses.enrol(session, courses.course_named(session, "other"), person(session, "ana"), role)

    set_role(Role.STUDENT)
    assert tool.launch().status_code == 303
    set_role(Role.INSTRUCTOR)
    assert tool.launch().status_code == 403


def test_what_a_platform_calls_people_is_escaped(tool: Tool) -> None:
    tool.platform.name = "<script>alert(1)</script>"

    answer = tool.launch(headers=FRAME)
    assert "&lt;script&gt;" in answer.text and "<script>alert" not in answer.text


# Names and roles


def member(subject: str, *roles: str, **more: Any) -> dict[str, Any]:
    return {"status": "Active", "user_id": subject, "roles": list(roles), "name": subject.title(), **more}


def test_the_members_of_a_course_are_enrolled_from_all_pages(tool: Tool) -> None:
    tool.platform.roles = [INSTRUCTOR]
    tool.launch()
    tool.platform.members = [
        [member("u-ana", INSTRUCTOR), member("zoe", "Learner")],
        [
            member("yan", INSTRUCTOR, ASSISTANT),
            member("gone", LEARNER, status="Inactive"),
            member("guest", "http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"),
            {"user_id": 7, "roles": []},
            "nonsense",
        ],
    ]
    before = tool.people()
    answer = TestClient(tool.app, base_url=PUBLIC).post(
        "/api/v1/courses/dl/people/from-platforms",
        headers=dict(tool.site.program("ines").headers),
    )

    assert answer.json() == {"count": 2}
    assert sorted({*tool.people().items()} - {*before.items()}, key=lambda one: one[1])[0][1] == "assistant"
    with tool.database.read() as session:
        assert person(session, new_login(tool)) is not None
        names = {*session.scalars(select(Person.name).join(Membership, Membership.person_id == Person.id))}
    assert {"Zoe", "Yan"} <= names and not {"Gone", "Guest"} & names


def test_a_list_that_goes_on_elsewhere_is_not_followed(tool: Tool) -> None:
    tool.launch()
    tool.platform.members = [[member("zoe", LEARNER)], []]
    tool.platform.following = "https://elsewhere.example/members"
    with tool.database.read() as session:
        course = courses.course_named(session, "dl")

    with pytest.raises(Unreachable, match="not registered"):
        people.from_platforms(tool.database, tool.made.platform_services, course)
    assert "Zoe" not in str(tool.people())


def test_without_a_launch_there_is_no_list(tool: Tool) -> None:
    with tool.database.read() as session:
        course = courses.course_named(session, "dl")

    with pytest.raises(UsageError, match="No learning platform has told"):
        people.from_platforms(tool.database, tool.made.platform_services, course)


# Deep linking


def test_an_instructor_places_a_link_with_a_column_of_marks(tool: Tool, platform: LearningPlatform) -> None:
    platform.roles = [INSTRUCTOR]
    answer = tool.launch(target=f"{PUBLIC}/lti/launch", headers=FRAME, deep_linking={})
    found = platform.take(re.findall('name="JWT" value="([^"]+)"', answer.text)[0])

    assert f'action="{RETURN}"' in html.unescape(answer.text)
    assert "form-action 'self' https://school.example.org;" in answer.headers["content-security-policy"]
    (item,) = found[ITEMS]
    assert (item["type"], item["url"]) == ("ltiResourceLink", PAGE)
    assert item["lineItem"]["scoreMaximum"] == 5 and item["lineItem"]["resourceId"] == "hw1"
    assert found["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "opaque"


def test_no_column_is_placed_where_the_platform_takes_none(tool: Tool, platform: LearningPlatform) -> None:
    platform.roles = [INSTRUCTOR]
    answer = tool.launch(target=f"{PUBLIC}/lti/launch", deep_linking={"accept_lineitem": False, "data": None})

    (item,) = platform.take(re.findall('name="JWT" value="([^"]+)"', answer.text)[0])[ITEMS]
    assert "lineItem" not in item


@pytest.mark.parametrize(
    ("roles", "settings"),
    [
        ([LEARNER], {}),
        ([INSTRUCTOR, ASSISTANT], {}),
        ([INSTRUCTOR], {"accept_types": ["file"]}),
        ([INSTRUCTOR], {"accept_types": None}),
        ([INSTRUCTOR], {"deep_link_return_url": ""}),
        ([INSTRUCTOR], {"deep_link_return_url": "http://school.example.org/x"}),
        ([INSTRUCTOR], {"deep_link_return_url": "javascript:alert(1)"}),
        ([INSTRUCTOR], {"deep_link_return_url": "https://x; script-src *"}),
    ],
    ids=str,
)
def test_other_requests_for_links_are_refused(
    tool: Tool, platform: LearningPlatform, roles: list[str], settings: dict[str, Any]
) -> None:
    platform.roles = roles

    assert tool.launch(target=f"{PUBLIC}/lti/launch", deep_linking=settings).status_code == 403


# Marks


def handed_in(tool: Tool) -> str:
    """Hand in as the platform's student; return the submission."""
    login = new_login(tool)
    name = tool.site.hand_in(login)
    tool.site.grade()
    return name


def send_all(tool: Tool) -> int:
    scores.Finder(tool.database).look()
    count, sending = 0, sender(tool.made)
    while sending.send_one():
        count += 1
    return count


def test_a_mark_is_sent_when_it_is_there_and_again_only_if_it_changes(
    tool: Tool, platform: LearningPlatform
) -> None:
    tool.launch()
    assert send_all(tool) == 0
    name = handed_in(tool)

    assert (send_all(tool), send_all(tool)) == (1, 0)
    (sent,) = platform.scores
    assert sent["userId"] == "u-ana" and sent["scoreGiven"] >= 0 and sent["scoreMaximum"] > 0
    assert (sent["activityProgress"], sent["gradingProgress"]) == ("Completed", "FullyGraded")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", sent["timestamp"])
    with tool.database.write() as session:
        session.execute(update(ResultRow).where(ResultRow.submission_id == name).values(score=1.5))
    assert send_all(tool) == 1 and platform.scores[1]["scoreGiven"] == 1.5


def test_a_mark_is_sent_again_after_a_person_decided(tool: Tool, platform: LearningPlatform) -> None:
    tool.launch()
    name = handed_in(tool)
    finder = scores.Finder(tool.database)
    finder.look()
    points = {"target": {"task": "standardize"}, "points": 0.5, "reason": "All copied."}
    made = tool.site.program("tom").post(f"/api/v1/submissions/{name}/points", json=points)
    finder.look()

    assert (made.status_code, send_all(tool), platform.scores[-1]["scoreGiven"]) == (201, 1, 0.5)


def test_a_link_without_news_is_looked_at_every_ten_minutes(tool: Tool) -> None:
    moment = 0.0
    tool.launch()
    finder = scores.Finder(tool.database, lambda: moment)

    assert [finder.look(), finder.look()] == [1, 0]
    handed_in(tool)
    assert [finder.look(), finder.look()] == [1, 0]
    moment = 600.0
    assert [finder.look(), finder.look()] == [1, 0]


def test_a_withheld_mark_is_not_sent_and_one_that_is_withheld_again_is_taken_away(
    tool: Tool, platform: LearningPlatform
) -> None:
    def withhold(value: bool) -> None:
        with tool.database.write() as session:
            session.execute(update(AssignmentRow).values(withheld=value))

    tool.launch()
    withhold(True)
    handed_in(tool)
    assert send_all(tool) == 0
    withhold(False)
    assert send_all(tool) == 1
    withhold(True)
    assert send_all(tool) == 1

    assert "scoreGiven" in platform.scores[0] and "scoreGiven" not in platform.scores[1]
    assert platform.scores[1]["gradingProgress"] == "Pending"


def test_a_mark_of_which_a_task_is_withheld_is_not_sent(tool: Tool, platform: LearningPlatform) -> None:
    def release(when: float | None) -> int:
        sent = [{"task": "standardize", "marks_from": when}]
        assert tool.site.program("ines").put(f"{API}/releases", json=sent).status_code == 200
        return send_all(tool)

    tool.launch()
    with tool.database.write() as session:
        revision = session.scalars(select(Revision)).one()
        revision.tasks = [*revision.tasks, {"name": "other", "title": "Other", "points": 1}]
    release(None)
    handed_in(tool)
    early = send_all(tool)

    assert (early, release(time.time() + 3600), release(0), release(None)) == (0, 0, 1, 1)
    assert ["scoreGiven" in one for one in platform.scores] == [True, False]


def test_a_mark_that_is_withheld_while_it_waits_is_not_sent(tool: Tool, platform: LearningPlatform) -> None:
    tool.launch()
    handed_in(tool)
    scores.Finder(tool.database).look()
    for value in (True, False):
        with tool.database.write() as session:
            session.execute(update(AssignmentRow).values(withheld=value))
        sending = sender(tool.made)
        while sending.send_one():
            pass
    assert not [one for one in platform.scores if "scoreGiven" in one]

    send_all(tool)
    assert "scoreGiven" in platform.scores[-1]


def test_a_course_whose_rules_cannot_be_used_keeps_no_mark_of_another_back(
    tool: Tool, platform: LearningPlatform
) -> None:
    tool.launch()
    handed_in(tool)
    with tool.database.write() as session:
        link = session.scalars(select(PlatformLink)).one()
        course = courses.course_named(session, "dl")
        broken = AssignmentRow(
            course_id=course.id,
            name="broken",
            title="",
            policy="deadline = 0001-01-01T00:00:00+14:00\npercent_per_day = 10\n",
            revision_id=session.get_one(AssignmentRow, link.assignment_id).revision_id,
        )
        session.add(broken)
        session.flush()
        submission = session.scalars(select(SubmissionRow)).one()
        submission.assignment_id = broken.id
        link.assignment_id = broken.id
    tool.site.hand_in(new_login(tool))
    tool.site.grade()
    tool.platform.link = "link-2"
    tool.launch()

    send_all(tool)
    assert len(platform.scores) == 1


def test_a_mark_goes_into_the_column_of_the_course_of_its_person(
    tool: Tool, platform: LearningPlatform
) -> None:
    tool.launch()
    platform.context, platform.subject = "context-2", "u-ben"
    with tool.database.write() as session:
        course = courses.course_named(session, "dl")
        platforms.bind(session, "moodle", course, platform.deployment, platform.context)
    tool.launch()
    for login in [one for one in tool.people() if one.startswith("moodle-")]:
        tool.site.hand_in(login)
    tool.site.grade()

    assert send_all(tool) == 2
    with tool.database.read() as session:
        found = {(one.person_id, one.body["link"]) for one in session.scalars(select(Delivery))}
    assert len({one[0] for one in found}) == len({one[1] for one in found}) == 2


def test_a_mark_that_is_not_final_is_not_sent(tool: Tool) -> None:
    tool.launch()
    name = handed_in(tool)
    with tool.database.write() as session:
        session.execute(update(ResultRow).where(ResultRow.submission_id == name).values(final=False))

    assert send_all(tool) == 0


def test_marks_of_people_who_are_not_of_the_platform_are_not_sent(tool: Tool) -> None:
    tool.launch()
    tool.site.hand_in("ben")
    tool.site.grade()

    assert send_all(tool) == 0


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_platform_that_fails_gets_the_mark_later_and_grading_goes_on(
    tool: Tool, platform: LearningPlatform, status: int
) -> None:
    tool.launch()
    platform.fails = status
    handed_in(tool)
    assert send_all(tool) == 1 and platform.scores == []

    tool.site.hand_in("ben")
    assert tool.site.grade() == 1
    assert send_all(tool) == 0
    platform.fails = 0
    with tool.database.write() as session:
        waiting = session.scalars(select(Delivery)).one()
        assert waiting.done is None and str(status) in waiting.problem
        waiting.due = 0
    assert send_all(tool) == 1 and len(platform.scores) == 1


def test_what_fails_again_and_again_is_given_up_until_somebody_asks_for_it(
    tool: Tool, platform: LearningPlatform
) -> None:
    tool.launch()
    platform.fails = 500
    handed_in(tool)
    scores.Finder(tool.database).look()
    sending, tries = sender(tool.made), 0
    while sending.send_one():
        tries += 1
        with tool.database.write() as session:
            session.execute(update(Delivery).where(Delivery.done.is_(None)).values(due=0))

    assert tries == deliveries.MOST_TRIES
    with tool.database.write() as session:
        assert deliveries.counts(session) == {"waiting": 0, "given up": 1}
        assert deliveries.again(session) == 1
    platform.fails = 0
    assert send_all(tool) == 1 and len(platform.scores) == 1


def test_a_mark_that_changes_while_it_is_sent_is_sent_again(tool: Tool, platform: LearningPlatform) -> None:
    tool.launch()
    name = handed_in(tool)
    scores.Finder(tool.database).look()

    def changing(taken: deliveries.Taken) -> None:
        scores.send(tool.database, tool.made.platform_services, taken)
        with tool.database.write() as session:
            session.execute(update(ResultRow).where(ResultRow.submission_id == name).values(score=3))
        scores.Finder(tool.database).look()

    assert deliveries.Sender(tool.database, {scores.KIND: changing}).send_one()
    assert send_all(tool) == 1
    assert [one["scoreGiven"] for one in platform.scores] == [2, 3]


@pytest.mark.parametrize(
    "lineitem", ["https://elsewhere.example/x", "http://192.0.2.1/x", "file:///etc/passwd", "", 7]
)
def test_marks_are_not_sent_to_an_address_that_is_not_registered(tool: Tool, lineitem: object) -> None:
    scope = ["https://purl.imsglobal.org/spec/lti-ags/scope/score"]
    tool.platform.claims = {ENDPOINT: {"scope": scope, "lineitem": lineitem}}
    tool.launch()

    with tool.database.read() as session:
        assert session.scalars(select(PlatformLink)).all() == []


def test_marks_are_not_sent_without_the_right_to(tool: Tool, platform: LearningPlatform) -> None:
    platform.claims = {ENDPOINT: {"scope": [], "lineitem": platform.lineitem}}
    tool.launch()

    with tool.database.read() as session:
        assert session.scalars(select(PlatformLink)).all() == []


def test_nothing_about_an_erased_person_is_sent(tool: Tool, platform: LearningPlatform) -> None:
    tool.launch()
    handed_in(tool)
    scores.Finder(tool.database).look()
    with tool.database.write() as session:
        courses.erase(session, person(session, new_login(tool)))

    with tool.database.read() as session:
        assert session.scalars(select(Delivery)).all() == session.scalars(select(Identity)).all() == []
    assert send_all(tool) == 0 and platform.scores == []


# Registration


def test_the_key_that_is_published_holds_no_secret(tool: Tool) -> None:
    (key,) = tool.browser().get("/lti/keys.json").json()["keys"]

    assert key["kty"] == "RSA" and key["kid"] and key["use"] == "sig"
    assert not {"d", "p", "q", "dp", "dq", "qi"} & {*key}


def test_a_key_that_was_lost_is_replaced(tool: Tool, platform: LearningPlatform) -> None:
    def key() -> object:
        return tool.browser().get("/lti/keys.json").json()["keys"][0]["kid"]

    before = key()
    with tool.database.write() as session:
        platforms.renew_keys(session)

    assert key() != before
    tool.launch()
    handed_in(tool)
    assert send_all(tool) == 1 and len(platform.scores) == 1


def test_without_a_platform_there_is_nothing_to_launch(site: Site) -> None:
    client = site.client()

    assert client.get("/lti/keys.json").status_code == 404
    assert client.post("/lti/launch", data={"state": "x", "id_token": "x"}).status_code == 403
    assert client.get(f"/lti/login?{urlencode({'iss': 'x', 'login_hint': 'y'})}").status_code == 403


def test_a_platform_keeps_its_people_and_its_key_when_it_is_registered_again(
    tool: Tool, platform: LearningPlatform
) -> None:
    tool.launch()
    before = tool.people(), tool.browser().get("/lti/keys.json").json()
    tool.register(platform, "moodle", "email")
    tool.launch()

    assert (tool.people(), tool.browser().get("/lti/keys.json").json()) == before


def test_registrations_that_cannot_be_meant_are_refused(tool: Tool, platform: LearningPlatform) -> None:
    platform.client_id = "tool-9"
    with pytest.raises(UsageError, match="choose another name"):
        tool.register(platform, "moodle")
    platform.client_id = "tool-7"
    with pytest.raises(UsageError, match="has this issuer"):
        tool.register(platform, "canvas")
    platform.issuer = "http://192.0.2.1"
    with pytest.raises(UsageError, match="https://"):
        tool.register(platform, "canvas")
    with tool.database.write() as session, pytest.raises(UsageError, match="no deployment"):
        platforms.bind(session, "moodle", courses.course_named(session, "dl"), "x", "y")
