"""Parses Python for whoever looks at a source."""

import ast
import threading
import warnings

_ONE_AT_A_TIME = threading.Lock()
"""Python 3.11 counts the depth of a tree in one place for all threads: two at once end in a `SystemError`."""


def parse(source: str | bytes) -> ast.Module:
    """Return the syntax tree of a source; what Python warns of in it is not for the terminal.

    Raises what `ast.parse` raises.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)
