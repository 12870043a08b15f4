"""A class graded on one core and on two, beside the checks' own time; and memory on the way.

    python bench/course.py [STUDENTS] [--hostile] [--killed] [--task=NAME]

The floor is the time that the checks themselves take, one submission after the other, each in a
bare fork of one process that has torch loaded: nothing is isolated, judged or written. It is taken
before and after each run, so that a busy machine slows both alike. `--hostile` puts one submission in ten of
`submissions_example/` that crash, flood, eat memory or loop between the others and leaves the floor
out. `--killed` kills the run twice and resumes it.
"""

import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from grader.asking.questions import Question
from grader.assignment.loader import Assignment, bundled, read_assignment

ROOT = Path(__file__).resolve().parent.parent
_HOSTILE = ("crash", "endless_recursion", "exit_in_forward", "hostile_text", "memory_eater", "output_flood")
_LOOK_SECONDS = 5
"""How often memory is looked at: the kernel goes through all pages of all processes for it."""
_BARE = """
import os, struct, sys, time, torch
torch.set_num_threads(1)
from grader.wire import unpack
from grader.guest.loading import import_worker
worker = import_worker()
spent, source = 0.0, sys.stdin.buffer
while size := source.read(8):
    folder = source.read(struct.unpack("<q", size)[0]).decode()
    (job,) = unpack(source.read(struct.unpack("<q", source.read(8))[0]))
    reading, writing = os.pipe()
    pid = os.fork()  # the module must be imported anew each time, as in the sandbox
    if not pid:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        begun = time.perf_counter()
        os.chdir(folder)
        worker.serve(job, lambda message: None, folder)
        os.write(writing, struct.pack("<d", time.perf_counter() - begun))
        os._exit(0)
    os.close(writing)
    spent += struct.unpack("<d", os.read(reading, 8))[0]
    os.close(reading)
    os.waitpid(pid, 0)
print(spent)
"""


def main() -> None:
    """Print the table."""
    count = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 200)
    whole = read_assignment(bundled())
    names = tuple(argument[7:] for argument in sys.argv[1:] if argument.startswith("--task="))
    assignment = replace(whole, tasks=whole.only(names))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        places = {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_DATA_HOME": str(folder / "data")}
        environment = {**os.environ, **places}
        hostile = "--hostile" in sys.argv
        write_class(assignment, folder / "class", count, hostile)
        print(f"{count} submissions, {len(assignment.tasks)} tasks each, {os.cpu_count()} cores")
        if "--killed" in sys.argv:
            _killed(folder, environment, count)
            return
        runs = (
            ("2 cores, the first time", 2, "answers cached on the way"),
            ("1 core", 1, "answers cached"),
            ("2 cores", 2, "answers cached"),
        )
        floors, seconds = [], []
        for _, cores, what in runs:
            floors.append(0.0 if hostile else floor(assignment, folder / "class"))
            seconds.append(_graded(folder, environment, cores, what))
        floors.append(0.0 if hostile else floor(assignment, folder / "class"))
        print(f"{'':<34}{'seconds':>9}{'per minute':>12}{'against the floor':>20}")
        if not hostile:
            least = sum(floors) / len(floors)
            print(
                f"{'floor: the checks alone, 1 core':<34}{least:>9.1f}{60 * count / least:>12.0f}{1:>20.2f}"
            )
        for number, (name, cores, _) in enumerate(runs):
            least = (floors[number] + floors[number + 1]) / 2
            ratio = f"{seconds[number] * cores / least:.2f}" if least else "–"
            print(f"{name:<34}{seconds[number]:>9.1f}{60 * count / seconds[number]:>12.0f}{ratio:>20}")
        print("the floor before, between and after:", ", ".join(f"{one:.1f} s" for one in floors))


def write_class(assignment: Assignment, folder: Path, count: int, hostile: bool) -> None:
    """Write right and wrong submissions: known mistakes, two at a time, and what no mistake explains."""
    drawn = random.Random(5)
    for number in range(count):
        place = folder / f"student {number:04}"
        place.mkdir(parents=True)
        if hostile and number % 10 == 5:
            example = ROOT / "submissions_example" / drawn.choice(_HOSTILE)
            for path in example.glob("*.py"):
                (place / path.name).write_bytes(path.read_bytes())
            continue
        skill = drawn.random()
        for task in assignment.tasks:
            source = task.solution
            if task.mistakes and drawn.random() > skill + 0.3:
                source = task.mistakes[min(int(drawn.expovariate(0.3)), len(task.mistakes) - 1)].source
            if drawn.random() < 0.03:
                source = source.replace("tanh", "sin", 1)
            (place / f"{task.name}.py").write_text(source)


def floor(assignment: Assignment, folder: Path, clock: str = "perf_counter") -> float:
    """Return the seconds that the checks of a class take by themselves."""
    process = subprocess.run(
        [sys.executable, "-c", _BARE.replace("perf_counter", clock)],
        input=b"".join(len(part).to_bytes(8, "little") + part for part in _jobs(assignment, folder)),
        capture_output=True,
        check=True,
    )
    return float(process.stdout)


def _jobs(assignment: Assignment, folder: Path) -> Iterator[bytes]:
    """Return the folder of each submission and a job about it, in turn."""
    for student in sorted(folder.iterdir()):
        files = {path.name: path.read_bytes() for path in student.glob("*.py")}
        for task in assignment.tasks:
            yield bytes(student.resolve())
            yield Question(task.checks, task.name, files, assignment.seed).job(())


def _command(folder: Path, cores: int) -> list[str]:
    whole = ["class", str(folder / "class"), "--out", str(folder / "out"), "--cores", str(cores)]
    tasks = [f"--task={argument[7:]}" for argument in sys.argv[1:] if argument.startswith("--task=")]
    return [sys.executable, "-m", "grader", *whole, *tasks]


def _graded(folder: Path, environment: dict[str, str], cores: int, what: str) -> float:
    begun = time.perf_counter()
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [*_command(folder, cores), "--again"], env=environment, stdout=said, stderr=said
        )
        samples: list[tuple[float, int, int]] = []
        watching = threading.Thread(target=_watch, args=(process, samples))
        watching.start()
        process.wait()
    seconds = time.perf_counter() - begun
    watching.join()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"\n{cores} cores, {what}: {seconds:.1f} s, exit code {process.returncode}")
    print(f"processor time of all children so far {spent.ru_utime + spent.ru_stime:.0f} s")
    page = folder / "out" / "class.html"
    print(f"class.html: {page.stat().st_size / 1e6:.2f} MB")
    _print_memory(samples)
    return seconds


