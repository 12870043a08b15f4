"""Packs an assignment and the grader for platforms that grade by themselves."""
