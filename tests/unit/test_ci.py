"""CI runs every test: each folder of tests is a session of nox, and each such session is a step of CI."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = (ROOT / ".ci" / "run").read_text()
NOX = (ROOT / "noxfile.py").read_text()
STEPS = set(re.findall(r'^step "[^"]+" \d+ "\$\{nox\[@\]\}" (\w+)$', RUN, re.MULTILINE))
FOLDERS = sorted({path.relative_to(ROOT / "tests").parts[0] for path in ROOT.glob("tests/**/test_*.py")})


def sessions_of(folder: str) -> set[str]:
    """Return the sessions that run all tests of a folder, without a choice by marker or name."""
    _, *parts = re.split(r"^def (\w+)\(session: nox.Session\)", NOX, flags=re.MULTILINE)
    return {
        name
        for name, body in zip(parts[::2], parts[1::2], strict=True)
        if re.search(rf'\*PYTEST,\s+"tests/{folder}",', body) and not re.search(r'"-[mk]"', body)
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_all_tests_of_a_folder_are_a_step_of_ci(folder: str) -> None:
    assert sessions_of(folder) & STEPS != set()


@pytest.mark.parametrize("session", ["lint", "types", "docs"])
def test_what_is_no_test_is_a_step_of_ci_as_well(session: str) -> None:
    assert session in STEPS
