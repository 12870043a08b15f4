"""What runs beside a student's program has builtins of its own, and says all it has to say."""

import json
import os
import subprocess
import sys
import threading

import pytest

from grader.guest.loading import writer
from grader.wire import pack

PROGRAM = """
import builtins, json, sys
from grader.guest.loading import import_worker

worker = import_worker()
pack = sys.modules["grader.wire"].pack
known = dict(vars(builtins))
for name in ("len", "sum"):
    setattr(builtins, name, None)
try:
    packed = pack("end", {"n": 1}).hex()
except TypeError:
    packed = "spoilt"
vars(builtins).update(known)
before = ("grader.guest.loading",)  # runs before a student's program
ours = [n for n in sys.modules if n.startswith("grader.") and "sandbox" not in n and n not in before]
print(json.dumps({
    "worker": [worker.__name__, sys.modules["grader.guest.worker"] is worker],
    "modules": ours,
    # A package of ours is a docstring: no code of it runs beside a student's.
    "shared": [
        name
        for name in ours
        if not hasattr(sys.modules[name], "__path__")
        and vars(sys.modules[name])["__builtins__"] is vars(builtins)
    ],
    "packed": packed,
}))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """What became of the worker in a process whose builtins were spoilt afterwards."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(ran.stdout)
    return found


def test_the_worker_is_imported(loaded: dict[str, list[str]]) -> None:
    assert loaded["worker"] == ["grader.guest.worker", True]


def test_no_module_of_ours_shares_the_builtins_of_a_student(loaded: dict[str, list[str]]) -> None:
    assert loaded["shared"] == []


def test_whoever_spoils_the_builtins_spoils_none_of_ours(loaded: dict[str, list[str]]) -> None:
    assert loaded["packed"] == pack("end", {"n": 1}).hex()


@pytest.mark.parametrize("name", ["judge", "key", "assignment", "grading", "naming"])
def test_beside_the_worker_there_is_nothing_that_knows_an_answer(
    loaded: dict[str, list[str]], name: str
) -> None:
    assert f"grader.{name}" not in loaded["modules"]


def test_however_much_is_said_all_of_it_arrives() -> None:
    reading, writing = os.pipe()
    said = os.urandom(1 << 20)  # more than a pipe holds
    thread = threading.Thread(target=lambda: (writer(writing)(said), os.close(writing)))
    thread.start()
    with open(reading, "rb") as heard:
        found = heard.read()
    thread.join()

    assert found == said


def test_nothing_to_say_is_said() -> None:
    reading, writing = os.pipe()
    writer(writing)(b"")
    os.close(writing)
    with open(reading, "rb") as heard:
        assert heard.read() == b""


def test_who_does_not_listen_any_more_is_an_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError), open(writing, "wb", buffering=0):
        writer(writing)(b"x")
