"""A submission that attacks the service from inside the sandbox: its database, files, tokens and network."""

import json
import os
import socket
from pathlib import Path

import pytest
from service_samples import RIGHT
from service_site import Site

from grader.sandbox.contract import Level, Sandbox
from grader.sandbox.linux import LinuxSandbox
from grader.service.worker import Place, Worker

ATTACK = """
import os, socket, sqlite3, glob, ctypes

def reached(what, act):
    try:
        found = act()
    except BaseException:
        return
    if found:
        print("REACHED", what, str(found)[:80])

for path in {paths!r}:
    reached("read " + path, lambda: open(path, "rb").read(16))
    reached("list " + path, lambda: os.listdir(path))
    if {full}:  # Landlock, which is all at the other level, does not cover stat
        reached("stat " + path, lambda: os.stat(path))
    reached("write " + path, lambda: open(path + "/x", "wb"))
    reached("remove " + path, lambda: os.unlink(path) or True)
reached("sqlite", lambda: sqlite3.connect({database!r}).execute("SELECT digest FROM tokens").fetchall())
for port in {ports!r}:
    reached("connect", lambda: socket.create_connection(("127.0.0.1", port), 1))
reached("socket", lambda: socket.socket(socket.AF_UNIX))
reached("environment", lambda: [v for v in os.environ.values() if "SECRET" in v])
reached("arguments", lambda: [p for p in glob.glob("/proc/*/environ") if b"SECRET" in open(p, "rb").read()])
reached("memory", lambda: open("/proc/%d/mem" % os.getppid(), "rb").read(1))
links = lambda: [os.readlink(path) for path in glob.glob("/proc/self/fd/*")]
reached("descriptors", lambda: [path for path in links() if "service" in path])
for number in range(3, 256):
    reached("descriptor %d" % number, lambda: b"SQLite format" in os.pread(number, 100, 0))
reached("fork", lambda: os.fork() or os._exit(0))
print("TRIED")
"""


@pytest.mark.parametrize("level", [Level.FULL, Level.GOOD])
def test_a_submission_reaches_neither_database_nor_files_nor_tokens_nor_network(
    site: Site, url: str, tmp_path: Path, sandbox: Sandbox, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sandbox.level is not Level.FULL and level is Level.FULL:
        pytest.skip("this machine does not isolate fully")
    monkeypatch.setenv("GRADE_TOKEN", "SECRET")
    name = site.hand_in("ben", standardize=RIGHT)
    other = site.files.path(site.submissions()[0].upload)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = site.service.database.engine.url.port or listening.getsockname()[1]
        paths = [str(tmp_path), str(tmp_path / "service.db"), str(tmp_path / "files"), str(other)]
        attack = ATTACK.format(
            paths=paths,
            database=str(tmp_path / "service.db"),
            ports=[port, listening.getsockname()[1]],
            full=level is Level.FULL,
        )
        mine = site.hand_in("ana", standardize=attack.encode() + RIGHT)
        box = LinuxSandbox(level)
        worker = Worker(site.service.queue, site.files, box, Place(tmp_path / "cache", tmp_path / "answers"))
        while (job := site.service.queue.claim(worker.name)) is not None:
            assert worker.do(job)
        box.close()

    report = json.loads(site.program("ana").get(f"/api/v1/submissions/{mine}/report.json").text)
    said = report["tasks"][0]["output"]
    assert "TRIED" in said and "REACHED" not in said
    assert site.program("ben").get(f"/api/v1/submissions/{name}").json()["state"] == "graded"
    assert os.path.exists(other)
