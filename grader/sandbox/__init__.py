"""Runs a stranger's program: what it may do, how long, and how it ended."""
