"""What is accepted, what is refused and why, and what a refusal leaves behind: nothing."""

import io
import os
import secrets
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from service_samples import RIGHT, WRONG, assignment, person, sent
from service_site import API, CLASS, Site, form, zipped
from sqlalchemy import update

from grader.errors import SubmissionError
from grader.service.archives import Upload, pack
from grader.service.database import Database, now
from grader.service.files import Files, StorageFull
from grader.service.handing_in import Closed, hand_in
from grader.service.queue import State
from grader.service.schema import AssignmentRow, Person

MODULES = {"standardize": ["standardize"]}


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough here."""
    return f"sqlite:///{tmp_path}/service.db"


def packed(tmp_path: Path, *uploads: Upload) -> dict[str, bytes]:
    """Return what is stored of an upload, by path."""
    place = tmp_path / "workspace"
    place.mkdir()
    with zipfile.ZipFile(pack(uploads, MODULES, place).path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_files_are_stored_by_their_paths(tmp_path: Path) -> None:
    uploads = [Upload("hw/standardize.py", io.BytesIO(RIGHT)), Upload("hw/notes.txt", io.BytesIO(b"x"))]

    assert packed(tmp_path, *uploads) == {"hw/notes.txt": b"x", "hw/standardize.py": RIGHT}


def test_a_zip_file_is_unpacked(tmp_path: Path) -> None:
    archive = Upload("hw.zip", io.BytesIO(zipped({"standardize.py": RIGHT})))

    assert packed(tmp_path, archive) == {"standardize.py": RIGHT}


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "/etc/evil.py",
        "a/../../evil.py",
        "..\\evil.py",
        "C:\\..\\evil.py",
        "a/" * 40 + "evil.py",
    ],
)
def test_a_path_that_leads_out_is_left_out(tmp_path: Path, name: str) -> None:
    found = packed(tmp_path, *sent(standardize=RIGHT), Upload(name, io.BytesIO(b"evil")))

    assert b"evil" not in {*found.values()} or name == "/etc/evil.py"
    assert all(not path.startswith(("/", "..")) for path in found)
    unpacked = tmp_path / "workspace" / "upload"
    assert all(unpacked in path.parents for path in tmp_path.rglob("evil.py"))


@pytest.mark.parametrize(
    "name", ["", "\0", "\n", ".", "..", "x" * 5000, "\ud800.py", "CON", "a\0.zip", "\u202e.zip"]
)
def test_no_name_brings_the_service_down(tmp_path: Path, name: str) -> None:
    found = packed(tmp_path, *sent(standardize=RIGHT), Upload(name, io.BytesIO(b"x")))

    assert found["standardize.py"] == RIGHT


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    digests = []
    for number in (1, 2):
        place = tmp_path / str(number)
        place.mkdir()
        digests.append(pack(sent(standardize=RIGHT, other=b""), MODULES, place).path.read_bytes())
        time.sleep(0.01)

    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("uploads", "reason"),
    [
        ([], "no file"),
        ([Upload("notes.txt", io.BytesIO(b"x"))], "none of the files"),
        ([Upload("hw.zip", io.BytesIO(b"PK\3\4 and so on"))], "not a whole zip"),
        ([Upload("hw.rar", io.BytesIO(b"Rar!\x1a\x07\0"))], "RAR"),
    ],
)
def test_what_cannot_be_graded_is_refused_with_a_reason(
    tmp_path: Path, uploads: list[Upload], reason: str
) -> None:
    with pytest.raises(SubmissionError, match=reason) as refusal:
        pack(uploads, MODULES, tmp_path)
    assert str(tmp_path) not in str(refusal.value)


def test_a_zip_bomb_is_refused(site: Site) -> None:
    bomb = zipped({f"{number}.bin": b"\0" * (60 << 20) for number in range(6)})

    answer = site.program("ana").post(f"{API}/submissions", files=[("files", ("hw.zip", bomb))])

    assert answer.status_code == 422 and "more files or bytes" in answer.json()["detail"]
    assert site.submissions() == []


def test_an_upload_is_stored_before_it_is_acknowledged(site: Site) -> None:
    name = site.hand_in("ana", standardize=RIGHT)

    (stored,) = site.submissions()
    assert stored.id == name
    assert b"standardize.py" in site.files.read(stored.upload)
    assert site.service.queue.counts()[State.QUEUED] == 1


def test_the_same_upload_sent_twice_is_stored_once(site: Site) -> None:
    client = site.program("ana")
    answers = [
        client.post(
            f"{API}/submissions", files=form({"standardize": RIGHT}), headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert len(site.submissions()) == 1


def test_the_key_of_one_person_is_not_that_of_another(site: Site) -> None:
    for login in ("ana", "ben"):
        site.program(login).post(
            f"{API}/submissions", files=form({"standardize": RIGHT}), headers={"Idempotency-Key": "k"}
        )

    assert len(site.submissions()) == 2


def test_the_limit_of_attempts_holds(site: Site, database: Database) -> None:
    with database.write() as session:
        session.execute(update(AssignmentRow).values(attempts=2))
    site.hand_in("ana")
    site.hand_in("ana")

    answer = site.program("ana").post(f"{API}/submissions", files=form({"standardize": RIGHT}))

    assert answer.status_code == 422 and "2 times" in answer.json()["detail"]
    assert "You have used all attempts." in site.browser("ana").get(CLASS).text
    assert site.hand_in("ben")


def test_nothing_is_accepted_after_the_end(site: Site, database: Database) -> None:
    with database.write() as session:
        session.execute(update(AssignmentRow).values(closes=now() - 60))
        who, row = person(session, "ana"), assignment(session)

    with pytest.raises(Closed, match="closed"):
        hand_in(database, site.files, who, row, sent(standardize=RIGHT))
    page = site.browser("ana").get(CLASS).text
    assert "This assignment is closed" in page and 'type="file"' not in page


def test_late_days_are_taken_off_by_the_policy(site: Site, database: Database) -> None:
    policy = "deadline = 2026-01-01T00:00:00Z\npercent_per_day = 10\nmost_percent = 30\n"
    with database.write() as session:
        session.execute(update(AssignmentRow).values(policy=policy))
    name = site.hand_in("ana")
    site.grade()

    found = site.program("ana").get(f"/api/v1/submissions/{name}").json()
    assert found["mark"] == pytest.approx(0.7 * found["score"])
    assert "Deadline: 2026-01-01 00:00 UTC" in site.browser("ana").get(CLASS).text


def test_an_extension_moves_the_deadline_of_one_person(site: Site, database: Database) -> None:
    policy = (
        "deadline = 2026-01-01T00:00:00Z\npercent_per_day = 10\n[extensions]\n"
        '"Ben@example.org" = 2126-01-01T00:00:00Z\n'
    )
    with database.write() as session:
        session.execute(update(AssignmentRow).values(policy=policy))
    names = {login: site.hand_in(login) for login in ("ana", "ben")}
    site.grade()

    late = {}
    for login, name in names.items():
        found = site.program(login).get(f"/api/v1/submissions/{name}").json()
        late[login] = found["mark"] < found["score"]
    assert late == {"ana": True, "ben": False}


@pytest.mark.parametrize(
    ("key", "called", "later"),
    [
        ("ana", {"ben": {"name": "ana"}}, {"ana"}),
        ("ANA", {"ben": {"email": "ana"}}, {"ana"}),
        ("Ben@example.org", {}, {"ben"}),
        ("Kim Lee", {"ana": {"name": "Kim Lee"}, "ben": {"name": "kim lee"}}, set()),
        ("Kim Lee", {"ana": {"name": "Kim Lee"}}, {"ana"}),
        ("ben", {"ben": {"name": "ben", "email": "ben"}}, {"ben"}),
        ("cem", {"ana": {"name": "cem"}}, set()),
    ],
    ids=["a login", "its case", "an address", "a name of two", "a name", "all of them", "who sent nothing"],
)
def test_an_extension_is_for_one_person_and_a_login_comes_first(
    site: Site, database: Database, key: str, called: dict[str, dict[str, str]], later: set[str]
) -> None:
    policy = (
        "deadline = 2026-01-01T00:00:00Z\npercent_per_day = 10\n[extensions]\n"
        f'"{key}" = 2126-01-01T00:00:00Z\n'
    )
    with database.write() as session:
        session.execute(update(AssignmentRow).values(policy=policy))
        for login, names in called.items():
            session.execute(update(Person).where(Person.login == login).values(**names))
    for login in ("ana", "ben"):
        site.hand_in(login)

    found = {
        login
        for login in ("ana", "ben")
        if "2126" in site.program(login).get("/api/v1/courses/dl/assignments").json()[0]["deadline"]
    }
    assert found == later


def test_a_body_that_is_too_long_is_refused_before_it_is_read(site: Site) -> None:
    def never() -> object:
        raise AssertionError("the body was read")
        yield b""

    answer = site.program("ana").post(
        f"{API}/submissions", content=never(), headers={"Content-Length": str(1 << 40)}
    )

    assert answer.status_code == 413


def test_a_body_of_unknown_length_is_cut_off(site: Site) -> None:
    answer = site.program("ana").post("/api/v1/submissions/0/requests", content=iter([b" " * (1 << 20)] * 9))

    assert answer.status_code == 413


def test_an_upload_without_a_session_is_refused_before_it_is_read(site: Site) -> None:
    answer = site.client().post(f"{API}/submissions", content=iter([b"nonsense"]))

    assert answer.status_code == 401


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_body_that_is_no_form_is_refused(site: Site, kind: str) -> None:
    answer = site.program("ana").post(
        f"{API}/submissions", content=b"nonsense", headers={"Content-Type": kind}
    )

    assert answer.status_code == 422


def test_a_full_disk_refuses_clearly_and_stores_nothing(
    site: Site, database: Database, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True
    ).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        files = Files(small)
        with database.read() as session:
            who, row = person(session, "ana"), assignment(session)
        uploads = [*sent(standardize=RIGHT), Upload("data.bin", io.BytesIO(secrets.token_bytes(1 << 17)))]

        with pytest.raises(StorageFull, match="no room"):
            hand_in(database, files, who, row, uploads)
        assert [path for path in small.rglob("*") if path.is_file()] == []
        assert site.submissions() == []
        assert hand_in(database, files, who, row, sent(standardize=WRONG)).attempt == 1
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_damaged_file_is_noticed(tmp_path: Path) -> None:
    files = Files(tmp_path)
    digest = files.keep([b"abc"])
    files.path(digest).write_bytes(b"abd")

    with pytest.raises(OSError, match="damaged"):
        files.read(digest)


@pytest.mark.parametrize("digest", ["..", "../" * 30 + "etc/passwd", "", "g" * 64, "a" * 63])
def test_what_is_no_digest_is_no_path(tmp_path: Path, digest: str) -> None:
    with pytest.raises(ValueError, match="no digest"):
        Files(tmp_path).read(digest)


def test_files_that_were_cut_off_are_removed_at_the_start(tmp_path: Path) -> None:
    files = Files(tmp_path)
    for name in ("half", "coming"):
        (tmp_path / "incoming" / name).write_bytes(b"x")
    os.utime(tmp_path / "incoming" / "half", (0, 0))

    files.clear()

    assert [path.name for path in (tmp_path / "incoming").iterdir()] == ["coming"]
    assert [*files.all()] == []
