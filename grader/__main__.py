"""The command `grade`, also as `python -m grader`."""

import io
import sys

from grader import programs


def main() -> None:
    """Run the command."""
    # `python -m` puts the working directory first, and a stranger's files may lie there.
    sys.path[:] = programs.import_path()
    for stream in (sys.stdout, sys.stderr):
        # In a pipe on Windows, a character that the code page lacks would end the program.
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() not in ("utf-8", "utf8"):
            stream.reconfigure(errors="replace")
    from grader.cli import main

    main(prog_name="grade")


if __name__ == "__main__":
    main()
