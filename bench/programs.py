"""Runs the program that shows a failure, for every failed check of every known mistake, beside the report.

    python bench/programs.py [--assignment DIR] [--task NAME ...]

A program is right if it reaches its end and shows a difference, or ends with its own comparison, or with the
exception that the report tells. It runs in a fork of a process that has imported torch, so that hundreds take
a minute. The last line says how many are flat, without a class that hands out what was drawn.
"""

import argparse
import contextlib
import io
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import torch

from grader.asking.answer_cache import AnswerCache
from grader.asking.memory_cache import MemoryCache
from grader.assignment.loader import bundled, read_assignment
from grader.judging.grading import Grader
from grader.sandbox.probe import open_sandbox
from grader.submission.loader import Submission

_GOOD, _BAD = 0, 1


def run(program: str, module: str, source: str, raised: str) -> str:
    """Run a program beside a module in a fork; return its last line of error, empty if it is right.

    `raised`: the type of the exception in the report, empty for none.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{module}.py").write_text(source)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            sys.path.insert(0, folder)
            said = ""
            names: dict[str, Any] = {"__name__": "__main__"}
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(program, "again.py", "exec"), names)
                if "EXPECTED" in names and not differs(names["EXPECTED"], names["seen"]):
                    said = "it shows no difference"
            except BaseException as error:
                frames = traceback.extract_tb(error.__traceback__)
                own = [frame for frame in frames if frame.filename == "again.py"]
                compares = "assert" in program.splitlines()[(own[0].lineno or 1) - 1]
                if type(error).__name__ != (raised or "AssertionError") or not (raised or compares):
                    said = f"{type(error).__name__}: {error}"[:200]
            os.write(writing, said.encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as file:
            said = file.read()
        os.waitpid(child, 0)
        return said


def differs(expected: dict[str, Any], seen: dict[str, Any]) -> bool:
    """Whether a program has shown anything that was not expected."""
    try:
        for name, value in expected.items():
            if isinstance(value, torch.Tensor):
                torch.testing.assert_close(seen[name], value, rtol=0, atol=0, equal_nan=True)
            elif seen[name] != value or str(seen[name]) != str(value):  # 2.0 is not what 2 is
                return True
    except (AssertionError, KeyError, ValueError, RuntimeError):
        return True
    return False


def main() -> int:
    """Print a line per program that does not run, and how many there are of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assignment", type=Path, default=bundled())
    parser.add_argument("--task", nargs="*", default=[])
    given = parser.parse_args()
    assignment = read_assignment(given.assignment)
    tasks = assignment.only(tuple(given.task))
    ran = failed = without = flat = 0
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as cache, contextlib.closing(open_sandbox()) as sandbox:
        for task in tasks:
            grader = Grader(
                assignment=assignment,
                tasks=(task,),
                seed=assignment.seed,
                sandbox=sandbox,
                cache=MemoryCache(AnswerCache(Path(cache))),
                workers=1,
                progress=lambda *_: None,
            )
            for mistake in task.mistakes:
                files = {f"{task.name}.py": mistake.source.encode()}
                (result,) = grader.grade(Submission(mistake.name, files, {})).tasks
                for check in result.checks:
                    if check.evidence is None or not check.evidence.snippet:
                        without += check.evidence is not None
                        continue
                    ran += 1
                    flat += "class Replay" not in check.evidence.snippet
                    raised = check.evidence.raised.type if check.evidence.raised else ""
                    said = run(check.evidence.snippet, task.name, mistake.source, raised)
                    if said:
                        failed += 1
                        print(f"{task.name}, {mistake.name}, {check.check}: {said}", flush=True)
            print(f"{task.name}: {ran} programs so far, {failed} wrong, {flat} flat", flush=True)
    print(f"{ran} programs, {flat} flat, {failed} wrong, {without} failures without a program")
    return _BAD if failed else _GOOD


if __name__ == "__main__":
    sys.exit(main())
