"""A term as browsers see it: three courses, four roles and a class of 60, from an empty folder to an export.

`tests/service/test_term_in_a_browser.py` walks it and examines each page; `bench/term.py` takes pictures of
them. What each student should get in the end is computed here, beside the service.
"""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
from service_processes import Served, until
from service_samples import RIGHT, TRANSPOSED, layout_check
from sqlalchemy import update

from grader.assignment.starter import write_assignment
from grader.service import courses, tokens
from grader.service.database import Database
from grader.service.queue import LIVE, Queue
from grader.service.schema import SubmissionRow

COURSES = {"dl": "Deep Learning", "nlp": "Language Models", "vision": "Computer Vision"}
HOMEWORK, WARM_UP = "/courses/dl/hw1", "/courses/nlp/warm-up"
FIRST = ("Ana", "Ben", "Chen", "Dilara", "Emre", "Fatima", "Goran", "Hana", "Ivo", "Julia")
LAST = ("Adams", "Brandt", "Costa", "Dang", "Ekberg", "Fischer-Nakamura")
NAMES = {f"{first}.{last}".lower(): f"{first} {last}" for last in LAST for first in FIRST}
NAMES |= {"dilara.brandt": "Dilara <b>Brandt</b>", "emre.brandt": "Emre " + "Brandtnerhofer" * 4}
LOGINS = tuple(NAMES)
ANA, BEN, CHEN, DILARA = LOGINS[:4]
EARLY, RUSH, LATE, LATER_DEADLINE, HANDED_IN = LOGINS[4:28], LOGINS[28:53], LOGINS[53:56], LOGINS[56], 57
"""Who hands in when, beside those with a browser: Dilara early, Ben in the rush, Chen late."""
PERCENT = 10
DAYS = 8
"""How many pass between the rush and the late uploads; the deadline is in between."""

TASKS = """
[[tasks]]
name = "answers"
title = "Questions in words"
file = "answers.md"
points = 4
"""
PROGRAMS = {
    # kind: program, points of the second revision
    "right": (RIGHT, 6.0),
    "transposed": (TRANSPOSED, 6.0),
    "features": (RIGHT.replace(b"x.mean(dim=0)", b"x.mean(dim=1, keepdim=True)"), 3.6),
    "nothing": (b"def standardize(x):\n    pass\n", 0.0),
}
KINDS = (
    "features",
    "right",
    "transposed",
    "right",
    "right",
    "transposed",
    "features",
    "right",
    "nothing",
    "right",
)


@dataclass(frozen=True)
class Words:
    """An answer in words, and what the assistant decides about it."""

    text: str
    keys: str
    """Of the rubric's items."""
    points: float
    comment: str = ""


QUESTIONS = {
    "1.1": (
        "Why are features standardized?",
        "Without it a feature with large values would dominate, and training would take longer.",
        (
            ("dominate", "Large features would dominate", 1, "dominat*|outweigh*"),
            ("faster", "Training becomes faster or more stable", 1, "faster|converg*|fewer steps|stable"),
            ("normal", "Says that the data become Gaussian", -0.5, "normal distribution|gaussian"),
        ),
        (
            Words(
                "Features with large values would dominate the others, and training converges faster.",
                "12",
                2,
            ),
            Words("Otherwise one feature dominates the distance.", "1", 1),
            Words(
                "It makes the data follow a normal distribution.", "3", 0, "Only mean and variance change."
            ),
            Words("Gradient descent needs fewer steps.", "2", 1),
        ),
    ),
    "1.2": (
        "Why over the batch, and not over the features?",
        "Each feature has its own unit; over one sample, different units would be mixed.",
        (
            ("unit", "Each feature has its own unit or scale", 1, "own scale|own unit"),
            ("mixed", "One sample would mix different units", 1, "mix|mixed|mixes"),
        ),
        (
            Words("Each feature has its own scale, so the mean is taken over the samples.", "1", 1),
            Words(
                "Averaging one sample would mix metres and kilograms; every feature has its own unit.",
                "12",
                2,
            ),
            Words("Because it is faster.", "", 0),
        ),
    ),
}
OF_WORDS = {words.text: words for *_, texts in QUESTIONS.values() for words in texts}


