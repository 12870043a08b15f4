"""Stands in for what shows something to a person: packages that draw, and the names of a notebook.

Nobody looks while a program is graded, so they take what they are asked and do nothing. What
computes has no stand-in: a program that needs such a package fails to import it.
"""

import importlib.abc
import importlib.machinery
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_SHOWING = ("matplotlib", "mpl_toolkits", "seaborn", "tqdm", "IPython", "google")
"""`google` is `google.colab`."""
_EXPORTED = re.compile(r"^# In\[[\d ]*\]:$", re.MULTILINE)
"""What an exported notebook has above each cell."""
_PYTHON_MAGICS = ("time", "timeit", "capture", "prun")


def stand_in(fullname: str) -> importlib.machinery.ModuleSpec | None:
    """Return how to import a module that shows something, None for any other."""
    if fullname.partition(".")[0] in _SHOWING:
        return importlib.machinery.ModuleSpec(fullname, _Loader(), is_package=True)
    return None


def notebook_names(source: str, module: types.ModuleType) -> dict[str, Any]:
    """Return what a notebook offers beside Python's builtins, where `source` was a notebook."""
    if not _EXPORTED.search(source):
        return {}
    shell = _Shell(vars(module))
    return {"display": print, "get_ipython": lambda: shell, "In": [], "Out": {}, "_": ""}


class _Nothing:
    """Takes whatever it is asked, and does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python's own questions: it is no array, no iterator, no …
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter((self, self))  # `figure, axes = plt.subplots()`

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *raised: object) -> None:
        pass


class _Bar(_Nothing):
    """Shows no progress of what it goes through."""

    def __init__(self, iterable: Iterable[Any] = (), *args: Any, **kwargs: Any) -> None:
        self._iterable = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self._iterable)

    def __len__(self) -> int:
        return len(self._iterable)  # type: ignore[arg-type]


def _range(*args: int, **kwargs: Any) -> _Bar:
    return _Bar(range(*args))


class _Shell(_Nothing):
    """What `get_ipython()` gives; a cell or a line that is only timed runs all the same."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def run_line_magic(self, magic: str, line: str) -> None:
        if magic == "time":
            exec(line, self._names)

    def run_cell_magic(self, magic: str, line: str, cell: str) -> None:
        if magic in _PYTHON_MAGICS:
            exec(cell, self._names)

    def getoutput(self, command: str) -> list[str]:
        return []


class _Module(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__.startswith("tqdm") and name in _BARS:
            return _BARS[name]
        return _Nothing()


_BARS: dict[str, Callable[..., Any]] = {"tqdm": _Bar, "trange": _range, "tqdm_notebook": _Bar}


class _Loader(importlib.abc.Loader):
    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        if "." not in spec.name:
            print(
                f"{spec.name} is not installed here: it is taken as one that does nothing.", file=sys.stderr
            )
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass
