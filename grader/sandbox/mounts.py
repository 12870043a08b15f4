"""Mounts: the files of this machine that a program in the sandbox may read, Python and torch only."""

import importlib.metadata
import os
import re
import site
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

_PACKAGES = ("torch", "numpy", "tqdm", "msgspec")
_LOADER = ("/lib64", "/usr/lib64", "/etc/ld.so.cache", "/proc/cpuinfo", "/dev/urandom")
_OURS = ("__init__.py", "errors.py", "values.py", "wire.py", "authoring", "guest")
"""The part of this package that runs in the sandbox: two folders and the modules they import."""


def interpreter() -> str:
    """Return the path of the Python program itself, outside any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def ours() -> dict[str, str]:
    """Return the part of this package that the sandbox needs: name in the package, path here."""
    root = Path(__file__).resolve().parent.parent
    return {name: str(root / name) for name in _OURS}


def standard() -> list[str]:
    """Return the interpreter, its standard library and the system's shared libraries."""
    base = Path(sysconfig.get_path("stdlib"))
    paths = [interpreter()]
    # Not the whole folder: site-packages may lie inside, with other packages and this grader.
    for entry in sorted(os.listdir(base)):
        if entry not in ("site-packages", "dist-packages", "test"):
            paths.append(str(base / entry))
    library = sysconfig.get_config_var("LDLIBRARY")
    folder = sysconfig.get_config_var("LIBDIR")
    if library and folder and ".so" in library:
        paths += [str(path) for path in Path(folder).glob(f"{library}*")]
    multiarch = sysconfig.get_config_var("MULTIARCH")
    system = [f"/lib/{multiarch}", f"/usr/lib/{multiarch}"] if multiarch else ["/usr/lib", "/lib"]
    return [path for path in [*paths, *_LOADER, *system] if os.path.exists(path)]


def packages(libraries: Iterable[str] = ()) -> list[str]:
    """Return the installed files and folders of torch, numpy and `libraries`, with their dependencies."""
    wanted, seen, paths = [*_PACKAGES, *libraries], set[str](), list[str]()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        for entry in _top_level(distribution):
            path = str(distribution.locate_file(entry))
            if os.path.exists(path):
                paths.append(path)
        for requirement in distribution.requires or []:
            if "extra ==" not in requirement:
                match = re.match(r"[A-Za-z0-9._-]+", requirement)
                if match:
                    wanted.append(match.group())
    return paths


def _top_level(distribution: importlib.metadata.Distribution) -> list[str]:
    record = distribution.read_text("RECORD") or ""
    entries = {line.partition(",")[0].partition("/")[0] for line in record.splitlines()}
    return sorted(
        entry
        for entry in entries
        if entry and not entry.startswith("..") and entry not in ("__pycache__", "bin")
    )


def site_folders() -> list[str]:
    """Return the site-packages folders on this interpreter's path."""
    known = {*site.getsitepackages(), site.getusersitepackages()}
    return [folder for folder in sys.path if folder in known]
