"""Counts what explains the wrong programs of `tests/corpus`, and how often each rule of the diagnosis holds.

    python bench/explained.py [--task NAME ...]

A program is explained if its report names a known mistake, tells a repair, says what an exception means, or
says something true of the wrong values. A rule of the diagnosis is asked without names and repairs, with
two seeds: it is right if it says the same with both.
"""

import argparse
import contextlib
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from grader.asking.answer_cache import AnswerCache
from grader.asking.memory_cache import MemoryCache
from grader.assignment.loader import Assignment, TaskSource, bundled, read_assignment
from grader.assignment.mistakes import read_mistakes
from grader.judging.grading import Grader
from grader.report.messages import text
from grader.results.message import Message, parts
from grader.results.report import CheckResult, TaskResult, Verdict
from grader.sandbox.contract import Sandbox
from grader.sandbox.probe import open_sandbox
from grader.submission.loader import Submission

_CORPUS = Path(__file__).parents[1] / "tests" / "corpus"


def source_of(path: Path) -> bytes:
    """Return a wrong program: a right one with a change made."""
    header = dict(line.split(":", 1) for line in path.read_text().partition("\n\n")[0].splitlines())
    right = _CORPUS / "right" / path.parent.name / header["right"].strip()
    (mistake,) = read_mistakes(path, right.read_text())
    return mistake.source.encode()


def failures(result: TaskResult) -> list[CheckResult]:
    """Return the checks that failed."""
    return [check for check in result.checks if check.verdict is Verdict.FAILED]


def explained_by(result: TaskResult) -> str:
    """Return what explains a wrong program best, empty if nothing does."""
    failed = failures(result)
    if any(check.mistake for check in failed):
        return "named"
    if any(one.repair for one in result.explanations):
        return "repaired"
    if any(_is_advice(part) for check in failed for part in parts(check.message)):
        return "exception"
    if any(check.hint or check.diagnosis for check in failed):
        return "hint"
    return ""


def _is_advice(message: Message) -> bool:
    return message.id.startswith("help_") or message.id in ("raised_in", "no_device", "argument_changed")


def main() -> int:
    """Print the table of explanations and that of the rules."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", nargs="*", default=[])
    given = parser.parse_args()
    assignment = read_assignment(bundled())
    fires: Counter[str] = Counter()
    holds: Counter[str] = Counter()
    by: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as cache, contextlib.closing(open_sandbox()) as sandbox:
        kept = MemoryCache(AnswerCache(Path(cache)))
        for task in assignment.only(tuple(given.task)):
            paths = sorted((_CORPUS / "wrong" / task.name).glob("*.patch"))
            if not paths:
                continue
            full = grader_of(assignment, task, sandbox, kept, assignment.seed)
            bare = replace(assignment, candidates=0)
            nameless = [
                grader_of(bare, replace(task, mistakes=()), sandbox, kept, assignment.seed + more)
                for more in range(2)
            ]
            for path in paths:
                submission = Submission(path.stem, {f"{task.name}.py": source_of(path)}, {})
                why = explained_by(full.grade(submission).tasks[0])
                by[why or "nothing"] += 1
                if not why:
                    print(f"{task.name}/{path.stem}: nothing explains it", flush=True)
                first, second = (diagnoses(one.grade(submission).tasks[0]) for one in nameless)
                for check, message in first.items():
                    fires[message.id] += 1
                    holds[message.id] += second.get(check) == message
                    if second.get(check) != message:
                        print(f"{task.name}/{path.stem}, {check}: {text(message)}", flush=True)
            print(f"{task.name}: {dict(by)} so far", flush=True)
    print(f"\n{sum(by.values())} wrong programs: {dict(by.most_common())}")
    for rule, count in fires.most_common():
        print(f"{rule:24} fires {count:3}, says the same with another seed {holds[rule]:3}")
    return 0


def diagnoses(result: TaskResult) -> dict[str, Message]:
    """Return what the diagnosis says, by check."""
    return {check.check: check.diagnosis for check in failures(result) if check.diagnosis is not None}


def grader_of(
    assignment: Assignment, task: TaskSource, sandbox: Sandbox, cache: MemoryCache, seed: int
) -> Grader:
    """Return a grader for one task."""
    return Grader(assignment, (task,), seed, sandbox, cache, 1, lambda *_: None)


if __name__ == "__main__":
    sys.exit(main())
