"""`grade submissions_example/complete` beside `python -c "import torch"`, whole processes.

    python bench/cold_run.py [RUNS] [--task=NAME]

The answer key is in the cache, as for every run but a student's first; `--no-key` throws it away
before each run.
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
    tasks = [argument for argument in sys.argv[1:] if argument.startswith("--task=")]
    with tempfile.TemporaryDirectory() as folder:

        def grade() -> None:
            cache = tempfile.mkdtemp(dir=folder) if "--no-key" in sys.argv else folder
            subprocess.run(
                [
                    *(sys.executable, "-m", "grader", str(ROOT / "submissions_example/complete")),
                    *("--out", f"{folder}/report", *tasks),
                ],
                env={**os.environ, "XDG_CACHE_HOME": cache},
                check=True,
                capture_output=True,
            )

        def bare() -> None:
            subprocess.run([sys.executable, "-c", "import torch"], check=True)

        grade()
        bare()
        report(
            ("grade submissions_example/complete", 'python -c "import torch"'),
            pairs(grade, bare, runs),
        )


if __name__ == "__main__":
    main()
