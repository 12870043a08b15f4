"""What a kit says of the corpus, beside what the whole assignment says: `python bench/kit.py KIT [TASK...]`.

Verdicts, names of mistakes, repairs and marks are compared, with the kit twice: with the best arithmetic of
this processor and with the plainest. `--every 4` takes each fourth program. `--pairs` takes programs
that make two known mistakes at once, which a kit has no answers of.

`--whole FILE` keeps what the whole assignment says: a second run, with another torch, reads it from there
and asks the kit only.
"""

import argparse
import contextlib
import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / part) for part in ("", "corpus", "support")]

from test_corpus import CHANGED, WRONG, files  # noqa: E402

from grader.asking.answer_cache import AnswerCache  # noqa: E402
from grader.asking.key_answers import KeyAnswers  # noqa: E402
from grader.asking.memory_cache import MemoryCache  # noqa: E402
from grader.assignment.loader import Assignment, TaskSource, bundled, read_assignment  # noqa: E402
from grader.judging.explanation import pairs_of  # noqa: E402
from grader.judging.grading import Grader  # noqa: E402
from grader.packing.kit import PLAIN_ARITHMETIC  # noqa: E402
from grader.results.report import TaskResult  # noqa: E402
from grader.sandbox.launch import start  # noqa: E402
from grader.sandbox.linux import LinuxSandbox  # noqa: E402
from grader.sandbox.probe import best_level  # noqa: E402
from grader.submission.loader import Submission  # noqa: E402

CORPUS = Path(__file__).parents[1] / "tests" / "corpus"


def programs(task: TaskSource, every: int, pairs: bool) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield right and wrong programs of a task, or the pairs of its known mistakes."""
    if pairs:
        for pair in itertools.islice(pairs_of(task.solution, task.mistakes), 0, None, every):
            yield pair.mistake.name, dict(task.files_of(pair.mistake.source))
        return
    right = sorted((CORPUS / "right" / task.name).glob("*"))
    for path in right[::every]:
        yield f"right/{path.stem}", files(path)
    wrong = [path for path in WRONG if path.parent == CORPUS / "wrong" / task.name]
    for path in wrong[::every]:
        yield path.stem, {f"{task.name}.py": CHANGED[path].source}


def facts(found: TaskResult) -> dict[str, object]:
    """Return what two ways of grading should have in common."""
    best = found.explanation
    return {
        "verdicts": [[check.check, check.verdict.value] for check in found.checks],
        "names": [[check.check, check.mistake] for check in found.checks if check.mistake],
        "repair": best and best.repair and [best.repair.file, best.repair.line, best.repair.kind],
        "slips": best and list(best.mistakes),
        "mark": found.score,
    }


def main() -> None:
    """Compare, and print each program that is graded otherwise."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kit", type=Path)
    parser.add_argument("tasks", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--whole", type=Path)
    parser.add_argument(
        "--cache", type=Path, default=Path("~/.cache/torch-homework-grader/answers").expanduser()
    )
    chosen = parser.parse_args()
    whole, kit = read_assignment(bundled()), read_assignment(chosen.kit)
    keys = KeyAnswers(kit.tasks)
    read = chosen.whole is not None and chosen.whole.exists()
    known: dict[str, dict[str, object]] = json.loads(chosen.whole.read_text()) if read else {}
    with contextlib.ExitStack() as stack:

        def box(**variables: str) -> LinuxSandbox:
            made = LinuxSandbox(best_level(), start(best_level(), variables=variables))
            return stack.enter_context(contextlib.closing(made))

        def grader(assignment: Assignment, cache: object, sandbox: LinuxSandbox) -> Grader:
            return Grader(assignment, assignment.tasks, assignment.seed, sandbox, cache)  # type: ignore[arg-type]

        best, plain = box(), box(**PLAIN_ARITHMETIC)
        ways = {
            "whole": grader(whole, MemoryCache(AnswerCache(chosen.cache)), best),
            "kit": grader(kit, keys, best),
            "kit, plain arithmetic": grader(kit, keys, plain),
        }
        for task in whole.only(tuple(chosen.tasks)):
            compare(task, ways, programs(task, chosen.every, chosen.pairs), known)
    if chosen.whole:
        chosen.whole.write_text(json.dumps(known))


def compare(
    task: TaskSource,
    ways: dict[str, Grader],
    tried: Iterable[tuple[str, dict[str, bytes]]],
    known: dict[str, dict[str, object]],
) -> None:
    """Print how many programs of a task are graded alike, and the others."""
    alike = dict.fromkeys(("verdicts", "names", "repair", "slips", "mark"), 0)
    count = 0
    for name, sources in tried:
        place, found = f"{task.name}/{name}", {}
        for way, grader in ways.items():
            if way == "whole" and place in known:
                found[way] = known[place]
                continue
            tasks = grader.assignment.only((task.name,))
            found[way] = facts(grader.grade(Submission(name, sources, {}), tasks).tasks[0])
        known[place] = found["whole"]
        count += 1
        for what in alike:
            said = {way: one[what] for way, one in found.items()}
            same = all(one == said["whole"] for one in said.values())
            alike[what] += same
            if not same:
                print(f"  {place}: {what}: {said}", flush=True)
    print(
        f"{task.name}: {count} programs; the same " + ", ".join(f"{k} {v}" for k, v in alike.items()),
        flush=True,
    )


if __name__ == "__main__":
    main()
