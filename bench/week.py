"""A course of 60 on the service for a simulated week, from an empty folder to the table of marks.

Run it with `.venv/bin/python bench/week.py`. Students hand in over six days and in a rush at the deadline,
some a day late. A check turns out to be too strict: it is repaired, the class is graded again, and the new
marks are published. Five students ask about their mark. What each student should get is computed beside the
service, and each line of its table of marks is compared with that.

Days pass by changing the times of arrival in the database; all else goes over HTTP or through `grade admin`.
"""

import contextlib
import csv
import io
import json
import random
import re
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from service_processes import free_port, until, upload
from service_samples import RIGHT, TRANSPOSED, layout_check

from grader.assignment.starter import write_assignment
from grader.service.database import Database, sqlite_url
from grader.service.queue import LIVE, Queue
from grader.service.schema import SubmissionRow

API = "/api/v1/courses/dl/assignments/hw1"
STUDENTS, DAYS, LATE_PERCENT = 60, 6, 10
DEADLINE = datetime(2026, 3, 7, 18, tzinfo=UTC)
KINDS = {
    # kind: program, points in revision 1 and in revision 2
    "right": (RIGHT, (6, 6)),
    "transposed": (TRANSPOSED, (5, 6)),
    "no answer": (b"def standardize(x):\n    pass\n", (0, 0)),
}
ATTEMPTS = (("no answer", "right"), ("right",), ("no answer", "transposed"), ("transposed",), ("no answer",))


def main() -> None:
    """Print what happened, day by day, and whether the marks are right."""
    with tempfile.TemporaryDirectory() as folder:
        Week(Path(folder)).run()