@dataclass(frozen=True)
class Work:
    """What a student hands in."""

    kind: str
    words: tuple[Words, ...]

    @classmethod
    def of(cls, login: str) -> "Work":
        """Return that of a student of the class."""
        number = LOGINS.index(login)
        kind = KINDS[number % len(KINDS)]
        texts = [answers[number % len(answers)] for *_, answers in QUESTIONS.values()]
        return cls(kind, () if kind == "nothing" else tuple(texts))

    @property
    def files(self) -> dict[str, bytes]:
        """The files, by name."""
        found = {"standardize.py": PROGRAMS[self.kind][0]}
        if self.words:
            parts = [
                f"## {number}\n{words.text}\n" for number, words in zip(QUESTIONS, self.words, strict=True)
            ]
            found["answers.md"] = "\n".join(parts).encode()
        return found

    @property
    def score(self) -> float:
        """The points once the check is repaired and all answers are decided."""
        return PROGRAMS[self.kind][1] + sum(words.points for words in self.words)


class Empty(Served):
    """A service without courses and people."""

    def fill(self, database: Database) -> None:
        """Nothing is there before the first start."""


@dataclass
class Visitor:
    """A person at a browser of his or her own."""

    page: Any
    address: str
    heard: list[str] = field(default_factory=list)
    """What the browser complained about."""

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.heard.append(dialog.message), dialog.dismiss()))

    def _console(self, said: Any) -> None:
        if said.type in ("error", "warning"):
            self.heard.append(f"{said.type}: {said.text}")

    def go(self, path: str) -> None:
        """Open an address of the service."""
        self.page.goto(self.address + path)

    def press(self, name: str) -> None:
        """Press a button, and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the first link of that name, and wait for its page."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name).first.click()

    def tab_to(self, selector: str) -> None:
        """Press Tab until the element has the focus."""
        for _ in range(150):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"no key leads to {selector}")

    def enter(self) -> None:
        """Press Enter, and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def drop(self, *paths: Path) -> None:
        """Drop files and folders where files are handed in, as from another window."""
        self.page.locator("#upload").scroll_into_view_if_needed()
        box = self.page.locator("#upload").bounding_box()
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        with closing_session(self.page) as session:
            for kind in ("dragEnter", "dragOver", "drop"):
                place = {"type": kind, "x": box["x"] + 20, "y": box["y"] + 20}
                session.send("Input.dispatchDragEvent", {**place, "data": data})
        self.page.wait_for_function("() => document.getElementById('chosen').textContent")

    def hand_in(self) -> None:
        """Press the button, and wait for the page of the submission."""
        self.page.get_by_role("button", name="Hand in", exact=True).click()
        self.page.wait_for_url("**/submissions/*")

    def wait_for_report(self) -> None:
        """Wait until the page shows a report by itself, and the report is there."""
        self.page.wait_for_selector("iframe.report", timeout=90_000)
        self.page.frame_locator("iframe.report").locator("main").wait_for()


@contextmanager
def closing_session(page: Any) -> Iterator[Any]:
    """Yield a session of the protocol of Chromium's developer tools."""
    session = page.context.new_cdp_session(page)
    yield session
    session.detach()


