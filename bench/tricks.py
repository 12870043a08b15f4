"""What each trick for speed brings to a class: it is graded with and without the trick in turn.

    python bench/tricks.py [STUDENTS] [TRICK ...]

Each variant is a copy of `grader/` in which some lines are replaced, with a sandbox of its own. All grade
the same submission before any grades the next, so that a busy machine slows all alike. What counts is the
processor time of the grader, its zygote and its children; their start is measured by itself.
The first variant, `again`, replaces nothing: its row says what the noise is.
"""

import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import course

from grader.assignment.loader import Assignment, read_assignment

Replacements = tuple[tuple[str, str, str], ...]

TRICKS: dict[str, Replacements] = {
    "again": (),
    "huge pages of malloc": (
        ("sandbox/launch.py", '"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",', ""),
        ("guest/zygote.py", "confine.use_small_pages()", "pass"),
    ),
    "huge pages before the first copy": (("guest/zygote.py", "memory.collapse()", "pass"),),
    "all of huge pages": (
        ("sandbox/launch.py", '"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",', ""),
        ("guest/zygote.py", "confine.use_small_pages()", "pass"),
        ("guest/zygote.py", "memory.collapse()", "pass"),
    ),
    "cache of decoded answers": (
        ("wire.py", "_cached_answer = lru_cache(maxsize=8192)(_answer)", "_cached_answer = _answer"),
    ),
}
_TASKS = ("param_counter", "lstm_cell", "forget_gate")


def main() -> None:
    """Print the table."""
    arguments = [argument for argument in sys.argv[1:] if not argument.isdigit()]
    count = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 100)
    unknown = set(arguments) - set(TRICKS)
    if unknown:
        sys.exit(f"no such trick: {', '.join(sorted(unknown))}; there are {', '.join(TRICKS)}")
    names = ["again", *(name for name in arguments or TRICKS if name != "again")]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        course.write_class(bundled_tasks(), folder / "class", count, hostile=False)
        copies = {name: _copy(folder, number, TRICKS[name]) for number, name in enumerate(names)}
        base = _copy(folder, len(names), ())
        with closing(_Variant(base, folder)) as first:
            for number in range(count):
                first.grade(number)  # the answers of the solutions and the mistakes are cached
        variants = {name: _Variant(copy, folder) for name, copy in {"": base, **copies}.items()}
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in variants}
        for number in range(count):
            order = list(variants)
            random.shuffle(order)
            for name in order:
                spent[name].append(variants[name].grade(number))
        _print(spent, {name: variant.start_seconds for name, variant in variants.items()})
        for variant in variants.values():
            variant.close()


def bundled_tasks() -> Assignment:
    """Return the three tasks that the classes here are made of."""
    whole = read_assignment(course.ROOT / "reference")
    return replace(whole, tasks=whole.only(_TASKS))


def _copy(folder: Path, number: int, replacements: Replacements) -> Path:
    copy = folder / f"variant{number}"
    shutil.copytree(course.ROOT / "grader", copy / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in replacements:
        path = copy / "grader" / file
        text = path.read_text()
        if text.count(old) != 1:
            sys.exit(f"{file} does not hold once what is to be replaced: {old!r}")
        path.write_text(text.replace(old, new))
    return copy


class _Variant:
    """A process that grades with one copy of the grader."""

    def __init__(self, copy: Path, folder: Path) -> None:
        program = f"import sys; sys.path[:0] = {[str(copy), str(Path(__file__).parent)]!r}; "
        program += "import tricks; tricks.serve(*sys.argv[1:])"
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, str(folder / "class"), str(folder / "answers")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.start_seconds = float(self._process.stdout.readline())

    def grade(self, number: int) -> tuple[float, float]:
        """Grade a submission; return the processor time and the wall time in seconds."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        processor, wall = map(float, self._process.stdout.readline().split())
        return processor, wall

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def serve(submissions: str, answers: str) -> None:
    """Grade the submissions whose numbers are read, one a line; write processor and wall time."""
    from course_profile import times, youngest

    import grader.course.rows as rows
    from grader.asking.answer_cache import AnswerCache
    from grader.asking.memory_cache import MemoryCache
    from grader.judging.grading import Grader
    from grader.report import json
    from grader.report.html import submission_page
    from grader.sandbox.launch import Zygotes
    from grader.sandbox.linux import LinuxSandbox
    from grader.sandbox.probe import best_level
    from grader.submission.loader import read_submission

    assignment = bundled_tasks()
    folders = sorted(Path(submissions).iterdir())
    level = best_level()
    zygotes = Zygotes(level)
    with closing(LinuxSandbox(level, zygotes.take())) as box:
        cache = MemoryCache(AnswerCache(Path(answers)))
        grader = Grader(assignment, assignment.tasks, assignment.seed, box, cache, workers=1)
        modules = {task.name: task.wanted for task in assignment.tasks}
        grader.grade(read_submission(folders[0], tuple(modules), modules))
        first = zygotes._first.process
        assert first is not None
        zygote = youngest(first.pid)
        print(sum(times(zygote)), flush=True)
        for line in sys.stdin:
            before, begun = time.process_time() + sum(times(zygote)), time.perf_counter()
            report = grader.grade(read_submission(folders[int(line)], tuple(modules), modules))
            submission_page.render(report)
            json.render(report)
            rows.graded(report)
            spent = time.process_time() + sum(times(zygote)) - before
            print(spent, time.perf_counter() - begun, flush=True)
    zygotes.close()


def _print(spent: dict[str, list[tuple[float, float]]], starts: dict[str, float]) -> None:
    base = spent[""]
    whole = sum(processor for processor, _ in base)
    print(f"{len(base)} submissions of {len(_TASKS)} tasks: {1000 * whole / len(base):.0f} ms each")
    print(f"{'without':<36}{'processor time':>16}{'median pair':>13}{'wall, median pair':>19}")
    for name, times in spent.items():
        if not name:
            continue
        ratio = sum(processor for processor, _ in times) / whole
        pairs = [ours[0] / theirs[0] for ours, theirs in zip(times, base, strict=True)]
        walls = [ours[1] / theirs[1] for ours, theirs in zip(times, base, strict=True)]
        middle, wall = statistics.median(pairs), statistics.median(walls)
        shown = [f"{100 * one - 100:+.1f} %" for one in (ratio, middle, wall)]
        print(f"{name:<36}{shown[0]:>16}{shown[1]:>13}{shown[2]:>19}")


if __name__ == "__main__":
    main()
