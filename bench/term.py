"""Pictures of each page of the service in each state of a term, to be looked at.

Run it with `.venv/bin/python bench/term.py FOLDER`. It walks the term of `tests/support/term_story.py`, and
writes each page as a whole at 360 and 1400 pixels, light and dark.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import chromium
from term_story import Term, Visitor


def main() -> None:
    """Walk the term and write the pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    seen: list[str] = []

    def photograph(visitor: Visitor, name: str) -> None:
        seen.append(name)
        for scheme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=scheme)
            for width in (360, 1400):
                visitor.page.set_viewport_size({"width": width, "height": 900})
                file = f"{len(seen):02}-{name.replace(' ', '-')}-{width}-{scheme}.png"
                visitor.page.screenshot(path=folder / file, full_page=True)

    with tempfile.TemporaryDirectory() as temporary, chromium.opened() as browser:
        Term(Path(temporary), browser, photograph).walk()
    print(f"{len(seen)} pages, {4 * len(seen)} pictures in {folder}")


if __name__ == "__main__":
    main()
