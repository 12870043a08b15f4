"""Grades a submission in Classroom 50: put it beside the folder `assignment` and `requirements.txt`.

The runner starts it in the student's checkout, where no file of ours is imported from (`-I`). It writes
`result.json`, and the page to `report/report.html`. Exit code 0 if there is a mark, however good it is.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYTHON = (sys.executable, "-I", "-m")


def main() -> int:
    """Grade the working directory."""
    requirements = HERE / "requirements.txt"
    if requirements.exists():
        subprocess.run([*PYTHON, "pip", "install", "--quiet", "-r", requirements], check=True)
    command = [*PYTHON, "grader", "run", ".", "--assignment", HERE / "assignment", "--out", "report"]
    graded = subprocess.run(
        [*command, "--format", "classroom50", "--exit-zero"], stdout=subprocess.PIPE, check=False
    )
    if graded.returncode:
        return 1
    result = Path("result.json")
    result.unlink(missing_ok=True)  # a student may have made it a link
    with open(result, "xb") as file:
        file.write(graded.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
