"""Frozen records of what grading found; this package imports nothing else of the grader."""