@dataclass
class Term:
    """The service, the people, and what happens."""

    folder: Path
    browser: Any
    look: Callable[[Visitor, str], None]
    """What is done with each page in each state; the state has a name."""
    extra: dict[str, float] = field(default_factory=dict)
    """Points by login that a question about a mark brought."""

    def __post_init__(self) -> None:
        self.served = Empty(self.folder, workers=0)
        self.address = self.served.address

    def walk(self) -> None:
        """Let the term pass."""
        try:
            self.served.start()
            self.served.wait()
            self.set_up()
            self.warm_up()
            self.hand_in()
            self.repair()
            self.review()
            self.release()
            self.ask_and_answer()
            self.export()
            self.leave()
        finally:
            self.served.close()

    # The service

    def visitor(self, link: str = "") -> Visitor:
        """Return a new browser, of the person whom a link signs in."""
        context = self.browser.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True)
        found = Visitor(context.new_page(), self.address)
        if link:
            found.page.goto(link)
            found.press("Sign in")
        return found

    def admin(self, command: str, *more: str) -> str:
        """Return what a command of `grade admin` prints."""
        whole = [sys.executable, "-m", "grader", "admin", command, str(self.served.data.folder), *more]
        return subprocess.run(whole, check=True, capture_output=True, text=True).stdout

    def program(self, token: str) -> httpx.Client:
        """Return a client of the API."""
        return httpx.Client(
            base_url=f"{self.address}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=120
        )

    def send(self, login: str, work: Work) -> None:
        """Hand in over the API."""
        with self.program(self.tokens[login]) as client:
            answer = client.post("/courses/dl/assignments/hw1/submissions", files=form(work.files))
        assert answer.status_code == 201, answer.text

    def send_all(self, logins: Sequence[str], threads: int) -> None:
        """Hand in the work of students, several at once."""
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda login: self.send(login, Work.of(login)), logins))

    def wait_until_graded(self) -> None:
        """Wait until no job waits or runs."""

        def is_idle() -> bool:
            with self.database() as database:
                counts = Queue(database).counts()
            return not any(counts[state] for state in LIVE)

        until(is_idle, 120)

    def database(self) -> Any:
        """Return the database of the service, to be closed."""
        return closing(Database(self.served.url))

    def revision(self, number: int) -> None:
        """Send a state of the homework as its instructor."""
        place = self.folder / f"revision{number}"
        write_assignment(place)
        with (place / "standardize" / "checks.py").open("a") as checks:
            checks.write(layout_check(is_mended=number > 1))
        toml = place / "assignment.toml"
        text = (
            toml.read_text().replace("points = 5", "points = 6").replace("A first assignment", "Homework 1")
        )
        toml.write_text(text + TASKS)
        (place / "answers").mkdir()
        for name, (title, model, items, _) in QUESTIONS.items():
            (place / "answers" / f"{name}.toml").write_text(question(title, model, items))
        self.add_assignment(self.tokens["ines"], "dl", "hw1", place)

    def add_assignment(self, token: str, course: str, name: str, place: Path) -> None:
        """Send the folder of an assignment."""
        paths = [path for path in place.rglob("*") if path.is_file()]
        files = {path.relative_to(place).as_posix(): path.read_bytes() for path in paths}
        with self.program(token) as client:
            answer = client.post(f"/courses/{course}/assignments/{name}/revisions", files=form(files))
        assert answer.status_code == 201, answer.text

    def rules(self, deadline: datetime) -> None:
        """Set the deadline of the homework as its instructor."""
        policy = f'deadline = {deadline.isoformat()}\nzone = "Europe/Berlin"\npercent_per_day = {PERCENT}\n'
        with self.program(self.tokens["ines"]) as client:
            answer = client.put("/courses/dl/assignments/hw1/rules", json={"policy": policy})
        assert answer.status_code == 200, answer.text

    def paths_of(self, files: Mapping[str, bytes], name: str) -> Path:
        """Write files into a folder of a student's computer; return it."""
        place = self.folder / "computer" / name
        place.mkdir(parents=True)
        for path, data in files.items():
            (place / path).write_bytes(data)
        return place

    # What happens

    def set_up(self) -> None:
        """The administrator makes courses and an assignment, and gives roles and links."""
        stranger = self.visitor()
        stranger.go("/")
        self.look(stranger, "sign in")
        first = re.search(r"http\S+/sign-in#\S+", self.served.log.read_text())
        assert first is not None
        admin = self.visitor(first[0])
        self.look(admin, "home without a course")
        admin.follow("Administrator")
        self.look(admin, "account")
        admin.page.get_by_label("What it is for").fill("setting up the term")
        admin.press("Make a token")
        self.look(admin, "account with a new token")
        token = admin.page.locator("section.card pre").inner_text()
        with self.program(token) as client:
            for name, title in COURSES.items():
                assert client.post("/courses", json={"name": name, "title": title}).status_code == 201
            roles = {"dl": {"ines": "instructor", "tom": "assistant"}, "nlp": {"ines": "instructor"}}
            roles |= {"vision": {"tom": "student", ANA: "student"}}
            roles["nlp"] |= dict.fromkeys(LOGINS[:10], "student")
            for course, people in roles.items():
                for login, role in people.items():
                    person = {"role": role, "name": NAMES.get(login, login.title())}
                    answer = client.put(f"/courses/{course}/people/{login}", json=person)
                    assert answer.status_code == 200, answer.text
        admin.go("/")
        admin.follow("People of Deep Learning")
        self.look(admin, "people before the roster")
        admin.page.get_by_text("A roster of students").click()
        lines = "".join(f"{login},{name},{login}@example.org\n" for login, name in NAMES.items())
        admin.page.get_by_label("A table as CSV").fill(f"id,name,email\n{lines}")
        admin.press("Add them as students")
        assert f"{len(LOGINS)} of {len(LOGINS)} people are new" in admin.page.inner_text("main")
        self.look(admin, "people")
        self.tokens = {}
        with self.database() as database, database.write() as session:
            for login in (*LOGINS, "ines"):
                who = courses.person_with(session, login)
                self.tokens[login] = tokens.make(session, tokens.Kind.API, who.id, "a program")
        place = self.folder / "warm-up"
        write_assignment(place)
        toml = place / "assignment.toml"
        toml.write_text(toml.read_text().replace("A first assignment", "Warm-up"))
        self.add_assignment(token, "nlp", "warm-up", place)
        printed = self.admin("links", "ines", "tom", ANA, BEN, CHEN, DILARA, "--url", self.address)
        self.links = {row[0]: row[2] for row in csv.reader(printed.splitlines())}
        admin.go("/")
        self.look(admin, "home of the administrator")

    def warm_up(self) -> None:
        """A student hands in three times, by dropping and by choosing, and follows what happens."""
        self.ana = ana = self.visitor(self.links[ANA])
        self.look(ana, "home of a student before the first attempt")
        ana.follow("Warm-up")
        self.look(ana, "assignment before the first attempt")
        ana.page.get_by_role("button", name="Hand in", exact=True).click()
        ana.page.wait_for_selector("#said:visible")
        self.look(ana, "nothing is chosen")
        ana.drop(self.paths_of({"notes.txt": b"Later.\n"}, "notes") / "notes.txt")
        ana.page.get_by_role("button", name="Hand in", exact=True).click()
        ana.page.wait_for_selector("#said:visible")
        ana.heard = [one for one in ana.heard if "status of 422" not in one]
        self.look(ana, "an upload is refused")
        first = self.paths_of({"standardize.py": PROGRAMS["nothing"][0]}, "first")
        ana.drop(first / "standardize.py")
        self.look(ana, "a file was dropped")
        ana.hand_in()
        assert ana.page.inner_text("#progress") == "Next in the queue."
        self.look(ana, "in the queue")
        # The service is restarted with workers; the page goes on by itself.
        assert self.served.stop() == 0
        self.served.workers = 2
        self.served.start()
        self.served.wait()
        ana.wait_for_report()
        ana.heard.clear()  # Chromium writes down that the service was away
        self.look(ana, "first attempt")
        ana.go(WARM_UP)
        ana.drop(self.paths_of({"standardize.py": PROGRAMS["features"][0]}, "homework"))
        ana.hand_in()
        ana.wait_for_report()
        self.look(ana, "second attempt")
        ana.follow("The report alone")
        self.look(ana, "report")
        ana.go(WARM_UP)
        files = {
            "name": "all.zip",
            "mimeType": "application/zip",
            "buffer": zipped({"standardize.py": RIGHT}),
        }
        ana.page.set_input_files("#upload input[type=file]", files)
        ana.hand_in()
        ana.wait_for_report()
        self.look(ana, "all points")
        ana.go("/")
        assert ana.page.get_by_role("img", name="Marks of attempts 1 to 3").count() == 1
        self.look(ana, "home of a student with attempts")

    def hand_in(self) -> None:
        """The homework is opened with its marks withheld; the class hands in, early, in a rush, and late."""
        self.revision(1)
        start = datetime.now(UTC).replace(microsecond=0)
        deadline = start + timedelta(days=DAYS - 1, hours=4)
        self.rules(deadline)
        self.ines = ines = self.visitor(self.links["ines"])
        self.look(ines, "home of an instructor before anybody handed in")
        ines.follow("Homework 1")
        self.look(ines, "class before anybody handed in")
        ines.press("Withhold all marks and reports")
        self.send_all(EARLY, 4)
        self.in_browser(DILARA)
        self.ana.go(HOMEWORK)
        self.ana.drop(self.paths_of(Work.of(ANA).files, "ana"))
        self.ana.hand_in()
        with ThreadPoolExecutor(1) as pool:
            rush = pool.submit(self.send_all, RUSH, 20)
            ben = self.in_browser(BEN)
            rush.result()
        self.wait_until_graded()
        ben.page.wait_for_selector("text=not released yet")
        self.look(ben, "attempt whose mark is withheld")
        with self.database() as database, database.write() as session:
            passed = SubmissionRow.received - timedelta(days=DAYS).total_seconds()
            session.execute(update(SubmissionRow).values(received=passed))
        self.rules(deadline - timedelta(days=DAYS))
        ines.follow("Deadline and extensions")
        ines.page.get_by_label("Student").select_option(label=f"{NAMES[LATER_DEADLINE]} ({LATER_DEADLINE})")
        ines.page.get_by_label("New deadline").fill((start + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"))
        ines.press("Give more time")
        self.look(ines, "deadline and extensions")
        self.send_all((*LATE, LATER_DEADLINE), 2)
        chen = self.in_browser(CHEN, "assignment after its deadline")
        self.wait_until_graded()
        chen.page.wait_for_selector("text=not released yet")
        self.ana.go("/")
        self.look(self.ana, "home of a student whose marks are withheld")
        ines.go("/")
        self.look(ines, "home of an instructor with work")
        ines.follow("Homework 1")
        assert f"{HANDED_IN} of {len(LOGINS)} handed in, {HANDED_IN} graded" in ines.page.inner_text("main")
        self.look(ines, "class")
        ines.page.get_by_label("Find by name or login").fill("hana.c")
        assert ines.page.locator("#students tbody tr:visible").count() == 1
        ines.page.get_by_label("Find by name or login").fill("")
        ines.follow("Checks and mistakes")
        self.look(ines, "checks and mistakes")
        ines.page.go_back()
        ines.follow(NAMES[ANA])
        ines.wait_for_report()
        self.look(ines, "attempt of a student")
        ines.follow("See it as")
        self.look(ines, "attempt as the student sees it")

    def in_browser(self, login: str, name: str = "") -> Visitor:
        """Let a student sign in by a link, drop a folder and hand it in."""
        found = self.visitor(self.links[login])
        found.follow("Homework 1")
        if name:
            self.look(found, name)
        found.drop(self.paths_of(Work.of(login).files, login))
        found.hand_in()
        return found

    def repair(self) -> None:
        """A check was too strict: it is repaired, all are graded again, compared, and published."""
        ines = self.ines
        self.revision(2)
        ines.go(f"{HOMEWORK}/class")
        self.look(ines, "class with a revision that is not published")
        ines.press("Grade all with it")
        ines.page.wait_for_selector(f"text={HANDED_IN} of {HANDED_IN} submissions", timeout=120_000)
        self.look(ines, "class that was graded again")
        ines.follow("What would change")
        lenient = sum(Work.of(login).kind == "transposed" for login in LOGINS[:HANDED_IN])
        assert f"{lenient} of {HANDED_IN} marks change" in " ".join(ines.page.inner_text("header").split())
        self.look(ines, "what would change")
        ines.page.go_back()
        ines.press("Publish it")
        assert "not published" not in ines.page.inner_text("main")

    def review(self) -> None:
        """The assistant decides all answers in words, with the keyboard alone."""
        self.tom = tom = self.visitor(self.links["tom"])
        page, keys = tom.page, tom.page.keyboard
        self.look(tom, "home of an assistant")
        tom.tab_to("#waiting a[href$='/review/']")
        tom.enter()
        self.look(tom, "review")
        keys.press("1")
        page.wait_for_selector("#items label")
        self.look(tom, "review of a question")
        decided = self.decide_all(tom)
        self.look(tom, "review of a question that is decided")
        keys.press("Enter")
        page.wait_for_url("**/1.2")
        page.wait_for_selector("#items label")
        decided += self.decide_all(tom)
        assert decided == 2 * sum(bool(Work.of(login).words) for login in LOGINS[:HANDED_IN])
        keys.press("q")
        page.wait_for_url("**/review/")
        self.look(tom, "review with all decided")
        tom.tab_to("a[href$='/code/standardize']")
        tom.enter()
        page.wait_for_selector("#findings form")
        self.look(tom, "review of code")
        keys.press("c")
        keys.type("The idea is right.")
        keys.press("Enter")
        page.wait_for_selector("text=The comment is stored.")
        keys.press("q")
        page.wait_for_url("**/review/")
        keys.press("p")
        page.wait_for_url("**/rubric")
        self.look(tom, "rubric as an assistant sees it")

    def decide_all(self, tom: Visitor) -> int:
        """Decide all answers to the question that is open, alike ones at once; return how many there are."""
        page, keys = tom.page, tom.page.keyboard
        while not page.inner_text("#said").startswith("All answers"):
            before = page.inner_text("#progress")
            words = OF_WORDS[page.inner_text("#text").strip()]
            keys.press("0")
            for key in words.keys:
                keys.press(key)
            if page.is_visible("#group-line"):
                keys.press("g")
            if words.comment:
                keys.press("c")
                keys.press("Control+a")
                keys.type(words.comment)
                keys.press("Control+Enter")
            else:
                keys.press("Enter")
            page.wait_for_function(
                "before => document.getElementById('progress').textContent !== before", arg=before
            )
        done, whole = re.findall(r"\d+", page.inner_text("#progress"))
        assert done == whole
        return int(whole)

    def release(self) -> None:
        """The instructor shows marks and solutions."""
        ines = self.ines
        ines.go(f"{HOMEWORK}/class")
        self.look(ines, "class before the release")
        for name in ("graders", "rubric", "releases"):
            ines.go(f"{HOMEWORK}/{name}")
            self.look(ines, name)
        group = ines.page.get_by_role("group", name="Questions")
        group.get_by_label("Marks and report: Day and time").fill("2035-07-01T18:00")
        ines.page.click("button[value=preview]")
        ines.page.wait_for_selector("#preview")
        self.look(ines, "releases with a preview")
        ines.go(f"{HOMEWORK}/class")
        ines.press("Show all marks and reports")
        ines.press("Show all solutions")
        self.look(ines, "class after the release")
        ines.go("/")
        self.look(ines, "home of an instructor without work")

    def ask_and_answer(self) -> None:
        """A student asks about a mark; the assistant answers with points, by keyboard."""
        ana, tom = self.ana, self.tom
        ana.go("/")
        self.look(ana, "home of a student with a mark")
        ana.follow("Homework 1")
        self.look(ana, "assignment with a mark")
        ana.follow("Solutions")
        self.look(ana, "solutions")
        ana.page.go_back()
        ana.follow("Attempt 1")
        ana.wait_for_report()
        self.look(ana, "attempt with a mark")
        question = "My answer to 1.2 names the scale of each feature. Is that not the same as its unit?"
        ana.page.get_by_label("What do you think").fill(question)
        ana.press("Ask")
        ana.wait_for_report()
        self.look(ana, "attempt with a question")
        tom.go("/")
        self.look(tom, "home of an assistant with a question")
        tom.tab_to("#waiting a[href$='#questions']")
        tom.enter()
        tom.wait_for_report()
        self.look(tom, "question to be answered")
        tom.tab_to("textarea[name=text]")
        keys = tom.page.keyboard
        keys.type("You are right: the scale says it too.")
        keys.press("Tab")
        keys.type("Questions in words: 1.2")
        keys.press("Tab")
        keys.type("2")
        tom.enter()
        self.extra[ANA] = 2 - Work.of(ANA).words[1].points
        tom.wait_for_report()
        self.look(tom, "answered question")
        ana.go("/")
        assert "2 of 2 points, 1 before" in ana.page.inner_text("main")
        self.look(ana, "home of a student with an answer")

    def export(self) -> None:
        """The instructor takes the marks home; each is what the student should get."""
        ines = self.ines
        ines.go(f"{HOMEWORK}/class")
        table = csv.DictReader(io.StringIO(self.download(ines, "grades.csv").decode("utf-8-sig")))
        marks = {row["id"]: float(row["mark"]) for row in table}
        assert marks == {login: self.mark(login) for login in LOGINS}
        with zipfile.ZipFile(io.BytesIO(self.download(ines, "everything.zip"))) as archive:
            names = archive.namelist()
            reports = [json.loads(archive.read(name)) for name in names if name.endswith("report.json")]
        assert sum(name.endswith("files.zip") for name in names) == HANDED_IN
        scores = [Work.of(one).score + self.extra.get(one, 0) for one in LOGINS[:HANDED_IN]]
        assert sorted(round(one["score"], 2) for one in reports) == sorted(round(one, 2) for one in scores)

    def mark(self, login: str) -> float:
        """Return what a student should get; without a submission that is nothing."""
        if login not in LOGINS[:HANDED_IN]:
            return 0.0
        whole = Work.of(login).score + self.extra.get(login, 0)
        return round(whole * (1 - PERCENT / 100 * (login in (*LATE, CHEN))), 2)

    def download(self, visitor: Visitor, name: str) -> bytes:
        """Follow a link to a file; return what is in it."""
        with visitor.page.expect_download() as begun:
            visitor.page.get_by_role("link", name=name).click()
        return Path(begun.value.path()).read_bytes()

    def leave(self) -> None:
        """A student takes all own data along, and signs out."""
        ana = self.ana
        ana.follow(NAMES[ANA])
        with zipfile.ZipFile(io.BytesIO(self.download(ana, "All that is stored about you"))) as archive:
            assert archive.testzip() is None and archive.namelist()
        ana.go("/courses/nothing")
        ana.heard = [one for one in ana.heard if "status of 404" not in one]
        self.look(ana, "no such page")
        ana.follow("To your courses")
        ana.press("Sign out")
        assert ana.page.url == f"{self.address}/sign-in"


def form(files: Mapping[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    """Return files as a form sends them."""
    return [("files", one) for one in files.items()]


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip archive."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return whole.getvalue()


def question(title: str, model: str, items: Sequence[tuple[str, str, float, str]]) -> str:
    """Return the file of a question in words."""
    text = f'title = "{title}"\npoints = 2\nstatement = "{title} Explain."\nmodel = "{model}"\n'
    for name, said, points, hint in items:
        text += f'\n[[items]]\nname = "{name}"\ntitle = "{said}"\npoints = {points}\n'
        text += f'hints = [{{ all = ["{hint}"] }}]\n'
    return text
