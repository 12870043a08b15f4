"""Counts what explains the wrong programs of `tests/corpus`, and how often each rule of the diagnosis holds.

    python bench/explained.py [--task NAME ...] [--assignment transformers] [--read] [--rules]

`--read` prints each change with all that its report tells, for a person who counts what is false.

A program is explained if its report names a known mistake, tells a repair, says what an exception means,
says something true of the wrong values, or which property the answer violates, in the author's words.

`--rules` also counts how often each rule of the diagnosis fires. They are asked without names and repairs,
with two seeds: a rule is right if it says the same with both.
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
from grader.report import causes
from grader.report.messages import text
from grader.report.slips import repair_found
from grader.results.message import Message, parts
from grader.results.report import CheckResult, TaskResult, Verdict
from grader.sandbox.contract import Sandbox
from grader.sandbox.probe import open_sandbox
from grader.submission.loader import Submission

_ROOT = Path(__file__).parents[1]
_CORPUS = {"": _ROOT / "tests" / "corpus", "transformers": _ROOT / "tests" / "corpus" / "transformers"}
_ASSIGNMENTS = {"": bundled(), "transformers": _ROOT / "examples" / "transformers"}


def source_of(path: Path) -> bytes:
    """Return a wrong program: a right one with a change made."""
    header = dict(line.split(":", 1) for line in path.read_text().partition("\n\n")[0].splitlines())
    right = path.parents[2] / "right" / path.parent.name / header["right"].strip()
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
    if any(one.counts and one.repair and one.repair.told for one in result.explanations):
        return "repaired"
    if any(_is_advice(part) for check in failed for part in parts(check.message)):
        return "exception"
    if any(check.hint or check.diagnosis for check in failed):
        return "hint"
    if any(check.evidence and check.evidence.seen for check in failed):
        return "property"
    return ""


_SAYS_WHAT = ("raised_in", "no_device", "argument_changed", "layer_used", "layer_refused_at")
"""Messages that say what is wrong by themselves."""


def _is_advice(message: Message) -> bool:
    return message.id.startswith("help_") or message.id in _SAYS_WHAT


def told(path: Path, result: TaskResult) -> str:
    """Return a change and what its report tells, in the order of the page."""
    change = path.read_text().partition("\n\n")[2].rstrip()
    lines = [f"{path.parent.name}/{path.stem}", *("    " + line for line in change.splitlines())]
    for cause in causes.of_task(result):
        lines.append(f"  {', '.join(check.check for check in cause.checks)}:")
        lines += [f"    | {text(message)}" for message in cause.said]
    found = repair_found(result)
    lines += [f"  | {text(found)}"] if found else []
    for one in result.explanations:
        for repair in (one.repair, *one.also):
            if repair is not None:
                said = "told" if repair.told else "not told"
                lines.append(f"  repair, line {repair.line}, {said}: {repair.before} > {repair.after}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the table of explanations and that of the rules."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", nargs="*", default=[])
    parser.add_argument("--assignment", choices=list(_CORPUS), default="")
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--rules", action="store_true")
    given = parser.parse_args()
    assignment = read_assignment(_ASSIGNMENTS[given.assignment])
    fires: Counter[str] = Counter()
    holds: Counter[str] = Counter()
    by: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as cache, contextlib.closing(open_sandbox()) as sandbox:
        kept = MemoryCache(AnswerCache(Path(cache)))
        for task in assignment.only(tuple(given.task)):
            paths = sorted((_CORPUS[given.assignment] / "wrong" / task.name).glob("*.patch"))
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
                (result,) = full.grade(submission).tasks
                why = explained_by(result)
                if given.read:
                    print(told(path, result), flush=True)
                by[why or "nothing"] += 1
                if not why:
                    print(f"{task.name}/{path.stem}: nothing explains it", flush=True)
                if not given.rules:
                    continue
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
