"""`grade submissions_example/complete` beside `python -c "import torch"`, whole processes.

    python bench/cold_run.py [RUNS] [--task=NAME] [--submission=NAME] [--seed=random]

The answers of solutions and mistakes are in the cache, as for every run but a student's first; `--no-key`
throws them away before each run. On a busy machine the ratio says too little: `grade` uses both cores.
"""

import os
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
    with tempfile.TemporaryDirectory() as folder:

        def grade() -> None:
            cache = tempfile.mkdtemp(dir=folder) if "--no-key" in sys.argv else folder
            command = [sys.executable, "-m", "grader", str(ROOT / submission), "--exit-zero"]
            subprocess.run(
                [*command, "--out", f"{folder}/report", *passed_on],
                env={**os.environ, "XDG_CACHE_HOME": cache},
                check=True,
                capture_output=True,
            )

        def bare() -> None:
            subprocess.run([sys.executable, "-c", "import torch"], check=True)

        grade()
        bare()
        report(
            (f"grade {submission}", 'python -c "import torch"'),
            pairs(grade, bare, runs),
        )


if __name__ == "__main__":
    main()
