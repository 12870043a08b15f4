"""The command `grade`, also as `python -m grader`."""

import sys

from grader import programs


def main() -> None:
    """Run the command."""
    # `python -m` puts the working directory first, and a stranger's files may lie there.
    sys.path[:] = programs.import_path()
    from grader.cli import main

    main(prog_name="grade")


if __name__ == "__main__":
    main()
