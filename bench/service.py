"""What the service stands: uploads per second, the way from upload to report, pages with a full database.

Run it with `.venv/bin/python bench/service.py [kills|memory MINUTES]`; `kills` runs 200 uploads while
processes are killed instead, and `memory` hands in once per second and prints what each process needs (SQLite
only). The others take some minutes, and PostgreSQL is used if it is installed.
"""

import asyncio
import contextlib
import json
import os
import random
import resource
import secrets
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from sqlalchemy import insert, select

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from postgres import Server, binaries
from samples import check, report, task, wrong
from service_processes import Served, killings, until, upload, upload_all
from service_samples import RIGHT

from grader.service import courses, tokens
from grader.service.access import Role
from grader.service.database import Database, now
from grader.service.queue import State
from grader.service.schema import JobRow, ReportRow, ResultRow, SubmissionRow
from grader.service.worker import outcome_of

PER_SECOND, SECONDS = 50, 20
FULL = 10_000
KILLED_UPLOADS, KILLS = 200, 25
MARK = "between-files"


def main() -> None:
    """Print the tables."""
    for kind in ("sqlite", "postgresql"):
        if kind == "postgresql" and binaries() is None:
            print("PostgreSQL is not installed")
            continue
        with tempfile.TemporaryDirectory() as folder, served(kind, Path(folder)) as service:
            if sys.argv[1:2] == ["memory"]:
                needed(service, float(sys.argv[2]))
                return
            if sys.argv[1:] == ["kills"]:
                survive(kind, service)
            else:
                stand(kind, service)


@contextlib.contextmanager
def served(kind: str, folder: Path) -> Iterator[Served]:
    """Yield a service with two workers."""
    programs = binaries()
    server = Server(programs) if kind == "postgresql" and programs else None
    service = Served(folder, server)
    service.start()
    service.wait()
    try:
        yield service
    finally:
        service.close()
        if server:
            server.close()


def survive(kind: str, service: Served) -> None:
    """Kill processes during uploads, and count what is there afterwards."""
    students, stop = service.add_students(40), threading.Event()
    killed: list[str] = []
    killer = threading.Thread(
        target=lambda: killed.extend(killings(service, random.Random(1), stop, 3.0, KILLS))
    )
    killer.start()
    acknowledged, failed = upload_all(service, students, KILLED_UPLOADS, 1.0)
    killer.join()
    service.wait()
    until(lambda: len(service.counted().results) >= KILLED_UPLOADS, 600)
    found = service.counted()
    lost = len(acknowledged - {*found.results})
    twice = sum(count > 1 for count in found.results.values())
    kinds = ", ".join(f"{killed.count(one)} {one}" for one in sorted({*killed}))
    print(
        f"{kind}: {len(acknowledged)} acknowledged, {failed} tries failed, killed {kinds}; "
        f"{lost} lost, {twice} twice, {found.jobs[State.PARKED]} parked, {found.deaths} deaths of jobs"
    )


def needed(service: Served, minutes: float) -> None:
    """Hand in once per second, open a page each time, and print the memory of each process ten times."""
    students = service.add_students(200)  # each may hand in so often per hour only
    begun, number = time.monotonic(), 0
    for part in range(11):
        while time.monotonic() - begun < part / 10 * minutes * 60:
            data = RIGHT + f"# {number}\n".encode()
            token = students[number % len(students)]
            name = upload(service.address, token, secrets.token_hex(8), data, 60)
            page = urllib.request.Request(
                f"{service.address}/api/v1/submissions/{name}", headers={"Authorization": f"Bearer {token}"}
            )
            urllib.request.urlopen(page, timeout=60).read()
            number += 1
            time.sleep(max(0.0, begun + number - time.monotonic()))
        assert service.process
        web, *workers = (rss(pid) for pid in (service.process.pid, *sorted(service.worker_processes())))
        shown = ", ".join(f"{one:.0f}" for one in workers)
        graded = len(service.counted().results)
        print(f"{part / 10 * minutes:5.1f} min: {number} uploads, {graded} graded", end=", ")
        print(f"MiB: web {web:.0f}, workers {shown}", flush=True)


