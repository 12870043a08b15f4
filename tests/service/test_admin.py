"""What an operator does on the command line, and `grade serve` with all that can be switched on."""

import json
import urllib.request
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from identity_provider import Reply, listening
from service_processes import Served, until, upload
from service_samples import person
from sqlalchemy import select, update

from grader.cli import main
from grader.service import deliveries
from grader.service.database import Database
from grader.service.making import Data
from grader.service.schema import AssignmentRow, Delivery, Platform, PlatformCourse, Secret

SCHOOL = "https://moodle.example.org"
PLATFORM = [
    f"--issuer={SCHOOL}",
    "--client-id=tool",
    f"--auth-url={SCHOOL}/auth",
    f"--token-url={SCHOOL}/token",
    f"--jwks-url={SCHOOL}/keys",
    "--deployment=1",
]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["admin", *arguments])


@pytest.fixture
def data(tmp_path: Path) -> str:
    """The folder of a service with the course `dl`."""
    folder = str(tmp_path / "data")
    assert run("course", folder, "dl").exit_code == 0
    assert run("person", folder, "ana", "--course", "dl", "--name", "Ana").exit_code == 0
    return folder


def opened(data: str) -> "closing[Database]":
    return closing(Database(Data(Path(data)).url("")))


def test_the_key_towards_platforms_is_replaced_if_there_is_one(data: str) -> None:
    def secrets() -> dict[str, str]:
        with opened(data) as database, database.read() as session:
            return {one.name: one.value for one in session.scalars(select(Secret))}

    assert "No learning platform" in run("platform-key", data).output
    run("platform", data, "moodle", *PLATFORM)
    before = secrets()

    assert run("platform-key", data).exit_code == 0
    assert len(before) == 2 and not {*before.values()} & {*secrets().values()}


def test_a_platform_is_registered_and_told_where_this_service_is(data: str) -> None:
    found = run("platform", data, "moodle", *PLATFORM, "--url", "https://grader.example.org/")

    assert found.exit_code == 0, found.output
    assert [line.rpartition(" ")[2] for line in found.output.splitlines()] == [
        "https://grader.example.org/lti/login",
        "https://grader.example.org/lti/launch",
        "https://grader.example.org/lti/keys.json",
    ]
    assert run("platform-course", data, "moodle", "dl", "--deployment=1", "--context=7").exit_code == 0
    with opened(data) as database, database.read() as session:
        assert session.scalars(select(Platform)).one().audience == "https://moodle.example.org/token"
        assert session.scalars(select(PlatformCourse)).one().context_id == "7"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["platform-course", "moodle", "dl", "--deployment=1", "--context=7"], "no platform moodle"),
        (["platform", "Moodle", *PLATFORM], "cannot be the name"),
        (["platform", "moodle", *PLATFORM, "--token-url=http://moodle.example.org/token"], "https://"),
    ],
)
def test_a_registration_that_cannot_be_is_refused(data: str, arguments: list[str], said: str) -> None:
    found = run(arguments[0], data, *arguments[1:])

    assert found.exit_code == 2 and said in found.output


def test_a_persons_data_is_written_to_a_new_file(data: str, tmp_path: Path) -> None:
    path = tmp_path / "ana.zip"
    assert run("data", data, "ana", str(path)).exit_code == 0

    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("person.json"))["name"] == "Ana"
    assert run("data", data, "ana", str(path)).exit_code == 2
    assert run("data", data, "zoe", str(tmp_path / "zoe.zip")).exit_code == 2


def test_what_was_given_up_is_tried_again(data: str) -> None:
    with opened(data) as database, database.write() as session:
        deliveries.put(session, "mail", "k", person(session, "ana").id, {})
        session.execute(update(Delivery).values(done=1.0, problem="away"))

    assert "1 are tried again" in run("resend", data).output
    with opened(data) as database, database.read() as session:
        assert session.scalars(select(Delivery.done)).one() is None


@pytest.mark.slow
def test_serving_tells_people_and_offers_to_sign_in_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[dict[str, str]] = []

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        calls.append(json.loads(body))
        return 204, {}

    with listening(answer) as hook:
        options = tmp_path / "options.toml"
        options.write_text(
            f'[hook]\nurl = "{hook}"\nkey = "0123456789abcdef"\n'
            '[[sign_in]]\nname = "x"\ntitle = "Elsewhere"\nkind = "github"\nclient_id = "y"\n'
        )
        options.chmod(0o600)
        monkeypatch.setenv("GRADE_OPTIONS", str(options))
        served = Served(tmp_path, workers=1)
        with closing(Database(served.url)) as database, database.write() as session:
            session.execute(update(AssignmentRow).values(withheld=True))
        try:
            served.start()
            served.wait()
            name = upload(served.address, served.token("ana"), "key")
            until(lambda: served.counted().results, 90)
            post(f"{served.address}/api/v1/courses/dl/assignments/hw1/release", served.token("ines"))
            until(lambda: calls, 30)
            assert calls[0]["login"] == "ana" and calls[0]["page"] == f"{served.address}/submissions/{name}"
            assert "Elsewhere" in read(f"{served.address}/sign-in")
            assert served.stop() == 0
        finally:
            served.close()


def post(address: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    urllib.request.urlopen(
        urllib.request.Request(address, b'{"withheld": false}', headers), timeout=10
    ).close()


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())
