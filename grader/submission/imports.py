"""Which of a submission's files a module imports, as its source says."""

import ast
from collections.abc import Iterator, Mapping

from grader.errors import UnreadableSource
from grader.submission.loader import Submission
from grader.syntax import decoded, parse_strangers

_BY_NAME = ("import_module", "__import__", "exec", "eval", "run_path", "spec_from_file_location")
"""What may import a file that no import statement names."""


def imported(tree: ast.Module, path: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the files of a submission that a module may import."""
    folder = path.rpartition("/")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = node.module or ""
            names = [start, *(f"{start}.{alias.name}".strip(".") for alias in node.names)]
        else:
            continue
        for name in names:
            inner = name.replace(".", "/")
            places = [folder]
            while places[-1]:
                places.append(places[-1].rpartition("/")[0])
            for place in places:
                whole = f"{place}/{inner}".strip("/")
                found = [one for one in (f"{whole}.py", f"{whole}/__init__.py") if one in files]
                if found:
                    yield found[0]
                    break


def needed(submission: Submission, module: str) -> dict[str, bytes]:
    """Return the files that a module may depend on: those that it imports, and all that are no modules.

    All files if one that it imports cannot be parsed, or may import by a name that it computes.
    """
    files = submission.files
    found = {path: data for path, data in files.items() if not path.endswith(".py")}
    waiting = [path for path in [submission.module(module)] if path]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = files[path]
        try:
            tree = parse_strangers(decoded(files[path]))
        except (SyntaxError, UnreadableSource):
            return files
        names = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(tree)}
        if names & set(_BY_NAME):
            return files
        waiting += imported(tree, path, files)
    return found
