"""What the machine suggests for thirty answers, beside the marks that a person gave them.

`python bench/suggestions.py [FILE.toml]` prints the table of docs/decisions/suggestions.md.
"""

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from grader.assignment.loader import bundled, read_assignment
from grader.judging.suggesting import suggest

ANSWERS = Path(__file__).parent / "suggestions" / "answers.toml"
NEAR = 0.5
"""Points from a person's mark within which a suggestion is near."""


@dataclass(frozen=True)
class Line:
    """One answer, marked twice."""

    question: str
    kind: str
    mark: float
    suggested: float | None
    """None if the machine suggests nothing."""
    seen: tuple[str, ...]
    flags: tuple[str, ...]

    @property
    def is_near(self) -> bool:
        """Whether the suggestion is within half a point, or there is none."""
        return self.suggested is None or abs(self.suggested - self.mark) <= NEAR


def lines(path: Path) -> list[Line]:
    """Return the answers of a file with what is suggested for them."""
    questions = {
        one.number: one.record for task in read_assignment(bundled()).written for one in task.questions
    }
    found = []
    for entry in tomllib.loads(path.read_text())["answers"]:
        made = suggest(questions[entry["question"]], entry["text"])
        flags = tuple(flag.id.removeprefix("flag_") for flag in made.flags)
        found.append(Line(entry["question"], entry["kind"], entry["mark"], made.points, made.seen, flags))
    return found


def main() -> None:
    """Print the table and the sums."""
    marked = lines(Path(sys.argv[1]) if len(sys.argv) > 1 else ANSWERS)
    print("| question | kind | mark | suggested | items seen | flags |")
    print("| --- | --- | ---: | ---: | --- | --- |")
    for one in marked:
        suggested = "–" if one.suggested is None else f"{one.suggested:g}{'' if one.is_near else ' ✗'}"
        told = (", ".join(one.seen), ", ".join(one.flags))
        print(f"| {one.question} | {one.kind} | {one.mark:g} | {suggested} | {told[0]} | {told[1]} |")
    given = [one for one in marked if one.suggested is not None]
    near = sum(one.is_near for one in given)
    without = len(marked) - len(given)
    print(f"\n{near} of {len(given)} suggestions are within {NEAR} points; {without} answers without one.")


if __name__ == "__main__":
    main()
