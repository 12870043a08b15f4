"""An assignment with other limits, in all of its tasks."""

from dataclasses import replace

from grader.assignment.loader import Assignment
from grader.sandbox.contract import Limits


def with_limits(assignment: Assignment, limits: Limits) -> Assignment:
    """Return `assignment` with `limits` for a submission and for each task."""
    tasks = tuple(replace(task, limits=limits) for task in assignment.tasks)
    return replace(assignment, limits=limits, tasks=tasks)
