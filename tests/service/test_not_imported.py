"""Grading a folder needs nothing of the service."""

import subprocess
import sys

MODULES = ("grader.service", "sqlalchemy", "fastapi", "uvicorn", "alembic", "authlib", "joserfc")


def test_the_commands_import_nothing_of_the_service() -> None:
    program = (
        f"import grader.cli, grader.judging.grading, sys; sys.exit(str({{*{MODULES!r}}} & {{*sys.modules}}))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert run.stderr.strip() == "set()"
