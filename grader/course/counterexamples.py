"""Counterexamples of unexplained failures, and the beginning of a known mistake for each."""

import ast
from collections.abc import Mapping
from pathlib import Path

from grader.course.grading import read_report
from grader.errors import ForeignReport, SubmissionError, UnreadableSource
from grader.results.course import ClassResult, Cluster, Counterexample, shared
from grader.signing import Signer
from grader.submission.loader import Submission, read_submission
from grader.syntax import parse_strangers

MOST = 40
"""Groups that are shown in full; the others are only listed."""
_MOST_LINES = 250


def counterexamples(
    result: ClassResult, out: Path, folders: Mapping[str, Path], signer: Signer
) -> dict[str, Counterexample]:
    """Return the counterexamples of the largest groups, by signature.

    They come from reports in `out` that `signer` signed. `folders` holds, by name of the student, the
    submissions that are at hand.
    """
    outs = {row.folder: row.out for row in result.students}
    modules = {t.task: t.file.removesuffix(".py") or t.task for t in result.tasks if not t.in_words}
    written = tuple(task.file for task in result.tasks if task.in_words)
    found = {}
    for cluster in shared(result.clusters)[:MOST]:
        folder = folders.get(cluster.example)
        try:
            report = read_report(out / outs[cluster.example], signer)
            submission = (
                None
                if folder is None
                else read_submission(folder, tuple(dict.fromkeys(modules.values())), written=written)
            )
            if report is None or (
                submission is not None and report.provenance.submission_digest != submission.digest
            ):
                continue  # it was changed while the class was graded
        except (ForeignReport, SubmissionError, OSError):
            continue  # it was removed or changed while the class was graded
        checks = [check for task in report.tasks if task.task == cluster.task for check in task.checks]
        seen = next((check for check in checks if check.check == cluster.checks[0]), None)
        if seen is None:
            continue
        made = (
            ""
            if submission is None
            else skeleton(cluster, modules.get(cluster.task, cluster.task), submission)
        )
        found[cluster.signature] = Counterexample(result=seen, skeleton=made)
    return found


def skeleton(cluster: Cluster, module: str, submission: Submission) -> str:
    """Return the beginning of a file for `mistakes/`: a docstring to write, and the wrong module."""
    file = submission.module(module)
    if file is None:
        return ""
    lines = _without_docstring("\n".join(submission.lines(file)))
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"# … and {len(lines) - _MOST_LINES} more lines"]
    others = [path for path in submission.files if path != file and not path.startswith(module)]
    comments = [f"# Made by {len(cluster.students)}; fails {', '.join(cluster.checks)}."]
    if others:
        comments.append("# The submission has more files; what this one imports of them belongs in here.")
    head = ['"""Say what is wrong and where to look: this is the hint that students get."""', "", *comments]
    return "\n".join([*head, *lines]).rstrip() + "\n"


def _without_docstring(source: str) -> list[str]:
    lines = source.splitlines()
    if len(lines) > _MOST_LINES:
        return lines
    try:
        body = parse_strangers(source).body
    except (SyntaxError, UnreadableSource):
        return lines
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        first = body[0]
        del lines[first.lineno - 1 : first.end_lineno]
    return lines
