"""Packs an assignment as an autograder for Gradescope: a zip file to upload as it is.

It holds the two scripts that Gradescope asks for, the assignment, the grader as a wheel, the versions of its
libraries, and two results to begin with: one for a run that the platform ends before there are marks, and one
for a run that fails through no fault of the student's.
"""

import sys
from importlib.resources import files

from grader.assignment.loader import Assignment
from grader.errors import AssignmentError
from grader.packing import wheel
from grader.report import gradescope
from grader.report.write import zipped
from grader.results.message import Message

_SCRIPTS = ("setup.sh", "run_autograder")
_MOST = 64 << 20
"""Bytes of one file of an assignment."""


def autograder(assignment: Assignment) -> bytes:
    """Return the zip file. Raises `AssignmentError` for a file that cannot be packed."""
    scripts = files("grader.packing").joinpath("gradescope_files")
    packed = {name: scripts.joinpath(name).read_bytes() for name in _SCRIPTS}
    packed[wheel.name()] = wheel.wheel()
    pinned = wheel.pinned()
    pinned |= {name: wheel.public_version(name) for name in assignment.libraries}
    packed["torch.txt"] = f"torch=={pinned.pop('torch')}\n".encode()
    packed["libraries.txt"] = "".join(f"{name}=={version}\n" for name, version in pinned.items()).encode()
    packed["python.txt"] = f"{sys.version_info.major}.{sys.version_info.minor}\n".encode()
    packed["too_late.json"] = gradescope.render_without_report(Message.of("grading_not_finished")).encode()
    packed["fault.json"] = gradescope.render_without_report(Message.of("grading_failed")).encode()
    packed |= _assignment(assignment)
    return zipped(packed, executable=_SCRIPTS)


def _assignment(assignment: Assignment) -> dict[str, bytes]:
    """Return the files of an assignment and, for a first run, the solution of each task as a submission.

    Tasks in words have none: their answers wait for a person.
    """
    found = {}
    for path in sorted(assignment.folder.rglob("*")):
        inside = path.relative_to(assignment.folder)
        is_hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if is_hidden or path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size > _MOST:
            raise AssignmentError(f"{path} is longer than {_MOST >> 20} MiB; move it out of the assignment")
        found[f"assignment/{inside.as_posix()}"] = path.read_bytes()
    for task in assignment.tasks:
        files = task.files_of(task.solution)
        found |= {f"solutions/{task.name}/{path}": data for path, data in files.items()}
    return found
