"""`grade submissions_example/complete` beside `python -c "import torch"`, whole processes.

    python bench/cold_run.py [RUNS] [--task=NAME] [--submission=NAME] [--seed=random]

The answers of solutions and mistakes are in the cache, as for every run but a student's first; `--no-key`
throws them away before each run. Processor time is that of all processes.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from pairs import pairs, report

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print the table."""
    runs = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 10)
    passed_on = [argument for argument in sys.argv[1:] if argument.startswith(("--task=", "--seed="))]
    names = [one.removeprefix("--submission=") for one in sys.argv[1:] if one.startswith("--submission=")]
    submission = f"submissions_example/{names[0] if names else 'complete'}"
    used: dict[str, list[float]] = {"grade": [], "torch": []}
    with tempfile.TemporaryDirectory() as folder:

        def ran(name: str, command: list[str], **variables: str) -> None:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, env={**os.environ, **variables}, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

        def grade() -> None:
            cache = tempfile.mkdtemp(dir=folder) if "--no-key" in sys.argv else folder
            command = [sys.executable, "-m", "grader", str(ROOT / submission), "--exit-zero"]
            ran("grade", [*command, "--out", f"{folder}/report", *passed_on], XDG_CACHE_HOME=cache)

        def bare() -> None:
            ran("torch", [sys.executable, "-c", "import torch"])

        grade()
        bare()
        report(
            (f"grade {submission}", 'python -c "import torch"'),
            pairs(grade, bare, runs),
        )
        graded, imported = (statistics.median(one[1:]) for one in used.values())
        print(f"processor time: {graded:.2f} s to {imported:.2f} s, {graded / imported:.2f}")


if __name__ == "__main__":
    main()
