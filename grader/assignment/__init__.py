"""Assignments: tasks, solutions and known mistakes, read from a folder."""
