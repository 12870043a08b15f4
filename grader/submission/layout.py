"""Finds where in a folder the modules lie that tasks look for: often it is one folder too far up."""

from collections.abc import Collection, Iterable, Mapping

SUFFIXES = (".py", ".ipynb")
_INIT = "/__init__.py"
TOP = ""


def module_folders(paths: Iterable[str], modules: Collection[str]) -> list[str]:
    """Return the folders that hold a module, `TOP` or with a slash at the end; none within another."""
    found = set()
    for path in paths:
        module = path.removesuffix(_INIT)
        for suffix in SUFFIXES:
            module = module.removesuffix(suffix)
        folder, slash, name = module.rpartition("/")
        if module != path and name in modules:
            found.add(folder + slash)
    outermost: list[str] = []
    for one in sorted(found):  # what lies within a folder comes right after it
        if not outermost or not one.startswith(outermost[-1]):
            outermost.append(one)
    return outermost


def folder_of(path: str, folders: Collection[str]) -> str | None:
    """Return which of `folders` a path lies in, None where in none."""
    return next((folder for folder in folders if path.startswith(folder)), None)


def brought_up(files: Mapping[str, bytes], folders: Collection[str]) -> dict[str, bytes] | None:
    """Return what lies in `folders` as if it lay at the top; None where one file would hide another."""
    moved: dict[str, bytes] = {}
    for path, data in files.items():
        folder = folder_of(path, folders)
        if folder is not None and moved.setdefault(path.removeprefix(folder), data) != data:
            return None
    return moved


def elsewhere(files: Collection[str], module: str) -> str:
    """Return why the files that there are do not make `module`, in words, empty where nothing is like it."""
    lower = [path for path in files if path.endswith((f"/{module}.py", f"/{module}/__init__.py"))]
    if lower:
        return f"`{lower[0]}` lies too deep: it is looked for at the top of the folder"
    if any(path.startswith(f"{module}/") for path in files):
        return f"`{module}/` is no package that Python can import from: it has no `__init__.py`"
    return ""
