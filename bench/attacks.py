"""Prints the table of the attack suite: family by level, for this user and for an ordinary one.

python bench/attacks.py            attacks, and how many of them were stopped
python bench/attacks.py --slow no  without what takes seconds
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ATTACKS = ROOT / "tests" / "attacks"
NOBODY = 65534


class Table:
    """Counts, for each family and level, the attacks that ran and those that were stopped."""

    def __init__(self) -> None:
        self.ran: Counter[tuple[str, str]] = Counter()
        self.stopped: Counter[tuple[str, str]] = Counter()
        self.open: list[str] = []
        self.skipped: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one test's result; a test of another file counts as a family of its own."""
        path, _, test = report.nodeid.partition("::")
        file = path.rpartition("/")[2]
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.add(
                str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
            )
            return
        if report.when != "call" and not report.failed:
            return
        if file == "test_controls.py":
            return
        family, level, name = file.removeprefix("test_").removesuffix(".py"), "any", test
        if family == "attacks":
            if "[" not in test:
                return
            level, _, name = test.partition("[")[2].rstrip("]").partition("-")
            family = name.partition("/")[0]
        self.ran[family, level] += 1
        if report.passed and not hasattr(report, "wasxfail"):
            self.stopped[family, level] += 1
        else:
            self.open.append(f"{level:6}{name}: {getattr(report, 'wasxfail', 'failed')}")

    def show(self) -> None:
        """Print it."""
        print(f"{'family':15}{'level':7}{'attacks':>8}{'stopped':>9}")
        for family, level in self.ran:
            print(f"{family:15}{level:7}{self.ran[family, level]:8}{self.stopped[family, level]:9}")
        print(f"{'all':22}{self.ran.total():8}{self.stopped.total():9}")
        for reason in sorted(self.skipped):
            print(f"skipped: {reason}")
        for one in self.open:
            print(f"open: {one}")


HIDDEN = """
set -e
mount --bind "$2" /mnt
mount -t tmpfs -o mode=755 none "$1"
mkdir -p "$2"
mount --bind /mnt "$2"
umount /mnt
shift 2
exec "$@"
"""
"""Shows one folder within a folder that is closed to others, in a mount namespace of its own."""


def unprivileged(arguments: list[str]) -> int:
    """Run this program once more as nobody; say so where that cannot be."""
    python = Path(os.path.realpath(sys.executable))
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    closed = [folder for folder in python.parents if not folder.stat().st_mode & 0o001]
    if closed:
        # Python lies in somebody's home: show what is below it, from a namespace that nobody else sees.
        home = closed[-1]
        shown = home / python.relative_to(home).parts[0]
        become = ["unshare", "--mount", "sh", "-c", HIDDEN, "sh", str(home), str(shown), *become]
    tried = subprocess.run([*become, sys.executable, "-c", "import torch"], capture_output=True, text=True)
    if tried.returncode:
        print(f"\nas an ordinary user: not possible here ({tried.stderr.strip()[-200:]})")
        return 0
    with tempfile.TemporaryDirectory() as home_of_nobody:
        os.chmod(home_of_nobody, 0o777)
        places = {name: home_of_nobody for name in ("HOME", "TMPDIR")}
        places |= {"XDG_CACHE_HOME": f"{home_of_nobody}/cache", "PYTHONDONTWRITEBYTECODE": "1"}
        print(flush=True)
        command = [*become, sys.executable, __file__, *arguments]
        return subprocess.run(command, env=os.environ | places, cwd=ROOT).returncode


def main() -> int:
    """Print the table; the exit code is pytest's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", choices=("yes", "no"), default="yes")
    parser.add_argument("paths", nargs="*", default=[str(ATTACKS)])
    given = parser.parse_args()
    options = [] if given.slow == "yes" else ["-m", "not slow"]
    table, begun = Table(), time.monotonic()
    with tempfile.NamedTemporaryFile("w+") as said:
        kept = os.dup(1)
        sys.stdout.flush()
        os.dup2(said.fileno(), 1)
        code = pytest.main(
            ["-p", "no:cacheprovider", "--rootdir", str(ROOT), *options, *given.paths], [table]
        )
        sys.stdout.flush()
        os.dup2(kept, 1)
        said.seek(0)
        words = said.read().splitlines()
    user = "root" if os.geteuid() == 0 else f"user {os.geteuid()}"
    print(f"as {user}, {time.monotonic() - begun:.0f} s: {words[-1] if words else 'pytest said nothing'}")
    table.show()
    if os.geteuid() == 0:
        unprivileged(sys.argv[1:])
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