def rss(pid: int) -> float:
    """Return the memory that a process holds, in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def stand(kind: str, service: Served) -> None:
    """Measure uploads at a steady rate, an idle service, and pages with a full database."""
    upload(service.address, service.token("ana"), "first")
    until(lambda: service.counted().results, 120)
    ways = [way(service, service.token("ben")) for _ in range(5)]
    print(f"{kind}: upload to report, idle: median {statistics.median(ways):.2f} s, most {max(ways):.2f} s")
    accepted(kind, service)
    accepted(kind, service, follow=True)
    fill(service)
    pages(kind, service)


def way(service: Served, token: str) -> float:
    """Return the seconds from an upload to its result."""
    begun = time.monotonic()
    name = upload(service.address, token, secrets.token_hex(8))
    until(lambda: service.counted().results.get(name), 60)
    return time.monotonic() - begun


def accepted(kind: str, service: Served, follow: bool = False) -> None:
    """Send uploads at a fixed rate, whether answers have come or not; with `follow` each is followed then."""
    students = service.add_students(PER_SECOND * SECONDS // 2)  # each uploads one at a time
    requests = [
        upload_request(
            students[number % len(students)], secrets.token_hex(8), RIGHT + f"# {number}\n".encode()
        )
        for number in range(PER_SECOND * SECONDS)
    ]
    graded, used, own = len(service.counted().results), processor_seconds(service), time.process_time()
    begun = time.monotonic()
    found = asyncio.run(offer(service, requests, follow))
    whole, own = time.monotonic() - begun, time.process_time() - own
    used, graded = processor_seconds(service) - used, len(service.counted().results) - graded
    ranked = sorted(one for one in found if one is not None)
    what = f"{kind}, each followed" if follow else kind
    print(
        f"{what}: {len(ranked)} uploads in {whole:.1f} s ({len(ranked) / whole:.0f}/s), "
        f"{len(found) - len(ranked)} refused, median {ranked[len(ranked) // 2]:.2f} s, "
        f"p99 {ranked[int(len(ranked) * 0.99)]:.2f} s, most {ranked[-1]:.2f} s, graded meanwhile {graded}, "
        f"{used / len(ranked) * 1e3:.1f} ms of a processor per upload in the web process, "
        f"{own / len(found) * 1e3:.1f} ms in this one"
    )


def upload_request(token: str, key: str, data: bytes) -> bytes:
    """Return the request that hands in `standardize.py`, as it goes over the line."""
    head = 'Content-Disposition: form-data; name="files"; filename="standardize.py"'
    body = f"--{MARK}\r\n{head}\r\n\r\n".encode() + data + f"\r\n--{MARK}--\r\n".encode()
    lines = (
        "POST /api/v1/courses/dl/assignments/hw1/submissions HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {token}",
        f"Content-Type: multipart/form-data; boundary={MARK}",
        f"Content-Length: {len(body)}",
        f"Idempotency-Key: {key}",
        "Connection: close",
    )
    return "\r\n".join([*lines, "", ""]).encode() + body


async def offer(service: Served, requests: list[bytes], follow: bool) -> list[float | None]:
    """Send each request when its time has come, on a connection of its own.

    Return the seconds from that time to the whole answer, None for what was not accepted.
    """
    begun, following = time.monotonic(), list[asyncio.Task[None]]()

    async def one(due: float, request: bytes) -> float | None:
        await asyncio.sleep(due - time.monotonic())
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(60):
                reader, writer = await asyncio.open_connection(service.host, service.port)
                with contextlib.closing(writer):
                    writer.write(request)
                    answer = await reader.read()
                seconds = time.monotonic() - due
                if not answer.startswith(b"HTTP/1.1 201 "):
                    return None
                if follow:
                    name = json.loads(answer.partition(b"\r\n\r\n")[2])["id"]
                    following.append(asyncio.create_task(events(service, name, request)))
                return seconds
        return None

    found = await asyncio.gather(
        *(one(begun + number / PER_SECOND, request) for number, request in enumerate(requests))
    )
    for one_of in following:
        one_of.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    return found


async def events(service: Served, name: str, uploaded: bytes) -> None:
    """Follow a submission, as its page does, with the token that uploaded it."""
    token = next(line for line in uploaded.split(b"\r\n") if line.startswith(b"Authorization: "))
    reader, writer = await asyncio.open_connection(service.host, service.port)
    with contextlib.closing(writer):
        writer.write(f"GET /api/v1/submissions/{name}/events HTTP/1.1\r\nHost: localhost\r\n".encode())
        writer.write(token + b"\r\n\r\n")
        while await reader.read(1 << 16):
            pass


def processor_seconds(service: Served) -> float:
    """Return what the web process has used; it does not depend on what else the machine does."""
    assert service.process
    fields = Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fill(service: Served) -> None:
    """Store submissions with results, ten of each student."""
    outcome = outcome_of(report(task(wrong("step"), check(name="other"), name="standardize")))
    with contextlib.closing(Database(service.url)) as database, database.write() as session:
        course = courses.course_named(session, "dl")
        row = courses.assignment_named(session, course, "hw1")
        at = session.scalar(now().select()) or 0.0
        for number in range(FULL):
            if number % 10 == 0:
                who = courses.person(session, f"full{number // 10:05}", f"Student {number // 10}")
                courses.enrol(session, course, who, Role.STUDENT)
            name = secrets.token_hex(16)
            common = {"submission_id": name, "revision_id": row.revision_id, "run": 1}
            session.execute(
                insert(SubmissionRow).values(
                    id=name, assignment_id=row.id, person_id=who.id, attempt=number % 10 + 1,
                    received=at, upload="0" * 64, files=1, size=1, notes=[],
                )
            )  # fmt: skip
            session.execute(
                insert(JobRow).values(
                    **common, person_id=who.id, upload="0" * 64, archive="0" * 64, name="x", priority=0,
                    state=State.DONE, turn=0, created=at, claimed=at, worker="", lease="", lease_until=0.0,
                    deaths=0, progress="",
                )
            )  # fmt: skip
            result = session.scalar(
                insert(ResultRow)
                .values(
                    **common, created=at, seconds=1.0, score=outcome.score, points=outcome.points,
                    final=True, broken=False, graded=outcome.graded,
                )
                .returning(ResultRow.id)
            )  # fmt: skip
            session.execute(insert(ReportRow).values(result_id=result, data=outcome.report))


def pages(kind: str, service: Served) -> None:
    """Open each page some times."""
    with contextlib.closing(Database(service.url)) as database, database.write() as session:
        cookies = {
            login: tokens.make(session, tokens.Kind.SESSION, courses.person_with(session, login).id)
            for login in ("ines", "full00001")
        }
        who = courses.person_with(session, "full00001")
        name = session.scalars(select(SubmissionRow.id).where(SubmissionRow.person_id == who.id)).first()
        assert name is not None
    for login, path in (
        ("full00001", "/"),
        ("full00001", "/courses/dl/hw1"),
        ("full00001", f"/submissions/{name}"),
        ("full00001", f"/submissions/{name}/report.html"),
        ("ines", "/courses/dl/hw1/class"),
        ("ines", "/courses/dl/hw1/class.html"),
        ("ines", "/courses/dl/hw1/grades.csv"),
    ):
        request = urllib.request.Request(
            service.address + path, headers={"Cookie": f"grade={cookies[login]}"}
        )
        found = sorted(timed(partial(opened, request)) for _ in range(7))
        shown = path.replace(name, "ID")
        print(f"{kind}: {shown}: median {found[3] * 1e3:.0f} ms, most {found[-1] * 1e3:.0f} ms")


def opened(request: urllib.request.Request) -> bytes:
    """Return what a page holds."""
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes(answer.read())


def timed(act: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    main()
