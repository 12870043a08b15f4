"""Small assignments, written to a folder and read from there as an author's are."""

import re
from collections.abc import Mapping
from pathlib import Path

from in_process import InProcess

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import Assignment, read_assignment
from grader.judging.grading import Grader

CHECKS = '''
from grader import Task

task = Task()


@task.check(points=2)
def total(impl, case):
    """A total is right."""
    return {"total": impl.total(case.normal(case.size("count"), name="values"))}


@task.check(points=1)
def mean(impl, case):
    """A mean is right."""
    return {"mean": impl.mean(case.normal(case.size("count"), name="values"))}
'''
SOLUTION = """\
def total(values):
    return values.sum()


def mean(values):
    return values.sum() / len(values)
"""
SUMS = {"checks.py": CHECKS, "solution.py": SOLUTION}
"""A task of two functions, worth two points and one."""
SETTINGS = "settings"
"""Stands for what `assignment.toml` says of a task besides its name, title and points."""


def assignment(folder: Path, tasks: Mapping[str, Mapping[str, str]], settings: str = "") -> Assignment:
    """Return an assignment of tasks, given their files by path; a task is worth what its checks are."""
    toml = f'title = "Small"\nseed = 5\n{settings}\n'
    for name, files in tasks.items():
        checks = "".join(text for path, text in files.items() if path.endswith("checks.py"))
        points = sum(map(float, re.findall(r"points=([\d.]+)", checks)))
        toml += f'[[tasks]]\nname = "{name}"\ntitle = "The {name}"\npoints = {points}\n'
        toml += f"{files.get(SETTINGS, '')}\n"
        for path, text in files.items():
            if path != SETTINGS:
                (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / name / path).write_text(text)
    (folder / "assignment.toml").write_text(toml)
    return read_assignment(folder)


def grader(folder: Path, tasks: Mapping[str, Mapping[str, str]], settings: str = "") -> Grader:
    """Return a grader of such an assignment, whose sandbox is this process."""
    made = assignment(folder, tasks, settings)
    return Grader(made, made.tasks, made.seed, InProcess(), AnswerCache(folder / "cache"), workers=1)
