"""Imports what holds the solution's answers and the judge: the rest of the grader's package."""

import importlib

import kit

for name in ("judge", "key", "grading", "cli", "assignment", "asking", "bundled", "mistakes", "submission"):
    kit.attempt(name, lambda name=name: importlib.import_module(f"grader.{name}"))
kit.attempt("conftest", lambda: importlib.import_module("conftest"))
kit.attempt("pytest", lambda: importlib.import_module("pytest"))
