"""A class graded by the pool of worker processes, and by threads of one process, in turn.

    python bench/threads.py [STUDENTS] [ROUNDS]

The threads share one grader and one sandbox. What parses a stranger's source (the reading of a
submission and the search for forbidden layers) runs in processes beside them: a prototype, which trusts
what these processes return. Both write the same reports; the answers of the mistakes are cached before.
"""

import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from unittest import mock

import course
from tricks import bundled_tasks

from grader.asking.answer_cache import AnswerCache
from grader.asking.memory_cache import MemoryCache
from grader.assignment.loader import wanted_names
from grader.course.grading import ClassGrading
from grader.course.identity import of_folder
from grader.course.students import students
from grader.course.worker import write
from grader.judging import grading
from grader.judging.grading import Grader
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.probe import best_level
from grader.signing import Signer
from grader.submission.forbidden_scan import find_forbidden
from grader.submission.loader import read_submission

_ASSIGNMENT = bundled_tasks()
_WANTED = wanted_names(_ASSIGNMENT.tasks)


def main() -> None:
    """Print the table."""
    count, rounds = (int(argument) for argument in (*sys.argv[1:], "16", "3")[:2])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        course.write_class(_ASSIGNMENT, folder / "class", count, hostile=False)
        _in_processes(folder, 2)  # the answers of the solutions and the mistakes are cached
        print(f"{'workers':>7}{'processes, s':>14}{'threads, s':>12}{'threads to processes':>22}")
        for workers in (1, 2, 8):
            times = []
            for number in range(rounds):
                runs = [_in_processes, _in_threads]
                found = {run: run(folder, workers) for run in (runs if number % 2 else runs[::-1])}
                times.append([found[run] for run in runs])
            processes, threads = (statistics.median(one) for one in zip(*times, strict=True))
            ratio = statistics.median(ours / theirs for theirs, ours in times)
            print(f"{workers:>7}{processes:>14.1f}{threads:>12.1f}{ratio:>22.2f}", flush=True)


def _in_processes(folder: Path, workers: int) -> float:
    begun = time.perf_counter()
    handed = [of_folder(path) for path in sorted((folder / "class").iterdir())]
    ClassGrading(
        assignment=_ASSIGNMENT,
        tasks=_ASSIGNMENT.tasks,
        seed=_ASSIGNMENT.seed,
        level=best_level(),
        cache=folder / "answers",
        signer=Signer(bytes(32)),
        out=folder / "out",
        cores=workers,
        again=True,
    ).grade(students(handed, [()] * len(handed)))
    return time.perf_counter() - begun


def _in_threads(folder: Path, workers: int) -> float:
    begun = time.perf_counter()
    with (
        closing(LinuxSandbox(best_level())) as box,
        ProcessPoolExecutor(workers) as parsing,
        ThreadPoolExecutor(workers) as threads,
        mock.patch.object(
            grading, "find_forbidden", lambda *order: parsing.submit(find_forbidden, *order).result()
        ),
    ):
        cache = MemoryCache(AnswerCache(folder / "answers"))
        grader = Grader(_ASSIGNMENT, _ASSIGNMENT.tasks, _ASSIGNMENT.seed, box, cache, workers=1)

        def grade(path: Path) -> None:
            submission = parsing.submit(read_submission, path, tuple(_WANTED), _WANTED).result()
            write(grader.grade(submission), folder / "threads" / path.name, Signer(bytes(32)))

        list(threads.map(grade, sorted((folder / "class").iterdir())))
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
