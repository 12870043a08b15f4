"""What one person, or one address, can take of the service, and what is refused before it is read."""

import os
from pathlib import Path
from typing import Any

import anyio
import httpx2 as httpx
import pytest
from service_samples import RIGHT, person
from service_site import API, Site, form
from starlette.types import Message

from grader.service import tokens
from grader.service.database import Database
from grader.service.handing_in import MOST_PER_HOUR
from grader.service.watching import pause


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough here."""
    return f"sqlite:///{tmp_path}/service.db"


class Asking:
    """A request whose end the test decides, and what came back."""

    def __init__(self, site: Site, login: str, request: httpx.Request) -> None:
        request.read()
        self._site, self._body = site, request.content
        token = site.program(login).headers["authorization"]
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.url.path,
            "query_string": b"",
            "headers": [*headers, (b"authorization", token.encode())],
            "client": ("192.0.2.1", 1),
        }
        self.begun, self.go_on, self.gone = anyio.Event(), anyio.Event(), anyio.Event()
        self.answered = anyio.Event()
        self.status, self.blocks = 0, list[bytes]()

    async def run(self, sends: bool = True) -> None:
        """Ask; without `sends` the connection is lost before a byte of the answer."""
        parts = [self._body, None]

        async def receive() -> Message:
            body = parts.pop(0) if parts else None
            if body is None:
                await self.gone.wait()
                return {"type": "http.disconnect"}
            self.begun.set()
            await self.go_on.wait()
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if not sends:
                raise OSError("gone")
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.answered.set()
            else:
                self.blocks.append(message.get("body", b""))

        await self._site.app({**self._scope}, receive, send)


def following(site: Site, name: str) -> Asking:
    return Asking(site, "ana", httpx.Request("GET", f"http://testserver/api/v1/submissions/{name}/events"))


def uploading(site: Site) -> Asking:
    files = form({"standardize": RIGHT})
    return Asking(site, "ana", httpx.Request("POST", f"http://testserver{API}/submissions", files=files))


def test_pages_that_ask_at_once_get_no_more_streams_than_one_person_may_have(site: Site) -> None:
    name = site.hand_in("ana")

    async def all_at_once() -> list[int]:
        asked = [following(site, name) for _ in range(10)]
        async with anyio.create_task_group() as group:
            for one in asked:
                one.go_on.set()
                group.start_soon(one.run)
            for one in asked:
                await one.answered.wait()
            for one in asked:
                one.gone.set()
        return sorted(one.status for one in asked)

    assert anyio.run(all_at_once) == [200] * 6 + [429] * 4


def test_a_stream_that_never_began_gives_its_place_back(site: Site) -> None:
    name = site.hand_in("ana")
    site.grade()

    async def lost_before_they_began() -> None:
        for _ in range(10):
            asked = following(site, name)
            asked.go_on.set()
            with pytest.raises(BaseException):  # noqa: B017 - how it is wrapped is the framework's
                await asked.run(sends=False)

    anyio.run(lost_before_they_began)
    for path in [f"{name}/events", *["0/events"] * 10, f"{name}/events"]:
        answer = site.program("ana").get(f"/api/v1/submissions/{path}")
        assert answer.status_code == (404 if path.startswith("0/") else 200)


def test_who_waits_longer_looks_less_often() -> None:
    pauses = [pause(ahead) for ahead in (0, 10, 50, 1000)]

    assert pauses[0] <= 0.5 and pauses == sorted({*pauses}) and pauses[-1] <= 5
    # A thousand people who wait for each other; all of them as often as the first were 2500 per second.
    assert sum(1 / pause(ahead) for ahead in range(1000)) < 300


def test_one_person_uploads_one_at_a_time(site: Site) -> None:
    async def two_at_once() -> tuple[int, int]:
        first, second = uploading(site), uploading(site)
        async with anyio.create_task_group() as group:
            group.start_soon(first.run)
            await first.begun.wait()
            second.go_on.set()
            await second.run()
            first.go_on.set()
        return first.status, second.status

    assert anyio.run(two_at_once) == (201, 429)
    assert site.hand_in("ana")


def test_uploads_that_are_refused_count_towards_the_limit_of_an_hour(site: Site) -> None:
    client = site.program("ana")
    notes = [("files", ("notes.txt", b"x"))]
    refused = [client.post(f"{API}/submissions", files=notes).status_code for _ in range(MOST_PER_HOUR)]

    assert {*refused} == {422}
    assert client.post(f"{API}/submissions", files=form({"standardize": RIGHT})).status_code == 429
    assert site.hand_in("ben")


def test_an_upload_with_a_field_that_is_no_file_is_refused(site: Site) -> None:
    answer = site.program("ana").post(
        f"{API}/submissions", files=form({"standardize": RIGHT}), data={"text": "x"}
    )

    assert answer.status_code == 422 and "Too many fields" in answer.json()["detail"]


def multipart(charset: str) -> dict[str, Any]:
    """Return an upload that names a charset."""
    request = httpx.Request("POST", "http://x", files=form({"standardize": RIGHT}))
    request.read()
    kind = request.headers["content-type"] + charset
    return {"content": request.content, "headers": {"Content-Type": kind}}


@pytest.mark.parametrize(
    ("charset", "status"),
    [
        ("", 201),
        ("; charset=utf-8", 201),
        ('; charset="UTF-8"', 201),
        ("; charset=punycode", 415),
        ('; CHARSET="puny\\code"', 415),
        ("; charset*=utf-8''punycode", 201),  # not read by the framework
        ("; charset=utf-8; charset=punycode", 415),
        ("; charset=punycode; charset=utf-8", 201),  # the last one counts
        ("; charset=latin-1", 415),
    ],
)
def test_the_sender_does_not_choose_how_a_form_is_decoded(site: Site, charset: str, status: int) -> None:
    answer = site.program("ana").post(f"{API}/submissions", **multipart(charset))

    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/sign-in", "/account/tokens", "/requests/1/answer"])
@pytest.mark.parametrize("kind", ["multipart/form-data", "Multipart/Form-Data ", "multipart/mixed"])
def test_only_an_upload_may_be_multipart(site: Site, path: str, kind: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\ny\r\n--x--\r\n'

    answer = site.client().post(path, content=body, headers={"Content-Type": f"{kind}; boundary=x"})

    assert answer.status_code == 415


def test_a_form_without_files_is_short(site: Site) -> None:
    assert site.client().post("/sign-in", data={"token": "x" * 70_000}).status_code == 413


def test_a_text_of_the_greatest_length_fits_whatever_its_letters(site: Site) -> None:
    name = site.hand_in("ana")
    site.grade()
    answer = site.browser("ana").post(f"/submissions/{name}/requests", data={"text": "\U0001f600" * 4000})

    assert answer.status_code == 303


def test_a_good_link_signs_in_after_others_behind_its_address_failed(site: Site, database: Database) -> None:
    with database.write() as session:
        link = tokens.make(session, tokens.Kind.SIGN_IN, person(session, "ana").id)
    junk = [site.client().post("/sign-in", data={"token": "x"}).status_code for _ in range(40)]

    assert 429 in junk
    assert site.client().post("/sign-in", data={"token": link}).status_code == 303


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://testserver", 303),
        ("https://testserver", 303),
        ("https://elsewhere.example", 403),
        ("http://testserver.elsewhere.example", 403),
        ("http://testserver:81", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
def test_a_form_whose_origin_is_elsewhere_does_not_sign_in(
    site: Site, database: Database, origin: str, status: int
) -> None:
    with database.write() as session:
        link = tokens.make(session, tokens.Kind.SIGN_IN, person(session, "ana").id)

    assert (
        site.client().post("/sign-in", data={"token": link}, headers={"Origin": origin}).status_code == status
    )


def test_an_invented_method_makes_no_line_of_its_own_in_the_metrics(site: Site) -> None:
    client = site.client()
    for number in range(5):
        client.request(f"M{number}", "/sign-in")

    lines = [line for line in site.service.metrics.text({}).splitlines() if "_total{" in line]
    assert lines == ['grade_requests_total{method="other",route="/sign-in",status="405"} 5']


def test_what_was_handed_in_is_sent_in_blocks(site: Site) -> None:
    data = os.urandom(3 << 20)
    name = site.hand_in("ana", standardize=RIGHT, data=data)
    address = f"http://testserver/api/v1/submissions/{name}/files.zip"
    asked = Asking(site, "ana", httpx.Request("GET", address))
    asked.go_on.set()

    anyio.run(asked.run)

    assert asked.status == 200 and max(map(len, asked.blocks)) <= 1 << 20
    assert sum(map(len, asked.blocks)) > len(data)
