"""Prints all sentences that students read, in one list, to be read aloud.

    python -m bench.sentences [ASSIGNMENT]

Messages are templates: parameters stand in braces. What a property says of an answer is written in
`checks.py` and read with `bench/explained.py --read`.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from grader.assignment.loader import Assignment, TaskSource, bundled, read_assignment
from grader.report.messages import ENGLISH


def sentences(assignment: Assignment) -> Iterator[str]:
    """Yield the messages, then by task the titles of checks, and titles and hints of mistakes."""
    yield "# Messages"
    for name, template in ENGLISH.items():
        yield f"{name}: {template}"
    for task in assignment.tasks:
        yield f"\n# {task.title} ({task.name}, {task.points:g} points)"
        yield from titles(task)
        for mistake in task.mistakes:
            yield f"{mistake.name}: {mistake.title}. {mistake.hint}"


def titles(task: TaskSource) -> Iterator[str]:
    """Yield the docstrings of a task's checks."""
    for source in (task.checks, task.hidden_checks):
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                yield f"{node.name}: {' '.join((ast.get_docstring(node) or '').split())}"


def main() -> None:
    """Print the list for the bundled assignment, or another one."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled()
    print(*sentences(read_assignment(folder)), sep="\n")


if __name__ == "__main__":
    main()