def _watch(process: "subprocess.Popen[bytes]", samples: list[tuple[float, int, int]]) -> None:
    begun = time.perf_counter()
    while process.poll() is None:
        samples.append((time.perf_counter() - begun, *_memory(process.pid)))
        time.sleep(_LOOK_SECONDS)


def _memory(root: int) -> tuple[int, int]:
    """Return the proportional memory in MiB of the grader itself, and of it with all its children."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                status = Path(f"/proc/{entry}/stat").read_bytes()
            except OSError:
                continue  # it has ended
            parents[int(entry)] = int(status.rpartition(b")")[2].split()[1])
    found, size = {root}, 0
    while len(found) > size:
        size = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    sizes = {pid: _proportional(pid) for pid in found}
    return sizes[root] >> 10, sum(sizes.values()) >> 10


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _print_memory(samples: list[tuple[float, int, int]]) -> None:
    parts = [samples[min(len(samples) - 1, len(samples) * part // 8)] for part in range(1, 9)]
    print("  seconds            " + "".join(f"{seconds:>7.0f}" for seconds, _, _ in parts))
    print("  grader, MiB        " + "".join(f"{own:>7}" for _, own, _ in parts))
    print("  with children, MiB " + "".join(f"{whole:>7}" for _, _, whole in parts))


def _killed(folder: Path, environment: dict[str, str], count: int) -> None:
    for share in (1 / 3, 2 / 3):
        with (folder / "said").open("wb") as said:
            process = subprocess.Popen(_command(folder, 2), env=environment, stdout=said, stderr=said)
            while len(list(folder.glob("out/*/report.json"))) < share * count and process.poll() is None:
                time.sleep(0.05)
            process.kill()
            process.wait()
        print(f"killed with {len(list(folder.glob('out/*/report.json')))} of {count} graded")
    begun = time.perf_counter()
    ended = subprocess.run(_command(folder, 2), env=environment, capture_output=True, text=True, check=False)
    print(f"resumed: {len(ended.stderr.splitlines())} graded in {time.perf_counter() - begun:.1f} s")
    names = {path.name for path in folder.glob("out/**/*") if path.is_file()}
    print(f"{len(list(folder.glob('out/*/report.json')))} reports; files are called {sorted(names)}")


if __name__ == "__main__":
    main()
