"""Positive controls: without what stops it, an attack of each family does succeed.

So none of the tests beside this one can pass because its attack never ran.
"""

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from arena import Arena, limits_of
from attack import FOLDER, Attack, attacks

from grader.asking.questions import Question, everything
from grader.results.report import Report, TaskResult
from grader.sandbox.conformance import Heard
from grader.sandbox.process import ProcessSandbox

pytest_plugins = ["arena"]

NAIVE = """
import torch
from attacked import LSTMCell

cell, right = LSTMCell(3, 4).double(), torch.nn.LSTMCell(3, 4).double()
x, h, c = torch.randn(2, 3).double(), torch.randn(2, 4).double(), torch.randn(2, 4).double()
expected = right(x, (h, c))
actual = cell(x, (h, c))
print("PASSED" if all(torch.allclose(a, e) for a, e in zip(actual, expected)) else "FAILED")
"""
SCAN = """
import re
import numpy
import torch
import kit

mark = ("marker-other-" + "ab" * 16).encode()
blocks = [torch.frombuffer(bytearray(mark * 1000), dtype=torch.uint8).clone() for _ in range(40)]
print("FOUND" if mark in kit.memory_around(blocks[0].data_ptr()) else "NOT FOUND")
del blocks[:-1]  # the last one stays: memory freed at the end of the heap goes back to the kernel
kept = [torch.empty(45_000, dtype=torch.uint8) for _ in range(100)]
print("FREED" if any(mark in one.numpy().tobytes() for one in kept) else "CLEARED")
"""


def named(name: str) -> Attack:
    family, _, file = name.partition("/")
    return next(attack for attack in attacks(family) if attack.name == file)


def alone(attack: Attack, program: str, folder: Path, module: str = "attacked") -> str:
    """Return what `program` prints in a process of its own where `module` is the attack."""
    (folder / f"{module}.py").write_text(attack.source)
    (folder / "kit.py").write_bytes((FOLDER / "kit.py").read_bytes())
    (folder / "program.py").write_text(program)
    ended = subprocess.run(
        [sys.executable, folder / "program.py"], capture_output=True, text=True, timeout=120
    )
    return ended.stdout + ended.stderr


def once(arena: Arena) -> None:
    """Skip all but the first level: a control tells nothing about levels."""
    if arena.sandbox.level != "full":
        pytest.skip("a control is run once, not for each level")


def unprotected(arena: Arena, attack: Attack) -> TaskResult:
    """Grade `attack` in a process without isolation."""
    places = "".join(f"{name} = {place!r}\n" for name, place in arena.secrets.places.items())
    with closing(ProcessSandbox()) as box:
        plain = replace(arena, sandbox=box)
        free = replace(limits_of(attack), memory=16 << 30)  # which is limited without isolation, too
        report: Report = plain.grade(attack.files | {"places.py": places.encode()}, free)
    return next(task for task in report.tasks if task.task == attack.task)


def test_forging_a_judge_beside_the_submission_is_fooled(tmp_path: Path) -> None:
    said = alone(named("forging/comparisons_patched"), NAIVE, tmp_path)

    assert "PASSED" in said


def test_forging_a_judge_beside_an_honest_failure_is_not(tmp_path: Path) -> None:
    honest_failure = replace(
        named("forging/comparisons_patched"), source="import kit\nLSTMCell = kit.zeros_cell()"
    )
    said = alone(honest_failure, NAIVE, tmp_path)

    assert "FAILED" in said


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("forging/wire_own_verdict", "passed"),
        ("forging/wire_broken", "broken"),
        ("forging/wire_all_ahead", "answer"),
        ("forging/wire_twice", "answer"),
    ],
)
def test_forging_what_is_written_onto_the_descriptor_does_arrive(arena: Arena, name: str, kind: str) -> None:
    attack, heard = named(name), Heard()
    task = next(task for task in arena.assignment.tasks if task.name == attack.task)
    known = arena.key.load(
        Question(task.checks, task.name, {f"{task.name}.py": task.solution.encode()}, arena.seed)
    )
    assert known is not None and known.description is not None
    question = Question(task.checks, task.name, attack.files, arena.seed)
    arena.sandbox.run(question.job(everything(known.description)), limits_of(attack), heard, attack.files)

    assert kind in heard.kinds


FORBIDDEN = [
    attack
    for attack in attacks("forbidden")
    if "open" not in attack.header
    and attack.name not in ("vmap", "redispatch_plainly", "class_among_subclasses", "number_of_many_digits")
]


@pytest.mark.parametrize("attack", FORBIDDEN, ids=str)
def test_forbidden_where_nothing_is_refused_the_layer_earns_the_points(arena: Arena, attack: Attack) -> None:
    once(arena)
    tasks = tuple(
        replace(task, checks=task.checks.replace("Task(forbid=", "Task(forbid=[] and "))
        for task in arena.assignment.tasks
    )
    free = replace(arena, assignment=replace(arena.assignment, tasks=tasks))
    report = free.grade(attack.files)

    # Half of the points: some of these compute right values without a graph, and get none for gradients.
    assert next(task.score for task in report.tasks if task.task == "lstm_cell") >= 10


UNPROTECTED = [
    "reading/solution_and_mistakes",
    "reading/answer_key",
    "reading/home_and_machine",
    "reading/path_through_links",
    "reading/grader_imported",
    "reading/libraries_load_files",
    "escaping/sockets",
    "escaping/network",
    "escaping/fork",
    "hurting/memory",
    "hurting/descriptors",
    "hurting/kernel_threads",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", UNPROTECTED)
def test_without_isolation_an_attack_gets_what_it_wants(arena: Arena, name: str) -> None:
    once(arena)
    task = unprotected(arena, named(name))

    assert "GOT" in task.output


@pytest.mark.slow
def test_reading_a_scan_of_memory_finds_a_mark_that_is_there(tmp_path: Path) -> None:
    said = alone(named("reading/memory"), SCAN, tmp_path)

    assert said.split("\n")[:2] == ["FOUND", "FREED"]


TRACES = [attack for attack in attacks("next_student") if "next" in attack.header]


@pytest.mark.slow
@pytest.mark.parametrize("attack", [one for one in TRACES if one.name != "descriptors_left"], ids=str)
def test_next_student_in_the_same_process_a_trace_is_found(attack: Attack, tmp_path: Path) -> None:
    program = (
        "import gc, importlib, os, random, sys\nimport numpy\nimport torch\nimport attack\n"
        f"os.write(1, b'TRACE' if {attack.header['next']} else b'CLEAN')\nos._exit(0)\n"
    )
    said = alone(attack, program, tmp_path, "attack")

    assert "TRACE" in said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("reader/page", "<script>alert(1)</script>"),
        ("reader/terminal", "\\u001b[2J"),
        ("reader/workflow_commands", "::stop-commands::"),
        ("reader/spreadsheet", "=HYPERLINK"),
        ("reader/xml", "\\u0001"),
        ("reader/markdown", "[click](javascript:"),
    ],
)
def test_reader_the_hostile_text_is_in_the_report(arena: Arena, name: str, text: str) -> None:
    attack = named(name)
    report = arena.grade(attack.files, limits_of(attack))

    assert text in report.model_dump_json()


def test_what_is_left_by_an_attack_would_be_seen(arena: Arena) -> None:
    before = arena.left()
    path = arena.temporary / "left-by-an-attack"
    path.write_text("")
    after = arena.left()
    os.unlink(path)

    assert set(after) - set(before) == {str(path)}
