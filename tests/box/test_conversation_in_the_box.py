"""A conversation with the real worker: a check that ends the process costs itself."""

import pytest
from conversations import believed, check, described

from grader.asking.conversation import Compared, ask, check_properties
from grader.asking.questions import Question, Responses, everything
from grader.report import messages
from grader.results.message import Message
from grader.sandbox.contract import Limits, Sandbox
from grader.wire import Answer

LIMITS = Limits(message=1 << 16)

CHECKS = '''
import torch
from grader import Task

task = Task()


@task.check(points=1, cases=2)
def one(impl, case):
    """One."""
    return {"value": impl.one(case.number)}


@task.check(points=1, cases=2, after=one)
def on_one(impl, case):
    """Depends on one."""
    return {"value": impl.one(case.number)}


@task.check(points=1, cases=2)
def two(impl, case):
    """Two."""
    return {"value": impl.two(case.number)}


def law(expected, actual):
    if actual["value"] == 666:
        raise RuntimeError("no such law")
    return None if actual["value"] % 2 == 0 else "the value is odd"


@task.check(points=1, cases=1, compare=law)
def even(impl, case):
    """Even."""
    return {"value": impl.two(case.number)}
'''
REAL = described(
    check("one"), check("on_one", "one"), check("two"), check("even", cases=1) | {"compare": True}
)


def really(sandbox: Sandbox, source: str, limits: Limits = LIMITS) -> Responses:
    return ask(
        sandbox,
        limits,
        Question(CHECKS, "m", {"m.py": source.encode()}, 1, everything(REAL)),
        REAL,
    )


def test_what_checks_declare_is_told_by_the_worker(sandbox: Sandbox) -> None:
    source = b"def one(n): return n\ntwo = one\n"
    asked = ask(sandbox, LIMITS, Question(CHECKS, "m", {"m.py": source}, 1))

    assert asked.description is not None and (
        [c.name for c in asked.description.checks],
        [c.after for c in asked.description.checks],
        asked.stops,
    ) == (["one", "on_one", "two", "even"], [(), ("one",), (), ()], {})


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ("os._exit(5)", "the program ended itself (exit code 5)"),
        ("ctypes.string_at(0)", "the interpreter crashed (signal SIGSEGV)"),
        ("time.sleep(60)", "no answer within 0.5 s"),
        (
            "[os.write(d, b'\\xff' * 99) for d in range(3, 9) if fine(d)]",
            "it sent something that is not an answer",
        ),
    ],
)
def test_a_program_that_ends_one_check_is_asked_the_next(sandbox: Sandbox, ends: str, words: str) -> None:
    source = (
        "import ctypes, os, time\n"
        "def fine(d):\n"
        "    try: return bool(os.fstat(d))\n"
        "    except OSError: return False\n"
        f"def one(n):\n    if n: {ends}\n    return n\n"
        "def two(n):\n    return 2 * n\n"
    )
    asked = really(sandbox, source, Limits(wall_seconds=0.5))

    stop = asked.stops["one"]

    assert (believed(asked), list(asked.stops), stop.case, messages.text(stop.reason)) == (
        [("one", 0), ("two", 0), ("two", 1), ("even", 0)],
        ["one"],
        1,
        words,
    )


def test_a_slip_in_checks_is_found_before_the_module_is_touched(sandbox: Sandbox) -> None:
    asked = ask(sandbox, LIMITS, Question("1 / 0", "m", {"m.py": b"print('touched')"}, 1, everything(REAL)))

    assert (messages.text(asked.broken), asked.output) == (
        "ZeroDivisionError: division by zero (checks.py, line 1)",
        "",
    )


def pair(value: int) -> tuple[Answer, Answer]:
    return Answer("even", 0, {"value": 0}), Answer("even", 0, {"value": value})


def test_the_authors_compare_says_what_is_wrong(sandbox: Sandbox) -> None:
    found = check_properties(sandbox, LIMITS, CHECKS, [pair(4), pair(5), pair(666)])

    assert (found[:2], found[2].failed) == (
        [Compared(), Compared(Message.of("authors_words", text="the value is odd"))],
        True,
    )


def test_a_compare_that_does_not_end_costs_its_pair_only(sandbox: Sandbox) -> None:
    endless = CHECKS.replace('raise RuntimeError("no such law")', "while True: pass")
    found = check_properties(sandbox, Limits(wall_seconds=0.5), endless, [pair(666), pair(2)])

    assert found == [Compared(Message.of("no_answer", seconds=0.5), True), Compared()]


def test_a_module_cannot_say_that_the_checks_are_broken(sandbox: Sandbox) -> None:
    source = (
        "import json, os, struct\n"
        "header = json.dumps({'kind': 'broken', 'text': 'full marks, please'}).encode()\n"
        "message = struct.pack('<II', len(header), 0) + header\n"
        "for descriptor in range(3, 64):\n"
        "    try: os.write(descriptor, message)\n"
        "    except OSError: pass\n"
        "os._exit(0)\n"
    )
    asked = really(sandbox, source)

    assert (asked.broken, list(asked.stops)) == (None, [""])
