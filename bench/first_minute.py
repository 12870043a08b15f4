"""A new student's first minute: a new environment, the wheel of a kit, the first grading of one's folder.

    python bench/first_minute.py WHEEL [ASSIGNMENT]

WHEEL is that of a kit, or what `nox -s wheel` makes. The home folder is a new one, so no answer is cached.
pip fetches torch and the other libraries from where it is set up to.
"""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from pairs import seconds

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print what each command takes."""
    wheel, *assignment = map(os.path.abspath, sys.argv[1:])
    chosen = ["--assignment", *assignment] if assignment else []
    with tempfile.TemporaryDirectory() as home:
        there = f"{home}/venv/bin/python"
        one_bug = [
            f"{home}/venv/bin/grade",
            str(ROOT / "submissions_example/one_bug"),
            *chosen,
            "--exit-zero",
        ]
        for name, command in (
            ("python -m venv", [sys.executable, "-m", "venv", f"{home}/venv"]),
            ("pip install, torch included", [there, "-m", "pip", "install", "-q", wheel]),
            ("grade my-folder, the first time", one_bug),
            ('python -c "import torch"', [there, "-c", "import torch"]),
            ("grade my-folder", one_bug),
            ("grade my-folder --task lstm_cell", [*one_bug, "--task", "lstm_cell"]),
        ):
            # Without the variables that name folders of the home folder that is used otherwise.
            variables = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "PYTHON"))}
            run = partial(
                subprocess.run,
                command,
                check=True,
                capture_output=True,
                cwd=home,
                env={**variables, "HOME": home},
            )
            print(f"{name:<36} {seconds(run):7.1f} s", flush=True)


if __name__ == "__main__":
    main()
