"""One task's checks in the sandbox beside the same checks unprotected in a process with torch loaded.

python bench/sandbox_cost.py [RUNS]
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pairs import report

from grader.asking import conversation
from grader.asking.questions import Question
from grader.assignment.loader import TaskSource, bundled, read_assignment
from grader.sandbox.contract import Limits, Sandbox
from grader.sandbox.probe import open_sandbox

_BARE = """
import sys, time, torch
torch.set_num_threads(1)
from grader.wire import unpack
from grader.guest.loading import import_worker
worker = import_worker()
data = sys.stdin.buffer.read()
(job,) = unpack(data)
sys.stdin = None
import os
os.chdir(sys.argv[2])
for run in range(int(sys.argv[1])):
    pid = os.fork()   # the module must be imported anew each time, as in the sandbox
    if not pid:
        begun = time.perf_counter()
        worker.serve(job, lambda message: None, sys.argv[2])
        print(time.perf_counter() - begun, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""


def main() -> None:
    """Print one table a task."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    assignment = read_assignment(bundled())
    sandbox = open_sandbox()
    for task in assignment.tasks:
        _measure(task, assignment.seed, sandbox, assignment.limits, runs)
    sandbox.close()


def _measure(task: TaskSource, seed: int, sandbox: Sandbox, limits: Limits, runs: int) -> None:
    question = Question(task.checks, task.name, {f"{task.name}.py": task.solution.encode()}, seed)
    conversation.ask(sandbox, limits, question)
    timed = []
    folder = Path(tempfile.mkdtemp())
    for path, data in question.files.items():
        (folder / path).write_bytes(data)
    for _ in range(runs):
        begun = time.perf_counter()
        asked = conversation.ask(sandbox, limits, question)
        inside = time.perf_counter() - begun
        assert not asked.broken and asked.answers
        bare = subprocess.run(
            [sys.executable, "-c", _BARE, "1", str(folder)],
            input=question.job(()),
            capture_output=True,
            check=True,
        )
        timed.append((inside, float(bare.stdout.split()[-1])))
    shutil.rmtree(folder)
    print(task.name)
    report(("  in the sandbox", "  unprotected, torch loaded"), timed)
    extra = sorted(a - 1.25 * b for a, b in timed)[len(timed) // 2]
    print(f"  beyond 1.25 times unprotected: median {extra * 1000:.1f} ms")


if __name__ == "__main__":
    main()
