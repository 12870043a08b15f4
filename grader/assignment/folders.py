"""Where assignments are, and of which kind; looked at before anything large is imported."""

from pathlib import Path

KEY = "answers.key"
"""The file of a task in a kit that holds answers in place of programs."""


def bundled() -> Path:
    """Return the folder of the assignment that comes with the grader."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "bundled"
    return installed if installed.is_dir() else package.parent / "reference"


def is_kit(folder: Path) -> bool:
    """Whether there is a kit in `folder`, by the names of its files."""
    return any(not (path.parent / "solution.py").exists() for path in folder.glob(f"*/{KEY}"))
