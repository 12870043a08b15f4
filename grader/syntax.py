"""Parses what strangers wrote."""

import ast
import warnings


def parse(source: str | bytes) -> ast.Module:
    """Return the syntax tree of a stranger's source; what Python warns of is not for the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)