class Week:
    """The course, its service and what is expected of it."""

    def __init__(self, folder: Path) -> None:
        """Make the course as docs/deploy.md says."""
        self.folder, self.data, self.port = folder, folder / "data", free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.logins = [f"s{number:02}" for number in range(STUDENTS)]
        self.last: dict[str, tuple[str, int]] = {}
        """Kind and days late of each student's last attempt."""
        roster = "id,name,email\n" + "".join(
            f"{one},Student {one},{one}@example.org\n" for one in self.logins
        )
        (folder / "roster.csv").write_text(roster)
        (folder / "policy.toml").write_text(
            f"deadline = {DEADLINE.isoformat()}\npercent_per_day = {LATE_PERCENT}\nmost_percent = 50\n"
        )
        self.admin("course", "dl", "--title", "Deep Learning")
        self.revision(1)
        self.admin("roster", "dl", str(folder / "roster.csv"))
        self.admin("person", "ines", "--course", "dl", "--role", "instructor", "--name", "Ines")
        self.tokens = {who: self.admin("token", who).strip() for who in (*self.logins, "ines")}

    def run(self) -> None:
        """Let the week pass."""
        command = [sys.executable, "-m", "grader", "serve", str(self.data), "--port", str(self.port)]
        with (
            (self.folder / "log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log) as serving,
        ):
            try:
                until(self.answers, 60)
                self.hand_in_all_week()
                self.repair()
                self.ask_and_answer()
                self.export()
            finally:
                serving.terminate()

    def hand_in_all_week(self) -> None:
        """Each student hands in one or two programs; half of the class in the last hour, some late."""
        order = random.Random(5)
        days: list[list[tuple[str, str]]] = [[] for _ in range(DAYS + 1)]
        for number, login in enumerate(self.logins):
            kinds = ATTEMPTS[number % len(ATTEMPTS)]
            late = number % 10 == 9
            first = order.randrange(DAYS - 1)
            for place, kind in enumerate(kinds):
                is_last = place == len(kinds) - 1
                day = first if not is_last else DAYS if late else DAYS - 1 if number % 2 else first
                days[day].append((login, kind))
            self.last[login] = kinds[-1], int(late)
        for number, sent in enumerate(days):
            # The last day is the one after the deadline; the one before it is the last hour.
            at = DEADLINE + (
                timedelta(hours=3) if number == DAYS else timedelta(days=number - DAYS + 1, hours=-1)
            )
            begun = time.monotonic()
            names = self.upload(sent, threads=30 if number == DAYS - 1 else 2)
            self.came(names, at)
            until(self.is_idle, 300)
            print(f"{at:%A %H:%M}: {len(sent):3} uploads, graded after {time.monotonic() - begun:.1f} s")

    def upload(self, sent: Sequence[tuple[str, str]], threads: int) -> list[str]:
        """Hand in programs of these people; return the submissions."""

        def one(who: tuple[str, str]) -> str:
            login, kind = who
            return upload(self.address, self.tokens[login], secrets.token_hex(8), KINDS[kind][0], 60)

        # A second program of the same day comes after the first.
        firsts = [who for place, who in enumerate(sent) if who[0] not in [one[0] for one in sent[:place]]]
        seconds = [who for who in sent if who not in firsts]
        with ThreadPoolExecutor(threads) as pool:
            return [*pool.map(one, firsts), *pool.map(one, seconds)]

    def came(self, names: Sequence[str], at: datetime) -> None:
        """Store when submissions arrived."""
        with self.database() as database, database.write() as session:
            session.execute(
                update(SubmissionRow).where(SubmissionRow.id.in_(names)).values(received=at.timestamp())
            )

    def repair(self) -> None:
        """Repair the check, grade all again, look at what would change, and publish."""
        self.compare_marks(1)
        self.revision(2)
        begun = time.monotonic()
        count = self.post("ines", f"{API}/regrade")["count"]
        until(self.is_idle, 300)
        print(f"graded again: {count} submissions in {time.monotonic() - begun:.1f} s")
        page = re.sub(r"<[^>]*>", "", self.get("ines", f"{API}/compare.html").decode())
        print("before it is published:", *re.findall(r"\d+ of \d+ marks change", page))
        self.compare_marks(1)
        self.post("ines", f"{API}/publish", {"revision": 2})
        self.compare_marks(2)

    def ask_and_answer(self) -> None:
        """Five students ask about their mark, and the instructor answers."""
        submissions = {
            line["login"]: line["submission"] for line in json.loads(self.get("ines", f"{API}/class"))
        }
        for login in self.logins[:5]:
            path = f"/api/v1/submissions/{submissions[login]}/requests"
            number = self.post(login, path, {"text": "Why did I lose this point?"})["count"]
            self.post("ines", f"/api/v1/requests/{number}/answer", {"text": "The check was too strict."})
            answered = json.loads(self.get(login, path))
            assert [one["answer"] for one in answered] == ["The check was too strict."], answered
        print("asked and answered: 5")

    def export(self) -> None:
        """Take the marks and everything else home."""
        begun = time.monotonic()
        with zipfile.ZipFile(io.BytesIO(self.get("ines", f"{API}/everything.zip"))) as archive:
            names = archive.namelist()
        kinds = Counter(Path(name).name for name in names)
        print(f"everything.zip: {dict(kinds)} in {time.monotonic() - begun:.1f} s")

    def compare_marks(self, revision: int) -> None:
        """Compare the table of marks with what each student should get."""
        table = csv.DictReader(io.StringIO(self.get("ines", f"{API}/grades.csv").decode("utf-8-sig")))
        marks = {line["id"]: float(line["mark"]) for line in table}
        expected = {}
        for login, (kind, days) in self.last.items():
            expected[login] = KINDS[kind][1][revision - 1] * (1 - LATE_PERCENT / 100 * days)
        wrong = [one for one in self.logins if abs(marks.get(one, -1) - expected[one]) > 0.005]
        print(f"marks of revision {revision}: {len(marks) - len(wrong)} of {STUDENTS} as expected", *wrong)

    # The service

    def admin(self, command: str, *more: str) -> str:
        """Return what a command of `grade admin` prints."""
        whole = [sys.executable, "-m", "grader", "admin", command, str(self.data), *more]
        return subprocess.run(whole, check=True, capture_output=True, text=True).stdout

    def revision(self, number: int) -> None:
        """Store a state of the assignment."""
        place = self.folder / f"revision{number}"
        write_assignment(place)
        with (place / "standardize" / "checks.py").open("a") as checks:
            checks.write(layout_check(is_mended=number > 1))
        toml = place / "assignment.toml"
        toml.write_text(toml.read_text().replace("points = 5", "points = 6"))
        policy = str(self.folder / "policy.toml")
        print(self.admin("assignment", "dl", "hw1", str(place), "--policy", policy).strip())

    def database(self) -> "contextlib.closing[Database]":
        """Return the database of the service."""
        return contextlib.closing(Database(sqlite_url(self.data / "service.db")))

    def is_idle(self) -> bool:
        """Whether no job waits or runs."""
        with self.database() as database:
            counts = Queue(database).counts()
        return not any(counts[state] for state in LIVE)

    def answers(self) -> bool:
        """Whether the service is ready."""
        with contextlib.suppress(OSError):
            return bool(urllib.request.urlopen(f"{self.address}/readyz", timeout=5).status == 200)
        return False

    def get(self, login: str, path: str) -> bytes:
        """Return what a person gets."""
        return self._sent(login, urllib.request.Request(self.address + path))

    def post(self, login: str, path: str, data: object = None) -> dict[str, int]:
        """Send JSON as a person; return the answer."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, json.dumps(data).encode(), headers)
        return dict(json.loads(self._sent(login, request)))

    def _sent(self, login: str, request: urllib.request.Request) -> bytes:
        request.add_header("Authorization", f"Bearer {self.tokens[login]}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())


if __name__ == "__main__":
    main()
